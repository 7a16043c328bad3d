"""Counts of every trigger and every action within a window, all pairs at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.patterns.observed import Bools, Change, Floats, ObservedEvents, Times
from envirosense.home.people.lives import DAY_US

type Ints = npt.NDArray[np.int64]

_FAR: Final = np.iinfo(np.int64).max // 2


@dataclass(frozen=True, slots=True, eq=False)
class PairCounts:
    """Within one window, (trigger, action) each.

    Attributes:
        n_followed: Triggers that the action followed.
        n_explained: Actions that the trigger preceded.
        confidence: Share of the rarer side that has the other one near.
        lift: That share over the one of unrelated events as frequent as these.
    """

    window_s: float
    n_followed: Ints
    n_explained: Ints
    confidence: Floats
    lift: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Deeds:
    """When everything happened that may be a trigger or an action.

    Attributes:
        times: Of each change, in order.
        span_us: How long the home was watched.
    """

    triggers: tuple[Change, ...]
    actions: tuple[Change, ...]
    times: Mapping[Change, Times]
    span_us: int

    @classmethod
    def of(
        cls, events: ObservedEvents, triggers: Sequence[Change], actions: Sequence[Change], least: int,
        n_days: int,
    ) -> "Deeds":  # fmt: skip
        """Changes that came `least` times at the least."""
        times = {one: events.times(one) for one in {*triggers, *actions}}
        times = {one: t_us for one, t_us in times.items() if t_us.size >= least}
        return cls(
            tuple(one for one in triggers if one in times),
            tuple(one for one in actions if one in times),
            times,
            max(n_days, 1) * DAY_US,
        )

    def counts(self, windows_s: Sequence[float]) -> tuple[PairCounts, ...]:
        """Counts of all pairs for each window."""
        before_us = self._before()
        after_us = self._after()
        return tuple(self._counted(before_us, after_us, window_s) for window_s in windows_s)

    def _flat(self, changes: tuple[Change, ...]) -> tuple[Times, Ints]:
        """Times of all changes one after another, and where each one's begin."""
        parts = [self.times[one] for one in changes]
        sizes = [part.size for part in parts]
        return np.concatenate(parts), np.cumsum([0, *sizes[:-1]])

    def _before(self) -> Times:
        """Time from the last trigger to each action, (trigger, action event) [us]."""
        t_us, _ = self._flat(self.actions)
        return np.stack([since(self.times[one], t_us) for one in self.triggers])

    def _after(self) -> Times:
        """Time from each trigger to the next action, (action, trigger event) [us]."""
        t_us, _ = self._flat(self.triggers)
        return np.stack([until(self.times[one], t_us) for one in self.actions])

    def _counted(self, before_us: Times, after_us: Times, window_s: float) -> PairCounts:
        window_us = round(window_s * 1e6)
        explained = np.add.reduceat(
            before_us <= window_us, self._flat(self.actions)[1], axis=1, dtype=np.int64
        )
        followed = np.add.reduceat(
            after_us <= window_us, self._flat(self.triggers)[1], axis=1, dtype=np.int64
        ).T
        n_trigger = np.array([self.times[one].size for one in self.triggers])[:, None]
        n_action = np.array([self.times[one].size for one in self.actions])[None, :]
        share = np.where(n_action <= n_trigger, explained / n_action, followed / n_trigger)
        more = np.maximum(n_trigger, n_action)
        chance = -np.expm1(-more * window_us / self.span_us)
        same = np.array([[one.entity == other.entity for other in self.actions] for one in self.triggers])
        share = np.where(same, 0.0, share)
        return PairCounts(window_s, followed, explained, share, share / chance)


def since(earlier_us: Times, t_us: Times) -> Times:
    """Time from the last of the earlier ones that lies before each, very long without any [us]."""
    place = np.searchsorted(earlier_us, t_us, side="left") - 1
    return np.where(place >= 0, t_us - earlier_us[np.maximum(place, 0)], _FAR)


def until(later_us: Times, t_us: Times) -> Times:
    """Time to the next of the later ones after each, very long without any [us]."""
    place = np.searchsorted(later_us, t_us, side="right")
    return np.where(place < later_us.size, later_us[np.minimum(place, later_us.size - 1)] - t_us, _FAR)


def is_preceded(earlier_us: Times, t_us: Times, window_s: float) -> Bools:
    """Whether one of the earlier ones lies that shortly before each."""
    return np.asarray(since(earlier_us, t_us) <= window_s * 1e6, dtype=bool)
