"""Wind at one height under steady conditions, for checks against measurements and published laws."""

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array
from envirosense.physics.air.airflow import (
    INV_OBUKHOV_LIMIT_PER_M,
    WIND_FLOOR_M_S,
    friction_velocity_m_s,
    turbulence_sigmas_m_s,
)
from envirosense.physics.air.meander import meander_path, meander_sigma_m_s
from envirosense.physics.air.turbulence import turbulence_piece
from envirosense.pole.domain import TOP_M, require_generator

ROUGHNESS_M = 0.1  # open country with low crops (common tables, from memory)


def wind_series(
    mean_m_s: float,
    stability_inv_l: float,
    height_m: float,
    duration_s: float,
    rate_hz: float,
    rng: np.random.Generator,
    roughness_m: float = ROUGHNESS_M,
) -> Array:
    """Wind along, left and up, (time, 3) [m/s]: mean, meander of weak wind, turbulence.

    Args:
        mean_m_s: Vector mean along.
        stability_inv_l: 1/L [1/m], within 0.15 of zero.
        height_m: Above ground, over twice the roughness length, up to 200 m.
        duration_s: Length; at least two samples.
        rate_hz: Samples per second, up to 20; eddies above half of it are left out.
        rng: Source of all draws.
        roughness_m: Of the ground.

    Raises:
        ConfigError: if an argument leaves its range.
    """
    require_generator(rng)
    _require("mean_m_s", mean_m_s, 0.0 <= mean_m_s <= 60.0, "choose 0 to 60 m/s")
    is_bounded = abs(stability_inv_l) <= INV_OBUKHOV_LIMIT_PER_M
    _require("stability_inv_l", stability_inv_l, is_bounded, f"choose within {INV_OBUKHOV_LIMIT_PER_M} 1/m")
    is_over = TOP_M >= height_m > 2.0 * roughness_m > 0.0
    _require("height_m", height_m, is_over, f"must lie over twice the roughness and up to {TOP_M:g} m")
    _require("rate_hz", rate_hz, 0.0 < rate_hz <= 20.0, "choose up to 20 Hz")
    is_long = np.isfinite(duration_s) and round(duration_s * rate_hz) >= 2
    _require("duration_s", duration_s, bool(is_long), "must hold two samples")
    n = round(duration_s * rate_hz)
    speed = max(mean_m_s, WIND_FLOOR_M_S)
    u_star = float(friction_velocity_m_s(speed, height_m, stability_inv_l, roughness_m))
    piece = turbulence_piece(speed, u_star, stability_inv_l, height_m, n, 1.0 / rate_hz, rng)
    sigmas = turbulence_sigmas_m_s(u_star, stability_inv_l, height_m)
    wind = piece.fluctuation_m_s.copy()
    wind[:, :2] += float(meander_sigma_m_s(sigmas.v)) * meander_path(n, 1.0 / rate_hz, rng)
    wind[:, 0] += mean_m_s
    return wind


def _require(name: str, value: float, is_good: bool, fix: str) -> None:
    if not is_good:
        raise ConfigError(name, value, fix)
