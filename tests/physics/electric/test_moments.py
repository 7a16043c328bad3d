import numpy as np
import pytest

from envirosense.physics.electric.moments import covered_share, poisson_moments_s


def rng(seed=0):
    return np.random.default_rng(seed)


def test_counts_and_gaps_are_those_of_a_poisson_process():
    moments_s = poisson_moments_s(np.full(10_000, 0.2), 1.0, rng())  # 2000 expected
    assert abs(moments_s.size - 2000) < 5 * np.sqrt(2000)
    gaps_s = np.diff(moments_s)
    assert gaps_s.mean() == pytest.approx(5.0, rel=5 / np.sqrt(gaps_s.size))
    assert gaps_s.std() == pytest.approx(gaps_s.mean(), rel=5 * np.sqrt(2.0 / gaps_s.size))


def test_the_tick_changes_no_moment():
    rate = np.repeat([0.0, 0.3, 0.1], 20)
    coarse, fine = poisson_moments_s(rate, 10.0, rng(3)), poisson_moments_s(np.repeat(rate, 4), 2.5, rng(3))
    assert coarse.size > 20
    np.testing.assert_allclose(coarse, fine, atol=1e-9)
    assert coarse[0] >= 200.0


def test_nothing_happens_at_no_rate():
    assert poisson_moments_s(np.zeros(10), 1.0, rng()).size == 0
    with pytest.raises(ValueError, match="rate_per_s"):
        poisson_moments_s(np.array([-1.0]), 1.0, rng())


def test_spells_cover_their_length_once():
    starts_s = np.array([1.0, 1.5, 7.9])
    share = covered_share(10, 1.0, starts_s, 1.0)
    assert share.sum() == pytest.approx(1.5 + 1.0)  # the first two overlap by half a second
    assert share[7] == pytest.approx(0.1)
    np.testing.assert_allclose(share.reshape(5, 2).mean(axis=1), covered_share(5, 2.0, starts_s, 1.0))
    assert covered_share(4, 1.0, np.empty(0), 1.0).sum() == 0.0
