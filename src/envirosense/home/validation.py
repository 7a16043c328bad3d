"""What must hold for every home before it is handed over; one that breaks it is a failed episode."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import EpisodeError
from envirosense.home.history import HomeHistory
from envirosense.home.log import EventKind, EventLog, Origin
from envirosense.home.model import Home
from envirosense.home.streams.state_texts import last_state_rows

LEAST_DEVICES: Final = 10
LEAST_EVENTS_A_DAY: Final = 20  # assumed: the quietest real home has 52 from its binary sensors alone


def require_valid(history: HomeHistory) -> None:
    """Refuse a home that breaks a rule.

    Raises:
        EpisodeError: naming every rule that it breaks.
    """
    if found := [*faults_of_home(history.home), *faults_of_log(history)]:
        raise EpisodeError(f"{history.home.home_id}: {'; '.join(found)}")


def faults_of_home(home: Home) -> Iterator[str]:
    """What is wrong with the registries."""
    for name, values in (
        ("entity_id", [one.entity_id for one in home.entities]),
        ("unique_id", [one.unique_id for one in home.entities]),
        ("device_id", [one.device_id for one in home.devices]),
        ("area_id", [one.area_id for one in home.areas]),
    ):
        if len(set(values)) < len(values):
            twice = next(value for value in values if values.count(value) > 1)
            yield f"{name} {twice} is given twice"
    if len(home.devices) < LEAST_DEVICES:
        yield f"{len(home.devices)} devices, fewer than {LEAST_DEVICES}"
    devices, areas = {one.device_id for one in home.devices}, {one.area_id for one in home.areas}
    for entity in home.entities:
        if entity.device_id is not None and entity.device_id not in devices:
            yield f"{entity.entity_id} belongs to a device that is not there"
        if entity.area_id is not None and entity.area_id not in areas:
            yield f"{entity.entity_id} stands in an area that is not there"


def faults_of_log(history: HomeHistory) -> Iterator[str]:
    """What is wrong with the events."""
    log, home = history.log, history.home
    if len(log) < LEAST_EVENTS_A_DAY * history.n_days:
        yield f"{len(log)} events in {history.n_days} days"
    if (np.diff(log.t_us) < 0).any():
        yield "events out of order"
    if (late := log.cause >= np.arange(len(log))).any():
        yield f"event {int(np.flatnonzero(late)[0])} is caused by a later one"
    if (repeated := _repeated(home, log)).size:
        entity = home.entities[log.entity[repeated[0]]].entity_id
        yield f"{repeated.size} changes to the state that was there already, first of {entity}"
    for number, entity in enumerate(home.entities):
        if entity.state_class == "total_increasing":
            mine = (log.entity == number) & (log.code >= 0) & (log.origin != Origin.FAULT)
            if (np.diff(log.value[mine]) < 0.0).any():
                yield f"{entity.entity_id} falls"


def _repeated(home: Home, log: EventLog) -> npt.NDArray[np.intp]:
    """Rows of changes of an entity with states to what it is already, attribute and all."""
    before = last_state_rows(log)
    has_states = np.array([not entity.is_numeric for entity in home.entities])[log.entity]
    mine = (before >= 0) & has_states & (log.kind == EventKind.STATE_CHANGED)
    last = np.maximum(before, 0)
    is_same_value = (log.value == log.value[last]) | (np.isnan(log.value) & np.isnan(log.value[last]))
    return np.flatnonzero(mine & (log.code == log.code[last]) & is_same_value)
