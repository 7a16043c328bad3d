"""Sun, air and case of a whole year at once: what the device's energy needs, and nothing else.

The world makes weather hour by hour with clouds drawn from streams; a year of it takes a minute. Here each
hour's light follows the clear sky within the hour and keeps the hour's sums, and no cloud is drawn.
"""

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from envirosense.climate.year import HOURS_PER_YEAR, WeatherYear
from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.air.airflow import WIND_FLOOR_M_S, wind_speed_m_s
from envirosense.physics.light.sky import longwave_w_m2
from envirosense.physics.light.sunlight import SunTrack, almanac_sun, clear_sky_ghi_w_m2
from envirosense.physics.thermal.heat import HeatDrive, HeatNetwork, equilibrium_k, part_of, solve_network
from envirosense.pole.atmosphere import ANEMOMETER_M
from envirosense.pole.fields.power import PanelLight
from envirosense.pole.heat.components import Components, build_components
from envirosense.pole.heat.heating import Surroundings, network_drive, sunlight_w_m2
from envirosense.pole.site import PHASES, Site

HOUR_S: Final = 3600.0
LOW_SUN: Final = 0.02  # cos zenith; below it beam and diffuse cannot be told apart  # assumed
BRIGHTEST_DNI_W_M2: Final = 1100.0  # beam of the cleanest air near the ground  # assumed


@dataclass(frozen=True, slots=True)
class YearLight:
    """A year at the middles of its steps, each (time,)."""

    panel: PanelLight
    case_k: Array


def year_light(year: WeatherYear, site: Site, dt_s: float) -> YearLight:
    """Sunlight, air and case of a site over a year in steps that divide the hour."""
    per_hour = round(HOUR_S / dt_s)
    hour = (np.arange(HOURS_PER_YEAR * per_hour) + 0.5) / per_hour
    station = year.station
    sun = almanac_sun(station.latitude_deg, station.longitude_deg, year.start_unix_s + HOUR_S * hour)
    ghi, dni, dhi = _sunlight(year, sun, per_hour)
    wind = np.maximum(_between(year.wind_m_s, hour), WIND_FLOOR_M_S)
    air_k = _between(year.air_c, hour) + ZERO_CELSIUS_K
    panel = PanelLight(sun, ghi, dni, dhi, air_k, wind * _profile(site.device_height_m, site))
    arm_wind = wind * _profile(site.crossarm_height_m, site)
    return YearLight(panel, _case_k(year, site, replace(panel, wind_m_s=arm_wind), hour, dt_s))


def _profile(height_m: float, site: Site) -> float:
    """Neutral wind at a height over that of the weather's anemometer."""
    here, there = (wind_speed_m_s(z, 1.0, 0.0, site.roughness_m) for z in (height_m, ANEMOMETER_M))
    return float(here / there)


def _between(hourly: Array, hour: Array) -> Array:
    """Straight lines between the middles of the hours of a year that repeats itself, (time,)."""
    return np.interp(hour, np.arange(HOURS_PER_YEAR) + 0.5, hourly, period=float(HOURS_PER_YEAR))


def _sunlight(year: WeatherYear, sun: SunTrack, per_hour: int) -> tuple[Array, Array, Array]:
    """Global, beam and diffuse irradiance, (time,) [W/m2]; global and its hourly means are the year's."""
    clear = clear_sky_ghi_w_m2(sun.cos_zenith).reshape(HOURS_PER_YEAR, per_hour)
    mean = clear.mean(axis=1, keepdims=True)
    shape = np.where(mean > 0.0, clear / np.where(mean > 0.0, mean, 1.0), 1.0).ravel()
    ghi = np.repeat(year.ghi_w_m2, per_hour) * shape
    beam = np.repeat(year.ghi_w_m2 - np.minimum(year.dhi_w_m2, year.ghi_w_m2), per_hour) * shape
    high = sun.cos_zenith > LOW_SUN
    dni = np.where(high, np.minimum(beam / np.maximum(sun.cos_zenith, LOW_SUN), BRIGHTEST_DNI_W_M2), 0.0)
    return ghi, dni, ghi - dni * np.maximum(sun.cos_zenith, 0.0)


def _case_k(year: WeatherYear, site: Site, around: PanelLight, hour: Array, dt_s: float) -> Array:
    """Temperature of the device's case, (time,) [K]: the world's law over ground as warm as the air."""
    components = build_components(site)
    network, row = _case_alone(site, components)
    alone = Components((components.nodes[components.index("device_case")],), network)
    dew_point_k = _between(year.dew_point_c, hour) + ZERO_CELSIUS_K
    cover_tenths = _between(year.opaque_cover_tenths, hour)
    drive = replace(
        HeatDrive(*(np.repeat(getattr(row, field.name), hour.size, axis=0) for field in fields(row))),
        air_k=around.air_k,
        wind_m_s=around.wind_m_s,
        sky_w_m2=longwave_w_m2(around.air_k, dew_point_k, cover_tenths),
        ground_k=around.air_k,
        irradiance_w_m2=sunlight_w_m2(alone, around.sun, around.ghi_w_m2, around.dni_w_m2, around.dhi_w_m2),
    )
    start_k = equilibrium_k(network, drive, around.air_k[:1])
    return np.asarray(solve_network(network, drive, dt_s, start_k)[:, 0])


def _case_alone(site: Site, components: Components) -> tuple[HeatNetwork, HeatDrive]:
    """The case as a network of its own, and one row of what acts on it in the dark."""
    one = np.ones(1)
    around = Surroundings(
        air_k=ZERO_CELSIUS_K * one,
        dew_point_k=ZERO_CELSIUS_K * one,
        rain_mm_h=0.0 * one,
        cloud_fraction=one,
        wind_m_s=one,
        wind_cosine=one,
        sunlight_w_m2=np.zeros((1, len(components.nodes))),
        current_a=one,
        phase_share=np.ones((1, len(PHASES))),
    )
    drive = network_drive(site, components, around)
    return part_of(components.network, drive, np.array([components.index("device_case")]))
