"""How hard it is to see a pattern, and the links of each kind.

A link is a rule of `envirosense.home.engine.rules`; people do it by hand, so nothing here is an automation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from envirosense.home.engine.rules import DAY_S, Condition, Rule
from envirosense.home.model import Home
from envirosense.home.patterns.model import WEEKDAYS, WEEKEND, PatternKind, active_code, rest_code

_HOUR_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a level of difficulty allows; all of it assumed.

    Attributes:
        probability: Share of its triggers that a pattern follows, least and most.
        delay_s: Median delay, least and most [s].
        delay_sigma: Spread of the logarithm of the delay.
        jitter_s: Standard deviation of a time of the day, least and most [s].
        triggers: Least number of triggers in ninety days; shorter episodes ask for their share.
        negatives: Share of the entities given to patterns that is given to distractors as well.
        weak: Share of its triggers that a weak habit follows.
    """

    probability: tuple[float, float]
    delay_s: tuple[float, float]
    delay_sigma: float
    jitter_s: tuple[float, float]
    triggers: int
    negatives: float
    weak: float


LIMITS: Final[Mapping[str, Limits]] = {  # assumed, all of it
    "easy": Limits((0.95, 1.0), (4.0, 15.0), 0.15, (60.0, 240.0), 60, 0.15, 0.05),
    "standard": Limits((0.75, 0.95), (5.0, 30.0), 0.3, (240.0, 600.0), 30, 0.25, 0.15),
    "hard": Limits((0.5, 0.8), (8.0, 60.0), 0.6, (600.0, 1500.0), 15, 0.4, 0.2),
}
CLOCK_KINDS: Final = (PatternKind.TIME_OF_DAY, PatternKind.DAY_TYPE, PatternKind.DRIFT)
TWO_ACTIONS: Final = (PatternKind.SEQUENCE, PatternKind.ROOM)
BUSY_PER_DAY: Final = 8.0  # assumed: nobody does the same thing oftener all day long
_WEEKEND_DAYS: Final = 28  # of an episode with weekends enough, assumed
_UNDO_S: Final = (240.0, 900.0)  # assumed
_CLOCK_UNDO_S: Final = (1800.0, 5400.0)  # assumed
_UNDO_SIGMA: Final = 0.4  # assumed
_DRIFT_S: Final = (1800.0, 3600.0)  # over the episode, assumed
_MOST_DRIFT_S_DAY: Final = 120.0  # assumed
_NIGHT_S: Final = 3.5 * _HOUR_S  # when what was forgotten goes back to rest, assumed


def link(
    home: Home, name: str, action: int, limits: Limits, rng: np.random.Generator, n_links: int = 1
) -> Rule:
    """A link without its trigger: what is done, how surely, after how long.

    The probability of a chain is drawn for the chain: each of its `n_links` has the root's share.
    """
    probability = float(rng.uniform(*limits.probability)) ** (1.0 / n_links)
    low, high = np.log(limits.delay_s)
    return Rule(
        name=name,
        is_habit=True,
        action_entity=action,
        action_code=active_code(home.entities[action]),
        probability=round(probability, 3),
        delay_s=round(float(np.exp(rng.uniform(low, high))), 1),
        delay_sigma=limits.delay_sigma,
    )


def at_clock(rule: Rule, at_s: float, limits: Limits, rng: np.random.Generator) -> Rule:
    """The same by the clock instead of by a trigger."""
    jitter_s = round(float(rng.uniform(*limits.jitter_s)), 0)
    return replace(rule, at_s=at_s, jitter_s=jitter_s, delay_s=0.0, delay_sigma=0.0)


def drifting(rule: Rule, n_days: int, rng: np.random.Generator) -> Rule:
    """The same with a time of the day that moves by half an hour to an hour over the episode."""
    total_s = float(rng.uniform(*_DRIFT_S)) * (1.0 if rng.random() < 0.5 else -1.0)
    per_day_s = float(np.clip(total_s / max(n_days, 1), -_MOST_DRIFT_S_DAY, _MOST_DRIFT_S_DAY))
    return replace(rule, drift_s_day=round(per_day_s, 2))


def within(rule: Rule, n_days: int, rng: np.random.Generator) -> Rule:
    """The same with a beginning or an end inside the episode: it lives for half to three quarters of it."""
    n_alive = max(1, round(n_days * float(rng.uniform(0.5, 0.75))))
    if rng.random() < 0.5:
        return replace(rule, last_day=n_alive - 1)
    return replace(rule, first_day=n_days - n_alive)


def on_some_days(rule: Rule, n_days: int, rng: np.random.Generator) -> Rule:
    """The same on working days, or at the weekend, alone; few weekends tell nothing."""
    is_weekend = rng.random() >= 0.5 and n_days >= _WEEKEND_DAYS
    return replace(rule, days=WEEKEND if is_weekend else WEEKDAYS)


def in_its_hours(rule: Rule, t_us: np.ndarray[tuple[int], np.dtype[np.int64]], n_days: int,
                 rng: np.random.Generator) -> Rule:  # fmt: skip
    """The same, kept to five or six hours around one of its triggers where those come too often."""
    if t_us.size <= BUSY_PER_DAY * n_days:
        return rule
    middle_s = float(rng.choice(t_us)) / 1e6 % DAY_S
    half_s = float(rng.uniform(2.5, 3.0)) * _HOUR_S
    start_s = round((middle_s - half_s) / 900.0) * 900.0 % DAY_S
    until_s = (start_s + 2 * round(half_s / 900.0) * 900.0) % DAY_S
    return replace(rule, from_s=start_s, until_s=until_s)


def undoing(home: Home, rule: Rule, rng: np.random.Generator) -> tuple[Rule, ...]:
    """Rules that take back what a link did, so that it can happen again: after a while, and at night."""
    action = home.entities[rule.action_entity]
    by_clock = rule.trigger_entity < 0
    night = Rule(
        name=f"{rule.name}/night",
        is_habit=True,
        action_entity=rule.action_entity,
        action_code=rest_code(action),
        at_s=_NIGHT_S,
        jitter_s=600.0,
    )
    if np.isfinite(rule.revert_s):
        return (night,)
    back = Rule(
        name=f"{rule.name}/undo",
        is_habit=True,
        action_entity=rule.action_entity,
        action_code=rest_code(action),
        trigger_entity=rule.action_entity,
        trigger_code=rule.action_code,
        delay_s=round(float(rng.uniform(*(_CLOCK_UNDO_S if by_clock else _UNDO_S))), 0),
        delay_sigma=_UNDO_SIGMA,
    )
    return (back, night)


def person_home(home: Home, resident: int) -> Condition | None:
    """The condition that a resident is at home; None where nothing tells."""
    resident_id = home.residents[resident].resident_id
    for number in home.with_role("person"):
        if home.entities[number].capabilities.get("resident") == resident_id:
            return Condition(number, home.entities[number].code("home"))
    return None
