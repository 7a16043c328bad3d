"""Temperatures of the pole's components over an episode, with and without a cause acting.

The network steps every ten seconds on a grid of its own; ticks read between the steps. A day at
coarse steps before the episode gives every node the memory it should have.
"""

from dataclasses import dataclass

import numpy as np

from envirosense.climate.year import HOURS_PER_YEAR, WeatherYear
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.physics.airflow import ou_path, wind_speed_m_s
from envirosense.physics.heat import HeatDrive, equilibrium_k, solve_network
from envirosense.physics.load import FEEDER_NOISE, NOISE_TIME_S, lagged_air_c, line_load_fraction
from envirosense.physics.sky import longwave_w_m2
from envirosense.physics.sunlight import SunTrack, plane_irradiance_w_m2
from envirosense.pole.atmosphere import ANEMOMETER_M, Atmosphere, sun_at
from envirosense.pole.components import CASE_POWER_W, CONDUCTOR_SPAN_M, Components
from envirosense.pole.site import Site

STEP_S = 10.0  # shortest node time constant is a minute; ticks are read between the steps
SPIN_UP_H = 24  # a day: the pole's slowest wood node forgets its start
SPIN_UP_STEP_S = 300.0
HEALTHY_OHM = 40e-6  # sound clamp, 20-60 uohm; assumed
CONDUCTOR_OHM_M = 1.704e-4  # 336.4 kcmil ACSR at 25 degC (handbook, from memory)
NEUTRAL_SHARE = 0.15  # neutral over phase current, 5-20 %; assumed
LOAD_MEMORY_H = 20  # five lags of the buildings: 1 % of older weather is left out
NO_LOAD_W = 84.0  # of a 25 kVA unit with 420 W in all and a load-loss ratio of 4
FULL_LOAD_W = 336.0  # load loss at rated current
SUN_SAMPLE_S = 60.0  # the sun moves a quarter of a degree between samples


@dataclass(frozen=True, slots=True)
class HeatHistory:
    """Drive of an episode's network and where it starts; rows are ends of steps."""

    step_s: float
    drive: HeatDrive
    start_k: Array  # (node,)
    t_s: Array  # (step + 1,) seconds since the episode's start, from 0

    def solve(self, components: Components) -> Array:
        """Temperatures at `t_s`, (step + 1, node) [K]."""
        after = solve_network(components.network, self.drive, self.step_s, self.start_k)
        return np.concatenate([self.start_k[None, :], after])


def step_length_s(dt_s: float) -> float:
    """Step of the heat network for a tick [s]: ten seconds, or the tick where that is longer."""
    return max(STEP_S, dt_s) if (STEP_S / dt_s) % 1 == 0 else dt_s * np.ceil(STEP_S / dt_s)


def line_current_a(
    year: WeatherYear, site: Site, grid: TimeGrid, world_seed: int, hour_of_year: Array
) -> Array:
    """Phase current over the ticks, (time,) [A]: the published load shape, smoothed, with noise."""
    start = stream(world_seed, "load", "start").standard_normal()
    normals = stream(world_seed, "load", "noise").standard_normal(grid.n)
    noise = ou_path(normals, grid.dt_s, NOISE_TIME_S, float(start))
    shape = _load_shape(year, hour_of_year) * np.maximum(1.0 + FEEDER_NOISE * noise, 0.0)
    return np.asarray(site.peak_current_a * shape)


def _load_shape(year: WeatherYear, hour_of_year: Array) -> Array:
    """Load over its annual peak, linear between the middles of the hours, (time,)."""
    hour_local = hour_of_year + year.clock_shift_h
    middle = np.arange(int(hour_local.min()) - 1, int(hour_local.max()) + 3)
    history = (middle[:, None] + np.arange(-LOAD_MEMORY_H, 1)) % HOURS_PER_YEAR
    air_c = np.array([lagged_air_c(hours_c) for hours_c in year.air_c[history]])
    return np.interp(hour_local, middle + 0.5, line_load_fraction(middle % HOURS_PER_YEAR, air_c=air_c))


def heat_history(
    year: WeatherYear,
    site: Site,
    components: Components,
    atmosphere: Atmosphere,
    sun: SunTrack,
    current_a: Array,
) -> HeatHistory:
    """Weather, sun and load as the network feels them, after a day of spin-up."""
    grid = atmosphere.grid
    step_s = float(step_length_s(grid.dt_s))
    per_step = round(step_s / grid.dt_s)
    n_steps = -(-grid.n // per_step)
    w = atmosphere.weather

    def mean(values: Array) -> Array:
        padded = np.concatenate([values, np.repeat(values[-1:], n_steps * per_step - grid.n, axis=0)])
        return np.asarray(padded.reshape(n_steps, per_step, *values.shape[1:]).mean(axis=1))

    height_m = site.crossarm_height_m
    drive = _drive(
        site,
        components,
        mean(w.air_k),
        mean(w.dew_point_k),
        mean(w.cloud_fraction),
        mean(atmosphere.mean_wind_m_s(height_m)),
        mean(_irradiance(components, sun, w.ghi_w_m2, w.dni_w_m2, w.dhi_w_m2)),
        mean(current_a),
    )
    start_k = _spun_up_k(year, site, components, grid)
    return HeatHistory(step_s, drive, start_k, step_s * np.arange(n_steps + 1, dtype=np.float64))


def _drive(
    site: Site,
    components: Components,
    air_k: Array,
    dew_point_k: Array,
    cloud_fraction: Array,
    wind_m_s: Array,
    irradiance_w_m2: Array,
    current_a: Array,
) -> HeatDrive:
    n_joints = len(components.joints)
    return HeatDrive(
        air_k=air_k,
        wind_m_s=wind_m_s,
        sky_w_m2=longwave_w_m2(air_k, dew_point_k, 10.0 * cloud_fraction),
        ground_k=air_k,
        irradiance_w_m2=irradiance_w_m2,
        power_w=_load_heat_w(site, components, current_a),
        current_a=np.repeat(current_a[:, None], n_joints, axis=1),
        resistance_ohm=np.full((air_k.size, n_joints), HEALTHY_OHM),
    )


def _load_heat_w(site: Site, components: Components, current_a: Array) -> Array:
    """Heat that load makes in conductors and transformer, and electronics in the device, (time, node) [W]."""
    power_w = np.zeros((current_a.size, len(components.names)))
    wire_w = CONDUCTOR_OHM_M * CONDUCTOR_SPAN_M * current_a**2
    for name in ("conductor_a", "conductor_b", "conductor_c"):
        power_w[:, components.index(name)] = wire_w
    power_w[:, components.index("device_case")] = CASE_POWER_W
    power_w[:, components.index("neutral")] = NEUTRAL_SHARE**2 * wire_w
    if site.has_transformer:
        load = current_a / site.peak_current_a
        power_w[:, components.index("tank_oil")] = NO_LOAD_W + FULL_LOAD_W * load**2
    return power_w


def _irradiance(components: Components, sun: SunTrack, ghi: Array, dni: Array, dhi: Array) -> Array:
    """Sunlight in each node's own plane, (time, node) [W/m2].

    A body lit from all sides gets the beam on its outline; sky and ground light its whole side,
    of a cylinder pi times the outline, at half their horizontal strength.
    """
    albedo = 0.2  # grass; assumed
    around = dni + 0.5 * np.pi * (dhi + albedo * ghi)
    tilted = [i for i, node in enumerate(components.nodes) if node.tilt_deg is not None]
    irradiance = np.repeat(around[:, None], len(components.nodes), axis=1)
    faces = [components.nodes[i] for i in tilted]
    tilt = np.radians([float(node.tilt_deg or 0.0) for node in faces])
    azimuth = np.radians([node.azimuth_deg for node in faces])
    irradiance[:, tilted] = plane_irradiance_w_m2(sun, dni, ghi, dhi, tilt, azimuth, albedo)
    return irradiance


def _spun_up_k(year: WeatherYear, site: Site, components: Components, grid: TimeGrid) -> Array:
    """Temperatures at the episode's start after a day of hourly weather, (node,) [K]."""
    n = round(SPIN_UP_H * 3600.0 / SPIN_UP_STEP_S)
    t_s = SPIN_UP_STEP_S * np.arange(-n, 0, dtype=np.float64)
    hour = year.hour_of(grid.start_utc) + t_s / 3600.0
    middle = np.arange(int(np.floor(hour[0])) - 1, int(np.ceil(hour[-1])) + 2)

    def between(hourly: Array) -> Array:
        return np.interp(hour, middle + 0.5, hourly[middle % HOURS_PER_YEAR])

    air_k = between(year.air_c) + 273.15
    ghi, dni, dhi = between(year.ghi_w_m2), between(year.dni_w_m2), between(year.dhi_w_m2)
    drive = _drive(
        site,
        components,
        air_k,
        between(year.dew_point_c) + 273.15,
        between(year.opaque_cover_tenths) / 10.0,
        _neutral_wind_m_s(between(year.wind_m_s), site),
        _irradiance(components, sun_at(year, grid, t_s), ghi, dni, dhi),
        site.peak_current_a * _load_shape(year, hour),
    )
    mean_k = np.full(len(components.names), float(air_k.mean()))
    first_k = equilibrium_k(components.network, drive, mean_k)
    wood = [i for i, name in enumerate(components.names) if name.endswith("_core")]
    first_k[wood] = mean_k[wood]  # the inside of thick wood follows the day's mean, not the hour
    return np.asarray(solve_network(components.network, drive, SPIN_UP_STEP_S, first_k)[-1])


def _neutral_wind_m_s(wind_10m_m_s: Array, site: Site) -> Array:
    ratio = wind_speed_m_s(site.crossarm_height_m, 1.0, 0.0, site.roughness_m) / wind_speed_m_s(
        ANEMOMETER_M, 1.0, 0.0, site.roughness_m
    )
    return np.asarray(np.maximum(wind_10m_m_s, 0.2) * ratio)
