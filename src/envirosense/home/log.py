"""The home's history while it is made: changes of state as columns, each with what caused it."""

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Final, Self

import numpy as np
import numpy.typing as npt

type Int8s = npt.NDArray[np.int8]
type Int16s = npt.NDArray[np.int16]
type Ints = npt.NDArray[np.int32]
type Times = npt.NDArray[np.int64]
type Float32s = npt.NDArray[np.float32]

NO_CAUSE: Final = -1
OF_FIRST: Final = -2  # minus a row: that row of the first log, in one that is yet to be merged behind it
_MOST_ENTITIES: Final = 4096  # of a home


class EventKind(IntEnum):
    """Event types of Home Assistant; the value is the code in arrays."""

    STATE_CHANGED = 0
    AUTOMATION_TRIGGERED = 1
    SCRIPT_STARTED = 2
    SCENE_ACTIVATED = 3
    VOICE_COMMAND = 4
    WEBHOOK_TRIGGERED = 5
    API_CALL = 6


class Origin(IntEnum):
    """Who or what moved it."""

    DEVICE = 0  # physics: a sensor saw something, a timer inside the device ran out
    PERSON = 1  # a hand on a switch, a door, a remote control
    APP = 2  # a person through Home Assistant: the context carries a user
    AUTOMATION = 3  # Home Assistant itself
    FAULT = 4  # a failure of the device or of the link


@dataclass(frozen=True, slots=True, eq=False)
class EventLog:
    """Events in order of time, (event,) each.

    Attributes:
        t_us: Microseconds since the episode's start, never falling.
        entity: Number of the entity; of automation, script and scene entities too.
        kind: `EventKind`.
        code: New state of an entity with states; `UNAVAILABLE` and `UNKNOWN` for any; 0 for a number.
        value: New value of an entity that gives a number, NaN for others; of a light that is on, its
            brightness 1..255 or NaN.
        origin: `Origin`.
        person: Number of the resident who did it, -1 for nobody.
        cause: Row of the event that it follows from, `NO_CAUSE` for none; always an earlier row.
        rule: Number of the rule (see `rules.Rules`) that made it, -1 for none.
    """

    t_us: Times
    entity: Ints
    kind: Int8s
    code: Int16s
    value: Float32s
    origin: Int8s
    person: Int16s
    cause: Times
    rule: Ints

    def __len__(self) -> int:
        """Number of events."""
        return self.t_us.size

    def take(self, rows: Times) -> Self:
        """Those rows as a log of its own; causes that are left out become `NO_CAUSE`."""
        place = np.full(len(self) + 1, NO_CAUSE, dtype=np.int64)  # the last one answers for -1
        place[rows] = np.arange(rows.size)
        columns = {one.name: getattr(self, one.name)[rows] for one in fields(self)}
        return type(self)(**columns | {"cause": place[columns["cause"]]})

    def places_of(self, part: "EventLog") -> Times:
        """Row in this log of each event of a log that it was made from, (event,); -1 for one that is gone."""
        mine, its = self._keys(), part._keys()
        order = np.argsort(mine, kind="stable")
        near = np.minimum(np.searchsorted(mine, its, sorter=order), max(len(self) - 1, 0))
        if not len(self):
            return np.full(len(part), -1, dtype=np.int64)
        return np.where(mine[order[near]] == its, order[near], -1)

    def _keys(self) -> Times:
        """One number per event: no entity does two things of one kind in one microsecond."""
        kinds = len(EventKind)
        return (self.t_us * _MOST_ENTITIES + self.entity) * kinds + self.kind

    @classmethod
    def merged(cls, *logs: "EventLog") -> "EventLog":
        """All events in order of time; of those of one moment the first log's come first."""
        first = np.cumsum([0, *(len(log) for log in logs)])
        columns = {
            one.name: np.concatenate([getattr(log, one.name) for log in logs]) for one in fields(EventLog)
        }
        moved = [
            np.where(log.cause < 0, log.cause, log.cause + at)
            for log, at in zip(logs, first[:-1], strict=True)
        ]
        moved = [np.where(cause <= OF_FIRST, OF_FIRST - cause, cause) for cause in moved]
        columns["cause"] = np.concatenate(moved)
        whole = cls(**columns)
        return whole.take(np.argsort(whole.t_us, kind="stable"))
