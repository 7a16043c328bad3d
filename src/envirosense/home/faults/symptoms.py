"""What failures look like in the history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from envirosense.core.rng import stream
from envirosense.home.faults.edits import Edits, Rows
from envirosense.home.faults.fault import Fault
from envirosense.home.log import EventLog
from envirosense.home.model import Home
from envirosense.home.people.lives import SECOND_US

if TYPE_CHECKING:
    from envirosense.home.engine.run import Outages

HOUR_US: Final = 3600 * SECOND_US
DRIFT: Final = {  # at the end of the failure, median (assumed)
    "temperature": 4.0,
    "humidity": 18.0,
    "co2": 450.0,
}
DRIFT_SHARE: Final = 0.6  # of the value, where the table has none (assumed)
MISSED_AT_END: Final = 0.85  # share of the events that a failing contact misses in the end (assumed)
FLAP_EVERY_US, FLAP_US = 1.2 * HOUR_US, 0.1 * HOUR_US  # means (assumed)
RUNAWAY_US: Final = 4.0 * SECOND_US  # mean time between two turns of a loop (assumed)
LATE_US: Final = 75.0 * SECOND_US  # longest delay of an overloaded host, median (assumed)
RESTART_US: Final = 90 * SECOND_US  # that it is away when it gives up (assumed)
QUOTA_SHARE: Final = 0.35  # of each hour until the calls are used up (assumed)
FULL_PCT: Final = 100
DYING: Final = 0.6  # part of a battery's failure in which it still answers (assumed)
SPREAD_US: Final = 3 * SECOND_US  # within which entities of one failure fall silent (assumed)
FAHRENHEIT: Final = (1.8, 32.0)
THOUSANDTH: Final = (1e-3, 0.0)


@dataclass(frozen=True, slots=True)
class Lots:
    """Random numbers of one failure, named after it: no other failure or entity moves them."""

    seed: int
    home: Home
    fault: Fault

    def whole(self) -> np.random.Generator:
        """Of what all its entities share."""
        return self._named("")

    def of(self, entity: int) -> np.random.Generator:
        """Of one of its entities alone."""
        return self._named(self.home.entities[entity].entity_id)

    def _named(self, name: str) -> np.random.Generator:
        return stream(self.seed, "home", "faults", "symptom", self.fault.kind, self.fault.start_us, name)


def with_faults(log: EventLog, faults: Sequence[Fault], home: Home, seed: int) -> EventLog:
    """The history as it is with these failures; a change is a change still.

    Events of unavailable entities are lost, with what automations would have made of them.
    """
    return faulted(log, faults, home, seed)[0]


def faulted(log: EventLog, faults: Sequence[Fault], home: Home, seed: int) -> tuple[EventLog, Rows]:
    """The same, and the row that each event has become, (event,); -1 for one that is gone.

    Reports that come late are found by it, which their time no longer tells.
    """
    if not faults:
        return log, np.arange(len(log), dtype=np.int64)
    edits = Edits.of(home, log)
    for fault in faults:
        _SYMPTOMS[fault.symptom](edits, fault, Lots(seed, home, fault))
    return edits.told()


def outages(faults: Sequence[Fault]) -> "Outages":
    """Spans in which entities do not obey, as the engine wants them: those of whole outages."""
    from envirosense.home.engine.run import Outages

    silent = [(at, one) for one in faults if one.symptom == "unavailable" for at in one.entities]
    return Outages(
        np.array([at for at, _ in silent], dtype=np.int32),
        np.array([one.start_us for _, one in silent], dtype=np.int64),
        np.array([one.end_us for _, one in silent], dtype=np.int64),
    )


def _unavailable(edits: Edits, fault: Fault, lots: Lots) -> None:
    for entity in fault.entities:
        first, last = (SPREAD_US * lots.of(entity).random(2)).astype(np.int64)
        edits.unavailable(entity, np.array([fault.start_us + first]), np.array([fault.end_us + last]))


def _frozen(edits: Edits, fault: Fault, lots: Lots) -> None:
    del lots
    for entity in fault.entities:
        edits.is_lost[edits.between(entity, fault.start_us, fault.end_us)] = True


def _flapping(edits: Edits, fault: Fault, lots: Lots) -> None:
    draw = lots.whole()
    count = max(int((fault.end_us - fault.start_us) / FLAP_EVERY_US), 3)
    every_us = (fault.end_us - fault.start_us) / count
    start_us = fault.start_us + ((np.arange(count) + 0.6 * draw.random(count)) * every_us).astype(np.int64)
    long_us = np.clip(draw.exponential(FLAP_US, count), 5 * SECOND_US, 0.35 * every_us).astype(np.int64)
    for at, entity in enumerate(fault.entities):
        edits.unavailable(entity, start_us + at, start_us + at + long_us)


def _part(edits: Edits, fault: Fault, rows: Rows) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How far the failure has gone at these rows, 0 to 1."""
    return (edits.log.t_us[rows] - fault.start_us) / max(fault.end_us - fault.start_us, 1)


def _drift(edits: Edits, fault: Fault, lots: Lots) -> None:
    for entity in fault.entities:
        one, draw = edits.home.entities[entity], lots.of(entity)
        rows = edits.between(entity, fault.start_us, fault.end_us)
        size = np.exp(0.4 * draw.standard_normal()) * (1.0 if draw.random() < 0.7 else -1.0)
        by = _part(edits, fault, rows) * size
        value = edits.value[rows]
        moved = value + by * DRIFT[one.role] if one.role in DRIFT else value * (1.0 + DRIFT_SHARE * by)
        low, high = (
            (-60.0, np.inf)
            if one.role == "temperature"
            else (0.0, 100.0 if one.role == "humidity" else np.inf)
        )
        edits.value[rows] = np.round(np.clip(moved, low, high), one.decimals)


def _missed(edits: Edits, fault: Fault, lots: Lots) -> None:
    for entity in fault.entities:
        rows = edits.between(entity, fault.start_us, fault.end_us)
        edits.is_lost[rows] |= lots.of(entity).random(rows.size) < MISSED_AT_END * _part(edits, fault, rows)


def _wrong_unit(edits: Edits, fault: Fault, lots: Lots) -> None:
    del lots
    for entity in fault.entities:
        one = edits.home.entities[entity]
        factor, offset = FAHRENHEIT if one.role == "temperature" else THOUSANDTH
        rows = edits.between(entity, fault.start_us, fault.end_us)
        edits.value[rows] = np.round(edits.value[rows] * factor + offset, one.decimals)


def _inverted(edits: Edits, fault: Fault, lots: Lots) -> None:
    del lots
    for entity in fault.entities:
        rows = edits.between(entity, fault.start_us, fault.end_us)
        edits.code[rows] = 1 - edits.code[rows]


def _low_battery(edits: Edits, fault: Fault, lots: Lots) -> None:
    """The charge falls to nothing, then the device is silent until it has new cells."""
    silent_us = fault.start_us + int(DYING * (fault.end_us - fault.start_us))
    for entity in fault.entities:
        is_battery = edits.home.entities[entity].role == "battery"
        if is_battery:
            _dying(edits, entity, fault, silent_us, lots.of(entity))
        back = float(FULL_PCT) if is_battery else float("nan")
        edits.unavailable(entity, np.array([silent_us]), np.array([fault.end_us]), back)


def _dying(edits: Edits, entity: int, fault: Fault, silent_us: int, draw: np.random.Generator) -> None:
    """Charge that falls to nothing, and new cells after it."""
    mine = edits.rows[entity]
    times_us = edits.log.t_us[mine]
    before, after = np.searchsorted(times_us, (fault.start_us, fault.end_us))
    charge = int(edits.value[mine[before - 1]]) if before else FULL_PCT // 2
    falls = np.arange(max(charge - 1, 1), 0, -max(charge // 12, 1))
    when_us = np.unique(draw.integers(fault.start_us + 1, silent_us, falls.size))
    edits.is_lost[mine[before:after]] = True
    edits.add(entity, when_us, 0, falls[: when_us.size])
    lost = FULL_PCT - float(edits.value[mine[after - 1]]) if after else 0.0
    edits.value[mine[after:]] = np.clip(edits.value[mine[after:]] + lost, 0.0, FULL_PCT)


def _runaway(edits: Edits, fault: Fault, lots: Lots) -> None:
    """Two automations that undo each other: triggers every few seconds, until somebody stops them."""
    draw = lots.whole()
    automation, target = fault.entities
    turns = max(int((fault.end_us - fault.start_us) / RUNAWAY_US), 4)
    times_us = fault.start_us + np.cumsum(
        np.maximum(draw.exponential(RUNAWAY_US, turns), 0.5 * SECOND_US)
    ).astype(np.int64)
    times_us = times_us[times_us < fault.end_us - SECOND_US]
    rows = edits.between(target, fault.start_us, fault.end_us)
    before = edits.rows[target][edits.log.t_us[edits.rows[target]] < fault.start_us]
    code = int(edits.log.code[before[-1]]) if before.size else 0
    after = int(edits.log.code[rows[-1]]) if rows.size else code
    edits.is_lost[rows] = True
    times_us = times_us[: times_us.size - (times_us.size % 2 != (code != after))]
    codes = (code + 1 + np.arange(times_us.size)) % 2
    edits.loop(automation, target, times_us, codes)


def _late(edits: Edits, fault: Fault, lots: Lots) -> None:
    """Everything comes later and later, then Home Assistant starts anew."""
    draw = lots.whole()
    restart_us = max(fault.end_us - RESTART_US, fault.start_us + 1)
    span_us = restart_us - fault.start_us
    longest_us = min(LATE_US * np.exp(0.5 * draw.standard_normal()), 0.1 * span_us)
    edge = np.array([fault.start_us, fault.start_us + 0.8 * span_us, restart_us])
    low, high = np.searchsorted(edits.log.t_us, (fault.start_us, restart_us))
    delay_us = np.interp(edits.log.t_us[low:high], edge, [0.0, longest_us, 0.0])
    edits.t_us[low:high] += delay_us.astype(np.int64)
    away_us = np.array([restart_us]), np.array([fault.end_us])
    for entity in fault.entities:
        if edits.home.entities[entity].device_id is not None:
            edits.unavailable(entity, *away_us)


def _no_updates(edits: Edits, fault: Fault, lots: Lots) -> None:
    """The calls of each hour are used up before it is over."""
    draw = lots.whole()
    share = QUOTA_SHARE * draw.uniform(0.5, 1.5)
    for entity in fault.entities:
        rows = edits.between(entity, fault.start_us, fault.end_us)
        edits.is_lost[rows] |= (edits.log.t_us[rows] % HOUR_US) > share * HOUR_US


_SYMPTOMS: Final[Mapping[str, Callable[[Edits, Fault, Lots], None]]] = MappingProxyType(
    {
        "unavailable": _unavailable,
        "frozen": _frozen,
        "flapping": _flapping,
        "drift": _drift,
        "missed events": _missed,
        "wrong unit": _wrong_unit,
        "inverted": _inverted,
        "low battery": _low_battery,
        "runaway automation": _runaway,
        "late reports": _late,
        "missing updates": _no_updates,
    }
)
