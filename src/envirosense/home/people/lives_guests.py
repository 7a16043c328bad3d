"""Guests: people past the residents who are in the home while those have a visit."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.home.model import Home
from envirosense.home.people.lives import DAY_US, SECOND_US
from envirosense.home.people.lives_household import HouseDays
from envirosense.home.people.lives_table import number_of

type Times = npt.NDArray[np.int64]
type Track = tuple[Times, Times, Times]  # activity, start and end [us]

MOST_GUESTS: Final = 2
HOUR_US: Final = 3600 * SECOND_US


@dataclass(frozen=True, slots=True, eq=False)
class Guest:
    """One who comes now and then, and is away in between."""

    name: str
    bedroom: str
    track: Track


def guests_of(home: Home, house: HouseDays, tracks: list[Track], end_us: int, seed: int) -> list[Guest]:
    """Guests of the whole episode; they come where somebody is at home to let them in."""
    if not home.has_guests or not home.residents:
        return []
    spans = _visits(house, tracks)
    spare = [area.area_id for area in home.areas if area.kind == "guest_room"]
    living = [area.area_id for area in home.areas if area.kind in ("living_room", "studio_room")]
    bedroom = (spare + living + [area.area_id for area in home.areas])[0]
    guests = []
    for which in range(MOST_GUESTS):
        rng = stream(seed, "home", home.home_id, "lives", "guests", which)
        mine = [span for span in spans if span[2] > which]
        guests.append(Guest(f"guest_{which + 1}", bedroom, _track(mine, end_us, rng)))
    return guests


def _visits(house: HouseDays, tracks: list[Track]) -> list[tuple[int, int, int, bool]]:
    """Visits that somebody is at home for: start, end [us], number of guests, whether they stay."""
    visit = number_of("guests_visit")
    start = np.concatenate([track[1][track[0] == visit] for track in tracks])
    end = np.concatenate([track[2][track[0] == visit] for track in tracks])
    found = []
    for day in house.days:
        of_day = (start >= day.number * DAY_US) & (start < (day.number + 1) * DAY_US)
        if of_day.any():
            found.append((int(start[of_day].min()), int(end[of_day].max()), day.n_guests, day.guests_stay))
    return found


def _track(visits: list[tuple[int, int, int, bool]], end_us: int, rng: np.random.Generator) -> Track:
    away, visit, sleep = number_of("away_leisure"), number_of("guests_visit"), number_of("sleep")
    rest, number, edges = number_of("go_to_bed"), [away], [0]
    meal = number_of("breakfast")
    for start, end, _, stays in visits:
        late_us = int(600 * SECOND_US * rng.random())
        steps = [(visit, start + late_us), (away, end)]
        if stays:
            wake = (end // DAY_US + 1) * DAY_US + int((7.5 + 1.5 * rng.random()) * HOUR_US)
            steps[1:] = [(rest, end), (sleep, end + HOUR_US // 3), (meal, wake), (away, wake + 2 * HOUR_US)]
        for what, at in steps:
            if edges[-1] + SECOND_US < at < end_us - SECOND_US:
                number.append(what)
                edges.append(at)
    edges.append(end_us)
    bounds = np.array(edges, dtype=np.int64)
    return np.array(number, dtype=np.int64), bounds[:-1], bounds[1:]
