"""Trailing statistics: those of a plain loop, with gaps, and nothing of what comes later."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from envirosense.pole.detectors.fire_alarm import trailing

SPANS = (1, 3, 30)
STATISTICS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "mean": trailing.last_mean,
    "max": trailing.last_max,
    "spread": trailing.last_spread,
    "covariance": lambda values, n: trailing.last_covariance(values, values[::, ::-1], n),
    "median": lambda values, n: trailing.past_median(values, 2 * n, 1, min(n, 5)),
}
PLAIN = {"mean": np.mean, "max": np.max, "spread": np.std}
COURSES = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 45), st.just(2)),
    elements=st.one_of(st.floats(-1000.0, 1000.0, width=32), st.just(np.nan)),
)


def holey(n: int = 95) -> np.ndarray:
    """Two courses with gaps; the second has no sample at all in its first forty rows."""
    rng = np.random.default_rng(4)
    values = np.stack([20.0 + np.cumsum(rng.standard_normal(n)), rng.exponential(3.0, n)], axis=1)
    values[rng.random(values.shape) < 0.3] = np.nan
    values[:40, 1] = np.nan
    return values


@pytest.mark.parametrize("n", SPANS)
@pytest.mark.parametrize("name", PLAIN)
def test_a_trailing_statistic_is_that_of_a_plain_loop(name: str, n: int) -> None:
    values = holey()
    plain = np.full(values.shape, np.nan)
    for row, column in np.ndindex(values.shape):
        last = values[max(row - n + 1, 0) : row + 1, column]
        if np.isfinite(last).any():
            plain[row, column] = PLAIN[name](last[np.isfinite(last)])
    np.testing.assert_allclose(STATISTICS[name](values, n), plain, rtol=1e-9, atol=1e-6)


def test_covariance_is_that_of_a_plain_loop() -> None:
    one, other = np.random.default_rng(2).standard_normal((2, 60, 3))
    found = trailing.last_covariance(one, other, 20)
    for row in (0, 5, 19, 20, 59):
        a, b = one[max(row - 19, 0) : row + 1], other[max(row - 19, 0) : row + 1]
        np.testing.assert_allclose(
            found[row], (a * b).mean(axis=0) - a.mean(axis=0) * b.mean(axis=0), atol=1e-12
        )


def test_the_median_of_the_past_leaves_out_the_present_and_needs_enough_rows() -> None:
    values = holey()
    found = trailing.past_median(values, 60, 10, 20)
    assert np.isnan(found[:30]).all()  # row 20 knows eleven rows that are ten or more before it
    np.testing.assert_allclose(found[30:40, 0], np.nanmedian(values[:21, 0]), rtol=1e-6)
    np.testing.assert_allclose(found[90:, 0], np.nanmedian(values[30:81, 0]), rtol=1e-6)
    assert np.isnan(found[40, 1])
    assert np.isfinite(found[90, 1])


def test_one_median_stands_for_ten_rows() -> None:
    values = np.random.default_rng(1).standard_normal((60, 1))
    found = trailing.past_median(values, 20, 1, 5)[:, 0]
    blocks = found[10:].reshape(-1, trailing.EVERY)
    assert trailing.EVERY == 10
    assert (blocks == blocks[:, :1]).all()
    assert np.unique(blocks[:, 0]).size == len(blocks)


@pytest.mark.parametrize("name", STATISTICS)
@settings(max_examples=25, deadline=None)
@given(values=COURSES, n=st.sampled_from(SPANS), data=st.data())
def test_a_later_sample_never_changes_an_earlier_value(
    name: str, values: np.ndarray, n: int, data: st.DataObject
) -> None:
    at = data.draw(st.integers(1, len(values)))
    later = values.copy()
    later[at:] = data.draw(st.floats(-1e6, 1e6))
    before, after = (STATISTICS[name](one, n)[:at] for one in (values, later))
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("name", STATISTICS)
def test_an_empty_course_has_no_statistic(name: str) -> None:
    assert STATISTICS[name](np.empty((0, 2)), 3).shape == (0, 2)
