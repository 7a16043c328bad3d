"""What lives look like to entities: who is there, who is up, who walks where."""

import numpy as np
import pytest

from envirosense.home.behaviour.household import Household, hand_or_app
from envirosense.home.log import Origin
from envirosense.home.model import Home
from tests.home.household_cases import HOUR_US, OUT, household_of, lives_of, ordinary_days


@pytest.fixture(scope="module")
def two_days(small_home: Home) -> Household:
    return household_of(small_home, ordinary_days(small_home, 2), 2)


def test_the_home_is_empty_while_its_only_resident_is_away(two_days: Household) -> None:
    hours = np.stack([two_days.present.start_us, two_days.present.end_us], axis=1) / HOUR_US
    assert hours == pytest.approx(np.array([[0.0, 7.6], [17.0, 31.6], [41.0, 48.0]]))


def test_nobody_is_up_at_night(two_days: Household) -> None:
    hours = np.stack([two_days.awake.start_us, two_days.awake.end_us], axis=1) / HOUR_US
    assert hours[:2] == pytest.approx(np.array([[6.5, 7.6], [17.0, 23.0]]))


def test_a_moment_outside_is_no_leaving(small_home: Home) -> None:
    stays = [(0, "kitchen", "dishes", 0.0), (0, OUT, "dishes", 12.0), (0, "kitchen", "dishes", 12.03)]
    household = household_of(small_home, lives_of(small_home, stays, 1), 1)
    assert len(household.present) == 1


def test_somebody_walks_through_the_rooms_between(small_home: Home) -> None:
    stays = [(0, "bedroom", "dress", 0.0), (0, OUT, "away_work", 8.0)]
    steps = household_of(small_home, lives_of(small_home, stays, 1), 1).crossings
    number, outside = small_home.area_index, len(small_home.areas)
    places = [number["bedroom"], number["hallway"], number["entryway"], outside]
    assert steps.origin.tolist() == places[:-1]
    assert steps.target.tolist() == places[1:]
    assert steps.is_passing.tolist() == [True, True, False]
    assert (np.diff(steps.t_us) > 0).all()


def test_another_resident_leaves_the_draws_of_the_first_alone(small_home: Home) -> None:
    one = household_of(small_home, ordinary_days(small_home, 3), 3)
    two = household_of(small_home, ordinary_days(small_home, 3, (0, 1)), 3)
    assert (
        two.draws(np.flatnonzero(two.resident == 0), "x") == one.draws(np.arange(one.resident.size), "x")
    ).all()
    assert (
        two.traits(np.flatnonzero(two.resident == 0), "x") == one.traits(np.arange(one.resident.size), "x")
    ).all()


def test_a_share_is_done_through_home_assistant() -> None:
    origin = hand_or_app(np.linspace(0.0, 0.999, 1000))
    assert np.count_nonzero(origin == Origin.APP) == 150  # assumed share 0.15
    assert set(origin.tolist()) == {Origin.APP, Origin.PERSON}
