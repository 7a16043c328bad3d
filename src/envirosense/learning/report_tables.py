"""Tables of the evaluation report; each cell names its column, so that a narrow screen can stack them."""

from collections.abc import Sequence
from html import escape
from typing import Final

from envirosense.learning.intervals import Estimate
from envirosense.learning.results import DetectorResult, EvaluationReport, ScenarioResult
from envirosense.learning.wording import ROLES, duration, interval_text, share, value_text

_WHY: Final = {
    "model": "what this report is about",
    "threshold": "greatest departure from the episode's own baseline",
    "control": "the same learner on permuted labels; must guess",
}
_DETECTOR_HEADS: Final = (
    "Detector", "Area under precision-recall", "Recall of detectable events",
    "False alarms per device-day", "Delay, median", "Lead before ignition, median",
)  # fmt: skip
_SCENARIO_HEADS: Final = (
    "Scenario", "Episodes", "Events", "Detectable", "Recall", "Delay, median", "Lead, median",
    "False alarms per device-day",
)  # fmt: skip

type Cell = tuple[str, str]  # value, small print


def comparison_table(report: EvaluationReport) -> str:
    """One row a detector, each number with its 95 % interval."""
    rows = [_row(_detector_cells(found), _DETECTOR_HEADS, found.role) for found in report.detectors]
    return _table(_DETECTOR_HEADS, rows)


def scenario_table(scenarios: Sequence[ScenarioResult]) -> str:
    """One row a scenario under the alarms of the model."""
    return _table(_SCENARIO_HEADS, [_row(_scenario_cells(row), _SCENARIO_HEADS) for row in scenarios])


def _table(heads: Sequence[str], rows: Sequence[str]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _row(cells: Sequence[Cell], heads: Sequence[str], role: str = "") -> str:
    shown = [
        f'<td data-head="{escape(head)}"><span>{_swatch(role) if place == 0 else ""}{escape(value)}'
        f"{f'<small>{escape(below)}</small>' if below else ''}</span></td>"
        for place, ((value, below), head) in enumerate(zip(cells, heads, strict=True))
    ]
    return f'<tr class="{"lead" if role == "model" else ""}">{"".join(shown)}</tr>'


def _swatch(role: str) -> str:
    return f'<i class="swatch {role}"></i>' if role else ""


def _detector_cells(found: DetectorResult) -> tuple[Cell, ...]:
    alarms = found.false_alarms_per_device_day
    return (
        (ROLES[found.role], _WHY[found.role]),
        (value_text(found.pr_auc), interval_text(found.pr_auc, "")),
        (share(found.recall), interval_text(found.recall, "share")),
        (value_text(alarms), interval_text(alarms, "") + (" · not resolved" if alarms.note else "")),
        _time(found.delay_s),
        _time(found.lead_s),
    )


def _scenario_cells(row: ScenarioResult) -> tuple[Cell, ...]:
    alarms = row.false_alarms_per_device_day
    return (
        (row.scenario, ""),
        *((str(count), "") for count in (row.n_episodes, row.n_events, row.n_detectable)),
        (share(row.recall), interval_text(row.recall, "share") if row.recall.n else ""),
        _time(row.delay_s) if row.delay_s.n else ("–", ""),
        _time(row.lead_s) if row.lead_s.n else ("–", ""),
        (value_text(alarms), "not resolved" if alarms.note else interval_text(alarms, "")),
    )


def _time(found: Estimate) -> Cell:
    return duration(found.value), interval_text(found, "time")
