"""Compiled recurrences of conductors that swing in the wind."""

import numpy as np
import numpy.typing as npt
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def lagged(values: npt.NDArray[np.float64], keep: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """First-order lag of values that hold over each tick, at the ticks' ends, (time,); starts settled.

    `keep` (time,) is how much of the way to the value is left after its tick.
    """
    out = np.empty(values.size)
    last = values[0]
    for i in range(values.size):
        last = values[i] + keep[i] * (last - values[i])
        out[i] = last
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def oscillator_recurrence(
    normals: npt.NDArray[np.float64],
    step: npt.NDArray[np.float64],
    kick: npt.NDArray[np.float64],
    start: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Positions s0 of s' = step s + kick z, (time,); `normals` is (time, 2).

    `step` and the lower triangular `kick` are (1, 2, 2), or (time, 2, 2) where they change.
    """
    out = np.empty(normals.shape[0])
    x, v = start[0], start[1]
    for i in range(normals.shape[0]):
        k = min(i, step.shape[0] - 1)
        nx = step[k, 0, 0] * x + step[k, 0, 1] * v + kick[k, 0, 0] * normals[i, 0]
        v = step[k, 1, 0] * x + step[k, 1, 1] * v
        v += kick[k, 1, 0] * normals[i, 0] + kick[k, 1, 1] * normals[i, 1]
        x = nx
        out[i] = x
    return out
