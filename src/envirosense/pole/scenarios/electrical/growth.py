"""Means over ticks of damage that grows by a power within the tick."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array

STEP_S: Final = 1.0  # numerical choice: short against the minute of the fastest growth


def tick_means_of(course: Callable[[Array], Array], grid: TimeGrid) -> Array:
    """Means over ticks, (time,), of a course of the time since the episode's start [s]."""
    per_tick = max(1, math.ceil(grid.dt_s / STEP_S))
    at_s: Array = np.asarray((np.arange(grid.n * per_tick) + 0.5) * (grid.dt_s / per_tick), dtype=np.float64)
    return np.asarray(course(at_s).reshape(grid.n, per_tick).mean(axis=1))
