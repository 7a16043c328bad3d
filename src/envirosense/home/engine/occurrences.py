"""Every trigger of a rule and what became of it: the truth that patterns are judged by."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from envirosense.home.engine.rules import Outcome


@dataclass(frozen=True, slots=True, eq=False)
class Occurrences:
    """Triggers of rules in order of time, (occurrence,) each.

    Attributes:
        rule: Number of the rule.
        trigger: Row of the event log that started it, -1 for one by the clock.
        trigger_us: When, microseconds since the episode's start.
        action: Row of the event that it made, -1 where it made none.
        due_us: When the action was due; that of the trigger where it never came so far.
        outcome: `rules.Outcome`.
    """

    rule: npt.NDArray[np.int32]
    trigger: npt.NDArray[np.int64]
    trigger_us: npt.NDArray[np.int64]
    action: npt.NDArray[np.int64]
    due_us: npt.NDArray[np.int64]
    outcome: npt.NDArray[np.int8]

    def __len__(self) -> int:
        """Number of triggers."""
        return self.rule.size

    def moved(self, place: npt.NDArray[np.int64]) -> Self:
        """The same where row `i` of the log has become `place[i]`; -1 for one that is gone.

        Where the action is gone nobody has seen it: it has failed.
        """
        known = np.append(place, -1)  # the last one answers for -1
        action = known[self.action]
        is_lost = (self.action >= 0) & (action < 0)
        outcome = np.where(is_lost, Outcome.FAILED, self.outcome).astype(np.int8)
        return replace(self, trigger=known[self.trigger], action=action, outcome=outcome)
