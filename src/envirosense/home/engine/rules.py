"""What makes one thing follow another at home: habits of people and automations, in one form.

A habit is done by hand, an automation by Home Assistant; for the engine both are rules: a trigger,
conditions, a delay, an action. Planted patterns are rules too, so that every occurrence is logged where it
happens.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

DAY_S: Final = 86_400.0
ALL_DAYS: Final = 0b111_1111  # bit 0 is Monday


class Outcome(IntEnum):
    """What became of one trigger of a rule."""

    DONE = 0  # the action changed a state
    REDUNDANT = 1  # the entity was already there
    LEFT = 2  # the draw said no: people forget
    NOT_ALLOWED = 3  # a condition did not hold, or it was out of its days or its time
    BROKEN_OFF = 4  # a restart, or the end of the episode, came before the delay was over
    FAILED = 5  # the entity did not answer


@dataclass(frozen=True, slots=True)
class Condition:
    """An entity that must be in a state, when the trigger comes and again when the action is due."""

    entity: int
    code: int


@dataclass(frozen=True, slots=True)
class Rule:
    """Trigger, conditions, delay, action.

    Attributes:
        name: Unique within the home; random draws are named after it.
        is_habit: Done by a person (origin PERSON) rather than by Home Assistant (origin AUTOMATION).
        trigger_entity: Number of the entity whose change to `trigger_code` starts it; -1 by the clock.
        at_s: Time of the local day for a rule by the clock [s]; NaN for others.
        jitter_s: Standard deviation of the time of the day, for a rule by the clock [s].
        is_at_sunset: By the clock, `at_s` after (or before) sunset rather than after midnight.
        conditions: All must hold.
        only_dark: Only with the sun below the horizon.
        from_s, until_s: Part of the local day in which it may start, across midnight where `until_s` is
            less [s].
        days: Bits of the weekdays on which it may start.
        probability: Share of the allowed triggers that are followed.
        delay_s: Median time from trigger to action [s].
        delay_sigma: Spread of the logarithm of the delay.
        action_entity, action_code: What it does.
        action_value: Brightness or set point that goes with it, NaN for none.
        revert_s: Time after which the action is undone; NaN for never. A new trigger starts it anew [s].
        first_day, last_day: Days of the episode between which it lives, both included.
        drift_s_day: By the clock, how much later it comes each day [s].
        person: Number of the resident whose habit it is, -1 for none.
        automation_entity: Number of the automation's own entity, -1 for a habit.
        pattern: Number of the planted pattern, -1 for none.
    """

    name: str
    is_habit: bool
    action_entity: int
    action_code: int
    trigger_entity: int = -1
    trigger_code: int = -1
    at_s: float = float("nan")
    jitter_s: float = 0.0
    is_at_sunset: bool = False
    conditions: tuple[Condition, ...] = ()
    only_dark: bool = False
    from_s: float = 0.0
    until_s: float = DAY_S
    days: int = ALL_DAYS
    probability: float = 1.0
    delay_s: float = 0.0
    delay_sigma: float = 0.0
    action_value: float = float("nan")
    revert_s: float = float("nan")
    first_day: int = 0
    last_day: int = 1_000_000
    drift_s_day: float = 0.0
    person: int = -1
    automation_entity: int = -1
    pattern: int = -1
