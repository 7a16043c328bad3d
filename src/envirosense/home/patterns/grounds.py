"""Where in a home a pattern can be planted: when people are there, triggers, conditions, what is near."""

from dataclasses import dataclass

import numpy as np

from envirosense.home.engine.rules import ALL_DAYS, DAY_S, Condition, Rule
from envirosense.home.model import Home
from envirosense.home.patterns import kinds
from envirosense.home.patterns.candidates import Bools, Trigger, is_dark_hour, is_home, is_in_use, is_up
from envirosense.home.patterns.kinds import Limits
from envirosense.home.people.lives import DAY_US, Lives, Times

_QUARTER_S = 900.0
_LEAST_TRIGGERS = 10.0  # of a pattern, however short the episode
_BALANCE = (0.2, 0.8)  # share of the triggers at which a condition holds: else it conditions nothing
_ENTRANCES = ("entryway", "hallway", "studio_room", "living_room")


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What patterns are planted in.

    Attributes:
        limits: What the level of difficulty allows.
        triggers: All that may start a pattern.
    """

    home: Home
    lives: Lives
    n_days: int
    limits: Limits
    triggers: tuple[Trigger, ...]

    @property
    def least(self) -> float:
        """Triggers that a pattern needs, of the length of the episode."""
        return max(_LEAST_TRIGGERS, self.limits.triggers * self.n_days / 90.0)


def time_at_home(ground: Ground, resident: int, days: int, rng: np.random.Generator) -> float:
    """Time of the day at which the resident is up and at home on most of the days [s]."""
    quarter_us = int(_QUARTER_S * 1e6)
    t_us = np.arange(ground.n_days * DAY_US // quarter_us, dtype=np.int64) * quarter_us
    is_day = _is_allowed_day(t_us // DAY_US, days)
    up = (is_up(ground.lives, resident, t_us) & is_day).reshape(ground.n_days, -1)
    n_days = int(is_day.reshape(ground.n_days, -1)[:, 0].sum())
    share = up.sum(axis=0) / float(max(1, n_days))
    good = np.flatnonzero(share >= max(0.7, 0.9 * float(share.max())))
    if not good.size:
        good = np.argsort(share)[-4:]
    return float(rng.choice(good)) * _QUARTER_S + float(rng.integers(0, 15)) * 60.0


def condition(ground: Ground, trigger: Trigger, action: int, used: set[int],
               rng: np.random.Generator) -> tuple[Bools, Condition | None] | None:  # fmt: skip
    """When a condition holds at the triggers and the condition, None for darkness; None where none fits."""
    home, lives, t_us = ground.home, ground.lives, trigger.t_us
    found: list[tuple[Bools, Condition | None]] = [(is_dark_hour(t_us), None)]
    is_used_too = home.entities[trigger.entity].role in ("media", "appliance")  # for the same activity
    for number in () if is_used_too else home.with_role("media"):
        if number not in used and number not in (trigger.entity, action):
            playing = Condition(number, home.entities[number].code("playing"))
            found.append((is_in_use(home, lives, number, t_us), playing))
    at_door = home.entities[trigger.entity].role == "door"  # whoever passes is about to come or to be gone
    for resident in () if at_door else range(len(home.residents)):
        present = kinds.person_home(home, resident)
        if present is not None and present.entity != trigger.entity:
            found.append((is_home(lives, resident, t_us), present))
    low, high = _BALANCE
    fits = [one for one in found if low <= one[0].sum() / max(1, t_us.size) <= high]
    return fits[int(rng.integers(len(fits)))] if fits else None


def in_turn(ground: Ground, used: set[int], rng: np.random.Generator) -> list[Trigger]:
    """Triggers that come often enough, unused ones only, in a drawn order."""
    fits = [one for one in ground.triggers if one.t_us.size >= ground.least and one.entity not in used]
    return [fits[place] for place in rng.permutation(len(fits))]


def nearest(home: Home, trigger: Trigger, free: list[int]) -> list[int]:
    """Entities in the trigger's own area first, then by doors between; from the entrance for a person."""
    start = trigger.area_id or next((one.area_id for one in home.areas if one.kind in _ENTRANCES), None)
    if start is None:
        return list(free)
    hops, edge = {start: 0}, [start]
    for area_id in edge:
        for beside in home.areas[home.area_index[area_id]].adjacent:
            if beside not in hops:
                hops[beside] = hops[area_id] + 1
                edge.append(beside)
    return sorted(free, key=lambda number: hops.get(home.entities[number].area_id or "", len(hops)))


def is_in_hours(rule: Rule, t_us: Times) -> Bools:
    """Whether a rule may start at those times of the day, (time,)."""
    second = t_us / 1e6 % DAY_S
    if rule.from_s < rule.until_s:
        return np.asarray((second >= rule.from_s) & (second < rule.until_s))
    return np.asarray((second >= rule.from_s) | (second < rule.until_s))


def _is_allowed_day(day: Times, days: int) -> Bools:
    """Whether a rule may start on those days of the episode; the first one counts as a Monday here."""
    bits = np.array([bool(days >> place & 1) for place in range(7)])
    return np.ones(day.shape, dtype=bool) if days == ALL_DAYS else bits[day % 7]
