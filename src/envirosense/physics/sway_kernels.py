"""Compiled recurrences of conductors that swing in the wind."""

import math

import numpy as np
import numpy.typing as npt
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def lagged(values: npt.NDArray[np.float64], dt_s: float, lag_s: float) -> npt.NDArray[np.float64]:
    """First-order lag of values that hold over each tick, at the ticks' ends, (time,); starts settled."""
    out = np.empty(values.size)
    last = values[0]
    keep = math.exp(-dt_s / lag_s)
    for i in range(values.size):
        last = values[i] + keep * (last - values[i])
        out[i] = last
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def oscillator_recurrence(
    normals: npt.NDArray[np.float64],
    step: npt.NDArray[np.float64],
    kick: npt.NDArray[np.float64],
    start: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Positions s0 of s' = step s + kick z, (time,); `normals` is (time, 2), `kick` is lower triangular."""
    out = np.empty(normals.shape[0])
    x, v = start[0], start[1]
    for i in range(normals.shape[0]):
        nx = step[0, 0] * x + step[0, 1] * v + kick[0, 0] * normals[i, 0]
        v = step[1, 0] * x + step[1, 1] * v + kick[1, 0] * normals[i, 0] + kick[1, 1] * normals[i, 1]
        x = nx
        out[i] = x
    return out
