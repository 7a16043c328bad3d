"""What `make bench-detect` found: a table to read, and the same as JSON."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sets import Job, months
from task import NEEDED_S, PRECURSOR, Judged, false_alarms

from envirosense.core.rng import stream
from envirosense.datasets.windows import Windows
from envirosense.learning import metrics
from envirosense.learning.intervals import poisson_rate, proportion
from envirosense.pole.difficulty_levels import stored_level

ROLES = ("trained", "plain rules", "shuffled labels")
RESAMPLES = 2000
GATE_LEVELS = ("easy", "standard")  # of difficulty.yaml; no fire has changed its level since version 1


def _scenario_rows(one: Judged, events: Windows) -> list[dict[str, object]]:
    rows = []
    for name in np.unique(events.events.scenario).tolist():
        every = events.events.scenario == name
        mine = every & one.asked
        share = proportion(int(one.found[mine].sum()), int(mine.sum()))
        rows.append(
            {
                "scenario": name,
                "events": int(every.sum()),
                "asked": int(mine.sum()),
                "recall": share.value,
                "low": share.low,
                "high": share.high,
                "median_delay_s": _median(one.delay_s[mine & one.found]),
                "median_lead_s": _median(one.lead_s[mine & one.found]),
            }
        )
    return rows


def _gate(one: Judged, events: Windows) -> dict[str, object]:
    """Recall of the precursors that the gate asks for: of scenarios of standard difficulty or easier."""
    names = events.events.scenario
    within = np.isin(names, [name for name in np.unique(names) if stored_level(str(name)) in GATE_LEVELS])
    mine = within & (events.events.event_type == PRECURSOR)
    of_gate = replace(one, asked=one.asked & mine)
    low, high = _recall_interval(of_gate, events.events.episode_id)
    share = proportion(of_gate.n_found, of_gate.n_asked)
    return {
        "events": of_gate.n_asked,
        "recall": share.value,
        "recall_low": low,
        "recall_high": high,
        "all_events": int(mine.sum()),
        "all_found": int((mine & one.found).sum()),
    }


def _by_visible_time(one: Judged, events: Windows) -> list[dict[str, object]]:
    """Recall of the events asked for, by how long the best sensor could see them."""
    seen_s = events.events.detectable_s
    edges_s = (NEEDED_S, 300.0, 1800.0, 7200.0, np.inf)
    rows = []
    for low_s, high_s in pairwise(edges_s):
        mine = one.asked & (seen_s >= low_s) & (seen_s < high_s)
        share = proportion(int(one.found[mine].sum()), int(mine.sum()))
        rows.append({"from_s": low_s, "asked": int(mine.sum()), "recall": share.value})
    return rows


def _by_fire(one: Judged, events: Windows) -> dict[str, object]:
    """The same by fire, which is one episode: its events are stages of one another and found together."""
    owners = np.unique(events.events.episode_id[one.asked])
    found = np.unique(events.events.episode_id[one.asked & one.found])
    share = proportion(len(found), len(owners))
    ignited = one.asked & np.isfinite(events.events.ignition_s)
    burning = np.unique(events.events.episode_id[ignited])
    early = proportion(len(np.unique(events.events.episode_id[ignited & one.is_early])), len(burning))
    return {
        "fires": len(owners),
        "recall": share.value,
        "low": share.low,
        "high": share.high,
        "ignited": len(burning),
        "before_ignition": early.value,
        "before_low": early.low,
        "before_high": early.high,
    }


def _recall_interval(one: Judged, episode_id: npt.NDArray[np.str_]) -> tuple[float | None, float | None]:
    """95 % interval of the recall over events, from drawing whole episodes again with replacement."""
    owner = np.unique(episode_id[one.asked], return_inverse=True)[1]
    if not owner.size:
        return None, None
    n = int(owner.max()) + 1
    asked = np.bincount(owner, minlength=n)
    found = np.bincount(owner, weights=one.found[one.asked], minlength=n)
    drawn = stream(0, "detect", "bootstrap").integers(n, size=(RESAMPLES, n))
    low, high = np.quantile(found[drawn].sum(axis=1) / asked[drawn].sum(axis=1), [0.025, 0.975])
    return float(low), float(high)


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
        low, high = _recall_interval(one, events.events.episode_id)
        precursors = one.asked & (events.events.event_type == PRECURSOR)
        early = proportion(int(one.found[precursors].sum()), int(precursors.sum()))
        report[role] = {
            "margins": one.margins,
            "false_alarms": one.n_false,
            "false_half_hours": one.n_half_hours,
            "per_pole_month": rate.value,
            "low": rate.low,
            "high": rate.high,
            "events": one.n_asked,
            "recall": share.value,
            "recall_low": low,
            "recall_high": high,
            "precursors": int(precursors.sum()),
            "precursor_recall": early.value,
            "gate": _gate(one, events),
            "by_fire": _by_fire(one, events),
            "median_delay_s": _median(one.delay_s[one.asked]),
            "median_lead_s": _median(one.lead_s[one.asked]),
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


def _recall_of(one: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    return one["recall"], one["recall_low"], one["recall_high"]


def _said(one: Mapping[str, Any]) -> str:
    recall, low, high = (float("nan") if v is None else v for v in _recall_of(one))
    return f"{recall:.3f} ({low:.3f} to {high:.3f}) of {one['events']}"


def print_report(report: Mapping[str, Any]) -> None:
    """The report as text."""
    print(f"{report['pole_months']:.1f} pole-months of negatives")
    for role in ROLES:
        one = report[role]
        print(
            f"{role:16s} false alarms per pole-month {one['per_pole_month']:.2f} "
            f"({one['low']:.2f} to {one['high']:.2f}); recall of the gate's precursors {_said(one['gate'])}; "
            f"of all events {_said(one)}"
        )
    gate = report["trained"]["gate"]
    print(f"found of those precursors, visible or not: {gate['all_found']} of {gate['all_events']}")
    fires = report["trained"]["by_fire"]
    if fires["recall"] is not None:
        print(
            f"by fire: {fires['recall']:.3f} ({fires['low']:.3f} to {fires['high']:.3f}) of "
            f"{fires['fires']}; "
            f"before ignition {fires['before_ignition']} of {fires['ignited']} that ignited"
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
