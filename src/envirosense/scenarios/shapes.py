"""Courses of strength over an episode, each value the exact mean over its tick.

Times are seconds since the episode's start. A mean is the difference of a closed integral over the tick, so
two halves of a tick average to the whole one and sums do not depend on the time step.
"""

from collections.abc import Callable

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.air.airflow import ou_path
from envirosense.physics.gas.source_courses import decaying

LATTICE_PER_TAU = 8  # points of a random course in one correlation time; numerical choice
MOST_POINTS = 1_000_000  # of a random course in an episode


def linear(grid: TimeGrid, at_s: Array, values: Array) -> Array:
    """Course with straight lines between points, tick means (time,); a time given twice is a jump.

    Raises:
        ConfigError: if the times fall back.
    """
    if at_s.size < 1 or at_s.shape != values.shape or np.any(np.diff(at_s) < 0.0):
        raise ConfigError("table", at_s.tolist(), "give points whose times do not fall back")
    area = np.concatenate([[0.0], np.cumsum(0.5 * (values[1:] + values[:-1]) * np.diff(at_s))])

    def integral(t_s: Array) -> Array:
        inside = np.clip(t_s, at_s[0], at_s[-1])
        place = np.clip(np.searchsorted(at_s, inside, side="right") - 1, 0, at_s.size - 2)
        run_s = np.diff(at_s)[place]
        since_s = inside - at_s[place]
        slope = np.divide(values[place + 1] - values[place], run_s, out=np.zeros(t_s.size), where=run_s > 0.0)
        within = area[place] + since_s * (values[place] + 0.5 * slope * since_s)
        before, after = np.minimum(t_s - at_s[0], 0.0), np.maximum(t_s - at_s[-1], 0.0)
        return np.asarray(within + before * values[0] + after * values[-1])

    if at_s.size == 1:
        return np.full(grid.n, float(values[0]))
    return np.clip(_means(grid, integral), values.min(), values.max())


def trapezoid(grid: TimeGrid, begin_s: float, rise_s: float, end_s: float, fall_s: float) -> Array:
    """0, up to 1 from `begin_s` on, and down again by `end_s`, tick means (time,).

    Raises:
        ConfigError: if rise and fall do not fit between begin and end.
    """
    points = np.array([begin_s, begin_s + rise_s, end_s - fall_s, end_s])
    if min(rise_s, fall_s) < 0.0 or points[2] < points[1]:
        raise ConfigError("rise, fall", (rise_s, fall_s), f"must fit into {end_s - begin_s:g} s")
    return linear(grid, points, np.array([0.0, 1.0, 1.0, 0.0]))


def pulses(grid: TimeGrid, begin_s: float, end_s: float, period_s: float, on_s: float) -> Array:
    """1 for `on_s` of every period between begin and end, else 0, tick means (time,).

    Raises:
        ConfigError: unless a pulse fits into its period.
    """
    if not 0.0 < on_s <= period_s:
        raise ConfigError("on_s", on_s, f"must be above 0 and at most the period of {period_s:g} s")

    def integral(t_s: Array) -> Array:
        whole, inside_s = np.divmod(np.clip(t_s, begin_s, max(end_s, begin_s)) - begin_s, period_s)
        return np.asarray(whole * on_s + np.minimum(inside_s, on_s))

    return np.clip(_means(grid, integral), 0.0, 1.0)


def decay(grid: TimeGrid, begin_s: float, tau_s: float) -> Array:
    """0, then 1 at once and down with a time constant, tick means (time,)."""
    if not tau_s > 0.0:
        raise ConfigError("tau_s", tau_s, "must be above 0")
    return decaying(grid.t_s, grid.dt_s, begin_s, tau_s)


def growth(grid: TimeGrid, begin_s: float, end_s: float, start: float, value: float) -> Array:
    """From one value to another by equal factors in equal times, tick means (time,).

    Raises:
        ConfigError: unless both are above 0 and the end comes after the beginning.
    """
    if not (start > 0.0 and value > 0.0 and end_s > begin_s):
        raise ConfigError("growth", (start, value), "needs values above 0 and an end after its beginning")
    rate_per_s = float(np.log(value / start)) / (end_s - begin_s)
    if rate_per_s == 0.0:
        return np.full(grid.n, start)

    def integral(t_s: Array) -> Array:
        inside_s = np.clip(t_s, begin_s, end_s) - begin_s
        grown = start * np.expm1(rate_per_s * inside_s) / rate_per_s
        before, after = np.minimum(t_s - begin_s, 0.0), np.maximum(t_s - end_s, 0.0)
        return np.asarray(grown + before * start + after * value)

    return np.clip(_means(grid, integral), min(start, value), max(start, value))


def fluctuation(grid: TimeGrid, tau_s: float, sigma: float, rng: np.random.Generator) -> Array:
    """Factor of mean 1 that wanders with a correlation time, tick means (time,).

    The exponential of an Ornstein-Uhlenbeck process of standard deviation `sigma`, drawn on a lattice of its
    own, so that the time step changes nothing but the averaging.

    Raises:
        ConfigError: if the time is not above 0, or so short that nobody could follow it.
    """
    step_s = tau_s / LATTICE_PER_TAU
    if not tau_s > 0.0 or grid.duration_s / step_s > MOST_POINTS:
        least_s = LATTICE_PER_TAU * grid.duration_s / MOST_POINTS
        raise ConfigError("fluctuating.tau_s", tau_s, f"must be above {least_s:g} s in an episode this long")
    n = int(np.ceil(grid.duration_s / step_s)) + 1
    start = float(rng.standard_normal())
    path = ou_path(rng.standard_normal(n), step_s, tau_s, start)
    return linear(grid, step_s * np.arange(n, dtype=np.float64), np.exp(sigma * path - 0.5 * sigma**2))


def _means(grid: TimeGrid, integral: Callable[[Array], Array]) -> Array:
    edges_s = grid.dt_s * np.arange(grid.n + 1, dtype=np.float64)
    return np.asarray(np.diff(integral(edges_s)) / grid.dt_s)
