"""Compiled recurrence of the wind fluctuations."""

import math

import numpy as np
import numpy.typing as npt
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def ou_recurrence(
    normals: npt.NDArray[np.float64], dt_s: float, tau_s: npt.NDArray[np.float64], start: float
) -> npt.NDArray[np.float64]:
    """Ornstein-Uhlenbeck path of unit variance, (time,) [1]; `tau_s` is (time,) or (1,)."""
    path = np.empty(normals.size)
    last = start
    varying = tau_s.size > 1
    decay = math.exp(-dt_s / tau_s[0])
    kick = math.sqrt(-math.expm1(-2.0 * dt_s / tau_s[0]))
    for i in range(normals.size):
        if varying:
            decay = math.exp(-dt_s / tau_s[i])
            kick = math.sqrt(-math.expm1(-2.0 * dt_s / tau_s[i]))
        last = decay * last + kick * normals[i]
        path[i] = last
    return path
