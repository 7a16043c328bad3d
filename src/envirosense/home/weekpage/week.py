"""What the page shows of a stored home: spans of states, stays, curves, cut to some days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from envirosense.core.errors import ConfigError
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode

type Floats = npt.NDArray[np.float64]

DAY_S: Final = 86_400.0
WEEK_DAYS: Final = 7
ACTIVE: Final = (
    "on", "playing", "cleaning", "open", "unlocked", "heat", "cool", "recording", "armed_home", "armed_away",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity of the page."""

    entity_id: str
    name: str
    role: str
    area_id: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Week:
    """Days of one home.

    Attributes:
        start_local: Local midnight of the first day shown.
        first_s: The same, since the episode's start [s].
        spans: Time in an active state, (span, 2), by entity [s since the first day shown].
        numbers: Reports of entities that give numbers, (report, 2) of time and value.
        outside_c: Air outside on the context's steps, (quarter, 2) of time and value.
        stays: Where each resident was: rows of start, end, place, activity.
    """

    episode: Episode
    facts: Mapping[str, Any]
    start_local: datetime
    first_s: float
    n_days: int
    entities: tuple[Entity, ...]
    areas: Mapping[str, Mapping[str, Any]]
    spans: Mapping[str, Floats]
    numbers: Mapping[str, Floats]
    outside_c: Floats
    stays: tuple[Mapping[str, Any], ...]
    occurrences: tuple[Mapping[str, Any], ...]
    faults: tuple[Mapping[str, Any], ...]
    patterns: tuple[Mapping[str, Any], ...]

    def with_role(self, *roles: str) -> list[Entity]:
        """Entities of some roles."""
        return [one for one in self.entities if one.role in roles]


def read_week(dataset: Dataset, episode_id: str, first_day: int = 0) -> Week:
    """The days from `first_day` on, a week or what is left of it.

    Raises:
        ConfigError: for a day that the episode does not have.
    """
    episode = next((one for one in dataset if one.episode_id.startswith(episode_id)), None)
    if episode is None:
        raise ConfigError("episode", episode_id, "is none of this dataset; `dataset episodes` lists them")
    days = round(episode.spec.grid.duration_s / DAY_S)
    if not 0 <= first_day < days:
        raise ConfigError("day", first_day, f"the home has days 0 to {days - 1}")
    n_days = min(WEEK_DAYS, days - first_day)
    first_s, last_s = first_day * DAY_S, (first_day + n_days) * DAY_S
    spec = episode.spec
    offset_h = float(str(spec.site.get("utc_offset_h", 0.0)))
    entities = tuple(
        Entity(row["entity_id"], row["name"], row["role"], row["area_id"])
        for row in episode.table("entities").to_pylist()
    )
    spans, numbers = _states(episode, first_s, last_s)
    return Week(
        episode,
        spec.params,
        (spec.grid.start_utc + timedelta(hours=offset_h, seconds=first_s)).replace(tzinfo=None),
        first_s,
        n_days,
        entities,
        {row["area_id"]: row for row in episode.table("areas").to_pylist()},
        spans,
        numbers,
        _outside(episode, first_s, last_s),
        _between(episode.table("stays"), "start_s", "end_s", first_s, last_s),
        _between(episode.table("occurrences"), "trigger_s", "trigger_s", first_s, last_s),
        _between(episode.table("events"), "onset_s", "clearance_s", first_s, last_s),
        tuple(episode.table("patterns").to_pylist()),
    )


def _outside(episode: Episode, first_s: float, last_s: float) -> Floats:
    """Air outside from one second up to another."""
    air_c = episode.table("context", ["air_c"])["air_c"].to_numpy()
    t_s = np.arange(air_c.size) * episode.spec.grid.dt_s
    inside = (t_s >= first_s) & (t_s < last_s)
    return np.stack([t_s[inside] - first_s, air_c[inside].astype(np.float64)], axis=1)


def _between(
    table: pa.Table, start: str, end: str, first_s: float, last_s: float
) -> tuple[Mapping[str, Any], ...]:
    """Rows that touch a span of time."""
    ends = pc.fill_null(table[end], float("inf"))
    mask = pc.and_(pc.less(table[start], last_s), pc.greater_equal(ends, first_s))
    return tuple(table.filter(mask).to_pylist())


def _states(episode: Episode, first_s: float, last_s: float) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Spans in active states, and reports of numbers, by entity."""
    table = episode.table("ha_events", ["time_fired", "type", "entity_id", "new_state", "value"])
    table = table.filter(pc.equal(table["type"], "state_changed"))
    start_us = np.datetime64(episode.spec.grid.start_utc.replace(tzinfo=None), "us")
    t_s = (table["time_fired"].to_numpy() - start_us).astype("timedelta64[us]").astype(
        np.int64
    ) / 1e6 - first_s
    names = table["entity_id"].combine_chunks().dictionary_encode()
    entity, texts = names.indices.to_numpy(), names.dictionary.to_pylist()
    is_active = pc.is_in(table["new_state"], pa.array(ACTIVE)).to_numpy(zero_copy_only=False)
    value = table["value"].to_numpy()
    spans, numbers = {}, {}
    for number, name in enumerate(texts):
        rows = np.flatnonzero(entity == number)
        if is_active[rows].any():
            spans[name] = _spans(t_s[rows], is_active[rows], last_s - first_s)
        elif np.isfinite(value[rows]).any():
            inside = rows[(t_s[rows] >= 0.0) & (t_s[rows] < last_s - first_s) & np.isfinite(value[rows])]
            numbers[name] = np.stack([t_s[inside], value[inside]], axis=1)
    return spans, numbers


def _spans(t_s: Floats, is_active: npt.NDArray[np.bool_], end_s: float) -> Floats:
    """Spans in which it is active, cut to 0..end."""
    until = np.append(t_s[1:], end_s)
    found = np.clip(np.stack([t_s[is_active], until[is_active]], axis=1), 0.0, end_s)
    return np.asarray(found[found[:, 1] > found[:, 0]])
