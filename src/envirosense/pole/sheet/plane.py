"""Charts of one quantity over another: curves, dots and bars on two axes, either of them in powers of ten."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.pole.page.envelope import HEIGHT
from envirosense.pole.page.scales import Axis, value_axis
from envirosense.pole.worldpage.palettes import power_text

_MOST_POWERS: Final = 6
_CLEAR: Final = 0.04  # of the axis: no tick is named beside the unit


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one curve; `is_dots` leaves the lines out, `is_bars` fills down to the axis."""

    label: str
    kind: str  # class in the style sheet
    x: Array
    y: Array
    is_dots: bool = False
    is_bars: bool = False


def power_axis(low: float, high: float) -> Axis:
    """Axis of logarithms to base ten around a range of values above zero."""
    first, last = math.log10(low) - 0.08, math.log10(high) + 0.08
    if last - first < 1.0:
        middle = 0.5 * (first + last)
        first, last = middle - 0.5, middle + 0.5
    powers = range(math.ceil(first), math.floor(last) + 1)
    step = max(1, math.ceil(len(powers) / _MOST_POWERS))
    shown = [k for k in powers if k % step == 0]
    return Axis(first, last, tuple(map(float, shown)), tuple(power_text(10.0**k) for k in shown))


def around(values: Sequence[Array], n_ticks: int = 4, floor: float | None = None) -> Axis:
    """Axis that holds all values known."""
    known = np.concatenate([np.ravel(v)[np.isfinite(np.ravel(v))] for v in values])
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    return value_axis(low, high, n_ticks, 1e-6 * max(abs(low), abs(high)), floor)


def plane(
    title: str,
    units: tuple[str, str],
    curves: Sequence[Curve],
    x: Axis,
    y: Axis,
    *,
    note: str = "",
    height_px: int = 104,
    rules: Sequence[float] = (),
) -> str:
    """A chart over any quantity; `rules` are upright dashed lines, `note` is small print under it."""
    drawn = "".join(_shape(curve, x, y) for curve in curves)
    grid = "".join(f"M0 {_down(tick, y)}H{HEIGHT}" for tick in y.ticks)
    grid += "".join(f"M{_across(tick, x)} 0V{HEIGHT}" for tick in x.ticks)
    limits = "".join(
        f'<path class="limit" d="M{_across(at, x)} 0V{HEIGHT}"/>' for at in rules if x.low <= at <= x.high
    )
    y_labels = "".join(
        f'<span class="yl" style="bottom:{100 * float(y.share(tick)):.1f}%">{label}</span>'
        for tick, label in zip(y.ticks, y.labels, strict=True)
    )
    x_labels = "".join(
        f'<span style="left:{100 * float(x.share(tick)):.1f}%">{label}</span>'
        for tick, label in zip(x.ticks, x.labels, strict=True)
        if float(x.share(tick)) > _CLEAR
    )
    small = f'<p class="numbers">{escape(note)}</p>' if note else ""
    return (
        f'<figure class="plane"><figcaption><b>{escape(title)}</b> <span class="unit">{escape(units[1])}'
        f'</span></figcaption><div class="field" style="height:{height_px}px">'
        f'<svg viewBox="0 0 {HEIGHT} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(title)}"><path class="grid" d="{grid}"/>{limits}{drawn}</svg>{y_labels}</div>'
        f'<div class="xl">{x_labels}<b>{escape(units[0])}</b></div>{small}</figure>'
    )


def _across(value: float, x: Axis) -> str:
    return f"{HEIGHT * float(x.share(value)):.1f}"


def _down(value: float, y: Axis) -> str:
    return f"{HEIGHT * (1.0 - float(y.share(value))):.1f}"


def _shape(curve: Curve, x: Axis, y: Axis) -> str:
    known = np.isfinite(curve.x) & np.isfinite(curve.y)
    across = HEIGHT * x.share(curve.x[known])
    down = HEIGHT * (1.0 - y.share(curve.y[known]))
    points = list(zip(across.tolist(), down.tolist(), strict=True))
    if not points:
        return ""
    if curve.is_dots:
        path = "".join(f"M{a:.1f} {b:.1f}h0" for a, b in points)
        return f'<path class="line {curve.kind} dots stroke" d="{path}"/>'
    path = "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
    if curve.is_bars:
        base = f"{HEIGHT * (1.0 - float(y.share(0.0))):.1f}"
        return f'<path class="bars {curve.kind}" d="M{points[0][0]:.1f} {base}L{path}V{base}Z"/>'
    return f'<path class="line {curve.kind}" d="M{path}"/>'
