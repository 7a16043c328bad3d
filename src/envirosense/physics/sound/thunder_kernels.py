"""Compiled sum of many decaying sounds."""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

LONGEST_DECAYS = 2.0 * math.log(100.0)  # then 40 dB down and dropped


@njit(cache=True, nogil=True, error_model="numpy")
def add_decays(
    energy: npt.NDArray[np.float64],
    dt_s: float,
    arrival_s: npt.NDArray[np.float64],
    decay_s: npt.NDArray[np.float64],
    onset: npt.NDArray[np.float64],
) -> None:
    """Add to `energy` (time, band) the tick means of sounds that start at `onset` (sound, band) and decay."""
    n_ticks, n_bands = energy.shape
    for k in range(arrival_s.size):
        end_s = arrival_s[k] + LONGEST_DECAYS * decay_s[k]
        first = max(math.floor(arrival_s[k] / dt_s), 0)
        for i in range(first, n_ticks):
            if i * dt_s >= end_s:
                break
            start = (max(i * dt_s, arrival_s[k]) - arrival_s[k]) / decay_s[k]
            stop = ((i + 1) * dt_s - arrival_s[k]) / decay_s[k]
            mean = decay_s[k] / dt_s * (math.exp(-start) - math.exp(-stop))
            for b in range(n_bands):
                energy[i, b] += mean * onset[k, b]
