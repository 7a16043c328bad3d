"""Meander of weak wind against its closed forms: variance budget, autocorrelation, joints, Rice mean."""

import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.physics.air import meander as me


def _streams(kind: str, hour: int) -> np.random.Generator:
    return stream(3, kind, hour)


def _correlation(x: np.ndarray, lag: int) -> float:
    return float(np.mean(x[lag:] * x[:-lag]))


def test_meander_fills_the_variance_up_to_half_a_metre_per_second_and_no_further():
    sigma_v = np.array([0.0, 0.3, 0.4, 0.5, 1.2])
    total = np.hypot(sigma_v, me.meander_sigma_m_s(sigma_v))
    np.testing.assert_allclose(total, [0.5, 0.5, 0.5, 0.5, 1.2])


def test_period_lies_in_the_published_range_and_the_swing_outlives_its_decay():
    assert 1000.0 <= me.PERIOD_S <= 2000.0
    assert me.SWING_RAD_S * me.DECAY_S > 1.0  # q over p
    assert me.meander_correlation(0.5 * me.PERIOD_S) < 0.0


@pytest.mark.parametrize("dt_s", [10.0, 50.0])
def test_autocorrelation_is_the_damped_cosine_at_any_step(dt_s: float):
    duration_s = 4e6
    path = me.meander_path(round(duration_s / dt_s), dt_s, np.random.default_rng(1))
    # Bartlett: variance of an estimate is at most 2 (integral of the squared correlation) / duration
    lags = np.arange(0.0, 5000.0)
    bound = 5.0 * np.sqrt(4.0 * np.sum(me.meander_correlation(lags) ** 2) / duration_s)
    for lag_s in (250.0, 750.0, 1500.0):
        for x in path.T:
            assert _correlation(x, round(lag_s / dt_s)) == pytest.approx(
                float(me.meander_correlation(lag_s)), abs=bound
            )
    assert np.mean(path[:, 0] * path[:, 1]) == pytest.approx(0.0, abs=bound)
    np.testing.assert_allclose(np.mean(path**2, axis=0), 1.0, atol=bound)


def test_joined_hours_have_unit_variance_and_no_seam():
    dt_s, count = 60.0, 400
    hours = np.array([me.meander_hour(_streams, hour, dt_s) for hour in range(count)])
    power = np.mean(hours**2, axis=(1, 2))
    assert power.mean() == pytest.approx(1.0, abs=5.0 * power.std() / np.sqrt(count))
    seams = hours[1:, 0] - hours[:-1, -1]
    inside = np.diff(hours, axis=1)
    expected = 2.0 * (1.0 - float(me.meander_correlation(dt_s)))
    spread = 5.0 * np.sqrt(2.0 / seams.size)
    assert np.mean(seams**2) == pytest.approx(expected, rel=spread)
    assert np.mean(inside**2) == pytest.approx(expected, rel=spread)
    np.testing.assert_array_equal(hours[7], me.meander_hour(_streams, 7, dt_s))


@pytest.mark.parametrize("ratio", [0.0, 0.7, 2.0, 5.0, 60.0])
def test_prevailing_wind_inverts_the_mean_of_the_rice_distribution(ratio: float):
    n, sigma = 200_000, 0.4
    draws = sigma * np.random.default_rng(2).standard_normal((2, n))
    speed = np.hypot(ratio * sigma + draws[0], draws[1])
    error = speed.std() / np.sqrt(n)
    # near zero the inverse is a square root: its own error is that of the speed over its slope
    found = me.prevailing_wind_m_s(speed.mean() + np.array([-5.0, 5.0]) * error, sigma)
    assert found[0] <= ratio * sigma <= found[1]


def test_prevailing_wind_vanishes_in_pure_meander_and_is_the_speed_without_any():
    assert me.prevailing_wind_m_s(0.3, 0.3 / np.sqrt(np.pi / 2.0)) == pytest.approx(0.0, abs=1e-3)
    assert me.prevailing_wind_m_s(3.0, 0.0) == 3.0
    ratios = np.linspace(1.3, 60.0, 20001)
    assert np.abs(np.diff(me.prevailing_wind_m_s(ratios, 1.0), 2)).max() < 0.05


def test_an_hour_keeps_its_mean_speed_and_swings_in_direction():
    n, dt_s = 360, 10.0
    speed, from_rad = np.full(n, 0.8), np.full(n, 1.0)
    angles = []
    for hour in range(60):
        new, turned = me.meandering_hour(speed, from_rad, np.full(n, 0.4), _streams, hour, dt_s)
        assert new.mean() == pytest.approx(0.8, rel=1e-9)
        assert new.min() >= 0.0
        angles.append(np.angle(np.exp(1j * (turned - from_rad))))
    spread = np.std(angles)
    assert np.radians(20.0) < spread < np.radians(80.0)
    assert np.mean(angles) == pytest.approx(0.0, abs=5.0 * spread / np.sqrt(60 * 2))


def test_strong_wind_comes_back_as_it_was():
    speed, from_rad = np.full(36, 6.0), np.zeros(36)
    assert me.meandering_hour(speed, from_rad, np.zeros(36), _streams, 0, 100.0) == (speed, from_rad)
