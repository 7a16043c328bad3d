"""What a detector's scores are worth: ranking, alarms, events caught, time gained.

Alarm scores are (window,), higher is more alarming; an alarm is a score above the threshold. An
alarm belongs to the instant its window is complete.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.datasets.windows import Windows

type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]

MERGE_S: Final = 1800.0  # alarms closer than this are one alarm
DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision against recall, from the strictest threshold on, (threshold,)."""

    recall: Floats
    precision: Floats
    threshold: Floats


def precision_recall(score: Floats, positive: Bools, weights: Floats | None = None) -> Curve:
    """Curve over all distinct thresholds; ties are taken together."""
    weight = np.ones(len(score)) if weights is None else weights
    order = np.argsort(-score, kind="stable")
    last_of_tie = np.append(np.diff(score[order]) != 0, True)
    hits = np.cumsum(weight[order] * positive[order])[last_of_tie]
    alarms = np.cumsum(weight[order])[last_of_tie]
    total = max(hits[-1], 1e-300) if len(hits) else 1.0
    return Curve(hits / total, hits / np.maximum(alarms, 1e-300), score[order][last_of_tie])


def average_precision(score: Floats, positive: Bools, weights: Floats | None = None) -> float:
    """Area under the precision-recall curve as the step sum; NaN without positives or negatives."""
    weight = np.ones(len(score)) if weights is None else weights
    if not weight[positive].sum() or not weight[~positive].sum():
        return float("nan")
    curve = precision_recall(score, positive, weight)
    return float(np.sum(np.diff(curve.recall, prepend=0.0) * curve.precision))


def quiet_windows(windows: Windows) -> Bools:
    """Windows without an event, later than `MERGE_S` after one, (window,).

    Right after an event its traces are still there and an alarm would be the same alarm.
    """
    quiet = ~windows.is_event
    for rows in episode_rows(windows):
        event_end_s = np.where(windows.is_event[rows], windows.end_s[rows], -np.inf)
        quiet[rows] &= windows.start_s[rows] >= np.maximum.accumulate(event_end_s) + MERGE_S
    return quiet


def episode_rows(windows: Windows) -> list[npt.NDArray[np.intp]]:
    """Rows of each episode in time order."""
    order = np.lexsort((windows.start_tick, windows.episode_id))
    breaks = np.flatnonzero(windows.episode_id[order][1:] != windows.episode_id[order][:-1]) + 1
    return [rows for rows in np.split(order, breaks) if rows.size]


def device_days(windows: Windows, chosen: Bools) -> float:
    """Time that the chosen windows cover [device-day]."""
    return float(chosen.sum()) * min(windows.stride_s, windows.length_s) / DAY_S


def count_false_alarms(windows: Windows, alarm: Bools, quiet: Bools) -> int:
    """Alarms in quiet windows; one that lasts counts again every `MERGE_S`."""
    count = 0
    wrong = alarm & quiet
    for rows in episode_rows(windows):
        counted_s = -np.inf
        for start_s in windows.start_s[rows[wrong[rows]]]:
            if start_s >= counted_s + MERGE_S:
                count, counted_s = count + 1, start_s
    return count


def threshold_at_budget(windows: Windows, score: Floats, budget_per_device_day: float) -> float:
    """Lowest threshold whose false alarms stay within the budget on these windows.

    With less exposure than one alarm's worth of budget, no false alarm is allowed at all.
    """
    quiet = quiet_windows(windows)
    allowed = int(budget_per_device_day * device_days(windows, quiet))
    levels = np.unique(score[quiet])
    if not levels.size:
        return float("inf")
    low, high = 0, len(levels) - 1  # the highest level never alarms
    while low < high:
        middle = (low + high) // 2
        if count_false_alarms(windows, score > levels[middle], quiet) <= allowed:
            high = middle
        else:
            low = middle + 1
    return float(levels[low])


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of each event, (event,)."""

    alarmed: Bools
    alarm_s: Floats  # first alarm while the event is active, NaN if none
    delay_s: Floats  # after the first instant a sensor could see it
    lead_s: Floats  # before ignition, NaN where no ignition was observed


def event_outcomes(windows: Windows, alarm: Bools) -> Outcomes:
    """First alarm in each event, with delay and lead time [s]."""
    events = windows.events
    alarm_s = np.full(len(events), np.nan)
    until_s = np.where(np.isnan(events.clearance_s), np.inf, events.clearance_s)
    for at in range(len(events)):
        inside = (
            alarm
            & (windows.episode_id == events.episode_id[at])
            & (windows.end_s > events.onset_s[at])
            & (windows.start_s < until_s[at])
        )
        if inside.any():
            alarm_s[at] = windows.end_s[inside].min()
    return Outcomes(
        alarmed=np.isfinite(alarm_s),
        alarm_s=alarm_s,
        delay_s=alarm_s - events.first_detectable_s,
        lead_s=events.ignition_s - alarm_s,
    )


def confusion(
    truth: npt.NDArray[np.str_], said: npt.NDArray[np.str_], classes: tuple[str, ...]
) -> npt.NDArray[np.int64]:
    """Counts (true class, predicted class)."""
    place = {name: at for at, name in enumerate(classes)}
    table = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(table, ([place[name] for name in truth.tolist()], [place[name] for name in said.tolist()]), 1)
    return table
