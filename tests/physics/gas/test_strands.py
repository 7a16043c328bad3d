"""Strands inside the plume: unit mean, published presence, intensity; near places share them."""

import numpy as np
import pytest

from envirosense.physics.gas import strands
from envirosense.physics.gas.dispersion import RelativeSpread


def _relative(width_m, wander_m):
    return RelativeSpread(*(np.asarray(float(v)) for v in (width_m, width_m, wander_m, wander_m)))


@pytest.mark.parametrize("intensity", [0.3, 0.5, 1.0, 1.2, 1.33, 1.9])
def test_strands_have_unit_mean_the_given_intensity_and_published_presence(intensity):
    nodes = np.linspace(-6.0, 6.0, 200_001)
    weights = np.exp(-0.5 * nodes**2)
    weights /= weights.sum()
    values = strands.unit_strands(nodes, intensity)
    assert weights @ values == pytest.approx(1.0, abs=1e-4)
    assert weights @ values**2 == pytest.approx(1.0 + intensity**2, rel=1e-2)
    assert weights @ (values > 1e-9) == pytest.approx(min(1.0, 3.0 / (2.0 + intensity**2)), abs=0.02)
    assert np.all(np.diff(values) >= 0.0)
    assert np.all(values >= 0.0)


def test_no_intensity_means_no_strands():
    np.testing.assert_array_equal(strands.unit_strands(np.array([-2.0, 3.0]), 0.0), 1.0)


def test_intensity_may_change_from_tick_to_tick():
    normals = np.array([0.5, 0.5, -1.0])
    mixed = strands.unit_strands(normals, np.array([0.3, 1.1, 0.7]))
    alone = [strands.unit_strands(normals[k : k + 1], i)[0] for k, i in enumerate((0.3, 1.1, 0.7))]
    np.testing.assert_array_equal(mixed, alone)


def test_strands_need_eddies():
    fresh, near, far = ((0.2, 3.0), (1.0, 3.0), (50.0, 1.0))
    at_source, inside, mixed = (
        float(strands.strand_intensity(_relative(*r), 0.2)) for r in (fresh, near, far)
    )
    assert at_source == 0.0
    assert 0.9 < inside < 1.05
    assert 0.45 < mixed < 0.55
    assert float(strands.strand_time_s(_relative(*near), 2.0)) == pytest.approx(0.5)


def test_near_places_share_strands_and_far_ones_do_not():
    """Correlation exp(-d^2/2) in tenths of the distance, 300 draws of waves; error 1/sqrt(300 * 8)."""
    rng = np.random.default_rng(2)
    places = [(20.0, 0.0, 0.0), (20.0, 1.0, 0.0), (20.0, 8.0, 0.0)]
    same = []
    for _ in range(300):
        waves = rng.standard_normal((8, 4))
        weights = [strands.strand_waves(p, waves) for p in places]
        assert weights[0] @ weights[0] == pytest.approx(1.0)
        same.append([weights[0] @ w for w in weights[1:]])
    near, far = np.mean(same, axis=0)
    assert near == pytest.approx(np.exp(-0.125), abs=5 / np.sqrt(2400))
    assert abs(far) < 5 / np.sqrt(2400)
