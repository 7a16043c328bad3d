"""Recurrences of the lightning detector, tick by tick."""

import numpy as np
import numpy.typing as npt
from numba import njit

from envirosense.core.protocols import Array

type Counts = npt.NDArray[np.int64]


@njit(cache=True, nogil=True, error_model="numpy")
def binomial(n: Array, p: Array, uniform: Array) -> Array:
    """Binomial counts of n trials of probability p, (time,), by inversion: one uniform draw a tick."""
    count = np.zeros_like(n)
    for t in range(n.shape[0]):
        if p[t] >= 1.0:
            count[t] = n[t]
            continue
        odds = p[t] / (1.0 - p[t])
        mass = (1.0 - p[t]) ** n[t]
        below = mass
        while uniform[t] >= below and count[t] < n[t]:
            mass *= odds * (n[t] - count[t]) / (count[t] + 1.0)
            below += mass
            count[t] += 1.0
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def poisson(mean: Array, uniform: Array) -> Array:
    """Poisson counts, (time,), by inversion: one uniform draw a tick."""
    count = np.zeros_like(mean)
    for t in range(mean.shape[0]):
        mass = np.exp(-mean[t])
        below = mass
        while uniform[t] >= below and mass > 0.0:
            count[t] += 1.0
            mass *= mean[t] / count[t]
            below += mass
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def follow_storm(
    events: Array,
    log_km: Array,
    t_s: Array,
    scale_log_km: Array,
    limits: Array,
    kept_s: Array,
    kept_log_km: Array,
    kept_events: Array,
    place: Counts,
) -> tuple[Array, Counts]:
    """Events reported, and the step of the scale that the storm is thought to be at, (time,) each.

    `limits` are the span of the median [s], that of the statistics [s], the least number of events in it
    and the steps that one event may move the estimate. The statistics are a ring of events (`kept_s`,
    `kept_log_km`, `kept_events`); `place` holds its next row and the present step, `scale_log_km.size` for
    out of range. All of them are advanced in place.
    """
    n_time = events.shape[0]
    far = scale_log_km.shape[0]
    reported = np.zeros_like(events)
    step = np.empty(n_time, dtype=np.int64)
    for t in range(n_time):
        if events[t] > 0.0:
            row = place[0]
            kept_s[row], kept_log_km[row], kept_events[row] = t_s[t], log_km[t], events[t]
            place[0] = (row + 1) % kept_s.shape[0]
        elif place[1] == far:
            step[t] = far
            continue
        total = 0.0
        for row in range(kept_s.shape[0]):
            if kept_s[row] > t_s[t] - limits[1]:
                total += kept_events[row]
        if total == 0.0:
            place[1] = far
        elif events[t] > 0.0 and total >= limits[2]:
            reported[t] = events[t]
            middle = np.median(kept_log_km[kept_s > t_s[t] - limits[0]])
            target = np.argmin(np.abs(scale_log_km - middle))
            if place[1] == far:
                place[1] = target
            else:
                reach = np.int64(limits[3] * events[t])
                place[1] += min(max(target - place[1], -reach), reach)
        step[t] = place[1]
    return reported, step


@njit(cache=True, nogil=True, error_model="numpy")
def count_up(events: Array, energy: Array, disturbers: Array, reports: Array, state: Array) -> None:
    """Turn events and disturbers of a tick into those since the report before, energy into the last event's.

    All are (time,) and changed in place; `state` (3,) is what has gathered since the last report.
    """
    for t in range(events.shape[0]):
        state[0] += events[t]
        state[1] = energy[t] if events[t] > 0.0 else state[1]
        state[2] += disturbers[t]
        events[t], energy[t], disturbers[t] = state[0], state[1], state[2]
        if reports[t] > 0.0:
            state[:] = 0.0
