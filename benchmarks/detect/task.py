"""The one question of this benchmark: does a fire begin here? And how alarms are judged."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from envirosense.datasets.window_events import NORMAL
from envirosense.datasets.windows import Windows
from envirosense.learning import metrics
from envirosense.pole.detectors.fire_alarm import Lesson, Looks
from envirosense.pole.detectors.fire_alarm.lessons import FIRE as FIRE_TYPES

FIRE: Final = "fire"
PRECURSOR: Final = "fire_precursor"
SHIFTS: Final = (-2.0, -1.5, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0)
TRIED: Final = 400  # thresholds
NEEDED_S: Final = 60.0  # an event that no sensor could see for a minute is not asked for

type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]


class Alarm(Protocol):
    """What is judged: evidence of its parts against a margin each."""

    heads: Mapping[str, object]
    margins: dict[str, float]

    def score(self, evidence: Floats) -> Floats:
        """Score of (part, window) evidence, (window,); an alarm is a score above 0."""
        ...


def fire_task(windows: Windows) -> Windows:
    """The same windows asked about fire alone: everything else that happens is normal."""
    is_fire = np.isin(windows.y, FIRE_TYPES)
    return replace(
        windows,
        y=np.where(is_fire, FIRE, NORMAL),
        event_id=np.where(is_fire, windows.event_id, -1).astype(np.int32),
        events=windows.events.select(np.isin(windows.events.event_type, FIRE_TYPES)),
    )


def shuffled(lesson: Lesson, rng: np.random.Generator) -> Lesson:
    """The same windows with the answers of others: a learner that still finds fires has another source."""
    order = rng.permutation(len(lesson.is_quiet))
    answers = {half: seen[order] for half, seen in lesson.is_seen.items()}
    return Lesson(
        Looks(lesson.looks.values, lesson.looks.names), lesson.is_quiet[order], answers, lesson.episode_id
    )


def choose_margins(alarm: Alarm, windows: Windows, evidence: Floats, allowed: Mapping[str, int]) -> None:
    """Set each part's margin so that it alone gives at most its `allowed` false alarms; (part, window)."""
    alarm.margins = {
        part: threshold_for(windows, one, allowed[part])
        for part, one in zip(alarm.heads, evidence, strict=True)
    }


def false_alarms(windows: Windows, alarm: Bools, quiet: Bools) -> int:
    """False alarms as an operator counts them: one goes on until there was none for half an hour."""
    count = 0
    wrong = alarm & quiet
    for rows in metrics.episode_rows(windows):
        start_s = windows.start_s[rows[wrong[rows]]]
        count += int(start_s.size and 1 + (np.diff(start_s) > metrics.MERGE_S).sum())
    return count


def threshold_for(windows: Windows, score: Floats, allowed: int) -> float:
    """The lowest threshold with at most `allowed` false alarms; infinite without a quiet window.

    Of the scores of quiet windows, the greatest by rank and then ever fewer are tried. All are: where alarms
    that flicker merge into one, a lower threshold may pass and a higher one not.
    """
    quiet = metrics.quiet_windows(windows)
    levels = np.unique(score[quiet])[::-1]
    if not levels.size:
        return float("inf")
    ranks = np.unique(np.geomspace(1, levels.size, TRIED).astype(np.intp)) - 1
    passing = [level for level in levels[ranks] if false_alarms(windows, score > level, quiet) <= allowed]
    return float(min(passing))


@dataclass(frozen=True, slots=True)
class Judged:
    """Outcome of one detector; an alarm is a score above 0."""

    margins: dict[str, float]
    n_false: int  # alarms closer than half an hour are one
    n_half_hours: int  # the same, one that lasts counted again every half hour
    asked: Bools  # (event,): some sensor could see it for a minute
    found: Bools  # (event,): an alarm while it is active
    is_early: Bools  # (event,): the alarm came before ignition, where there was one
    delay_s: Floats  # (event,) after the first moment a sensor could see it
    lead_s: Floats  # (event,) before ignition

    @property
    def n_asked(self) -> int:
        """Events asked for."""
        return int(self.asked.sum())

    @property
    def n_found(self) -> int:
        """Events found of those asked for."""
        return int((self.asked & self.found).sum())


def judged(
    alarm: Alarm, negatives: Windows, quiet_evidence: Floats, events: Windows, evidence: Floats
) -> Judged:
    """False alarms on the negatives, and what became of the events that could be seen."""
    quiet = metrics.quiet_windows(negatives)
    wrong = alarm.score(quiet_evidence) > 0.0
    outcomes = metrics.event_outcomes(events, alarm.score(evidence) > 0.0)
    with np.errstate(invalid="ignore"):
        is_early = outcomes.lead_s > 0.0
    return Judged(
        alarm.margins,
        false_alarms(negatives, wrong, quiet),
        metrics.count_false_alarms(negatives, wrong, quiet),
        events.events.detectable_s >= NEEDED_S,
        outcomes.alarmed,
        is_early,
        outcomes.delay_s,
        outcomes.lead_s,
    )


def curve(
    alarm: Alarm, negatives: Windows, quiet_evidence: Floats, events: Windows, evidence: Floats
) -> list[dict[str, float]]:
    """False alarms and recall with all margins shifted alike: what the test says of other choices.

    For the reader alone; nothing is chosen by it.
    """
    quiet = metrics.quiet_windows(negatives)
    quiet_score, score = alarm.score(quiet_evidence), alarm.score(evidence)
    asked = events.events.detectable_s >= NEEDED_S
    rows = []
    for shift in SHIFTS:
        found = metrics.event_outcomes(events, score > shift).alarmed[asked]
        n_false = false_alarms(negatives, quiet_score > shift, quiet)
        recall = float(found.mean()) if found.size else 0.0
        rows.append({"shift": shift, "false_alarms": n_false, "recall": recall})
    return rows
