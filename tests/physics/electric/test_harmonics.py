import numpy as np
import pytest

from envirosense.physics.electric.harmonics import (
    EXCITING_PHASORS,
    HARMONICS,
    RESIDENTIAL,
    exciting_excess,
    phase_rotation,
    pulse_coefficient,
    residual,
    saturation_excess,
    symmetrical_components,
    tone_phasors,
)


def test_three_phases_alike_leave_only_triplens_in_the_neutral():
    alike = RESIDENTIAL[:, None] * np.full(3, 200.0) * phase_rotation()
    expected = [3.0 * r * 200.0 if h % 3 == 0 else 0.0 for h, r in zip(HARMONICS, RESIDENTIAL, strict=True)]
    np.testing.assert_allclose(np.abs(residual(alike)), expected, atol=1e-10)


def test_orders_turn_forward_backward_or_not_at_all():
    sequence = np.abs(symmetrical_components(phase_rotation() + 0j))  # zero, positive, negative
    expected = [{0: 0, 1: 1, 2: 2}[h % 3] for h in HARMONICS]
    np.testing.assert_array_equal(sequence.argmax(axis=1), expected)
    np.testing.assert_allclose(sequence.sum(axis=1), 1.0, atol=1e-12)


def test_unbalance_of_the_worked_pole():
    fundamental = np.array([220.0, 190.0, 205.0]) * phase_rotation()[0]
    zero, positive, negative = symmetrical_components(fundamental)
    assert positive == pytest.approx(205.0)
    assert abs(negative) / abs(positive) == pytest.approx(0.0422, abs=1e-4)
    assert 3.0 * abs(zero) == pytest.approx(26.0, abs=0.05)


def test_goertzel_reads_five_percent_of_third_harmonic():  # V-EM-7
    rate_hz, rng = 7200.0, np.random.default_rng(7)
    t_s = np.arange(int(10 * rate_hz)) / rate_hz
    wave = np.cos(2 * np.pi * 60 * t_s) + 0.05 * np.cos(2 * np.pi * 180 * t_s + 0.7)
    found = np.abs(tone_phasors(wave + 0.01 * rng.standard_normal(t_s.size), rate_hz, 60.0))
    assert 100.0 * found[2] / found[0] == pytest.approx(5.00, abs=0.02)


def test_phasors_carry_rms_and_angle():
    t_s = np.arange(7200) / 7200.0
    wave = 3.0 * np.sqrt(2.0) * np.cos(2 * np.pi * 60 * t_s + 0.4) + np.sqrt(2.0) * np.cos(
        2 * np.pi * 120 * t_s
    )
    np.testing.assert_allclose(
        tone_phasors(wave, 7200.0, 60.0, (1, 2, 3)), [3.0 * np.exp(0.4j), 1.0, 0.0], atol=1e-12
    )
    with pytest.raises(ValueError, match="samples a second"):
        tone_phasors(wave, 1200.0, 60.0)


@pytest.mark.parametrize("order", [0, 1, 2, 3, 7, 11])
def test_pulse_coefficients_are_their_integrals(order):
    x = (np.arange(200_000) + 0.5) * np.pi / 200_000
    for a in (0.3, 1.1, 1.5):
        pulse = np.maximum(np.cos(x) - np.cos(a), 0.0)
        integral = np.mean(pulse * np.cos(order * x)) * (1.0 if order == 0 else 2.0)
        assert pulse_coefficient(order, a) == pytest.approx(integral, abs=1e-9)


def test_exciting_current_grows_with_the_tenth_power_and_only_above_nominal():
    np.testing.assert_allclose(
        exciting_excess([0.0, 1.0, 1.05, 2.0]), [0, 0, 0.01 * (1.05**10 - 1), 0.01 * (1.4**10 - 1)]
    )
    share = np.abs(EXCITING_PHASORS) / np.abs(EXCITING_PHASORS[0])
    assert 0.30 <= share[HARMONICS.index(3)] <= 0.50
    assert 0.10 <= share[HARMONICS.index(5)] <= 0.25
    assert share[HARMONICS.index(2)] == 0.0


def test_a_biased_core_adds_even_harmonics():
    excess = saturation_excess([0.5, 1.0, 11.0])
    np.testing.assert_array_equal(excess[:2], 0.0)
    size = np.abs(excess[2])
    assert size[0] == pytest.approx(0.10)
    assert size[0] > size[1] > size[2] > size[3] > 0.0  # orders 1, 2, 3, 5
