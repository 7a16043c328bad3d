"""The published load year and the responses on top of it."""

import numpy as np
import pytest

from envirosense.physics.air.airflow import ou_path
from envirosense.physics.electric.load import (
    SET_PU,
    SUPPLY_MEMORY_S,
    TAP_DELAY_S,
    TAP_PU,
    lagged_air_c,
    line_load_fraction,
    load_fraction,
    mains_frequency_hz,
    phase_shares,
    pole_voltage_pu,
    power_factor,
    regulated_voltage_pu,
    temperature_factor,
)


def test_published_year_has_its_peak_minimum_and_load_factor():
    # V-LD-1 over 52 weeks
    load = load_fraction(np.arange(8736))
    assert int(np.argmax(load)) == 8441
    assert load.max() == 1.0
    assert load.min() == pytest.approx(0.33881, abs=5e-6)
    assert load.mean() == pytest.approx(0.61439, abs=5e-6)


def test_load_is_constant_within_the_hour_and_periodic_in_the_year():
    assert load_fraction(8441.999) == 1.0
    np.testing.assert_array_equal(load_fraction(np.arange(48) + 8760), load_fraction(np.arange(48)))


def test_last_day_of_the_year_repeats_the_last_week():
    np.testing.assert_array_equal(load_fraction(np.arange(8736, 8760)), load_fraction(np.arange(8568, 8592)))


def test_weekend_carries_less_than_the_working_week():
    by_day = load_fraction(np.arange(168)).reshape(7, 24).max(axis=1)
    assert by_day[5:].max() < by_day[:5].min()


def test_heat_and_frost_raise_the_load_and_mild_air_does_not():
    np.testing.assert_allclose(temperature_factor([31.0, 18.0, 4.0]), [1.25, 1.0, 1.13])
    np.testing.assert_allclose(temperature_factor([31.0, 18.0, 4.0], blend=0.0), 1.0)


def test_buildings_follow_the_air_with_a_lag():
    step = np.append(np.zeros(48), np.full(4, 10.0))
    expected = 10.0 * (1.0 - np.exp(-4.0 / 4.0))  # four hours of a four-hour lag, infinite past
    assert lagged_air_c(step) == pytest.approx(expected, rel=1e-4)
    assert lagged_air_c(np.full(10, 7.0)) == pytest.approx(7.0)


def test_step_of_the_history_does_not_change_the_lagged_air():
    hourly = lagged_air_c(np.append(np.zeros(48), np.full(4, 10.0)))
    quarter = lagged_air_c(np.append(np.zeros(192), np.full(16, 10.0)), step_s=900.0)
    assert quarter == pytest.approx(hourly, rel=1e-4)


def test_noise_scales_the_load_and_never_turns_it_around():
    hours = np.full(3, 8441.0)
    load = line_load_fraction(hours, noise=[1.0, 0.0, -100.0], noise_fraction=0.03)
    np.testing.assert_allclose(load, [1.03, 1.0, 0.0])


def test_temperature_response_multiplies_the_backbone():
    hot = line_load_fraction([100.0], air_c=31.0, blend=0.5)
    np.testing.assert_allclose(hot, load_fraction([100.0]) * 1.125)


def test_phase_shares_follow_the_dirichlet_law():
    """n = 100 000: mean 1/3 and variance (2/9)/(3 alpha + 1), within 5 standard errors."""
    n, alpha = 100_000, 60.0
    shares = phase_shares(np.random.default_rng(1).standard_normal((n, 3)), alpha)
    variance = 2.0 / 9.0 / (3.0 * alpha + 1.0)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(shares.mean(axis=0), 1 / 3, atol=5 * np.sqrt(variance / n))
    np.testing.assert_allclose(shares.var(axis=0), variance, rtol=5 * np.sqrt(2.0 / n) + 0.002)
    with pytest.raises(ValueError, match="alpha"):
        phase_shares(np.zeros(3), 2.0)


def test_unbalance_lies_between_two_and_fifteen_percent():
    shares = phase_shares(np.random.default_rng(1).standard_normal((20_000, 3)))
    unbalance = np.abs(shares @ np.exp(2j * np.pi / 3 * np.arange(3)))  # |I2| / |I1|
    assert np.mean((unbalance > 0.02) & (unbalance < 0.15)) > 0.9
    assert np.sqrt(np.mean(unbalance**2)) == pytest.approx(np.sqrt(4.5 * 2 / 9 / 181), rel=0.03)


def test_power_factor_is_uniform_within_its_bounds():
    factor = power_factor(np.random.default_rng(2).standard_normal(20_000))
    assert 0.92 <= factor.min() < 0.9201 < 0.9799 < factor.max() <= 0.98
    assert factor.mean() == pytest.approx(0.95, abs=5 * 0.06 / np.sqrt(12 * 20_000))


def test_mains_frequency_wanders_around_sixty_hertz():
    np.testing.assert_allclose(mains_frequency_hz([-1.0, 0.0, 2.0]), [59.98, 60.0, 60.04])


@pytest.mark.parametrize("dt_s", [1.0, 60.0, 600.0])
def test_regulator_holds_its_band_at_any_tick(dt_s):
    n = int(10 * 86_400 / dt_s)
    walk = ou_path(np.random.default_rng(3).standard_normal(n), dt_s, SUPPLY_MEMORY_S, 0.0)
    load = 0.6 + 0.3 * np.sin(2 * np.pi * np.arange(n) * dt_s / 86_400)
    regulated = regulated_voltage_pu(load, walk, dt_s)
    assert regulated.mean() == pytest.approx(SET_PU, abs=0.003)
    assert np.mean(np.abs(regulated - SET_PU) > 1.0 / 120.0 + 1e-12) < 0.02
    at_pole = pole_voltage_pu(regulated, load[:, None] * np.array([0.9, 1.0, 1.1]))
    assert 0.95 < at_pole.min() < at_pole.max() < 1.05


def test_regulator_waits_before_it_moves_and_then_moves_one_tap():
    load = np.where(np.arange(200) < 50, 0.0, 0.5)  # the supply loses 1 %
    voltage = regulated_voltage_pu(load, np.zeros(200), 1.0)
    moved = np.flatnonzero(np.diff(voltage) > 0.5 * TAP_PU) + 1
    assert moved.tolist() == [50 + int(TAP_DELAY_S) - 1]
    assert voltage[-1] - voltage[60] == pytest.approx(TAP_PU)


def test_regulator_stops_at_its_last_tap():
    voltage = regulated_voltage_pu(np.full(400, 8.0), np.zeros(400), 10.0)  # 16 % down, sixteen taps are 10 %
    np.testing.assert_allclose(voltage, 1.0 - 0.16 + 0.10)
