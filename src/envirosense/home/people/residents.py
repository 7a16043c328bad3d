"""The lives of a home's people: what they do and where they are, minute by minute."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.home.model import Home
from envirosense.home.people.lives import AWAY, DAY_US, SECOND_US, Lives
from envirosense.home.people.lives_areas import choices, front_door, ways
from envirosense.home.people.lives_days import course_of
from envirosense.home.people.lives_guests import guests_of
from envirosense.home.people.lives_household import house_days
from envirosense.home.people.lives_table import activities, activity_names
from envirosense.home.surroundings.context import Context

type Times = npt.NDArray[np.int64]
type Track = tuple[Times, Times, Times]  # activity, start and end [us]

GARAGE_SHARE: Final = 0.4  # of those who go to work leave through the garage, where there is one  # assumed
MOOD: Final = 0.65  # spread of the logarithm of how much one moves, from day to day  # assumed


def live(home: Home, context: Context, n_days: int, seed: int) -> Lives:
    """Activities and stays of all residents, and of guests past them, over the whole episode.

    Same home, context and seed, same lives; one more resident changes nothing for those before.
    """
    house = house_days(home, context, n_days, seed)
    end_us = n_days * DAY_US
    tracks: list[Track] = []
    stays: list[tuple[Times, Times, Times, Times]] = []
    bustles = []
    for resident in home.residents:
        course = course_of(home, resident, house, seed)
        tracks.append(_track(course.number, [course.start_s, *course.end_s], end_us))
        bustles.append(course.habits.bustle)
    names = [(one.resident_id, one.bedroom) for one in home.residents]
    for guest in guests_of(home, house, tracks, end_us, seed):
        tracks.append(guest.track)
        names.append((guest.name, guest.bedroom))
        bustles.append(1.0)
    for (name, bedroom), track, bustle in zip(names, tracks, bustles, strict=True):
        stays.append(_stays(home, name, bedroom, track, bustle, end_us, seed))
    return _joined(tracks, stays)


def _track(number: Sequence[int], edges_s: Sequence[float], end_us: int) -> Track:
    """Activities cut to the episode."""
    edges = np.clip(np.round(np.asarray(edges_s) * SECOND_US).astype(np.int64), 0, end_us)
    keep = np.diff(edges) > SECOND_US  # what is cut to less would leave no time to get there
    start = edges[:-1][keep]
    start[0] = 0
    return np.asarray(number, dtype=np.int64)[keep], start, np.append(start[1:], end_us)


def _stays(
    home: Home, name: str, bedroom: str, track: Track, bustle: float, end_us: int, seed: int
) -> tuple[Times, Times, Times, Times]:
    """Area, start, end and activity of each stay of one person."""
    from envirosense.home.people.lives_kernels import stays_of

    door = front_door(home)
    garage = next((n for n, area in enumerate(home.areas) if area.kind == "garage" and area.adjacent), door)
    if stream(seed, "home", home.home_id, "lives", "door", name).random() < GARAGE_SHARE:
        door = garage
    found = ways(home, door)
    mains, visits = choices(home, name, bedroom, found, seed)
    table = activities().values()
    mood = stream(seed, "home", home.home_id, "lives", "moods", name).standard_normal(end_us // DAY_US)
    walk = stays_of(
        *track,
        (mains.areas, mains.weights, mains.n),
        (visits.areas, visits.weights, visits.n),
        np.array([one.every_min * 60.0 for one in table]),
        np.array([one.visit_min * 60.0 for one in table]),
        bustle * np.exp(MOOD * mood[track[1] // DAY_US]),
        found.hops,
        found.nearness,
        found.pass_s,
        stream(seed, "home", home.home_id, "lives", "walk", name),
    )
    start = walk[:, 1]
    end = np.append(start[1:], end_us)
    keep = end > start
    area = np.where(walk[:, 0] == len(home.areas), AWAY, walk[:, 0])
    return area[keep], start[keep], end[keep], walk[keep, 2]


def _joined(tracks: list[Track], stays: list[tuple[Times, Times, Times, Times]]) -> Lives:
    """All people's tables in one, sorted by start and then by person."""
    sizes = [track[0].size for track in tracks]
    first = np.cumsum([0, *sizes[:-1]])
    person = np.repeat(np.arange(len(tracks)), sizes)
    number, start, end = (np.concatenate([track[n] for track in tracks]) for n in range(3))
    order = np.argsort(start, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    row = np.concatenate([place[stay[3] + at] for stay, at in zip(stays, first, strict=True)])
    who = np.repeat(np.arange(len(stays)), [stay[0].size for stay in stays])
    area, begin, until = (np.concatenate([stay[n] for stay in stays]) for n in range(3))
    turn = np.argsort(begin, kind="stable")
    return Lives(
        activity_names=activity_names(),
        activity_resident=person[order].astype(np.int32),
        activity=number[order].astype(np.int32),
        activity_start_us=start[order],
        activity_end_us=end[order],
        stay_resident=who[turn].astype(np.int32),
        stay_area=area[turn].astype(np.int32),
        stay_start_us=begin[turn],
        stay_end_us=until[turn],
        stay_activity=row[turn].astype(np.int32),
    )
