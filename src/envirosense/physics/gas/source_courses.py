"""How the strength of a source goes over time: factors 0..1, each the exact mean over its tick.

Every course is the difference of its closed integral over the tick, so sums do not depend on the time step
and two halves of a tick average to the whole one. Times are starts of ticks since the episode's start.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.particles.relaxation_kernels import relax

type Floats = npt.NDArray[np.float64]
type Integral = Callable[[Floats], Floats]

DAY_H: Final = 24.0  # exact


def constant(t_s: Floats) -> Floats:
    """Steady strength, (time,) [1]."""
    return np.ones(t_s.size)


def ramp(t_s: Floats, dt_s: float, start_s: float, rise_s: float) -> Floats:
    """Smooth step from 0 at `start_s` to 1 after `rise_s`, tick means (time,) [1]: 3 x^2 - 2 x^3.

    Raises:
        ValueError: unless `rise_s` is above zero; a sudden step would be 0/0 at its tick.
    """
    if rise_s <= 0.0:
        raise ValueError(f"rise_s must be above zero, not {rise_s}")
    return _tick_mean(lambda at: _ramp_integral_s(at - start_s, rise_s), t_s, dt_s)


def passage(t_s: Floats, dt_s: float, start_s: float, rise_s: float, hold_s: float, fall_s: float) -> Floats:
    """Rise, plateau and fall, tick means (time,) [1]; a smoke plume or a front of dust that passes.

    Raises:
        ValueError: unless rise and fall are above zero and the plateau is not negative.
    """
    if hold_s < 0.0:
        raise ValueError(f"hold_s must not be below zero, but is {hold_s}")
    end_s = start_s + rise_s + hold_s
    return np.maximum(ramp(t_s, dt_s, start_s, rise_s) - ramp(t_s, dt_s, end_s, fall_s), 0.0)


def pulsed(
    t_s: Floats, dt_s: float, period_s: float, duty: float, edge_s: float, first_s: float = 0.0
) -> Floats:
    """On for `duty` of each period, tick means (time,) [1]; the first pulse starts at `first_s`.

    Edges are smooth steps of `edge_s`; a pulse lasts duty x period from the middle of one edge to that of
    the next, so the mean over a period is `duty` whatever the edge.

    Raises:
        ValueError: unless the pulse and the pause are both at least one edge long.
    """
    on_s = duty * period_s
    if not 0.0 < edge_s <= min(on_s, period_s - on_s):
        raise ValueError("edge_s must be above zero and fit into the pulse and the pause")

    def integral_s(at_s: Floats) -> Floats:
        whole, inside_s = np.divmod(at_s - first_s, period_s)
        part_s = _ramp_integral_s(inside_s, edge_s) - _ramp_integral_s(inside_s - on_s, edge_s)
        since_s = np.asarray(whole * on_s + part_s)
        return np.where(at_s < first_s, 0.0, since_s)

    return _tick_mean(integral_s, t_s, dt_s)


def decaying(t_s: Floats, dt_s: float, start_s: float, tau_s: float) -> Floats:
    """Sudden start and exponential decay, tick means (time,) [1]; the integral of the whole is `tau_s`."""
    if tau_s <= 0.0:
        raise ValueError(f"tau_s must be above zero, not {tau_s}")
    return _tick_mean(lambda at: -tau_s * np.expm1(-np.maximum(at - start_s, 0.0) / tau_s), t_s, dt_s)


def diurnal(hour_local: Floats, dt_s: float, factors: Floats) -> Floats:
    """Daily course from 24 hourly factors, tick means (time,) [1].

    Factors stand at the middle of their hours, linear between, periodic; the mean over a day is theirs.
    """
    if factors.shape != (24,) or np.any(factors < 0):
        raise ValueError("factors must be 24 values not below zero")
    points_h = np.arange(-1, 26) + 0.5
    values = np.take(factors, np.arange(-1, 26), mode="wrap")
    summed = np.concatenate([[0.0], np.cumsum(0.5 * (values[1:] + values[:-1]))])

    def integral_h(at_h: Floats) -> Floats:
        days, clock_h = np.divmod(at_h, DAY_H)
        place = np.clip((clock_h - points_h[0]).astype(np.int64), 0, values.size - 2)
        inside = clock_h - points_h[place]
        slope = values[place + 1] - values[place]
        area = summed[place] + inside * (values[place] + 0.5 * slope * inside)
        return np.asarray(days * factors.sum() + area)

    step_h = dt_s / 3600.0
    return np.asarray((integral_h(hour_local + step_h) - integral_h(hour_local)) / step_h)


def triggered(is_on: npt.NDArray[np.bool_], dt_s: float, rise_s: float, fall_s: float) -> Floats:
    """Strength that a condition switches, tick means (time,) [1], off before the first tick.

    While the condition holds it approaches 1 with the time constant `rise_s`, else 0 with `fall_s`.
    """
    if min(rise_s, fall_s) <= 0.0:
        raise ValueError("rise_s and fall_s must be above zero")
    mean = np.empty(is_on.size)
    rate_per_s = np.where(is_on, 1.0 / rise_s, 1.0 / fall_s)
    relax(is_on.astype(np.float64), rate_per_s, float(dt_s), 0.0, mean)
    return mean


def _tick_mean(integral_s: Integral, t_s: Floats, dt_s: float) -> Floats:
    if dt_s <= 0.0:
        raise ValueError(f"dt_s must be above zero, not {dt_s}")
    return np.asarray((integral_s(t_s + dt_s) - integral_s(t_s)) / dt_s)


def _ramp_integral_s(since_s: Floats, rise_s: float) -> Floats:
    """Integral of the smooth step: x^3 - x^4 / 2 inside, linear beyond [s]."""
    x = np.clip(since_s / rise_s, 0.0, 1.0)
    return np.asarray(rise_s * x**3 * (1.0 - 0.5 * x) + np.maximum(since_s - rise_s, 0.0))
