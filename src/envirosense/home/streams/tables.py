"""Rows of the smaller streams of a home: its registries, its surroundings, its people and its truth."""

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from envirosense.home.engine.rules import Outcome
from envirosense.home.history import HomeHistory
from envirosense.home.people.lives import DAY_US, SECOND_US
from envirosense.home.streams.event_tables import named
from envirosense.home.streams.schemas import SCHEMAS
from envirosense.home.surroundings.calendar_days import first_day, public_holidays

_CONTEXT: Final = {"cloud_share": "cloud"}  # columns that are called otherwise in the simulation


def rows(stream: str, columns: Mapping[str, Any]) -> pa.RecordBatch:
    """Rows of a stream from arrays or lists by column; NaN in a nullable number is null."""
    schema = SCHEMAS[stream]
    arrays = []
    for field in schema:
        values = columns[field.name]
        is_float = isinstance(values, np.ndarray) and values.dtype.kind == "f"
        if isinstance(values, pa.Array):
            arrays.append(values)
        else:
            arrays.append(pa.array(values, field.type, from_pandas=is_float and field.nullable))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def registries(history: HomeHistory) -> dict[str, pa.RecordBatch]:
    """Entities, devices, areas and automations."""
    home = history.home
    return {
        "entities": _records(
            "entities", home.entities, {"unit_of_measurement": [e.unit for e in home.entities]}
        ),
        "devices": _records("devices", home.devices),
        "areas": _records("areas", home.areas, {"adjacent": [",".join(a.adjacent) for a in home.areas]}),
        "automations": rows(
            "automations",
            {
                "entity_id": [one.entity_id for one in history.automations],
                "alias": [one.alias for one in history.automations],
                "config": [json.dumps(one.config()) for one in history.automations],
            },
        ),
    }


def context_rows(history: HomeHistory) -> pa.RecordBatch:
    """Weather, carbon, price and calendar, a row per tick."""
    context = history.context
    names = [name for name in SCHEMAS["context"].names if name != "tick"]
    columns = {name: getattr(context, _CONTEXT.get(name, name)) for name in names}
    first = first_day(history.home, history.start_utc)
    is_public = public_holidays(history.home.timezone, first, history.n_days)
    columns["is_holiday"] = np.repeat(is_public, context.n // history.n_days)  # who is away is truth: `stays`
    for name, values in columns.items():
        if values.dtype.kind == "f":  # told in 32 bits
            columns[name] = values.astype(np.float32)
    return rows("context", {"tick": np.arange(context.n, dtype=np.int64)} | columns)


def stay_rows(history: HomeHistory) -> pa.RecordBatch:
    """Where everybody was, and what they did there."""
    home, lives = history.home, history.lives
    n_people = int(lives.stay_resident.max(initial=-1)) + 1
    people = [one.resident_id for one in home.residents]
    people += [f"guest_{number}" for number in range(1, n_people - len(people) + 1)]
    return rows(
        "stays",
        {
            "stay_no": np.arange(lives.stay_area.size, dtype=np.int32),
            "resident": named(people, lives.stay_resident),
            "area_id": named([area.area_id for area in home.areas], lives.stay_area),
            "activity": named(lives.activity_names, lives.activity[lives.stay_activity]),
            "start_s": lives.stay_start_us / SECOND_US,
            "end_s": lives.stay_end_us / SECOND_US,
        },
    )


def fault_rows(history: HomeHistory) -> pa.RecordBatch:
    """The failures that were planted."""
    entities, faults = history.home.entities, history.faults
    end_us = history.n_days * DAY_US
    clearance = [one.end_us / SECOND_US if one.end_us < end_us else None for one in faults]
    return rows(
        "events",
        {
            "event_id": list(range(len(faults))),
            "event_type": [one.kind for one in faults],
            "category": ["system"] * len(faults),
            "entities": [",".join(entities[number].entity_id for number in one.entities) for one in faults],
            "symptom": [one.symptom for one in faults],
            "onset_s": [one.start_us / SECOND_US for one in faults],
            "clearance_s": clearance,
        },
    )


def label_rows(events: pa.Table | pa.RecordBatch, n_ticks: int, dt_s: float) -> pa.RecordBatch:
    """A row for every tick and failure that is under way; told by the events alone."""
    found = []
    for event in events.select(["event_id", "event_type", "onset_s", "clearance_s"]).to_pylist():
        end_s = n_ticks * dt_s if event["clearance_s"] is None else event["clearance_s"]
        last = min(np.ceil(end_s / dt_s), n_ticks)
        tick = np.arange(np.ceil(event["onset_s"] / dt_s), last, dtype=np.int64)
        if not tick.size and (nearest := round(event["onset_s"] / dt_s)) < n_ticks:  # it fell between two
            tick = np.array([nearest], dtype=np.int64)
        share = (tick * dt_s - event["onset_s"]) / max(end_s - event["onset_s"], dt_s)
        columns = {
            "tick": tick,
            "event_id": np.full(tick.size, event["event_id"], dtype=np.int32),
            "event_type": [event["event_type"]] * tick.size,
            "stage": ["active"] * tick.size,
            "progress": share.astype(np.float32),
        }
        found.append(rows("labels", columns))
    table = pa.Table.from_batches(found, schema=SCHEMAS["labels"])
    table = table.sort_by([("tick", "ascending"), ("event_id", "ascending")]).combine_chunks()
    batches = table.to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


def occurrence_rows(history: HomeHistory) -> pa.RecordBatch:
    """Every trigger of a planted pattern and what became of it."""
    pattern = np.array([rule.pattern for rule in history.rules], dtype=np.int64)
    found = history.occurrences
    mine = np.flatnonzero(pattern[found.rule] >= 0)
    return rows(
        "occurrences",
        {
            "occurrence_no": np.arange(mine.size, dtype=np.int32),
            "pattern": named([one.name for one in history.planted.patterns], pattern[found.rule[mine]]),
            "outcome": named([one.name.lower() for one in Outcome], found.outcome[mine]),
            "trigger_s": found.trigger_us[mine] / SECOND_US,
            "trigger_no": pa.array(found.trigger[mine].astype(np.int32), mask=found.trigger[mine] < 0),
            "action_no": pa.array(found.action[mine].astype(np.int32), mask=found.action[mine] < 0),
        },
    )


def _records(stream: str, records: tuple[Any, ...], more: Mapping[str, Any] | None = None) -> pa.RecordBatch:
    """Rows whose columns are attributes of the records, but for those given apart."""
    given = dict(more or {})
    names = [name for name in SCHEMAS[stream].names if name not in given]
    return rows(stream, {name: [getattr(one, name) for one in records] for name in names} | given)
