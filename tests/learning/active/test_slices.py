"""Weak slices: found where they are planted, in words; not found where there are none."""

import numpy as np
import pytest
from scipy.stats import binom

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.learning.active.slice_cases import Cases, Condition, cases_of
from envirosense.learning.active.slices import find_slices, holm, p_value

from .conftest import damp_fire, errors, old_in_wind, planted_samples


def shared(one, other):
    return (one & other).sum() / (one | other).sum()


def inside(found, samples):
    held = np.ones(len(samples), dtype=bool)
    for condition in found.box:
        column = samples.y if condition.variable == "class" else samples.slices[condition.variable]
        held &= condition.holds(column)
    return held


def test_a_planted_region_is_found_and_named_in_words(rng):
    samples = planted_samples(rng, n=2500)
    found = find_slices(samples, errors(rng, samples, 0.06, (old_in_wind(samples), 0.6)), seed=1)
    assert len(found) == 1
    best = found[0]
    assert shared(inside(best, samples), old_in_wind(samples)) > 0.6
    assert best.words.startswith(("hot/arc, array_age above ", "arc, array_age above "))
    assert " d, wind above " in best.words
    assert " m/s: error ." in best.words
    assert best.p < 1e-4
    assert best.error > 0.4 > 0.15 > best.error_outside
    low, high = best.ranges["wind_m_s"]
    assert 7.5 < low < 10.5
    assert high == pytest.approx(samples.slices["wind_m_s"].max())


def test_several_planted_regions_are_each_found(rng):
    samples = planted_samples(rng, n=3000)
    planted = (old_in_wind(samples), damp_fire(samples))
    wrong = errors(rng, samples, 0.05, *((one, 0.6) for one in planted))
    found = find_slices(samples, wrong, seed=2)
    for region in planted:
        assert max(shared(inside(one, samples), region) for one in found) > 0.6


def test_a_region_without_a_name_is_found_in_numbers_alone(rng):
    samples = planted_samples(rng)
    middle = np.abs(samples.slices["humidity_pct"] - 60) < 12
    found = find_slices(samples, errors(rng, samples, 0.05, (middle, 0.4)), ("scenario", "humidity_pct"))
    assert found[0].ranges.keys() == {"humidity_pct"}
    low, high = found[0].ranges["humidity_pct"]
    assert 42 < low < 54
    assert 66 < high < 78


def false_finds(times, spread):
    """How many of so many sets, whose errors follow the site at most, have a slice named."""
    hits = 0
    for seed in range(times):
        rng = np.random.default_rng(seed)
        samples = planted_samples(rng, n=300, sites=30)
        offset = dict(zip(samples.groups, rng.normal(0, spread, len(samples.groups)), strict=True))
        odds = np.exp(-1.7 + np.array([offset[name] for name in samples.group.tolist()]))
        hits += bool(find_slices(samples, rng.random(300) < odds / (1 + odds), seed=seed))
    return hits


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 1.0], ids=["independent", "by site"])
def test_errors_at_random_are_named_no_more_often_than_alpha(spread):
    times = 120  # bound: 99.9 % of a binomial with alpha 0.05
    assert false_finds(times, spread) <= binom.ppf(0.999, times, 0.05)


def test_errors_at_random_are_seldom_named():
    times = 15  # bound: 99.9 % of a binomial with alpha 0.05
    assert false_finds(times, 0.0) <= binom.ppf(0.999, times, 0.05)


def test_shuffled_errors_name_nothing(rng):
    samples = planted_samples(rng)
    wrong = errors(rng, samples, 0.06, (old_in_wind(samples), 0.7))
    assert find_slices(samples, wrong)
    assert not find_slices(samples, rng.permutation(wrong))


def test_one_bad_site_is_no_weak_slice(rng):
    samples = planted_samples(rng, sites=20)
    site = samples.group == samples.groups[0]
    held = {**samples.slices, "roof": np.where(site, "flat", "steep")}
    of_sites = type(samples)(**{n: getattr(samples, n) for n in samples.__slots__} | {"slices": held})
    assert not find_slices(of_sites, errors(rng, samples, 0.05, (site, 0.6)), ("roof",))


def test_groups_alike_within_themselves_count_for_less(rng):
    group = np.repeat([f"g{at}" for at in range(40)], 10)
    within = np.repeat(np.arange(40) < 20, 10)
    of_group = np.repeat(rng.random(40) < np.where(np.arange(40) < 20, 0.6, 0.3), 10)
    alone = rng.random(400) < np.where(within, 0.6, 0.3)
    assert p_value(Cases(of_group, group, {}), within) > 0.01
    assert p_value(Cases(alone, group, {}), within) < 1e-4


def test_rows_of_one_unit_count_once(rng):
    samples = planted_samples(rng, n=300, rows=4)
    wrong = errors(rng, samples, 0.1)
    cases = cases_of(samples, wrong, ("scenario", "wind_m_s"))
    assert len(cases) == 300
    share = np.array([wrong[samples.unit == f"u{at}"].mean() for at in range(300)])
    names = np.array([samples.slices["wind_m_s"][samples.unit == f"u{at}"][0] for at in range(300)])
    order = np.argsort(names)
    mine = np.argsort(cases.columns["wind_m_s"])
    np.testing.assert_array_equal(cases.wrong[mine], share[order] >= 0.5)


def test_an_unknown_number_lies_in_no_range():
    column = np.array([np.nan, 1.0, 5.0])
    np.testing.assert_array_equal(Condition("gap", high=3.0).holds(column), [False, True, False])
    np.testing.assert_array_equal(Condition("gap", low=-9.0).holds(column), [False, True, True])


def test_holm_is_the_published_procedure():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_a_slice_becomes_a_weak_spot_without_its_class(rng):
    samples = planted_samples(rng, n=2500)
    by = ("class", "wind_m_s", "array_age_d")
    (found,) = find_slices(samples, errors(rng, samples, 0.05, (old_in_wind(samples), 0.7)), by, seed=3)[:1]
    spot = found.to_spot(2.0)
    assert found.ranges["class"] == "arc"
    assert spot.scenario == "*"
    assert spot.parameters.keys() == {"wind_m_s", "array_age_d"}
    assert spot.weight == 2.0
    assert spot.reason == found.words
    assert spot.spreads()["wind_m_s"] == {"uniform": list(found.ranges["wind_m_s"])}


def test_few_groups_wrong_lengths_and_unknown_conditions_are_refused(rng):
    samples = planted_samples(rng, n=40, sites=3)
    with pytest.raises(DatasetError, match="3 groups: weak slices need at least 4"):
        find_slices(samples, np.zeros(40, dtype=bool))
    with pytest.raises(ConfigError, match="one value per sample, 40"):
        find_slices(samples, np.zeros(39, dtype=bool))
    with pytest.raises(ConfigError, match="did you mean 'wind_m_s'"):
        find_slices(samples, np.zeros(40, dtype=bool), ("wind",))


def test_a_model_that_is_never_or_always_wrong_has_no_weak_slice(rng):
    samples = planted_samples(rng, n=200)
    assert find_slices(samples, np.zeros(200, dtype=bool)) == ()
    assert find_slices(samples, np.ones(200, dtype=bool)) == ()
