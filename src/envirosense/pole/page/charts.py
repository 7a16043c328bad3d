"""Charts over time: curves as SVG stretched to any width, text as HTML that keeps its size."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

import numpy as np

from envirosense.pole.page.envelope import HEIGHT, dots_path, envelope_path
from envirosense.pole.page.recording import Recording, Series, Span
from envirosense.pole.page.scales import Axis, time_axis, time_unit, value_axis

_DOTS = 900
_NEAR = 0.25  # of the curves' span: a limit no farther off widens the axis
_DEPTHS = 6  # shades of event stages in the style sheet


@dataclass(frozen=True, slots=True)
class Marker:
    """An instant worth a line through every chart."""

    t_s: float
    name: str
    kind: str  # class in the style sheet


@dataclass(frozen=True, slots=True)
class Line:
    """One curve of a chart."""

    label: str
    kind: str  # class in the style sheet
    series: Series
    is_dots: bool = False


@dataclass(frozen=True, slots=True)
class TimeView:
    """Time axis that all charts of a page share, with the event's spans and instants."""

    axis: Axis
    duration_s: float
    start_local: datetime
    clock_name: str
    spans: tuple[Span, ...]
    stages: tuple[str, ...]
    markers: tuple[Marker, ...]

    @property
    def unit(self) -> str:
        """Unit of the tick labels."""
        return time_unit(self.duration_s)

    def clock(self, t_s: float) -> str:
        """Clock time of an instant."""
        return f"{self.start_local + timedelta(seconds=t_s):%H:%M}"

    def left(self, t_s: float) -> str:
        """Place of an instant from the left, as CSS."""
        return f"{100 * t_s / self.duration_s:.2f}%"

    def depth(self, stage: str) -> int:
        """Shade of a stage, darker the later it comes."""
        place = self.stages.index(stage)
        return place if len(self.stages) <= _DEPTHS else place * (_DEPTHS - 1) // (len(self.stages) - 1)


def time_view(recording: Recording) -> TimeView:
    """Axis, spans and markers of an episode."""
    start, offset_h = recording.episode.spec.grid.start_utc, recording.utc_offset_h
    local = start.replace(tzinfo=None) + timedelta(hours=offset_h or 0.0)
    sign = "\u2212" if (offset_h or 0.0) < 0 else "+"
    name = "UTC" if offset_h is None else f"local standard time, UTC{sign}{abs(offset_h):g} h"
    return TimeView(
        time_axis(recording.duration_s),
        recording.duration_s,
        local,
        name,
        recording.spans,
        recording.stages,
        _markers(recording),
    )


def _markers(recording: Recording) -> tuple[Marker, ...]:
    found = []
    for event in recording.rows("events"):
        for key, name, kind in (("onset_s", "onset", "onset"), ("ignition_s", "ignition", "ignition"),
                                ("clearance_s", "over", "over")):  # fmt: skip
            if isinstance(t_s := event.get(key), float):
                found.append(Marker(t_s, name, kind))
    seen = [t for row in recording.rows("observability") if isinstance(t := row["first_detectable_s"], float)]
    if seen:
        found.append(Marker(min(seen), "first detectable", "seen"))
    return tuple(sorted(found, key=lambda marker: marker.t_s))


def shared_shapes(view: TimeView) -> str:
    """Hidden drawing with the spans, instants and grid that every chart refers to."""
    x = view.axis
    parts = [
        f'<rect class="d{view.depth(s.stage)}" x="{_px(s.start_s, view)}" y="0" '
        f'width="{max((s.end_s - s.start_s) / view.duration_s * HEIGHT, 1):.1f}" height="{HEIGHT}"/>'
        for s in view.spans
    ]
    grid = "".join(f"M{HEIGHT * float(x.share(t)):.1f} 0V{HEIGHT}" for t in x.ticks)
    parts.append(f'<path class="grid" d="{grid}"/>')
    parts += [f'<path class="mark {m.kind}" d="M{_px(m.t_s, view)} 0V{HEIGHT}"/>' for m in view.markers]
    return f'<svg class="shapes" aria-hidden="true"><defs><g id="back">{"".join(parts)}</g></defs></svg>'


def _px(t_s: float, view: TimeView) -> str:
    return f"{HEIGHT * t_s / view.duration_s:.1f}"


def chart(
    title: str,
    unit: str,
    lines: Sequence[Line],
    view: TimeView,
    *,
    note: str = "",
    height_px: int = 118,
    columns: int = 380,
    axis: Axis | None = None,
    least_span: float = 0.0,
    floor: float | None = None,
    limits: Sequence[tuple[float, str]] = (),
) -> str:
    """One chart.

    Args:
        title: what is drawn.
        unit: unit of the value axis.
        lines: curves, back to front.
        view: the shared time axis.
        note: small print after the title.
        height_px: height of the plot.
        columns: resolution across.
        axis: value axis; by default one that holds all curves.
        least_span: smallest span of a value axis chosen here.
        floor: value below which the axis chosen here does not reach.
        limits: values with a name that the instrument cannot pass; drawn where the curves come near.
    """
    y = axis or _fitted(lines, least_span, floor, 4 if height_px < 200 else 6, limits)
    curves = "".join(
        f'<path class="line {line.kind}{" dots" if line.is_dots else ""}" data-label="{escape(line.label)}" '
        f'd="{_path(line, view, y, columns)}"/>'
        for line in lines
    )
    rules = "".join(f"M0 {HEIGHT * (1 - float(y.share(tick))):.1f}H{HEIGHT}" for tick in y.ticks)
    labels = "".join(
        f'<span class="yl" style="bottom:{100 * float(y.share(tick)):.1f}%">{label}</span>'
        for tick, label in zip(y.ticks, y.labels, strict=True)
    )
    bounds, names = _limit_lines(limits, y)
    small = f'<span class="note">{escape(note)}</span>' if note else ""
    shown_unit = f' <span class="unit">{escape(unit)}</span>' if unit else ""
    return (
        f'<figure class="chart"><figcaption><b>{escape(title)}</b>{shown_unit}{small}'
        f'<span class="readout"></span></figcaption>'
        f'<div class="plot" style="height:{height_px}px" data-low="{y.low:.6g}" data-high="{y.high:.6g}">'
        f'<svg viewBox="0 0 {HEIGHT} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(title)} over time"><use href="#back"/>'
        f'<path class="grid" d="{rules}"/>{bounds}{curves}</svg>'
        f"{labels}{names}<i class=cross></i></div>{time_ticks(view)}</figure>"
    )


def _limit_lines(limits: Sequence[tuple[float, str]], y: Axis) -> tuple[str, str]:
    """Dashed lines in the drawing, and their names as text over it."""
    reached = [(float(y.share(value)), name) for value, name in limits if y.low <= value <= y.high]
    lines = "".join(f'<path class="limit" d="M0 {HEIGHT * (1 - at):.1f}H{HEIGHT}"/>' for at, _ in reached)
    names = "".join(
        f'<span class="limitname{" under" if at > 0.5 else ""}" style="bottom:{100 * at:.1f}%">'
        f"{escape(name)}</span>"
        for at, name in reached
    )
    return lines, names


def time_ticks(view: TimeView) -> str:
    """Labels under a chart: time since the start, and the clock."""
    spans = "".join(
        f'<span style="left:{view.left(t_s)}">{label}<br><em>{view.clock(t_s)}</em></span>'
        for t_s, label in zip(view.axis.ticks, view.axis.labels, strict=True)
    )
    return f'<div class="xl">{spans}<b>{view.unit}</b></div>'


def _fitted(
    lines: Sequence[Line],
    least_span: float,
    floor: float | None,
    n_ticks: int,
    limits: Sequence[tuple[float, str]],
) -> Axis:
    known = [values[np.isfinite(values)] for line in lines if (values := line.series.values).size]
    known = [values for values in known if values.size]
    if not known:
        return value_axis(0.0, 1.0, n_ticks, floor=floor)
    low, high = min(float(v.min()) for v in known), max(float(v.max()) for v in known)
    reach = _NEAR * (high - low)
    near = [value for value, _ in limits if low - reach <= value <= high + reach]
    low, high = min([low, *near]), max([high, *near])
    return value_axis(low, high, n_ticks, least_span or 1e-6 * max(math.fabs(low), 1.0), floor)


def _path(line: Line, view: TimeView, y: Axis, columns: int) -> str:
    if line.is_dots:
        return dots_path(line.series.t_s, line.series.values, view.axis, y, _DOTS)
    return envelope_path(line.series.t_s, line.series.values, view.axis, y, columns)


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """Key of curve kinds and their names."""
    items = "".join(f'<li><i class="key {kind}"></i>{escape(name)}</li>' for kind, name in entries)
    return f'<ul class="legend">{items}</ul>'
