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


@njit(cache=True, nogil=True, error_model="numpy")
def turning(wind_deg: Array, turn: Array, decay: Array, dt_s: float, state: Array) -> Array:
    """Angle of a damped vane, (time,) [deg], in wind from `wind_deg`.

    It swings at `turn` and settles at `decay`, (time,) each [1/s], and rests where `turn` is 0. `state` (2,),
    angle [deg] and its speed [deg/s], is advanced in place; NaN means settled.
    """
    y = np.empty_like(wind_deg)
    for t in range(wind_deg.shape[0]):
        if np.isnan(state[0]):
            state[0], state[1] = wind_deg[t], 0.0
        if turn[t] > 0.0:
            away = (state[0] - wind_deg[t] + 180.0) % 360.0 - 180.0
            swing = (state[1] + decay[t] * away) / turn[t]
            left = np.exp(-decay[t] * dt_s)
            cosine, sine = np.cos(turn[t] * dt_s), np.sin(turn[t] * dt_s)
            state[0] = wind_deg[t] + left * (away * cosine + swing * sine)
            state[1] = left * (state[1] * cosine - (decay[t] * swing + turn[t] * away) * sine)
        else:
            state[1] = 0.0
        y[t] = state[0]
    return y
