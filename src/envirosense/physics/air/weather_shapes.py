"""Shapes that fill one hour: curves that keep its mean, and noise that joins the next hour.

The hour is a piece aligned to the clock of the weather year. Everything at its two ends depends
only on what both neighbouring pieces know, so a piece can be made alone, in any order.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type HourStreams = Callable[[str, int], np.random.Generator]
"""(kind of draw, hour number) -> a generator at its start, the same one for the same names."""

HOUR_S: Final = 3600.0


def hour_ticks_s(dt_s: float) -> Floats:
    """Tick times within the hour, (time,) [s]: 0, dt, ... below 3600.

    Raises:
        ValueError: if `dt_s` does not divide the hour into at least two ticks.
    """
    n = round(HOUR_S / dt_s) if dt_s > 0 else 0
    if n < 2 or abs(n * dt_s - HOUR_S) > 1e-6:
        raise ValueError(f"dt_s={dt_s!r}: choose a step that divides 3600 s and is at most 1800 s")
    return np.arange(n, dtype=np.float64) * dt_s


def edge_values(hourly: Floats) -> tuple[float, float]:
    """Values at the start and end of the middle hour of five hourly means [ColellaWoodward1984].

    Fourth order where the course is smooth, and always between the two means they part.
    """
    before, left, middle, right, after = (float(v) for v in hourly)
    start = (7.0 * (left + middle) - (before + right)) / 12.0
    end = (7.0 * (middle + right) - (left + after)) / 12.0
    return _between(start, left, middle), _between(end, middle, right)


def _between(value: float, one: float, other: float) -> float:
    return min(max(value, min(one, other)), max(one, other))


def positive_edge_values(hourly: Floats) -> tuple[float, float]:
    """As `edge_values`, limited so that `hour_curve` of the hour never falls below zero.

    A parabola of mean m is non-negative when both its ends lie in 0..3 m.
    """
    start, end = edge_values(hourly)
    _, left, middle, right, _ = (float(v) for v in hourly)
    return min(start, 3.0 * min(left, middle)), min(end, 3.0 * min(middle, right))


def hour_curve(share: Floats, edges: tuple[float, float], mean: float) -> Floats:
    """Parabola through both edges whose mean over the hour is `mean`; `share` of the hour 0..1.

    Conservative reconstruction of [ColellaWoodward1984] without flattening the extremes: the
    coolest minute of a night is cooler than its coolest hourly mean.
    """
    left, right = edges
    return left + (right - left) * share + (mean - 0.5 * (left + right)) * bump(share)


def bump(share: Floats) -> Floats:
    """Parabola that vanishes at both ends of the hour and has mean one."""
    return 6.0 * share * (1.0 - share)


def hour_noise(streams: HourStreams, kind: str, hour: int, t_s: Floats, tau_s: float) -> Floats:
    """Ornstein-Uhlenbeck noise of unit variance over one hour, (time,), joined to its neighbours.

    The value on the hour is the first draw of the hour it opens; between two such values runs
    the exact bridge of the process. Values on successive hours are independent: their true
    correlation exp(-3600 / tau) is below 0.14 for the tau <= 1800 s this is meant for.
    """
    opening = streams(kind, hour)
    start = opening.standard_normal()
    end = streams(kind, hour + 1).standard_normal()
    dt_s = t_s[1] - t_s[0]
    age = np.append(t_s, HOUR_S) / tau_s
    step = np.sqrt(-np.expm1(-2.0 * dt_s / tau_s))
    kicks = opening.standard_normal(t_s.size) * (step * np.exp(age[1:]))
    free = np.exp(-age) * np.append(start, start + np.cumsum(kicks))
    # sinh ratio = conditional mean of the process given its value at the end of the hour
    pull = np.exp(age - age[-1]) * np.expm1(-2.0 * age) / np.expm1(-2.0 * age[-1])
    return np.asarray((free + (end - free[-1]) * pull)[:-1])


def centred(noise: Floats, share: Floats) -> Floats:
    """The noise with its hourly mean taken out through a bump, so both ends stay where they are."""
    shape = bump(share)
    return noise - np.mean(noise) / np.mean(shape) * shape


def forced(shape: Floats, weight: Floats, target: float, share: Floats) -> Floats:
    """`shape` bent inside the hour so that the mean of `shape * weight` is `target`, (time,).

    The bend is (1 + a bump): ends stay, signs stay. Its size is limited to -0.66 < a < 3, beyond
    which a sliver of light would have to carry the whole hour.
    """
    curve = bump(share)
    room = float(np.mean(shape * weight * curve))
    if room <= 0.0:
        return shape
    amount = (target - float(np.mean(shape * weight))) / room
    return shape * (1.0 + min(max(amount, -0.66), 3.0) * curve)
