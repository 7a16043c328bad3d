"""The last records of a device, for those who ask rather than listen."""

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Final, NamedTuple, Self

from envirosense.pole.telemetry import AlertRecord, Record, StatusRecord, TelemetryRecord

KEPT: Final = 3600  # values of a parameter, and alerts: an hour at 1 Hz


class Row(NamedTuple):
    """What changes from record to record of one parameter: a sixth of a record's memory."""

    sequence: int
    time_utc: datetime
    value: float | None
    reading: float | None
    status: tuple[str, ...]
    quality: float | None
    confidence: float | None

    @classmethod
    def of(cls, record: TelemetryRecord) -> Self:
        """Row of a record."""
        return cls(*(getattr(record, name) for name in cls._fields))


@dataclass(frozen=True, slots=True)
class Course:
    """Last rows of one parameter of one sensor, and a record that has all the rest."""

    example: TelemetryRecord
    rows: deque[Row]

    def record(self, row: Row) -> TelemetryRecord:
        """Record of a row, as it was sent."""
        return self.example.model_copy(update=row._asdict())


class History:
    """Latest records and a bounded past, written by the simulation and read by servers."""

    def __init__(self, kept: int = KEPT) -> None:
        self._lock = threading.Lock()
        self._kept = kept
        self._courses: dict[tuple[str, str | None, str | None], Course] = {}
        self._alerts: deque[AlertRecord] = deque(maxlen=kept)
        self._status: StatusRecord | None = None

    def add(self, records: Iterable[Record]) -> None:
        """Take records up, the oldest of a parameter giving way."""
        with self._lock:
            for record in records:
                if isinstance(record, TelemetryRecord):
                    self._course(record).rows.append(Row.of(record))
                elif isinstance(record, AlertRecord):
                    self._alerts.append(record)
                else:
                    self._status = record

    def _course(self, record: TelemetryRecord) -> Course:
        key = record.parameter, record.sensor, record.channel
        if key not in self._courses:
            self._courses[key] = Course(record, deque(maxlen=self._kept))
        return self._courses[key]

    @property
    def status(self) -> StatusRecord | None:
        """Last status record; None before the first."""
        with self._lock:
            return self._status

    def latest(self) -> list[TelemetryRecord]:
        """Last record of every parameter of every sensor."""
        with self._lock:
            return [course.record(course.rows[-1]) for course in self._courses.values()]

    def telemetry(self, parameter: str | None, limit: int) -> list[TelemetryRecord]:
        """Last records of one parameter, or of all, in the order they were sent."""
        with self._lock:
            asked = [c for (name, *_), c in self._courses.items() if parameter in (None, name)]
            backwards = merge(*map(_from_the_last, asked), key=_sequence, reverse=True)
            found = list(islice(backwards, limit))
        return [course.record(row) for row, course in reversed(found)]

    def alerts(self, limit: int) -> list[AlertRecord]:
        """Last alert records, in the order they were sent."""
        with self._lock:
            return list(self._alerts)[-limit:]


def _from_the_last(course: Course) -> Iterable[tuple[Row, Course]]:
    return ((row, course) for row in reversed(course.rows))


def _sequence(found: tuple[Row, Course]) -> int:
    return found[0].sequence
