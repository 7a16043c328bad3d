"""What `make bench-detect` found: a table to read, and the same as JSON."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sets import Job, months
from task import NEEDED_S, Judged, false_alarms

from envirosense.datasets.windows import Windows
from envirosense.learning import metrics
from envirosense.learning.intervals import poisson_rate, proportion

ROLES = ("trained", "shuffled labels")


def _scenario_rows(judgement: Judged, events: Windows) -> list[dict[str, object]]:
    asked = events.events.select(events.events.detectable_s >= NEEDED_S)
    rows = []
    for name in np.unique(events.events.scenario).tolist():
        every = int((events.events.scenario == name).sum())
        mine = asked.scenario == name
        share = proportion(int(judgement.found[mine].sum()), int(mine.sum()))
        rows.append(
            {
                "scenario": name,
                "events": every,
                "asked": int(mine.sum()),
                "recall": share.value,
                "low": share.low,
                "high": share.high,
                "median_delay_s": _median(judgement.delay_s[mine & judgement.found]),
                "median_lead_s": _median(judgement.lead_s[mine & judgement.found]),
            }
        )
    return rows


def _by_visible_time(judgement: Judged, events: Windows) -> list[dict[str, object]]:
    """Recall of the events asked for, by how long the best sensor could see them."""
    asked_s = events.events.detectable_s[events.events.detectable_s >= NEEDED_S]
    edges_s = (NEEDED_S, 300.0, 1800.0, 7200.0, np.inf)
    rows = []
    for low_s, high_s in pairwise(edges_s):
        mine = (asked_s >= low_s) & (asked_s < high_s)
        share = proportion(int(judgement.found[mine].sum()), int(mine.sum()))
        rows.append({"from_s": low_s, "asked": int(mine.sum()), "recall": share.value})
    return rows


def _false_alarm_days(
    negatives: Windows, score: npt.NDArray[np.float64], days: Sequence[Job]
) -> list[dict[str, Any]]:
    """Days with false alarms and what happened on them; `days` is in the order of the windows' episodes."""
    quiet = metrics.quiet_windows(negatives)
    order = list(dict.fromkeys(negatives.episode_id.tolist()))
    found = []
    for episode_id, day in zip(order, days, strict=True):
        mine = negatives.episode_id == episode_id
        count = false_alarms(negatives, (score > 0.0) & mine, quiet)
        if count:
            found.append({"day": day.index, "false_alarms": count, "acts": list(day.acts)})
    return found


def summary(
    outcomes: Sequence[Judged],
    events: Windows,
    negatives: Windows,
    negative_score: npt.NDArray[np.float64],
    days: Sequence[Job],
    mix: Mapping[str, float],
) -> dict[str, Any]:
    """Everything the benchmark says, as plain data."""
    n_months = months(len(days))
    report: dict[str, Any] = {"pole_months": n_months, "mix_of_days": dict(mix)}
    for role, one in zip(ROLES, outcomes, strict=True):
        rate, share = poisson_rate(one.n_false, n_months), proportion(one.n_found, one.n_asked)
        report[role] = {
            "margins": one.margins,
            "false_alarms": one.n_false,
            "false_half_hours": one.n_half_hours,
            "per_pole_month": rate.value,
            "low": rate.low,
            "high": rate.high,
            "events": one.n_asked,
            "recall": share.value,
            "recall_low": share.low,
            "recall_high": share.high,
            "median_delay_s": _median(one.delay_s),
            "median_lead_s": _median(one.lead_s),
        }
    report["by_scenario"] = _scenario_rows(outcomes[0], events)
    report["by_visible_time"] = _by_visible_time(outcomes[0], events)
    report["false_alarm_days"] = _false_alarm_days(negatives, negative_score, days)
    met = Counter(name for day in report["false_alarm_days"] for name in set(day["acts"]))
    report["false_alarm_days_with"] = dict(met.most_common())
    return report


def _median(values: npt.NDArray[np.float64]) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else None


def print_report(report: Mapping[str, Any]) -> None:
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
    for day in report["false_alarm_days"]:
        print(f"  day {day['day']}: {day['false_alarms']} false alarms; {', '.join(day['acts'])}")


def write_report(folder: Path, report: Mapping[str, Any]) -> None:
    """The report as JSON."""
    (folder / "report.json").write_text(json.dumps(report, indent=1))
