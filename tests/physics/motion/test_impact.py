"""Blows on modes: against integration of the equation of motion, energy and momentum."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from envirosense.physics.motion import impact as im

BLOW = im.Blow(0.2, 0.1, np.array([6.0, 40.0, 100.0]), np.full(3, 0.002), np.array([1.0, 2.0, 3.0]))


def _force(t, mode):
    inside = (t >= 0.2) & (t <= 0.3)
    return np.where(inside, np.pi * BLOW.impulse[mode] / 0.2 * np.sin(np.pi * (t - 0.2) / 0.1), 0.0)


@pytest.mark.parametrize("mode", [0, 1, 2])
def test_acceleration_solves_the_equation_of_motion(mode):
    w, zeta = BLOW.omega[mode], BLOW.damping[mode]
    t = np.linspace(0.0, 1.0, 2001)

    def change(now, state):
        return [state[1], _force(now, mode) - 2.0 * zeta * w * state[1] - w**2 * state[0]]

    moved = solve_ivp(change, (0.0, 1.0), [0.0, 0.0], t_eval=t, max_step=1e-3, rtol=1e-7, atol=1e-9)
    wanted = _force(t, mode) - 2.0 * zeta * w * moved.y[1] - w**2 * moved.y[0]
    found = im.modal_acceleration(t, BLOW)[:, mode]
    assert np.abs(found - wanted).max() < 0.02 * np.abs(wanted).max()


def test_a_short_blow_gives_its_whole_impulse():
    assert im.half_sine_gain(np.array(1.0), 1e-4) == pytest.approx(1.0, abs=1e-8)
    assert im.half_sine_gain(np.array(10.0 * np.pi), 0.1) == pytest.approx(np.pi / 4.0, rel=1e-5)  # 0/0
    assert im.half_sine_gain(np.array(30.0 * np.pi), 0.1) == pytest.approx(0.0, abs=1e-12)
    assert im.peak_force_n(15e3, 0.1) * 2.0 * 0.1 / np.pi == pytest.approx(15e3)


def test_ring_down_energy_is_that_of_the_waveform():
    t = 0.3 + (np.arange(400_000) + 0.5) * 1e-4
    edges_s = np.array([0.3, 1.3, 10.3, 40.3])
    square = im.modal_acceleration(t, BLOW) ** 2
    wanted = [square[(t >= a) & (t < b)].mean(axis=0) for a, b in pairwise(edges_s)]
    # a second holds one cycle of the slowest mode, its phase shows
    np.testing.assert_allclose(im.ring_energy(edges_s, BLOW), wanted, rtol=0.08)
    np.testing.assert_allclose(im.ring_energy(edges_s, BLOW)[1:], wanted[1:], rtol=0.02)


def test_ring_energy_does_not_depend_on_the_ticks():
    fine, coarse = im.ring_energy(np.linspace(0.0, 8.0, 81), BLOW), im.ring_energy(np.array([0.0, 8.0]), BLOW)
    np.testing.assert_allclose(fine.mean(axis=0), coarse[0])
    assert np.all(im.ring_energy(np.array([0.0, 0.1, 0.2]), BLOW) == 0.0)


def test_pulse_energy_is_kept_whatever_the_ticks():
    for edges_s in (np.array([0.0, 1.0]), np.linspace(0.0, 1.0, 8), np.array([0.0, 0.24, 0.26, 1.0])):
        total = np.sum(im.pulse_energy(edges_s, 0.2, 0.1) * np.diff(edges_s))
        assert total == pytest.approx(0.05)


@pytest.mark.parametrize("duration_s", [0.003, 0.05, 0.15])
def test_pulse_bands_hold_the_energy_of_a_sampled_pulse(duration_s):
    n, rate_hz = 2**19, 20_000.0
    t = np.arange(n) / rate_hz
    pulse = np.where(t < duration_s, np.sin(np.pi * t / duration_s), 0.0)
    power = np.abs(np.fft.rfft(pulse)) ** 2
    f = np.fft.rfftfreq(n, 1.0 / rate_hz)
    bands = [power[(f >= low) & (f < high)].sum() for low, high in im.VIBRATION_BANDS_HZ]
    np.testing.assert_allclose(im.pulse_band_share(duration_s), np.array(bands) / power.sum(), atol=5e-3)


def test_a_car_shakes_the_base_of_a_pole_by_five_to_fifty_g():
    stiffness, mass = 12.4e9 * np.pi / 64.0 * 0.3**4, 750.0 * np.pi / 4.0 * 0.3**2
    for duration_s in (0.1, 0.15):
        peak_g = im.contact_acceleration_m_s2(15e3, duration_s, stiffness, mass, 0.0) / 9.80665
        assert 5.0 < peak_g < 50.0
    assert im.contact_acceleration_m_s2(15e3, 0.1, stiffness, mass, 1.0) == 0.0


def test_a_blow_without_length_is_refused():
    with pytest.raises(ValueError, match="duration_s"):
        im.Blow(0.0, 0.0, np.ones(1), np.ones(1), np.ones(1))
