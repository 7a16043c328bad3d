"""What becomes of messages on their way: some are lost, some come twice, some too late."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import derived_seed, philox_key
from envirosense.home.log import EventLog
from envirosense.home.model import Home
from envirosense.home.people.lives import SECOND_US

type Rows = npt.NDArray[np.int64]

DROP, DUPLICATE, LATE = 0.005, 0.003, 0.001  # shares of all messages that others state
LATE_S: Final = (5.0, 120.0)  # by which a late one is late (assumed)
LOW_WORD: Final = 0xFFFFFFFF
AGAIN_S: Final = (0.05, 3.0)  # after which a message is sent again (assumed)


class Fate(IntEnum):
    """What became of one message."""

    IN_TIME = 0
    AGAIN = 1  # the second copy
    LATE = 2  # overtaken by others


@dataclass(frozen=True, slots=True, eq=False)
class Delivered:
    """Messages in the order in which they arrive, (message,) each.

    Attributes:
        row: Event of the history that it tells of.
        arrived_us: When it arrives; the event keeps its own time.
        fate: `Fate`.
        dropped: Events that never arrive, (dropped,).
    """

    row: Rows
    arrived_us: Rows
    fate: npt.NDArray[np.int8]
    dropped: Rows

    def __len__(self) -> int:
        """Number of messages."""
        return self.row.size


def with_stream_faults(
    log: EventLog,
    home: Home,
    seed: int,
    drop: float = DROP,
    duplicate: float = DUPLICATE,
    late: float = LATE,
) -> Delivered:
    """Delivery of a history: the history stays whole, and says what happened.

    What becomes of a message hangs on its entity and its time: one entity more changes nothing for others.

    Raises:
        ValueError: if the shares are not shares, or more than all together.
    """
    if min(drop, duplicate, late) < 0.0 or drop + duplicate + late > 1.0:
        raise ValueError("shares of dropped, duplicated and late messages must be 0 to 1 together")
    lot, when = _draws(log, home, seed, "lot"), _draws(log, home, seed, "when")
    is_dropped, is_late = lot < drop, (lot >= drop) & (lot < drop + late)
    again = np.flatnonzero((lot >= drop + late) & (lot < drop + late + duplicate))
    first = np.flatnonzero(~is_dropped)
    row = np.concatenate([first, again])
    wait_s = np.where(is_late, LATE_S[0] + when * (LATE_S[1] - LATE_S[0]), 0.0)[first]
    again_s = AGAIN_S[0] + when[again] * (AGAIN_S[1] - AGAIN_S[0])
    arrived_us = log.t_us[row] + (np.concatenate([wait_s, again_s]) * SECOND_US).astype(np.int64)
    fate = np.concatenate(
        [np.where(is_late[first], Fate.LATE, Fate.IN_TIME), np.full(again.size, Fate.AGAIN)]
    ).astype(np.int8)
    order = np.argsort(arrived_us, kind="stable")
    return Delivered(row[order], arrived_us[order], fate[order], np.flatnonzero(is_dropped))


def _draws(log: EventLog, home: Home, seed: int, name: str) -> npt.NDArray[np.float64]:
    """A number from [0, 1) for each event, by its entity, kind and time, (event,)."""
    from envirosense.home.behaviour.draw_kernels import uniforms

    words = [derived_seed(seed, "delivery", one.entity_id) & LOW_WORD for one in home.entities]
    who = np.array(words, dtype=np.int64)[log.entity] ^ (log.t_us >> 32) ^ (log.kind.astype(np.int64) << 28)
    key = philox_key(seed, "home", "delivery", name).astype(np.uint64)
    drawn: npt.NDArray[np.float64] = uniforms(key, who, log.t_us & LOW_WORD)
    return drawn
