"""What the engine's kernel reads and writes, as tables of records.

Records, not columns: the compiler passes every array of a tuple by itself, and with seventy columns it took
more than ten minutes.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

type Records = Any  # `np.recarray`, which has no typed fields
type Times = npt.NDArray[np.int64]
type Ints = npt.NDArray[np.int32]

RULE: Final = np.dtype(
    [
        ("entity", "i4"), ("code", "i4"), ("value", "f8"), ("probability", "f8"),
        ("delay_us", "f8"), ("delay_sigma", "f8"), ("revert_us", "i8"), ("from_us", "i8"), ("until_us", "i8"),
        ("days", "i4"), ("first_day", "i4"), ("last_day", "i4"), ("person", "i4"), ("origin", "i4"),
        ("automation", "i4"), ("only_dark", "?"), ("is_habit", "?"),
        ("waits", "?"),  # the trigger must last as long as the delay (`for:` of Home Assistant)
        ("key_0", "u8"), ("key_1", "u8"), ("key_2", "u8"), ("key_3", "u8"),  # of its draws
        ("conditions", "i8"), ("conditions_end", "i8"),  # rows in the table of conditions
        ("n_triggers", "i8"),  # from here on what changes while the engine runs
        ("pending", "i8"),  # occurrence that an automation waits for, -1 for none
        ("revert_order", "i8"),  # arrival of the undoing in the queue, -1 for none
        ("revert_row", "i8"), ("revert_cause", "i8"), ("revert_code", "i4"), ("revert_value", "f8"),
    ],
    align=True,
)  # fmt: skip
ENTITY: Final = np.dtype(
    [
        ("kind", "i1"),  # event kind of its changes
        ("has_value", "?"),  # whether a new value alone is a change
        ("first_key", "i8"),  # place of its first state in `Engine.rules_at`
        ("outages_end", "i8"),
        ("outage", "i8"),  # from here on what changes: the outage that is on or comes next
        ("code", "i2"), ("value", "f4"),
        ("person_row", "i8"),  # last event that a person made
        ("announced", "i8"), ("announced_for", "i8"), ("announced_us", "i8"),  # last run of an automation
    ],
    align=True,
)  # fmt: skip
CONDITION: Final = np.dtype([("entity", "i4"), ("code", "i4")])
OUTAGE: Final = np.dtype([("start_us", "i8"), ("end_us", "i8")])
EVENT: Final = np.dtype(
    [
        ("t_us", "i8"), ("cause", "i8"), ("entity", "i4"), ("rule", "i4"), ("value", "f4"), ("code", "i2"),
        ("person", "i2"), ("depth", "i4"), ("kind", "i1"), ("origin", "i1"),
    ],
    align=True,
)  # fmt: skip
FOUND: Final = np.dtype(
    [
        ("trigger", "i8"), ("trigger_us", "i8"), ("action", "i8"), ("due_us", "i8"), ("announced", "i8"),
        ("rule", "i4"), ("outcome", "i1"),
    ],
    align=True,
)  # fmt: skip
QUEUED: Final = np.dtype([("t_us", "i8"), ("order", "i8"), ("what", "i8")])


def records(dtype: np.dtype[Any], rows: int, columns: dict[str, npt.NDArray[Any]] | None = None) -> Records:
    """A table with those columns; what is not given is not set."""
    table = np.recarray(rows, dtype=dtype)
    for name, column in (columns or {}).items():
        table[name] = column
    return table


class Inputs(NamedTuple):
    """Stimuli and triggers by the clock, each in order of time."""

    t_us: Times
    entity: Ints
    code: npt.NDArray[np.int16]
    value: npt.NDArray[np.float32]
    origin: npt.NDArray[np.int8]
    person: npt.NDArray[np.int16]
    clock_us: Times
    clock_rule: Ints


class Engine(NamedTuple):
    """All tables of one run.

    `rules_of[rules_at[key] : rules_at[key + 1]]` are the rules that the change of an entity to a code starts,
    `key` being the entity's `first_key` + code. `queue` is a binary heap by (time, arrival); `what` is
    2 x occurrence, or 2 x rule + 1 for an undoing.
    """

    rules: Records
    rules_at: Times
    rules_of: Ints
    conditions: Records
    entities: Records
    outages: Records
    is_dark: npt.NDArray[np.bool_]  # (step of the context,)
    command_key: npt.NDArray[np.uint64]  # (4,)
    command_below: npt.NDArray[np.float64]  # (3,) cumulated shares of voice, webhook, call
    log: Records
    found: Records
    queue: Records
    n: Times  # (5,) events, occurrences, length of the queue, arrivals in it, time of the last event
    first_weekday: int
    end_us: int
    max_chain: int
