"""Air around the pole over an episode: weather, stability, and one wind that everything feels.

Weather and turbulence are made in hours aligned to the clock and joined, so an episode's values
do not depend on where it is cut.
"""

from dataclasses import dataclass, fields

import numpy as np

from envirosense.climate.year import HOURS_PER_YEAR, WeatherYear
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.physics.airflow import (
    WIND_FLOOR_M_S,
    Stability,
    stability,
    turbulence_sigmas_m_s,
    wind_speed_m_s,
)
from envirosense.physics.sunlight import SunTrack, almanac_sun
from envirosense.physics.turbulence import Turbulence, join_pieces, turbulence_piece, variance_below
from envirosense.physics.weather import WeatherSeries
from envirosense.pole.site import Site

ANEMOMETER_M = 10.0  # height of the weather file's wind
JOIN_S = 60.0  # length of the fade from one hour's turbulence to the next; longer than most eddies


@dataclass(frozen=True, slots=True)
class Atmosphere:
    """Air over the ticks of an episode; every array starts with (time,)."""

    grid: TimeGrid
    weather: WeatherSeries
    stability: Stability
    turbulence: Turbulence  # at `height_m`
    height_m: float
    roughness_m: float
    hour_of_year: Array
    hour_local: Array

    def mean_wind_m_s(self, height_m: float) -> Array:
        """Mean wind at a height, (time,) [m/s], not below the floor of the plume models."""
        s = self.stability
        speed = wind_speed_m_s(height_m, s.friction_velocity_m_s, s.inv_obukhov_per_m, self.roughness_m)
        return np.asarray(np.maximum(speed, WIND_FLOOR_M_S))

    @property
    def downwind(self) -> Array:
        """Unit vector that the mean wind blows along, east and north, (time, 2)."""
        angle = self.weather.wind_from_rad
        return -np.stack([np.sin(angle), np.cos(angle)], axis=1)

    def wind_vector_m_s(self, height_m: float) -> Array:
        """Wind with its turbulence, east, north, up, (time, 3) [m/s].

        One series of eddies passes all heights; its strength follows the height.
        """
        s = self.stability
        here, there = (
            turbulence_sigmas_m_s(s.friction_velocity_m_s, s.inv_obukhov_per_m, z)
            for z in (height_m, self.height_m)
        )
        gust = self.turbulence.fluctuation_m_s
        along = self.mean_wind_m_s(height_m) + gust[:, 0] * here.u / there.u
        across = gust[:, 1] * here.v / there.v
        flow = self.downwind
        left = np.stack([-flow[:, 1], flow[:, 0]], axis=1)
        horizontal = along[:, None] * flow + across[:, None] * left
        return np.concatenate([horizontal, (gust[:, 2] * here.w / there.w)[:, None]], axis=1)

    def unit_eddies(self) -> Array:
        """Gaussian parents of the turbulence scaled to unit variance, along, left, up, (time, 3)."""
        nyquist_hz = 0.5 / self.grid.dt_s
        wind = float(np.mean(self.mean_wind_m_s(self.height_m)))
        kept = [float(variance_below(nyquist_hz, self.height_m, wind, c)) for c in ("u", "v", "w")]
        return np.asarray(self.turbulence.parent / np.sqrt(kept))


def make_atmosphere(
    year: WeatherYear, site: Site, grid: TimeGrid, world_seed: int, height_m: float
) -> Atmosphere:
    """Air of an episode that starts at the grid's date and clock time in the weather year."""
    first_hour = year.hour_of(grid.start_utc)
    ticks = _clock_ticks(first_hour, grid)
    per_hour = round(3600.0 / grid.dt_s)
    hours = range(int(first_hour), int(first_hour) + -(-ticks.stop // per_hour))
    weather = _weather(year, hours, ticks, grid, world_seed)
    air = stability(weather.wind_m_s, ANEMOMETER_M, site.roughness_m, weather.ghi_w_m2, weather.air_k)
    turbulence = _turbulence(year, site, hours, ticks, grid, world_seed, height_m)
    hour_of_year = first_hour + grid.t_s / 3600.0
    return Atmosphere(
        grid=grid,
        weather=weather,
        stability=air,
        turbulence=turbulence,
        height_m=height_m,
        roughness_m=site.roughness_m,
        hour_of_year=np.mod(hour_of_year, HOURS_PER_YEAR),
        hour_local=np.mod(hour_of_year + year.clock_shift_h, 24.0),
    )


def _clock_ticks(first_hour: float, grid: TimeGrid) -> slice:
    """Place of the episode's ticks in the whole hours it touches."""
    first = round((first_hour - int(first_hour)) * 3600.0 / grid.dt_s)
    return slice(first, first + grid.n)


def _weather(year: WeatherYear, hours: range, ticks: slice, grid: TimeGrid, world_seed: int) -> WeatherSeries:
    def streams(kind: str, hour: int) -> np.random.Generator:
        return stream(world_seed, "weather", kind, hour)

    pieces = [year.weather(hour, grid.dt_s, streams) for hour in hours]
    joined = (np.concatenate([getattr(p, f.name) for p in pieces])[ticks] for f in fields(WeatherSeries))
    return WeatherSeries(*joined)


def _turbulence(
    year: WeatherYear,
    site: Site,
    hours: range,
    ticks: slice,
    grid: TimeGrid,
    world_seed: int,
    height_m: float,
) -> Turbulence:
    per_hour = round(3600.0 / grid.dt_s)
    overlap = min(round(JOIN_S / grid.dt_s), per_hour)
    pieces = []
    for hour in range(hours.start - 1, hours.stop):
        k = hour % HOURS_PER_YEAR
        mean = stability(
            float(year.wind_m_s[k]),
            ANEMOMETER_M,
            site.roughness_m,
            float(year.ghi_w_m2[k]),
            float(year.air_c[k]) + 273.15,
        )
        wind = wind_speed_m_s(height_m, mean.friction_velocity_m_s, mean.inv_obukhov_per_m, site.roughness_m)
        rng = stream(world_seed, "turbulence", hour)
        pieces.append(
            turbulence_piece(
                float(wind),
                float(mean.friction_velocity_m_s),
                float(mean.inv_obukhov_per_m),
                height_m,
                per_hour + overlap,
                grid.dt_s,
                rng,
            )
        )
    joined = (join_pieces([getattr(p, f.name) for p in pieces], overlap)[ticks] for f in fields(Turbulence))
    return Turbulence(*joined)


def sun_at(year: WeatherYear, grid: TimeGrid, t_s: Array) -> SunTrack:
    """Sun of the weather year over the pole at seconds since the episode's start."""
    start_s = year.start_unix_s + 3600.0 * year.hour_of(grid.start_utc)
    return almanac_sun(year.station.latitude_deg, year.station.longitude_deg, start_s + t_s)
