"""Compiled recurrence of a slow follower."""

import math

import numpy as np
import numpy.typing as npt
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def low_pass(
    values: npt.NDArray[np.float64], dt_s: float, tau_s: float, start: float
) -> npt.NDArray[np.float64]:
    """First-order lag of a series held over its steps, (time,); exact for any step.

    The last value of one block is the `start` of the next.
    """
    out = np.empty(values.size)
    decay = math.exp(-dt_s / tau_s)
    last = start
    for i in range(values.size):
        last = values[i] + decay * (last - values[i])
        out[i] = last
    return out
