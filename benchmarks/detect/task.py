"""The one question of this benchmark: does a fire begin here? And how an alarm is made of scores."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.datasets.window_events import NORMAL
from envirosense.datasets.windows import Windows
from envirosense.learning import metrics
from envirosense.learning.detectors import WindowDetector
from envirosense.scenarios import EventType, Family

FIRE: Final = "fire_precursor"
FIRE_TYPES: Final = tuple(kind.value for kind in EventType if kind.family is Family.FIRE)
NEEDED_S: Final = 60.0  # an event that no sensor could see for a minute is not asked for
MEMORY: Final = 10  # windows whose evidence an alarm weighs; fixed before the first training
LEAST: Final = 1e-6  # of a probability, keeps its logarithm finite

type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]


def fire_task(windows: Windows) -> Windows:
    """The same windows asked about fire alone: everything else that happens is normal."""
    is_fire = np.isin(windows.y, FIRE_TYPES)
    return replace(
        windows,
        y=np.where(is_fire, FIRE, NORMAL),
        event_id=np.where(is_fire, windows.event_id, -1).astype(np.int32),
        events=windows.events.select(np.isin(windows.events.event_type, FIRE_TYPES)),
    )


def thinned(windows: Windows, most_events: int, most_normal: int) -> Windows:
    """A few windows of an episode, evenly over time: those worth learning from."""
    rows = [
        _evenly(np.flatnonzero(windows.is_event & windows.detectable), most_events),
        _evenly(np.flatnonzero(~windows.is_event), most_normal),
    ]
    return windows.select(np.sort(np.concatenate(rows)))


def _evenly(rows: npt.NDArray[np.intp], most: int) -> npt.NDArray[np.intp]:
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(np.intp)]


def evidence(detector: WindowDetector, scores: Floats) -> Floats:
    """Mean log odds of fire over the last windows of one episode, (window,)."""
    share = np.clip(scores[:, detector.classes.index(FIRE)], LEAST, 1.0 - LEAST)
    odds = np.log(share / (1.0 - share))
    total = np.concatenate([[0.0], np.cumsum(odds)])
    end = np.arange(1, odds.size + 1)
    begin = np.maximum(end - MEMORY, 0)
    return (total[end] - total[begin]) / MEMORY  # a short history is weak evidence


@dataclass(frozen=True, slots=True)
class Judged:
    """Outcome at one threshold."""

    threshold: float
    n_false: int
    n_asked: int  # events that some sensor could see long enough
    n_found: int
    found: Bools  # (event,) of those asked
    delay_s: Floats
    lead_s: Floats


def threshold_for(windows: Windows, score: Floats, allowed: int) -> float:
    """Lowest threshold with at most `allowed` false alarms on these windows."""
    quiet = metrics.quiet_windows(windows)
    levels = np.unique(score[quiet])
    low, high = 0, levels.size - 1
    while low < high:
        middle = (low + high) // 2
        if metrics.count_false_alarms(windows, score > levels[middle], quiet) <= allowed:
            high = middle
        else:
            low = middle + 1
    return float(levels[low])


def judged(
    negatives: Windows, quiet_score: Floats, events: Windows, score: Floats, threshold: float
) -> Judged:
    """False alarms on the negatives, and what became of the events that could be seen."""
    n_false = metrics.count_false_alarms(negatives, quiet_score > threshold, metrics.quiet_windows(negatives))
    outcomes = metrics.event_outcomes(events, score > threshold)
    asked = events.events.detectable_s >= NEEDED_S
    return Judged(
        threshold,
        n_false,
        int(asked.sum()),
        int((outcomes.alarmed & asked).sum()),
        outcomes.alarmed[asked],
        outcomes.delay_s[asked],
        outcomes.lead_s[asked],
    )
