"""Weak conditions within a scenario: named beside a hard scenario, and by chance no oftener than allowed."""

import numpy as np
import pytest
from scipy.stats import binom

from envirosense.core.rng import stream
from envirosense.learning.active.slice_cases import Cases
from envirosense.learning.active.slices import find_slices
from envirosense.learning.active.slices_within import weakest_within
from envirosense.learning.samples import Samples

HARD = "hard/one"


def cases(rng, share, n_sites=120, per_site=5, site_sigma=0.0):
    """Units of five scenarios; `share` tells the chance of an error by scenario, wind and age."""
    n = n_sites * per_site
    scenario = rng.choice([HARD, "easy/a", "easy/b", "easy/c", "easy/d"], size=n)
    wind, age = rng.gamma(2.0, 2.0, n), np.repeat(rng.uniform(0.0, 900.0, n_sites), per_site)
    site = np.repeat(site_sigma * rng.standard_normal(n_sites), per_site)
    wrong = rng.random(n) < np.clip(share(scenario, wind, age) + site, 0.0, 1.0)
    columns = {"scenario": scenario, "wind_m_s": wind, "age_d": age, "damp": rng.random(n)}
    return Cases(wrong, np.repeat(np.arange(n_sites), per_site).astype(str), columns)


def few_sites(rng, gap, site_sigma=0.0):
    """One scenario at twelve sites, hardly two of which have equally many units."""
    of = np.repeat(np.arange(12), rng.integers(10, 26, size=12))
    wind = rng.random(len(of))
    site = site_sigma * rng.standard_normal(12)[of]
    wrong = rng.random(len(of)) < np.clip(0.4 + gap * (wind > 0.7) + site, 0.0, 1.0)
    return Cases(wrong, of.astype(str), {
        "scenario": np.full(len(of), HARD), "wind_m_s": wind, "age_d": rng.random(12)[of],
        "damp": rng.random(len(of)),
    })  # fmt: skip


def hard_alone(scenario, wind, age):
    return np.where(scenario == HARD, 0.5, 0.05)


def harder_in_wind(scenario, wind, age):
    return np.where(scenario == HARD, np.where(wind > 5.0, 0.95, 0.4), 0.05)


def harder_in_wind_and_age(scenario, wind, age):
    return np.where(scenario == HARD, np.where((wind > 3.0) & (age > 450.0), 0.95, 0.3), 0.05)


def ranges(box):
    return {one.variable: (one.low, one.high) for one in box if one.value is None}


def test_a_condition_within_a_hard_scenario_is_found(rng):
    found = {one.box[0].value: one for one in weakest_within(cases(rng, harder_in_wind), 1)}
    low, high = ranges(found[HARD].box)["wind_m_s"]
    assert 3.5 < low < 6.5
    assert high == np.inf
    assert found[HARD].p < 0.01


def test_a_pair_of_conditions_is_found(rng):
    found = {one.box[0].value: one for one in weakest_within(cases(rng, harder_in_wind_and_age, 300), 1)}
    told = ranges(found[HARD].box)
    assert told.keys() == {"wind_m_s", "age_d"}
    assert 300.0 < told["age_d"][0] < 600.0
    assert found[HARD].p < 0.01


def test_classes_of_a_scenario_are_scanned_apart(rng):
    given = cases(rng, harder_in_wind, n_sites=360)
    kind = rng.choice(["fault", "normal"], size=len(given))
    wrong = given.wrong & (kind == "fault")
    found = weakest_within(Cases(wrong, given.group, {**given.columns, "class": kind}), 1)
    (hard,) = (one for one in found if one.box[1].value == HARD)
    assert hard.box[0].value == "fault"
    assert not (hard.stratum & (kind == "normal")).any()
    assert hard.p < 0.01


def test_the_same_seed_finds_the_same(rng):
    given = cases(rng, harder_in_wind)
    assert [one.p for one in weakest_within(given, 3)] == [one.p for one in weakest_within(given, 3)]


def test_what_has_no_scenario_or_too_few_errors_is_not_scanned(rng):
    given = cases(rng, lambda scenario, wind, age: np.where(scenario == HARD, 0.5, 0.0))
    assert [one.box[0].value for one in weakest_within(given, 1)] == [HARD]
    without = {name: column for name, column in given.columns.items() if name != "scenario"}
    assert weakest_within(Cases(given.wrong, given.group, without), 1) == []


@pytest.mark.parametrize("site_sigma", [0.0, 0.3])
def test_errors_without_a_condition_pass_no_more_often_than_alpha(site_sigma):
    """Also where units of one site err together, as the age of its array would have it."""
    n, alpha = 80, 0.1
    seen = 0
    for at in range(n):
        given = cases(stream(at, "within"), hard_alone, n_sites=60, site_sigma=site_sigma)
        seen += any(one.p <= alpha for one in weakest_within(given, at) if one.box[-1].value == HARD)
    assert seen <= binom.ppf(0.995, n, alpha)


@pytest.mark.parametrize("site_sigma", [0.0, 0.2])
def test_few_sites_of_unlike_sizes_pass_no_more_often_than_alpha(site_sigma):
    n, alpha = 80, 0.1
    seen = sum(
        weakest_within(few_sites(stream(at, "few"), 0.0, site_sigma), at)[0].p <= alpha for at in range(n)
    )
    assert seen <= binom.ppf(0.995, n, alpha)


def test_few_sites_of_unlike_sizes_can_show_a_condition():
    """There whole sites have none to change with: what counts is the order within each."""
    found = [weakest_within(few_sites(stream(at, "few"), 0.45), at)[0] for at in range(101, 111)]
    assert sum(one.p < 0.01 and "wind_m_s" in ranges(one.box) for one in found) >= 8


def test_shuffled_conditions_are_not_named(rng):
    given = cases(rng, harder_in_wind)
    shuffled = {**given.columns, "wind_m_s": rng.permutation(given.columns["wind_m_s"])}
    found = {one.box[0].value: one for one in weakest_within(Cases(given.wrong, given.group, shuffled), 1)}
    assert found[HARD].p > 0.01


def test_a_report_names_what_is_harder_within_the_hard_scenario(rng):
    given = cases(rng, harder_in_wind, n_sites=200)
    n = len(given)
    samples = Samples(
        x=np.zeros((n, 1)), features=("none",), y=np.full(n, "fault"), group=given.group,
        unit=np.arange(n).astype(str), sample_id=np.arange(n).astype(str), origin=np.full(n, "simulated"),
        weight=np.ones(n), slices=dict(given.columns),
    )  # fmt: skip
    found = find_slices(samples, given.wrong, ("scenario", "wind_m_s", "damp"), seed=1)
    within = [one for one in found if one.ranges.get("scenario") == HARD and "wind_m_s" in one.ranges]
    assert within
    assert all("wind_m_s above " in one.words for one in within)
    assert all(one.words.endswith(" in the rest of it") for one in within if "class" in one.ranges)
