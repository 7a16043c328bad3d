"""Charts of the device's reach: shares over distance, distances and leads over strength."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from envirosense.learning import svg
from envirosense.learning.intervals import Estimate

_WIDTH, _HEIGHT = 500.0, 310.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 18.0, 30.0, 48.0
_SHADES: Final = 5  # steps of the ramp in the style sheet beyond the first
_STEPS: Final = (1.0, 2.0, 5.0)
_DOTS: Final = 12  # places up to which each gets a dot
_MANY: Final = 2.6  # decades above which an axis is marked at powers of ten alone


@dataclass(frozen=True, slots=True)
class Curve:
    """One line: its name, and a value at each place of the x axis; None where there is none."""

    name: str
    values: tuple[float | None, ...]
    spans: tuple[tuple[float, float] | None, ...] = ()
    is_open: tuple[bool, ...] = ()  # drawn as a ring: the value lies beyond the axis


@dataclass(frozen=True, slots=True)
class LogScale:
    """Logarithmic map from data to pixels."""

    low: float
    high: float
    start_px: float
    end_px: float

    def __call__(self, value: float) -> float:
        """Pixel of a value; one beyond the ends lies at the end."""
        share = math.log(min(max(value, self.low), self.high) / self.low) / math.log(self.high / self.low)
        return self.start_px + share * (self.end_px - self.start_px)

    def ticks(self) -> list[float]:
        """Round values within."""
        decades = math.log10(self.high / self.low)
        steps = _STEPS if decades < _MANY else _STEPS[:1]
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        found = [step * 10.0**power for power in powers for step in steps]
        return [value for value in found if 0.999 * self.low <= value <= 1.001 * self.high]


type AnyScale = LogScale | svg.Scale


def shade(place: int, n: int) -> str:
    """Class of a line's colour on a ramp of `n`; one that is alone takes the middle."""
    return f"r{round(place * _SHADES / (n - 1))}" if n > 1 else f"r{_SHADES // 2 + 1}"


def key(names: Sequence[str], what: str = "", is_ranked: bool = True) -> str:
    """Names of the lines with their colours: from the weakest shade on, or unlike ones."""
    kinds = _kinds(len(names), is_ranked)
    items = "".join(
        f'<li><i class="key {kind}"></i>{escape(name)}</li>' for kind, name in zip(kinds, names, strict=True)
    )
    return f'<ul class="legend">{f"<li>{escape(what)}</li>" if what else ""}{items}</ul>'


def _kinds(n: int, is_ranked: bool) -> list[str]:
    return [shade(i, n) if is_ranked else f"c{i}" for i in range(n)]


def share_chart(
    title: str, distances_m: Sequence[float], curves: Sequence[Curve], is_ranked: bool = True
) -> str:
    """Shares over distance."""
    x, y = _across(distances_m), svg.Scale(0.0, 1.0, _HEIGHT - _BOTTOM, _TOP)
    half = svg.line(x.start_px, y(0.5), x.end_px, y(0.5), "half")
    return _chart(title, (x, y), ("distance from the pole [m]", ""), (distances_m, curves), half, is_ranked)


def distance_chart(
    title: str, x_label: str, strengths: Sequence[float], curves: Sequence[Curve], ends_m: tuple[float, float]
) -> str:
    """Distances over strength, both in logarithms."""
    scales = _across(strengths), LogScale(*ends_m, _HEIGHT - _BOTTOM, _TOP)
    return _chart(title, scales, (x_label, "distance [m]"), (strengths, curves))


def lead_chart(title: str, x_label: str, strengths: Sequence[float], curves: Sequence[Curve]) -> str:
    """Leads over strength [min]."""
    found = [value for curve in curves for value in curve.values if value is not None]
    y = svg.Scale(min([*found, -1.0]) * 1.05, max([*found, 1.0]), _HEIGHT - _BOTTOM, _TOP)
    x = _across(strengths)
    zero = svg.line(x.start_px, y(0.0), x.end_px, y(0.0), "half")
    labels = x_label, "before ignition [min]"
    return _chart(title, (x, y), labels, (strengths, curves), zero)


def _across(values: Sequence[float]) -> LogScale:
    low, high = values[0], values[-1]
    if low == high:
        low, high = 0.5 * low, 2.0 * high
    return LogScale(low, high, _LEFT, _WIDTH - _RIGHT)


def _chart(
    title: str,
    scales: tuple[LogScale, AnyScale],
    labels: tuple[str, str],
    drawn: tuple[Sequence[float], Sequence[Curve]],
    behind: str = "",
    is_ranked: bool = True,
) -> str:
    (x, y), (places, curves) = scales, drawn
    parts = [*_frame(x, y, labels), behind]
    for kind, curve in zip(_kinds(len(curves), is_ranked), curves, strict=True):
        parts += _curve(curve, places, scales, kind)
    picture = svg.drawing(_WIDTH, _HEIGHT, parts, title)
    return f"<figure><figcaption><b>{escape(title)}</b></figcaption>{picture}</figure>"


def _curve(curve: Curve, places: Sequence[float], scales: tuple[LogScale, AnyScale], kind: str) -> list[str]:
    x, y = scales
    at = [
        None if value is None else (x(place), y(value))
        for place, value in zip(places, curve.values, strict=True)
    ]
    parts = []
    for place, span in zip(places, curve.spans, strict=False):
        if span is not None:
            parts.append(svg.line(x(place), y(span[0]), x(place), y(span[1]), f"whisker {kind}"))
    parts.append(svg.path(at, f"curve {kind}"))
    if len(places) <= _DOTS:
        opened = curve.is_open or (False,) * len(places)
        for point, value, is_open in zip(at, curve.values, opened, strict=True):
            if point is not None and value is not None:
                tip = f"{curve.name}: {'beyond ' * is_open}{value:.3g}"
                parts.append(svg.circle(*point, 3.6, f"ring {kind}" if is_open else f"dot {kind}", tip))
    return parts


def _frame(x: LogScale, y: AnyScale, labels: tuple[str, str]) -> list[str]:
    left, right, bottom, top = x.start_px, x.end_px, y.start_px, y.end_px
    parts = [svg.text((left + right) / 2, bottom + 38, labels[0], "label")]
    if labels[1]:
        parts.append(svg.text(left, top - 12, labels[1], "label", "start"))
    for value in y.ticks():
        parts.append(svg.line(left, y(value), right, y(value), "grid"))
        parts.append(svg.text(left - 7, y(value) + 4, _tick(value), anchor="end"))
    for value in x.ticks():
        parts.append(svg.line(x(value), bottom, x(value), bottom + 4, "axis"))
        parts.append(svg.text(x(value), bottom + 18, _tick(value)))
    parts.append(svg.line(left, bottom, right, bottom, "axis"))
    return parts


def _tick(value: float) -> str:
    return f"{value:,.4g}".replace(",", "\u202f").replace("-", "\u2212")


def interval(found: Estimate) -> tuple[float, float] | None:
    """Ends of an interval, where it has both."""
    return None if found.low is None or found.high is None else (found.low, found.high)
