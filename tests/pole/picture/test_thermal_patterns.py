import numpy as np
import pytest

from envirosense.pole.picture.thermal_patterns import (
    bad_pixels,
    centre_spot,
    good_neighbours,
    smooth_field,
    web_pattern,
    window_pattern,
)

SHAPES = [(60, 80), (120, 160), (9, 12)]


@pytest.mark.parametrize("shape", SHAPES)
def test_fields_fill_the_picture(shape):
    n = shape[0] * shape[1]
    field, dirt = (
        smooth_field(shape, np.random.default_rng(1)),
        window_pattern(shape, np.random.default_rng(2)),
    )
    assert field.shape == dirt.shape == (n,)
    assert np.sqrt(np.mean(field**2)) == pytest.approx(1.0)
    assert dirt.mean() == pytest.approx(1.0)
    assert dirt.min() > 0.0


@pytest.mark.parametrize("shape", SHAPES)
def test_a_web_is_strands_with_gaps(shape):
    for seed in range(20):
        web = web_pattern(shape, np.random.default_rng(seed))
        assert web.shape == (shape[0] * shape[1],)
        assert web.min() >= 0.0
        assert 0.55 < web.max() < 1.0
        assert 0.05 < np.mean(web > 0.3) < 0.8


def test_a_web_is_the_same_at_both_sizes():
    """Strands are shares of the picture, so the larger one shows the same web in finer pixels."""
    small, large = (web_pattern(shape, np.random.default_rng(3)).reshape(shape) for shape in SHAPES[:2])
    coarse = large.reshape(60, 2, 80, 2).mean(axis=(1, 3))
    assert np.corrcoef(small.ravel(), coarse.ravel())[0, 1] > 0.98


def test_the_spot_is_in_the_middle():
    spot = centre_spot((9, 11), 3.0).reshape(9, 11)
    assert spot[4, 5] == 1.0
    assert spot[4, 8] == pytest.approx(np.exp(-0.5))
    assert np.array_equal(spot, spot[::-1, ::-1])


def test_no_pixel_is_bad_twice_and_neighbours_are_good():
    shape = (12, 16)
    dead, hot, blinking = bad_pixels(shape, (0.1, 0.05, 0.1), np.random.default_rng(4))
    every = np.concatenate([dead, hot, blinking])
    assert np.unique(every).size == every.size > 0
    near = good_neighbours(shape, dead)
    assert not np.isin(near[near >= 0], dead).any()
    steps = np.abs(np.stack(np.divmod(near, 16)) - np.stack(np.divmod(dead, 16))[:, :, None])
    assert steps[:, near >= 0].max() == 1


def test_counts_of_bad_pixels_are_poisson():
    counts = [bad_pixels((60, 80), (0.01, 0.0, 0.0), np.random.default_rng(s))[0].size for s in range(300)]
    assert np.mean(counts) == pytest.approx(48.0, abs=5 * np.sqrt(48 / 300))
    assert np.var(counts) == pytest.approx(48.0, rel=5 * np.sqrt(2 / 300))
