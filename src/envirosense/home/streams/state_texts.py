"""States as Home Assistant writes them: text, from codes and numbers."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from envirosense.home.log import EventKind, EventLog
from envirosense.home.model import UNAVAILABLE_TEXT, UNKNOWN, UNKNOWN_TEXT, Home

type Ints = npt.NDArray[np.int64]

_SPECIAL = -UNKNOWN  # texts before an entity's own: unknown (-2), unavailable (-1)


def state_texts(home: Home, log: EventLog) -> pa.Array:
    """State after each event, text (event,); null for events that are no change of state."""
    first, texts = _state_names(home)
    numbers = np.array([entity.is_numeric for entity in home.entities])[log.entity]
    is_number = numbers & (log.code >= 0)
    names = texts.take(pa.array(first[log.entity] + _SPECIAL + log.code))
    written = _numbers(home, log, np.flatnonzero(is_number))
    place = np.arange(len(log), dtype=np.int64)
    place[is_number] = len(log) + np.arange(int(is_number.sum()))
    is_state = log.kind == EventKind.STATE_CHANGED
    return pa.concat_arrays([names, written]).take(pa.array(place, mask=~is_state))


def last_state_rows(log: EventLog) -> Ints:
    """Row of the change of state before each event of the same entity, (event,); -1 for none."""
    rows = np.flatnonzero(log.kind == EventKind.STATE_CHANGED)
    order = rows[np.argsort(log.entity[rows], kind="stable")]
    before = np.full(len(log), -1, dtype=np.int64)
    same = log.entity[order[1:]] == log.entity[order[:-1]]
    before[order[1:][same]] = order[:-1][same]
    return before


def _state_names(home: Home) -> tuple[Ints, pa.Array]:
    texts: list[str] = []
    first = []
    for entity in home.entities:
        first.append(len(texts))
        texts += [UNKNOWN_TEXT, UNAVAILABLE_TEXT, *(entity.states or ("",))]
    return np.array(first, dtype=np.int64), pa.array(texts)


def _numbers(home: Home, log: EventLog, rows: Ints) -> pa.Array:
    """Numbers as text, with the entity's own places after the point."""
    decimals = np.array([entity.decimals for entity in home.entities])[log.entity[rows]]
    values = log.value[rows].astype(np.float64)
    parts, places = [], []
    for places_after in np.unique(decimals):
        mine = np.flatnonzero(decimals == places_after)
        rounded = np.round(values[mine], int(places_after))
        parts.append(_text(rounded, int(places_after)))
        places.append(mine)
    if not parts:
        return pa.array([], pa.string())
    back = np.empty(rows.size, dtype=np.int64)
    back[np.concatenate(places)] = np.arange(rows.size)
    return pa.concat_arrays(parts).take(pa.array(back))


def _text(rounded: npt.NDArray[np.float64], places_after: int) -> pa.Array:
    """Numbers as Python writes them: 21.0 rather than 21, and no minus before a nought."""
    if places_after == 0:
        return pc.cast(pa.array(rounded.astype(np.int64)), pa.string())
    text = pc.cast(pa.array(rounded + 0.0), pa.string())
    is_whole = pa.array(rounded == np.rint(rounded))
    return pc.if_else(is_whole, pc.binary_join_element_wise(text, ".0", ""), text)
