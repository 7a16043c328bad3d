"""What is planted is what a person would recognise: no lock follows movement."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from envirosense.home.model import Home
from envirosense.home.patterns.kinds import LIMITS
from envirosense.home.patterns.model import NegativeKind, Planted
from envirosense.home.patterns.planting import plant
from envirosense.home.patterns.sensible import is_sensible, read_pairs, sensible_pairs


def pairs_of(planted: Planted) -> Iterator[tuple[int, int]]:
    for one in planted.patterns:
        yield from (
            (link.trigger_entity, link.action_entity) for link in one.links if link.trigger_entity >= 0
        )
    for noise in planted.negatives:
        if noise.kind is NegativeKind.WEAK_HABIT:
            yield noise.trigger_entity, noise.action_entity


def test_every_planted_pair_is_one_of_the_table(small_home: Home, lived_in: Callable[..., Any]) -> None:
    lives = lived_in().lives
    found = [
        pair
        for seed in range(12)
        for level in LIMITS
        for pair in pairs_of(plant(small_home, lives, 90, level, seed))
    ]
    assert len(found) > 60
    assert all(is_sensible(small_home, *pair) for pair in found)


def test_locks_open_for_who_comes_home_and_for_nothing_that_moves_in_the_house() -> None:
    assert [role for role, actions in sensible_pairs().items() if "lock" in actions] == ["person"]


def test_a_light_next_door_is_near_enough_and_a_fan_there_is_not(small_home: Home) -> None:
    motion = small_home.with_role("motion", "kitchen")[0]
    areas = {one.area_id for one in small_home.entities if one.area_id}
    beside = small_home.areas[small_home.area_index["kitchen"]].adjacent
    for role, reach in (("light", {"kitchen", *beside}), ("fan", {"kitchen"})):
        for number in small_home.with_role(role):
            area_id = small_home.entities[number].area_id
            assert area_id in areas
            assert is_sensible(small_home, motion, number) == (area_id in reach)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[toaster]\nlight = "room"', "toaster: starts no pattern"),
        ('[motion]\nsmoke = "room"', "motion.smoke: known actions are"),
        ('[motion]\nlight = "street"', "motion.light"),
    ],
)
def test_a_table_with_an_unknown_role_or_place_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        read_pairs(text, frozenset({"motion"}), frozenset({"light"}))
