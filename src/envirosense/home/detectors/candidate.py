"""What a detector reports: a regularity that may be one, and what was counted of it."""

from dataclasses import dataclass, field
from enum import StrEnum

from envirosense.home.detectors.seen import SeenHome
from envirosense.home.engine.rules import Condition
from envirosense.home.patterns.observed import Change, Times

NAN = float("nan")


class DetectorKind(StrEnum):
    """Detectors that run on a home's events."""

    TIME_OF_DAY = "time_of_day"
    CO_OCCURRENCE = "co_occurrence"
    SEQUENCE = "sequence"
    CONTEXTUAL = "contextual"
    SYNERGY = "synergy"


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One candidate of one detector.

    Attributes:
        changes: Trigger first, then what follows; of one by the clock what is done alone.
        confidence: As the detector states it: the share of the rarer side that has the other one near.
        t_us: Its occurrences, in order.
        n_triggers: Triggers in all (of one by the clock: days).
        n_actions: Changes of the last thing in all.
        n_followed: Triggers that were followed in time.
        n_explained: Actions that had the trigger before them in time.
        lift: `confidence` over that of unrelated events as frequent as these.
        hour_lift: Explained actions over those on other days at the same hour; NaN by the clock.
        open_share: Share followed of the triggers at which the action was not there yet.
        delay_s: Median delay of the last action from its trigger; NaN by the clock [s].
        delay_spread: Robust spread of its logarithm; NaN by the clock.
        at_s: Time of the day; NaN for others [s].
        clock_spread_s: Standard deviation of the time of the day of its occurrences [s].
        condition: State without which it does not happen.
        condition_contrast: Share of occurrences under it over the share of triggers under it; 1 without one.
        window_s: Time in which the action must come; 0 by the clock [s].
    """

    kind: DetectorKind
    changes: tuple[Change, ...]
    confidence: float
    t_us: Times = field(repr=False)
    n_triggers: int
    n_actions: int
    n_followed: int
    n_explained: int
    lift: float
    hour_lift: float = NAN
    open_share: float = NAN
    delay_s: float = NAN
    delay_spread: float = NAN
    at_s: float = NAN
    clock_spread_s: float = NAN
    condition: Condition | None = None
    condition_contrast: float = 1.0
    window_s: float = 0.0

    @property
    def occurrences(self) -> int:
        """How often it was seen."""
        return int(self.t_us.size)

    @property
    def devices(self) -> tuple[int, ...]:
        """Numbers of its entities, the trigger first."""
        return tuple(change.entity for change in self.changes)

    def name(self, home: SeenHome) -> str:
        """Name that is unique within a home and the same in every run, such as `synergy/a.b=on>c.d=on`."""
        text = ">".join(home.text(change) for change in self.changes)
        if self.kind is DetectorKind.TIME_OF_DAY:
            minutes = int(self.at_s // 60.0)
            text += f"@{minutes // 60:02d}{minutes % 60:02d}"
        if self.condition is not None:
            text += "?" + home.text(Change(self.condition.entity, self.condition.code))
        return f"{self.kind.value}/{text}"
