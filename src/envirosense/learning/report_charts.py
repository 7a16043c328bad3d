"""Charts of the evaluation report."""

import math
from collections.abc import Sequence

from envirosense.learning import svg
from envirosense.learning.intervals import Estimate
from envirosense.learning.results import ConfusionTable, DetectorResult, Example, ScenarioResult, Trace
from envirosense.learning.wording import counted, symbol

_WIDTH, _HEIGHT = 520.0, 330.0
_LETTER, _LINE = 7.2, 15.0  # width of a letter and height of a line of names


def precision_recall_chart(detectors: Sequence[DetectorResult], prevalence: float) -> str:
    """Precision against recall of every detector, with the line of guessing."""
    if not prevalence:
        return '<p class="empty">No window of a detectable event to rank.</p>'
    x, y = svg.Scale(0, 1, 48, _WIDTH - 14), svg.Scale(0, 1, _HEIGHT - 46, 28)
    parts = svg.frame(x, y, "recall of event windows", "precision")
    parts.append(svg.line(x(0), y(prevalence), x(1), y(prevalence), "chance"))
    parts.append(svg.text(x(1) - 4, y(prevalence) - 6, "guessing", "note", "end"))
    for found in reversed(detectors):
        start = [(0.0, found.curve[0][1])] if found.curve else []
        points = [(x(recall), y(precision)) for recall, precision in (*start, *found.curve)]
        parts.append(svg.path(points, f"curve {found.role}"))
    return svg.drawing(_WIDTH, _HEIGHT, parts, "Precision-recall curves of the detectors")


def time_to_alarm_chart(detectors: Sequence[DetectorResult], n_detectable: int) -> str:
    """Share of detectable events alarmed within a time after they could be seen."""
    if not n_detectable:
        return '<p class="empty">No event that a sensor could see.</p>'
    latest_s = max((found.delays_s[-1] for found in detectors if found.delays_s), default=60.0)
    unit_s, unit = (60.0, "min") if latest_s > 300 else (1.0, "s")
    x = svg.Scale(0, max(latest_s / unit_s * 1.05, 1.0), 48, _WIDTH - 14)
    y = svg.Scale(0, 1, _HEIGHT - 46, 28)
    parts = svg.frame(x, y, f"time after a sensor could first see the event [{unit}]", "events alarmed")
    for found in reversed(detectors):
        steps, level = [(x(0), y(0))], 0.0
        for rank, delay_s in enumerate(found.delays_s, start=1):
            at = x(max(delay_s / unit_s, 0.0))
            steps += [(at, y(level)), (at, y(rank / n_detectable))]
            level = rank / n_detectable
        steps.append((x.end_px, y(level)))
        parts.append(svg.path(steps, f"curve {found.role}"))
    return svg.drawing(_WIDTH, _HEIGHT, parts, "Share of detectable events alarmed against time")


def lead_chart(found: DetectorResult) -> str:
    """Lead time of each alarmed event that ignited: right of zero is before ignition."""
    if not found.leads_s:
        return '<p class="empty">No event with an observed ignition was alarmed.</p>'
    minutes = [lead_s / 60.0 for lead_s in found.leads_s]
    margin = max((max(minutes) - min(minutes)) * 0.06, 1.0)
    x = svg.Scale(min(*minutes, 0) - margin, max(*minutes, 0) + margin, 20, _WIDTH - 20)
    parts = [svg.line(x(value), 30, x(value), 92, "grid") for value in x.ticks(6)]
    parts += [svg.text(x(value), 110, f"{value:g}") for value in x.ticks(6)]
    parts += [svg.line(x(0), 22, x(0), 92, "mark ignition"), svg.text(x(0), 15, "ignition", "note")]
    for rank, lead in enumerate(minutes):
        height = 44 + 12 * ((rank * 2) % 4)
        kind = "dot model" if lead > 0 else "dot late"
        parts.append(svg.circle(x(lead), height, 5, kind, f"{lead:.1f} min before ignition"))
    parts.append(svg.text(_WIDTH / 2, 130, "alarm before ignition [min]", "label"))
    return svg.drawing(_WIDTH, 138, parts, "Lead time of alarms before ignition")


def scenario_chart(rows: Sequence[ScenarioResult]) -> str:
    """Recall over detectable events by scenario, with exact intervals."""
    shown = [row for row in rows if row.n_detectable]
    if not shown:
        return '<p class="empty">No scenario held a detectable event.</p>'
    height = 34.0 * len(shown) + 52
    x = svg.Scale(0, 1, 250, 500)
    parts = [svg.line(x(value), 8, x(value), height - 40, "grid") for value in x.ticks(4)]
    parts += [svg.text(x(value), height - 24, f"{value:g}") for value in x.ticks(4)]
    parts.append(svg.text(x(0.5), height - 6, "recall of detectable events, 95 % interval", "label"))
    for place, row in enumerate(shown):
        y = 24.0 + 34 * place
        parts.append(svg.text(238, y + 4, row.scenario, "name", "end"))
        parts.append(_whisker(x, y, row.recall))
        parts.append(svg.text(512, y + 4, counted(row.recall.n, "event"), "note", "start"))
    return svg.drawing(590, height, parts, "Recall by scenario")


def _whisker(x: svg.Scale, y: float, found: Estimate) -> str:
    if found.value is None or found.low is None or found.high is None:
        return ""
    ends = svg.line(x(found.low), y, x(found.high), y, "whisker")
    return ends + svg.circle(x(found.value), y, 5.5, "dot model", f"{found.value:.2f}")


def confusion_chart(table: ConfusionTable) -> str:
    """Share of each true class that was said to be each class, with window counts."""
    names = [_broken(name) for name in table.classes]
    longest = _LETTER * max(len(part) for parts in names for part in parts)
    n, cell, left = len(table.classes), max(78.0, longest + 8), max(90.0, longest + 28)
    top = 48.0 + _LINE * max(map(len, names))
    parts = [
        svg.text(left + n * cell / 2, 16, "said", "label"),
        svg.text(left - 12, top - 12, "true", "label", "end"),
    ]
    for row, name in enumerate(names):
        middle = (row + 0.5) * cell
        parts += _stacked(name, left - 12, top + middle + 4 - _LINE * (len(name) - 1) / 2, "end")
        parts += _stacked(name, left + middle, top - 12 - _LINE * (len(name) - 1), "middle")
        total = max(sum(table.counts[row]), 1)
        for column, count in enumerate(table.counts[row]):
            parts += _confusion_cell(left + column * cell, top + row * cell, cell, count, count / total)
    return svg.drawing(max(left + n * cell + 10, 400), top + n * cell + 8, parts, "Confusion matrix")


def _confusion_cell(x: float, y: float, size: float, count: int, share: float) -> list[str]:
    kind = "count strong" if share > 0.55 else "count"
    return [
        svg.rect(x + 1, y + 1, size - 2, size - 2, "cell", f"fill-opacity:{0.06 + 0.84 * share:.2f}"),
        svg.text(x + size / 2, y + size / 2 + 1, f"{share:.0%}", kind),
        svg.text(x + size / 2, y + size / 2 + 18, f"{count:,}", kind + " small"),
    ]


def _broken(name: str) -> list[str]:
    """Lines of a name, broken behind each underscore."""
    return name.replace("_", "_\n").split("\n")


def _stacked(lines: Sequence[str], x: float, y: float, anchor: str) -> list[str]:
    return [svg.text(x, y + _LINE * place, line, "name", anchor) for place, line in enumerate(lines)]


def example_chart(example: Example, threshold: float) -> str:
    """Score and strongest channels of one episode over time, with what really happened."""
    minutes = [t_s / 60.0 for t_s in example.t_s]
    x = svg.Scale(0.0, max(minutes), 8, 372)
    band, gap, top = 46.0, 23.0, 30.0
    bottom = top + (len(example.traces) + 1) * (band + gap) - gap
    tops = [top + place * (band + gap) for place in range(len(example.traces) + 1)]
    parts = [mark for at in tops for mark in _marks(example, x, at, at + band)]  # names stay clear
    score = svg.Scale(0, 1, top + band, top)
    parts.append(svg.text(8, top - 6, "score", "note", "start"))
    points = [(x(t), score(value)) for t, value in zip(minutes, example.score, strict=True)]
    parts += [svg.area(points, top + band, "fill"), svg.path(points, "curve model thin")]
    if threshold < 1:
        parts.append(svg.line(8, score(threshold), 372, score(threshold), "threshold"))
    for trace, at in zip(example.traces, tops[1:], strict=True):
        parts += _trace(trace, minutes, x, at, band)
    parts.append(svg.line(8, bottom + 4, 372, bottom + 4, "axis"))
    parts += [svg.text(x(value), bottom + 18, f"{value:g}") for value in x.ticks(6)]
    parts.append(svg.text(372, bottom + 32, "minutes", "note", "end"))
    return svg.drawing(380, bottom + 38, parts, f"{example.kind}: {example.scenario}")


def _marks(example: Example, x: svg.Scale, top: float, bottom: float) -> list[str]:
    times = {
        "onset": example.onset_s,
        "detectable": example.detectable_s,
        "alarm": example.alarm_s,
        "ignition": example.ignition_s,
    }
    return [
        svg.line(x(time_s / 60.0), top, x(time_s / 60.0), bottom, f"mark {name}")
        for name, time_s in times.items()
        if time_s is not None
    ]


def _trace(trace: Trace, minutes: Sequence[float], x: svg.Scale, top: float, band: float) -> list[str]:
    known = [value for value in trace.values if value is not None]
    if not known:
        return []
    low, high = min(known), max(known)
    y = svg.Scale(low, high if high > low else low + 1, top + band, top + 3)
    points = [
        None if value is None else (x(t), y(value)) for t, value in zip(minutes, trace.values, strict=True)
    ]
    unit = f" [{symbol(trace.unit)}]" if symbol(trace.unit) else ""
    return [
        svg.text(8, top - 6, f"{trace.channel}{unit}", "note", "start"),
        svg.text(372, top - 6, _range_text(low, high), "note", "end"),
        svg.path(points, "curve trace"),
    ]


def _range_text(low: float, high: float) -> str:
    """Both ends with digits enough to tell them apart."""
    span = high - low
    digits = min(max(1 - math.floor(math.log10(span)), 0), 6) if span > 0 else 2
    return f"{low:.{digits}f} to {high:.{digits}f}"


def importance_chart(weights: dict[str, float], n: int = 10) -> str:
    """Features the model leaned on most."""
    shown = list(weights.items())[:n]
    if not shown:
        return '<p class="empty">This learner reports no feature weights.</p>'
    largest = max(value for _, value in shown) or 1.0
    parts = []
    for place, (name, value) in enumerate(shown):
        y = 10.0 + 24 * place
        parts.append(svg.text(228, y + 11, name, "name", "end"))
        parts.append(svg.rect(238, y, 240 * value / largest, 15, "bar"))
        parts.append(svg.text(244 + 240 * value / largest, y + 12, f"{value:.3f}", "note", "start"))
    return svg.drawing(540, 24.0 * len(shown) + 16, parts, "Feature weights")
