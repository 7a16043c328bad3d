"""How surely one change follows another in a stream, against chance."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.rng import stream
from envirosense.home.patterns.observed import Bools, Change, Floats, ObservedEvents, Times
from envirosense.home.people.lives import DAY_US

N_SHIFTS: Final = 16  # circular shifts that the chance level is the mean of
_LEAST_SIGMA: Final = 0.05
_ROUNDS: Final = 40  # of expectation and maximisation: the share has settled by then
_TINY: Final = 1e-300
_LATEST_US: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """Triggers that something could follow, in order of time, (trigger,).

    Attributes:
        t_us: When.
        is_followed: Whether the action came in time.
        delay_s: How late; NaN where it did not [s].
    """

    t_us: Times
    is_followed: Bools
    delay_s: Floats

    @property
    def n(self) -> int:
        """Number of triggers."""
        return self.t_us.size

    @property
    def n_followed(self) -> int:
        """Number of those followed."""
        return int(self.is_followed.sum())

    @property
    def share(self) -> float:
        """Share followed; NaN without a trigger."""
        return self.n_followed / self.n if self.n else float("nan")

    def take(self, rows: Bools) -> "Followed":
        """Some of the triggers."""
        return Followed(self.t_us[rows], self.is_followed[rows], self.delay_s[rows])


def followed(events: ObservedEvents, t_us: Times, action: Change, window_s: float) -> Followed:
    """What became of triggers at those times.

    Only triggers at which the action was still to be done count, and of several before one action the last
    alone: what the earlier ones led to cannot be seen.
    """
    is_open = events.state_before(action.entity, t_us) != action.code
    done_us = np.append(events.times(action), _LATEST_US)
    next_us = done_us[np.searchsorted(done_us, t_us, side="left")]
    is_near = next_us - t_us <= window_s * 1e6
    again_us = np.append(t_us[1:], _LATEST_US)
    rows = np.flatnonzero(is_open & ~(is_near & (again_us <= next_us)))
    delay_s = np.where(is_near, (next_us - t_us) / 1e6, np.nan)
    return Followed(t_us[rows], is_near[rows], delay_s[rows])


def likeliest_share(
    events: ObservedEvents, t_us: Times, action: Change, delay_s: float, sigma: float
) -> tuple[float, int]:
    """Share of triggers that lead to the action, and how many there were at which it was still to be done.

    The likeliest one, given delays that are log-normal about a median: where triggers come faster than the
    action, which of them led to it is not known but likely for each. Where they come one by one it is the
    share followed. By expectation and maximisation; NaN without a trigger. An action is taken for one of the
    triggers since the one before it; so it ought to last longer than the delays.

    Args:
        events: What was seen.
        t_us: Triggers that may lead to it, in order of time.
        action: What they may lead to.
        delay_s: Median of the delays [s].
        sigma: Spread of their logarithm.
    """
    if not t_us.size:
        return float("nan"), 0
    is_open = events.state_before(action.entity, t_us) != action.code
    done_us = np.append(events.times(action), _LATEST_US)
    left_us = np.append(events.times_left(action), _LATEST_US)
    group = np.searchsorted(done_us, t_us, side="left")  # the next time that it was done
    undone_us = np.where(is_open, t_us, left_us[np.searchsorted(left_us, t_us, side="left")])
    score, by_then = _course(done_us[group] - t_us, delay_s, sigma)
    _, unseen = _course(undone_us - t_us, delay_s, sigma)  # of what finds it done nothing is seen
    seen = np.maximum(by_then - unseen, 0.0)
    density = np.exp(-0.5 * score**2) / np.maximum(done_us[group] - t_us, 1)
    density[group == done_us.size - 1] = 0.0
    share = 0.5
    for _ in range(_ROUNDS):
        left = np.maximum(1.0 - share * seen, _TINY)
        hazard = share * density / left
        did = hazard / np.maximum(np.bincount(group, hazard, done_us.size)[group], _TINY)
        share = float(np.mean(did + (1.0 - did) * share * (1.0 - seen) / left))
    return share, int(is_open.sum())


def _course(late_us: Times, delay_s: float, sigma: float) -> tuple[Floats, Floats]:
    """Distance of delays from their median in spreads of the logarithm, and the share that is over then."""
    from scipy.special import ndtr

    score = np.log(np.maximum(late_us, 1) / 1e6 / delay_s) / max(sigma, _LEAST_SIGMA)
    return score, np.asarray(ndtr(score))


def nearest_s(action_us: Times, due_us: Times) -> Floats:
    """From each due time to the action nearest to it, (due,) [s]; infinite without an action."""
    if not action_us.size:
        return np.full(due_us.size, np.inf)
    near = np.searchsorted((action_us[1:] + action_us[:-1]) / 2, due_us)
    apart_s: Floats = (action_us[near] - due_us) / 1e6
    return apart_s


def clock_chance(action_us: Times, due_us: Times, reach_s: float, n_days: int, seed: int = 0) -> float:
    """Share of due times near an action with the actions shifted around the circle of the episode."""
    span_us = n_days * DAY_US
    offsets = stream(seed, "home", "chance", "clock").uniform(0.02, 0.98, N_SHIFTS)
    shares = [
        (np.abs(nearest_s(np.sort((action_us + int(offset * span_us)) % span_us), due_us)) <= reach_s).mean()
        for offset in offsets
    ]
    return float(np.mean(shares))


def chance_share(
    events: ObservedEvents, t_us: Times, action: Change, window_s: float, seed: int = 0
) -> float:
    """Share that would be followed with the triggers shifted around the circle of the episode."""
    span_us = events.n_days * DAY_US
    if not t_us.size or not span_us:
        return float("nan")
    offsets = stream(seed, "home", "chance").uniform(0.02, 0.98, N_SHIFTS)
    shares = [
        followed(events, np.sort((t_us + int(offset * span_us)) % span_us), action, window_s).share
        for offset in offsets
    ]
    known = [share for share in shares if share == share]
    return float(np.mean(known)) if known else float("nan")
