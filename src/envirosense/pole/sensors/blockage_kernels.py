"""First-order response whose speed changes from tick to tick."""

import numpy as np
from numba import njit

from envirosense.core.protocols import Array


@njit(cache=True, nogil=True, error_model="numpy")
def varying_lag(x: Array, state: Array, gain: Array) -> Array:
    """First-order response, (time, channel), closing the share `gain` (time, channel) of each gap.

    `state` (channel,) is advanced in place, NaN means settled.
    """
    n_time, n_channels = x.shape
    y = np.empty_like(x)
    for t in range(n_time):
        for c in range(n_channels):
            if np.isnan(state[c]):
                state[c] = x[t, c]
            state[c] += gain[t, c] * (x[t, c] - state[c])
            y[t, c] = state[c]
    return y
