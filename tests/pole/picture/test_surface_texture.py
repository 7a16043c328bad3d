import numpy as np
import pytest

from envirosense.pole.picture.scene import Scene, coverage
from envirosense.pole.picture.scene_geometry import Ellipsoid, Ground, PinholeCamera
from envirosense.pole.picture.surface_texture import GAP, Patches, Textured

SOIL = Patches(("moist", "dry"), (0.3, 0.7), (2.0, 2.0, 2.0), seed=5)
DOWN = PinholeCamera((0.0, 0.0, 8.0), 0.0, -50.0)


def test_kinds_have_their_shares():
    """Over 40 x 40 patches; the shares of a fractal field scatter by about 2 %."""
    x, y = np.meshgrid(np.linspace(0.0, 80.0, 200), np.linspace(0.0, 80.0, 200))
    kind = SOIL.kind_at(np.stack([x.ravel(), y.ravel(), 0.3 + 0.0 * x.ravel()], axis=1))
    assert np.mean(kind == 0) == pytest.approx(0.3, abs=0.06)


def test_neighbours_are_alike_and_strangers_are_not():
    rng = np.random.default_rng(0)
    points = rng.uniform(-50.0, 50.0, (4000, 3))
    same = [
        np.mean(SOIL.kind_at(points) == SOIL.kind_at(points + np.array([d, 0, 0]))) for d in (0.02, 0.5, 40.0)
    ]
    assert same[0] > 0.9
    assert same[0] > same[1] > same[2]
    assert same[2] == pytest.approx(0.3**2 + 0.7**2, abs=0.05)


def test_a_seed_fixes_the_patches():
    points = np.random.default_rng(1).uniform(-9.0, 9.0, (500, 3))
    other = Patches(SOIL.kinds, SOIL.shares, SOIL.size_m, seed=6)
    np.testing.assert_array_equal(SOIL.kind_at(points), SOIL.kind_at(points))
    assert np.mean(SOIL.kind_at(points) == other.kind_at(points)) < 0.8


def test_patches_split_a_body_without_moving_it():
    plain = coverage(Scene((Ground(),)), DOWN)
    split = coverage(Scene((Textured(Ground(), SOIL),)), DOWN)
    assert split.components[:4] == ("ground/0~moist", "ground/0~dry", "ground/1~moist", "ground/1~dry")
    np.testing.assert_allclose(split.weights[:, :2].sum(axis=1), plain.weights[:, 0], atol=3e-4)
    assert 0.1 < split.weights[:, 0].mean() / split.weights[:, :2].sum(axis=1).mean() < 0.6
    np.testing.assert_allclose(split.weights.sum(axis=1, dtype=np.float64), 1.0, atol=3e-7)


def test_one_sees_through_gaps():
    crown = Ellipsoid("tree", (0.0, 0.0, 0.0), (3.0, 3.0, 3.0))
    hit = coverage(Scene((crown, Ground(height_m=-3.0))), DOWN).weights[:, 0] > 0.99
    shares = []
    for seed in range(8):
        leaves = Textured(crown, Patches((GAP, "leaf"), (0.4, 0.6), (0.5, 0.5, 0.5), seed))
        assert leaves.components == ("tree~leaf",)
        cover = coverage(Scene((leaves, Ground(height_m=-3.0))), DOWN)
        shares.append(cover.weights[hit, 0].mean())
        np.testing.assert_allclose(cover.weights.sum(axis=1, dtype=np.float64), 1.0, atol=3e-7)
    assert np.mean(shares) == pytest.approx(0.6, abs=0.1)
