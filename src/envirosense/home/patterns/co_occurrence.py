"""Directed pairs: what is followed by what, soon, more surely than on other days at the same hour.

Of the triggers that precede a change, neighbours share most of the evidence (motion in the hallway precedes
what motion in the kitchen causes). The likelihood decides: a trigger earns for every change that it explains
at a delay that is always about the same, and pays for every time that nothing followed.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from envirosense.home.patterns.observed import Bools, Change, Floats, ObservedEvents, Times
from envirosense.home.people.lives import DAY_US

WINDOW_S: Final = 240.0  # assumed: what comes later is not felt as a consequence
LEAST_COUNT: Final = 6  # changes that a pattern must explain
LEAST_EXCESS: Final = 0.4  # share of the changes that the trigger explains beyond chance, assumed
LEAST_SHARE: Final = 0.35  # share of the triggers that must be followed, assumed
FALSE_DISCOVERIES: Final = 0.01
_SHIFTS: Final = (-7, -2, -1, 1, 2, 7)  # days: same hour, other day
_LEAST_SIGMA: Final = 0.05
_REACH: Final = 3.5  # of the delay's logarithm around its median, in its spreads
_CANDIDATES: Final = 5  # triggers per change that are looked at closely
_LEAST_BACK: Final = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A trigger, what may follow it, and every time it could have.

    Attributes:
        t_us: Triggers at which the target was not there yet, (trigger,).
        followed: Whether the target came at a delay that fits, (trigger,).
        delay_s: Median delay [s].
        sigma: Spread of its logarithm.
        n_targets: Changes of the target in all.
        log_delay: Log density of the delays, summed over the followed ones.
        chance: Share of the changes that have the trigger before them on other days.
        p_value: Of so many by chance.
    """

    trigger: Change
    target: Change
    t_us: Times
    followed: Bools
    delay_s: float
    sigma: float
    n_targets: int
    log_delay: float
    chance: float = 0.0
    p_value: float = 1.0

    @property
    def n_followed(self) -> int:
        """Triggers that were followed."""
        return int(self.followed.sum())

    @property
    def back(self) -> float:
        """Share of the changes that it explains."""
        return self.n_followed / self.n_targets

    @property
    def lift(self) -> float:
        """That share over the one by chance."""
        return self.back / max(self.chance, 0.5 / (self.n_targets * len(_SHIFTS)))

    def log_likelihood(self, allowed: Bools, span_s: float) -> float:
        """Of all changes of the target; triggers outside `allowed` are followed at a share of their own."""
        rest = self.n_targets - self.n_followed
        background = rest * np.log(rest / span_s) - rest if rest else 0.0
        inside = binomial(int(self.followed[allowed].sum()), int(allowed.sum()))
        outside = binomial(int(self.followed[~allowed].sum()), int((~allowed).sum()))
        return inside + outside + self.log_delay + background


def binomial(n_followed: int, n: int) -> float:
    """Log likelihood of draws at their own share."""
    if n_followed in (0, n):
        return 0.0
    share = n_followed / n
    return float(n_followed * np.log(share) + (n - n_followed) * np.log(1.0 - share))


def pairs(events: ObservedEvents, targets: tuple[Change, ...], triggers: tuple[Change, ...]) -> list[Pair]:
    """Likeliest triggers of each change of each target, each tested against other days."""
    times = {change: events.times(change) for change in triggers}
    times = {change: t_us for change, t_us in times.items() if t_us.size >= LEAST_COUNT}
    found: list[Pair] = []
    span_s = events.n_days * DAY_US / 1e6
    for target in targets:
        target_us = events.deeds(target)
        if target_us.size < LEAST_COUNT:
            continue
        near = _nearby(target, target_us, times)
        made = [_pair(events, one, target, times[one], target_us) for one in near]
        tried = [one for one in made if one is not None and one.n_followed >= LEAST_COUNT]
        tried.sort(key=lambda one: -one.log_likelihood(np.ones(one.t_us.size, dtype=bool), span_s))
        found += [_tested(one, times[one.trigger], target_us) for one in tried[:_CANDIDATES]]
    return _significant(found, len(targets) * max(len(times), 1))


def _nearby(target: Change, target_us: Times, times: dict[Change, Times]) -> list[Change]:
    """Triggers that precede a good share of the changes within the window."""
    return [
        change
        for change, t_us in times.items()
        if change.entity != target.entity and _preceded(t_us, target_us, 0.0, WINDOW_S).mean() >= _LEAST_BACK
    ]


def _preceded(t_us: Times, target_us: Times, low_s: float, high_s: float) -> Bools:
    """Whether the last trigger before each change lies that far back, (change,)."""
    place = np.searchsorted(t_us, target_us - 1, side="right") - 1
    delay_s = (target_us - t_us[np.maximum(place, 0)]) / 1e6
    return np.asarray((place >= 0) & (delay_s >= low_s) & (delay_s <= high_s), dtype=bool)


def _pair(events: ObservedEvents, trigger: Change, target: Change, t_us: Times,
          target_us: Times) -> Pair | None:  # fmt: skip
    """Every time a trigger could have been followed, and whether it was.

    Where the trigger comes again before the target moves, the later one counts and the earlier one is left
    out: which of them was followed cannot be seen.
    """
    is_open = events.state_before(target.entity, t_us) != target.code
    next_us = np.append(target_us, np.iinfo(np.int64).max)[np.searchsorted(target_us, t_us, side="right")]
    delay_s = (next_us - t_us) / 1e6
    again_us = np.append(t_us[1:], np.iinfo(np.int64).max)
    is_near = delay_s <= WINDOW_S
    usable = is_open & ~(is_near & (again_us < next_us))
    t_us, delay_s, is_near = t_us[usable], delay_s[usable], is_near[usable]
    if is_near.sum() < LEAST_COUNT:
        return None
    log_delay = np.log(np.maximum(delay_s, 0.05))
    median, sigma = _spread(log_delay[is_near])
    followed = is_near & (np.abs(log_delay - median) <= _REACH * sigma)
    median, sigma = _spread(log_delay[followed]) if followed.any() else (median, sigma)
    density = -0.5 * ((log_delay[followed] - median) / sigma) ** 2 - np.log(sigma * np.sqrt(2 * np.pi))
    summed = float((density - log_delay[followed]).sum())
    delay = float(np.exp(median))
    return Pair(trigger, target, t_us, followed, delay, sigma, target_us.size, summed)


def _spread(values: Floats) -> tuple[float, float]:
    """Median and spread of values, whatever lies far out."""
    median = float(np.median(values))
    return median, max(_LEAST_SIGMA, 1.4826 * float(np.median(np.abs(values - median))))


def _tested(pair: Pair, t_us: Times, target_us: Times) -> Pair:
    """The pair with its chance level: the same changes at the same hour of other days."""
    from scipy.special import pdtrc

    low_s, high_s = (pair.delay_s * np.exp(sign * _REACH * pair.sigma) for sign in (-1.0, 1.0))
    high_s = min(high_s, WINDOW_S)
    shifted = np.sort(np.concatenate([target_us + days * DAY_US for days in _SHIFTS]))
    inside = shifted[(shifted >= 0) & (shifted <= max(t_us[-1], target_us[-1]))]
    chance = float(_preceded(t_us, inside, low_s, high_s).mean()) if inside.size else 0.0
    expected = max(chance, 0.5 / max(inside.size, 1)) * target_us.size
    return replace(pair, chance=chance, p_value=float(pdtrc(pair.n_followed - 1, expected)))


def _significant(found: list[Pair], n_tested: int) -> list[Pair]:
    """Pairs beyond chance: false discoveries are kept to their share of all tested (Benjamini, Hochberg)."""
    p_values = np.array([one.p_value for one in found])
    order = np.argsort(p_values, kind="stable")
    passes = p_values[order] <= FALSE_DISCOVERIES * np.arange(1, len(found) + 1) / n_tested
    n_kept = int(np.flatnonzero(passes)[-1]) + 1 if passes.any() else 0
    kept = [found[place] for place in sorted(order[:n_kept])]
    return [one for one in kept if one.back - one.chance >= LEAST_EXCESS]
