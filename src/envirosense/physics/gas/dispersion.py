"""Gas concentration downwind of a small source: steady mean (T0) and fluctuating plume (T1).

Everything is per unit emission: chi = C/Q [s/m3]. Spreads follow similarity theory for the vertical and the
measured wind-direction spread for the horizontal; checked on Project Prairie Grass from 50 to 800 m, while
2 to 50 m is extrapolation. Both tiers have the same mean by construction; so have puffs (`puffs`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import (
    DRY_AIR_CP_J_KG_K,
    DRY_AIR_GAS_CONSTANT_J_KG_K,
    GRAVITY_M_S2,
    STANDARD_PRESSURE_PA,
)
from envirosense.physics.air.airflow import (
    WIND_FLOOR_M_S,
    dissipation_m2_s3,
    lagrangian_time_s,
    turbulence_sigmas_m_s,
    wind_speed_m_s,
)

type Array = npt.NDArray[np.float64]
type Values = float | Array

SIGMA_FLOOR_M: Final = 0.01  # assumed: no source is smaller than a finger
_LATERAL_TIME_S: Final = (
    400.0,
    100.0,
)  # unstable, stable: fitted to 53 Prairie Grass runs (physics-gas-air 2.1)
_LATERAL_SWITCH_PER_M: Final = 0.002  # 1/L over which one time passes into the other: assumed
_SURFACE_LAYER_M: Final = 15.0  # highest source treated by surface-layer similarity: assumed
_LOWEST_WIND_ROUGHNESSES: Final = (
    5.0  # the plume's wind is never read below this many roughness lengths: assumed
)
_RICHARDSON: Final = 0.4  # Richardson-Obukhov constant of relative spread, 0.3-0.5 (from memory)
_RELAXATION: Final = 0.7  # of the wind iteration: its slope lies between -1 and 0
_ITERATIONS: Final = 10  # leaves less than 1e-4 of the first error


@dataclass(frozen=True, slots=True)
class PlumeSpread:
    """Mean plume at a distance; travel time is negative upwind, where there is no gas."""

    sigma_y_m: Array
    sigma_z_m: Array
    wind_m_s: Array
    travel_time_s: Array


@dataclass(frozen=True, slots=True)
class RelativeSpread:
    """Instantaneous plume width (r) and wander of its centre (m): sigma^2 = sigma_r^2 + sigma_m^2."""

    sigma_r_y_m: Array
    sigma_r_z_m: Array
    sigma_m_y_m: Array
    sigma_m_z_m: Array


def plume_spread(
    distance_m: Values,
    release_height_m: Values,
    friction_velocity_m_s: Values,
    inv_obukhov_per_m: Values,
    roughness_m: Values,
    sigma_theta_rad: Values,
    source_size_m: Values = 0.0,
) -> PlumeSpread:
    """Spreads and transport wind at a downwind distance, broadcast shape.

    Vertical: [Venkatram2013] with the wind at the plume's mean height; sources above the surface layer
    (about |L| or 15 m) use sigma_w t / (1 + 0.9 sqrt(t/T)). Horizontal: sigma_theta x / (1 + 0.9 sqrt(t/T)),
    the form of [Draxler1976]. The source size adds in quadrature.
    """
    inv_l = np.asarray(inv_obukhov_per_m, dtype=np.float64)
    x = np.maximum(distance_m, 0.0)
    sigma_z, wind = _surface_layer_spread(x, release_height_m, friction_velocity_m_s, inv_l, roughness_m)
    aloft = np.clip(
        2.0 * release_height_m * np.maximum(np.abs(inv_l), 1.0 / _SURFACE_LAYER_M) - 1.5, 0.0, 1.0
    )
    if np.any(aloft > 0.0):
        elevated = _elevated_sigma_z_m(x / wind, release_height_m, friction_velocity_m_s, inv_l)
        sigma_z = (1.0 - aloft) * sigma_z + aloft * elevated
    stable_share = 0.5 * (1.0 + np.tanh(inv_l / _LATERAL_SWITCH_PER_M))
    lateral_time_s = _LATERAL_TIME_S[0] * (_LATERAL_TIME_S[1] / _LATERAL_TIME_S[0]) ** stable_share
    sigma_y = sigma_theta_rad * x / (1.0 + 0.9 * np.sqrt(x / wind / lateral_time_s))
    source = np.maximum(source_size_m, SIGMA_FLOOR_M)
    return PlumeSpread(
        np.hypot(sigma_y, source), np.hypot(sigma_z, source), wind, np.asarray(distance_m / wind)
    )


def _surface_layer_spread(
    x_m: Array,
    release_height_m: Values,
    friction_velocity_m_s: Values,
    inv_l_per_m: Array,
    roughness_m: Values,
) -> tuple[Array, Array]:
    """Vertical spread [m] and transport wind [m/s] of a surface release [Venkatram2013].

    The spread needs the wind at the mean plume height, which needs the spread: relaxed fixed point.
    """
    lowest = np.maximum(release_height_m, _LOWEST_WIND_ROUGHNESSES * np.asarray(roughness_m))
    wind = wind_speed_m_s(lowest, friction_velocity_m_s, inv_l_per_m, roughness_m)
    wind = np.maximum(wind, WIND_FLOOR_M_S)
    growth = 0.57 * friction_velocity_m_s * x_m
    slowing = 3.0 * friction_velocity_m_s * np.cbrt(np.maximum(inv_l_per_m, 0.0) * x_m) ** 2
    lifting = 1.5 * friction_velocity_m_s * np.maximum(-inv_l_per_m, 0.0) * x_m
    for _ in range(_ITERATIONS):
        sigma_z = growth / (wind + slowing) * (1.0 + lifting / wind)
        mean_height = np.maximum(sigma_z * np.sqrt(2.0 / np.pi), lowest)
        there = wind_speed_m_s(mean_height, friction_velocity_m_s, inv_l_per_m, roughness_m)
        wind = np.maximum(wind + _RELAXATION * (there - wind), WIND_FLOOR_M_S)
    return np.asarray(growth / (wind + slowing) * (1.0 + lifting / wind)), np.asarray(wind)


def _elevated_sigma_z_m(
    time_s: Array, release_height_m: Values, friction_velocity_m_s: Values, inv_l_per_m: Array
) -> Array:
    """Vertical spread of a source above the surface layer [m]."""
    height = np.maximum(release_height_m, 1.0)
    sigma_w = turbulence_sigmas_m_s(friction_velocity_m_s, inv_l_per_m, height).w
    memory_s = lagrangian_time_s(sigma_w, dissipation_m2_s3(friction_velocity_m_s, height, inv_l_per_m))
    return np.asarray(sigma_w * time_s / (1.0 + 0.9 * np.sqrt(time_s / memory_s)))


_BRIGGS_Y: Final = np.array([0.22, 0.16, 0.11, 0.08, 0.06, 0.04])  # A to F [Briggs1973] (from memory)
_BRIGGS_Z: Final = np.array([0.20, 0.12, 0.08, 0.06, 0.03, 0.016])  # A to F [Briggs1973] (from memory)
_BRIGGS_Z_BEND_PER_M: Final = np.array([0.0, 0.0, 2e-4, 1.5e-3, 3e-4, 3e-4])  # [Briggs1973] (from memory)
_BRIGGS_Z_POWER: Final = np.array([0.0, 0.0, -0.5, -0.5, -1.0, -1.0])  # [Briggs1973] (from memory)


def briggs_rural(stability_class: Values, distance_m: Values) -> tuple[Array, Array]:
    """Spreads sigma_y and sigma_z of a Pasquill class (0 is A, 5 is F), broadcast shape [m] [Briggs1973].

    A half class is the geometric mean of its neighbours. Stated for 100 m to 10 km in open country.
    """
    lower = np.floor(stability_class).astype(np.intp)
    upper = np.ceil(stability_class).astype(np.intp)
    share = stability_class - lower
    x = np.asarray(distance_m, dtype=np.float64)
    sigma_y = _BRIGGS_Y[lower] ** (1.0 - share) * _BRIGGS_Y[upper] ** share * x / np.sqrt(1.0 + 1e-4 * x)
    sigma_z = _briggs_sigma_z_m(lower, x) ** (1.0 - share) * _briggs_sigma_z_m(upper, x) ** share
    return np.asarray(sigma_y), np.asarray(sigma_z)


def _briggs_sigma_z_m(index: npt.NDArray[np.intp], x_m: Array) -> Array:
    """Vertical spread of whole classes [m]."""
    bend = (1.0 + _BRIGGS_Z_BEND_PER_M[index] * x_m) ** _BRIGGS_Z_POWER[index]
    return np.asarray(_BRIGGS_Z[index] * x_m * bend)


def mean_chi_s_m3(
    crosswind_m: Values, height_m: Values, release_height_m: Values, spread: PlumeSpread
) -> Array:
    """Mean concentration per unit emission, broadcast shape [s/m3]: Gaussian plume over reflecting ground."""
    return _chi_s_m3(crosswind_m, height_m, release_height_m, spread.sigma_y_m, spread.sigma_z_m, spread)


def _chi_s_m3(
    crosswind_m: Values,
    height_m: Values,
    centre_height_m: Values,
    sigma_y_m: Array,
    sigma_z_m: Array,
    spread: PlumeSpread,
) -> Array:
    """Plume of given widths about a centre and its image below ground; none upwind [s/m3]."""
    lateral = np.exp(-0.5 * (crosswind_m / sigma_y_m) ** 2)
    vertical = np.exp(-0.5 * ((height_m - centre_height_m) / sigma_z_m) ** 2) + np.exp(
        -0.5 * ((height_m + centre_height_m) / sigma_z_m) ** 2
    )
    chi = lateral * vertical / (2.0 * np.pi * spread.wind_m_s * sigma_y_m * sigma_z_m)
    return np.asarray(np.where(spread.travel_time_s >= 0.0, chi, 0.0))


def plume_rise_m(heat_w: Values, distance_m: Values, wind_m_s: Values) -> Array:
    """Rise of the plume centre of a heat source, broadcast shape [m]: 1.6 F^(1/3) x^(2/3) / U.

    Briggs's two-thirds law; the rise ends at x = 49 F^(5/8) m (both from memory). The end has no data for
    small F, so it is not let come before 49 m (assumed).
    """
    heat_content = np.pi * DRY_AIR_CP_J_KG_K * STANDARD_PRESSURE_PA / DRY_AIR_GAS_CONSTANT_J_KG_K
    flux_m4_s3 = GRAVITY_M_S2 * np.maximum(heat_w, 0.0) / heat_content
    end_m = 49.0 * np.maximum(flux_m4_s3, 1.0) ** 0.625
    x = np.clip(distance_m, 0.0, end_m)
    return np.asarray(1.6 * np.cbrt(flux_m4_s3) * np.cbrt(x) ** 2 / np.maximum(wind_m_s, WIND_FLOOR_M_S))


def split_spread(
    spread: PlumeSpread,
    source_size_m: Values,
    dissipation_m2_s3: Values,
    largest_eddy_m: Values = np.inf,
) -> RelativeSpread:
    """Instantaneous width and wander of the mean plume [Gifford1959], each broadcast shape.

    The width grows from the source size as C epsilon t^3 (Richardson-Obukhov) while it is below the largest
    eddies that are alike in all directions, then with the diffusivity reached there: near the ground wider
    eddies only move the plume. With mixing-length eddies (kappa z) that diffusivity is 1.1 kappa u* z in
    neutral air. Far away the width tends to the mean spread, which it never passes.
    """
    source2 = np.maximum(source_size_m, SIGMA_FLOOR_M) ** 2
    time_s = np.maximum(spread.travel_time_s, 0.0)
    rate = _RICHARDSON * np.asarray(dissipation_m2_s3, dtype=np.float64)
    growth2 = _relative_growth2_m2(time_s, source2, rate, np.asarray(largest_eddy_m, dtype=np.float64) ** 2)
    r_y, m_y = _split(spread.sigma_y_m, source2, growth2)
    r_z, m_z = _split(spread.sigma_z_m, source2, growth2)
    return RelativeSpread(r_y, r_z, m_y, m_z)


def _relative_growth2_m2(time_s: Array, source2_m2: Values, rate_m2_s3: Array, eddy2_m2: Array) -> Array:
    """Growth of the squared width since release [m2]: rate t^3 up to the eddies' size, its tangent beyond."""
    end_s = np.cbrt(eddy2_m2 / rate_m2_s3)  # age at which a point puff has grown to the eddies' size
    tangent = 3.0 * rate_m2_s3 * np.minimum(end_s, 1e100) ** 2
    # the age at which a point puff has the source's size, and how long it still grows freely
    start_s = np.cbrt(np.minimum(source2_m2, eddy2_m2) / rate_m2_s3)
    free_s = np.minimum(time_s, end_s - start_s)
    free2 = rate_m2_s3 * free_s * (free_s * free_s + 3.0 * start_s * (free_s + start_s))
    return np.asarray(free2 + np.where(time_s > free_s, tangent * (time_s - free_s), 0.0))


def _split(sigma_m: Array, source2_m2: Values, growth2_m2: Array) -> tuple[Array, Array]:
    """Width and wander of one direction [m]: the growth saturates at the room above the source size."""
    room2 = np.maximum(sigma_m**2 - source2_m2, 0.0)
    grown2 = growth2_m2 * room2 / np.maximum(growth2_m2 + room2, 1e-300)
    return np.sqrt(sigma_m**2 - room2 + grown2), np.sqrt(room2 - grown2)


def fluctuating_chi_s_m3(
    crosswind_m: Values,
    height_m: Values,
    release_height_m: Values,
    spread: PlumeSpread,
    relative: RelativeSpread,
    centroid_y: Values,
    centroid_z: Values,
    in_plume: Values,
) -> Array:
    """Concentration per unit emission under a wandering plume, broadcast shape [s/m3]; mean: `mean_chi_s_m3`.

    The narrow plume and its image below ground move oppositely in height. A Gaussian of width sigma_r about
    a Gaussian centre of spread sigma_m is on average one of width sigma, for the plume and for its image, so
    the ensemble mean is the steady plume exactly. A centre below ground is the same as one above it.

    Args:
        crosswind_m: Receptor's distance from the mean axis.
        height_m: Receptor height.
        release_height_m: Mean height of the plume axis.
        spread: Mean plume.
        relative: Its split into width and wander.
        centroid_y: Crosswind wander, a Gaussian series of unit variance.
        centroid_z: Vertical wander, likewise.
        in_plume: Fluctuation inside the plume, mean 1, independent of the wander (`strands.unit_strands`).
    """
    y = crosswind_m - relative.sigma_m_y_m * centroid_y
    centre_m = release_height_m + relative.sigma_m_z_m * centroid_z
    chi = _chi_s_m3(y, height_m, centre_m, relative.sigma_r_y_m, relative.sigma_r_z_m, spread)
    return chi * in_plume


def fluctuation_intensity(relative: RelativeSpread, in_plume_intensity: Values) -> Array:
    """Standard deviation over mean of the concentration on the plume axis, away from the ground [1].

    1 + i^2 = (1 + i_r^2) prod sigma^2 / (sigma_r sqrt(sigma_r^2 + 2 sigma_m^2)) over both directions.
    """
    across = _peaking(relative.sigma_r_y_m, relative.sigma_m_y_m)
    upward = _peaking(relative.sigma_r_z_m, relative.sigma_m_z_m)
    return np.asarray(np.sqrt((1.0 + np.square(in_plume_intensity)) * across * upward - 1.0))


def _peaking(sigma_r_m: Array, sigma_m_m: Array) -> Array:
    """Mean square over squared mean on the axis of a plume wandering in one direction [1]."""
    wander2 = (sigma_m_m / sigma_r_m) ** 2
    return np.asarray((1.0 + wander2) / np.sqrt(1.0 + 2.0 * wander2))
