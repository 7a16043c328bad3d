"""Events in Home Assistant's full form, a line of JSON each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.home.homeassistant.attributes import attributes, json_bytes
from envirosense.home.homeassistant.context_ids import ulids, user_id
from envirosense.home.homeassistant.event_data import event_data, event_data_of
from envirosense.home.homeassistant.seen import Seen, seen
from envirosense.home.log import EventKind, EventLog
from envirosense.home.model import Home

_ROWS_AT_ONCE: Final = 32_768
_VARIANTS: Final = 1 << 20  # more than any entity has
_STATE: Final = (
    b'{"entity_id":"%b","state":"%%b","attributes":%b,"last_changed":"%%b+00:00",'
    b'"last_reported":"%%b+00:00","last_updated":"%%b+00:00","context":%%b}'
)
_CHANGE: Final = (
    b'{"type":"event","event":{"event_type":"state_changed","data":{"entity_id":"%b","old_state":%b,'
    b'"new_state":%b},"origin":"LOCAL","time_fired":"%b+00:00","context":%b}}\n'
)
_OTHER: Final = (
    b'{"type":"event","event":{"event_type":"%b","data":%b,"origin":"LOCAL",'
    b'"time_fired":"%b+00:00","context":%b}}\n'
)
_CONTEXT: Final = b'{"id":"%b","parent_id":%b,"user_id":%b}'

type Ints = npt.NDArray[np.int64]
type Objects = npt.NDArray[Any]  # of bytes
type Texts = list[bytes]


def event_lines(home: Home, log: EventLog, start_utc: datetime) -> Iterator[bytes]:
    """Lines in order of time, one per event of the log, each as Home Assistant's bus hands it on.

    The state before an entity's first change is that in which the episode begins; null for a number.
    """
    history = seen(home, log, start_utc)
    heads, place = _heads(home, history)
    users = [json_bytes(user_id(home.home_id, one.resident_id).hex()) for one in home.residents]
    writer = _Writer(home, history, heads, place, np.array([*users, b"null"], dtype=object))
    for low in range(history.n_initial, len(history.log), _ROWS_AT_ONCE):
        yield from writer.lines(np.arange(low, min(low + _ROWS_AT_ONCE, len(history.log))))


def _heads(home: Home, history: Seen) -> tuple[Objects, Ints]:
    """Templates of states by entity and attributes, and which of them each event has, (event,)."""
    key = history.log.entity.astype(np.int64) * _VARIANTS + history.variant + 1
    keys, place = np.unique(key, return_inverse=True)
    heads = np.empty(keys.size, dtype=object)
    for number, (entity, variant) in enumerate(zip(keys // _VARIANTS, keys % _VARIANTS - 1, strict=True)):
        one = home.entities[entity]
        told = json_bytes(attributes(home, one, int(variant))).replace(b"%", b"%%")
        heads[number] = _STATE % (one.entity_id.encode(), told)
    return heads, place


@dataclass(frozen=True, slots=True, eq=False)
class _Writer:
    """What the lines of any piece of the history are made of.

    Attributes:
        heads: Templates of states by entity and attributes.
        head: Which of them each event has, (event,).
        users: Accounts by resident as JSON, the last one null.
    """

    home: Home
    history: Seen
    heads: Objects
    head: Ints
    users: Objects

    def lines(self, now: Ints) -> Texts:
        """Lines of some consecutive events."""
        before = self.history.before[now]
        rows = np.concatenate([np.unique(before[(before >= 0) & (before < now[0])]), now])
        contexts = self._contexts(rows)
        fired = _moments(self.history.time_us[now])
        states = np.append(self._states(rows, contexts), b"null")
        old = np.where(before < 0, states.size - 1, np.searchsorted(rows, before))
        new = states[np.searchsorted(rows, now)]
        is_state = self.history.is_state[now]
        entities = np.array([one.entity_id.encode() for one in self.home.entities], dtype=object)
        columns = (entities[self.history.log.entity[now]], states[old], new, fired, contexts[-now.size :])
        found = np.empty(now.size, dtype=object)
        found[is_state] = _filled(_CHANGE, *(column[is_state] for column in columns))
        found[~is_state] = self._others(now[~is_state], fired[~is_state], columns[-1][~is_state])
        return list(found)

    def _states(self, rows: Ints, contexts: Objects) -> Objects:
        """States after some events as JSON; nothing of use for those that are no change."""
        updated = _moments(self.history.time_us[rows])
        changed = _moments(self.history.time_us[self.history.since[rows]])
        texts = _encoded(self.history.text.take(rows))
        heads = self.heads[self.head[rows]]
        columns = (texts, changed, updated, updated, contexts)
        return _objects(map(bytes.__mod__, heads, zip(*columns, strict=True)), rows.size)

    def _others(self, rows: Ints, fired: Objects, contexts: Objects) -> Objects:
        """Lines of events that are no change of state."""
        keys, place = event_data_of(self.history, rows)
        data = _objects((json_bytes(event_data(self.home, key)) for key in keys), len(keys))
        kinds = _objects((EventKind(kind).name.lower().encode() for kind, _, _ in keys), len(keys))
        return _filled(_OTHER, kinds[place], data[place], fired, contexts)

    def _contexts(self, rows: Ints) -> Objects:
        """Contexts of some events as JSON."""
        parent, user = self.history.parent[rows], self.history.user[rows]
        ids = _letters(ulids(self.history.context_id[rows]))
        parents = _filled(b'"%b"', _letters(ulids(self.history.context_id[parent])))
        parents[parent < 0] = b"null"
        return _filled(_CONTEXT, ids, parents, self.users[user])


def _filled(template: bytes, *columns: Objects) -> Objects:
    """A template filled with the columns, (event,) of bytes."""
    return _objects(map(template.__mod__, zip(*columns, strict=True)), columns[0].size)


def _objects(texts: Iterable[bytes], n: int) -> Objects:
    return np.fromiter(texts, dtype=object, count=n)


def _letters(text: npt.NDArray[np.uint8]) -> Objects:
    """Rows of letters as bytes."""
    letters: Objects = text.reshape(-1).view(f"S{text.shape[1]}").astype(object)
    return letters


def _moments(time_us: Ints) -> Objects:
    """Moments in ISO 8601 without the zone, to the microsecond."""
    moments: Objects = np.datetime_as_string(time_us.view("datetime64[us]")).astype("S26").astype(object)
    return moments


def _encoded(texts: pa.Array) -> Objects:
    """Texts as UTF-8; the word null where there is none."""
    plain: Objects = texts.fill_null("null").cast(pa.binary()).to_numpy(zero_copy_only=False)
    return plain
