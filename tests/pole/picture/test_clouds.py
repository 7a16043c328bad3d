import numpy as np
import pytest

from envirosense.pole.picture.cloud_kernels import cloud_share, decay
from envirosense.pole.picture.clouds import (
    SHARPNESS,
    TEXEL_M,
    TEXELS,
    cloud_field,
    cloud_places_m,
    cover_level,
    field_samples,
)


def drifting(places_m, t_s, drift_m_s, seed=1):
    """Field at times as the kernel reads it, (time, place)."""
    samples, before, between = field_samples(seed, places_m, t_s, drift_m_s)
    return samples[before] + between[:, None] * (samples[before + 1] - samples[before])


def covered(field, cover):
    """Share of cloud of every value of a field."""
    level, sharpness = (np.float32(value) for value in (cover_level(cover), SHARPNESS))
    values = field.astype(np.float32).ravel()[::7]
    return np.array([cloud_share(value, level, sharpness) for value in values])


def test_the_field_is_normal_periodic_and_its_own():
    field = cloud_field(3)
    assert field.mean() == pytest.approx(0.0, abs=1e-12)
    assert field.std() == pytest.approx(1.0)
    seam = np.abs(field[:, 0] - field[:, -1]).mean()
    inside = np.abs(np.diff(field, axis=1)).mean()
    assert seam == pytest.approx(inside, rel=0.2)
    assert np.abs(np.corrcoef(field.ravel(), cloud_field(4).ravel())[0, 1]) < 0.5


def test_small_cells_follow_the_inertial_slope():
    """Plane spectrum falls as k to the -8/3 between the outer scale and the texel."""
    power = np.mean([np.abs(np.fft.fft2(cloud_field(seed))) ** 2 for seed in range(6)], axis=0)
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(TEXELS), np.fft.fftfreq(TEXELS)))
    ring = (k > 0.08) & (k < 0.4)
    slope = np.polyfit(np.log(k[ring]), np.log(power[ring]), 1)[0]
    assert slope == pytest.approx(-8 / 3, abs=0.1)


@pytest.mark.parametrize("cover", [0.1, 0.5, 0.9])
def test_the_mean_cover_is_that_of_the_weather(cover):
    """Over whole fields of eight seeds; one field holds some 45 cells, so 0.04 is about five errors."""
    found = [covered(cloud_field(seed)[::3], cover).mean() for seed in range(8)]
    assert np.mean(found) == pytest.approx(cover, abs=0.04)


def test_clear_and_overcast_are_exact():
    assert covered(cloud_field(0)[:8], 0.0).max() < 1e-20
    assert covered(cloud_field(0)[:8], 1.0).min() == 1.0


def test_the_quick_decay_is_an_exponential():
    x = np.linspace(0.0, 80.0, 4001).astype(np.float32)
    np.testing.assert_allclose(decay(x), np.exp(-x.astype(np.float64)), atol=2e-5)


def test_places_of_the_layer():
    places = cloud_places_m(np.array([0.0, np.pi / 2, 1.0]), np.radians([45.0, 45.0, 90.0]), 1000.0)
    np.testing.assert_allclose(places, [[0, 1000], [1000, 0], [0, 0]], atol=1e-6)
    low = cloud_places_m(np.zeros(2), np.array([0.0, -0.5]), 1000.0)
    assert np.all(np.hypot(*low.T) < 12e3)


def test_the_field_moves_with_the_wind_and_returns_after_its_period():
    places = np.array([[0.0, 0.0], [800.0, 0.0]])
    moved = drifting(places, np.array([0.0, 80.0]), (10.0, 0.0))
    assert moved[1, 1] == pytest.approx(moved[0, 0], abs=1e-5)  # 800 m downwind after 80 s
    around = drifting(places, np.array([0.0, TEXELS * TEXEL_M / 16.0]), (16.0, 0.0))
    np.testing.assert_allclose(around[0], around[1], atol=1e-5)


def test_times_between_samples_are_straight_lines():
    found = drifting(np.zeros((1, 2)), np.array([5.0, 7.5, 10.0]), (30.0, 0.0))[:, 0]
    assert found[1] == pytest.approx(0.5 * (found[0] + found[2]), abs=1e-6)
