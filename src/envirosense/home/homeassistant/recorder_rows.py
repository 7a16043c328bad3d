"""Rows of the recorder's tables of states and events, from columns."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.home.homeassistant.attributes import attributes, json_bytes, recorded
from envirosense.home.homeassistant.context_ids import user_id
from envirosense.home.homeassistant.event_data import event_data, event_data_of
from envirosense.home.homeassistant.seen import Seen
from envirosense.home.log import EventKind
from envirosense.home.model import Home

_ROWS_AT_ONCE: Final = 65_536
_S_PER_US: Final = 1e-6
_VARIANTS: Final = 1 << 20  # more than any entity has
_STATE_COLUMNS: Final = (
    "state_id",
    "metadata_id",
    "state",
    "attributes_id",
    "last_updated_ts",
    "last_changed_ts",
    "old_state_id",
    "origin_idx",
    "context_id_bin",
    "context_parent_id_bin",
    "context_user_id_bin",
)
_EVENT_COLUMNS: Final = (
    "event_type_id",
    "data_id",
    "time_fired_ts",
    "origin_idx",
    "context_id_bin",
    "context_parent_id_bin",
    "context_user_id_bin",
)

type Ints = npt.NDArray[np.int64]
type Bools = npt.NDArray[np.bool_]
type Rows = Iterable[Sequence[object]]
type Chunk = tuple[Sequence[str], list[list[Any]]]


def insert(database: sqlite3.Connection, table: str, columns: Sequence[str], rows: Rows) -> None:
    """Rows into a table of the recorder."""
    names, places = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
    database.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)


def insert_chunks(database: sqlite3.Connection, table: str, chunks: Iterable[Chunk]) -> int:
    """Number of rows put into a table, from columns in pieces."""
    count = 0
    for names, columns in chunks:
        insert(database, table, names, zip(*columns, strict=True))
        count += len(columns[0])
    return count


def attribute_rows(home: Home, history: Seen) -> tuple[list[tuple[int, int, str]], Ints]:
    """Id, hash and JSON of every set of attributes, and the id of each event's, (event,)."""
    key = history.log.entity.astype(np.int64) * _VARIANTS + history.variant + 1
    keys, place = np.unique(key, return_inverse=True)
    id_of: dict[bytes, int] = {}
    ids = []
    for entity, variant in zip(keys // _VARIANTS, keys % _VARIANTS - 1, strict=True):
        one = home.entities[entity]
        text = recorded(one, attributes(home, one, int(variant)))
        ids.append(id_of.setdefault(text, len(id_of) + 1))
    rows = [(number, fnv1a_32(text), text.decode()) for text, number in id_of.items()]
    return rows, np.array(ids, dtype=np.int64)[place]


def state_rows(home: Home, history: Seen, attribute_of: Ints) -> Iterator[Chunk]:
    """Changes of state, in order of time; a message that repeats a state is none."""
    rows = np.flatnonzero(history.is_state & ~history.is_repeat)
    state_id = np.zeros(len(history.log), dtype=np.int64)
    state_id[rows] = np.arange(1, rows.size + 1)
    old = _last_kept(history, rows)
    for low in range(0, rows.size, _ROWS_AT_ONCE):
        now = rows[low : low + _ROWS_AT_ONCE]
        changed = history.since[now]
        yield (
            _STATE_COLUMNS,
            [
                state_id[now].tolist(),
                (history.log.entity[now] + 1).tolist(),
                history.text.take(now).to_pylist(),
                attribute_of[now].tolist(),
                (history.time_us[now] * _S_PER_US).tolist(),
                _without((history.time_us[changed] * _S_PER_US), changed == now),
                _without(state_id[old[now]], old[now] < 0),
                [0] * now.size,
                *_context_columns(home, history, now),
            ],
        )


def event_rows(
    home: Home, history: Seen
) -> tuple[list[tuple[int, str]], list[tuple[int, int, str]], Iterator[Chunk]]:
    """Types, data and rows of the events that are no change of state."""
    rows = np.flatnonzero(~history.is_state)
    keys, place = event_data_of(history, rows)
    texts = [json_bytes(event_data(home, key)) for key in keys]
    data = [(number + 1, fnv1a_32(text), text.decode()) for number, text in enumerate(texts)]
    types = [(int(kind) + 1, kind.name.lower()) for kind in EventKind if kind != EventKind.STATE_CHANGED]
    return types, data, _event_chunks(home, history, rows, place)


def fnv1a_32(text: bytes) -> int:
    """Hash by which the recorder finds equal attributes (Fowler, Noll and Vo; 32 bits, variant 1a)."""
    found = 0x811C9DC5
    for byte in text:
        found = (found ^ byte) * 0x01000193 & 0xFFFFFFFF
    return found


def _event_chunks(home: Home, history: Seen, rows: Ints, data: Ints) -> Iterator[Chunk]:
    for low in range(0, rows.size, _ROWS_AT_ONCE):
        now = rows[low : low + _ROWS_AT_ONCE]
        yield (
            _EVENT_COLUMNS,
            [
                (history.log.kind[now] + 1).tolist(),
                (data[low : low + _ROWS_AT_ONCE] + 1).tolist(),
                (history.time_us[now] * _S_PER_US).tolist(),
                [0] * now.size,
                *_context_columns(home, history, now),
            ],
        )


def _last_kept(history: Seen, rows: Ints) -> Ints:
    """Row of the state before each one, among those that are kept, (event,); -1 for none."""
    order = rows[np.argsort(history.log.entity[rows], kind="stable")]
    before = np.full(len(history.log), -1, dtype=np.int64)
    same = history.log.entity[order[1:]] == history.log.entity[order[:-1]]
    before[order[1:][same]] = order[:-1][same]
    return before


def _context_columns(home: Home, history: Seen, rows: Ints) -> list[list[Any]]:
    """Ids of context, parent and user as bytes."""
    parent, user = history.parent[rows], history.user[rows]
    accounts = [user_id(home.home_id, one.resident_id) for one in home.residents]
    users = np.array([*accounts, None], dtype=object)
    parents = _without(_sixteens(history.context_id[parent]), parent < 0)
    return [_sixteens(history.context_id[rows]).tolist(), parents, users[user].tolist()]


def _sixteens(ids: npt.NDArray[np.uint8]) -> npt.NDArray[np.void]:
    return np.ascontiguousarray(ids).reshape(-1).view("V16")


def _without(values: npt.NDArray[Any], is_none: Bools) -> list[Any]:
    """Values as a list, with None where there is none."""
    column = values.astype(object)
    column[is_none] = None
    return list(column)
