from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.home.model import Home
from envirosense.home.people.lives import AWAY, DAY_US, Lives
from envirosense.home.sensing.room_plan import room_plan
from envirosense.home.sensing.thermostats import Heating, heating
from envirosense.home.surroundings.context import Context
from envirosense.home.surroundings.context_series import draw_context

N_DAYS = 14
SEED = 8


@pytest.fixture(scope="module")
def winter(small_home: Home) -> Context:
    return draw_context(small_home, datetime(2026, 1, 4, 23, tzinfo=UTC), N_DAYS, SEED)


def stays(area: int) -> Lives:
    """Somebody who never moves."""
    one, days = np.zeros(1, dtype=np.int32), np.array([N_DAYS * DAY_US])
    start = np.zeros(1, dtype=np.int64)
    return Lives(("read",), one, one, start, days, one, np.array([area], dtype=np.int32), start, days, one)


def of(home: Home, context: Context, area: int = 2) -> Heating:
    return heating(home, room_plan(home, SEED), stays(area), context, SEED)


def test_every_living_room_belongs_to_the_thermostat_of_the_home(small_home: Home, winter: Context) -> None:
    it = of(small_home, winter)
    assert list(it.entity) == list(small_home.with_role("climate"))
    assert set(it.zone_of) == {0}


def test_a_valve_heats_its_own_room(small_home: Home, winter: Context) -> None:
    valve = replace(
        small_home.entities[small_home.with_role("climate")[0]],
        entity_id="climate.valve",
        area_id="bedroom",
        capabilities={"controls": "area", "hvac_modes": ["off", "heat"]},
    )
    it = of(replace(small_home, entities=(*small_home.entities, valve)), winter)
    assert it.zone_of[small_home.area_index["bedroom"]] == 1
    assert (it.zone_of == 1).sum() == 1


def test_a_home_without_a_thermostat_is_heated_all_the_same(small_home: Home, winter: Context) -> None:
    without = tuple(one for one in small_home.entities if one.role != "climate")
    it = of(replace(small_home, entities=without), winter)
    assert list(it.entity) == [-1]
    assert it.mode.max() == 1


def test_nights_are_never_warmer_than_days(small_home: Home, winter: Context) -> None:
    it = of(small_home, winter)
    night, noon = it.set_c[0][winter.local_h == 3.0], it.set_c[0][winter.local_h == 12.0]
    assert np.all(night <= noon)
    assert np.all((it.set_c >= 14.0) & (it.set_c <= 24.0))


def test_an_empty_home_is_never_warmer_than_one_that_is_lived_in(small_home: Home, winter: Context) -> None:
    assert np.all(of(small_home, winter, AWAY).set_c <= of(small_home, winter).set_c)


def test_the_season_follows_the_weather_and_does_not_flutter(small_home: Home, winter: Context) -> None:
    def switches(air_c: float) -> int:
        swing = air_c + 0.6 * np.sin(np.arange(winter.n) / 96.0 * 2.1)
        return int((np.diff(of(small_home, replace(winter, air_c=swing)).mode[0]) != 0).sum())

    assert of(small_home, replace(winter, air_c=np.full(winter.n, 2.0))).mode.min() == 1
    assert of(small_home, replace(winter, air_c=np.full(winter.n, 27.0))).mode.max() == -1
    assert not of(small_home, replace(winter, air_c=np.full(winter.n, 18.5))).mode.any()
    assert switches(15.0) <= 1
