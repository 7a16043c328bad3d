"""What could trigger a pattern, and about when: expected from what the people do, before anything happens."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.home.behaviour.device_uses import device_uses
from envirosense.home.model import Home
from envirosense.home.people.lives import AWAY, DAY_US, Lives, Times

type Bools = npt.NDArray[np.bool_]

TRIGGER_ROLES = ("motion", "occupancy", "door", "media", "appliance", "light", "person")
_ASLEEP = ("sleep", "night_toilet")
_HABIT = 0.6  # of a household for a device that the table names; assumed, on the low side
_DARK_BEFORE_H, _DARK_AFTER_H = 7.0, 18.0  # assumed: about the mean of the year


@dataclass(frozen=True, slots=True, eq=False)
class Trigger:
    """A change of state that a pattern may start with.

    Attributes:
        t_us: When it is expected, in order (a forecast: sensors and hands decide).
    """

    entity: int
    code: int
    area_id: str | None
    t_us: Times


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Steps of all residents from one area to another, in order of time."""

    t_us: Times
    origin: npt.NDArray[np.int32]
    target: npt.NDArray[np.int32]
    resident: npt.NDArray[np.int32]


def moves(lives: Lives) -> Moves:
    """Every change of area of every resident and guest."""
    order = np.lexsort((lives.stay_start_us, lives.stay_resident))
    who, area, start = lives.stay_resident[order], lives.stay_area[order], lives.stay_start_us[order]
    at = np.flatnonzero((who[1:] == who[:-1]) & (area[1:] != area[:-1])) + 1
    at = at[np.argsort(start[at], kind="stable")]
    return Moves(start[at], area[at - 1], area[at], who[at])


def is_home(lives: Lives, resident: int, t_us: Times) -> Bools:
    """Whether a resident is in the home at those times, (time,)."""
    rows = np.flatnonzero(lives.stay_resident == resident)
    if not rows.size:
        return np.zeros(t_us.shape, dtype=bool)
    place = np.searchsorted(lives.stay_start_us[rows], t_us, side="right") - 1
    return np.asarray(lives.stay_area[rows[np.maximum(place, 0)]] != AWAY, dtype=bool)


def is_up(lives: Lives, resident: int, t_us: Times) -> Bools:
    """Whether a resident is at home and awake at those times, (time,)."""
    asleep = [n for n, name in enumerate(lives.activity_names) if name in _ASLEEP]
    rows = np.flatnonzero(lives.activity_resident == resident)
    if not rows.size:
        return np.zeros(t_us.shape, dtype=bool)
    place = np.searchsorted(lives.activity_start_us[rows], t_us, side="right") - 1
    activity = lives.activity[rows[np.maximum(place, 0)]]
    return is_home(lives, resident, t_us) & ~np.isin(activity, asleep)


def is_in_use(home: Home, lives: Lives, number: int, t_us: Times) -> Bools:
    """Whether people do at those times what they use a media player for, where it stands, (time,)."""
    start, end = _uses(home, lives, number)
    latest = np.maximum.accumulate(end) if end.size else end
    place = np.searchsorted(start, t_us, side="right") - 1
    return (place >= 0) & (t_us < np.append(latest, 0)[place])


def is_dark_hour(t_us: Times) -> Bools:
    """Whether the sun is down at those times in most of the year, (time,)."""
    hour = (t_us % DAY_US) / (DAY_US / 24)
    return np.asarray((hour < _DARK_BEFORE_H) | (hour > _DARK_AFTER_H), dtype=bool)


def triggers(home: Home, lives: Lives) -> tuple[Trigger, ...]:
    """All that may start a pattern: sensors, media players, appliances, lights, and people who come home."""
    steps = moves(lives)
    sources: dict[str, Callable[[int], Times]] = {
        "motion": lambda number: _arrivals(home, steps, number),
        "occupancy": lambda number: _presences(home, lives, steps, number),
        "door": lambda number: _passages(home, steps, number),
        "media": lambda number: _uses(home, lives, number)[0],
        "appliance": lambda number: _uses(home, lives, number)[0],
        "light": lambda number: _lit(home, steps, number),
        "person": lambda number: _homecomings(home, steps, number),
    }
    active = {"media": "playing", "person": "home"}
    return tuple(
        Trigger(number, one.code(active.get(one.role, "on")), one.area_id, sources[one.role](number))
        for number, one in enumerate(home.entities)
        if one.role in sources
    )


def _arrivals(home: Home, steps: Moves, number: int) -> Times:
    area_id = home.entities[number].area_id
    target = home.area_index[area_id] if area_id else AWAY - 1
    return steps.t_us[np.asarray(steps.target == target)]


def _presences(home: Home, lives: Lives, steps: Moves, number: int) -> Times:
    """Arrivals in the room; at a mat in a bed, the beginnings of sleep."""
    one = home.entities[number]
    if one.device_id is None or "bed" not in home.device_by_id[one.device_id].device_type:
        return _arrivals(home, steps, number)
    asleep = [n for n, name in enumerate(lives.activity_names) if name == "sleep"]
    area = home.area_index[one.area_id] if one.area_id else AWAY - 1
    sleeps = np.isin(lives.activity[lives.stay_activity], asleep)
    return lives.stay_start_us[np.flatnonzero(sleeps & (lives.stay_area == area))]


def _lit(home: Home, steps: Moves, number: int) -> Times:
    """Arrivals by dark, every third one, at the room's main light alone: others are used by taste."""
    area_id = home.entities[number].area_id
    arrivals = _arrivals(home, steps, number)
    is_main = home.with_role("light", area_id)[:1] == (number,)
    return arrivals[is_dark_hour(arrivals)][::3] if is_main else arrivals[:0]


def _passages(home: Home, steps: Moves, number: int) -> Times:
    between = home.entities[number].capabilities.get("between")
    if not isinstance(between, list | tuple):
        return steps.t_us[:0]
    one, other = (home.area_index.get(str(area), AWAY) for area in between)
    forth = (steps.origin == one) & (steps.target == other)
    back = (steps.origin == other) & (steps.target == one)
    passages: Times = steps.t_us[np.asarray(forth | back)]
    return passages if AWAY in (one, other) else passages[::3]  # inner doors stand open mostly, assumed


def _homecomings(home: Home, steps: Moves, number: int) -> Times:
    names = [one.resident_id for one in home.residents]
    resident = str(home.entities[number].capabilities.get("resident"))
    if resident not in names:
        return steps.t_us[:0]
    rows = np.flatnonzero((steps.origin == AWAY) & (steps.resident == names.index(resident)))
    return steps.t_us[rows]


def _uses(home: Home, lives: Lives, number: int) -> tuple[Times, Times]:
    """Stays in which a device is used by the table of uses: those of its likeliest use, thinned."""
    one = home.entities[number]
    area_id, device_id = one.area_id, one.device_id
    if area_id is None or device_id is None:
        return lives.stay_start_us[:0], lives.stay_end_us[:0]
    kind = home.device_by_id[device_id].device_type
    fits = [use for use in device_uses() if use.role == one.role and (use.is_a or "") in kind
            and use.appliance == one.capabilities.get("appliance")]  # fmt: skip
    if not fits:
        return lives.stay_start_us[:0], lives.stay_end_us[:0]
    use = max(fits, key=lambda each: each.share)
    does = [n for n, name in enumerate(lives.activity_names) if name in use.activities]
    here = lives.stay_area == home.area_index[area_id]
    rows = np.flatnonzero(here & np.isin(lives.activity[lives.stay_activity], does))
    errand = lives.stay_activity[rows]
    rows = rows[np.append(True, errand[1:] != errand[:-1])[: rows.size]]
    every = max(1, round(1.0 / (_HABIT * use.share)))
    return lives.stay_start_us[rows[::every]], lives.stay_end_us[rows[::every]]
