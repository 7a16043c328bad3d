"""What an anemometer gathers between two reports, tick by tick."""

import numpy as np
from numba import njit

from envirosense.core.protocols import Array


@njit(cache=True, nogil=True, error_model="numpy")
def gathered(
    wind: Array, components: Array, reports: Array, gust_ticks: int, state: Array, recent: Array
) -> Array:
    """Mean speed, mean components and greatest gust since the report before, (time, 4).

    `wind` is the speed (time,), `components` (time, 2), `reports` (time,) marks ticks that report. `state`
    (5,) holds the count, the sums of speed and components, and the greatest gust; `recent` the last speeds,
    oldest first, NaN before the first. Both are advanced in place.
    """
    y = np.empty((wind.shape[0], 4))
    for t in range(wind.shape[0]):
        total, known = 0.0, 0
        for k in range(gust_ticks - 1):
            recent[k] = recent[k + 1]
        recent[gust_ticks - 1] = wind[t]
        for k in range(gust_ticks):
            if not np.isnan(recent[k]):
                total += recent[k]
                known += 1
        state[0] += 1.0
        state[1] += wind[t]
        state[2] += components[t, 0]
        state[3] += components[t, 1]
        state[4] = max(state[4], total / known)
        y[t, :3] = state[1:4] / state[0]
        y[t, 3] = state[4]
        if reports[t] > 0.0:
            state[:] = 0.0
    return y
