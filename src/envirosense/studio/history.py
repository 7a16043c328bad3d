"""The last records of a device, for those who ask rather than listen."""

import threading
from collections import deque
from collections.abc import Iterable
from typing import Final

from envirosense.pole.telemetry import AlertRecord, Record, StatusRecord, TelemetryRecord

KEPT: Final = 3600  # values of a parameter, and alerts: an hour at 1 Hz


class History:
    """Latest records and a bounded past, written by the simulation and read by servers."""

    def __init__(self, kept: int = KEPT) -> None:
        self._lock = threading.Lock()
        self._kept = kept
        self._telemetry: dict[tuple[str, str | None], deque[TelemetryRecord]] = {}
        self._alerts: deque[AlertRecord] = deque(maxlen=kept)
        self._status: StatusRecord | None = None

    def add(self, records: Iterable[Record]) -> None:
        """Take records up, the oldest of a parameter giving way."""
        with self._lock:
            for record in records:
                if isinstance(record, TelemetryRecord):
                    key = record.parameter, record.sensor
                    self._telemetry.setdefault(key, deque(maxlen=self._kept)).append(record)
                elif isinstance(record, AlertRecord):
                    self._alerts.append(record)
                else:
                    self._status = record

    @property
    def status(self) -> StatusRecord | None:
        """Last status record; None before the first."""
        with self._lock:
            return self._status

    def latest(self) -> list[TelemetryRecord]:
        """Last record of every parameter of every sensor."""
        with self._lock:
            return [course[-1] for course in self._telemetry.values()]

    def telemetry(self, parameter: str | None, limit: int) -> list[TelemetryRecord]:
        """Last records of one parameter, or of all, in the order they were sent."""
        with self._lock:
            courses = [c for (name, _), c in self._telemetry.items() if parameter in (None, name)]
            found = sorted((record for course in courses for record in course), key=_sequence)
        return found[-limit:]

    def alerts(self, limit: int) -> list[AlertRecord]:
        """Last alert records, in the order they were sent."""
        with self._lock:
            return list(self._alerts)[-limit:]


def _sequence(record: Record) -> int:
    return record.sequence
