"""How surely one entity's changes follow another's, measured in the stream."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.home.log import EventLog
from envirosense.home.model import Home
from envirosense.home.patterns.measured import followed
from envirosense.home.patterns.observed import Change, ObservedEvents, Times
from envirosense.home.people.lives import DAY_US

_HIGH: Final = 0.8  # quantile that a number crosses upwards to count as a trigger, assumed
_ERRORS: Final = 4.0  # standard errors that a share must lie above another

# state of an action by domain where it is not the last of its states
_ACTION_STATES: Final = {"lock": "locked", "climate": "heat"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the stream says of a pair.

    Attributes:
        n_triggers: Triggers at which there was something to do.
        n_followed: Those followed within the window.
        follow_rate: Share followed; 0 without a trigger.
        chance: Share that triggers at random times would be followed at.
        delay_s: Median delay; NaN for none [s].
    """

    n_triggers: int
    n_followed: int
    follow_rate: float
    chance: float
    delay_s: float

    @property
    def lift(self) -> float:
        """Share followed over that by chance; 0 where nothing followed."""
        return self.follow_rate / self.chance if self.chance > 0.0 else 0.0

    def is_beyond(self, lift: float) -> bool:
        """Whether more followed than `lift` times chance, and surely so."""
        level = min(lift * self.chance, 1.0)
        error = np.sqrt(max(level * (1.0 - level), 1e-12) / max(self.n_triggers, 1))
        return bool(self.follow_rate > level + _ERRORS * error)


def measured_pairs(
    home: Home, log: EventLog, pairs: Sequence[tuple[int, int]], windows_s: Sequence[float]
) -> list[Evidence]:
    """Evidence of each pair (trigger, action)."""
    events = ObservedEvents.of(log, home)
    times: dict[int, Times] = {trigger: _trigger_times(home, log, events, trigger) for trigger, _ in pairs}
    found = []
    for (trigger, action), window_s in zip(pairs, windows_s, strict=True):
        change = Change(action, _action_code(home, action))
        t_us = times[trigger]
        done = followed(events, t_us, change, window_s)
        found.append(
            Evidence(
                done.n,
                done.n_followed,
                done.share if done.n else 0.0,
                by_chance(events, change, window_s),
                float(np.median(done.delay_s[done.is_followed])) if done.n_followed else float("nan"),
            )
        )
    return found


def by_chance(events: ObservedEvents, action: Change, window_s: float) -> float:
    """Share that would be followed were triggers spread evenly over the time in which it can follow.

    It is what shifting the triggers around the circle of the episode gives in the mean, without the shifting:
    of each wait for the action the last `window_s` over all waits.
    """
    start_us = events.times(action)
    if not start_us.size:
        return 0.0
    left_us = np.concatenate([[0], events.times_left(action)])
    wait_us = start_us - left_us[np.searchsorted(left_us, start_us, side="right") - 1]
    still_us = max(0, events.n_days * DAY_US - int(left_us[-1])) if left_us[-1] > start_us[-1] else 0
    return float(np.minimum(wait_us, window_s * 1e6).sum()) / max(float(wait_us.sum() + still_us), 1.0)


def _action_code(home: Home, action: int) -> int:
    one = home.entities[action]
    state = _ACTION_STATES.get(one.domain)
    return one.states.index(state) if state in one.states else len(one.states) - 1


def _trigger_times(home: Home, log: EventLog, events: ObservedEvents, trigger: int) -> Times:
    """When the trigger happened: it became active, or its number rose above its usual range."""
    one = home.entities[trigger]
    if not one.is_numeric:
        return events.times(Change(trigger, len(one.states) - 1))
    rows = np.flatnonzero((log.entity == trigger) & np.isfinite(log.value))
    if rows.size < 2:
        return log.t_us[:0]
    value = log.value[rows]
    is_high = value > np.quantile(value, _HIGH)
    return log.t_us[rows[1:][is_high[1:] & ~is_high[:-1]]]
