"""Random moments along a rate, and how much of each tick short spells from them cover.

Moments live in continuous time, so the tick's length changes nothing about them.
"""

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]


def poisson_moments_s(rate_per_s: Floats, dt_s: float, rng: np.random.Generator) -> Floats:
    """Times of a Poisson process whose rate holds over each tick, (moment,), rising [s].

    Unit-rate moments are stretched by the inverse of the summed rate, so one generator gives the same moments
    at any tick.

    Raises:
        ValueError: for a rate that is negative or not finite.
    """
    if not (np.all(rate_per_s >= 0.0) and np.all(np.isfinite(rate_per_s))):
        raise ValueError("rate_per_s must be finite and not below zero")
    summed = np.concatenate([[0.0], np.cumsum(rate_per_s * dt_s)])
    passed, moments = 0.0, []
    while (passed := passed + float(rng.standard_exponential())) < summed[-1]:
        moments.append(passed)
    return np.asarray(np.interp(moments, summed, dt_s * np.arange(summed.size)), dtype=np.float64)


def covered_share(n: int, dt_s: float, starts_s: Floats, length_s: float) -> Floats:
    """Share of each tick that spells of one length cover, (time,); where they overlap they count once."""
    if starts_s.size == 0:
        return np.zeros(n)
    lengths_s = np.minimum(np.diff(starts_s, append=np.inf), length_s)
    knots_s = np.stack([starts_s, starts_s + lengths_s], axis=1).ravel()
    gains_s = np.stack([np.zeros_like(lengths_s), lengths_s], axis=1).ravel()
    covered_s = np.interp(dt_s * np.arange(n + 1), knots_s, np.cumsum(gains_s))
    return np.asarray(np.clip(np.diff(covered_s) / dt_s, 0.0, 1.0))
