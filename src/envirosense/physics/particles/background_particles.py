"""Particles of ambient air: a lognormal wander, a daily course, and what rain leaves of them.

The wander is a sum of Ornstein-Uhlenbeck paths: the two slow ones of the gases, and two fast ones for
nearby plumes. Shares and fast times were fitted on the Allan deviations (49 s to 3.5 h) and the spectral
slopes of ln PM2.5 that an SPS30 at a London street gave, with its counting noise at 8 ug/m3 added.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.gas.background import (
    LN_TAU_S,
    SYNOPTIC_TAU_S,
    TRAFFIC_CO,
    traffic_factor,
    ventilation_factor,
)
from envirosense.physics.particles.relaxation_kernels import relax

type Floats = npt.NDArray[np.float64]

SLOW_TAUS_S: Final = (LN_TAU_S, SYNOPTIC_TAU_S)  # hours and days
SLOW_SHARES: Final = (0.37, 0.63)  # of the variance of ln C; fitted, see above
NEAR_TAUS_S: Final = (10.0, 120.0)  # fitted, see above
NEAR_LN_SIGMAS: Final = (0.28, 0.12)  # of ln C; fitted, see above
TRAFFIC_SHARE: Final = 0.3  # assumed: part of the level that traffic and wind of the hour move
RENEWAL_S: Final = 6 * 3600.0  # assumed: rained-out air is replaced within hours


def tick_mean_share(dt_s: float) -> Floats:
    """Share of the variance of the `NEAR_TAUS_S` paths that their means over a tick keep, (2,) [1].

    2 (r - 1 + exp(-r)) / r^2 with r = dt / tau; a tick of zero is an instant and keeps all.
    """
    r = np.maximum(dt_s / np.array(NEAR_TAUS_S), 1e-6)
    return np.asarray(np.where(r < 1e-3, 1.0 - r / 3.0, 2.0 * (r + np.expm1(-r)) / r**2))


def particle_factor(
    slow: Floats, shared: Floats, near: Floats, gsd: float, loading: float, dt_s: float
) -> Floats:
    """Lognormal factor of median one at an instant, (time,) [1]; its mean does not depend on the tick.

    Nearby plumes pass within a long tick: `near` counts by what is left of its variance in tick means.

    Args:
        slow: own unit paths of `SLOW_TAUS_S`, (time, 2).
        shared: paths of the same times that gases share, (time, 2).
        near: own unit paths of `NEAR_TAUS_S`, (time, 2).
        gsd: geometric standard deviation of the slow wander.
        loading: part of it that is shared, -1 to 1.
        dt_s: tick over which the factor is a mean; 0 for instants.
    """
    if gsd < 1.0 or abs(loading) > 1.0:
        raise ValueError("gsd must be at least 1 and loading lie between -1 and 1")
    weights = math.log(gsd) * np.sqrt(np.array(SLOW_SHARES))
    unit = loading * shared + math.sqrt(1.0 - loading**2) * slow
    kept = tick_mean_share(dt_s)
    sigmas = np.array(NEAR_LN_SIGMAS)
    lost = float(np.sum(sigmas**2 * (1.0 - kept)))
    ln_factor: Floats = unit @ weights + near @ (sigmas * np.sqrt(kept)) + 0.5 * lost
    return np.exp(ln_factor)


def particle_course(hour_local: Floats, wind_m_s: Floats) -> Floats:
    """Level over its daily mean at 3 m/s, same shape [1]."""
    local = traffic_factor(hour_local, TRAFFIC_CO) * ventilation_factor(wind_m_s)
    return 1.0 - TRAFFIC_SHARE + TRAFFIC_SHARE * local


def washed_factor(washout_per_s: Floats, dt_s: float) -> Floats:
    """What rain leaves of the ambient particles, tick means (time,) [1]; the first tick starts unwashed.

    c' = (1 - c) / renewal - washout c, exact for a rate that is constant within a tick.
    """
    renewal_per_s = 1.0 / RENEWAL_S
    rate_per_s = renewal_per_s + washout_per_s
    mean = np.empty(washout_per_s.size)
    relax(renewal_per_s / rate_per_s, rate_per_s, float(dt_s), 1.0, mean)
    return mean
