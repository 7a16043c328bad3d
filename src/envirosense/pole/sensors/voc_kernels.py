"""Recurrences of gas sensors over (time, channel)."""

import numpy as np
from numba import njit

from envirosense.core.protocols import Array

SLOWNESS_STEP = 1e-3  # change of slowness after which speeds are worked out again; numerical choice
QUICK_FROM = 0.02  # responses below leave the speed alone, -1 % of it at most; numerical choice


@njit(cache=True, nogil=True, error_model="numpy")
def layer_lag(
    x: Array,
    state: Array,
    dt_over_rise: Array,
    dt_over_fall: Array,
    quicker: Array,
    slower: Array,
    last: Array,
) -> Array:
    """First-order response, (time, channel), quicker in much gas and slower where poisoned.

    Time constants are those given times `slower` (time,) over exp(`quicker` |x|). `state` (channel,), NaN for
    settled, and `last` (1,), the slowness that speeds were worked out for, are advanced in place.
    """
    n_time, n_channels = x.shape
    y = np.empty_like(x)
    rise = 1.0 - np.exp(-dt_over_rise / last[0])
    fall = 1.0 - np.exp(-dt_over_fall / last[0])
    for t in range(n_time):
        if abs(slower[t] - last[0]) > SLOWNESS_STEP:
            last[0] = slower[t]
            rise = 1.0 - np.exp(-dt_over_rise / last[0])
            fall = 1.0 - np.exp(-dt_over_fall / last[0])
        for c in range(n_channels):
            if np.isnan(state[c]):
                state[c] = x[t, c]
            gap = x[t, c] - state[c]
            gain = rise[c] if gap > 0.0 else fall[c]
            if quicker[c] > 0.0 and x[t, c] > QUICK_FROM:
                speed = (dt_over_rise[c] if gap > 0.0 else dt_over_fall[c]) / last[0]
                gain = 1.0 - np.exp(-speed * np.exp(quicker[c] * x[t, c]))
            state[c] += gain * gap
            y[t, c] = state[c]
    return y
