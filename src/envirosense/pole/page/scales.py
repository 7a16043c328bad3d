"""Axes: round ticks, and where a value stands on them."""

import math
from dataclasses import dataclass

import numpy as np

from envirosense.core.protocols import Array

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MINUTE_STEPS = (0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 180.0, 240.0, 360.0, 720.0, 1440.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """Range of an axis and its ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]

    def share(self, value: Array | float) -> Array:
        """Place on the axis, 0 at the low end and 1 at the high end."""
        return np.asarray((np.asarray(value, dtype=np.float64) - self.low) / (self.high - self.low))


def round_step(span: float, n_ticks: int) -> float:
    """Step of 1, 2, 2.5 or 5 times a power of ten that gives at most `n_ticks` steps."""
    rough = span / n_ticks
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in _STEPS if step * power >= rough * (1 - 1e-9))


def tick_label(value: float, step: float) -> str:
    """Tick as text with the digits its step needs and a true minus sign."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    if digits and abs(step * 10**digits - round(step * 10**digits)) > 1e-6:
        digits += 1
    text = f"{value:,.{digits}f}".replace(",", "\u2009")
    return text.replace("-", "\u2212") if float(f"{value:.{digits}f}") else text.lstrip("-")


def value_axis(
    low: float, high: float, n_ticks: int = 4, least_span: float = 0.0, floor: float | None = None
) -> Axis:
    """Axis around a range of values, with some air at both ends but none below `floor`."""
    span = max(high - low, least_span, 1e-9 * max(abs(low), abs(high)), 1e-12)
    middle = 0.5 * (low + high)
    low, high = min(low, middle - span / 2) - 0.06 * span, max(high, middle + span / 2) + 0.06 * span
    if floor is not None and low < floor:
        low, high = floor, max(high, floor + span)
    step = round_step(high - low, n_ticks)
    first, last = math.ceil(low / step), math.floor(high / step)
    ticks = tuple(k * step for k in range(first, last + 1))
    return Axis(low, high, ticks, tuple(tick_label(tick, step) for tick in ticks))


def time_axis(duration_s: float, n_ticks: int = 7) -> Axis:
    """Axis over an episode, in seconds; labels in minutes, or hours for long episodes."""
    minutes = duration_s / 60.0
    step = next((s for s in _MINUTE_STEPS if minutes / s <= n_ticks), _MINUTE_STEPS[-1])
    unit_min = 60.0 if minutes > 360 else 1.0
    ticks = np.arange(0.0, minutes + 1e-9, step)
    return Axis(0.0, duration_s, tuple(60.0 * ticks), tuple(f"{tick / unit_min:g}" for tick in ticks))


def time_unit(duration_s: float) -> str:
    """Unit of the labels of `time_axis`."""
    return "h" if duration_s > 6 * 3600 else "min"
