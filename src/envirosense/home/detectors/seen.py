"""What a detector is given: the registry as Home Assistant shows it, and changes of state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from envirosense.core.errors import DatasetError
from envirosense.datasets.episode import Episode
from envirosense.home.engine.rules import DAY_S
from envirosense.home.model import UNAVAILABLE_TEXT, UNKNOWN_TEXT, Home
from envirosense.home.patterns.observed import TARGET_STATES, TRIGGER_STATES, Change, ObservedEvents

CONDITION_DOMAINS: Final = ("sun", "person", "media_player")
WATCHED: Final = frozenset({*TRIGGER_STATES, *CONDITION_DOMAINS})
_NO_STATE: Final = (UNAVAILABLE_TEXT, UNKNOWN_TEXT)
_MONDAY: Final = 0


@dataclass(frozen=True, slots=True)
class SeenEntity:
    """An entity of the registry with the states that it was seen in."""

    entity_id: str
    area_id: str | None
    states: tuple[str, ...]
    name: str = ""

    @property
    def domain(self) -> str:
        """Part of the id before the point."""
        return self.entity_id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class SeenHome:
    """Registry of a home, and how long it was watched; nothing of what the simulation knows beside it.

    Attributes:
        entities: Those that a detector looks at.
        adjacent: Areas that each area leads to.
        n_days: Days that it was watched.
        first_weekday: Of the first day, 0 for a Monday.
    """

    entities: tuple[SeenEntity, ...]
    adjacent: Mapping[str, frozenset[str]] = field(default_factory=dict)
    n_days: int = 0
    first_weekday: int = _MONDAY

    @classmethod
    def of_home(cls, home: Home, n_days: int, first_weekday: int = _MONDAY) -> "SeenHome":
        """What the registry tells of a home in memory; numbers and codes are those of the home."""
        return cls(
            tuple(SeenEntity(one.entity_id, one.area_id, one.states, one.name) for one in home.entities),
            {area.area_id: frozenset(area.adjacent) for area in home.areas},
            n_days,
            first_weekday,
        )

    def text(self, change: Change) -> str:
        """A change in words, `entity=state`."""
        one = self.entities[change.entity]
        return f"{one.entity_id}={one.states[change.code]}"

    def changes(self, states: Mapping[str, Sequence[str]]) -> tuple[Change, ...]:
        """Changes to the named states of each domain."""
        return tuple(
            Change(number, one.states.index(state))
            for number, one in enumerate(self.entities)
            for state in states.get(one.domain, ())
            if state in one.states
        )

    def is_near(self, one: str | None, other: str | None) -> bool:
        """Whether a door leads from one area to the other."""
        return one is not None and other is not None and other in self.adjacent.get(one, ())


def targets(home: SeenHome) -> tuple[Change, ...]:
    """Changes that somebody may have wanted."""
    return home.changes({domain: (state,) for domain, state in TARGET_STATES.items()})


def triggers(home: SeenHome) -> tuple[Change, ...]:
    """Changes that something may follow from."""
    return home.changes(TRIGGER_STATES)


def seen_of(episode: Episode) -> tuple[SeenHome, ObservedEvents]:
    """Registry and changes of state of a stored home; no stream of its truth is opened.

    Raises:
        DatasetError: for an entity that the registry does not have.
    """
    table = episode.table("ha_events", ["time_fired", "type", "entity_id", "new_state"])
    registry = episode.table("entities", ["entity_id", "name", "domain", "area_id"]).to_pylist()
    watched = [row for row in registry if row["domain"] in WATCHED]
    known = pa.array([row["entity_id"] for row in registry])
    if pc.any(pc.is_null(pc.index_in(table["entity_id"], known))).as_py():
        raise DatasetError(
            f"{episode.episode_id}: events of an entity that the registry lacks; stream damaged"
        )
    names = pa.array([row["entity_id"] for row in watched], pa.string())
    is_state = pc.and_(pc.equal(table["type"], "state_changed"), pc.is_in(table["entity_id"], names))
    has_state = pc.invert(pc.is_in(table["new_state"], pa.array([*_NO_STATE, None], pa.string())))
    table = table.filter(pc.and_(is_state, has_state))
    entity = np.asarray(pc.index_in(table["entity_id"], names).to_numpy(), dtype=np.int64)
    entities, code = _with_states(watched, entity, table["new_state"])
    spec = episode.spec
    start_us = np.datetime64(spec.grid.start_utc.replace(tzinfo=None), "us").astype(np.int64)
    t_us = np.asarray(table["time_fired"].cast(pa.int64()).to_numpy(), dtype=np.int64) - start_us
    offset_h = float(str(spec.site.get("utc_offset_h", 0.0)))
    home = SeenHome(
        entities,
        _adjacent(episode),
        int(np.ceil(spec.grid.duration_s / DAY_S)),
        (spec.grid.start_utc + timedelta(hours=offset_h)).weekday(),
    )
    return home, ObservedEvents(t_us, entity.astype(np.int32), code)


def _with_states(
    watched: list[dict[str, Any]], entity: np.ndarray[Any, np.dtype[np.int64]], states: pa.ChunkedArray
) -> tuple[tuple[SeenEntity, ...], np.ndarray[Any, np.dtype[np.int16]]]:
    """Entities with the states that each was seen in, sorted, and the code of every event."""
    words = sorted(pc.unique(states).to_pylist())
    word = np.asarray(pc.index_in(states, pa.array(words, pa.string())).to_numpy(), dtype=np.int64)
    met = np.zeros((len(watched), max(len(words), 1)), dtype=bool)
    met[entity, word] = True
    place = np.cumsum(met, axis=1) - 1
    entities = tuple(
        SeenEntity(
            row["entity_id"],
            row["area_id"],
            tuple(words[at] for at in np.flatnonzero(met[number])),
            row["name"],
        )
        for number, row in enumerate(watched)
    )
    return entities, place[entity, word].astype(np.int16)


def _adjacent(episode: Episode) -> dict[str, frozenset[str]]:
    rows = episode.table("areas", ["area_id", "adjacent"]).to_pylist()
    return {row["area_id"]: frozenset(filter(None, row["adjacent"].split(","))) for row in rows}
