"""Co-occurrence and synergy: what has what shortly before it, by counting."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from envirosense.home.detectors.candidate import Candidate, DetectorKind
from envirosense.home.detectors.config import DetectorConfig
from envirosense.home.detectors.pair_counts import Deeds, PairCounts, is_preceded, since, until
from envirosense.home.engine.rules import DAY_S
from envirosense.home.patterns.observed import Bools, Change, Floats, ObservedEvents, Times
from envirosense.home.people.lives import DAY_US

_SHIFTS: Final = (-7, -2, -1, 1, 2, 7)  # days: same hour, other day
_LEAST_DELAY_S: Final = 0.05
_TO_SIGMA: Final = 1.4826  # median absolute deviation to standard deviation of a normal law


@dataclass(frozen=True)
class PairScan:
    """All that is counted of the pairs of one home.

    Attributes:
        events: What was seen.
        deeds: Triggers and actions that came often enough.
        config: Thresholds.
    """

    events: ObservedEvents
    deeds: Deeds
    config: DetectorConfig

    @cached_property
    def _counts(self) -> tuple[PairCounts, PairCounts]:
        pattern, synergy = self.deeds.counts((self.config.window_s, self.config.synergy_window_s))
        return pattern, synergy

    @cached_property
    def _other_days(self) -> dict[Change, Times]:
        """Times of each action moved to other days, sorted."""
        moved = {}
        for one in self.deeds.actions:
            t_us = np.concatenate([self.deeds.times[one] + days * DAY_US for days in _SHIFTS])
            moved[one] = np.sort(t_us[(t_us >= 0) & (t_us < self.deeds.span_us)])
        return moved

    @cached_property
    def co_occurrences(self) -> tuple[Candidate, ...]:
        """Pairs that come within the window of patterns."""
        return self._found(self._counts[0], DetectorKind.CO_OCCURRENCE, self.config.least_confidence)

    @cached_property
    def synergies(self) -> tuple[Candidate, ...]:
        """Pairs of the shorter window that come week after week."""
        found = self._found(self._counts[1], DetectorKind.SYNERGY, self.config.synergy_confidence)
        n_weeks = max(1, self.deeds.span_us // (7 * DAY_US))
        least = self.config.synergy_consistency
        return tuple(one for one in found if weeks_with(one.t_us, n_weeks) >= least * n_weeks)

    def _found(self, counts: PairCounts, kind: DetectorKind, least: float) -> tuple[Candidate, ...]:
        n = np.minimum(counts.n_followed, counts.n_explained)
        keep = (counts.confidence >= least) & (counts.lift >= self.config.least_lift)
        keep &= n >= self.config.least_count
        made = [self._candidate(counts, kind, int(i), int(j)) for i, j in np.argwhere(keep)]
        n_days = self.deeds.span_us / DAY_US
        return tuple(
            one for one in made if np.unique(one.t_us // DAY_US).size >= self.config.least_support * n_days
        )

    def _candidate(self, counts: PairCounts, kind: DetectorKind, i: int, j: int) -> Candidate:
        trigger, action = self.deeds.triggers[i], self.deeds.actions[j]
        t_us, action_us = self.deeds.times[trigger], self.deeds.times[action]
        wait_us = since(t_us, action_us)
        is_near = wait_us <= counts.window_s * 1e6
        delay_s, spread = delay_of(wait_us[is_near] / 1e6)
        others = self._other_days[action]
        by_chance = float(is_preceded(t_us, others, counts.window_s).mean()) if others.size else 0.0
        level = max(by_chance, 0.5 / max(others.size, 1))
        done = action_us[is_near]
        return Candidate(
            kind,
            (trigger, action),
            float(counts.confidence[i, j]),
            done,
            t_us.size,
            action_us.size,
            int(counts.n_followed[i, j]),
            int(counts.n_explained[i, j]),
            float(counts.lift[i, j]),
            float(is_near.mean()) / level,
            self._open_share(t_us, action, action_us, counts.window_s),
            delay_s,
            spread,
            clock_spread_s=clock_spread(done),
            window_s=counts.window_s,
        )

    def _open_share(self, t_us: Times, action: Change, action_us: Times, window_s: float) -> float:
        is_open = self.events.state_before(action.entity, t_us) != action.code
        if not is_open.any():
            return 0.0
        return float((until(action_us, t_us[is_open]) <= window_s * 1e6).mean())


def delay_of(delay_s: Floats) -> tuple[float, float]:
    """Median delay [s] and robust spread of its logarithm."""
    if not delay_s.size:
        return float("nan"), float("nan")
    log = np.log(np.maximum(delay_s, _LEAST_DELAY_S))
    middle = float(np.median(log))
    return float(np.exp(middle)), _TO_SIGMA * float(np.median(np.abs(log - middle)))


def clock_spread(t_us: Times) -> float:
    """Standard deviation of the time of the day on the circle [s]; that of an even spread at the most."""
    if not t_us.size:
        return float("nan")
    length = abs(np.exp(2j * np.pi * (t_us / 1e6 % DAY_S) / DAY_S).mean())
    spread = np.sqrt(-2.0 * np.log(max(float(length), 1e-9))) * DAY_S / (2.0 * np.pi)
    return float(min(spread, DAY_S / np.sqrt(12.0)))


def weeks_with(t_us: Times, n_weeks: int) -> int:
    """Whole weeks with an occurrence; what is left at the end counts for the last one."""
    return int(np.unique(np.minimum(t_us // (7 * DAY_US), n_weeks - 1)).size)


def under(one: Candidate, is_in: Bools, **changes: object) -> Candidate:
    """A candidate with some of its occurrences alone."""
    return replace(one, t_us=one.t_us[is_in], **changes)  # type: ignore[arg-type]
