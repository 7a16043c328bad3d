from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.model import Home
from envirosense.home.people.lives import SECOND_US, Lives
from envirosense.home.people.residents import live
from envirosense.home.sensing.rooms import RoomSeries, room_climate
from envirosense.home.sensing.sky_stimuli import weather_words
from envirosense.home.surroundings.context import Context
from envirosense.home.surroundings.context_series import draw_context

N_DAYS = 10
SEED = 5
STEP_US = 60 * SECOND_US


@pytest.fixture(scope="module")
def winter(small_home: Home) -> Context:
    return draw_context(small_home, datetime(2026, 1, 4, 23, tzinfo=UTC), N_DAYS, SEED)


@pytest.fixture(scope="module")
def lives(small_home: Home, winter: Context) -> Lives:
    return live(small_home, winter, N_DAYS, SEED)


@pytest.fixture(scope="module")
def rooms(small_home: Home, lives: Lives, winter: Context) -> RoomSeries:
    return room_climate(small_home, lives, winter, N_DAYS, SEED)


def stays(lives: Lives, home: Home, area_id: str, activity: str) -> list[tuple[int, int]]:
    code = lives.activity_names.index(activity)
    rows = (lives.activity[lives.stay_activity] == code) & (lives.stay_area == home.area_index[area_id])
    spans = zip(lives.stay_start_us[rows], lives.stay_end_us[rows], strict=True)
    return [(int(start // STEP_US), int(end // STEP_US)) for start, end in spans]


def test_rooms_are_warm_in_winter_and_cooler_at_night(small_home: Home, rooms: RoomSeries) -> None:
    living = rooms.air_c[small_home.area_index["living_room"]]
    assert 16.0 < np.percentile(living, 1) < np.percentile(living, 99) < 25.0
    by_hour = living.reshape(N_DAYS, 24, 60).mean(axis=(0, 2))
    assert by_hour[19] > by_hour[5]
    assert rooms.hvac_w.min() >= 0.0
    assert rooms.hvac_w.mean() > 300.0


def test_a_shower_steams_up_the_bathroom(small_home: Home, lives: Lives, rooms: RoomSeries) -> None:
    humidity = rooms.humidity_pct[small_home.area_index["bathroom"]]
    rises = [
        humidity[end] - humidity[start]
        for start, end in stays(lives, small_home, "bathroom", "shower")
        if end - start >= 5 and end < humidity.size
    ]
    assert len(rises) >= 5
    assert np.median(rises) > 12.0


def test_sleepers_fill_the_bedroom_with_breath(small_home: Home, lives: Lives, rooms: RoomSeries) -> None:
    ppm = rooms.co2_ppm[small_home.area_index["bedroom"]]
    asleep = [span for span in stays(lives, small_home, "bedroom", "sleep") if span[1] - span[0] > 240]
    by_morning = np.median([ppm[end - 1] for _, end in asleep if end < ppm.size])
    assert by_morning > np.percentile(ppm, 10) + 200.0
    assert ppm.min() >= 425.0
    assert ppm.max() < 4000.0


def test_the_same_life_gives_the_same_climate(
    small_home: Home, lives: Lives, winter: Context, rooms: RoomSeries
) -> None:
    again = room_climate(small_home, lives, winter, N_DAYS, SEED)
    assert np.array_equal(again.air_c, rooms.air_c)
    assert np.array_equal(again.stimuli.t_us, rooms.stimuli.t_us)


def test_a_sensor_less_changes_no_room(
    small_home: Home, lives: Lives, winter: Context, rooms: RoomSeries
) -> None:
    fewer = tuple(one for one in small_home.entities if one.role != "humidity")
    other = room_climate(replace(small_home, entities=fewer), lives, winter, N_DAYS, SEED)
    assert np.array_equal(other.air_c, rooms.air_c)


def test_an_open_window_cools_and_clears(
    small_home: Home, lives: Lives, winter: Context, rooms: RoomSeries
) -> None:
    contact = small_home.with_role("window", "bedroom")[0]
    start, end = 24 * 60 + 5 * 60, 24 * 60 + 6 * 60
    opened = Stimuli.of([start * STEP_US, end * STEP_US], contact, [1, 0], Origin.DEVICE)
    aired = room_climate(small_home, lives, winter, N_DAYS, SEED, windows=opened)
    bedroom = small_home.area_index["bedroom"]
    assert np.array_equal(aired.air_c[bedroom, : start + 1], rooms.air_c[bedroom, : start + 1])
    assert aired.air_c[bedroom, end] < rooms.air_c[bedroom, end] - 1.0
    assert aired.co2_ppm[bedroom, end] < rooms.co2_ppm[bedroom, end]
    late = slice(end + 24 * 60, end + 48 * 60)
    assert np.abs(aired.air_c[bedroom, late] - rooms.air_c[bedroom, late]).max() < 0.5


def test_the_thermostat_tells_of_every_new_set_point(small_home: Home, rooms: RoomSeries) -> None:
    entity = small_home.with_role("climate")[0]
    mine = rooms.stimuli.entity == entity
    codes, values = rooms.stimuli.code[mine], rooms.stimuli.value[mine]
    assert mine.sum() >= N_DAYS  # up in the morning, down in the evening
    assert set(codes) <= {0, 1, 2}
    assert np.all(np.isnan(values) == (codes == 0))
    assert np.all((np.diff(codes) != 0) | (np.diff(values) != 0.0))
    assert np.all(np.nan_to_num(values, nan=20.0) % 0.5 == 0.0)


def test_a_thermostat_that_others_move_is_left_alone(small_home: Home, lives: Lives, winter: Context) -> None:
    entity = small_home.with_role("climate")[0]
    other = room_climate(small_home, lives, winter, N_DAYS, SEED, reserved=frozenset({entity}))
    assert entity not in other.stimuli.entity


def test_the_sun_rises_and_sets_once_a_day(small_home: Home, rooms: RoomSeries) -> None:
    mine = rooms.stimuli.entity == small_home.with_role("sun")[0]
    codes = rooms.stimuli.code[mine]
    assert codes.size == 1 + 2 * N_DAYS
    assert np.all(np.diff(codes) != 0)
    hours = rooms.stimuli.t_us[mine][1:] / (3600.0 * SECOND_US) % 24.0
    assert np.all((hours[::2] > 7.5) & (hours[::2] < 8.8))  # Berlin in January
    assert np.all((hours[1::2] > 15.6) & (hours[1::2] < 16.8))


def test_the_weather_in_a_word_fits_the_weather(winter: Context) -> None:
    words = weather_words(winter)
    assert np.all(winter.rain_mm_h[(words == "rainy") | (words == "pouring") | (words == "snowy")] >= 0.1)
    assert np.all(winter.sun_elevation_deg[words == "sunny"] >= 0.0)
    assert np.all(winter.air_c[words == "snowy"] < 0.8)


def test_stimuli_are_in_order_and_within_the_episode(rooms: RoomSeries) -> None:
    assert np.all(np.diff(rooms.stimuli.t_us) >= 0)
    assert rooms.stimuli.t_us[0] >= 0
    assert rooms.stimuli.t_us[-1] < N_DAYS * 86_400 * SECOND_US


def test_a_hot_summer_is_cooled_where_a_cooler_hangs(small_home: Home) -> None:
    summer = draw_context(small_home, datetime(2026, 7, 1, 22, tzinfo=UTC), N_DAYS, SEED)
    hot = replace(summer, air_c=summer.air_c + 30.0 - summer.air_c.mean())
    lives = live(small_home, hot, N_DAYS, SEED)
    rooms = room_climate(small_home, lives, hot, N_DAYS, SEED)
    assert rooms.hvac_w.min() < -500.0
    living = rooms.air_c[small_home.area_index["living_room"]]
    assert np.percentile(living, 95) < 28.5
    none = tuple(one for one in small_home.entities if one.role != "climate")
    sweltering = room_climate(replace(small_home, entities=none), lives, hot, N_DAYS, SEED)
    assert sweltering.hvac_w.size == 0 or sweltering.hvac_w.min() >= 0.0
    assert sweltering.air_c[small_home.area_index["living_room"]].mean() > living.mean() + 1.0
