"""A home's history as Home Assistant saw it: states before and after, contexts, attributes."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.home.engine.run import initial_codes
from envirosense.home.homeassistant.attributes import variants
from envirosense.home.homeassistant.context_ids import context_ids
from envirosense.home.log import NO_CAUSE, EventKind, EventLog, Origin
from envirosense.home.model import Home
from envirosense.home.streams.contexts import contexts
from envirosense.home.streams.state_texts import last_state_rows, state_texts

type Ints = npt.NDArray[np.int64]
type Bools = npt.NDArray[np.bool_]
type Bytes = npt.NDArray[np.uint8]

_SCALES = 10.0 ** np.arange(10)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Events in order of time, (event,) each; the first `n_initial` are the states at the start.

    Attributes:
        time_us: When, microseconds since 1970.
        text: State after the event; null for events that are no change of state.
        before: Row of the change of state before it of the same entity, -1 for none.
        since: Row at which the entity came into the state that it is in after the event.
        variant: Set of attributes, see `attributes.variants`.
        is_repeat: Nothing of the state or its attributes changed.
        own: Row whose context it carries.
        parent: Row of that context's parent, -1 for none.
        user: Number of the resident whose account asked for it, -1 for none.
        context_id: Of `own`, (event, 16).
    """

    log: EventLog
    n_initial: int
    time_us: Ints
    text: pa.Array
    before: Ints
    since: Ints
    variant: Ints
    is_repeat: Bools
    own: Ints
    parent: Ints
    user: Ints
    context_id: Bytes

    @property
    def is_state(self) -> Bools:
        """Whether the event is a change of state, (event,)."""
        is_state: Bools = self.log.kind == EventKind.STATE_CHANGED
        return is_state


def seen(home: Home, log: EventLog, start_utc: datetime) -> Seen:
    """History with the states that entities were in at its start, and all that Home Assistant adds."""
    initial = _initial_states(home)
    whole = EventLog.merged(initial, log)
    time_us = whole.t_us + epoch_us(start_utc)
    own, parent = contexts(whole)
    before, variant = last_state_rows(whole), variants(home, whole)
    is_same = _is_same_state(home, whole, before)
    users = np.where(whole.origin == Origin.APP, whole.person, -1).astype(np.int64)
    users[users >= len(home.residents)] = -1  # guests have no account
    return Seen(
        log=whole,
        n_initial=len(initial),
        time_us=time_us,
        text=state_texts(home, whole),
        before=before,
        since=_since(before, is_same),
        variant=variant,
        is_repeat=is_same & (variant == variant[before]),
        own=own,
        parent=parent,
        user=users[own],
        context_id=context_ids(home.home_id, own - len(initial), time_us[own]),
    )


def epoch_us(moment: datetime) -> int:
    """Microseconds from 1970 to a moment in UTC."""
    return int(np.datetime64(moment.replace(tzinfo=None), "us").astype(np.int64))


def _initial_states(home: Home) -> EventLog:
    entity = np.array([n for n, one in enumerate(home.entities) if one.states], dtype=np.int32)
    n = entity.size
    return EventLog(
        t_us=np.zeros(n, np.int64),
        entity=entity,
        kind=np.full(n, EventKind.STATE_CHANGED, np.int8),
        code=initial_codes(home)[entity],
        value=np.full(n, np.nan, np.float32),
        origin=np.full(n, Origin.DEVICE, np.int8),
        person=np.full(n, -1, np.int16),
        cause=np.full(n, NO_CAUSE, np.int64),
        rule=np.full(n, -1, np.int32),
    )


def _is_same_state(home: Home, log: EventLog, before: Ints) -> Bools:
    """Whether the state is written as the one before, (event,)."""
    decimals = np.array([entity.decimals for entity in home.entities])[log.entity]
    is_number = np.array([entity.is_numeric for entity in home.entities])[log.entity] & (log.code >= 0)
    value = np.where(is_number, log.value.astype(np.float64), 0.0)
    shown = np.rint(value * _SCALES[decimals])
    is_same: Bools = (before >= 0) & (log.code == log.code[before]) & (shown == shown[before])
    return is_same


def _since(before: Ints, is_same: Bools) -> Ints:
    """Row at which each state began, (event,): the end of the chain of equal states."""
    since = np.where(is_same, before, np.arange(before.size))
    while True:
        further = since[since]
        if np.array_equal(further, since):
            return since
        since = further
