"""Contacts at doors."""

from dataclasses import replace

import numpy as np

from envirosense.home.behaviour.door_stimuli import BEFORE_S, FIRST_DOOR_SHARE, door_stimuli
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.model import Area, Home
from envirosense.home.people.lives import SECOND_US
from tests.home.household_cases import HOUR_US, OUT, household_of, lives_of, ordinary_days

FRONT, BATH = "binary_sensor.front_door", "binary_sensor.bath_door"


def doors(home: Home, lives: object, n_days: int) -> dict[str, Stimuli]:
    parts = door_stimuli(household_of(home, lives, n_days))  # type: ignore[arg-type]
    return {home.entities[int(part.entity[0])].entity_id: part for part in parts if len(part)}


def test_the_front_door_opens_when_somebody_leaves_or_comes_and_closes_behind(small_home: Home) -> None:
    front = doors(small_home, ordinary_days(small_home, 10), 10)[FRONT]
    opened_us = front.t_us[front.code == 1] + int(BEFORE_S * SECOND_US)
    assert np.array_equal(opened_us % (24 * HOUR_US), np.tile([round(7.6 * HOUR_US), 17 * HOUR_US], 10))
    assert front.code.tolist() == [1, 0] * 20
    assert set(front.origin.tolist()) == {Origin.DEVICE}
    assert set(front.person.tolist()) == {0}


def test_people_who_leave_together_open_it_once(small_home: Home) -> None:
    stays = [(p, "entryway", "get_ready", 0.0) for p in (0, 1)]
    stays += [(p, OUT, "away_work", 8.0 + p * 0.5 / 3600.0) for p in (0, 1)]
    front = doors(small_home, lives_of(small_home, stays, 1), 1)[FRONT]
    assert front.code.tolist() == [1, 0]


def test_nobody_who_stays_inside_moves_the_front_door(small_home: Home) -> None:
    stays = [(0, "kitchen", "cook", 0.0), (0, "living_room", "eat", 9.0), (0, "bathroom", "toilet", 10.0)]
    moved = doors(small_home, lives_of(small_home, stays, 1), 1)
    assert FRONT not in moved
    assert moved[BATH].t_us[0] >= 10 * HOUR_US


def test_the_bathroom_is_mostly_shut_behind_oneself(small_home: Home) -> None:
    stays = [(0, "bathroom" if n % 2 else "hallway", "toilet", 0.1 * n) for n in range(400)]
    bath = doors(small_home, lives_of(small_home, stays, 2), 2)[BATH]
    shut = np.count_nonzero(bath.code == 0) / np.count_nonzero(bath.code == 1)
    assert abs(shut - (0.85 + 0.25) / 2) < 5 * np.sqrt(0.25 / 400)  # the shares of going in and out


def test_the_garden_is_reached_through_the_door_beside_it(small_home: Home) -> None:
    garden = Area("garden", "Garden", "garden", "ground", ("kitchen",), 100.0, is_outdoor=True)
    back = replace(
        small_home.entities[small_home.entity_index[FRONT]], entity_id="binary_sensor.back", unique_id="back",
        area_id="kitchen", capabilities={"between": ["kitchen", "outside"]},
    )  # fmt: skip
    home = replace(small_home, areas=(*small_home.areas, garden), entities=(*small_home.entities, back))
    stays = [(0, "kitchen", "cook", 0.0), (0, "garden", "garden", 9.0), (0, "kitchen", "cook", 10.0)]
    moved = doors(home, lives_of(home, stays, 1), 1)
    assert set(moved) == {"binary_sensor.back"}
    assert len(moved["binary_sensor.back"]) == 4


def test_two_doors_side_by_side_share_the_walks(small_home: Home) -> None:
    second = replace(
        small_home.entities[small_home.entity_index[FRONT]],
        entity_id="binary_sensor.second",
        unique_id="second",
    )
    home = replace(small_home, entities=(*small_home.entities, second))
    moved = doors(home, ordinary_days(home, 200), 200)
    opened = {name: np.count_nonzero(part.code) for name, part in moved.items()}
    assert opened[FRONT] + opened["binary_sensor.second"] == 400
    assert abs(opened[FRONT] / 400 - FIRST_DOOR_SHARE) < 5 * np.sqrt(0.85 * 0.15 / 400)
