"""Persons and trackers."""

import numpy as np
import pytest

from envirosense.home.behaviour.presence_stimuli import ARRIVE_LAG_S, LEAVE_LAG_S, presence_stimuli
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.model import Home
from envirosense.home.people.lives import SECOND_US
from tests.home.household_cases import HOUR_US, OUT, household_of, lives_of, ordinary_days


def of_entity(home: Home, lives: object, n_days: int, entity_id: str) -> Stimuli:
    parts = presence_stimuli(household_of(home, lives, n_days))  # type: ignore[arg-type]
    number = home.entity_index[entity_id]
    return next(part for part in parts if number in part.entity)


def test_a_person_is_away_from_leaving_to_coming(small_home: Home) -> None:
    person = of_entity(small_home, ordinary_days(small_home, 2), 2, "person.anna")
    assert (person.t_us / HOUR_US).tolist() == pytest.approx([0.0, 7.6, 17.0, 31.6, 41.0])
    assert person.code.tolist() == [1, 0, 1, 0, 1]
    assert set(person.person.tolist()) == {0}


def test_the_tracker_is_minutes_behind(small_home: Home) -> None:
    lives = ordinary_days(small_home, 30)
    person = of_entity(small_home, lives, 30, "person.anna")
    tracker = of_entity(small_home, lives, 30, "device_tracker.anna_phone")
    lag_s = (tracker.t_us - person.t_us)[1:] / SECOND_US
    assert (tracker.code == person.code).all()
    leaves = person.code[1:] == 0
    assert LEAVE_LAG_S[0] <= lag_s[leaves].min() < lag_s[leaves].max() <= LEAVE_LAG_S[1]
    assert ARRIVE_LAG_S[0] <= lag_s[~leaves].min() < lag_s[~leaves].max() <= ARRIVE_LAG_S[1]


def test_a_walk_to_the_bin_changes_nothing(small_home: Home) -> None:
    stays = [(0, "kitchen", "dishes", 0.0), (0, OUT, "dishes", 12.0), (0, "kitchen", "dishes", 12.03)]
    person = of_entity(small_home, lives_of(small_home, stays, 1), 1, "person.anna")
    assert len(person) == 1


def test_a_tracker_stays_in_order_when_somebody_is_back_at_once(small_home: Home) -> None:
    stays = [(0, "kitchen", "dishes", 0.0)]
    for hour in np.arange(1.0, 20.0):
        stays += [(0, OUT, "away_leisure", hour), (0, "kitchen", "dishes", hour + 0.1)]
    tracker = of_entity(small_home, lives_of(small_home, stays, 1), 1, "device_tracker.anna_phone")
    assert (np.diff(tracker.t_us) >= 0).all()
    assert (np.diff(tracker.code) != 0).all()
