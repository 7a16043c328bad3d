"""Ambient particles: spectrum and Allan deviation of the measured air, spread, rain."""

import math

import numpy as np
import pytest

from envirosense.physics.particles import background_particles as bp

GSD = 2.0
TAUS_S = np.array([*bp.SLOW_TAUS_S, *bp.NEAR_TAUS_S])
VARIANCES = np.array([math.log(GSD) ** 2 * s for s in bp.SLOW_SHARES] + [s**2 for s in bp.NEAR_LN_SIGMAS])
COUNTING = 0.158**2 / 8.0  # variance of ln PM2.5 from the counter's noise at 8 ug/m3 in 49 s


def allan(interval_s):
    """Allan deviation of ln PM2.5 as the counter reports it, closed form of Ornstein-Uhlenbeck paths."""
    r = interval_s / TAUS_S
    mean, lag = 2.0 * (r - 1.0 + np.exp(-r)) / r**2, (-np.expm1(-r) / r) ** 2
    return math.sqrt(float(VARIANCES @ (mean - lag)) + COUNTING * 49.0 / interval_s)


def psd(f_hz):
    air = (4.0 * VARIANCES * TAUS_S / (1.0 + (2.0 * np.pi * f_hz[:, None] * TAUS_S) ** 2)).sum(axis=1)
    return air + 2.0 * COUNTING * 49.0


@pytest.mark.parametrize(
    ("interval_s", "expected"), [(49, 0.166), (196, 0.109), (780, 0.090), (3120, 0.143), (12600, 0.277)]
)
def test_allan_deviation_is_that_of_the_street(interval_s, expected):  # section 7, tolerance 30 %
    assert allan(interval_s) == pytest.approx(expected, rel=0.30)


@pytest.mark.parametrize(("band_hz", "slope"), [((1e-5, 1e-3), -1.39), ((1e-3, 1e-2), -0.46)])
def test_spectrum_falls_as_in_the_street(band_hz, slope):  # section 7, tolerance 0.25
    f_hz = np.geomspace(*band_hz, 60)
    assert np.polyfit(np.log(f_hz), np.log(psd(f_hz)), 1)[0] == pytest.approx(slope, abs=0.25)


def test_wander_has_median_one_and_the_spread_asked_for():
    n = 40_000
    rng = np.random.default_rng(5)
    factor = bp.particle_factor(*(rng.standard_normal((n, 2)) for _ in range(3)), GSD, 0.7, 0.0)
    expected = math.sqrt(float(VARIANCES.sum()))
    assert np.log(factor).std() == pytest.approx(expected, rel=5 / math.sqrt(2 * n))
    assert np.log(factor).mean() == pytest.approx(0.0, abs=5 * expected / math.sqrt(n))


@pytest.mark.parametrize("dt_s", [0.1, 1.0, 10.0, 60.0, 600.0])
def test_tick_means_keep_what_averaging_leaves_of_near_plumes(dt_s):
    lag_s = np.linspace(0.0, dt_s, 200_001)
    weight = 2.0 * (1.0 - lag_s / dt_s) / dt_s  # of each lag in the variance of a mean
    kept = [np.trapezoid(weight * np.exp(-lag_s / tau_s), lag_s) for tau_s in bp.NEAR_TAUS_S]
    np.testing.assert_allclose(bp.tick_mean_share(dt_s), kept, rtol=1e-6)
    assert np.all(bp.tick_mean_share(0.0) > 1.0 - 1e-6)


def test_mean_level_does_not_depend_on_the_tick():
    n = 400_000
    near = np.random.default_rng(3).standard_normal((n, 2))
    still = np.zeros((n, 2))
    means = [bp.particle_factor(still, still, near, GSD, 0.0, dt_s).mean() for dt_s in (0.0, 10.0, 600.0)]
    expected = math.exp(0.5 * sum(s**2 for s in bp.NEAR_LN_SIGMAS))
    np.testing.assert_allclose(means, expected, rtol=5.0 * 0.31 / math.sqrt(n))  # ln sigma 0.30


def test_traffic_and_wind_move_a_part_only():
    hour = np.arange(0.0, 24.0, 0.1)
    course = bp.particle_course(hour, np.full(hour.size, 3.0))
    assert course.mean() == pytest.approx(1.0, abs=0.01)
    assert 0.6 < course.min() < course.max() < 1.4
    assert np.all(bp.particle_course(hour, np.full(hour.size, 0.2)) > course)


def test_rain_lowers_the_level_to_its_balance_and_air_renews_it():
    washout = np.where(np.arange(4000) < 2000, 1e-4, 0.0)
    left = bp.washed_factor(washout, 60.0)
    balance = 1.0 / (1.0 + 1e-4 * bp.RENEWAL_S)
    assert left[1999] == pytest.approx(balance, rel=1e-3)
    assert left[-1] == pytest.approx(1.0, abs=1e-2)
    np.testing.assert_array_equal(bp.washed_factor(np.zeros(5), 1.0), 1.0)
    fine = bp.washed_factor(np.repeat(washout, 60), 1.0)
    np.testing.assert_allclose(fine.reshape(-1, 60).mean(axis=1), left, rtol=1e-9)


def test_spreads_below_one_are_refused():
    with pytest.raises(ValueError, match="gsd"):
        bp.particle_factor(*(np.zeros((1, 2)) for _ in range(3)), 0.5, 0.0, 1.0)
