"""The lives of residents: whole, walkable, and like those of people."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from envirosense.home.catalog.loader import default_catalog
from envirosense.home.model import Area, Home, Resident
from envirosense.home.people.lives import AWAY, DAY_US, SECOND_US, Lives
from envirosense.home.people.lives_areas import front_door, ways
from envirosense.home.people.lives_table import PARTS, activities
from envirosense.home.people.residents import live
from envirosense.home.surroundings.calendar_days import vacation_days, weekdays
from envirosense.home.surroundings.context import Context
from envirosense.home.surroundings.context_series import draw_context

START = datetime(2026, 1, 4, 23, tzinfo=UTC)  # midnight of Monday, 5 January 2026 in Berlin
N_DAYS = 56
HOUR_US = 3600 * SECOND_US
CHILD = Resident("kim", "Kim", "child", "school", 7.0, 20.5, "bedroom_2")
NURSE = Resident("nora", "Nora", "adult", "night_shift", 7.0, 23.0, "bedroom_2")


@pytest.fixture(scope="module")
def context(small_home: Home) -> Context:
    return draw_context(small_home, START, N_DAYS, 1)


@pytest.fixture(scope="module")
def lives(small_home: Home, context: Context) -> Lives:
    return live(small_home, context, N_DAYS, 1)


def rows_of(lives: Lives, person: int, *names: str) -> npt.NDArray[np.int64]:
    """Rows of a person's activities, of those names alone where any are given."""
    is_mine = lives.activity_resident == person
    wanted = [lives.activity_names.index(name) for name in names]
    return np.flatnonzero(is_mine & (np.isin(lives.activity, wanted) if names else True))


def does_at(lives: Lives, person: int, t_us: npt.NDArray[np.int64]) -> npt.NDArray[np.str_]:
    """Name of what a person does at each time."""
    rows = rows_of(lives, person)
    at = np.searchsorted(lives.activity_start_us[rows], t_us, side="right") - 1
    return np.array(lives.activity_names)[lives.activity[rows[at]]]


def is_away(doing: npt.NDArray[np.str_]) -> npt.NDArray[np.bool_]:
    return np.char.startswith(doing, "away_")


def assert_whole(lives: Lives, n_days: int) -> None:
    """Both tables cover the episode without gap or overlap, and stays lie within their activity."""
    tables = (
        (lives.activity_resident, lives.activity_start_us, lives.activity_end_us),
        (lives.stay_resident, lives.stay_start_us, lives.stay_end_us),
    )
    for who, start, end in tables:
        assert (np.diff(start) >= 0).all()
        assert (end > start).all()
        for person in np.unique(who):
            mine = who == person
            assert start[mine][0] == 0
            assert end[mine][-1] == n_days * DAY_US
            assert np.array_equal(start[mine][1:], end[mine][:-1])
    row = lives.stay_activity
    assert np.array_equal(lives.activity_resident[row], lives.stay_resident)
    assert (lives.activity_start_us[row] <= lives.stay_start_us).all()
    assert (lives.activity_end_us[row] >= lives.stay_end_us).all()


def assert_walkable(home: Home, lives: Lives, doors: set[str]) -> None:
    """Only areas beside each other follow one another, and the way out is through a door."""
    open_to = {(area.area_id, other) for area in home.areas for other in area.adjacent}
    open_to |= {(b, a) for a, b in open_to} | {(area.area_id, area.area_id) for area in home.areas}
    open_to |= {(door, "out") for door in doors} | {("out", door) for door in doors} | {("out", "out")}
    names = [*(area.area_id for area in home.areas), "out"]
    for person in np.unique(lives.stay_resident):
        area = lives.stay_area[lives.stay_resident == person]
        steps = {(names[a], names[b]) for a, b in pairwise(area)}
        assert steps <= open_to


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lives_are_whole_and_steps_lead_from_room_to_room(small_home: Home, seed: int) -> None:
    home = replace(small_home, residents=(*small_home.residents, CHILD))
    found = live(home, draw_context(home, START, 21, seed), 21, seed)
    assert_whole(found, 21)
    assert_walkable(home, found, {"entryway"})


def test_same_seed_same_bytes_and_another_seed_another_life(small_home: Home, context: Context) -> None:
    first, again, other = (live(small_home, context, 14, seed) for seed in (1, 1, 2))
    for one in fields(Lives)[1:]:
        assert getattr(first, one.name).tobytes() == getattr(again, one.name).tobytes()
    assert first.stay_start_us.tobytes() != other.stay_start_us.tobytes()


def test_one_more_resident_changes_no_other(small_home: Home, context: Context, lives: Lives) -> None:
    more = live(replace(small_home, residents=(*small_home.residents, NURSE, CHILD)), context, N_DAYS, 1)
    for person in range(2):
        for name in ("activity", "activity_start_us", "stay_area", "stay_start_us", "stay_end_us"):
            who = "activity_resident" if name.startswith("activity") else "stay_resident"
            mine = [getattr(one, name)[getattr(one, who) == person] for one in (lives, more)]
            assert mine[0].tobytes() == mine[1].tobytes()


def test_a_longer_episode_begins_with_the_days_of_a_shorter_one(
    small_home: Home, context: Context, lives: Lives
) -> None:
    short = live(small_home, context, 14, 1)
    ends = short.activity_end_us < 13 * DAY_US
    of_long = lives.activity_end_us < 13 * DAY_US
    assert np.array_equal(short.activity_end_us[ends], lives.activity_end_us[of_long])
    assert np.array_equal(short.activity[ends], lives.activity[of_long])


def test_people_sleep_at_night_and_are_up_by_day(lives: Lives) -> None:
    days = np.arange(1, N_DAYS) * DAY_US
    for person in range(2):
        night, noon = (does_at(lives, person, days + hour * HOUR_US) for hour in (3, 12))
        night = night[~is_away(night)]  # 55 nights but for those on the road
        assert np.mean(night == "sleep") > 0.9
        assert np.mean(noon == "sleep") < 0.1
        asleep = rows_of(lives, person, "sleep")
        hours = (lives.activity_end_us - lives.activity_start_us)[asleep].sum() / HOUR_US / N_DAYS
        assert 5.5 < hours < 9.5


def test_who_works_at_night_sleeps_by_day(small_home: Home, context: Context) -> None:
    found = live(replace(small_home, residents=(NURSE,)), context, N_DAYS, 1)
    times = np.arange(1, N_DAYS) * DAY_US + 3 * HOUR_US
    at_work = does_at(found, 0, times) == "away_work"
    assert 0.4 < at_work.mean() < 0.8  # five nights of seven, but for trips
    assert np.mean(does_at(found, 0, times[at_work] + 8 * HOUR_US) == "sleep") > 0.9


def test_working_days_are_unlike_weekends(lives: Lives, context: Context) -> None:
    day = np.arange(N_DAYS)
    works = (context.weekday[::96] < 5) & ~context.is_holiday[::96]
    anna = does_at(lives, 0, day * DAY_US + 11 * HOUR_US)
    assert np.mean(np.isin(anna, ["away_work", "work_home", "relax", "toilet"])[works]) > 0.8
    assert not np.isin(anna, ["away_work", "work_home"])[~works].any()
    wake = lives.activity_start_us[rows_of(lives, 0, "wake_up")]
    first = np.array([wake[(wake > at * DAY_US)][0] - at * DAY_US for at in range(N_DAYS - 1)]) / HOUR_US
    assert np.median(first[~works[:-1]]) > np.median(first[works[:-1]]) + 0.4
    assert first[works[:-1]].std() < 0.8  # not one morning is slept away


def test_clock_times_are_habits_with_some_play(lives: Lives, context: Context) -> None:
    works = (context.weekday[::96] < 5) & ~context.is_holiday[::96]
    for person in range(2):
        wake = lives.activity_start_us[rows_of(lives, person, "wake_up")]
        hour = (wake % DAY_US)[works[wake // DAY_US]] / HOUR_US
        assert hour.size > 0.9 * works.sum()
        assert 0.02 < np.median(np.abs(hour - np.median(hour))) < 0.6


def test_dinner_is_shared(lives: Lives) -> None:
    """Of two who eat in the evening most do so at once; on another day's clock fewer would."""
    spans = []
    for person in range(2):
        rows = rows_of(lives, person, "eat")
        start = lives.activity_start_us[rows]
        late = start % DAY_US > 16.5 * HOUR_US
        spans.append((start[late], lives.activity_end_us[rows][late]))
    together = [np.any((spans[1][0] < e) & (spans[1][1] > s)) for s, e in zip(*spans[0], strict=True)]
    moved = [
        np.any((spans[1][0] + DAY_US < e) & (spans[1][1] + DAY_US > s))
        for s, e in zip(*spans[0], strict=True)
    ]
    assert np.mean(together) > 0.5
    assert np.mean(together) > np.mean(moved)


def test_a_vacation_empties_the_home(small_home: Home) -> None:
    seed = next(
        s for s in range(50) if vacation_days(small_home, weekdays(date(2026, 1, 5), 28), s)[:27].sum() >= 3
    )
    context = draw_context(small_home, START, 28, seed)
    found, away = live(small_home, context, 28, seed), vacation_days(small_home, context.weekday[::96], seed)
    inner = np.flatnonzero(away[:-1] & away[1:])  # nights on the road
    for person in range(len(small_home.residents)):
        assert (does_at(found, person, (inner + 1) * DAY_US) == "away_vacation").all()
        stays = (found.stay_resident == person) & (found.stay_start_us <= inner[0] * DAY_US + DAY_US)
        assert found.stay_area[stays][-1] == AWAY
    assert_whole(found, 28)


def test_children_go_to_school_and_do_not_cook(small_home: Home, context: Context) -> None:
    found = live(replace(small_home, residents=(CHILD,)), context, N_DAYS, 1)
    works = (context.weekday[::96] < 5) & ~context.is_holiday[::96]
    ten = does_at(found, 0, np.arange(N_DAYS) * DAY_US + 10 * HOUR_US)
    assert np.mean(ten[works] == "away_school") > 0.9
    assert not np.any(ten[~works] == "away_school")
    assert rows_of(found, 0, "cook", "laundry", "away_work").size == 0
    assert rows_of(found, 0, "play").size > 20


def test_guests_come_while_somebody_is_at_home_for_them(small_home: Home, context: Context) -> None:
    found = live(small_home, context, N_DAYS, 4)
    n = len(small_home.residents)
    guest = rows_of(found, n, "guests_visit")
    assert guest.size > 0
    hosts = np.concatenate([rows_of(found, person, "guests_visit") for person in range(n)])
    for row in guest:
        start, end = found.activity_start_us[row], found.activity_end_us[row]
        overlap = (found.activity_start_us[hosts] < end) & (found.activity_end_us[hosts] > start)
        assert overlap.any()
    lonely = live(replace(small_home, has_guests=False), context, N_DAYS, 4)
    assert lonely.activity_resident.max() == n - 1


def test_passages_are_short_and_frequent(small_home: Home, lives: Lives) -> None:
    hallway = lives.stay_area == small_home.area_index["hallway"]
    took_s = (lives.stay_end_us - lives.stay_start_us)[hallway] / SECOND_US
    assert np.median(took_s) < 20.0
    assert hallway.sum() / N_DAYS > 20


def test_where_somebody_is_follows_what_he_does(small_home: Home, lives: Lives) -> None:
    took = lives.stay_end_us - lives.stay_start_us
    doing = np.array(lives.activity_names)[lives.activity[lives.stay_activity]]
    for name, area_id in (("sleep", "bedroom"), ("cook", "kitchen"), ("shower", "bathroom")):
        mine = (doing == name) & (lives.stay_resident < 2)
        there = mine & (lives.stay_area == small_home.area_index[area_id])
        assert took[there].sum() > 0.7 * took[mine].sum()
    out = (lives.stay_area == AWAY) & ~is_away(doing)
    assert took[out].sum() < 0.02 * took.sum()  # the bin, the letter box


def test_coming_and_going_is_bursty(lives: Lives) -> None:
    """Gaps between entering one room and the next; Poisson would give 1."""
    times = np.sort(lives.stay_start_us[lives.stay_area >= 0])
    gaps = np.diff(times)
    assert 2.5 < gaps.std() / gaps.mean() < 20.0


def test_homes_differ_more_than_the_halves_of_one(small_home: Home, context: Context) -> None:
    def profile(found: Lives, even: bool) -> npt.NDArray[np.float64]:
        days = found.stay_start_us // DAY_US // 7 % 2 == (0 if even else 1)
        hour = (found.stay_start_us[days & (found.stay_resident < 2)] % DAY_US) // HOUR_US
        counts = np.bincount(hour, minlength=24)
        return counts / counts.sum()

    homes = [live(replace(small_home, home_id=f"h{n}"), context, N_DAYS, 1) for n in range(6)]
    halves = [(profile(one, True), profile(one, False)) for one in homes]
    within = np.mean([np.abs(a - b).sum() for a, b in halves])
    between = np.mean(
        [np.abs(halves[i][0] - halves[j][1]).sum() for i in range(6) for j in range(6) if i != j]
    )
    assert between > 1.2 * within


def test_the_garden_waits_for_good_weather(small_home: Home, context: Context) -> None:
    garden = Area("garden", "Garden", "garden", "ground", ("living_room",), 80.0, is_outdoor=True)
    home = replace(small_home, areas=(*small_home.areas, garden))
    names = ("garden",)
    cold, warm = (
        live(home, replace(context, air_c=np.full(context.n, air), rain_mm_h=np.zeros(context.n)), N_DAYS, 1)
        for air in (2.0, 20.0)
    )
    assert sum(rows_of(cold, person, *names).size for person in range(2)) == 0
    assert sum(rows_of(warm, person, *names).size for person in range(2)) > 5
    assert (warm.stay_area == 7).any()
    assert_walkable(home, warm, {"entryway"})


def test_ways_avoid_bedrooms_and_leave_by_the_front_door(small_home: Home) -> None:
    short_cut = {"bedroom": ("hallway", "kitchen"), "kitchen": ("hallway", "living_room", "bedroom")}
    areas = tuple(replace(a, adjacent=short_cut.get(a.area_id, a.adjacent)) for a in small_home.areas)
    home = replace(small_home, areas=areas)
    found, place = ways(home, front_door(home)), home.area_index
    assert found.hops[place["kitchen"], place["bathroom"]] == place["hallway"]
    assert found.hops[place["bathroom"], len(areas)] == place["hallway"]
    assert found.hops[place["hallway"], len(areas)] == place["entryway"]
    assert found.hops[len(areas), place["bedroom"]] == place["entryway"]


def test_a_room_without_a_door_is_never_entered(small_home: Home, context: Context) -> None:
    sealed = Area("office", "Office", "office", "ground", (), 9.0)
    home = replace(small_home, areas=(*small_home.areas, sealed))
    assert not (live(home, context, 14, 1).stay_area == 7).any()


def test_two_rooms_are_enough_to_live_in(small_home: Home, context: Context) -> None:
    studio = Area("studio", "Studio", "studio_room", "ground", ("bathroom",), 24.0)
    bathroom = Area("bathroom", "Bathroom", "bathroom", "ground", ("studio",), 4.0)
    resident = replace(small_home.residents[0], bedroom="studio")
    home = replace(small_home, areas=(studio, bathroom), residents=(resident,))
    found = live(home, context, 14, 1)
    assert_whole(found, 14)
    assert_walkable(home, found, {"studio"})


def test_every_activity_has_its_place_and_what_is_free_its_length() -> None:
    kinds = {*default_catalog().area_kinds, "own", "outside"}
    for name, one in activities().items():
        assert one.areas, name
        assert {*one.areas, *one.visits} <= kinds, name
        assert set(one.free) <= set(PARTS), name
        assert set(one.after) <= set(activities()), name
        assert not one.free or (one.minutes > 0.0 and one.sigma > 0.0), name
        assert not one.visits or (one.every_min > 0.0 and one.visit_min > 0.0), name


def test_who_keeps_a_night_shift_or_wakes_early_keeps_it_for_months(lives: Lives, context: Context) -> None:
    """Habits differ between people more than between the months of one."""
    works = (context.weekday[::96] < 5) & ~context.is_holiday[::96]
    hours = []
    for person in range(2):
        wake = lives.activity_start_us[rows_of(lives, person, "wake_up")]
        wake = wake[works[wake // DAY_US]]
        early = wake < N_DAYS // 2 * DAY_US
        hours.append([np.median(wake[part] % DAY_US) / HOUR_US for part in (early, ~early)])
    assert max(abs(a - b) for a, b in hours) < abs(np.mean(hours[0]) - np.mean(hours[1]))


def test_guests_stay_overnight_where_there_is_a_room_for_them(small_home: Home, context: Context) -> None:
    spare = Area("guest_room", "Guest Room", "guest_room", "ground", ("hallway",), 12.0)
    home = replace(small_home, areas=(*small_home.areas, spare))
    nights = 0
    for seed in range(4):
        found = live(home, context, N_DAYS, seed)
        assert_whole(found, N_DAYS)
        asleep = np.array(found.activity_names)[found.activity[found.stay_activity]] == "sleep"
        guests = asleep & (found.stay_resident >= len(home.residents))
        assert (found.stay_area[guests] == 7).all()
        nights += np.unique(found.stay_start_us[guests] // DAY_US).size
        without = live(small_home, context, N_DAYS, seed)
        assert rows_of(without, len(small_home.residents), "sleep").size == 0
    assert nights > 0


def test_one_day_is_an_episode_too(small_home: Home) -> None:
    assert_whole(live(small_home, draw_context(small_home, START, 1, 1), 1, 1), 1)
