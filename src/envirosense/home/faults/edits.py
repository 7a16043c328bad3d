"""Changes to a history that failures make, gathered first and carried out together."""

from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from envirosense.home.engine.run import initial_codes
from envirosense.home.log import NO_CAUSE, OF_FIRST, EventKind, EventLog, Origin
from envirosense.home.model import UNAVAILABLE, Home
from envirosense.home.sensing.device_power import StateRows

type Times = npt.NDArray[np.int64]
type Rows = npt.NDArray[np.int64]
type Bools = npt.NDArray[np.bool_]

LOOP_US: Final = 50_000  # from the trigger of an automation to the change (assumed)
HELD_DOMAINS: Final = frozenset({"climate"})  # whose set point alone is a change


@dataclass(frozen=True, slots=True, eq=False)
class Edits:
    """A log with what is to become of it.

    Attributes:
        home, log, rows: The home, its history, and the rows of each entity.
        t_us, value, code: Times, values and codes that the rows are to have.
        is_lost: Rows that nobody hears of.
        added: Logs of new events; their causes are rows of each of them.
    """

    home: Home
    log: EventLog
    rows: StateRows
    t_us: Times
    value: npt.NDArray[np.float32]
    code: npt.NDArray[np.int16]
    is_lost: Bools
    added: list[EventLog] = field(default_factory=list)

    @classmethod
    def of(cls, home: Home, log: EventLog) -> Self:
        """Nothing changed so far."""
        rows = StateRows.of(log, len(home.entities))
        return cls(
            home,
            log,
            rows,
            log.t_us.copy(),
            log.value.copy(),
            log.code.copy(),
            np.zeros(len(log), dtype=np.bool_),
        )

    def between(self, entity: int, start_us: int, end_us: int) -> Rows:
        """Rows of an entity in a span, (row,)."""
        mine = self.rows[entity]
        low, high = np.searchsorted(self.log.t_us[mine], (start_us, end_us))
        return mine[low:high]

    def unavailable(self, entity: int, start_us: Times, end_us: Times, back: float = float("nan")) -> None:
        """The entity does not answer in these spans, and comes back with the state that it has by then.

        A number comes back as `back` where that is given.
        """
        mine = self.rows[entity]
        times_us = self.log.t_us[mine]
        if self.home.entities[entity].is_numeric and (not mine.size or times_us[0] > start_us[0]):
            return  # it has not said anything yet
        span = np.searchsorted(start_us, times_us, side="right") - 1
        self.is_lost[mine[(span >= 0) & (times_us < end_us[span])]] = True
        last_us = int(self.log.t_us[-1]) if len(self.log) else 0
        start_us, back_us = start_us[start_us < last_us], end_us[end_us < last_us]
        self.add(entity, start_us, UNAVAILABLE, np.nan)
        known = np.append(mine, -1)[np.searchsorted(times_us, back_us, side="right") - 1]
        code = np.where(known >= 0, np.append(self.code, 0)[known], initial_codes(self.home)[entity])
        value = np.where(known >= 0, np.append(self.value, np.nan)[known], np.nan)
        self.add(entity, back_us, code, value if np.isnan(back) else back)

    def add(
        self,
        entity: int,
        t_us: Times,
        code: npt.ArrayLike,
        value: npt.ArrayLike,
        kind: EventKind = EventKind.STATE_CHANGED,
        origin: Origin = Origin.FAULT,
    ) -> None:
        """New events of an entity, without a cause."""
        self.added.append(_events(entity, t_us, code, value, kind, origin))

    def loop(self, automation: int, target: int, t_us: Times, codes: npt.ArrayLike) -> None:
        """Triggers of an automation, each of which moves its target a moment later."""
        triggers = _events(automation, t_us, 0, np.nan, EventKind.AUTOMATION_TRIGGERED, Origin.FAULT)
        moves = _events(target, t_us + LOOP_US, codes, np.nan, EventKind.STATE_CHANGED, Origin.AUTOMATION)
        cause = OF_FIRST - np.arange(t_us.size)
        self.added.append(EventLog.merged(triggers, replace(moves, cause=cause)))

    def told(self) -> tuple[EventLog, Rows]:
        """The history with all changes, and where each event of before is in it, -1 for one that is gone.

        What would repeat a state is left out.
        """
        from envirosense.home.faults.fault_kernels import never_happened

        codes = int(Origin.AUTOMATION), int(Origin.DEVICE)
        never = never_happened(self.log.cause, self.log.origin, self.is_lost, *codes)
        rows = np.flatnonzero(~(self.is_lost | never))
        moved = replace(self.log, t_us=self.t_us, value=self.value, code=self.code).take(rows)
        whole = EventLog.merged(moved, *self.added)
        told = whole.take(np.flatnonzero(~_repeats(self.home, whole)))
        place = np.full(len(self.log), -1, dtype=np.int64)
        place[rows] = told.places_of(moved)
        return told, place


def _events(
    entity: int, t_us: Times, code: npt.ArrayLike, value: npt.ArrayLike, kind: EventKind, origin: Origin
) -> EventLog:
    n = t_us.size
    return EventLog(
        t_us=t_us.astype(np.int64),
        entity=np.full(n, entity, dtype=np.int32),
        kind=np.full(n, kind, dtype=np.int8),
        code=np.broadcast_to(np.asarray(code), n).astype(np.int16),
        value=np.broadcast_to(np.asarray(value), n).astype(np.float32),
        origin=np.full(n, origin, dtype=np.int8),
        person=np.full(n, -1, dtype=np.int16),
        cause=np.full(n, NO_CAUSE, dtype=np.int64),
        rule=np.full(n, -1, dtype=np.int32),
    )


def _repeats(home: Home, log: EventLog) -> Bools:
    """Rows that say again what the same entity said last, (event,)."""
    held = np.array([one.is_numeric or one.domain in HELD_DOMAINS for one in home.entities])
    rows = np.flatnonzero(log.kind == EventKind.STATE_CHANGED)
    order = rows[np.argsort(log.entity[rows].astype(np.int16), kind="stable")]
    before, after = order[:-1], order[1:]
    same = (log.entity[before] == log.entity[after]) & (log.code[before] == log.code[after])
    equal = (log.value[before] == log.value[after]) | (
        np.isnan(log.value[before]) & np.isnan(log.value[after])
    )
    repeats = np.zeros(len(log), dtype=np.bool_)
    repeats[after[same & (equal | ~held[log.entity[after]])]] = True
    return repeats
