"""Mass-consistent wind: divergence, identity, blocking, and the closed form of a single error."""

import numpy as np
import pytest

from envirosense.physics.air import terrain as te

SPACING_M = (5.0, 5.0, 2.0)
SHAPE = (24, 20, 10)


def _box() -> np.ndarray:
    solid = np.zeros(SHAPE, dtype=bool)
    solid[10:14, 8:12, :4] = True
    return solid


def _wind(solid: np.ndarray, vertical_ratio: float = 1.0) -> te.FaceWind:
    return te.terrain_wind(solid, SPACING_M, 0.4, 0.0, 0.1, np.pi / 2, vertical_ratio)


def test_flat_ground_keeps_the_profile_bit_for_bit():
    wind = _wind(np.zeros(SHAPE, dtype=bool))
    first = te.uniform_profile_wind(np.zeros(SHAPE, dtype=bool), SPACING_M, wind.u[0, 0], np.pi / 2)
    np.testing.assert_array_equal(wind.u, first.u)
    np.testing.assert_array_equal(wind.w, 0.0)


@pytest.mark.parametrize("vertical_ratio", [0.3, 1.0, 3.0])
def test_divergence_vanishes_around_a_building(vertical_ratio: float):
    solid = _box()
    wind = _wind(solid, vertical_ratio)
    divergence = te.divergence_per_s(wind, SPACING_M)[~solid]
    assert np.abs(divergence).max() < 1e-6 * wind.u.max() / SPACING_M[0]


def test_nothing_passes_walls_or_ground_and_the_flow_speeds_up_beside_and_above():
    solid = _box()
    wind = _wind(solid)
    assert not wind.u[10:15, 8:12, :4].any()
    assert not wind.v[10:14, 8:13, :4].any()
    assert not wind.w[10:14, 8:12, :5].any()
    assert not wind.w[:, :, 0].any()
    first = te.uniform_profile_wind(solid, SPACING_M, wind.u[0, 0], np.pi / 2)
    gain = te.speed_up(wind, te.FaceWind(*(np.ones_like(f) for f in (first.u, first.v, first.w))))
    free = te.speed_up(first, te.FaceWind(*(np.ones_like(f) for f in (first.u, first.v, first.w))))
    assert gain[12, 7, 1] > free[12, 7, 1]
    assert gain[12, 10, 4] > free[12, 10, 4]
    assert gain[9, 10, 1] < 0.7 * free[9, 10, 1]


def test_stiff_vertical_motion_sends_the_air_around():
    solid = _box()
    around, over = (np.abs(_wind(solid, ratio).w).max() for ratio in (0.2, 3.0))
    assert around < 0.5 * over


def test_the_mirror_image_of_the_ground_gives_the_mirror_image_of_the_wind():
    solid = _box()
    solid[5:7, 3:5, :2] = True
    wind, mirrored = _wind(solid), _wind(solid[:, ::-1])
    np.testing.assert_allclose(wind.u, mirrored.u[:, ::-1], atol=1e-8)
    np.testing.assert_allclose(wind.v, -mirrored.v[:, ::-1], atol=1e-8)


def test_adjusting_twice_changes_nothing_more():
    solid = _box()
    once = _wind(solid)
    twice = te.mass_consistent_wind(once, solid, SPACING_M)
    np.testing.assert_allclose(twice.u, once.u, atol=1e-8)


def test_adjustment_is_the_least_that_conserves_mass():
    """The correction is orthogonal to every field without divergence that respects the walls."""
    rng = np.random.default_rng(5)
    solid = np.zeros((6, 5, 4), dtype=bool)
    solid[2:4, 2, :2] = True
    first = te.FaceWind(*(rng.standard_normal(s) for s in ((7, 5, 4), (6, 6, 4), (6, 5, 5))))
    ratio = 0.7
    result = te.mass_consistent_wind(first, solid, (1.0, 1.0, 1.0), ratio)
    other = te.mass_consistent_wind(
        te.FaceWind(*(rng.standard_normal(f.shape) for f in (first.u, first.v, first.w))),
        solid, (1.0, 1.0, 1.0), ratio,
    )  # fmt: skip
    product = sum(
        np.sum((getattr(result, k) - getattr(first, k)) * getattr(other, k)) / s
        for k, s in (("u", 1.0), ("v", 1.0), ("w", ratio**2))
    )
    size = sum(np.sum((getattr(result, k) - getattr(first, k)) ** 2) for k in "uvw")
    assert abs(product) < 1e-8 * size


def test_impossible_inputs_are_refused():
    solid = np.zeros(SHAPE, dtype=bool)
    with pytest.raises(ValueError, match="one speed per layer"):
        te.uniform_profile_wind(solid, SPACING_M, np.ones(3), 0.0)
    with pytest.raises(ValueError, match="vertical_ratio"):
        _wind(solid, 0.0)
