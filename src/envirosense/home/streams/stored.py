"""A stored home: its registries drawn again from the spec, its events read back from the stream."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from envirosense.core.errors import DatasetError
from envirosense.core.protocols import EpisodeReader
from envirosense.home.model import UNAVAILABLE, UNAVAILABLE_TEXT, UNKNOWN, UNKNOWN_TEXT, Home
from envirosense.home.patterns.observed import ObservedEvents

type Ints = npt.NDArray[np.int64]


def observed_events(episode: EpisodeReader, home: Home) -> ObservedEvents:
    """Changes of entities with states, as the stream of Home Assistant's events tells them.

    Raises:
        DatasetError: for an entity or a state that the home does not have.
    """
    table = episode.table("ha_events")
    table = table.filter(pc.equal(table["type"], "state_changed"))
    entity = _numbers(table["entity_id"], [one.entity_id for one in home.entities], "entity")
    has_states = np.array([not one.is_numeric for one in home.entities])[entity]
    table, entity = table.filter(pa.array(has_states)), entity[has_states]
    start_us = np.datetime64(episode.spec.grid.start_utc.replace(tzinfo=None), "us").astype(np.int64)
    t_us = table["time_fired"].cast(pa.int64()).to_numpy() - start_us
    code = _codes(home, entity, table["new_state"])
    return ObservedEvents(t_us, entity.astype(np.int32), code.astype(np.int16))


def _codes(home: Home, entity: Ints, texts: pa.ChunkedArray) -> Ints:
    """Code of each state; a text counts for the entity it belongs to."""
    own = {state for one in home.entities for state in one.states}
    words = sorted(own | {UNAVAILABLE_TEXT, UNKNOWN_TEXT})
    number = _numbers(texts, words, "state")
    place = {word: i for i, word in enumerate(words)}
    none = UNKNOWN - 1
    codes = np.full((len(home.entities), len(words)), none, dtype=np.int64)
    codes[:, place[UNAVAILABLE_TEXT]], codes[:, place[UNKNOWN_TEXT]] = UNAVAILABLE, UNKNOWN
    for i, one in enumerate(home.entities):
        for code, state in enumerate(one.states):
            codes[i, place[state]] = code
    found = codes[entity, number]
    if (wrong := np.flatnonzero(found == none)).size:
        name = home.entities[int(entity[wrong[0]])].entity_id
        raise DatasetError(f"{name} has no state {words[int(number[wrong[0]])]!r}; the stream is damaged")
    return found


def _numbers(names: pa.ChunkedArray, known: list[str], what: str) -> Ints:
    found = pc.index_in(names, pa.array(known))
    if found.null_count:
        strange = names.filter(pc.is_null(found))[0].as_py()
        raise DatasetError(f"{what} {strange!r} is none of this home; the stream is damaged")
    return np.asarray(found.to_numpy(), dtype=np.int64)
