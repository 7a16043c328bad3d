"""What a window is about: the most severe event in it, and whether a sensor could see it by then.

What only looks like trouble (`benign_source`) is no event here: its windows are normal ones, so an alarm in
them is a false one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.scenarios.taxonomy import EventType

NORMAL = "normal"  # class of a window in which no event is active
WINDOW_COLUMNS: Final = frozenset({"event_id", "event_type", "onset_s", "clearance_s", "ignition_s"})
BENIGN = EventType.BENIGN_SOURCE.value

type Floats = npt.NDArray[np.float64]
type Texts = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class EventTable:
    """Events of the windowed episodes, one row each; times in seconds since the episode's start."""

    episode_id: Texts
    event_id: npt.NDArray[np.int32]
    event_type: Texts
    scenario: Texts
    group: Texts
    onset_s: Floats
    clearance_s: Floats  # NaN while not over
    ignition_s: Floats  # NaN where none was observed
    first_detectable_s: Floats  # earliest over sensors, NaN where none could see it
    detectable_s: Floats  # how long the sensor that saw it longest could see it

    def __len__(self) -> int:
        return len(self.event_id)

    @property
    def detectable(self) -> npt.NDArray[np.bool_]:
        """Whether at least one sensor could see the event, (event,)."""
        return np.isfinite(self.first_detectable_s)

    def of_episodes(self, episode_ids: Texts) -> "EventTable":
        """Events of the named episodes."""
        return self.select(np.isin(self.episode_id, episode_ids))

    def select(self, chosen: npt.NDArray[np.bool_]) -> "EventTable":
        """The events of a mask."""
        return EventTable(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    @classmethod
    def concat(cls, pieces: Sequence[Self]) -> Self:
        """All events of several tables."""
        return cls(**{f.name: np.concatenate([getattr(p, f.name) for p in pieces]) for f in fields(cls)})


@dataclass(frozen=True, slots=True)
class WindowLabels:
    """Label columns of the windows of one episode, (window,) each."""

    y: Texts
    event_id: npt.NDArray[np.int32]
    severity: npt.NDArray[np.float32]
    time_to_ignition_s: Floats
    detectable: npt.NDArray[np.bool_]


def _floats(table: pa.Table, column: str) -> Floats:
    values = table[column].cast(pa.float64()).fill_null(float("nan")).to_numpy()
    return np.asarray(values, dtype=np.float64)


def _texts(table: pa.Table, column: str) -> Texts:
    return np.asarray(table[column].to_pylist(), dtype=np.str_)


def _without_benign(table: pa.Table | None) -> pa.Table | None:
    if table is None or table.num_rows == 0:
        return table
    return table.filter(pa.array(_texts(table, "event_type") != BENIGN))


def _first_detectable_s(table: pa.Table | None, event_ids: npt.NDArray[np.int32]) -> Floats:
    found = np.full(len(event_ids), np.nan)
    if table is None or table.num_rows == 0:
        return found
    owner = table["event_id"].to_numpy()
    seen = np.asarray(table["detectable"].fill_null(False).to_pylist(), dtype=bool)
    first_s = _floats(table, "first_detectable_s")
    for position, event_id in enumerate(event_ids):
        times_s = first_s[(owner == event_id) & seen]
        times_s = times_s[np.isfinite(times_s)]
        if times_s.size:
            found[position] = times_s.min()
    return found


def _detectable_s(table: pa.Table | None, event_ids: npt.NDArray[np.int32]) -> Floats:
    """Greatest time over sensors, (event,); 0 where nothing is known."""
    longest = np.zeros(len(event_ids))
    if table is None or table.num_rows == 0 or "detectable_s" not in table.column_names:
        return longest
    owner, seen_s = table["event_id"].to_numpy(), _floats(table, "detectable_s")
    for position, event_id in enumerate(event_ids):
        longest[position] = seen_s[owner == event_id].max(initial=0.0)
    return longest


def episode_events(tables: Mapping[str, pa.Table], scenario: str, group: str, episode_id: str) -> EventTable:
    """Events of one episode with the first time any sensor could see them."""
    table = _without_benign(tables.get("events"))
    n = 0 if table is None else table.num_rows
    if table is None or n == 0:
        ids, types, times_s = np.empty(0, np.int32), np.empty(0, np.str_), np.empty((3, 0))
    else:
        ids, types = table["event_id"].to_numpy().astype(np.int32), _texts(table, "event_type")
        times_s = np.stack([_floats(table, name) for name in ("onset_s", "clearance_s", "ignition_s")])
    return EventTable(
        episode_id=np.full(n, episode_id),
        event_id=ids,
        event_type=types,
        scenario=np.full(n, scenario),
        group=np.full(n, group),
        onset_s=times_s[0],
        clearance_s=times_s[1],
        ignition_s=times_s[2],
        first_detectable_s=_first_detectable_s(tables.get("observability"), ids),
        detectable_s=_detectable_s(tables.get("observability"), ids),
    )


def window_labels(
    labels: pa.Table | None, events: EventTable, starts: npt.NDArray[np.int64], length: int, dt_s: float
) -> WindowLabels:
    """Labels of windows of `length` ticks starting at `starts`.

    The class is the type of the event with the greatest severity in the window; of equals, the
    one with the smallest id.
    """
    n = len(starts)
    labels = _without_benign(labels)
    event_id, severity = np.full(n, -1, np.int32), np.zeros(n, np.float32)
    ignition_s, y = np.full(n, np.nan), np.full(n, NORMAL, dtype=object)
    if labels is not None and labels.num_rows:
        tick, owner = labels["tick"].to_numpy(), labels["event_id"].to_numpy()
        rank, to_ignition_s = _floats(labels, "severity"), _floats(labels, "time_to_ignition_s")
        kind = _texts(labels, "event_type")
        order = np.lexsort((owner, tick))
        low = np.searchsorted(tick[order], starts, side="left")
        high = np.searchsorted(tick[order], starts + length, side="left")
        for window in np.flatnonzero(high > low):
            rows = order[low[window] : high[window]]
            top = rows[np.lexsort((owner[rows], -rank[rows]))[0]]
            last = rows[owner[rows] == owner[top]][-1]
            event_id[window], severity[window], y[window] = owner[top], rank[top], kind[top]
            ignition_s[window] = to_ignition_s[last]
    known = dict(zip(events.event_id.tolist(), events.first_detectable_s.tolist(), strict=True))
    first_s = np.array([known.get(one, np.nan) for one in event_id.tolist()], dtype=np.float64)
    seen = first_s < (starts + length) * dt_s
    return WindowLabels(y.astype(np.str_), event_id, severity, ignition_s, seen)
