"""The published load year and the responses on top of it."""

import numpy as np
import pytest

from envirosense.physics.load import lagged_air_c, line_load_fraction, load_fraction, temperature_factor


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
