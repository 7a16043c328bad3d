"""What a blind eye sees of a home: who changed to what and when, and nothing of why."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.engine.rules import ALL_DAYS, DAY_S, Condition
from envirosense.home.log import EventKind, EventLog
from envirosense.home.model import Home
from envirosense.home.patterns.model import PatternKind
from envirosense.home.people.lives import DAY_US

type Times = npt.NDArray[np.int64]
type Codes = npt.NDArray[np.int16]
type Bools = npt.NDArray[np.bool_]
type Floats = npt.NDArray[np.float64]

# states that count as doing something, by domain: an assumption about homes, not about this one
TARGET_STATES: Final[Mapping[str, str]] = {
    "light": "on",
    "switch": "on",
    "fan": "on",
    "media_player": "playing",
    "cover": "open",
    "lock": "unlocked",
}
TRIGGER_STATES: Final[Mapping[str, tuple[str, ...]]] = {
    **{domain: (state,) for domain, state in TARGET_STATES.items()},
    "binary_sensor": ("on",),
    "person": ("home", "not_home"),  # trackers say the same, a moment earlier or later
}
_BURST_US: Final = 600_000_000
_MOST_IN_BURST: Final = 8  # changes within that time to either side, assumed


@dataclass(frozen=True, slots=True)
class Change:
    """A change of an entity to a state."""

    entity: int
    code: int


@dataclass(frozen=True)
class ObservedEvents:
    """Changes of state in order of time, (event,) each: no cause, no rule, no origin.

    Attributes:
        t_us: Microseconds since the episode's start.
        entity: Number of the entity in the home's registry.
        code: Its new state.
    """

    t_us: Times
    entity: npt.NDArray[np.int32]
    code: Codes

    @classmethod
    def of(cls, log: EventLog, home: Home) -> "ObservedEvents":
        """What can be seen of a log: changes between known states of entities that have states."""
        has_states = np.array([not one.is_numeric for one in home.entities])
        rows = np.flatnonzero((log.kind == EventKind.STATE_CHANGED) & (log.code >= 0))
        rows = rows[has_states[log.entity[rows]]]
        return cls(log.t_us[rows], log.entity[rows], log.code[rows])

    @property
    def n_days(self) -> int:
        """Days that have begun by the last event."""
        return int(self.t_us[-1] // DAY_US) + 1 if self.t_us.size else 0

    @cached_property
    def _by_entity(self) -> Mapping[int, tuple[Times, Codes]]:
        order = np.argsort(self.entity, kind="stable")
        entity, t_us, code = self.entity[order], self.t_us[order], self.code[order]
        is_new = np.ones(order.size, dtype=bool)  # a message that says it again is no change
        is_new[1:] = (entity[1:] != entity[:-1]) | (code[1:] != code[:-1])
        entity, t_us, code = entity[is_new], t_us[is_new], code[is_new]
        cuts = np.flatnonzero(np.append(True, entity[1:] != entity[:-1])) if entity.size else np.empty(0, int)
        ends = np.append(cuts[1:], entity.size)
        return {
            int(entity[start]): (t_us[start:end], code[start:end])
            for start, end in zip(cuts, ends, strict=True)
        }

    def times(self, change: Change) -> Times:
        """When an entity changed to a state, (change,)."""
        t_us, code = self._by_entity.get(change.entity, (self.t_us[:0], self.code[:0]))
        return t_us[np.flatnonzero(code == change.code)]

    def deeds(self, change: Change) -> Times:
        """When an entity changed to a state as somebody may have wanted: without what runs away, (change,).

        A loop between automations or a loose contact moves a thing more often in some minutes than people do
        in a week; left in, one such burst outweighs a habit of months.
        """
        t_us = self.times(change)
        first = np.searchsorted(t_us, t_us - _BURST_US)
        last = np.searchsorted(t_us, t_us + _BURST_US, side="right")
        return t_us[last - first <= _MOST_IN_BURST]

    def times_left(self, change: Change) -> Times:
        """When an entity left a state, (change,)."""
        t_us, code = self._by_entity.get(change.entity, (self.t_us[:0], self.code[:0]))
        return t_us[1:][np.flatnonzero(code[:-1] == change.code)]

    def state_before(self, entity: int, t_us: Times) -> Codes:
        """State of an entity just before those times, (time,); at first what its first change left."""
        known_us, code = self._by_entity.get(entity, (self.t_us[:0], self.code[:0]))
        if not known_us.size:
            return np.zeros(t_us.shape, dtype=np.int16)
        first = np.int16(0 if code[0] else 1)
        return np.concatenate([[first], code])[np.searchsorted(known_us, t_us, side="left")]

    def targets(self, home: Home) -> tuple[Change, ...]:
        """Changes that somebody may have wanted: of each entity that can be moved."""
        return self._present(home, {domain: (state,) for domain, state in TARGET_STATES.items()})

    def triggers(self, home: Home) -> tuple[Change, ...]:
        """Changes that something may follow from."""
        return self._present(home, TRIGGER_STATES)

    def _present(self, home: Home, states: Mapping[str, tuple[str, ...]]) -> tuple[Change, ...]:
        return tuple(
            Change(number, one.states.index(state))
            for number, one in enumerate(home.entities)
            if number in self._by_entity
            for state in states.get(one.domain, ())
            if state in one.states
        )


@dataclass(frozen=True, slots=True)
class FoundPattern:
    """A regularity of the stream.

    Attributes:
        kind: Detector that found it: time of day, co-occurrence, sequence or contextual.
        changes: Trigger first, then what follows; of one by the clock what is done alone.
        probability: Share of the allowed triggers (or days) that were followed.
        n_triggers: Allowed triggers (or days).
        n_followed: Those followed.
        lift: Share of the changes that have the trigger before them, over that share on other days.
        delay_s: Median delay, of a chain that of its first link; NaN for one by the clock [s].
        delay_sigma: Spread of its logarithm.
        at_s: Time of the day on the episode's first day; NaN for others [s].
        std_s: Spread around it [s].
        drift_s_day: How much later it comes each day [s].
        days: Bits of the weekdays counted from the episode's first day on.
        from_s, until_s: Part of the day in which all of it was seen [s].
        first_day, last_day: Days of the episode between which it was seen.
        conditions: States without which it does not happen.
    """

    kind: PatternKind
    changes: tuple[Change, ...]
    probability: float
    n_triggers: int
    n_followed: int
    lift: float
    delay_s: float = float("nan")
    delay_sigma: float = 0.0
    at_s: float = float("nan")
    std_s: float = float("nan")
    drift_s_day: float = 0.0
    days: int = ALL_DAYS
    from_s: float = 0.0
    until_s: float = DAY_S
    first_day: int = 0
    last_day: int = 1_000_000
    conditions: tuple[Condition, ...] = ()

    @property
    def devices(self) -> tuple[int, ...]:
        """Numbers of its entities, the trigger first."""
        return tuple(change.entity for change in self.changes)
