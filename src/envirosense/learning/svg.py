"""Small inline SVG drawings: axes, lines, marks; colours come from the page's style sheet."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Scale:
    """Linear map from data to pixels."""

    low: float
    high: float
    start_px: float
    end_px: float

    def __call__(self, value: float) -> float:
        """Pixel of a value."""
        span = self.high - self.low or 1.0
        return self.start_px + (value - self.low) / span * (self.end_px - self.start_px)

    def ticks(self, n: int = 5) -> list[float]:
        """About `n` round values inside the range."""
        span = self.high - self.low
        if span <= 0:
            return [self.low]
        raw = span / n
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= raw * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        return [step * k for k in range(first, math.floor(self.high / step + 1e-9) + 1)]


def number(value: float) -> str:
    """Coordinate with a tenth of a pixel."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Straight line of a CSS class."""
    ends = f'x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"'
    return f'<line class="{kind}" {ends}/>'


def path(points: Iterable[tuple[float, float] | None], kind: str) -> str:
    """Polyline of a CSS class; None breaks it."""
    steps: list[str] = []
    move = True
    for point in points:
        if point is None:
            move = True
            continue
        steps.append(f"{'M' if move else 'L'}{number(point[0])} {number(point[1])}")
        move = False
    return f'<path class="{kind}" d="{"".join(steps)}"/>'


def area(points: Sequence[tuple[float, float]], floor_px: float, kind: str) -> str:
    """Filled shape between a line and a level."""
    if not points:
        return ""
    closed = [(points[0][0], floor_px), *points, (points[-1][0], floor_px)]
    return path(closed, kind).replace('"/>', 'Z"/>')


def text(x: float, y: float, content: str, kind: str = "tick", anchor: str = "middle") -> str:
    """Text anchored at a point."""
    place = f'x="{number(x)}" y="{number(y)}" text-anchor="{anchor}"'
    return f'<text class="{kind}" {place}>{escape(content)}</text>'


def circle(x: float, y: float, radius: float, kind: str, title: str = "") -> str:
    """Dot, with a tooltip where a title is given."""
    tip = f"<title>{escape(title)}</title>" if title else ""
    return f'<circle class="{kind}" cx="{number(x)}" cy="{number(y)}" r="{number(radius)}">{tip}</circle>'


def rect(x: float, y: float, width: float, height: float, kind: str, style: str = "") -> str:
    """Rectangle of a CSS class."""
    size = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect class="{kind}" {size}{f" style={chr(34)}{style}{chr(34)}" if style else ""}/>'


def drawing(width: float, height: float, parts: Iterable[str], label: str) -> str:
    """SVG element that scales with the page and says in words what it shows."""
    box = f"0 0 {number(width)} {number(height)}"
    return f'<svg viewBox="{box}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'


def frame(x: Scale, y: Scale, x_label: str, y_label: str, n_x: int = 5, n_y: int = 5) -> list[str]:
    """Grid, tick labels and axis titles of a plot."""
    left, right = x.start_px, x.end_px
    bottom, top = y.start_px, y.end_px
    parts = []
    for value in y.ticks(n_y):
        parts += [line(left, y(value), right, y(value), "grid")]
        parts += [text(left - 7, y(value) + 3.5, f"{value:g}", anchor="end")]
    for value in x.ticks(n_x):
        parts += [line(x(value), bottom, x(value), bottom + 4, "axis")]
        parts += [text(x(value), bottom + 17, f"{value:g}")]
    parts.append(line(left, bottom, right, bottom, "axis"))
    parts.append(text((left + right) / 2, bottom + 34, x_label, "label"))
    parts.append(text(left, top - 10, y_label, "label", "start"))
    return parts
