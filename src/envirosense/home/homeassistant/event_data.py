"""Data of the events that are no change of state."""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.homeassistant.seen import Seen
from envirosense.home.log import EventKind
from envirosense.home.model import Home

type Ints = npt.NDArray[np.int64]
type Key = tuple[int, int, int]  # kind, entity, entity that was the trigger

BY_THE_CLOCK: Final = "time"


def event_data_of(history: Seen, rows: Ints) -> tuple[list[Key], Ints]:
    """Distinct data of some events, and which of them each event has, (event,)."""
    log = history.log
    cause = log.cause[rows]
    trigger = np.where(
        (cause >= 0) & (log.kind[rows] == EventKind.AUTOMATION_TRIGGERED), log.entity[cause], -1
    )
    columns = np.stack([log.kind[rows], log.entity[rows], trigger], axis=1)
    keys, place = np.unique(columns, axis=0, return_inverse=True)
    return [(int(kind), int(entity), int(by)) for kind, entity, by in keys], place.reshape(-1)


def event_data(home: Home, key: Key) -> dict[str, object]:
    """What an event says, in Home Assistant's words."""
    kind, number, trigger = key
    entity = home.entities[number]
    data: dict[str, object] = {"name": entity.name, "entity_id": entity.entity_id}
    if kind == EventKind.AUTOMATION_TRIGGERED:
        data["source"] = f"state of {home.entities[trigger].entity_id}" if trigger >= 0 else BY_THE_CLOCK
    return data
