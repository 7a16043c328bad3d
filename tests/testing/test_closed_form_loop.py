"""The active loop on a simulator in closed form: it beats even draws where a weakness is planted."""

import numpy as np
import pytest
from scipy.stats import wilcoxon

from envirosense.core.errors import ConfigError
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.active.comparison import ENOUGH, Rounds, compare, even, run_arm
from envirosense.learning.active.evidence import ModelOutputs
from envirosense.testing.closed_form_loop import (
    EVERYWHERE,
    PARAMETERS,
    REGIONS,
    SCENARIOS,
    ClosedFormArena,
    KernelRidge,
    closed_form_manager,
    compare_closed_form,
    draw,
    manager_asks,
)

ALL = [pytest.param(one, id=one.name) for one in REGIONS]


def members(region, samples):
    values = np.stack([samples.slices[name] for name in PARAMETERS], axis=1)
    return (samples.slices["scenario"] == region.scenario) & region.holds(region.scenario, values)


@pytest.mark.parametrize("region", ALL)
def test_a_region_is_rare_and_its_test_set_lies_within_it(region):
    n = 20_000
    share = members(region, draw(None, n, 1)).mean()
    expected = 0.35 * 0.35 / len(SCENARIOS)
    assert share == pytest.approx(expected, abs=5 * np.sqrt(expected / n))
    assert members(region, draw(region.spot, 200, 2)).all()


def test_a_model_of_the_usual_boundary_is_weak_in_each_region_and_nowhere_else():
    arena = ClosedFormArena(1)
    naive = KernelRidge(draw(None, 400, 3, regions=()))
    found = arena.scores(naive)
    assert found[EVERYWHERE] > 0.88  # an eighth of it lies in the regions
    assert all(found[one.name] < 0.75 for one in REGIONS)
    without = KernelRidge(draw(None, 400, 3, regions=()))
    plain = draw(None, 2000, 9, regions=())
    said = np.asarray(without.classes)[without.score(plain).argmax(axis=1)]
    assert np.mean(said == plain.y) > 0.97


@pytest.mark.parametrize("region", ALL)
def test_every_region_can_be_learned_from_enough_draws(region):
    train = draw(None, 200, 4)
    more = type(train).concat([train, draw(region.spot, 200, 5)])
    arena = ClosedFormArena(2, (region,))
    gain = arena.scores(KernelRidge(more))[region.name] - arena.scores(KernelRidge(train))[region.name]
    assert gain > 0.1


def test_left_out_scores_are_those_of_models_that_lack_the_sample():
    train = draw(None, 60, 6)
    whole = KernelRidge(train)
    for at in (0, 17, 59):
        lacking = KernelRidge(train.select(np.arange(60) != at))
        np.testing.assert_allclose(
            whole.unseen[at], lacking.score(train.select(np.array([at])))[0], atol=1e-9
        )


def test_the_same_seed_draws_the_same_and_even_draws_begin_both_arms(tmp_path):
    np.testing.assert_array_equal(draw(None, 30, 7).x, draw(None, 30, 7).x)
    rounds = Rounds(40, 20, 1)
    asking = manager_asks(closed_form_manager(tmp_path, 1))
    one, other = (run_arm("x", ClosedFormArena(3), ask, rounds, 3) for ask in (even, asking))
    assert [curve.scores[0] for curve in one] == [curve.scores[0] for curve in other]


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ConfigError, match="choose from"):
        draw(WeakSpot(scenario="z/*"), 5, 1)
    with pytest.raises(ConfigError, match="did you mean 'gust'"):
        draw(WeakSpot(scenario="a/unit", parameters={"gusts": [0, 1]}), 5, 1)


def test_the_manager_asks_more_from_the_planted_region_than_even_draws_give(tmp_path):
    region = REGIONS[2]
    arena = ClosedFormArena(5, (region,))
    pool = arena.collect([(None, 300)], 1)
    plan = manager_asks(closed_form_manager(tmp_path, 5))(pool, arena.learn(pool, 1), 100, 1)
    found = members(region, arena.collect(plan, 2)).mean()
    assert found > 3 * members(region, draw(None, 20_000, 1)).mean()


@pytest.mark.parametrize("region", ALL)
def test_the_weak_region_of_a_model_that_never_saw_it_is_named(region, tmp_path):
    naive = KernelRidge(draw(None, 400, 3, regions=()))
    pool = draw(None, 2000, 4, (region,))
    outputs = ModelOutputs(pool, naive.score(pool), naive.classes)
    found = closed_form_manager(tmp_path, 1).identify_weak_spots(outputs)
    assert found[0].ranges.keys() == {"scenario", *region.ranges}
    assert found[0].words.startswith(region.scenario)
    for name, ends in region.ranges.items():
        np.testing.assert_allclose(found[0].ranges[name], ends, atol=0.25)


@pytest.mark.slow
def test_active_reaches_the_even_score_with_sixty_percent_of_the_episodes(tmp_path):
    """Over all seeds and regions, and in most regions by themselves; ten seeds settle none for sure."""
    found = [
        compare_closed_form((region,), range(1, 11), tmp_path / region.name).regions[0] for region in REGIONS
    ]
    told = "; ".join(
        f"{one.region}: {one.ratio:.2f} of the episodes, area p {one.area_p:.4f}" for one in found
    )
    gains = [gain for one in found for gain in one.area_gains]
    assert np.median([ratio for one in found for ratio in one.ratios]) <= ENOUGH, told
    assert wilcoxon(gains, alternative="greater").pvalue < 0.001, told
    assert sum(one.is_won for one in found) >= 3, told


@pytest.mark.slow
def test_without_a_weak_region_active_gains_nothing_and_loses_little(tmp_path):
    found = compare(
        lambda seed: ClosedFormArena(seed, ()),
        lambda arena, seed: manager_asks(closed_form_manager(tmp_path / str(seed), seed)),
        Rounds(150, 50, 5),
        range(1, 7),
    )
    (everywhere,) = found.others
    assert abs(everywhere.final["active"] - everywhere.final["even"]) < 0.02
