"""Watching one number as it comes: a sum that alarms at a rate set beforehand."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from envirosense.core.errors import ConfigError

type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]

_CLIP_SIGMA: Final = 4.0  # one wild value may not alarm alone
_N_STATES: Final = 100  # of the chain that the sum is cut into
_MOST_SIGMA: Final = 200.0
_LEAST_REFERENCE: Final = 30
_SURE: Final = 2.0  # standard errors by which mean and spread of the reference may be wrong


@dataclass(frozen=True, slots=True)
class Cusum:
    """Two-sided cumulative sum over a stable reference; the same recursion is known as Page-Hinkley's test.

    `s = max(0, s + z - slack)` for rises and the same of `-z` for falls, z in sigmas of the reference,
    clipped at four; it alarms where a sum exceeds `threshold` and begins again.

    Attributes:
        mean: Of the reference.
        sigma: Of the reference.
        slack: Shift that is let pass [sigma]; half of the least shift worth an alarm.
        threshold: [sigma].
        false_alarms_per_million: Values of a stable stream; what the threshold was solved for.
    """

    mean: float
    sigma: float
    slack: float
    threshold: float
    false_alarms_per_million: float

    def alarms(self, values: Floats) -> Bools:
        """Whether there is an alarm at each value of a stream, (time,), or of several, (time, stream)."""
        z = np.clip((np.asarray(values) - self.mean) / self.sigma, -_CLIP_SIGMA, _CLIP_SIGMA)
        rise, fall = np.zeros(z.shape[1:]), np.zeros(z.shape[1:])
        found = np.zeros(z.shape, dtype=bool)
        for at, now in enumerate(z):
            rise = np.maximum(rise + now - self.slack, 0.0)
            fall = np.maximum(fall - now - self.slack, 0.0)
            found[at] = (rise > self.threshold) | (fall > self.threshold)
            rise, fall = np.where(found[at], 0.0, rise), np.where(found[at], 0.0, fall)
        return found


def calibrated_cusum(reference: Floats, false_alarms_per_million: float, slack: float = 0.25) -> Cusum:
    """Sum whose threshold keeps the rate of false alarms on values like the reference.

    The rate follows from a Markov chain over the value of the sum (Brook and Evans, 1972) with the
    law of the reference, smoothed; its mean and spread may each be off by two standard errors
    without the rate being exceeded. Values must be independent: give one per unit, not one per tick.

    Raises:
        ConfigError: if the reference is short, constant or not finite, or the rate cannot be kept.
    """
    reference = np.asarray(reference, dtype=np.float64)
    n = len(reference)
    if n < _LEAST_REFERENCE:
        raise ConfigError("reference", n, f"needs {_LEAST_REFERENCE - n} more values of a stable time")
    sigma = float(reference.std(ddof=1))
    if not np.isfinite(sigma) or sigma == 0.0:
        raise ConfigError("reference", sigma, "must be finite and vary")
    if not 0 < false_alarms_per_million < 1e6:
        raise ConfigError("false_alarms_per_million", false_alarms_per_million, "must lie in 0..1,000,000")
    z = (reference - reference.mean()) / sigma * (1 + _SURE / np.sqrt(2 * n))
    sure = slack - _SURE / np.sqrt(n)
    if sure <= 0:
        more = int(np.ceil((_SURE / slack) ** 2)) - n + 1
        raise ConfigError(
            "reference", n, f"needs {more} more values to tell a slack of {slack:g} sigma from 0"
        )
    threshold = _solved(z, sure, 1e6 / false_alarms_per_million)
    return Cusum(float(reference.mean()), sigma, slack, threshold, false_alarms_per_million)


def _solved(z: Floats, slack: float, values_between: float) -> float:
    """Threshold with this mean number of values between false alarms of either side."""
    low, high = 0.1, 1.0
    while _between(z, slack, high) < values_between:
        low, high = high, 2 * high
        if high > _MOST_SIGMA:
            raise ConfigError(
                "false_alarms_per_million", 1e6 / values_between, "cannot be kept; take more slack"
            )
    while high - low > 1e-3 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _between(z, slack, middle) < values_between else (low, middle)
    return high


def _between(z: Floats, slack: float, threshold: float) -> float:
    """Mean number of values between alarms, of rises and falls together."""
    rate = sum(1.0 / _run_length(side, slack, threshold) for side in (z, -z))
    return 1.0 / rate


def _run_length(z: Floats, slack: float, threshold: float) -> float:
    """Mean number of values until the sum exceeds the threshold, from zero."""
    width = 2 * threshold / (2 * _N_STATES - 1)
    steps: Floats = (np.arange(-_N_STATES, _N_STATES + 1, dtype=np.float64) + 0.5) * width
    below = _smoothed_cdf(z, steps + slack)
    at = np.arange(_N_STATES)
    difference = at[None, :] - at[:, None] + _N_STATES
    moves = below[difference] - below[difference - 1]
    moves[:, 0] = below[difference[:, 0]]
    return float(np.linalg.solve(np.eye(_N_STATES) - moves, np.ones(_N_STATES))[0])


def _smoothed_cdf(z: Floats, at: Floats) -> Floats:
    """Share of a normal-smoothed law, clipped as the sum clips, that is at most `at`."""
    width = 1.06 * len(z) ** -0.2 * z.std()
    found = np.mean(special.ndtr((at[:, None] - z[None, :]) / width), axis=1)
    return np.where(at >= _CLIP_SIGMA, 1.0, np.where(at < -_CLIP_SIGMA, 0.0, found))
