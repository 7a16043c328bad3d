"""What is planted: enough, reachable, of its own entities, the same for the same seed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from envirosense.home.engine.rules import ALL_DAYS, Rule
from envirosense.home.model import Home
from envirosense.home.patterns.candidates import triggers
from envirosense.home.patterns.kinds import LIMITS
from envirosense.home.patterns.model import NegativeKind, PatternKind, actionable
from envirosense.home.patterns.planting import plant

SEEDS = range(12)


@pytest.fixture(scope="module")
def planted_homes(lived_in: Callable[..., Any], small_home: Home) -> list[Any]:
    lives = lived_in().lives
    return [plant(small_home, lives, 90, level, seed) for seed in SEEDS for level in LIMITS]


def test_every_home_has_three_patterns_and_keeps_most_things_to_itself(
    planted_homes: list[Any], small_home: Home
) -> None:
    n_free = len(actionable(small_home))
    for planted in planted_homes:
        assert len(planted.patterns) >= 3
        assert len(planted.reserved) <= np.ceil(0.36 * n_free)


def test_all_kinds_are_planted_somewhere(planted_homes: list[Any]) -> None:
    assert {one.kind for planted in planted_homes for one in planted.patterns} == set(PatternKind)
    kinds = {one.kind for planted in planted_homes for one in planted.negatives}
    assert kinds >= {NegativeKind.RANDOM, NegativeKind.COMMON_CAUSE}


def test_nothing_is_moved_by_two_patterns_or_moved_and_waited_for(planted_homes: list[Any]) -> None:
    for planted in planted_homes:
        actions = [link.action_entity for one in planted.patterns for link in one.links]
        assert len(actions) == len(set(actions))
        outer = {one.links[0].trigger_entity for one in planted.patterns} - {-1}
        states = {each.entity for one in planted.patterns for link in one.links for each in link.conditions}
        assert not (outer | states) & planted.reserved
        assert planted.reserved >= set(actions)


def test_all_that_is_moved_goes_back_to_rest(planted_homes: list[Any]) -> None:
    for planted in planted_homes:
        rests = {(rule.action_entity, rule.action_code) for rule in planted.rules if rule.pattern < 0}
        for one in planted.patterns:
            for link in one.links:
                assert any(
                    entity == link.action_entity and code != link.action_code for entity, code in rests
                )


def test_links_say_what_their_kind_promises(planted_homes: list[Any]) -> None:
    promises: dict[PatternKind, Callable[[tuple[Rule, ...]], bool]] = {
        PatternKind.TIME_OF_DAY: lambda links: np.isfinite(links[0].at_s) and links[0].trigger_entity < 0,
        PatternKind.DAY_TYPE: lambda links: links[0].days != ALL_DAYS,
        PatternKind.DRIFT: lambda links: links[0].drift_s_day != 0.0,
        PatternKind.SEASONAL: lambda links: links[0].first_day > 0 or links[0].last_day < 89,
        PatternKind.CONTEXTUAL: lambda links: links[0].only_dark or len(links[0].conditions) == 1,
        PatternKind.DURATION: lambda links: np.isfinite(links[0].revert_s),
        PatternKind.SEQUENCE: lambda links: links[1].trigger_entity == links[0].action_entity,
        PatternKind.ROOM: lambda links: links[1].trigger_entity == links[0].trigger_entity,
        PatternKind.CO_OCCURRENCE: lambda links: links[0].trigger_entity >= 0 and len(links) == 1,
    }
    for planted in planted_homes:
        for one in planted.patterns:
            assert promises[one.kind](one.links), one


def test_same_seed_same_patterns_and_other_seeds_others(
    small_home: Home, lived_in: Callable[..., Any]
) -> None:
    lives = lived_in().lives
    first, again, other = (plant(small_home, lives, 90, "hard", seed) for seed in (3, 3, 4))
    np.testing.assert_equal([repr(rule) for rule in first.rules], [repr(rule) for rule in again.rules])
    np.testing.assert_array_equal(first.stimuli.t_us, again.stimuli.t_us)
    assert [repr(rule) for rule in first.rules] != [repr(rule) for rule in other.rules]


def test_an_unknown_level_or_an_episode_without_days_is_refused(
    small_home: Home, lived_in: Callable[..., Any]
) -> None:
    with pytest.raises(ValueError, match="easy, standard, hard"):
        plant(small_home, lived_in().lives, 90, "medium", 1)
    with pytest.raises(ValueError, match="not 0"):
        plant(small_home, lived_in().lives, 0, "easy", 1)


def test_forecast_triggers_come_about_as_often_as_real_ones(lived_in: Callable[..., Any]) -> None:
    lived = lived_in()
    for one in triggers(lived.home, lived.lives):
        real = ((lived.log.entity == one.entity) & (lived.log.code == one.code)).sum()
        if lived.home.entities[one.entity].role in ("motion", "person") and real > 50:
            assert 0.4 < one.t_us.size / real < 2.5, lived.home.entities[one.entity].entity_id


def test_distractors_move_while_somebody_is_up(lived_in: Callable[..., Any]) -> None:
    found = 0
    for seed in range(4):
        lived = lived_in(seed=seed)
        for one in lived.planted.negatives:
            if one.kind is NegativeKind.RANDOM:
                mine = lived.planted.stimuli.entity == one.action_entity
                on = mine & (lived.planted.stimuli.code == one.action_code)
                hour = lived.planted.stimuli.t_us[on] / 3.6e9 % 24
                found += on.sum()
                assert ((hour > 5) & (hour < 24)).all()
    assert found > 50
