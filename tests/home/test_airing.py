"""People air rooms that are too warm, with a contact at the window or without."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.model import Home
from envirosense.home.people.lives import SECOND_US, Lives
from envirosense.home.people.residents import live
from envirosense.home.sensing.airing import looks
from envirosense.home.sensing.rooms import RoomSeries, room_climate
from envirosense.home.surroundings.context import Context
from envirosense.home.surroundings.context_series import draw_context
from envirosense.physics.rooms.airing_kernels import AWAKE, LEAVES

N_DAYS = 20
SEED = 5
NOTHING = Stimuli.of(np.empty(0), 0, 0, 0)


@pytest.fixture(scope="module")
def home(small_home: Home) -> Home:
    none = tuple(one for one in small_home.entities if one.role != "climate")  # nothing cools it
    return replace(small_home, entities=none)


@pytest.fixture(scope="module")
def summer(home: Home) -> Context:
    return draw_context(home, datetime(2026, 6, 30, 23, tzinfo=UTC), N_DAYS, SEED)


@pytest.fixture(scope="module")
def lives(home: Home, summer: Context) -> Lives:
    return live(home, summer, N_DAYS, SEED)


@pytest.fixture(scope="module")
def rooms(home: Home, lives: Lives, summer: Context) -> RoomSeries:
    return room_climate(home, lives, summer, N_DAYS, SEED, windows=NOTHING)


def test_no_room_that_is_lived_in_is_hot_for_long_while_it_is_cool_outside(
    home: Home, rooms: RoomSeries, summer: Context
) -> None:
    cool = np.repeat(summer.air_c, 15)[: rooms.air_c.shape[1]] < 22.0
    for number, area in enumerate(home.areas):
        if not area.is_outdoor and area.window_m2 > 0.0:
            assert (rooms.air_c[number] > 28.0)[cool].mean() < 0.01, area.area_id


def test_a_home_whose_people_are_gone_grows_hotter(
    home: Home, rooms: RoomSeries, lives: Lives, summer: Context
) -> None:
    away = replace(lives, stay_area=np.full_like(lives.stay_area, -1))
    shut = room_climate(home, away, summer, N_DAYS, SEED)
    lived_in = [
        number for number, area in enumerate(home.areas) if area.window_m2 > 1.0 and not area.is_outdoor
    ]
    gained = shut.air_c[lived_in].mean(axis=1) - rooms.air_c[lived_in].mean(axis=1)
    assert np.median(gained) > 1.5


def test_a_contact_says_when_its_window_is_opened_for_warmth(
    home: Home, rooms: RoomSeries, lives: Lives, summer: Context
) -> None:
    contacts = home.with_role("window")
    assert rooms.aired_contacts
    for entity in rooms.aired_contacts:
        mine = rooms.stimuli.entity == entity
        code = rooms.stimuli.code[mine]
        assert entity in contacts
        assert mine.sum() >= 4
        assert (code[::2] == home.entities[entity].code("on")).all()
        assert (code[1::2] == home.entities[entity].code("off")).all()
        assert (rooms.stimuli.person[mine] >= 0).all()
    bare = replace(home, entities=tuple(one for one in home.entities if one.role != "window"))
    blind = room_climate(bare, lives, summer, N_DAYS, SEED, windows=NOTHING)
    assert not blind.aired_contacts
    assert np.array_equal(blind.air_c, rooms.air_c)


def test_a_window_that_is_open_anyway_is_opened_once(
    home: Home, rooms: RoomSeries, lives: Lives, summer: Context
) -> None:
    entity = min(rooms.aired_contacts)
    on, off = (home.entities[entity].code(name) for name in ("on", "off"))
    hours_us = (np.arange(2 * N_DAYS) * 12 + 10) * 3600 * SECOND_US
    given = Stimuli.of(hours_us, entity, np.tile([on, off], N_DAYS), Origin.DEVICE, 0)
    both = room_climate(home, lives, summer, N_DAYS, SEED, windows=given)
    mine = both.stimuli.entity == entity
    assert entity in both.aired_contacts
    assert (np.diff(both.stimuli.code[mine]) != 0).all()
    assert (np.diff(both.stimuli.t_us[mine]) > 0).all()
    start = both.stimuli.t_us[mine & (both.stimuli.code == on)]
    end = both.stimuli.t_us[mine & (both.stimuli.code == off)]
    for t_us in hours_us[::2]:
        number = np.searchsorted(start, t_us, side="right") - 1
        assert number >= 0
        assert t_us < np.append(end, np.inf)[number]


def test_a_stove_stays_in_the_kitchen_when_the_cook_is_in_the_pantry(
    home: Home, lives: Lives, summer: Context
) -> None:
    kitchen, other = home.area_index["kitchen"], home.area_index["bathroom"]
    cook = lives.activity_names.index("cook")
    rows = np.flatnonzero((lives.activity[lives.stay_activity] == cook) & (lives.stay_area == kitchen))
    assert rows.size
    stores = tuple(replace(one, kind="pantry") if n == other else one for n, one in enumerate(home.areas))
    fetching = lives.stay_area.copy()
    fetching[rows[::2]] = other
    stocked, cooking = replace(home, areas=stores), replace(lives, stay_area=fetching)
    base, fetched = (room_climate(stocked, one, summer, N_DAYS, SEED) for one in (lives, cooking))
    rise = fetched.air_c[other] - base.air_c[other]
    assert rise.max() < 6.0


def test_somebody_looks_in_every_room_that_is_entered_and_before_all_leave(lives: Lives) -> None:
    found = looks(lives, N_DAYS)
    assert (np.diff(found.t_us) >= 0).all()
    per_day = (found.kind == AWAKE).sum() / N_DAYS
    assert 20 < per_day < 1000
    assert (found.kind == LEAVES).sum() >= N_DAYS // 2
