"""The engine's queue of what is due, a binary heap by (time, arrival), and its draws."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from envirosense.home.engine.engine_tables import Records
from envirosense.instruments.noise_kernels import philox_words

type Times = npt.NDArray[np.int64]

QUEUED, ORDER = 2, 3  # places in the counters: length of the queue, arrivals so far

_U = np.uint64
_UNIT = 2.0**-32


@njit(cache=True, nogil=True, error_model="numpy")
def push(queue: Records, n: Times, t_us: int, what: int) -> int:
    """Number of the arrival of what was put in."""
    order = n[ORDER]
    n[ORDER] += 1
    at = n[QUEUED]
    n[QUEUED] += 1
    while at > 0 and queue[(at - 1) >> 1].t_us > t_us:  # of equal times the earlier arrival stays above
        up = (at - 1) >> 1
        queue[at].t_us, queue[at].order, queue[at].what = queue[up].t_us, queue[up].order, queue[up].what
        at = up
    queue[at].t_us, queue[at].order, queue[at].what = t_us, order, what
    return int(order)


@njit(cache=True, nogil=True, error_model="numpy")
def pop(queue: Records, n: Times) -> None:
    """Take the first one out; the last one sinks from the top."""
    n[QUEUED] -= 1
    last = n[QUEUED]
    t_us, order, what = queue[last].t_us, queue[last].order, queue[last].what
    at = 0
    while True:
        down = 2 * at + 1
        if down >= last:
            break
        right = down + 1
        if right < last and (
            queue[right].t_us < queue[down].t_us
            or (queue[right].t_us == queue[down].t_us and queue[right].order < queue[down].order)
        ):
            down = right
        if t_us < queue[down].t_us or (t_us == queue[down].t_us and order < queue[down].order):
            break
        queue[at].t_us, queue[at].order = queue[down].t_us, queue[down].order
        queue[at].what = queue[down].what
        at = down
    queue[at].t_us, queue[at].order, queue[at].what = t_us, order, what


@njit(cache=True, nogil=True, error_model="numpy")
def draws(k0: Any, k1: Any, c2: Any, c3: Any, low: int, high: int) -> tuple[float, float]:
    """A uniform in (0, 1) and a standard normal of the counter (low, high), each below 2**32."""
    a, b, c, _ = philox_words(_U(low), _U(high), _U(c2), _U(c3), _U(k0), _U(k1))
    angle = 2.0 * math.pi * (float(b) + 0.5) * _UNIT
    radius = math.sqrt(-2.0 * math.log((float(c) + 0.5) * _UNIT))
    return (float(a) + 0.5) * _UNIT, radius * math.cos(angle)
