"""What the fire alarm must reach, and what a run reached of it, in words."""

from collections.abc import Mapping
from typing import Any, Final

from sets import DAYS_PER_MONTH

LEAST_RECALL: Final = 0.9  # the gates of the first release
MOST_PER_MONTH: Final = 1.0
LEAST_MONTHS: Final = 20.0


def misses(report: Mapping[str, Any]) -> list[str]:
    """What the gate asks for and the run did not reach, in words; empty if it passed."""
    one, found = report["trained"], []
    recall = one["gate"]["recall"]
    if recall is None or recall < LEAST_RECALL:
        found.append(f"recall below {100 * LEAST_RECALL:.0f}\u00a0%")
    if one["per_pole_month"] is None or one["per_pole_month"] > MOST_PER_MONTH:
        found.append(f"more than {MOST_PER_MONTH:g} false alarm per pole-month")
    if not is_long(report):
        found.append(f"fewer than {LEAST_MONTHS:g} pole-months")
    return found


def is_long(report: Mapping[str, Any]) -> bool:
    """Whether enough ordinary life was watched."""
    return bool(report["pole_months"] >= LEAST_MONTHS - 0.5 / DAYS_PER_MONTH)  # whole days


def passed(one: Mapping[str, Any]) -> str:
    """That the run passed, and which of its 95 % intervals reach past the gate."""
    ends = {
        "recall": one["gate"]["recall_low"] < LEAST_RECALL,
        "false alarms": one["high"] > MOST_PER_MONTH,
    }
    open_ends = [name for name, is_open in ends.items() if is_open]
    if not open_ends:
        return "This run passes it, with its 95\u00a0% intervals. "
    whose = " and ".join(f"that of {name}" for name in open_ends)
    verb = "reach" if len(open_ends) > 1 else "reaches"
    return f"This run passes it by what it counted; of the 95\u00a0% intervals {whose} {verb} past it. "
