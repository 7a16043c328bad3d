"""Movements that a motion sensor could see: bursts of people, a pet now and then.

A movement begins after a pause whose mean belongs to the activity; pauses are log-normal, so that movements
come in bursts. Every stay begins and ends with one: somebody walks in and out. Figures without a source are
assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from envirosense.home.behaviour.household import HOP_US, VISIT_S, Floats, Household
from envirosense.home.behaviour.spans import Rows, Times
from envirosense.home.people.lives import DAY_US, SECOND_US

PAUSE_S: Final[Mapping[str, float]] = {  # mean pause between movements; assumed
    "sleep": 21_600.0,
    "night_toilet": 40.0,
    "wake_up": 60.0,
    "shower": 60.0,
    "toilet": 90.0,
    "dress": 25.0,
    "get_ready": 30.0,
    "breakfast": 70.0,
    "cook": 35.0,
    "eat": 90.0,
    "dishes": 35.0,
    "laundry": 35.0,
    "clean": 20.0,
    "watch_tv": 900.0,
    "read": 1000.0,
    "play": 60.0,
    "homework": 500.0,
    "work_home": 700.0,
    "computer": 700.0,
    "relax": 800.0,
    "exercise": 20.0,
    "garden": 40.0,
    "guests_visit": 120.0,
    "go_to_bed": 60.0,
}
OTHER_PAUSE_S: Final = 120.0  # assumed
VISIT_PAUSE_S: Final = 45.0  # of somebody who is there for a moment; assumed
PAUSE_SPREAD: Final = 1.2  # of the logarithm of a pause; assumed
DAY_SPREAD: Final = 0.5  # of the logarithm of how lively somebody is that day; assumed
MOVING_S: Final[Mapping[str, float]] = {
    "cook": 12.0,
    "clean": 25.0,
    "exercise": 30.0,
    "sleep": 2.0,
}  # assumed
OTHER_MOVING_S: Final = 5.0  # mean length of a movement; assumed
WALK_S: Final = 3.0  # through the door to the place; assumed
PET_WALKS_PER_DAY: Final = 2.0  # of each pet that a sensor can see; most is below its field of view; assumed
PET_STEPS: Final = 3  # areas on such a walk; assumed
PET_STEP_S: Final = 25.0  # mean time in each; assumed
SEEN_PETS: Final = ("cat", "dog")


@dataclass(frozen=True)
class Movements:
    """Movements in no order, (movement,): when, where, whose; a pet's has person -1."""

    start_us: Times
    end_us: Times
    area: Rows
    person: Rows
    draw: Floats  # a number between 0 and 1: whether a sensor catches it

    @cached_property
    def by_area(self) -> tuple[Rows, Rows]:
        """Order by area and the areas in that order."""
        order = np.argsort(self.area, kind="stable")
        return order, self.area[order]

    def rows_in(self, area: int) -> Rows:
        """Rows of the movements in one area."""
        order, sorted_area = self.by_area
        low, high = np.searchsorted(sorted_area, (area, area + 1))
        return order[low:high]


def movements(household: Household) -> Movements:
    """All movements indoors and in the garden."""
    parts = [_fidgets(household, person) for person in range(household.n_people)]
    parts += [_walks(household), _passages(household), _pets(household)]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Movements(*columns)


type Part = tuple[Times, Times, Rows, Rows, Floats]


def _fidgets(household: Household, person: int) -> Part:
    """Movements within the stays of one resident: a renewal process whose clock runs with the activity."""
    rows = np.flatnonzero(household.resident == person)
    lively = _liveliness(household, person)[household.start_us[rows] // DAY_US]
    seconds = household.seconds[rows]
    pause_s = household.by_activity(PAUSE_S, OTHER_PAUSE_S)[rows]
    pause_s = np.where(seconds < VISIT_S, np.minimum(pause_s, VISIT_PAUSE_S), pause_s) / lively
    span = np.where(household.is_home[rows], seconds / pause_s, 0.0)
    reached = np.concatenate([[0.0], np.cumsum(span)])
    at = _renewals(household.rng("pauses", person), float(reached[-1]))
    place = np.minimum(np.searchsorted(reached, at, side="right") - 1, rows.size - 1)
    start_us = household.start_us[rows[place]] + ((at - reached[place]) * pause_s[place] * SECOND_US).astype(
        np.int64
    )
    rng = household.rng("movements", person)
    length_s = household.by_activity(MOVING_S, OTHER_MOVING_S)[rows][place] * rng.standard_exponential(
        at.size
    )
    end_us = np.minimum(start_us + (length_s * SECOND_US).astype(np.int64), household.end_us[rows[place]])
    return start_us, end_us, household.area[rows[place]], np.full(at.size, person), rng.random(at.size)


def _liveliness(household: Household, person: int) -> Floats:
    """How lively somebody is each day, (day,)."""
    rng = household.rng("liveliness", person)
    return np.exp(DAY_SPREAD * rng.standard_normal(household.n_days + 1))


def _renewals(rng: np.random.Generator, until: float) -> Floats:
    """Moments of a renewal process with log-normal gaps of mean 1 up to `until`, (moment,)."""
    parts = [np.empty(0)]
    reached = 0.0
    while reached < until:
        gaps = rng.standard_normal(int(1.2 * (until - reached)) + 64)
        moments = reached + np.cumsum(np.exp(PAUSE_SPREAD * gaps - 0.5 * PAUSE_SPREAD**2))
        parts.append(moments)
        reached = float(moments[-1])
    moments = np.concatenate(parts)
    return moments[moments < until]


def _walks(household: Household) -> Part:
    """Walks into an area at the beginning of a stay and out of it at its end."""
    rows = np.flatnonzero(household.is_home)
    walk_us = int(WALK_S * SECOND_US)
    begin, end = household.start_us[rows], household.end_us[rows]
    start_us = np.concatenate([begin, np.maximum(end - walk_us, begin)])
    end_us = np.concatenate([np.minimum(begin + walk_us, end), end])
    draws = np.concatenate([household.draws(rows, "walk in"), household.draws(rows, "walk out")])
    return start_us, end_us, np.tile(household.area[rows], 2), np.tile(household.resident[rows], 2), draws


def _passages(household: Household) -> Part:
    """Walks through areas that lie between two stays."""
    steps = household.crossings
    rows = np.flatnonzero(steps.is_passing & (steps.target < len(household.home.areas)))
    start_us, stay = steps.t_us[rows], steps.row[rows]
    draws = household.draws(stay, "walk in")
    return start_us, start_us + HOP_US, steps.target[rows], household.resident[stay], draws


def _pets(household: Household) -> Part:
    """Walks of cats and dogs through the home, whether somebody is there or not."""
    indoors = np.array(
        [n for n, area in enumerate(household.home.areas) if not area.is_outdoor], dtype=np.int64
    )
    parts = [
        _pet(household, number, indoors)
        for number, kind in enumerate(household.home.pets)
        if kind in SEEN_PETS and indoors.size
    ]
    none = np.empty(0, dtype=np.int64)
    parts.append((none, none, none, none, np.empty(0)))
    start_us, end_us, area, person, draws = (np.concatenate(column) for column in zip(*parts, strict=True))
    return start_us, end_us, area, person, draws


def _pet(household: Household, number: int, indoors: Rows) -> Part:
    """Walks of one pet: rarely by night, each through a few areas beside one another."""
    rng = household.rng("pet", number)
    n = int(rng.poisson(PET_WALKS_PER_DAY * household.n_days))
    hour = np.where(rng.random(n) < 0.9, rng.uniform(6.0, 22.5, n), rng.uniform(0.0, 24.0, n))  # assumed
    day = rng.integers(0, household.n_days, n)
    start_us = day * DAY_US + (hour * 3600.0 * SECOND_US).astype(np.int64)
    target = indoors[rng.integers(0, indoors.size, (n, 2))]
    here, goal = target[:, 0], target[:, 1]
    stay_us = (PET_STEP_S * SECOND_US * rng.standard_exponential((n, PET_STEPS))).astype(np.int64)
    edges = start_us[:, None] + np.concatenate([np.zeros((n, 1), dtype=np.int64), stay_us.cumsum(1)], axis=1)
    areas = [here]
    for _ in range(PET_STEPS - 1):
        areas.append(household.ways.next_area[areas[-1], goal])
    area = np.stack(areas, axis=1)
    is_inside = area < len(household.home.areas)
    return (
        edges[:, :-1][is_inside],
        edges[:, 1:][is_inside],
        area[is_inside],
        np.full(int(is_inside.sum()), -1),
        rng.random(int(is_inside.sum())),
    )
