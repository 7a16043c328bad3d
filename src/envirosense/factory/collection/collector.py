"""Takes in what consumers find, keeps what is good enough, and hands it on as training data."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.factory.collection.journal import append, entries, journal_path, mend
from envirosense.factory.collection.point import CollectionPoint, points_of
from envirosense.factory.collection.records import Collected, RecordSource, data_id, plain
from envirosense.factory.collection.report import CollectionReport, PointReport, report_of
from envirosense.factory.collection.rules import FilterRule

_ORIGINS: Final = ("simulated", "real")

type Record = Mapping[str, Any] | FrozenModel


class TrainingDataCollector:
    """The collection points of one twin in one cycle.

    It takes what it is given and makes nothing up: a point without a consumer stays empty and says so.
    A cycle that is run again, after a crash or for its own sake, counts nothing twice.

    Args:
        twin: name of the twin, as its points are registered.
        folder: of the loop; `training_data`, `collected` and `quarantine` stand in it.
        cycle: number of the cycle.
        origin: `simulated` or `real`.
        filters: rules by point, instead of the point's own.
    """

    def __init__(
        self,
        twin: str,
        folder: Path | str,
        cycle: int,
        origin: str = "simulated",
        filters: Mapping[str, Sequence[FilterRule]] | None = None,
    ) -> None:
        if isinstance(cycle, bool) or not isinstance(cycle, int) or cycle < 0:
            raise ConfigError("cycle", cycle, "must be a whole number from 0")
        if origin not in _ORIGINS:
            raise UnknownNameError("origin", origin, _ORIGINS)
        self.twin, self.folder, self.cycle, self.origin = twin, Path(folder), cycle, origin
        self._points = points_of(twin)
        for name in filters or {}:
            self._point(name)
        self._rules = {
            name: tuple((filters or {}).get(name, one.rules)) for name, one in self._points.items()
        }
        self._kept: dict[str, dict[tuple[str, int], Collected]] = {}
        self._lock = threading.Lock()
        self._seen: Counter[tuple[str, str]] = Counter()  # times that each was handed in here
        for name in self._points:
            mend(self._journal(name))
            found = entries(self._journal(name), name, cycle)
            self._kept[name] = {(one.data_id, one.occurrence): one for one in found}

    def collect(self, point: str, records: Iterable[Record], source: RecordSource) -> PointReport:
        """Counts of these records alone, after taking them in: all of them, or on an error none.

        Args:
            point: name without the twin, such as `pattern_detection`.
            records: as the point's model has them.
            source: of all of them.

        Raises:
            UnknownNameError: if the twin has no such point.
            ConfigError: if it is one record rather than several.
        """
        found = self._point(point)
        if isinstance(records, Mapping | FrozenModel | str):
            raise ConfigError(
                "records", type(records).__name__, "must be several records; give a list of one"
            )
        judged = [self._judged(found, one, source) for one in records]
        with self._lock:
            judged = self._numbered(judged)
            kept = self._kept[point]
            append(self._journal(point), (one for one in judged if (one.data_id, one.occurrence) not in kept))
            for one in judged:
                self._seen[point, one.data_id] += 1
                kept.setdefault((one.data_id, one.occurrence), one)
        return report_of(point, judged, has_consumer=True)

    async def acollect(
        self, point: str, records: Iterable[Record] | AsyncIterable[Record], source: RecordSource
    ) -> PointReport:
        """The same beside an event loop; a call that is cancelled has taken in all records or none."""
        taken = [one async for one in records] if isinstance(records, AsyncIterable) else records
        run = asyncio.create_task(asyncio.to_thread(self.collect, point, taken, source))
        try:
            return await asyncio.shield(run)
        except asyncio.CancelledError:
            await asyncio.wait([run])
            run.exception()  # what is being written is written to its end
            raise

    def points(self) -> CollectionReport:
        """Every point of the twin: fed, waiting or refused, with counts."""
        return CollectionReport(self.twin, self.cycle, tuple(self._report(name) for name in self._points))

    def accepted(self, point: str) -> list[Collected]:
        """Records that were good enough, in an order of their own."""
        self._point(point)
        return sorted(
            (one for one in self._kept[point].values() if one.is_accepted), key=lambda one: one.order
        )

    def export(self) -> Path:
        """Folder `training_data/cycle_N`, after writing it and `training_data/aggregated`.

        Raises:
            DatasetError: if a file does not read back as it was written, or has an empty target.
        """
        from envirosense.factory.collection.export import export_cycle

        return export_cycle(self.folder, self.points(), self._points, self._rules)

    def _report(self, point: str) -> PointReport:
        return report_of(point, self._kept[point].values(), self._journal(point).exists())

    def _journal(self, point: str) -> Path:
        return journal_path(self.folder, self.cycle, point)

    def _point(self, name: str) -> CollectionPoint:
        if name not in self._points:
            raise UnknownNameError("collection point", name, self._points)
        return self._points[name]

    def _numbered(self, judged: list[Collected]) -> list[Collected]:
        """The same with how often each was handed in before, here and in this call."""
        times: Counter[str] = Counter()
        numbered = []
        for one in judged:
            occurrence = self._seen[one.point, one.data_id] + times[one.data_id]
            times[one.data_id] += 1
            numbered.append(replace(one, occurrence=occurrence) if occurrence else one)
        return numbered

    def _judged(self, point: CollectionPoint, record: Record, source: RecordSource) -> Collected:
        raw = plain(record)
        faults: list[str] = []
        if not isinstance(raw, dict):
            raw, faults = {"value": raw}, ["record: must be a mapping of fields to values"]
        else:
            try:
                raw = point.record.model_validate(raw).model_dump(mode="json")
            except ValidationError as error:
                faults = [_fault(one) for one in error.errors(include_url=False, include_input=False)]
        reasons = [f"malformed:{fault.partition(':')[0]}" for fault in faults]
        reasons += [rule.code for rule in self._rules[point.name] if not rule.holds(raw)]
        return Collected(
            data_id(self.twin, point.name, source, raw, point.opinions),
            point.name,
            self.cycle,
            source,
            raw,
            reasons=tuple(dict.fromkeys(reasons)),
            details=tuple(faults),
            origin=self.origin,
        )


def _fault(error: Mapping[str, Any]) -> str:
    path = ".".join(str(step) for step in error["loc"] if not isinstance(step, int)) or "record"
    return f"{path}: {error['msg'][:1].lower()}{error['msg'][1:]}"
