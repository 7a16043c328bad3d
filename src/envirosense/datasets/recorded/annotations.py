"""What a person or another instrument says happened: events and labels of recorded episodes.

A recorded event counts as one that could be seen from its onset on: nobody knows what the device could
have seen, and somebody did notice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from envirosense.core.errors import ConfigError
from envirosense.datasets.recorded.cutting import CutPlace
from envirosense.datasets.recorded.import_map import EventsMap, ImportMap
from envirosense.datasets.recorded.log_file import LogError, column_values, read_log, time_reader
from envirosense.datasets.recorded.log_table import LogTable
from envirosense.datasets.schema import TICK, Column, stream_schema
from envirosense.datasets.window_events import NORMAL

OBSERVER: Final = "recorded"  # stands where the name of a sensor does
_LEVELS: Final = 5

_EVENT = Column("event_id", pa.int32(), "1", "event within the episode", nullable=False)
SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    "events": stream_schema(
        (
            _EVENT,
            Column("event_type", pa.string(), "", "class, as recorded"),
            Column("category", pa.string(), "", "first part of the scenario id"),
            Column(
                "onset_s", pa.float64(), "s", "recorded onset; negative where it began before the episode"
            ),
            Column("clearance_s", pa.float64(), "s", "recorded clearance; null while not over"),
            Column("ignition_s", pa.float64(), "s", "recorded ignition; null where none"),
            Column("ignition_observed", pa.bool_(), "", "whether one is recorded"),
        ),
        {"role": "event"},
    ),
    "labels": stream_schema(
        (
            TICK,
            _EVENT,
            Column("event_type", pa.string(), "", "class, as recorded"),
            Column("stage", pa.string(), "", "recorded: no phase is known"),
            Column("severity", pa.float32(), "1", "recorded severity, 0..1; 1 where none is recorded"),
            Column("level", pa.int8(), "1", "1..5 from the severity; null where none is recorded"),
            Column("time_to_ignition_s", pa.float64(), "s", "null where none is recorded or it is past"),
        ),
        {"role": "label"},
    ),
    "observability": stream_schema(
        (
            _EVENT,
            Column("sensor_id", pa.string(), "", "recorded: whoever noticed the event"),
            Column("detectable", pa.bool_(), "", "true: the event was noticed"),
            Column("first_detectable_s", pa.float64(), "s", "recorded onset, or start of the episode"),
        ),
        {"role": "observability"},
    ),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One recorded event; times in microseconds since 1970."""

    line: int
    kind: str
    onset_us: int
    clearance_us: int | None
    ignition_us: int | None
    severity: float | None
    group: str | None


def read_events(wanted: ImportMap) -> list[Event]:
    """Rows of the events table.

    Raises:
        LogError: for the first value that cannot be used.
    """
    told = wanted.events
    assert told is not None, "called only where there is an events table"
    path = Path(told.file)
    numbers = [told.severity] if told.severity else []
    texts = [name for name in (told.type, told.group) if name]
    table = read_log(
        path,
        wanted.time.model_copy(update={"column": told.onset}),
        numbers,
        texts,
        wanted.missing,
        wanted.delimiter,
    )
    ends = {name: _optional_times(path, wanted, name) for name in (told.clearance, told.ignition) if name}
    return [_event(table, row, told, ends) for row in range(len(table))]


def _optional_times(path: Path, wanted: ImportMap, name: str) -> list[int | None]:
    """Times of a column in which a field may be empty."""
    read = time_reader(path, wanted.time.model_copy(update={"column": name}))
    return [
        None if value is None or value in wanted.missing else read(line, value)
        for line, value in column_values(path, name, wanted.delimiter)
    ]


def _event(table: LogTable, row: int, told: EventsMap, ends: Mapping[str, Sequence[int | None]]) -> Event:
    line, onset_us = int(table.line[row]), int(table.time_us[row])
    word = table.texts[told.type][row]
    if told.types and word not in told.types:
        known = ", ".join(sorted(told.types))
        raise LogError(table.path, line, told.type, f"{word!r} is not among events.types ({known}); add it")
    kind = told.types.get(word, word)
    if kind == NORMAL:
        raise LogError(table.path, line, told.type, f"{NORMAL!r} is no event; leave the row out")
    clearance_us = ends[told.clearance][row] if told.clearance else None
    if clearance_us is not None and clearance_us < onset_us:
        raise LogError(table.path, line, str(told.clearance), "lies before the onset; mend one of the two")
    severity = None
    if told.severity and np.isfinite(found := float(table.numbers[told.severity][row])):
        if not 0.0 <= found <= 1.0:
            raise LogError(table.path, line, told.severity, f"{found:g} is no severity; it lies in 0..1")
        severity = found
    return Event(
        line,
        kind,
        onset_us,
        clearance_us,
        ends[told.ignition][row] if told.ignition else None,
        severity,
        table.texts[told.group][row] if told.group else None,
    )


def events_of_cuts(events: Sequence[Event], cuts: Sequence[CutPlace], wanted: ImportMap) -> list[list[Event]]:
    """Events of each episode, those that go on over its start included.

    Raises:
        ConfigError: if the log holds several groups and the table does not say which an event is of.
        LogError: for an event of no episode, where that is refused.
    """
    told = wanted.events
    assert told is not None, "called only where there is an events table"
    groups = _groups_of(cuts)
    found: list[list[Event]] = [[] for _ in cuts]
    for event in events:
        if event.group is None and len(groups) > 1:
            raise ConfigError(
                "events.group", None, "the log holds several groups; name the column that says which"
            )
        group = next(iter(groups)) if event.group is None else event.group
        hit = [place for place in groups.get(group, ()) if _overlaps(event, cuts[place])]
        if not hit and told.outside == "refuse":
            fix = "mend the row, or set events.outside to ignore"
            raise LogError(
                Path(told.file), event.line, told.onset, f"no reading of {group!r} at this time; {fix}"
            )
        for place in hit:
            found[place].append(event)
    return found


def _groups_of(cuts: Sequence[CutPlace]) -> Mapping[str, list[int]]:
    """Positions of the episodes of each group."""
    found: dict[str, list[int]] = {}
    for position, cut in enumerate(cuts):
        found.setdefault(cut.group, []).append(position)
    return found


def _overlaps(event: Event, cut: CutPlace) -> bool:
    return event.onset_us < cut.end_us and (event.clearance_us is None or event.clearance_us >= cut.start_us)


def annotation_batches(events: Sequence[Event], cut: CutPlace, category: str) -> dict[str, pa.RecordBatch]:
    """Rows of `events`, `labels` and `observability` of one episode."""
    rows: dict[str, list[dict[str, object]]] = {name: [] for name in SCHEMAS}
    start_us = cut.start_us

    def seconds(time_us: int | None) -> float | None:
        return None if time_us is None else (time_us - start_us) / 1e6

    for number, event in enumerate(sorted(events, key=lambda one: (one.onset_us, one.line))):
        onset_s, clearance_s = seconds(event.onset_us), seconds(event.clearance_us)
        ignition_s = seconds(event.ignition_us)
        assert onset_s is not None, "every event has an onset"
        own = {"event_id": number, "event_type": event.kind}
        rows["events"].append({
            **own, "category": category, "onset_s": onset_s, "clearance_s": clearance_s,
            "ignition_s": ignition_s, "ignition_observed": ignition_s is not None,
        })  # fmt: skip
        rows["observability"].append({
            "event_id": number, "sensor_id": OBSERVER, "detectable": True,
            "first_detectable_s": max(onset_s, 0.0),
        })  # fmt: skip
        for tick in _ticks(onset_s, clearance_s, cut):
            left_s = None if ignition_s is None else ignition_s - tick * cut.dt_s
            rows["labels"].append({
                **own, "tick": tick, "stage": OBSERVER,
                "severity": 1.0 if event.severity is None else event.severity,
                "level": None if event.severity is None else min(int(event.severity * _LEVELS) + 1, _LEVELS),
                "time_to_ignition_s": left_s if left_s is not None and left_s >= 0 else None,
            })  # fmt: skip
    rows["labels"].sort(key=lambda row: (row["tick"], row["event_id"]))
    return {name: pa.RecordBatch.from_pylist(found, schema=SCHEMAS[name]) for name, found in rows.items()}


def _ticks(onset_s: float, clearance_s: float | None, cut: CutPlace) -> range:
    """Ticks nearest to the time that the event is on."""
    dt_s = cut.dt_s
    first = max(int(np.ceil(onset_s / dt_s - 0.5)), 0)
    last = (
        cut.n_ticks - 1
        if clearance_s is None
        else min(int(np.floor(clearance_s / dt_s + 0.5)), cut.n_ticks - 1)
    )
    return range(first, last + 1)
