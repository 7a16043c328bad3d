"""Contexts as Home Assistant hands them on: who asked for a change, and what made them ask."""

import numpy as np
import numpy.typing as npt

from envirosense.home.log import EventKind, EventLog, Origin

type Rows = npt.NDArray[np.int64]

_LONGEST = 4  # automation, script, scene, light


def contexts(log: EventLog) -> tuple[Rows, Rows]:
    """Row whose context each event carries, and the row of that context's parent, (event,); -1 for none.

    A change that an automation, a script, a scene or a person's call makes carries its context; the context
    of an automation has that of its trigger as parent.
    """
    row = np.arange(len(log), dtype=np.int64)
    has_cause = log.cause >= 0
    cause = np.where(has_cause, log.cause, 0)
    starts = log.kind == EventKind.AUTOMATION_TRIGGERED
    shares = has_cause & ~starts & (log.kind[cause] != EventKind.STATE_CHANGED)
    shares &= log.origin != Origin.DEVICE
    own = np.where(shares, cause, row)
    for _ in range(_LONGEST):
        own = own[own]
    parent = np.where(starts & has_cause, own[cause], -1)
    return own, parent[own]
