"""Gas at one place from one small source over time, smooth and by either tier: plume (T1) or puffs (T2).

Both tiers share the eddies: their path over the travel time, enlarged to the spread that the mean plume
leaves for the wander. Mean and intensity agree; tick by tick they do not, since fast eddies move puffs more
slowly than the plume's axis.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import VON_KARMAN
from envirosense.physics.air.airflow import (
    WIND_FLOOR_M_S,
    dissipation_m2_s3,
    ou_path,
    sigma_theta_rad,
    wind_speed_m_s,
)
from envirosense.physics.air.turbulence import COMPONENTS, Component
from envirosense.physics.gas.dispersion import (
    PlumeSpread,
    RelativeSpread,
    fluctuating_chi_s_m3,
    plume_rise_m,
    plume_spread,
    split_spread,
)
from envirosense.physics.gas.puffs import (
    OLDEST_S,
    AirPath,
    EddyKind,
    PuffGrowth,
    Tier,
    air_path,
    change_within,
    choose_tier,
    eddy_displacement_s,
    held,
    mirrored,
    puff_concentration_g_m3,
    puff_growth,
    release_parts,
    turn_within_rad,
)
from envirosense.physics.gas.strands import strand_intensity, strand_time_s, unit_strands

type Array = npt.NDArray[np.float64]
type Position = tuple[float, float, float]

_BLOCK_S: Final = 300.0  # puffs released within this time grow alike: assumed
_AGES_PER_TICK: Final = 4  # of puffs: leaves half a per cent of their spread at steps as long as the journey
_PASSING_WIDTHS: Final = 2.0  # of the plume at an instant; smaller eddies do not move it: assumed
_DIRECTION_M: Final = 2.0  # lowest height of the direction's spread: its law was fitted to vanes at 2 m
_OLDEST_JOURNEYS: Final = 5.0  # of the slowest mean wind, after which a puff has passed for good: assumed
_LEAST_AGE_S: Final = 60.0  # puffs are kept at least this long: assumed
_LOWEST_ROUGHNESSES: Final = 5.0  # dissipation is never read below this many roughness lengths: assumed


@dataclass(frozen=True, slots=True)
class CarryingAir:
    """Wind and turbulence that carry gas; arrays start with (time,)."""

    flow: Array  # (time, 2) unit vector the mean wind blows along, east and north
    friction_velocity_m_s: Array
    inv_obukhov_per_m: Array
    sigma_v_m_s: Array  # of the crosswind velocity at the source
    roughness_m: float
    eddies: Array  # (time, 3) unit-variance Gaussian, along, left, up
    kind: EddyKind  # what the eddies were drawn with
    run_s: float = np.inf  # length of the run whose mean was taken off the crosswind eddies

    @property
    def dt_s(self) -> float:
        """Tick."""
        return self.kind.dt_s


@dataclass(frozen=True, slots=True)
class Release:
    """A small source: where, how wide, and the heat that lifts what it gives off, (time,) [W]."""

    at_m: Position
    size_m: float
    heat_w: Array


@dataclass(frozen=True, slots=True)
class Journey:
    """From a source to a receptor under each tick's mean wind, (time,) each."""

    crosswind_m: Array
    release_m: Array  # height of the mean axis at the receptor
    spread: PlumeSpread
    relative: RelativeSpread


def journey(air: CarryingAir, release: Release, receptor_m: Position) -> Journey:
    """What each tick's wind would make of a steady plume at the receptor."""
    east, north = receptor_m[0] - release.at_m[0], receptor_m[1] - release.at_m[1]
    downwind_m = east * air.flow[:, 0] + north * air.flow[:, 1]
    spread, relative, height_m = _grown(air, release, downwind_m, slice(None))
    return Journey(north * air.flow[:, 0] - east * air.flow[:, 1], height_m, spread, relative)


def _grown(
    air: CarryingAir, release: Release, downwind_m: Array, ticks: slice | npt.NDArray[np.intp]
) -> tuple[PlumeSpread, RelativeSpread, Array]:
    """Mean plume, its split and the height of its axis at distances (tick, ...) under the winds of ticks."""
    column = (slice(None),) + (None,) * (downwind_m.ndim - 1)
    u_star, inv_l, sigma_v, heat_w = (
        a[ticks][column]
        for a in (air.friction_velocity_m_s, air.inv_obukhov_per_m, air.sigma_v_m_s, release.heat_w)
    )
    at_m = max(release.at_m[2], _LOWEST_ROUGHNESSES * air.roughness_m)
    seen_m = max(release.at_m[2], _DIRECTION_M)
    wind = np.maximum(wind_speed_m_s(seen_m, u_star, inv_l, air.roughness_m), WIND_FLOOR_M_S)
    height_m = release.at_m[2] + plume_rise_m(heat_w, np.maximum(downwind_m, 0.0), wind)
    theta = sigma_theta_rad(sigma_v, wind)
    spread = plume_spread(downwind_m, height_m, u_star, inv_l, air.roughness_m, theta, release.size_m)
    # mean height of a plume from the ground, where its eddies are
    stirred_m = np.maximum(at_m, np.sqrt(2.0 / np.pi) * spread.sigma_z_m)
    dissipation = dissipation_m2_s3(u_star, stirred_m, inv_l)
    relative = split_spread(spread, release.size_m, dissipation, VON_KARMAN * stirred_m)
    return spread, relative, height_m


def plume_chi_s_m3(air: CarryingAir, trip: Journey, height_m: float) -> Array:
    """Concentration per unit emission of the wandering plume before strands, (time,) [s/m3].

    A segment of the plume keeps the velocity it was released with while its neighbours get theirs, so the
    centre moves as fast as the eddies that pass: all but those smaller than the segment itself, which widen
    it. The wander is the eddies averaged over the time the segment's width takes to pass.
    """
    travel_s = np.clip(trip.spread.travel_time_s, 0.0, OLDEST_S)
    passing_y_s, passing_z_s = (
        np.minimum(_PASSING_WIDTHS * width_m / trip.spread.wind_m_s, travel_s)
        for width_m in (trip.relative.sigma_r_y_m, trip.relative.sigma_r_z_m)
    )
    left, up = _wander(air, passing_y_s, "v"), _wander(air, passing_z_s, "w")
    return fluctuating_chi_s_m3(
        trip.crosswind_m, height_m, trip.release_m, trip.spread, trip.relative, left, up, 1.0
    )


def _wander(air: CarryingAir, window_s: Array, component: Component) -> Array:
    """Eddies averaged over windows that end at the ticks, of unit variance, (time,) [1]."""
    window = np.maximum(window_s / air.dt_s, 1.0)  # a series holds nothing faster than its step
    n_before = int(np.ceil(window.max()))
    path = np.cumsum(mirrored(air.eddies[:, COMPONENTS.index(component)], n_before))
    ticks = np.arange(path.size, dtype=np.float64)
    box = path[n_before:] - np.interp(ticks[n_before:] - window, ticks, path)
    run_s = air.run_s if component == "v" else np.inf
    return np.asarray(box / (eddy_displacement_s(window * air.dt_s, air.kind, component, run_s) / air.dt_s))


def puffs_g_m3(
    air: CarryingAir, release: Release, receptor_m: Position, rates_g_s: Array
) -> tuple[Array, Array, Journey]:
    """Concentrations by puffs before strands, (time, rate) [g/m3], and the age of what arrives, (time,) [s].

    The journey is the one straight to the receptor, whatever the wind, which the strands need.
    """
    east, north = receptor_m[0] - release.at_m[0], receptor_m[1] - release.at_m[1]
    distance_m = max(float(np.hypot(east, north)), release.size_m)
    n = air.flow.shape[0]
    at_receptor, relative, height_m = _grown(air, release, np.full(n, distance_m), slice(None))
    wind = np.broadcast_to(at_receptor.wind_m_s, (n,))
    oldest_s = float(np.clip(_OLDEST_JOURNEYS * distance_m / wind.min(), _LEAST_AGE_S, OLDEST_S))
    path = _path(air, wind, max(1, round(oldest_s / air.dt_s)))
    growth = _growth(air, release, wind, path.n_before)
    parts = release_parts(growth, float(wind.max()), distance_m, air.dt_s)
    seen_m = (east, north, receptor_m[2])
    rates, age_s = puff_concentration_g_m3(path, growth, rates_g_s, height_m, seen_m, parts)
    return rates, age_s, Journey(np.zeros(n), height_m, at_receptor, relative)


def _path(air: CarryingAir, wind_m_s: Array, n_before: int) -> AirPath:
    """Paths of the air; before the first tick the mean wind is that of the first, the eddies their mirror."""
    flow, sigma_v = held(air.flow, n_before), held(air.sigma_v_m_s[:, None], n_before)
    eddies = mirrored(air.eddies, n_before)
    left = np.stack([-flow[:, 1], flow[:, 0]], axis=1)
    across = sigma_v * (eddies[:, :1] * flow + eddies[:, 1:2] * left)
    mean_wind = flow * held(wind_m_s[:, None], n_before)
    return air_path(mean_wind, np.hstack([across, eddies[:, 2:]]), air.dt_s, n_before)


def _growth(air: CarryingAir, release: Release, wind_m_s: Array, n_ages: int) -> PuffGrowth:
    """Growth of puffs by block of release, from the conditions at the start of each block: none to come."""
    n = air.flow.shape[0]
    block_ticks = max(1, round(_BLOCK_S / air.dt_s))
    starts = np.arange(0, n, block_ticks)
    age_s = np.arange(n_ages * _AGES_PER_TICK + 1, dtype=np.float64) * (air.dt_s / _AGES_PER_TICK)
    spread, relative, _ = _grown(air, release, wind_m_s[starts, None] * age_s, starts)
    across_s = eddy_displacement_s(age_s, air.kind, "v", air.run_s)
    upward_s = eddy_displacement_s(age_s, air.kind, "w")
    return puff_growth(
        spread,
        relative,
        air.sigma_v_m_s[starts, None] * across_s,
        np.broadcast_to(upward_s, spread.sigma_y_m.shape),
        block_ticks,
        _AGES_PER_TICK,
    )


def strands(air: CarryingAir, trip: Journey, size_m: float, normals: Array, start: float) -> Array:
    """Factor of the strands inside the plume, (time,) [1], mean 1; from white normals, (time,)."""
    memory_s = strand_time_s(trip.relative, trip.spread.wind_m_s)
    gaussian = ou_path(normals, air.dt_s, np.broadcast_to(memory_s, normals.shape), start)
    return unit_strands(gaussian, strand_intensity(trip.relative, size_m))


def tier(air: CarryingAir, release: Release, receptor_m: Position, rates_g_s: Array) -> tuple[Tier, str]:
    """Which tier carries this gas to this receptor, and why."""
    distance_m = float(np.hypot(receptor_m[0] - release.at_m[0], receptor_m[1] - release.at_m[1]))
    u_star, inv_l = float(air.friction_velocity_m_s.mean()), float(air.inv_obukhov_per_m.mean())
    height_m = max(release.at_m[2], receptor_m[2], _DIRECTION_M)
    wind = max(float(wind_speed_m_s(height_m, u_star, inv_l, air.roughness_m)), WIND_FLOOR_M_S)
    theta = float(sigma_theta_rad(float(air.sigma_v_m_s.mean()), wind))
    travel_s = distance_m / wind
    window = max(1, round(travel_s / air.dt_s))
    leaving = np.column_stack([rates_g_s, release.heat_w])  # a plume's height changes with its heat
    source_change = float(change_within(leaving, window).max(initial=0.0))
    turn_rad = turn_within_rad(air.flow, window)
    return choose_tier(travel_s, air.dt_s, source_change, turn_rad / theta, theta)
