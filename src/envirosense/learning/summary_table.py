"""The comparison of an evaluation as a table for a terminal."""

from rich.table import Table

from envirosense.learning.intervals import Estimate
from envirosense.learning.results import EvaluationReport
from envirosense.learning.wording import (
    ROLES,
    duration,
    guessing_text,
    interval_text,
    share,
    small_sample_text,
    value_text,
)


def comparison_table(report: EvaluationReport) -> Table:
    """One row a detector, each number with its 95 % interval."""
    seen = report.exposure
    small = small_sample_text(seen)
    judged = (
        f"{seen.n_episodes} episodes of split {report.split}, {seen.device_days:.2f} device-days, "
        f"{seen.n_detectable_events} of {seen.n_events} events detectable"
    )
    table = Table(
        title=f"{small}\n{judged}" if small else judged,
        caption=f"{guessing_text(seen)}; in brackets 95 % intervals" + f"\n{report.in_life}".rstrip(),
    )
    table.add_column("detector")
    for name in ("PR-AUC", "recall", "false alarms / device-day", "delay", "lead before ignition"):
        table.add_column(name, justify="right")
    for found in report.detectors:
        alarms = found.false_alarms_per_device_day
        table.add_row(
            ROLES[found.role],
            _cell(value_text(found.pr_auc), found.pr_auc, ""),
            _cell(share(found.recall), found.recall, "share"),
            _cell(value_text(alarms), alarms, "") + ("\nnot resolved" if alarms.note else ""),
            _cell(duration(found.delay_s.value), found.delay_s, "time"),
            _cell(duration(found.lead_s.value), found.lead_s, "time"),
        )
    return table


def _cell(value: str, found: Estimate, form: str) -> str:
    return f"{value}\n({interval_text(found, form)})"
