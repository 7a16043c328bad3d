"""Compiled first-order balance: a supply against a loss, exact over each tick."""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

type Floats = npt.NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def relax(target: Floats, rate_per_s: Floats, dt_s: float, start: float, mean: Floats) -> float:
    """Fill `mean` (time,) with the tick means of y' = rate (target - y); returns y at the end.

    Target and rate are constant within a tick, so the update is exact for any `dt_s`.
    """
    y = start
    for i in range(target.size):
        exponent = rate_per_s[i] * dt_s
        gap = y - target[i]
        kept = math.exp(-exponent)
        held = 1.0 if exponent < 1e-9 else -math.expm1(-exponent) / exponent
        mean[i] = target[i] + gap * held
        y = target[i] + gap * kept
    return y
