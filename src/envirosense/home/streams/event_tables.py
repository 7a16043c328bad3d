"""Rows of what Home Assistant saw, and of what was behind it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.home.faults import with_stream_faults
from envirosense.home.history import HomeHistory
from envirosense.home.log import EventKind, Origin
from envirosense.home.options import Delivery
from envirosense.home.streams.contexts import contexts
from envirosense.home.streams.schemas import SCHEMAS
from envirosense.home.streams.state_texts import last_state_rows, state_texts

type Ints = npt.NDArray[np.integer]


def ha_events(history: HomeHistory) -> pa.RecordBatch:
    """Events as Home Assistant hands them on, in order of time."""
    home, log = history.home, history.log
    state, before = state_texts(home, log), last_state_rows(log)
    context, parent = contexts(log)
    users = np.where(log.origin == Origin.APP, log.person, -1)
    is_state = log.kind == EventKind.STATE_CHANGED
    return pa.RecordBatch.from_arrays(
        [
            pa.array(np.arange(len(log), dtype=np.int32)),
            _utc(history, log.t_us),
            named(tuple(kind.name.lower() for kind in EventKind), log.kind),
            named([entity.entity_id for entity in home.entities], log.entity),
            state.take(pa.array(before, mask=(before < 0) | ~is_state)),
            state,
            pa.array(log.value, from_pandas=True),
            pa.array(context.astype(np.int32)),
            _known(parent),
            named([f"person.{one.resident_id}" for one in home.residents], users),
        ],
        schema=SCHEMAS["ha_events"],
    )


def causes(history: HomeHistory) -> pa.RecordBatch:
    """What moved every event: nobody who looks at Home Assistant is told."""
    home, log = history.home, history.log
    return pa.RecordBatch.from_arrays(
        [
            pa.array(np.arange(len(log), dtype=np.int32)),
            named(tuple(origin.name.lower() for origin in Origin), log.origin),
            named([one.resident_id for one in home.residents], log.person),
            _known(log.cause),
            named([rule.name for rule in history.rules], log.rule),
        ],
        schema=SCHEMAS["causes"],
    )


def messages(history: HomeHistory, delivery: Delivery, seed: int) -> pa.RecordBatch:
    """Events in the order in which they reach whoever listens: some never, some twice, some late."""
    shares = (delivery.dropped, delivery.duplicated, delivery.late)
    found = with_stream_faults(history.log, history.home, seed, *shares)
    return pa.RecordBatch.from_arrays(
        [
            pa.array(np.arange(len(found), dtype=np.int32)),
            pa.array(found.row.astype(np.int32)),
            _utc(history, found.arrived_us),
        ],
        schema=SCHEMAS["messages"],
    )


def named(names: Sequence[str], numbers: Ints) -> pa.Array:
    """Names by their numbers; null where there is none of that number."""
    known = (numbers >= 0) & (numbers < len(names))
    return pa.array(names, pa.string()).take(pa.array(numbers.astype(np.int64), mask=~known))


def _utc(history: HomeHistory, t_us: npt.NDArray[np.int64]) -> pa.Array:
    start_us = np.datetime64(history.start_utc.replace(tzinfo=None), "us").astype(np.int64)
    return pa.array(t_us + start_us).cast(pa.timestamp("us", "UTC"))


def _known(rows: Ints) -> pa.Array:
    return pa.array(rows.astype(np.int32), mask=rows < 0)
