"""Unsteadiness of discharges: flicker and bursts, drawn along physical time and never per tick."""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.air.airflow import ou_path
from envirosense.physics.electric.arc_bursts import Bursts, draw_bursts, wind_strike_factor

POINTS_PER_MEMORY: Final = 4.0  # numerical choice: of the flicker's lattice
RECENT_S: Final = 60.0  # an arc counts as present until a minute has passed without one # assumed


def flicker(grid: TimeGrid, rng: np.random.Generator, memory_s: float, spread: float) -> Array:
    """Lognormal factor of mean 1 that forgets itself within `memory_s`, tick means (time,) [1].

    It lives on a lattice of its own, so a coarse tick holds the mean of its fine ones.
    """
    step_s = memory_s / POINTS_PER_MEMORY
    n = int(np.ceil(grid.duration_s / step_s)) + 1
    path = ou_path(rng.standard_normal(n), step_s, memory_s, float(rng.standard_normal()))
    factor = np.exp(spread * path - spread**2 / 2.0)
    summed_s = step_s * np.concatenate([[0.0], np.cumsum(factor)])
    edges_s = np.append(grid.t_s, grid.t_s[-1] + grid.dt_s)
    return np.asarray(np.diff(np.interp(edges_s, step_s * np.arange(n + 1), summed_s)) / grid.dt_s)


def tick_means[T: (np.float64, np.complex128)](
    values: npt.NDArray[T], step_s: float, n: int, dt_s: float
) -> npt.NDArray[T]:
    """Means over ticks, (time, column), of values that each hold for a step of a lattice, (step, column)."""
    steps_s = step_s * np.arange(len(values) + 1)
    summed = np.concatenate([np.zeros_like(values[:1]), np.cumsum(step_s * values, axis=0)])
    edges_s = dt_s * np.arange(n + 1)
    columns = [np.interp(edges_s, steps_s, column) for column in summed.T]
    return np.asarray(np.diff(np.stack(columns, axis=1), axis=0) / dt_s)


def loose_bursts(
    grid: TimeGrid,
    rng: np.random.Generator,
    wind_m_s: Array,
    begin_s: float,
    burst_s: float,
    pause_s: float,
    readiness: Array | float = 1.0,
) -> Bursts:
    """Bursts of a loose contact from `begin_s` on: mean burst, mean pause in still air, more in wind.

    `readiness` is a further factor on the rate of strikes, one number or (time,).
    """
    is_loose = np.clip((grid.t_s + grid.dt_s - begin_s) / grid.dt_s, 0.0, 1.0)  # share of each tick
    start_per_s = is_loose * readiness * wind_strike_factor(wind_m_s) / pause_s
    return draw_bursts(start_per_s, np.full(grid.n, 1.0 / burst_s), grid.dt_s, rng)


def recent_mean(values: Array, dt_s: float, span_s: float = RECENT_S) -> Array:
    """Mean over the last `span_s`, at least a tick, (time,); before the start there was nothing."""
    n = max(1, round(span_s / dt_s))
    summed = np.concatenate([np.zeros(n), np.cumsum(values)])
    return np.asarray((summed[n:] - summed[:-n]) / n)
