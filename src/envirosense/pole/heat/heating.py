"""Temperatures of the pole's components over an episode, with and without a cause acting.

The network steps every ten seconds on a grid of its own; ticks read between the steps. A day at
coarse steps before the episode gives every node the memory it should have.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from envirosense.climate.year import HOURS_PER_YEAR, WeatherYear
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.physics.air.airflow import ou_path, wind_speed_m_s
from envirosense.physics.air.humidity import relative_humidity
from envirosense.physics.electric.load import FEEDER_NOISE, NOISE_TIME_S, lagged_air_c, line_load_fraction
from envirosense.physics.light.sky import longwave_w_m2
from envirosense.physics.light.sunlight import SunTrack, plane_irradiance_w_m2
from envirosense.physics.thermal.conductor_kernels import wind_angle_factor
from envirosense.physics.thermal.heat import HeatDrive, equilibrium_k, part_of, solve_network
from envirosense.physics.thermal.insulator import HEALTHY_ARRESTER_W, leakage_a, leakage_w, wetness
from envirosense.physics.thermal.transformer import POLE_25_KVA, loss_w
from envirosense.pole.atmosphere import ANEMOMETER_M, Atmosphere, sun_at
from envirosense.pole.heat.component_nodes import CASE_POWER_W
from envirosense.pole.heat.components import Components
from envirosense.pole.site import PHASES, Site

STEP_S = 10.0  # shortest node time constant is a minute; ticks are read between the steps
SPIN_UP_H = 24  # a day: the pole's slowest wood node forgets its start
SPIN_UP_STEP_S = 300.0
HEALTHY_OHM = 40e-6  # sound clamp, 20-60 uohm; assumed
HEALTHY_CUTOUT_OHM = 150e-6  # hinge and contacts of a sound fuse holder; assumed
CUTOUT_SHARE = 0.2  # of the line's current, to the lateral behind the cutout, 20-100 A; assumed
SECONDARY_A = 104.0  # rated current of 25 kVA at 240 V
PHASE_V = 7200.0  # line to ground of a 12.5 kV feeder
ALBEDO = 0.2  # grass; assumed
NEUTRAL_SHARE = 0.15  # neutral over phase current, 5-20 %; assumed
LOAD_MEMORY_H = 20  # five lags of the buildings: 1 % of older weather is left out
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


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Weather, sun and load as the network's drive is made of; every array is (time,) but the sunlight."""

    air_k: Array
    dew_point_k: Array
    rain_mm_h: Array
    cloud_fraction: Array
    wind_m_s: Array  # at the crossarm
    wind_cosine: Array  # of the angle between wind and line, without its sign
    sunlight_w_m2: Array  # (time, plane)
    current_a: Array
    phase_share: Array  # (time, phase) of each phase's current over their mean


def heat_history(
    year: WeatherYear,
    site: Site,
    components: Components,
    atmosphere: Atmosphere,
    sun: SunTrack,
    current_a: Array,
    phase_share: Array,
    usual: Atmosphere | None = None,
) -> HeatHistory:
    """Weather, sun and load as the network feels them, after a day of spin-up.

    `phase_share` is (time, phase): each phase's current over `current_a`. `usual` is the air that causes have
    changed: what they did to it at the first tick they did on the day before too.
    """
    grid = atmosphere.grid
    step_s = float(step_length_s(grid.dt_s))
    per_step = round(step_s / grid.dt_s)
    n_steps = -(-grid.n // per_step)
    w = atmosphere.weather

    def mean(values: Array) -> Array:
        padded = np.concatenate([values, np.repeat(values[-1:], n_steps * per_step - grid.n, axis=0)])
        return np.asarray(padded.reshape(n_steps, per_step, *values.shape[1:]).mean(axis=1))

    around = Surroundings(
        mean(w.air_k),
        mean(w.dew_point_k),
        mean(w.rain_mm_h),
        mean(w.cloud_fraction),
        mean(atmosphere.mean_wind_m_s(site.crossarm_height_m)),
        mean(np.abs(np.cos(w.wind_from_rad - np.radians(site.line_azimuth_deg)))),
        mean(sunlight_w_m2(components, sun, w.ghi_w_m2, w.dni_w_m2, w.dhi_w_m2)),
        mean(current_a),
        mean(phase_share),
    )
    start_k = _spun_up_k(year, site, components, grid, _departure_k(atmosphere, usual or atmosphere))
    drive = over_ground(components, network_drive(site, components, around), step_s, start_k)
    return HeatHistory(step_s, drive, start_k, step_s * np.arange(n_steps + 1, dtype=np.float64))


def network_drive(site: Site, components: Components, around: Surroundings) -> HeatDrive:
    """Everything that acts on the network; the ground still radiates at the air's temperature."""
    n, load_a = around.air_k.size, around.current_a
    wires = np.array([1.0 if name != "neutral" else NEUTRAL_SHARE for name in components.wires])
    angle = np.arccos(np.clip(around.wind_cosine, 0.0, 1.0))
    return HeatDrive(
        air_k=around.air_k,
        wind_m_s=around.wind_m_s,
        sky_w_m2=longwave_w_m2(around.air_k, around.dew_point_k, 10.0 * around.cloud_fraction),
        ground_k=around.air_k,
        irradiance_w_m2=around.sunlight_w_m2[:, _planes(components)[1]],
        power_w=_steady_heat_w(site, components, around),
        current_a=_by_phase(np.outer(load_a, _joint_shares(site, components)), components.joints, around),
        resistance_ohm=np.tile(_healthy_ohm(components), (n, 1)),
        wire_a=_by_phase(np.outer(load_a, wires), components.wires, around),
        wind_angle_factor=wind_angle_factor(angle),
        link_share=np.ones((n, components.network.link_w_k.size)),
    )


def _by_phase(even_a: Array, names: Sequence[str], around: Surroundings) -> Array:
    """Currents of conductors and clamps with the line's unbalance, (time, name) [A]."""
    for column, phase in enumerate(PHASES):
        for kind in ("conductor", "clamp"):
            if f"{kind}_{phase}" in names:
                even_a[:, names.index(f"{kind}_{phase}")] *= around.phase_share[:, column]
    return even_a


def _healthy_ohm(components: Components) -> Array:
    return np.array([HEALTHY_CUTOUT_OHM if name == "cutout" else HEALTHY_OHM for name in components.joints])


def _joint_shares(site: Site, components: Components) -> Array:
    """Current of each joint over the line's, (joint,)."""
    secondary = SECONDARY_A / site.peak_current_a if site.has_transformer else 0.0
    special = {"cutout": CUTOUT_SHARE, "bushing_secondary": secondary}
    return np.array([special.get(name, 1.0) for name in components.joints])


def _steady_heat_w(site: Site, components: Components, around: Surroundings) -> Array:
    """Heat of transformer, leakage, arresters and the device's electronics, (time, node) [W]."""
    power_w = np.zeros((around.air_k.size, len(components.names)))
    wet = wetness(relative_humidity(around.air_k, around.dew_point_k), around.rain_mm_h)
    leaking_w = leakage_w(PHASE_V, leakage_a(wet))
    for phase in PHASES:
        power_w[:, components.index(f"insulator_{phase}")] = leaking_w
        power_w[:, components.index(f"arrester_{phase}")] = HEALTHY_ARRESTER_W
    power_w[:, components.index("device_case")] = CASE_POWER_W
    if site.has_transformer:
        power_w[:, components.index("tank_oil")] = loss_w(POLE_25_KVA, around.current_a / site.peak_current_a)
    return power_w


def over_ground(
    components: Components, drive: HeatDrive, step_s: float, start_k: Array, is_settled: bool = True
) -> HeatDrive:
    """The same drive with the ground radiating at its own temperature, which no component changes.

    The ground starts from `start_k`, or else in balance with the first row.
    """
    nodes = np.array([components.index("ground"), components.index("ground_deep")])
    network, acts = part_of(components.network, drive, nodes)
    first_k = start_k[nodes] if is_settled else equilibrium_k(network, acts, start_k[nodes])
    ends_k = np.concatenate([first_k[:1], solve_network(network, acts, step_s, first_k)[:, 0]])
    return replace(drive, ground_k=0.5 * (ends_k[1:] + ends_k[:-1]))


def _planes(components: Components) -> tuple[list[tuple[float, float] | None], Array]:
    """Planes that nodes are lit in, tilt and azimuth [deg], None for all sides, and each node's plane."""
    faces = [None if n.tilt_deg is None else (n.tilt_deg, n.azimuth_deg) for n in components.nodes]
    planes = list(dict.fromkeys(faces))
    return planes, np.array([planes.index(face) for face in faces])


def sunlight_w_m2(components: Components, sun: SunTrack, ghi: Array, dni: Array, dhi: Array) -> Array:
    """Sunlight in each plane, (time, plane) [W/m2].

    A body lit from all sides gets the beam on its outline; sky and ground light its whole side,
    of a cylinder pi times the outline, at half their horizontal strength.
    """
    planes = _planes(components)[0]
    tilt, azimuth = np.radians([plane or (0.0, 0.0) for plane in planes]).T
    light = plane_irradiance_w_m2(sun, dni, ghi, dhi, tilt, azimuth, ALBEDO)
    light[:, planes.index(None)] = dni + 0.5 * np.pi * (dhi + ALBEDO * ghi)
    return np.asarray(light)


def _departure_k(air: Atmosphere, usual: Atmosphere) -> tuple[float, float]:
    """By how much causes have changed air and dew point when the episode begins [K]."""
    now, before = air.weather, usual.weather
    return float(now.air_k[0] - before.air_k[0]), float(now.dew_point_k[0] - before.dew_point_k[0])


def _spun_up_k(
    year: WeatherYear, site: Site, components: Components, grid: TimeGrid, departure_k: tuple[float, float]
) -> Array:
    """Temperatures at the episode's start after a day of hourly weather, (node,) [K]."""
    n = round(SPIN_UP_H * 3600.0 / SPIN_UP_STEP_S)
    t_s = SPIN_UP_STEP_S * np.arange(-n, 0, dtype=np.float64)
    hour = year.hour_of(grid.start_utc) + t_s / 3600.0
    middle = np.arange(int(np.floor(hour[0])) - 1, int(np.ceil(hour[-1])) + 2)

    def between(hourly: Array) -> Array:
        return np.interp(hour, middle + 0.5, hourly[middle % HOURS_PER_YEAR])

    air_k = between(year.air_c) + 273.15 + departure_k[0]
    dew_point_k = np.minimum(between(year.dew_point_c) + 273.15 + departure_k[1], air_k)
    ghi, dni, dhi = between(year.ghi_w_m2), between(year.dni_w_m2), between(year.dhi_w_m2)
    across = np.abs(np.cos(np.radians(year.wind_from_deg - site.line_azimuth_deg)))
    around = Surroundings(
        air_k,
        dew_point_k,
        between(year.rain_mm),
        between(year.opaque_cover_tenths) / 10.0,
        _neutral_wind_m_s(between(year.wind_m_s), site),
        between(across),
        sunlight_w_m2(components, sun_at(year, grid, t_s), ghi, dni, dhi),
        site.peak_current_a * _load_shape(year, hour),
        np.ones((hour.size, len(PHASES))),
    )
    drive = network_drive(site, components, around)
    mean_k = np.full(len(components.names), float(air_k.mean()))
    drive = over_ground(components, drive, SPIN_UP_STEP_S, mean_k, is_settled=False)
    first_k = equilibrium_k(components.network, drive, mean_k)
    wood = [i for i, name in enumerate(components.names) if name.endswith("_core")]
    first_k[wood] = mean_k[wood]  # the inside of thick wood follows the day's mean, not the hour
    return np.asarray(solve_network(components.network, drive, SPIN_UP_STEP_S, first_k)[-1])


def _neutral_wind_m_s(wind_10m_m_s: Array, site: Site) -> Array:
    ratio = wind_speed_m_s(site.crossarm_height_m, 1.0, 0.0, site.roughness_m) / wind_speed_m_s(
        ANEMOMETER_M, 1.0, 0.0, site.roughness_m
    )
    return np.asarray(np.maximum(wind_10m_m_s, 0.2) * ratio)
