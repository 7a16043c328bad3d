"""Wind under steady conditions against published facts, and against ten hertz over a roof."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.physics.air.airflow import friction_velocity_m_s, turbulence_sigmas_m_s
from envirosense.pole.wind_series import wind_series

SHARED = Path(__file__).resolve().parents[3] / "shared/data"
ROOF = SHARED / "roof_tracer/sonic_10hz.parquet"
SURFRAD = SHARED / "weather_1min_surfrad/alamosa_20160101.parquet"


def series(mean=3.0, inv_l=0.0, height=6.0, duration=3600.0, rate=1.0, seed=1):
    return wind_series(mean, inv_l, height, duration, rate, np.random.default_rng(seed))


def kurtosis(x):
    x = x - x.mean()
    return np.mean(x**4) / np.mean(x**2) ** 2


def psd(x, rate_hz, n=4096):
    """Averaged periodogram under a Hann window, without the mean of each window."""
    windows = x[: x.size // n * n].reshape(-1, n)
    windows = (windows - windows.mean(axis=1, keepdims=True)) * np.hanning(n)
    power = np.mean(np.abs(np.fft.rfft(windows, axis=1)) ** 2, axis=0)
    return np.fft.rfftfreq(n, 1.0 / rate_hz), 2.0 * power / (rate_hz * np.sum(np.hanning(n) ** 2))


def slope(x, rate_hz, low_hz, high_hz):
    f, density = psd(x, rate_hz)
    edges = np.geomspace(low_hz, high_hz, 9)
    bands = [density[(f >= a) & (f < b)].mean() for a, b in pairwise(edges)]
    return np.polyfit(np.log(np.sqrt(edges[1:] * edges[:-1])), np.log(bands), 1)[0]


@pytest.mark.parametrize("rate", [1.0, 4.0, 20.0])
def test_shape_mean_and_reproducibility(rate):
    wind = series(rate=rate, duration=600.0)
    assert wind.shape == (round(600 * rate), 3)
    np.testing.assert_array_equal(wind, series(rate=rate, duration=600.0))
    assert not np.array_equal(wind, series(rate=rate, duration=600.0, seed=2))


@pytest.mark.parametrize(("inv_l", "mean"), [(0.0, 4.0), (-0.03, 3.0), (0.03, 4.0)])
def test_mean_and_sigmas_follow_the_stability(inv_l, mean):
    count = 40
    hours = np.array([series(mean, inv_l, 10.0, 3600.0, 2.0, seed) for seed in range(count)])
    u_star = friction_velocity_m_s(mean, 10.0, inv_l, 0.1)
    sigma = turbulence_sigmas_m_s(u_star, inv_l, 10.0)
    expected = [sigma.u**2, max(0.5, float(sigma.v)) ** 2, sigma.w**2]
    if sigma.v < 0.5:
        expected[0] += 0.25 - sigma.v**2
    average = hours[:, :, 0].mean(axis=1)
    assert average.mean() == pytest.approx(mean, abs=5.0 * average.std() / np.sqrt(count))
    power = np.mean((hours - [mean, 0.0, 0.0]) ** 2, axis=1)
    error = 5.0 * power.std(axis=0) / np.sqrt(count)
    # a share of some per cent lies above 1 Hz
    assert np.all(power.mean(axis=0) < np.array(expected) + error)
    assert np.all(power.mean(axis=0) > 0.82 * np.array(expected) - error)


def test_weak_wind_wanders_at_least_half_a_metre_per_second():
    count = 60
    hours = np.array([series(0.8, 0.05, 10.0, 7200.0, 0.2, seed) for seed in range(count)])
    power = np.mean((hours[:, :, :2] - [0.8, 0.0]) ** 2, axis=1)
    error = 5.0 * power.std(axis=0) / np.sqrt(count)
    assert np.all(power.mean(axis=0) + error > 0.25)
    assert np.all(power.mean(axis=0) - error < 0.25)  # and not more: nothing is counted twice


def test_inertial_range_and_bursts_at_ten_hertz():
    wind = series(3.0, 0.0, 6.0, 5760.0, 10.0)
    for component in wind.T:
        assert slope(component, 10.0, 1.0, 4.5) == pytest.approx(-5.0 / 3.0, abs=0.1)
        assert 4.0 < kurtosis(np.diff(component)) < 10.0
    assert np.mean((wind[:, 0] - 3.0) * wind[:, 2]) < 0.0


@pytest.mark.skipif(not ROOF.exists(), reason="shared/data/roof_tracer is not here")
def test_a_building_wake_has_the_same_bursts_and_a_shallower_spectrum():
    """Over the roof slopes are -1.39, -1.51, -1.41 and one-second increments have kurtosis 6.4 to 7.5."""
    import pandas as pd

    sonic = pd.read_parquet(ROOF)
    good = sonic[sonic["csat3b_diag"] == 0]
    measured = good[["csat3b_Ux", "csat3b_Uy", "csat3b_Uz"]].to_numpy(np.float64)
    ours = series(float(np.linalg.norm(measured.mean(axis=0))), 0.0, 6.0, 5760.0, 10.0)
    slopes = [slope(x, 10.0, 0.2, 3.0) for x in measured.T]
    np.testing.assert_allclose(slopes, -1.45, atol=0.1)
    assert np.mean([slope(x, 10.0, 0.2, 3.0) for x in ours.T]) < np.mean(slopes)  # free wind: nearer -5/3
    bursts, synthetic = ([kurtosis(x[10:] - x[:-10]) for x in wind.T] for wind in (measured, ours))
    assert 6.0 < min(bursts) < max(bursts) < 10.0
    # the free wind is somewhat less bursty than the wake
    assert 0.6 < np.mean(synthetic) / np.mean(bursts) < 1.1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mean": -1.0}, "mean_m_s"),
        ({"inv_l": 0.2}, "stability_inv_l"),
        ({"height": 0.1}, "height_m"),
        ({"rate": 21.0}, "rate_hz"),
        ({"duration": 1.0}, "duration_s"),
        ({"mean": np.nan}, "mean_m_s"),
        ({"inv_l": np.nan}, "stability_inv_l"),
        ({"height": np.inf}, "height_m"),
        ({"rate": np.nan}, "rate_hz"),
        ({"duration": np.nan}, "duration_s"),
        ({"duration": np.inf}, "duration_s"),
    ],
)
def test_impossible_conditions_are_refused(change, field):
    with pytest.raises(ConfigError, match=field):
        series(**change)


def test_a_seed_is_no_generator():
    with pytest.raises(ConfigError, match=r"rng=7: needs a generator"):
        wind_series(3.0, 0.0, 6.0, 60.0, 1.0, 7)


@pytest.mark.skipif(not SURFRAD.exists(), reason="shared/data/weather_1min_surfrad is not here")
def test_minute_means_step_as_measured_ones():
    """SURFRAD Alamosa: one-minute steps of the wind have a standard deviation of 0.30 m/s; factor 2."""
    import pyarrow.parquet as pq

    measured = np.asarray(pq.read_table(SURFRAD)["wspd"])
    assert np.diff(measured).std() == pytest.approx(0.30, abs=0.01)
    ours = [series(float(measured.mean()), inv_l, 10.0, 86_400.0, 1.0) for inv_l in (-0.02, 0.0, 0.02)]
    minutes = [np.hypot(*wind[:, :2].T).reshape(-1, 60).mean(axis=1) for wind in ours]
    steps = [np.diff(m).std() for m in minutes]
    assert all(0.15 < s < 0.6 for s in steps)
