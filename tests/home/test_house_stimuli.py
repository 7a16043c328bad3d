"""Locks, alarm, blinds, the robot's timetable; the garage and the charger; the lamp of a journey."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.home.behaviour.away_stimuli import away_stimuli
from envirosense.home.behaviour.garage_stimuli import garage_stimuli
from envirosense.home.behaviour.house_stimuli import house_stimuli
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.model import Area, Home
from envirosense.home.people.lives import DAY_US, SECOND_US
from tests.home.household_cases import HOUR_US, OUT, household_of, lives_of, ordinary_days, plain_context

N_DAYS = 60


def house(home: Home, n_days: int = N_DAYS, **weather: float) -> dict[str, Stimuli]:
    context = plain_context(n_days, **weather)  # type: ignore[arg-type]
    parts = house_stimuli(household_of(home, ordinary_days(home, n_days), n_days, context=context))
    return {home.entities[int(part.entity[0])].entity_id: part for part in parts if len(part)}


def near(t_us: np.ndarray, hour: float, within_s: float) -> np.ndarray:
    """Moments near an hour of the day, (time,)."""
    return np.abs(t_us % DAY_US - hour * HOUR_US) < within_s * SECOND_US


def test_the_door_is_unlocked_to_leave_and_locked_behind_and_at_night(small_home: Home) -> None:
    lock = house(small_home)["lock.front_lock"]
    opened, locked = lock.t_us[lock.code == 1], lock.t_us[lock.code == 0]
    assert np.count_nonzero(near(opened, 7.6, 30)) == N_DAYS
    assert np.count_nonzero(near(opened, 17.0, 30)) == N_DAYS
    assert np.count_nonzero(near(locked, 7.6, 60)) > 0.4 * N_DAYS
    assert np.count_nonzero(near(locked, 22.9, 1000)) > 0.4 * N_DAYS
    assert np.isin(lock.origin, (Origin.PERSON, Origin.APP)).all()


def test_the_alarm_is_armed_by_the_last_and_disarmed_by_the_first(small_home: Home) -> None:
    alarm = house(small_home)["alarm_control_panel.alarm"]
    names = np.array(small_home.entities[int(alarm.entity[0])].states)[alarm.code]
    assert near(alarm.t_us[names == "armed_away"], 7.6, 60).all()
    assert near(alarm.t_us[names == "armed_home"], 22.95, 400).all()
    disarmed = alarm.t_us[names == "disarmed"]
    assert (near(disarmed, 17.0, 60) | near(disarmed, 6.55, 300)).all()


def test_blinds_go_up_with_the_people_and_down_after_dusk(small_home: Home) -> None:
    blind = house(small_home)["cover.living_blind"]
    opened, closed = blind.t_us[blind.code == 1], blind.t_us[blind.code == 0]
    assert near(opened, 6.9, 2500).all()  # up at 6.5, the sun since 6
    assert near(closed, 18.6, 2800).all()  # dark after 18, at home since 17


def test_blinds_go_down_against_a_hot_sun(small_home: Home) -> None:
    living = replace(small_home.areas[2], window_azimuth_deg=260.0)
    home = replace(small_home, areas=(*small_home.areas[:2], living, *small_home.areas[3:]))
    hot = house(home, air_c=30.0, ghi_w_m2=800.0)["cover.living_blind"]
    assert near(hot.t_us[hot.code == 0], 17.2, 1600).any()
    assert not near(house(home)["cover.living_blind"].t_us, 17.2, 1600).any()


def test_a_robot_keeps_its_timetable(small_home: Home) -> None:
    number, runs = small_home.entity_index["vacuum.vacuum"], []
    for seed in range(8):
        household = household_of(small_home, ordinary_days(small_home, 28), 28, seed=seed)
        robot = next((part for part in house_stimuli(household) if number in part.entity), None)
        if robot is not None:
            begins = robot.t_us[robot.code == 1]
            assert np.unique(begins % DAY_US).size == 1
            runs.append(begins.size)
    assert 0 < len(runs) < 8  # some have none
    assert all(n % 4 == 0 for n in runs)  # the same days of each of four weeks


@pytest.mark.parametrize(
    ("weather", "runs"),
    [({"air_c": 25.0}, N_DAYS - 1), ({"air_c": 10.0}, 0), ({"air_c": 25.0, "rain_mm_h": 1.0}, 0)],
)
def test_the_garden_is_watered_after_warm_and_dry_days(
    small_home: Home, weather: dict[str, float], runs: int
) -> None:
    devices = tuple(
        replace(one, device_type="sprinkler") if one.device_id == "bed_switch" else one
        for one in small_home.devices
    )
    valve = house(replace(small_home, devices=devices), **weather).get("switch.bed_switch")
    assert (0 if valve is None else np.count_nonzero(valve.code)) == runs


def with_garage(home: Home) -> Home:
    garage = Area("garage", "Garage", "garage", "ground", ("hallway",), 20.0)
    cover = home.entities[home.entity_index["cover.living_blind"]]
    plug = home.entities[home.entity_index["switch.tv_plug"]]
    door = replace(cover, entity_id="cover.garage", role="garage", area_id="garage")
    charger = replace(plug, entity_id="switch.ev", area_id="garage", capabilities={"appliance": "ev_charger"})
    return replace(home, areas=(*home.areas, garage), entities=(*home.entities, door, charger))


def driving(home: Home) -> dict[str, Stimuli]:
    day = (
        ("sleep", "bedroom", 0.0),
        ("get_ready", "garage", 7.5),
        ("away_work", OUT, 7.6),
        ("relax", "garage", 17.0),
    )
    stays = [(0, area, name, hour + 24 * d) for d in range(N_DAYS) for name, area, hour in day]
    parts = garage_stimuli(household_of(home, lives_of(home, stays, N_DAYS), N_DAYS))
    return {home.entities[int(part.entity[0])].entity_id: part for part in parts if len(part)}


def test_the_garage_opens_for_the_car_and_closes_behind(small_home: Home) -> None:
    door = driving(with_garage(small_home))["cover.garage"]
    assert door.code.tolist() == [1, 0] * (2 * N_DAYS)
    assert (near(door.t_us, 7.6, 160) | near(door.t_us, 17.0, 160)).all()


def test_the_car_is_charged_after_some_journeys(small_home: Home) -> None:
    charger = driving(with_garage(small_home))["switch.ev"]
    assert 0.2 * N_DAYS < np.count_nonzero(charger.code == 1) < 0.7 * N_DAYS
    hours = np.diff(charger.t_us)[::2] / HOUR_US
    assert 1.0 <= hours.min() < hours.max() <= 7.0
    assert near(charger.t_us[charger.code == 1], 17.025, 30).all()


def test_a_home_without_a_car_has_nothing_to_open(small_home: Home) -> None:
    assert garage_stimuli(household_of(small_home, ordinary_days(small_home, 2), 2)) == []


def test_a_lamp_burns_in_the_evenings_of_a_journey_only(small_home: Home) -> None:
    stays = [
        (0, "kitchen", "cook", 0.0),
        (0, OUT, "away_vacation", 60.0),
        (0, "kitchen", "cook", 60.0 + 24 * 10),
    ]
    household = household_of(small_home, lives_of(small_home, stays, 20), 20)
    (lamp,) = away_stimuli(household)
    assert small_home.entities[int(lamp.entity[0])].area_id == "living_room"
    assert ((lamp.t_us > 60 * HOUR_US) & (lamp.t_us < 300 * HOUR_US)).all()
    assert lamp.code.tolist() == [1, 0] * (len(lamp) // 2)
    assert 7 <= len(lamp) // 2 <= 10
    hour = lamp.t_us[lamp.code == 1] % DAY_US / HOUR_US
    assert ((hour >= 18.0) & (hour <= 19.1)).all()


def test_nobody_minds_a_working_day(small_home: Home) -> None:
    assert away_stimuli(household_of(small_home, ordinary_days(small_home, 5), 5)) == []


@pytest.mark.parametrize("first", [0.0, 30.0])
def test_an_episode_that_begins_empty_has_its_lamp_too(small_home: Home, first: float) -> None:
    stays = [(0, OUT, "away_vacation", first)] + ([(0, "kitchen", "cook", 0.0)] if first else [])
    assert away_stimuli(household_of(small_home, lives_of(small_home, stays, 7), 7))
