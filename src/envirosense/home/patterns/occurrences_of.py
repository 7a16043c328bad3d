"""What became of the planted patterns: every trigger with its outcome, as the engine wrote it down."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.home.engine.occurrences import Occurrences
from envirosense.home.engine.rules import Outcome
from envirosense.home.log import EventLog
from envirosense.home.patterns.model import Planted

_FOLLOWED = (Outcome.DONE, Outcome.REDUNDANT, Outcome.FAILED, Outcome.BROKEN_OFF)


@dataclass(frozen=True, slots=True, eq=False)
class PatternOccurrences:
    """Triggers of planted patterns in order of time, (occurrence,) each.

    Attributes:
        pattern: Number of the pattern.
        link: Place of the link within the pattern, 0 for the first.
        trigger_us: When it was triggered, since the episode's start.
        trigger: Row of the event that triggered it, -1 for one by the clock.
        action: Row of the event that it made, -1 for none.
        outcome: `rules.Outcome`.
        is_followed: Whether the person meant to: all but those left and those not allowed at once. What was
            no longer allowed when it was due, or found nothing to do, was meant as well.
        delay_s: Time from trigger to action, NaN where none came [s].
    """

    pattern: npt.NDArray[np.int32]
    link: npt.NDArray[np.int8]
    trigger_us: npt.NDArray[np.int64]
    trigger: npt.NDArray[np.int64]
    action: npt.NDArray[np.int64]
    outcome: npt.NDArray[np.int8]
    is_followed: npt.NDArray[np.bool_]
    delay_s: npt.NDArray[np.float64]

    def __len__(self) -> int:
        """Number of triggers."""
        return self.pattern.size


@dataclass(frozen=True, slots=True)
class Realised:
    """How often a pattern was followed: `n_followed` of the `n_triggers` that were allowed."""

    pattern: int
    n_triggers: int
    n_followed: int

    @property
    def share(self) -> float:
        """Share followed; NaN without a trigger."""
        return self.n_followed / self.n_triggers if self.n_triggers else float("nan")


def pattern_occurrences(
    planted: Planted, log: EventLog, occurrences: Occurrences, first_rule: int = 0
) -> PatternOccurrences:
    """Occurrences of planted patterns among those of all rules.

    Args:
        planted: What was planted.
        log: The log that the occurrences' rows point into.
        occurrences: Of all rules of the home.
        first_rule: Number of `planted.rules[0]` among the rules that the engine ran.
    """
    pattern_of = np.array([rule.pattern for rule in planted.rules], dtype=np.int32)
    second = {link.name for one in planted.patterns for link in one.links[1:]}
    link_of = np.array([rule.name in second for rule in planted.rules], dtype=np.int8)
    mine = occurrences.rule - first_rule
    is_planted = (mine >= 0) & (mine < pattern_of.size)
    rows = np.flatnonzero(is_planted)
    rows = rows[pattern_of[mine[rows]] >= 0]
    action = occurrences.action[rows]
    delay_s = np.full(rows.size, np.nan)
    done = action >= 0
    delay_s[done] = (log.t_us[action[done]] - occurrences.trigger_us[rows[done]]) / 1e6
    outcome = occurrences.outcome[rows]
    is_late = (outcome == Outcome.NOT_ALLOWED) & (occurrences.due_us[rows] > occurrences.trigger_us[rows])
    return PatternOccurrences(
        pattern_of[mine[rows]],
        link_of[mine[rows]],
        occurrences.trigger_us[rows],
        occurrences.trigger[rows],
        action,
        outcome,
        np.isin(outcome, _FOLLOWED) | is_late,
        delay_s,
    )


def realised(planted: Planted, occurrences: PatternOccurrences) -> tuple[Realised, ...]:
    """Share of its triggers that each pattern was followed at, all links of it together, in their order."""
    followed = occurrences.is_followed
    counts = followed | (occurrences.outcome == Outcome.LEFT)
    n = len(planted.patterns)
    n_triggers = np.bincount(occurrences.pattern[counts], minlength=n)
    n_followed = np.bincount(occurrences.pattern[followed], minlength=n)
    return tuple(Realised(number, int(n_triggers[number]), int(n_followed[number])) for number in range(n))
