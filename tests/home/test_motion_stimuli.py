"""Motion and occupancy sensors, cameras, and the movements before them."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.home.behaviour.motion_stimuli import LATENCY_S, hold_s, motion_stimuli
from envirosense.home.behaviour.movements import PAUSE_S, movements
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.model import Home
from envirosense.home.people.lives import DAY_US, SECOND_US
from tests.home.household_cases import HOUR_US, OUT, household_of, lives_of, ordinary_days

KITCHEN, HALL, BED = (f"binary_sensor.{name}_motion" for name in ("kitchen", "hall", "bed"))


def with_hold(home: Home, hold: float) -> Home:
    """The home with the same hold in all motion sensors."""
    entities = tuple(
        replace(one, capabilities={"hold_s": hold}) if one.role in ("motion", "occupancy") else one
        for one in home.entities
    )
    return replace(home, entities=entities)


def sensors(home: Home, lives: object, n_days: int) -> dict[str, Stimuli]:
    parts = motion_stimuli(household_of(home, lives, n_days))  # type: ignore[arg-type]
    return {home.entities[int(part.entity[0])].entity_id: part for part in parts if len(part)}


def test_a_sensor_sees_who_is_in_its_area_and_nobody_else(small_home: Home) -> None:
    stays = [(0, "bedroom", "sleep", 0.0), (0, "kitchen", "cook", 8.0), (0, OUT, "away_work", 9.0)]
    seen = sensors(with_hold(small_home, 60.0), lives_of(small_home, stays, 1), 1)
    kitchen = seen[KITCHEN]
    end_us = 9 * HOUR_US + int((60.0 + LATENCY_S[1]) * SECOND_US)
    assert 8 * HOUR_US <= kitchen.t_us.min() < kitchen.t_us.max() <= end_us
    assert set(kitchen.origin.tolist()) == {Origin.DEVICE}
    assert set(kitchen.person[kitchen.code == 1].tolist()) == {0}
    assert "binary_sensor.living_motion" not in seen


def test_somebody_who_walks_through_is_seen_on_the_way(small_home: Home) -> None:
    stays = [(0, "bedroom", "sleep", 0.0), (0, "kitchen", "cook", 8.0), (0, OUT, "away_work", 9.0)]
    hall = sensors(with_hold(small_home, 30.0), lives_of(small_home, stays, 1), 1)[HALL]
    assert np.abs(hall.t_us[hall.code == 1] / HOUR_US - [8.0, 9.0]).max() < 10 / 3600


@pytest.mark.parametrize("hold", [30.0, 120.0])
def test_a_sensor_stays_on_for_its_hold_at_least_and_alternates(small_home: Home, hold: float) -> None:
    kitchen = sensors(with_hold(small_home, hold), ordinary_days(small_home, 20), 20)[KITCHEN]
    assert kitchen.code.tolist() == [1, 0] * (len(kitchen) // 2)
    assert np.diff(kitchen.t_us)[::2].min() >= hold * SECOND_US


def test_a_longer_hold_merges_more(small_home: Home) -> None:
    lives = ordinary_days(small_home, 20)
    short, long = (len(sensors(with_hold(small_home, h), lives, 20)[KITCHEN]) for h in (30.0, 120.0))
    assert short > 2 * long


def test_the_hold_is_a_constant_of_the_device(small_home: Home) -> None:
    household = household_of(small_home, ordinary_days(small_home, 2), 2)
    entity = small_home.entity_index[KITCHEN]
    assert hold_s(household, entity, (30.0, 60.0)) == hold_s(household, entity, (30.0, 60.0))


def test_who_cooks_moves_more_than_who_watches_television_and_that_more_than_who_sleeps(
    small_home: Home,
) -> None:
    rates = {}
    for name in ("cook", "watch_tv", "sleep"):
        lives = lives_of(small_home, [(0, "kitchen", name, 0.0)], 20)
        rates[name] = movements(household_of(small_home, lives, 20)).start_us.size / 20.0
    assert rates["cook"] > 5 * rates["watch_tv"] > 25 * rates["sleep"]
    expected = 86_400.0 / PAUSE_S["cook"]
    assert rates["cook"] == pytest.approx(expected, rel=0.5)  # days differ: liveliness is log-normal, 20 days


def test_movements_come_in_bursts(small_home: Home) -> None:
    lives = lives_of(small_home, [(0, "kitchen", "cook", 0.0)], 1)
    gaps = np.diff(np.sort(movements(household_of(small_home, lives, 1)).start_us))
    assert gaps.std() / gaps.mean() > 1.3  # 1 for independent movements


def test_a_pet_is_seen_in_an_empty_home_but_rarely(small_home: Home) -> None:
    lives = lives_of(small_home, [(0, OUT, "away_vacation", 0.0)], 60)
    assert set(sensors(small_home, lives, 60)) == {"camera.camera"}
    seen = sensors(replace(small_home, pets=("dog", "fish")), lives, 60)
    motion = [part for name, part in seen.items() if name.endswith("motion")]
    assert 0.5 < sum(np.count_nonzero(part.code == 1) for part in motion) / 60 < 8.0
    assert {int(person) for part in motion for person in part.person} == {-1}


def test_a_radar_sees_a_sleeper_and_a_bed_only_a_sleeper(small_home: Home) -> None:
    bedroom = replace(with_hold(small_home, 60.0), residents=small_home.residents)
    number = bedroom.entity_index["binary_sensor.bed2_presence"]
    stays = [(0, "bedroom_2", "sleep", 0.0), (0, "bedroom_2", "read", 7.0), (0, OUT, "away_work", 8.0)]
    lives = lives_of(bedroom, stays, 1)
    radar = sensors(bedroom, lives, 1)["binary_sensor.bed2_presence"]
    assert radar.t_us[-1] / HOUR_US == pytest.approx(8.0, abs=0.02)
    devices = tuple(
        replace(one, device_type="bed_sensor") if one.device_id == bedroom.entities[number].device_id else one
        for one in bedroom.devices
    )
    bed = sensors(replace(bedroom, devices=devices), lives, 1)["binary_sensor.bed2_presence"]
    assert bed.t_us[-1] / HOUR_US == pytest.approx(7.0, abs=0.02)


def test_the_doorbell_camera_records_who_goes_and_who_passes(small_home: Home) -> None:
    camera = sensors(small_home, ordinary_days(small_home, 30), 30)["camera.camera"]
    begins = camera.t_us[camera.code == 1]
    leaves = 7.6 * HOUR_US + np.arange(30) * DAY_US
    assert np.abs(begins[:, None] - leaves).min(axis=0).max() < 90 * SECOND_US
    assert 60 < begins.size < 250  # 60 by residents, 4 passers-by a day


def test_an_indoor_camera_sleeps_while_somebody_is_at_home(small_home: Home) -> None:
    devices = tuple(
        replace(one, device_type="indoor_camera") if one.device_id == "camera" else one
        for one in small_home.devices
    )
    home = replace(small_home, devices=devices)
    lives = lives_of(home, [(0, "entryway", "clean", 0.0)], 1)
    begins = [
        part.t_us.min()
        for part in sensors(home, lives, 1).values()
        if part.entity[0] == home.entity_index["camera.camera"]
    ]
    assert len(sensors(home, lives, 1)["binary_sensor.entry_motion"]) > 20
    assert all(t < 180 * SECOND_US for t in begins)  # only while the episode has just begun
