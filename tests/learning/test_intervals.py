"""Intervals against closed forms and tables."""

import numpy as np
import pytest

from envirosense.learning.intervals import (
    by_group,
    median_by_group,
    poisson_rate,
    proportion,
    weighted_median,
)


def test_an_interval_of_no_hits_has_its_closed_form():
    found = proportion(0, 12)
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 12))


def test_the_interval_of_a_half_is_the_tabulated_one():
    found = proportion(5, 10)
    assert (found.low, found.high) == pytest.approx((0.1871, 0.8129), abs=5e-5)


def test_a_proportion_of_nothing_is_unknown():
    assert proportion(0, 0).value is None
    assert not proportion(0, 0).is_resolved


def test_poisson_limits_are_the_tabulated_ones():
    none, ten = poisson_rate(0, 1.0), poisson_rate(10, 2.0)
    assert none.high == pytest.approx(-np.log(0.025))
    assert (ten.low * 2, ten.high * 2) == pytest.approx((4.7954, 18.3904), abs=5e-4)
    assert poisson_rate(3, 0.0).value is None


@pytest.mark.parametrize("weights", [[1, 1, 1, 1], [2, 0, 1, 1], [0, 3, 0, 0], [1, 2, 2, 1]])
def test_a_weighted_median_is_the_median_of_repeats(weights):
    values = np.array([3.0, 1.0, 7.0, 4.0])
    assert weighted_median(values, np.array(weights, float)) == np.median(np.repeat(values, weights))


def test_the_group_bootstrap_covers_the_mean():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        group = np.repeat(np.arange(40), 5).astype(str)
        values = np.repeat(rng.normal(0, 1, 40), 5) + rng.normal(0, 0.3, 200)
        found = by_group(lambda w, v=values: float((w * v).sum() / w.sum()), group, rng)
        covered += found.low <= 0 <= found.high
    # nominal 0.95, n = 200: 5 standard errors are 0.077
    assert covered / 200 > 0.95 - 0.077


def test_rows_of_one_group_do_not_narrow_the_interval():
    rng = np.random.default_rng(2)
    values, group = rng.normal(0, 1, 30), np.arange(30).astype(str)
    once = median_by_group(values, group, np.random.default_rng(3))
    often = median_by_group(np.repeat(values, 20), np.repeat(group, 20), np.random.default_rng(3))
    assert (often.low, often.high) == (once.low, once.high)


def test_one_group_gives_no_interval():
    found = median_by_group(np.array([1.0, 2.0]), np.array(["a", "a"]), np.random.default_rng(1))
    assert (found.value, found.low, found.note) == (1.5, None, "one site: no interval")
