"""When a pair holds: hours, weekdays, days of the episode, and states without which nothing follows.

Every restriction splits the triggers in two; it is kept where the likelihood gains more than the choice
costs. The sun's state and the hours of the day say nearly the same of an evening habit, the weekend and who
is at home of a household that works: several orders are tried, and the likeliest outcome stays.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from envirosense.home.engine.rules import DAY_S, Condition
from envirosense.home.model import Home
from envirosense.home.patterns.co_occurrence import LEAST_SHARE, Pair
from envirosense.home.patterns.model import WEEKDAYS, WEEKEND, PatternKind
from envirosense.home.patterns.observed import Bools, Floats, FoundPattern, ObservedEvents
from envirosense.home.people.lives import DAY_US

CONDITION_DOMAINS: Final = ("sun", "person", "media_player")
_LEAST_GAIN: Final = 5.0  # of the log likelihood, besides what the choice costs; assumed
_MOST_OUTSIDE: Final = 0.5  # share followed without the condition, over that with it; assumed
_LEAST_GAP_S: Final = 3.0 * 3600.0  # part of the day without it that is worth a word; assumed


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """A pair under its restrictions so far; the log likelihood is less what the choices cost."""

    pair: Pair
    allowed: Bools
    log_likelihood: float
    found: FoundPattern
    cost: float = 0.0


def explained(
    pair: Pair, events: ObservedEvents, home: Home, first_weekday: int
) -> tuple[FoundPattern, float]:
    """The likeliest form of a pair as a pattern, and the log likelihood of all changes under it."""
    span_s = events.n_days * DAY_US / 1e6
    everything = np.ones(pair.t_us.size, dtype=bool)
    found = FoundPattern(
        PatternKind.CO_OCCURRENCE,
        (pair.trigger, pair.target),
        0.0,
        0,
        0,
        pair.lift,
        delay_s=pair.delay_s,
        delay_sigma=pair.sigma,
    )
    fit = _Fit(pair, everything, pair.log_likelihood(everything, span_s), found)
    fit = _in_its_days(fit, span_s)
    by_state = _by_state(pair, events, home, span_s)

    def by_hour(one: _Fit) -> _Fit:
        return _in_its_hours(one, span_s)

    def by_day(one: _Fit) -> _Fit:
        return _on_weekdays(one, span_s, first_weekday)

    ways = ((by_state, by_day, by_hour), (by_day, by_hour, by_state), (by_hour, by_day, by_state))
    best = max((third(second(first(fit))) for first, second, third in ways), key=_likelihood)
    n, n_followed = int(best.allowed.sum()), int(pair.followed[best.allowed].sum())
    share = n_followed / n if n else 0.0
    done = replace(best.found, probability=share, n_triggers=n, n_followed=n_followed)
    return done, best.log_likelihood


def _likelihood(fit: _Fit) -> float:
    return fit.log_likelihood


def holds_often_enough(found: FoundPattern) -> bool:
    """Whether a pair is followed often enough to be called a pattern."""
    return found.probability >= LEAST_SHARE


def _restricted(fit: _Fit, mask: Bools, cost: float, span_s: float, found: FoundPattern) -> _Fit:
    """The fit under a further restriction where that gains more than it costs, else as it was."""
    allowed = fit.allowed & mask
    n_in, n_out = int(allowed.sum()), int((fit.allowed & ~mask).sum())
    if not n_in or not n_out:
        return fit
    inside = fit.pair.followed[allowed].mean()
    if fit.pair.followed[fit.allowed & ~mask].mean() > _MOST_OUTSIDE * inside:
        return fit
    cost += fit.cost
    likelihood = fit.pair.log_likelihood(allowed, span_s) - cost
    if likelihood <= fit.log_likelihood + _LEAST_GAIN:
        return fit
    return _Fit(fit.pair, allowed, likelihood, found, cost)


def _in_its_days(fit: _Fit, span_s: float) -> _Fit:
    day = fit.pair.t_us // DAY_US
    seen = day[fit.pair.followed]
    first, last = int(seen.min()), int(seen.max())
    found = replace(fit.found, first_day=first, last_day=last)
    return _restricted(fit, (day >= first) & (day <= last), 2.0 * np.log(day.size), span_s, found)


def _on_weekdays(fit: _Fit, span_s: float, first_weekday: int) -> _Fit:
    is_weekend = (fit.pair.t_us // DAY_US + first_weekday) % 7 >= 5
    share = [fit.pair.followed[fit.allowed & mask].mean() if (fit.allowed & mask).any() else 0.0
             for mask in (~is_weekend, is_weekend)]  # fmt: skip
    days, mask = (WEEKDAYS, ~is_weekend) if share[0] >= share[1] else (WEEKEND, is_weekend)
    return _restricted(fit, mask, float(np.log(mask.size)), span_s, replace(fit.found, days=days))


def _in_its_hours(fit: _Fit, span_s: float) -> _Fit:
    """Restricted to the hours in which anything followed: all but the longest part of the day without."""
    second = fit.pair.t_us / 1e6 % DAY_S
    from_s, until_s = busy_hours(second[fit.pair.followed & fit.allowed])
    if (until_s - from_s) % DAY_S == 0.0:
        return fit
    inside = (
        (second >= from_s) & (second <= until_s)
        if from_s < until_s
        else (second >= from_s) | (second <= until_s)
    )
    found = replace(fit.found, from_s=from_s, until_s=until_s)
    return _restricted(fit, inside, 2.0 * float(np.log(second.size)), span_s, found)


def busy_hours(second: Floats) -> tuple[float, float]:
    """Part of the day that all given times lie in, across midnight where the end is less; whole if none."""
    if not second.size:
        return 0.0, DAY_S
    ordered = np.sort(second)
    gaps = np.diff(np.append(ordered, ordered[0] + DAY_S))
    place = int(np.argmax(gaps))
    if gaps[place] < _LEAST_GAP_S:
        return 0.0, DAY_S
    return float(ordered[(place + 1) % ordered.size]), float(ordered[place])


def _by_state(pair: Pair, events: ObservedEvents, home: Home, span_s: float) -> Callable[[_Fit], _Fit]:
    names = {pair.trigger.entity, pair.target.entity}
    due_us = pair.t_us + round(pair.delay_s * np.exp(pair.sigma) * 1e6)  # a condition must last so long
    states = {
        number: (events.state_before(number, pair.t_us), events.state_before(number, due_us))
        for number, one in enumerate(home.entities)
        if one.domain in CONDITION_DOMAINS and number not in names
    }
    options = [
        (Condition(number, code), np.asarray((before == code) & (due == code), dtype=bool))
        for number, (before, due) in states.items()
        for code in range(len(home.entities[number].states))
    ]
    options = [(one, holds) for one, holds in options if holds.any() and not holds.all()]
    cost = 0.5 + float(np.log(max(len(options), 1)))

    def restricted(fit: _Fit) -> _Fit:
        tried = [_restricted(fit, holds, cost, span_s, _under(fit.found, one)) for one, holds in options]
        return max(tried, key=_likelihood, default=fit)

    return restricted


def _under(found: FoundPattern, condition: Condition) -> FoundPattern:
    return replace(found, kind=PatternKind.CONTEXTUAL, conditions=(condition,))
