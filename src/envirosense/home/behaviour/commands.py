"""Commands before what people ask Home Assistant for, where the engine did not know that they would ask."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.home.log import EventKind, EventLog, Origin
from envirosense.home.model import Home

type Rows = npt.NDArray[np.int64]

COMMANDS: Final[Mapping[EventKind, float]] = {  # of what comes through Home Assistant; assumed
    EventKind.VOICE_COMMAND: 0.35,
    EventKind.WEBHOOK_TRIGGERED: 0.1,
    EventKind.API_CALL: 0.25,
}


def with_commands(
    log: EventLog,
    home: Home,
    reserved: frozenset[int],
    seed: int,
    shares: Mapping[EventKind, float] = COMMANDS,
) -> tuple[EventLog, Rows]:
    """The same with voice commands, webhooks and calls before what was planted, and where each row has gone.

    The engine gives everyday wishes their commands; a planted deed is its own rule's, and whoever saw that no
    command ever precedes it could tell it. A command stands a microsecond before its deed, as others do.

    Args:
        log: Changes in order of time, no two of them in one microsecond.
        home: The home.
        reserved: Entities whose deeds are looked at.
        seed: Root of the random streams.
        shares: Of the deeds through Home Assistant, those with such a command.
    """
    kind = np.full(len(log), -1, dtype=np.int8)
    by_app = (log.kind == EventKind.STATE_CHANGED) & (log.origin == Origin.APP)
    by_app &= ~np.isin(np.append(log.kind, -1)[log.cause], list(shares))  # it has one already
    has_room = np.diff(log.t_us, prepend=-2) > 1
    for number in sorted(reserved):
        rows = np.flatnonzero(by_app & (log.entity == number))
        lot = stream(seed, "home", "commands", home.entities[number].entity_id).random(rows.size)
        place = np.searchsorted(np.cumsum(list(shares.values())), lot, side="right")
        kind[rows] = np.append([int(one) for one in shares], -1)[place]
    asked = np.flatnonzero((kind >= 0) & has_room)
    return _inserted(log, asked, kind[asked])


def _inserted(log: EventLog, asked: Rows, kind: npt.NDArray[np.int8]) -> tuple[EventLog, Rows]:
    """The log with a command before each of those rows, and the place of each row in it."""
    number = np.arange(len(log), dtype=np.int64)
    place = number + np.searchsorted(asked, number, side="right")
    source = np.repeat(number, np.isin(number, asked) + 1)
    at = place[asked] - 1
    whole = EventLog(**{one.name: getattr(log, one.name)[source] for one in fields(log)})
    cause = np.append(place, -1)[whole.cause]  # the last one answers for -1
    cause[place[asked]] = at
    whole.t_us[at] -= 1
    whole.kind[at] = kind
    whole.rule[at] = -1
    return replace(whole, cause=cause), place
