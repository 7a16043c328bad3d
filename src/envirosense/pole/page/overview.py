"""Top of an episode page: the timeline, and facts as lists."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from envirosense.pole.page.charts import Marker, TimeView, time_ticks
from envirosense.pole.page.device import sensor_names
from envirosense.pole.page.recording import Recording, Span
from envirosense.pole.page.wording import phrase, quantity_text, span_text, split_unit, symbol, value_text

_THIN, _TIGHT = "\u2009", "\u202f"  # the latter keeps number and unit on one line
_FLAG_LETTER = 0.024  # of the timeline's width on a phone that a letter of an instant's name takes
_LETTER_PCT = 0.7  # of the timeline's width that a letter of a stage's name takes
_NO_SNR = 0.05  # below this a signal-to-noise ratio rounds to nothing


def timeline(recording: Recording, view: TimeView) -> str:
    """Stages of the events, and from when each sensor could see them."""
    bars, is_complete = stage_bars(view, view.spans)
    rows = [track(("Stage", "Stage"), bars, "tall")] if view.spans else []
    rows += [
        track(sensor_names(str(row["sensor_id"])), seen_bar(row, view))
        for row in recording.rows("observability")
    ]
    if not rows:
        return ""
    marks, n_rows = flags(view)
    head = f'<div class="flags" style="height:{18 * n_rows + 4}px">{marks}</div>'
    foot = time_ticks(view) + stage_legend(view, is_complete)
    return f'<div class="timeline">{head}{"".join(rows)}{foot}</div>'


def stage_legend(view: TimeView, is_complete: bool) -> str:
    """Names of the stages under the timeline, for bars too short to hold them."""
    items = "".join(
        f'<li><i class="bar swatch d{view.depth(stage)}"></i>{escape(stage.replace("_", " "))}</li>'
        for stage in view.stages
    )
    return f'<ul class="legend stages{" spare" if is_complete else ""}">{items}</ul>' if items else ""


def track(names: tuple[str, str], bars: str, kind: str = "") -> str:
    """One row of a timeline: its name in full and short, and its bars."""
    wide, slim = (escape(name) for name in names)
    label = f'<span class="name"><span class="wide">{wide}</span><span class="slim">{slim}</span></span>'
    return f'<div class="track {kind}">{label}<div class="bars plot">{bars}<i class=cross></i></div></div>'


def stage_bars(view: TimeView, spans: Sequence[Span]) -> tuple[str, bool]:
    """Bars of some spans, and whether each of their stages is named on one of its bars."""
    bars: list[str] = []
    named: set[str] = set()
    for span in spans:
        width = 100 * (span.end_s - span.start_s) / view.duration_s
        fits = width > _LETTER_PCT * (len(span.stage) + 2)
        text = f"<span>{escape(span.stage.replace('_', ' '))}</span>" if fits else ""
        named |= {span.stage} if fits else set()
        title = f"{span.stage}, {span_text(span.start_s)} to {span_text(span.end_s)}, level {span.level}"
        bars.append(
            f'<span class="bar d{view.depth(span.stage)}" title="{escape(title)}" '
            f'style="left:{view.left(span.start_s)};width:{width:.2f}%">{text}</span>'
        )
    return "".join(bars), named == {span.stage for span in spans}


def seen_bar(row: Mapping[str, Any], view: TimeView) -> str:
    """From when and how long one sensor could see an event, with its greatest ratio."""
    snr = f"SNR {snr_text(row['max_snr'], str(row['sensor_id']))}"
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


def flags(view: TimeView) -> tuple[str, int]:
    """Names of the instants, on as many rows as they need."""
    rows: list[list[tuple[float, float]]] = []
    parts = []
    for marker in view.markers:
        place, width = marker.t_s / view.duration_s, _FLAG_LETTER * (len(marker.name) + 1)
        is_left = place + width > 1.0
        low, high = (place - width, place) if is_left else (place, place + width)
        free = next((i for i, row in enumerate(rows) if all(b < low or high < a for a, b in row)), len(rows))
        rows += [[]] if free == len(rows) else []
        rows[free].append((low, high))
        parts.append(_flag(marker, view, free, is_left))
    return "".join(parts), max(len(rows), 1)


def _flag(marker: Marker, view: TimeView, row: int, is_left: bool) -> str:
    side = " left" if is_left else ""
    text = f"{escape(marker.name)} <em>{marker.t_s / 60:.1f} min</em>"
    style = f"left:{view.left(marker.t_s)};top:{18 * row}px"
    return f'<span class="flag {marker.kind}{side}" style="{style}">{text}</span>'


def facts(entries: Iterable[tuple[str, object]]) -> str:
    """Names and values; units come from the names' suffixes."""
    items = []
    for key, value in entries:
        name, unit = split_unit(key)
        text = value_text(value)
        shown = f"{text}\u2009{symbol(unit)}" if unit and text != "\u2014" else text
        items.append(
            f"<div><dt>{escape(phrase(name))}</dt><dd>{escape(shown.replace(_THIN, _TIGHT))}</dd></div>"
        )
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
        yield "source", quantity_text(event["source_strength"], event.get("source_strength_unit") or "")
    if all(f"{axis}_m" in event for axis in "xyz"):
        place = ", ".join(f"{event[f'{axis}_m']:.2f}".replace("-", "\u2212") for axis in "xyz")
        yield "place east, north, up", f"{place}\u2009m"
    if "distance_m" in event:
        yield "distance to the device", f"{event['distance_m']:.2f}\u2009m"
    if event.get("parent_event_id") is not None:
        yield "caused by event", event["parent_event_id"]


def snr_text(value: float, sensor_id: str) -> str:
    """Ratio as text; where it rounds to nothing, why."""
    if value >= _NO_SNR:
        return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
    cause = "gas" if "voc" in sensor_id or "gas" in sensor_id else "effect"
    return f"0 (no {cause} reached it)" if value == 0 else f"0 (almost no {cause})"


def observability_table(recording: Recording) -> str:
    """What each sensor could see."""
    rows = "".join(
        f"<tr><td>{escape(sensor_names(str(row['sensor_id']))[0])}</td>"
        f"<td>{snr_text(row['max_snr'], str(row['sensor_id']))}</td>"
        f"<td>{value_text(row['detectable'])}</td><td>{_instant(row['first_detectable_s'])}</td>"
        f"<td>{_instant(row.get('detectable_s'))}</td></tr>"
        for row in recording.rows("observability")
    )
    head = "<tr><th>Sensor</th><th>Greatest SNR</th><th>Detectable</th><th>First at</th><th>In all</th></tr>"
    return (
        f'<div class="scroll"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>' if rows else ""
    )


def _instant(value: object) -> str:
    return span_text(value) if isinstance(value, float) else "\u2014"
