"""Drying and smouldering: the boiling plateau, front speed, extinction, mass that closes."""

import numpy as np
import pytest

from envirosense.physics.fire import smoulder as sm


def test_moist_wood_waits_at_boiling_for_its_latent_heat():
    heat_j = np.linspace(0.0, 60e3, 601)
    state = sm.moist_state(heat_j, 50.0, 0.2, 293.15)
    at_boiling = np.isclose(state.temperature_k, sm.BOILING_K, atol=1e-9)
    plateau_j = heat_j[at_boiling][-1] - heat_j[at_boiling][0]
    assert plateau_j == pytest.approx(50.0 * 0.2 * 2260.0, abs=200.0)  # 2.26 MJ per kg of water
    assert state.moisture[0] == 0.2
    assert state.moisture[-1] == 0.0
    assert np.all(np.diff(state.temperature_k) >= -1e-12)


def test_heat_taken_up_is_the_heat_given():
    state = sm.moist_state(50e3, 50.0, 0.2, 293.15)
    water_g = 10.0
    stored_j = 50.0 * 1.6 * (state.temperature_k - 293.15) + water_g * (4.19 * 80.0 + 2260.0)
    assert float(stored_j) == pytest.approx(50e3, rel=1e-12)


def test_dry_wood_has_no_plateau():
    state = sm.moist_state(np.array([8e3, 16e3]), 50.0, 0.0, 293.15)
    np.testing.assert_allclose(state.temperature_k, 293.15 + np.array([100.0, 200.0]))


def test_front_is_slowed_by_water_and_goes_out():
    assert float(sm.front_speed_m_s(0.0)) * 6e4 == pytest.approx(2.0)  # mm/min
    moist = sm.front_speed_m_s(np.array([0.05, 0.15, 0.25, 0.301, 1.0]))
    assert np.all(np.diff(moist[:3]) < 0)
    assert np.all(moist[3:] == 0.0)
    assert moist[1] * 6e4 > 0.9


def test_front_starts_with_hot_char_and_stays_lit():
    temperature_k = np.array([500.0, 600.0, 600.0, 400.0])
    char = np.array([0.1, 0.0, 0.1, 0.1])
    assert sm.caught(temperature_k, char).tolist() == [False, False, True, True]


def test_a_front_eats_the_thickness_in_the_time_its_speed_says():
    lit = np.ones(200, dtype=bool)
    eaten = sm.eaten_share(lit, np.zeros(200), 0.02, 10.0)
    assert int(np.argmax(eaten >= 1.0 - 1e-9)) + 1 == 60  # 20 mm at 2 mm/min
    fine = sm.eaten_share(np.ones(2000, dtype=bool), np.zeros(2000), 0.02, 1.0)
    np.testing.assert_allclose(fine[9::10], eaten, rtol=1e-12)


def test_a_front_that_meets_wet_wood_stays_out():
    moisture = np.array([0.1, 0.1, 0.5, 0.1, 0.1])
    eaten = sm.eaten_share(np.ones(5, dtype=bool), moisture, 0.02, 10.0)
    assert eaten[1] > eaten[0] > 0.0
    assert np.all(eaten[1:] == eaten[1])


def test_front_and_heat_share_the_mass_without_rest():
    rng = np.random.default_rng(1)
    eaten, solid = np.sort(rng.random(100)), np.sort(rng.random(100))[::-1]
    loss = sm.consume(eaten, solid)
    np.testing.assert_allclose(1.0 - np.cumsum(loss.front + loss.heated), loss.left, atol=1e-12)
    assert min(loss.front.min(), loss.heated.min()) >= 0.0


def test_impossible_pieces_are_refused():
    with pytest.raises(ValueError, match="start_k"):
        sm.moist_state(0.0, 1.0, 0.1, 400.0)
    with pytest.raises(ValueError, match="thickness_m"):
        sm.eaten_share(np.ones(2, dtype=bool), np.zeros(2), 0.0, 1.0)
