"""Scenario-level acquisition: it goes where errors are, weighs cost, keeps wishes apart."""

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.learning.active.acquisition import AcquisitionSettings, acquire, simulated_seconds
from envirosense.learning.active.scenario_space import within
from envirosense.learning.active.slice_cases import cases_of

from .conftest import errors, old_in_wind, planted_samples

LEAN = AcquisitionSettings(candidates=300, trees=40)
BY = ("scenario", "wind_m_s", "array_age_d", "humidity_pct", "gap_mm")


def asked(samples, wrong, n=8, cost_of=None, seed=1, **changes):
    settings = LEAN.model_copy(update=changes)
    cases = cases_of(samples, wrong, BY)
    return acquire(
        cases, n, spaces={}, cost_of=cost_of or simulated_seconds(600.0), settings=settings, seed=seed
    )


def share_inside(wishes, samples, region):
    """Share of the draws from the wishes that lie in a region, a fair one being its share of all units."""
    held = [within(wish.spot, samples.slices) for wish in wishes]
    return np.mean([region[one].mean() for one in held if one.any()])


def test_wishes_go_where_errors_are_planted_and_not_where_they_are_shuffled(rng):
    samples = planted_samples(rng, n=1500)
    region = old_in_wind(samples)
    wrong = errors(rng, samples, 0.03, (region, 0.8))
    assert share_inside(asked(samples, wrong), samples, region) > 5 * region.mean()
    assert share_inside(asked(samples, rng.permutation(wrong)), samples, region) < 4 * region.mean()


def test_wishes_are_boxes_about_places_that_exist(rng):
    samples = planted_samples(rng, n=800)
    for wish in asked(samples, errors(rng, samples, 0.05, (old_in_wind(samples), 0.8))):
        assert wish.utility > 0
        assert wish.cost_s == 600.0
        for name, ends in wish.spot.parameters.items():
            column = samples.slices[name]
            assert np.nanmin(column) <= ends[0] < ends[1] <= np.nanmax(column)
        if wish.spot.scenario != "hot/arc":
            assert "gap_mm" not in wish.spot.parameters


def test_an_episode_that_costs_more_is_asked_for_less(rng):
    samples = planted_samples(rng, n=1200)
    is_hot = np.char.startswith(samples.slices["scenario"], "hot")
    wrong = errors(rng, samples, 0.3)

    def dear(columns):
        return np.where(np.char.startswith(columns["scenario"], "hot"), 6000.0, 600.0)

    cheap = [one.spot.scenario for one in asked(samples, wrong, 12, dear)]
    fair = [one.spot.scenario for one in asked(samples, wrong, 12)]
    assert 0.3 < is_hot.mean() < 0.7
    assert sum(one.startswith("hot") for one in cheap) < sum(one.startswith("hot") for one in fair)


def test_the_same_seed_asks_for_the_same(rng):
    samples = planted_samples(rng, n=300)
    wrong = errors(rng, samples, 0.2)
    assert asked(samples, wrong) == asked(samples, wrong)
    assert asked(samples, wrong) != asked(samples, wrong, seed=2)


def test_a_loss_says_more_than_right_and_wrong(rng):
    samples = planted_samples(rng, n=600)
    region = old_in_wind(samples)
    nobody = np.zeros(len(samples), dtype=bool)
    nobody[0] = True
    loss = np.where(region, 0.4, 0.05)
    cases = cases_of(samples, nobody, BY, loss=loss)
    found = acquire(cases, 6, spaces={}, cost_of=simulated_seconds(1.0), settings=LEAN, seed=3)
    assert share_inside(found, samples, region) > 5 * region.mean()


def test_no_errors_no_wishes_and_a_free_episode_is_refused(rng):
    samples = planted_samples(rng, n=100)
    assert asked(samples, np.zeros(100, dtype=bool)) == ()
    with pytest.raises(ConfigError, match="more than 0 s"):
        asked(samples, errors(rng, samples, 0.3), cost_of=simulated_seconds(0.0))
