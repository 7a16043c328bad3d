"""Everything that people do: whole, reproducible, and like the stream of a real home."""

from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.behaviour.stimuli_of_lives import base_stimuli
from envirosense.home.building.home_generator import SyntheticHomeGenerator
from envirosense.home.engine.run import run_rules
from envirosense.home.model import Home
from envirosense.home.patterns import stream_statistics as statistics
from envirosense.home.people.lives import DAY_US, Lives
from envirosense.home.people.residents import live
from envirosense.home.surroundings.context_series import draw_context
from tests.home.household_cases import ordinary_days, plain_context

N_DAYS = 14
BINARY = ("binary_sensor", "light", "switch")


def base(home: Home, lives: Lives, reserved: frozenset[int] = frozenset(), seed: int = 1) -> Stimuli:
    return base_stimuli(home, lives, plain_context(N_DAYS), reserved, N_DAYS, seed)


def of_others(stimuli: Stimuli, entities: frozenset[int]) -> list[tuple[object, ...]]:
    kept = ~np.isin(stimuli.entity, list(entities))
    return list(zip(stimuli.t_us[kept], stimuli.entity[kept], stimuli.code[kept], strict=True))


@pytest.fixture(scope="module")
def whole(small_home: Home) -> Stimuli:
    return base(small_home, ordinary_days(small_home, N_DAYS, (0, 1)))


def test_stimuli_are_in_order_and_within_the_episode(whole: Stimuli) -> None:
    assert (np.diff(whole.t_us) >= 0).all()
    assert whole.t_us[0] >= 0
    assert whole.t_us[-1] < N_DAYS * DAY_US


def test_every_code_is_a_state_of_its_entity(small_home: Home, whole: Stimuli) -> None:
    n_states = np.array([len(entity.states) for entity in small_home.entities])
    assert ((whole.code >= 0) & (whole.code < n_states[whole.entity])).all()


def test_the_same_seed_gives_the_same_and_another_one_does_not(small_home: Home, whole: Stimuli) -> None:
    lives = ordinary_days(small_home, N_DAYS, (0, 1))
    again, other = base(small_home, lives), base(small_home, lives, seed=2)
    assert all((getattr(again, n) == getattr(whole, n)).all() for n in ("t_us", "entity", "code", "origin"))
    assert len(other) != len(whole)


def test_reserved_entities_get_nothing_and_leave_the_rest_as_it_was(small_home: Home, whole: Stimuli) -> None:
    names = ("light.kitchen_light", "light.living_light", "binary_sensor.hall_motion", "switch.tv_plug")
    reserved = frozenset(small_home.entity_index[name] for name in names)
    less = base(small_home, ordinary_days(small_home, N_DAYS, (0, 1)), reserved)
    assert not reserved & set(less.entity.tolist())
    assert of_others(less, reserved) == of_others(whole, reserved)


def test_every_kind_of_entity_that_people_use_is_moved(small_home: Home, whole: Stimuli) -> None:
    roles = {small_home.entities[entity].role for entity in np.unique(whole.entity)}
    wanted = {"motion", "door", "light", "lock", "media", "appliance", "alarm", "camera", "person", "tracker"}
    assert wanted <= roles


def test_a_home_without_people_is_still(small_home: Home) -> None:
    none = np.empty(0, dtype=np.int32)
    never = np.empty(0, dtype=np.int64)
    nobody = Lives((), none, none, never, never, none, none, never, never, none)
    moved = {small_home.entities[e].role for e in base(small_home, nobody).entity}
    assert moved <= {"camera", "vacuum", "light"}  # passers-by, timetables, the lamp of the absent


@pytest.mark.slow
@pytest.mark.parametrize(
    ("home_type", "size", "seed"),
    [
        ("apartment", "medium", 2),
        ("condo", "large", 5),
        ("cottage", "medium", 6),
        ("multi_story", "large", 7),
    ],
)
def test_the_stream_is_like_that_of_a_real_home(home_type: str, size: str, seed: int) -> None:
    """Ranges of real homes: data/README.md; 90 days from a Monday in January."""
    n_days = 90
    home = SyntheticHomeGenerator().draw(home_type, size, "temperate", seed)
    context = draw_context(home, datetime(2026, 1, 5, tzinfo=UTC), n_days, seed)
    lives = live(home, context, n_days, seed)
    stimuli = base_stimuli(home, lives, context, frozenset(), n_days, seed)
    log, _ = run_rules(home, (), stimuli, context, n_days, seed)
    is_binary = np.array([entity.domain in BINARY for entity in home.entities])[log.entity]
    is_light = np.array([entity.role == "light" for entity in home.entities])[log.entity]
    t_us = log.t_us[is_binary]
    assert 52 <= t_us.size / n_days <= 1114
    assert 0.59 <= statistics.burstiness(t_us) <= 0.88
    assert 3.9 <= statistics.gap_cv(t_us) <= 16.0
    assert 11.0 <= statistics.daily_fano(t_us, n_days) <= 630.0
    assert 3.56 <= statistics.hour_entropy_bits(t_us) <= 4.39
    assert statistics.weekday_difference(t_us, n_days, 0) > 1.2
    assert statistics.hour_chi_square(log.t_us[is_light]) > 1000.0
