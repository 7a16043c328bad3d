"""The fire weather index and the fuel moisture it is made of."""

import numpy as np
import pytest

from envirosense.physics.fire.fire_weather import MPH, equilibrium_moisture_pct, fosberg_index

WARM_K = (70.0 + 459.67) / 1.8  # 70 degF


def test_thirty_miles_an_hour_over_fuel_without_moisture_are_a_hundred():
    assert fosberg_index(WARM_K, 0.0, 30.0 * MPH) == pytest.approx(100.0, abs=0.5)
    assert fosberg_index(WARM_K, 0.0, 60.0 * MPH) == 100.0


def test_moisture_follows_each_branch_of_the_fit():
    assert equilibrium_moisture_pct(WARM_K, 0.05) == pytest.approx(0.03229 + 0.281073 * 5 - 0.000578 * 350)
    assert equilibrium_moisture_pct(WARM_K, 0.3) == pytest.approx(2.22749 + 0.160107 * 30 - 0.01478 * 70)
    damp = 21.0606 + 0.005565 * 6400 - 0.00035 * 80 * 70 - 0.483199 * 80
    assert equilibrium_moisture_pct(WARM_K, 0.8) == pytest.approx(damp)


def test_moisture_rises_with_humidity_without_a_jump_at_the_branches():
    humidity = np.linspace(0.02, 1.0, 400)
    moisture = equilibrium_moisture_pct(WARM_K, humidity)
    assert np.all(np.diff(moisture) > -0.05)
    assert np.abs(np.diff(moisture)).max() < 0.5


def test_index_rises_with_wind_and_falls_with_humidity():
    wind_m_s = np.linspace(0.0, 20.0, 30)
    assert np.all(np.diff(fosberg_index(303.0, 0.3, wind_m_s)) >= 0.0)
    assert np.all(np.diff(fosberg_index(303.0, np.linspace(0.1, 1.0, 30), 8.0)) <= 0.5)
    assert fosberg_index(283.0, 1.0, 20.0) < 25.0
