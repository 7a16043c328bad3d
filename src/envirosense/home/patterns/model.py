"""What is planted in a home: patterns with all their parameters, and what only looks like one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.engine.rules import Rule
from envirosense.home.model import Entity, Home

WEEKDAYS: Final = 0b001_1111
WEEKEND: Final = 0b110_0000

# role: state that it is put into, state that it is left in
ACTIVE_STATES: Final[Mapping[str, tuple[str, str]]] = {
    "light": ("on", "off"),
    "switch": ("on", "off"),
    "fan": ("on", "off"),
    "media": ("playing", "off"),
    "cover": ("open", "closed"),
    "lock": ("unlocked", "locked"),
}


class PatternKind(StrEnum):
    """Kinds of homes.md 2 that are planted."""

    TIME_OF_DAY = "time_of_day"
    CO_OCCURRENCE = "co_occurrence"
    SEQUENCE = "sequence"
    CONTEXTUAL = "contextual"
    DAY_TYPE = "day_type"  # on working days, or at the weekend, alone
    SEASONAL = "seasonal"  # begins, or ends, within the episode
    DURATION = "duration"  # the action is undone after a set time
    DRIFT = "drift"  # the time of the day moves
    ROOM = "room"  # one trigger moves two things of a room


class NegativeKind(StrEnum):
    """What looks like a pattern and is none."""

    RANDOM = "random"  # moved at random times while people are up
    WEAK_HABIT = "weak_habit"  # follows its trigger too seldom to build on
    COMMON_CAUSE = "common_cause"  # two things that follow the same trigger, neither the other


@dataclass(frozen=True, slots=True)
class PlantedPattern:
    """One regularity that people were given before the episode began.

    Attributes:
        number: Of the pattern within the home, `Rule.pattern` of its links.
        name: Unique within the home.
        links: Trigger and action pairs in order: one; two of a chain, where the second starts with what the
            first did; or two of a room, which share their trigger.
    """

    number: int
    name: str
    kind: PatternKind
    links: tuple[Rule, ...]

    @property
    def is_by_clock(self) -> bool:
        """Whether the time of the day starts it rather than an entity."""
        return self.links[0].trigger_entity < 0

    @property
    def family(self) -> PatternKind:
        """The detector that has to find it: time of day, co-occurrence, sequence or contextual."""
        if self.is_by_clock:
            return PatternKind.TIME_OF_DAY
        if self.kind in (PatternKind.SEQUENCE, PatternKind.CONTEXTUAL):
            return self.kind
        return PatternKind.CO_OCCURRENCE

    @property
    def devices(self) -> tuple[int, ...]:
        """Numbers of its entities, the trigger first; of one by the clock its action alone."""
        first = self.links[0].trigger_entity
        return (*(() if first < 0 else (first,)), *(link.action_entity for link in self.links))


@dataclass(frozen=True, slots=True)
class Negative:
    """Something that must not be found: trigger and action that do not belong together.

    Attributes:
        trigger_entity: -1 where every pattern of the action would be wrong.
    """

    name: str
    kind: NegativeKind
    trigger_entity: int
    trigger_code: int
    action_entity: int
    action_code: int
    probability: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """All that was planted in a home.

    Attributes:
        patterns: In the order of their numbers.
        rules: For the engine: links of the patterns, what undoes them, and the weak habits.
        stimuli: Random movements of distractors.
        reserved: Entities that base behaviour must leave alone: all that is moved here.
        negatives: Distractors and coincidences.
    """

    patterns: tuple[PlantedPattern, ...]
    rules: tuple[Rule, ...]
    stimuli: Stimuli
    reserved: frozenset[int]
    negatives: tuple[Negative, ...]


def active_code(entity: Entity) -> int:
    """Code of the state that a pattern puts an entity into."""
    return entity.code(ACTIVE_STATES[entity.role][0])


def rest_code(entity: Entity) -> int:
    """Code of the state that the entity goes back to."""
    return entity.code(ACTIVE_STATES[entity.role][1])


def actionable(home: Home) -> tuple[int, ...]:
    """Numbers of the entities that a pattern may move."""
    return tuple(number for number, one in enumerate(home.entities) if one.role in ACTIVE_STATES)


def no_stimuli() -> Stimuli:
    """No stimulus at all."""
    return Stimuli(
        np.empty(0, np.int64),
        np.empty(0, np.int32),
        np.empty(0, np.int16),
        np.empty(0, np.float32),
        np.empty(0, np.int8),
        np.empty(0, np.int16),
    )
