"""Labels over time: stages of every event, when sensors could see it, severity against the levels."""

from typing import Final

import numpy as np

from envirosense.learning.wording import counted
from envirosense.pole.page.charts import Line, TimeView, chart, legend, time_ticks
from envirosense.pole.page.device import sensor_names
from envirosense.pole.page.overview import flags, seen_bar, stage_bars, stage_legend, track
from envirosense.pole.page.recording import Series
from envirosense.pole.page.scales import Axis
from envirosense.pole.page.wording import component_text, phrase
from envirosense.pole.scenariopage.drawn import DrawnScenario
from envirosense.scenarios import EventLabels
from envirosense.scenarios.taxonomy import LEVEL_EDGES, Level

KINDS: Final = ("c0", "c1", "c3", "c2", "truth")
MOST_SENSORS: Final = 6  # named under the stages
_LEVELS: Final = Axis(
    0.0,
    1.0,
    tuple(edge - 0.1 for edge in (*LEVEL_EDGES, 1.0)),
    tuple(f"{level.value} {level.name.lower()}" for level in Level),
)


def events_section(drawn: DrawnScenario, view: TimeView) -> str:
    """Tracks of stages and sensors over the severity of every event."""
    if not drawn.events:
        return '<p class="small">No event is labelled in this episode.</p>'
    bars = [stage_bars(view, [s for s in view.spans if s.event_id == i]) for i in range(len(drawn.events))]
    rows = [track(_names(event), found, "tall") for event, (found, _) in zip(drawn.events, bars, strict=True)]
    rows += _seen_rows(drawn, view)
    marks, n_rows = flags(view)
    foot = time_ticks(view) + stage_legend(view, all(named for _, named in bars))
    head = f'<div class="flags" style="height:{18 * n_rows + 4}px">{marks}</div>'
    return f'<div class="timeline">{head}{"".join(rows)}{foot}</div>{_severity(drawn, view)}'


def event_title(event: EventLabels) -> str:
    """What happens, and at which component."""
    where = f" at {component_text(event.component)}" if event.component and event.at is None else ""
    return f"{phrase(event.event_subtype.value)}{where}"


def _names(event: EventLabels) -> tuple[str, str]:
    name = phrase(event.event_subtype.value)
    return name, name.split()[0]


def _seen_rows(drawn: DrawnScenario, view: TimeView) -> list[str]:
    """From when the sensors that see most could see any of the events."""
    rows: list[tuple[float, str]] = []
    for name in drawn.greatest_snr:
        found = [seen[name] for seen in drawn.seen]
        first = [one.first_detectable_s for one in found if one.first_detectable_s is not None]
        if not first:
            continue
        best = max(found, key=lambda one: one.max_snr)
        row = {
            "max_snr": best.max_snr,
            "sensor_id": name,
            "first_detectable_s": min(first),
            "detectable_s": max(one.detectable_s for one in found),
        }
        rows.append((best.max_snr, track(sensor_names(name), seen_bar(row, view))))
    rows.sort(key=lambda row: -row[0])
    shown = [html for _, html in rows[:MOST_SENSORS]]
    if not shown:
        return [track(("Sensors", "Sensors"), '<span class="unseen">no sensor could see it</span>')]
    if (more := len(rows) - len(shown)) > 0:
        told = f'<span class="unseen">{counted(more, "other sensor")} could see it too, less clearly</span>'
        shown.append(track(("More", "More"), told))
    return shown


def _severity(drawn: DrawnScenario, view: TimeView) -> str:
    t_s = drawn.run.spec.grid.t_s
    lines = [
        Line(event_title(event), kind, Series(t_s, np.where(event.active, event.severity, np.nan), ""))
        for event, kind in zip(drawn.events, KINDS, strict=False)
    ]
    key = legend([(line.kind, line.label) for line in lines])
    edges = [(edge, "") for edge in LEVEL_EDGES]
    drawn_chart = chart(
        "Severity and level", "", lines[::-1], view, axis=_LEVELS, height_px=150, columns=600, limits=edges
    )
    more = len(drawn.events) - len(lines)
    note = f'<p class="small">{more} more events are not drawn.</p>' if more > 0 else ""
    return f'<div class="severity">{drawn_chart}{key}{note}</div>'
