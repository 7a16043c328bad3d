"""Wind near the ground: mean profile, stability, turbulence statistics and time scales.

Flat, uniform ground: the Monin-Obukhov profile is divergence-free, so no field is solved.
Every function broadcasts its arguments. Stability is given as 1/L (inverse Obukhov length),
which passes smoothly through neutral (zero) where L itself does not.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import DRY_AIR_CP_J_KG_K, GRAVITY_M_S2, VON_KARMAN
from envirosense.physics.air.airflow_kernels import ou_recurrence

type Array = npt.NDArray[np.float64]
type Values = float | Array

WIND_FLOOR_M_S: Final = 0.2  # assumed: a calm still has this much air motion, 1/U stays finite
INV_OBUKHOV_LIMIT_PER_M: Final = 0.15  # assumed: surface-layer similarity ends near |L| = 7 m
AIR_DENSITY_KG_M3: Final = 1.204  # dry air at 20 degC and one atmosphere
SIGMA_THETA_LIMIT_RAD: Final = np.pi / np.sqrt(3.0)  # uniform direction, exact
LATERAL_FLOOR_M_S: Final = 0.3  # low-wind meander, 0.2-0.5 m/s [Hanna1983] (from memory)
VERTICAL_FLOOR_M_S: Final = 0.02  # assumed: keeps time scales finite in a calm
KOLMOGOROV_C0: Final = 4.0  # Lagrangian structure function, range 3-6 (from memory)


@dataclass(frozen=True, slots=True)
class Stability:
    """Friction velocity [m/s] and inverse Obukhov length [1/m], same shape."""

    friction_velocity_m_s: Array
    inv_obukhov_per_m: Array


@dataclass(frozen=True, slots=True)
class Sigmas:
    """Standard deviations of the along-wind, cross-wind and vertical velocity [m/s]."""

    u: Array
    v: Array
    w: Array


def psi_m(zeta: Values) -> Array:
    """Stability correction of the wind profile at zeta = z/L, same shape [1] [Dyer1974]."""
    zeta = np.asarray(zeta, dtype=np.float64)
    stable = np.maximum(zeta, 0.0)
    x = np.sqrt(np.sqrt(1.0 - 16.0 * np.minimum(zeta, 0.0)))
    unstable_part = np.log((1.0 + x) ** 2 * (1.0 + x * x) / 8.0) - 2.0 * np.arctan(x) + np.pi / 2.0
    stable_part = -5.0 * (np.minimum(stable, 1.0) + np.log(np.maximum(stable, 1.0)))
    return np.asarray(unstable_part + stable_part)


def phi_m(zeta: Values) -> Array:
    """Dimensionless wind shear, 1 - zeta dpsi_m/dzeta, same shape [1] [Dyer1974]."""
    zeta = np.asarray(zeta, dtype=np.float64)
    shear = (1.0 - 16.0 * np.minimum(zeta, 0.0)) ** -0.25 + 5.0 * np.clip(zeta, 0.0, 1.0)
    return np.asarray(shear)


def phi_h(zeta: Values) -> Array:
    """Dimensionless temperature gradient, same shape [1] [Dyer1974]."""
    zeta = np.asarray(zeta, dtype=np.float64)
    gradient = (1.0 - 16.0 * np.minimum(zeta, 0.0)) ** -0.5 + 5.0 * np.clip(zeta, 0.0, 1.0)
    return np.asarray(gradient)


def _profile(height_m: Values, inv_obukhov_per_m: Values, roughness_m: Values) -> Array:
    """Kappa U/u* at a height over the displacement plane [1]; zero at and below the roughness length."""
    roughness = np.asarray(roughness_m, dtype=np.float64)
    inv_l = np.asarray(inv_obukhov_per_m, dtype=np.float64)
    height = np.maximum(height_m, roughness)
    shape = np.log(height / roughness) - psi_m(height * inv_l) + psi_m(roughness * inv_l)
    return np.asarray(shape)


def wind_speed_m_s(
    height_m: Values,
    friction_velocity_m_s: Values,
    inv_obukhov_per_m: Values,
    roughness_m: Values,
    displacement_m: Values = 0.0,
) -> Array:
    """Mean wind at a height, broadcast shape [m/s]: Monin-Obukhov profile [Dyer1974].

    Not valid inside the roughness sublayer (below about 20 roughness lengths over the displacement height).
    """
    above = np.asarray(height_m, dtype=np.float64) - displacement_m
    return np.asarray(friction_velocity_m_s) / VON_KARMAN * _profile(above, inv_obukhov_per_m, roughness_m)


def friction_velocity_m_s(
    wind_m_s: Values,
    height_m: Values,
    inv_obukhov_per_m: Values,
    roughness_m: Values,
) -> Array:
    """Friction velocity that gives this wind at this height, broadcast shape [m/s]."""
    return VON_KARMAN * np.asarray(wind_m_s) / _profile(height_m, inv_obukhov_per_m, roughness_m)


def sensible_heat_w_m2(ghi_w_m2: Values, wind_m_s: Values) -> Array:
    """Upward sensible heat flux, broadcast shape [W/m2].

    Day: 0.4 (0.75 S - 30), the order of magnitude of [HoltslagVanUlden1983]; night: -5 to -30 with the
    wind. The night loss fades into the day's offset within some 50 W/m2 of sun, so dawn has no step.
    """
    sun = np.maximum(np.asarray(ghi_w_m2, dtype=np.float64), 0.0)
    night_loss = np.clip(5.0 * np.asarray(wind_m_s), 5.0, 30.0)  # W/m2, 5 per m/s: assumed
    night_share = np.exp(-sun / 50.0)  # W/m2: assumed
    return np.asarray(0.3 * sun - night_loss * night_share - 12.0 * (1.0 - night_share))


def stability(
    wind_m_s: Values,
    height_m: Values,
    roughness_m: Values,
    ghi_w_m2: Values,
    air_k: Values,
    air_density_kg_m3: Values = AIR_DENSITY_KG_M3,
) -> Stability:
    """Friction velocity and 1/L from wind at one height and sunshine, broadcast shape.

    1/L = -kappa g H / (rho cp T u*^3), solved together with the profile and clamped to +-0.15 1/m; the
    wind is raised to 0.2 m/s. The result is continuous in wind and sun. At constant pressure give the
    density that belongs to `air_k`: only their product counts.
    """
    wind = np.maximum(wind_m_s, WIND_FLOOR_M_S)
    height, roughness = np.asarray(height_m, dtype=np.float64), np.asarray(roughness_m, dtype=np.float64)
    heat_content = np.asarray(air_density_kg_m3) * DRY_AIR_CP_J_KG_K * np.asarray(air_k)
    buoyancy = VON_KARMAN * GRAVITY_M_S2 * sensible_heat_w_m2(ghi_w_m2, wind) / heat_content
    drive = buoyancy / (VON_KARMAN * wind) ** 3  # 1/L = -drive (kappa U/u*)^3
    inv_l = np.where(
        drive > 0.0,
        _unstable_inv_obukhov_per_m(np.maximum(drive, 1e-12), height, roughness),
        _stable_inv_obukhov_per_m(np.maximum(-drive, 1e-12), height, roughness),
    )
    return Stability(friction_velocity_m_s(wind, height, inv_l, roughness), inv_l)


def _unstable_inv_obukhov_per_m(drive_per_m: Array, height_m: Array, roughness_m: Array) -> Array:
    """Root of m = -drive profile(m)^3 by Newton steps in ln(-m), clamped [1/m]."""
    log_drive = np.log(drive_per_m)
    limit = np.log(INV_OBUKHOV_LIMIT_PER_M)
    log_m = np.minimum(log_drive + 3.0 * np.log(np.log(height_m / roughness_m)), limit)
    for _ in range(6):  # monotone and smooth: converged to 1e-9 by then
        m = -np.exp(log_m)
        shape = _profile(height_m, m, roughness_m)
        slope = 1.0 - 3.0 * (phi_m(height_m * m) - phi_m(roughness_m * m)) / shape
        log_m = np.minimum(log_m - (log_m - log_drive - 3.0 * np.log(shape)) / slope, limit)
    return -np.exp(log_m)


def _stable_inv_obukhov_per_m(drive_per_m: Array, height_m: Array, roughness_m: Array) -> Array:
    """Weakest stability with m = drive profile(m)^3, clamped [1/m].

    The log-linear profile makes this a cubic, solved in closed form. Below a critical wind no turbulence
    carries the flux: from there 1/L grows as 1/U, as in AERMOD (from memory).
    """
    neutral = np.log(height_m / roughness_m)
    steepness = 5.0 * (height_m - roughness_m)
    excess = drive_per_m * 27.0 * neutral**2 * steepness / 4.0  # 1 at the critical wind
    s = np.sqrt(np.minimum(excess, 1.0))
    profile = 3.0 * neutral * np.sin(np.arcsin(s) / 3.0) / s
    m = (profile - neutral) / steepness * np.cbrt(np.maximum(excess, 1.0))
    return np.asarray(np.minimum(m, INV_OBUKHOV_LIMIT_PER_M))


_SUN_W_M2: Final = np.array([350.0, 700.0])  # slight | moderate | strong insolation: assumed
_WIND_M_S: Final = np.array([2.0, 3.0, 5.0, 6.0])  # class edges of the wind at 10 m [Turner1970]
# rows: strong, moderate, slight sun, cloudy night, clear night; columns: wind; A-B is 0.5 [Turner1970]
_TURNER: Final = np.array(
    [
        [0.0, 0.5, 1.0, 2.0, 2.0],
        [0.5, 1.0, 1.5, 2.5, 3.0],
        [1.0, 2.0, 2.0, 3.0, 3.0],
        [5.0, 4.0, 3.0, 3.0, 3.0],
        [5.0, 5.0, 4.0, 3.0, 3.0],
    ]
)
_NIGHT_W_M2: Final = 10.0  # assumed: below this the sun does not drive stability
_GOLDER_A_PER_M: Final = np.array([-0.096, -0.037, -0.002, 0.0, 0.004, 0.035])  # [Golder1972] (from memory)
_GOLDER_B_PER_M: Final = np.array([0.029, 0.029, 0.018, 0.0, -0.018, -0.036])  # [Golder1972] (from memory)


def pasquill_class(wind_10m_m_s: Values, ghi_w_m2: Values, cloud_fraction: Values) -> Array:
    """Pasquill-Turner class, broadcast shape: 0 is A, 5 is F, 0.5 is A-B [Turner1970]."""
    sun = np.asarray(ghi_w_m2, dtype=np.float64)
    day_row = 2 - np.searchsorted(_SUN_W_M2, sun, side="right")
    night_row = np.where(np.asarray(cloud_fraction) >= 0.5, 3, 4)
    row = np.where(sun > _NIGHT_W_M2, day_row, night_row)
    return np.asarray(_TURNER[row, np.searchsorted(_WIND_M_S, wind_10m_m_s, side="right")])


def class_inv_obukhov_per_m(stability_class: Values, roughness_m: Values) -> Array:
    """1/L of a Pasquill class (0 is A, 5 is F, halves between), clamped [1/m] [Golder1972]."""
    classes = np.arange(6.0)
    a = np.interp(stability_class, classes, _GOLDER_A_PER_M)
    b = np.interp(stability_class, classes, _GOLDER_B_PER_M)
    inv_l = a + b * np.log10(roughness_m)
    return np.asarray(np.clip(inv_l, -INV_OBUKHOV_LIMIT_PER_M, INV_OBUKHOV_LIMIT_PER_M))


def turbulence_sigmas_m_s(
    friction_velocity_m_s: Values,
    inv_obukhov_per_m: Values,
    height_m: Values,
    mixing_height_m: Values = 1000.0,
) -> Sigmas:
    """Velocity standard deviations, broadcast shape [m/s].

    Neutral and stable 2.4, 1.9, 1.3 u* [PanofskyDutton1984]; unstable [Panofsky1977]. The horizontal law
    (12 + 0.5 zi/|L|)^(1/3) does not meet the neutral values, so its 12 fades into their cubes over
    zi/|L| of order 1 (assumed). The floors stand for the meander of weak wind.
    """
    u_star, inv_l = np.asarray(friction_velocity_m_s), np.asarray(inv_obukhov_per_m, dtype=np.float64)
    neutral, convection = _neutral_and_convective_cubes(inv_l, mixing_height_m)
    u = u_star * np.cbrt(neutral.u + convection)
    v = u_star * np.cbrt(neutral.v + convection)
    w = u_star * 1.3 * np.cbrt(1.0 + 3.0 * np.maximum(-inv_l * height_m, 0.0))
    return Sigmas(
        np.maximum(u, LATERAL_FLOOR_M_S), np.maximum(v, LATERAL_FLOOR_M_S), np.maximum(w, VERTICAL_FLOOR_M_S)
    )


def convective_shares(inv_obukhov_per_m: Values, mixing_height_m: Values = 1000.0) -> Sigmas:
    """Shares of the variances that boundary-layer eddies of convection own, broadcast shape, 0..1.

    What sigma^2 of [Panofsky1977] exceeds its value without the zi/|L| term; none of the vertical.
    """
    neutral, convection = _neutral_and_convective_cubes(inv_obukhov_per_m, mixing_height_m)
    u, v = (1.0 - np.cbrt(cube / (cube + convection)) ** 2 for cube in (neutral.u, neutral.v))
    return Sigmas(np.asarray(u), np.asarray(v), np.zeros_like(u))


def _neutral_and_convective_cubes(inv_obukhov_per_m: Values, mixing_height_m: Values) -> tuple[Sigmas, Array]:
    """Parts of (sigma/u*)^3 of the horizontal components: surface layer, and 0.5 zi/|L|."""
    convection = np.maximum(-np.asarray(inv_obukhov_per_m, dtype=np.float64) * mixing_height_m, 0.0)
    fade = np.exp(-convection)
    u, v = 12.0 + (2.4**3 - 12.0) * fade, 12.0 + (1.9**3 - 12.0) * fade
    return Sigmas(u, v, np.full_like(u, 1.3**3)), 0.5 * convection


def sigma_theta_rad(sigma_v_m_s: Values, wind_m_s: Values) -> Array:
    """Standard deviation of wind direction, broadcast shape [rad]; at most a uniform direction's."""
    ratio = np.asarray(sigma_v_m_s) / np.maximum(wind_m_s, WIND_FLOOR_M_S)
    return np.asarray(np.minimum(ratio, SIGMA_THETA_LIMIT_RAD))


def dissipation_m2_s3(friction_velocity_m_s: Values, height_m: Values, inv_obukhov_per_m: Values) -> Array:
    """Dissipation of turbulent energy, broadcast shape [m2/s3]: shear plus buoyancy production.

    Beyond z/L = 1 the bracket keeps its value there (assumed): the formula would turn negative.
    """
    zeta = np.minimum(np.asarray(height_m) * np.asarray(inv_obukhov_per_m), 1.0)
    production = np.asarray(friction_velocity_m_s) ** 3 / (VON_KARMAN * np.asarray(height_m))
    return np.asarray(production * (phi_m(zeta) - zeta))


def lagrangian_time_s(sigma_m_s: Values, dissipation_m2_s3: Values) -> Array:
    """Lagrangian integral time 2 sigma^2 / (C0 epsilon), broadcast shape [s] [Thomson1987]."""
    return np.asarray(2.0 * np.asarray(sigma_m_s) ** 2 / (KOLMOGOROV_C0 * np.asarray(dissipation_m2_s3)))


def gust_factor(turbulence_intensity: Values, peak_factor: float = 3.0) -> Array:
    """Expected 3 s gust of ten minutes over their mean, same shape [1]; the peak factor 3 is from memory."""
    return 1.0 + peak_factor * np.asarray(turbulence_intensity, dtype=np.float64)


def ou_path(normals: Values, dt_s: float, tau_s: Values, start: float) -> Array:
    """Ornstein-Uhlenbeck path of unit variance by the exact update, (time,) [1].

    Exact for any time step. The last value of one block is the `start` of the next: split and whole runs
    agree bit for bit. Draw the first `start` from N(0, 1) for a stationary path.

    Args:
        normals: Independent standard normals, (time,).
        dt_s: Time step.
        tau_s: Correlation time, one number or (time,).
        start: Value one step before the first.
    """
    draws = np.ascontiguousarray(normals, dtype=np.float64)
    tau = np.atleast_1d(np.asarray(tau_s, dtype=np.float64))
    if tau.size not in (1, draws.size):
        raise ValueError(f"tau_s has {tau.size} values: give one, or one per normal ({draws.size})")
    return np.asarray(ou_recurrence(draws, float(dt_s), tau, float(start)))


def displacement_sigma_m(sigma_m_s: Values, lagrangian_s: Values, time_s: Values) -> Array:
    """Spread of marked particles after a time, broadcast shape [m]: Taylor's theorem [Taylor1921]."""
    memory = np.asarray(lagrangian_s, dtype=np.float64)
    age = np.asarray(time_s, dtype=np.float64)
    area_s2 = memory * (age + memory * np.expm1(-age / memory))
    return np.asarray(np.asarray(sigma_m_s) * np.sqrt(2.0 * np.maximum(area_s2, 0.0)))
