"""Figures in metres: a drawing with axes, pictures under it and text over it that keeps its size."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from envirosense.pole.page.scales import round_step, tick_label


@dataclass(frozen=True, slots=True)
class Window:
    """What a figure shows [m]: from left to right and from bottom to top."""

    left_m: float
    right_m: float
    bottom_m: float
    top_m: float

    @property
    def width_m(self) -> float:
        """Across."""
        return self.right_m - self.left_m

    @property
    def height_m(self) -> float:
        """Upward."""
        return self.top_m - self.bottom_m

    def holds(self, x_m: float, y_m: float) -> bool:
        """Whether a point is shown."""
        return self.left_m <= x_m <= self.right_m and self.bottom_m <= y_m <= self.top_m

    def across(self, x_m: float) -> float:
        """Place from the left [%]."""
        return 100.0 * (x_m - self.left_m) / self.width_m

    def upward(self, y_m: float) -> float:
        """Place from the bottom [%]."""
        return 100.0 * (y_m - self.bottom_m) / self.height_m


@dataclass
class Drawing:
    """Shapes and names in a window, in metres; y grows upward."""

    window: Window
    shapes: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def line(self, kind: str, *points: tuple[float, float]) -> None:
        """Straight pieces from point to point."""
        path = "L".join(f"{x:.3f} {self._down(y):.3f}" for x, y in points)
        self.shapes.append(f'<path class="{kind}" d="M{path}"/>')

    def area(self, kind: str, *points: tuple[float, float]) -> None:
        """A filled polygon."""
        path = "L".join(f"{x:.3f} {self._down(y):.3f}" for x, y in points)
        self.shapes.append(f'<path class="{kind}" d="M{path}Z"/>')

    def ellipse(self, kind: str, x_m: float, y_m: float, rx_m: float, ry_m: float) -> None:
        """An ellipse about a centre."""
        centre = f'cx="{x_m:.3f}" cy="{self._down(y_m):.3f}"'
        self.shapes.append(f'<ellipse class="{kind}" {centre} rx="{rx_m:.3f}" ry="{ry_m:.3f}"/>')

    def raw(self, path: str) -> None:
        """Ready SVG in the drawing's coordinates."""
        self.shapes.append(path)

    def mark(self, kind: str, x_m: float, y_m: float) -> None:
        """A sign of fixed size."""
        if self.window.holds(x_m, y_m):
            self.texts.append(f'<i class="sign {kind}" style="{self._place(x_m, y_m)}"></i>')

    def name(self, text: str, x_m: float, y_m: float, side: str = "right", kind: str = "") -> None:
        """Text beside a point: on its right, left, above or below."""
        if self.window.holds(x_m, y_m):
            style = self._place(x_m, y_m)
            self.texts.append(f'<span class="at {side} {kind}" style="{style}">{escape(text)}</span>')

    def _place(self, x_m: float, y_m: float) -> str:
        return f"left:{self.window.across(x_m):.2f}%;bottom:{self.window.upward(y_m):.2f}%"

    def _down(self, y_m: float) -> float:
        return self.window.bottom_m + self.window.top_m - y_m


def figure(
    title: str,
    drawing: Drawing,
    axes: tuple[str, str],
    *,
    picture: str = "",
    picture_id: str = "",
    note: str = "",
    n_ticks: tuple[int, int] = (6, 5),
) -> str:
    """Figure with metric axes: picture under the drawing, names over it.

    Args:
        title: what is drawn.
        drawing: shapes and names.
        axes: names of the horizontal and the vertical axis.
        picture: `src` of an image that fills the window.
        picture_id: name by which a film changes the picture.
        note: small print after the title.
        n_ticks: at most so many steps across and upward.
    """
    w = drawing.window
    x_ticks, y_ticks = _ticks(w.left_m, w.right_m, n_ticks[0]), _ticks(w.bottom_m, w.top_m, n_ticks[1])
    view = f"{w.left_m:.3f} {w.bottom_m:.3f} {w.width_m:.3f} {w.height_m:.3f}"
    image = (
        f'<img class="map" src="{picture}" alt="" {f"data-film={picture_id}" if picture_id else ""}>'
        if picture
        else ""
    )
    grid = "".join(f"M{x:g} {w.bottom_m:.3f}v{w.height_m:.3f}" for x, _ in x_ticks) + "".join(
        f"M{w.left_m:.3f} {w.bottom_m + w.top_m - y:.3f}h{w.width_m:.3f}" for y, _ in y_ticks
    )
    xl = "".join(f'<span style="left:{w.across(x):.2f}%">{label}</span>' for x, label in x_ticks)
    yl = "".join(f'<span class="yl" style="bottom:{w.upward(y):.2f}%">{label}</span>' for y, label in y_ticks)
    small = f'<span class="note">{escape(note)}</span>' if note else ""
    return (
        f'<figure class="metric"><figcaption><b>{escape(title)}</b>{small}</figcaption>'
        f'<div class="room" style="aspect-ratio:{w.width_m:.3f}/{w.height_m:.3f}">'
        f'<div class="clip">{image}<svg viewBox="{view}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(title)}"><path class="grid" d="{grid}"/>{"".join(drawing.shapes)}</svg>'
        f"{''.join(drawing.texts)}</div>{yl}</div>"
        f'<div class="mx">{xl}</div><div class="axes">{escape(axes[0])}<em>{escape(axes[1])}</em></div>'
        "</figure>"
    )


def _ticks(low: float, high: float, n: int) -> Sequence[tuple[float, str]]:
    step = round_step(high - low, n)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(k * step, tick_label(k * step, step)) for k in range(first, last + 1)]
