"""Compiled resonator behind a single-frequency filter."""

import numpy as np
import numpy.typing as npt
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def resonance(samples: npt.NDArray[np.float64], coefficient: float) -> tuple[float, float]:
    """Last two states of s[n] = x[n] + coefficient s[n-1] - s[n-2], the newer first."""
    newer, older = 0.0, 0.0
    for i in range(samples.shape[0]):
        newer, older = samples[i] + coefficient * newer - older, newer
    return newer, older
