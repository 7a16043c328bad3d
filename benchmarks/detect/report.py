"""What `make bench-detect` found: a table to read, and the same as JSON."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from task import Judged

from envirosense.datasets.windows import Windows
from envirosense.learning import metrics
from envirosense.learning.intervals import poisson_rate, proportion

ROLES = ("trained", "shuffled labels")


def _scenario_rows(judgement: Judged, events: Windows) -> list[dict[str, object]]:
    asked = events.events.select(events.events.detectable_s >= 60.0)
    rows = []
    for name in np.unique(events.events.scenario).tolist():
        every = int((events.events.scenario == name).sum())
        mine = asked.scenario == name
        share = proportion(int(judgement.found[mine].sum()), int(mine.sum()))
        delay_s = judgement.delay_s[mine & judgement.found] if mine.any() else np.empty(0)
        rows.append(
            {
                "scenario": name,
                "events": every,
                "asked": int(mine.sum()),
                "recall": share.value,
                "low": share.low,
                "high": share.high,
                "median_delay_s": float(np.median(delay_s)) if delay_s.size else None,
            }
        )
    return rows


def _false_by_scenario(
    negatives: Windows, score: npt.NDArray[np.float64], threshold: float
) -> dict[str, int]:
    quiet = metrics.quiet_windows(negatives)
    found = {}
    for name in np.unique(negatives.scenario).tolist():
        mine = negatives.scenario == name
        found[name] = metrics.count_false_alarms(negatives, (score > threshold) & mine, quiet)
    return found


def summary(
    outcomes: list[Judged],
    events: Windows,
    negatives: Windows,
    negative_score: npt.NDArray[np.float64],
    mix: dict[str, float],
    n_months: float,
) -> dict[str, object]:
    """Everything the benchmark says, as plain data."""
    report: dict[str, object] = {"pole_months": n_months, "mix_of_days": mix}
    for role, one in zip(ROLES, outcomes, strict=True):
        rate, share = poisson_rate(one.n_false, n_months), proportion(one.n_found, one.n_asked)
        report[role] = {
            "false_alarms": one.n_false,
            "per_pole_month": rate.value,
            "low": rate.low,
            "high": rate.high,
            "events": one.n_asked,
            "recall": share.value,
            "recall_low": share.low,
            "recall_high": share.high,
            "median_lead_s": _median(one.lead_s),
        }
    report["by_scenario"] = _scenario_rows(outcomes[0], events)
    report["false_alarms_by_day"] = _false_by_scenario(negatives, negative_score, outcomes[0].threshold)
    return report


def _median(values: npt.NDArray[np.float64]) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else None


def print_report(report: dict[str, object]) -> None:
    """The report as text."""
    print(f"{report['pole_months']:.1f} pole-months of negatives")
    for role in ROLES:
        one = report[role]
        print(
            f"{role:16s} false alarms per pole-month {one['per_pole_month']:.2f} "
            f"({one['low']:.2f} to {one['high']:.2f}); recall {one['recall']:.3f} "
            f"({one['recall_low']:.3f} to {one['recall_high']:.3f}) of {one['events']} events"
        )
    for row in report["by_scenario"]:
        recall = "-" if row["recall"] is None else f"{row['recall']:.2f}"
        print(
            f"  {row['scenario']:34s} {row['asked']:3d} of {row['events']:3d} events asked, recall {recall}"
        )
    for name, count in sorted(report["false_alarms_by_day"].items(), key=lambda pair: -pair[1]):
        share = report["mix_of_days"].get(name, 0.0)
        print(f"  {name:34s} {100 * share:5.1f} % of the days, {count} false alarms")


def write_report(folder: Path, report: dict[str, object]) -> None:
    """The report as JSON."""
    (folder / "report.json").write_text(json.dumps(report, indent=1))
