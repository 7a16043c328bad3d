"""Conductors: published frequencies, ranges of aeolian vibration and galloping."""

import numpy as np
import pytest

from envirosense.physics.motion import wires as ws

WINDS = np.array([1.0, 3.0, 5.0, 7.0])


@pytest.mark.parametrize(
    ("diameter_m", "expected_hz"), [(0.0183, (10.1, 30.3, 50.5, 70.8)), (0.0281, (6.6, 19.8, 32.9, 46.1))]
)
def test_strouhal_frequencies_of_the_reference(diameter_m, expected_hz):
    np.testing.assert_allclose(ws.strouhal_hz(WINDS, diameter_m), expected_hz, atol=0.051)


@pytest.mark.parametrize(("tension_n", "expected_hz"), [(3000.0, 0.55), (6000.0, 0.78)])
def test_span_frequencies_of_the_reference(tension_n, expected_hz):
    assert ws.span_hz(1, 60.0, tension_n, 0.689) == pytest.approx(expected_hz, abs=0.0051)
    assert ws.span_hz(3, 60.0, tension_n, 0.689) == pytest.approx(3.0 * ws.span_hz(1, 60.0, tension_n, 0.689))


def test_sag_is_the_parabola():
    assert ws.sag_m(60.0, 3000.0, 0.689) == pytest.approx(0.689 * 9.80665 * 3600.0 / 24_000.0)


def test_a_tight_span_pulls_like_a_rod_and_a_slack_one_not_at_all():
    assert ws.span_stiffness_n_m(60.0, 1e7, 0.689, 1.6e7) == pytest.approx(1.6e7 / 60.0, rel=1e-6)
    slack = ws.span_stiffness_n_m(60.0, np.array([100.0, 200.0]), 0.689, 1.6e7)
    assert slack[1] / slack[0] == pytest.approx(8.0, rel=0.01)
    assert ws.span_stiffness_n_m(60.0, 0.0, 0.689, 1.6e7) < 1e-4


def test_aeolian_vibration_needs_smooth_wind_in_its_range():
    steady = ws.aeolian_amplitude_m(np.array([0.3, 3.0, 9.0]), 0.0183, 0.02)
    assert steady[0] == steady[2] == 0.0
    assert 0.0 < steady[1] <= 0.0183
    rough = ws.aeolian_amplitude_m(3.0, 0.0183, 0.25)
    assert rough < 0.03 * steady[1]
    winds = np.linspace(0.5, 9.0, 200)
    assert np.all(ws.aeolian_amplitude_m(winds, 0.0183, 0.0) <= 0.0183)


def test_galloping_needs_ice_and_wind():
    assert ws.galloping_amplitude_m(10.0, 0.0, 1.0) == 0.0
    assert ws.galloping_amplitude_m(np.array([4.0, 20.0]), 1.0, 1.0).max() == 0.0
    assert 0.1 < ws.galloping_amplitude_m(10.0, 0.5, 1.0) < 1.0


def test_forces_on_the_pole():
    # one loop's slope at the clamp times the tension
    f, amplitude_m, tension_n, mass = 30.0, 1e-3, 3000.0, 0.689
    slope = 2.0 * np.pi * f / np.sqrt(tension_n / mass) * amplitude_m
    assert ws.loop_force_n(f, amplitude_m, tension_n, mass) == pytest.approx(tension_n * slope)
    x = np.linspace(0.0, 60.0, 2001)
    inertia = np.trapezoid(0.689 * (2.0 * np.pi * 0.5) ** 2 * 0.4 * np.sin(np.pi * x / 60.0), x)
    assert ws.gallop_force_n(0.5, 0.4, 60.0, 0.689) == pytest.approx(inertia, rel=1e-5)
