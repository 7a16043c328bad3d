"""Tables of a pole episode about causes and labels: their columns, and rows made from arrays."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, EpisodeReader
from envirosense.datasets import Column, stream_schema
from envirosense.datasets.schema import TICK
from envirosense.pole.columns import F32, F64, FLAG, I8, I32, OWN_KEY, TEXT, batch, course
from envirosense.pole.observability import Observability
from envirosense.scenarios import EventLabels, Response

type StageValues = Mapping[str, Mapping[str, Any]]  # by stage and parameter

EVENT_ID = Column("event_id", I32, "1", "number of the event within the episode", nullable=False)

CAUSE_ID = Column("cause_id", I32, "1", "number of the cause within the episode", False, OWN_KEY)

RESPONSE = stream_schema(
    (
        TICK,
        CAUSE_ID,
        Column("component_k", F64, "K", "temperature of the component that the cause acts on; null for none"),
        Column("healthy_k", F64, "K", "temperature it would have without the cause; null for none"),
        course("air_k", F64, "K", "air temperature"),
        course("converted", F64, "1", "share of the fuel lost as gas and tar"),
        course("emission_g_s", F64, "g/s", "gas and tar leaving the fuel"),
    ),
    {"role": "truth"},
)
STATES = stream_schema(
    (
        TICK,
        CAUSE_ID,
        Column("state", TEXT, "", "what it is of the cause, with the unit as suffix", False, OWN_KEY),
        Column("value", F64, "", "in that unit", False),
    ),
    {"role": "response"},  # no measured quantity: its unit stands in the name of the state
)
EVENTS = stream_schema(
    (
        EVENT_ID,
        Column("event_type", TEXT, "", "second level of the alert taxonomy", False),
        Column("event_subtype", TEXT, "", "third level of the alert taxonomy", False),
        Column("category", TEXT, "", "shelf of the scenario library", False),
        Column("component", TEXT, "", "component or place that it happens to", False),
        Column("level", I8, "1", "alert level 1 to 5 of the greatest severity", False),
        Column("onset_s", F64, "s", "first active tick, since the episode's start", False),
        Column("peak_s", F64, "s", "tick of the greatest severity", False),
        Column("clearance_s", F64, "s", "end of the last active tick; null while not over"),
        Column("ignition_s", F64, "s", "tick of ignition; null where censored"),
        Column("ignition_observed", FLAG, "", "whether the episode reaches ignition", False),
        Column("x_m", F64, "m", "place, east of the pole's foot", False),
        Column("y_m", F64, "m", "place, north of the pole's foot", False),
        Column("z_m", F64, "m", "place, above ground", False),
        Column("distance_m", F64, "m", "distance from the device", False),
        Column("source_strength", F64, "", "strength of the cause in its own unit", False),
        Column("source_strength_unit", TEXT, "", "unit of source_strength", False),
        Column("parent_event_id", I32, "1", "event that caused this one; null for none"),
        Column("time_scale", F64, "1", "real seconds that a second of the episode stands for", False),
    ),
    {"role": "event"},
)
LABELS = stream_schema(
    (
        TICK,
        EVENT_ID,
        Column("event_type", TEXT, "", "second level of the alert taxonomy", False),
        Column("stage", TEXT, "", "physical stage of the event", False),
        Column("severity", F32, "1", "0 to 1", False),
        Column("level", I8, "1", "alert level 1 to 5", False),
        Column("progress", F32, "1", "0 to 1", False),
        Column("time_to_ignition_s", F64, "s", "0 after ignition; null where censored"),
    ),
    {"role": "label"},
)
OBSERVABILITY = stream_schema(
    (
        EVENT_ID,
        Column("sensor_id", TEXT, "", "sensor of the device", False),
        Column(
            "max_snr",
            F64,
            "1",
            "greatest rise of a look of ten seconds while active: of the ideal reading, over the part's "
            "noise and what the channel scatters by within the hour, or of a faulty sensor's reading from a "
            "sound one's, over the noise alone; lost readings and status have no number and leave it at 0",
            False,
        ),
        Column(
            "detectable",
            FLAG,
            "",
            "a look of ten seconds within a minute above the sensor's detection limit (noise of any channel "
            "passes the alarm level once a month), or ten seconds with readings lost or another status "
            "because of the cause",
            False,
        ),
        Column("first_detectable_s", F64, "s", "first such tick; null if never"),
        Column("detectable_s", F64, "s", "time for which that holds", False),
    ),
    {"role": "observability"},
)
MASKS = stream_schema(
    (
        EVENT_ID,
        Column("sensor_id", TEXT, "", "camera", False),
        Column("n_pixels", I32, "1", "pixels of which the component fills a tenth or more", False),
        Column("mask", pa.binary(), "", "those pixels, row by row, one bit each", False),
    ),
    {"role": "label"},
)
REGIMES = stream_schema(
    (
        TICK,
        Column("hour_local", F32, "h", "local standard time", False),
        Column("season", TEXT, "", "meteorological season of the weather year", False),
        Column("sky", TEXT, "", "night, clear, broken, overcast or rain", False),
        Column("wind", TEXT, "", "calm, light, fresh or strong mean wind at 10 m", False),
        Column("load", TEXT, "", "low, middle or high against the site's peak", False),
    ),
    {"role": "label"},
)
STAGES = stream_schema(
    (
        Column("sensor_id", TEXT, "", "sensor of the device", False),
        Column("stage", TEXT, "", "imperfection", False),
        Column("parameter", TEXT, "", "parameter or state of it", False),
        Column("channel", I32, "1", "channel of the sensor; null for all"),
        Column("value_start", F64, "", "value before the first tick"),
        Column("value_end", F64, "", "value after the last tick"),
    ),
    {"role": "stage"},
)


def response_batch(cause_id: int, response: Response) -> pa.RecordBatch:
    """Rows of the world's answer to one cause."""
    n = response.air_k.size
    values = {name: getattr(response, name) for name in RESPONSE.names[2:]}
    return batch(RESPONSE, {"tick": np.arange(n), "cause_id": np.full(n, cause_id, np.int32)} | values)


def states_batch(cause_id: int, states: Mapping[str, Array]) -> pa.RecordBatch:
    """Rows of what the labels need to know of one cause, state after state."""
    n = next(iter(states.values())).size
    columns = {
        "tick": np.tile(np.arange(n), len(states)),
        "cause_id": np.full(n * len(states), cause_id, np.int32),
        "state": [name for name in states for _ in range(n)],
        "value": np.concatenate([np.asarray(values, dtype=np.float64) for values in states.values()]),
    }
    return batch(STATES, columns)


def stored_responses(episode: EpisodeReader, n_causes: int) -> tuple[Response, ...]:
    """The world's answers as an episode stored them, one per cause."""
    grid = episode.spec.grid
    answers, states = episode.table("response"), episode.table("states")
    owner, state_owner = (table["cause_id"].to_numpy() for table in (answers, states))
    names, values = np.asarray(states["state"].to_pylist(), dtype=object), states["value"].to_numpy()
    found = []
    for cause_id in range(n_causes):
        mine, own = owner == cause_id, state_owner == cause_id
        courses = {str(name): values[own & (names == name)] for name in dict.fromkeys(names[own].tolist())}
        columns = {name: answers[name].to_numpy()[mine] for name in RESPONSE.names[2:]}
        whole = Response(**columns) if mine.any() else Response.quiet(grid)
        found.append(replace(whole, states=courses))
    return tuple(found)


def labels_batch(event_id: int, event: EventLabels, grid: TimeGrid) -> pa.RecordBatch:
    """Rows of one event's active ticks."""
    ticks = np.flatnonzero(event.active)
    return batch(
        LABELS,
        {
            "tick": ticks,
            "event_id": np.full(ticks.size, event_id, np.int32),
            "event_type": [event.event_type.value] * ticks.size,
            "stage": [event.stage_names[i] for i in event.stage[ticks]],
            "severity": event.severity[ticks].astype(np.float32),
            "level": event.level[ticks],
            "progress": event.progress[ticks].astype(np.float32),
            "time_to_ignition_s": event.time_to_ignition_s(grid)[ticks],
        },
    )


def observability_batch(event_id: int, seen: Mapping[str, Observability]) -> pa.RecordBatch:
    """One row per sensor."""
    return batch(
        OBSERVABILITY,
        {
            "event_id": [event_id] * len(seen),
            "sensor_id": list(seen),
            "max_snr": [o.max_snr for o in seen.values()],
            "detectable": [o.first_detectable_s is not None for o in seen.values()],
            "first_detectable_s": [o.first_detectable_s for o in seen.values()],
            "detectable_s": [o.detectable_s for o in seen.values()],
        },
    )


def stages_batch(described: Iterable[tuple[str, StageValues, StageValues]]) -> pa.RecordBatch:
    """Parameters and states of sensors' stages, from (sensor, before the first tick, after the last)."""
    columns: dict[str, list[Any]] = {name: [] for name in STAGES.names}
    for sensor_id, start, end in described:
        for stage, values in end.items():
            for parameter, after in values.items():
                ends = np.atleast_1d(after).tolist()
                columns["sensor_id"] += [sensor_id] * len(ends)
                columns["stage"] += [stage] * len(ends)
                columns["parameter"] += [parameter] * len(ends)
                columns["channel"] += range(len(ends)) if len(ends) > 1 else [None]
                columns["value_start"] += np.atleast_1d(start[stage][parameter]).tolist()
                columns["value_end"] += ends
    known = {name: np.array(columns[name], dtype=np.float64) for name in ("value_start", "value_end")}
    return batch(STAGES, columns | known)
