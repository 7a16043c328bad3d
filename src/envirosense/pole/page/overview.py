"""Top of an episode page: the timeline, and facts as lists."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from envirosense.pole.page.charts import Marker, TimeView, time_ticks
from envirosense.pole.page.recording import Recording
from envirosense.pole.page.wording import phrase, span_text, split_unit, value_text

_CROWDED = 0.16  # of the width: labels nearer than this go on another row


def timeline(recording: Recording, view: TimeView) -> str:
    """Stages of the events, and from when each sensor could see them."""
    rows = [_track("Stage", _stage_bars(view), "tall")] if view.spans else []
    rows += [
        _track(phrase(str(row["sensor_id"])), _seen_bar(row, view)) for row in recording.rows("observability")
    ]
    if not rows:
        return ""
    flags, n_rows = _flags(view)
    head = f'<div class="flags" style="height:{18 * n_rows + 4}px">{flags}</div>'
    return f'<div class="timeline">{head}{"".join(rows)}{time_ticks(view)}</div>'


def _track(name: str, bars: str, kind: str = "") -> str:
    label = f'<span class="name">{escape(name)}</span>'
    return f'<div class="track {kind}">{label}<div class="bars plot">{bars}<i class=cross></i></div></div>'


def _stage_bars(view: TimeView) -> str:
    bars = []
    for span in view.spans:
        width = 100 * (span.end_s - span.start_s) / view.duration_s
        text = escape(span.stage.replace("_", " ")) if width > 7 else ""
        title = f"{span.stage}, {span_text(span.start_s)} to {span_text(span.end_s)}, level {span.level}"
        bars.append(
            f'<span class="bar d{view.depth(span.stage)}" title="{escape(title)}" '
            f'style="left:{view.left(span.start_s)};width:{width:.2f}%">{text}</span>'
        )
    return "".join(bars)


def _seen_bar(row: Mapping[str, Any], view: TimeView) -> str:
    snr = f"SNR {_snr(row['max_snr'])}"
    first_s = row["first_detectable_s"]
    if not isinstance(first_s, float):
        return f'<span class="unseen">not detectable \u00b7 {snr}</span>'
    length_s = float(row.get("detectable_s") or 0.0)
    width = 100 * min(length_s, view.duration_s - first_s) / view.duration_s
    text = f"{snr} \u00b7 {span_text(length_s)} in all" if length_s else snr
    side = "before" if first_s > 0.55 * view.duration_s else "after"
    return (
        f'<span class="bar seen" style="left:{view.left(first_s)};width:{max(width, 0.4):.2f}%"></span>'
        f'<span class="seentext {side}" style="left:{view.left(first_s)}">{escape(text)}</span>'
    )


def _flags(view: TimeView) -> tuple[str, int]:
    """Names of the instants, on as many rows as they need."""
    rows: list[float] = []
    parts = []
    for marker in view.markers:
        place = marker.t_s / view.duration_s
        free = next((i for i, last in enumerate(rows) if place - last > _CROWDED), len(rows))
        rows[free : free + 1] = [place]
        parts.append(_flag(marker, view, free, place))
    return "".join(parts), max(len(rows), 1)


def _flag(marker: Marker, view: TimeView, row: int, place: float) -> str:
    side = " left" if place > 0.8 else ""
    text = f"{escape(marker.name)} <em>{marker.t_s / 60:.1f} min</em>"
    style = f"left:{view.left(marker.t_s)};top:{18 * row}px"
    return f'<span class="flag {marker.kind}{side}" style="{style}">{text}</span>'


def facts(entries: Iterable[tuple[str, object]]) -> str:
    """Names and values; units come from the names' suffixes."""
    items = []
    for key, value in entries:
        name, unit = split_unit(key)
        text = value_text(value)
        shown = f"{text}\u2009{unit}" if unit and text != "\u2014" else text
        items.append(f"<div><dt>{escape(phrase(name))}</dt><dd>{escape(shown)}</dd></div>")
    return f"<dl>{''.join(items)}</dl>"


def event_facts(event: Mapping[str, Any]) -> Iterable[tuple[str, object]]:
    """What is known of an event, in the order a reader asks."""
    for name in ("event_type", "event_subtype", "component", "level"):
        if name in event:
            yield name, event[name]
    for name in ("onset_s", "peak_s", "ignition_s", "clearance_s"):
        value = event.get(name)
        yield name.removesuffix("_s"), None if value is None else span_text(value)
    if "source_strength" in event:
        yield "source", f"{value_text(event['source_strength'])}\u2009{event.get('source_strength_unit', '')}"
    if all(f"{axis}_m" in event for axis in "xyz"):
        place = ", ".join(f"{event[f'{axis}_m']:.2f}".replace("-", "\u2212") for axis in "xyz")
        yield "place east, north, up", f"{place}\u2009m"
    if "distance_m" in event:
        yield "distance to the device", f"{event['distance_m']:.2f}\u2009m"
    if event.get("parent_event_id") is not None:
        yield "caused by event", event["parent_event_id"]


def _snr(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def observability_table(recording: Recording) -> str:
    """What each sensor could see."""
    rows = "".join(
        f"<tr><td>{escape(phrase(str(row['sensor_id'])))}</td><td>{_snr(row['max_snr'])}</td>"
        f"<td>{value_text(row['detectable'])}</td><td>{_instant(row['first_detectable_s'])}</td>"
        f"<td>{_instant(row.get('detectable_s'))}</td></tr>"
        for row in recording.rows("observability")
    )
    head = "<tr><th>Sensor</th><th>Greatest SNR</th><th>Detectable</th><th>First at</th><th>In all</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>" if rows else ""


def _instant(value: object) -> str:
    return span_text(value) if isinstance(value, float) else "\u2014"
