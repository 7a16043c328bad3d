"""Courses that look-alikes share: random ones drawn in seconds, so that no time step changes them."""

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.air.airflow import ou_path
from envirosense.physics.particles.relaxation_kernels import relax

KNOTS_PER_TAU = 4.0  # numerical choice: points of a wandering path in its own time constant
LINGER_S = (20.0, 1800.0)  # shortest and longest stay of what a source gave off; assumed
CALM_M_S = 0.5  # slower wind carries it away like this; assumed


def flicker(grid: TimeGrid, rng: np.random.Generator, tau_s: float, sigma: float) -> Array:
    """Factor of mean 1 that wanders, tick means (time,) [1]; lognormal with `sigma` of its logarithm."""
    step_s = tau_s / KNOTS_PER_TAU
    n = int(np.ceil(grid.duration_s / step_s)) + 2
    path = ou_path(rng.standard_normal(n), step_s, tau_s, float(rng.standard_normal()))
    values = np.exp(sigma * path - 0.5 * sigma**2)
    summed = np.concatenate([[0.0], np.cumsum(0.5 * step_s * (values[1:] + values[:-1]))])

    def integral(at_s: Array) -> Array:
        place = np.minimum((at_s / step_s).astype(np.intp), n - 2)
        inside_s = at_s - step_s * place
        slope = (values[place + 1] - values[place]) / step_s
        return np.asarray(summed[place] + inside_s * (values[place] + 0.5 * slope * inside_s))

    return (integral(grid.t_s + grid.dt_s) - integral(grid.t_s)) / grid.dt_s


def times_s(rng: np.random.Generator, per_s: float, begin_s: float, end_s: float) -> Array:
    """Times of what happens at random with an even rate, rising, (event,) [s]."""
    n = rng.poisson(per_s * max(end_s - begin_s, 0.0))
    return np.sort(rng.uniform(begin_s, max(end_s, begin_s), n))


def presence(grid: TimeGrid, begin_s: Array, stay_s: float) -> Array:
    """How many visits of `stay_s` last at a time, tick means (time,) [1]; `begin_s` (visit,) rises."""
    summed = np.concatenate([[0.0], np.cumsum(begin_s)])

    def spent_s(at_s: Array) -> Array:
        """Time since all beginnings so far."""
        begun = np.searchsorted(begin_s, at_s)
        return np.asarray(begun * at_s - summed[begun])

    edges_s: Array = grid.dt_s * np.arange(grid.n + 1, dtype=np.float64)
    inside_s = np.asarray(spent_s(edges_s) - spent_s(edges_s - stay_s))
    return np.maximum(np.diff(inside_s), 0.0) / grid.dt_s


def lingering(grid: TimeGrid, rate: Array, wind_m_s: Array, distance_m: float) -> Array:
    """Mean rate over the time that its air takes to pass the pole, tick means (time,), unit of `rate`.

    What left a source is gone with the time constant distance over wind, so an event lasts until then.
    """
    stay_s = np.clip(distance_m / np.maximum(wind_m_s, CALM_M_S), *LINGER_S)
    mean = np.empty(grid.n)
    relax(np.asarray(rate, dtype=np.float64), 1.0 / stay_s, grid.dt_s, 0.0, mean)
    return mean
