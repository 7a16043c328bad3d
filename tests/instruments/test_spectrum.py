import math

import numpy as np
import pytest

from envirosense.instruments.spectrum import clipped_sine_harmonic, clipped_sine_rms, goertzel
from envirosense.physics.electric.harmonics import tone_phasors

RATE_HZ = 7200.0
PERIOD = np.linspace(0.0, 2.0 * np.pi, 20_000, endpoint=False)


def test_a_tone_comes_back_with_its_rms_and_phase() -> None:
    t_s = np.arange(720) / RATE_HZ
    tone = 3.0 * np.cos(2.0 * np.pi * 60.0 * t_s + 0.7)
    assert goertzel(tone, RATE_HZ, 60.0) == pytest.approx(3.0 / math.sqrt(2.0) * np.exp(0.7j), rel=1e-9)


def test_other_harmonics_are_rejected_over_whole_periods() -> None:
    t_s = np.arange(720) / RATE_HZ
    tone = np.cos(2.0 * np.pi * 180.0 * t_s) + 5.0
    assert abs(goertzel(tone, RATE_HZ, 60.0)) < 1e-9


def test_a_third_harmonic_of_five_percent_is_found_in_noise() -> None:
    # V-EM-7: 5.00 +- 0.02 % over 10 s at 7200 Hz with 1 % noise
    n = 72_000
    angle = 2.0 * np.pi * 60.0 / RATE_HZ * np.arange(n)
    noise = 0.01 * np.random.default_rng(7).standard_normal(n)
    wave = np.sin(angle) + 0.05 * np.sin(3.0 * angle + 0.4) + noise
    share = abs(goertzel(wave, RATE_HZ, 180.0)) / abs(goertzel(wave, RATE_HZ, 60.0))
    assert 100.0 * share == pytest.approx(5.0, abs=0.02)


def test_the_recurrence_is_one_bin_of_the_fourier_sum() -> None:
    samples = np.random.default_rng(2).standard_normal(1000)
    found = [goertzel(samples, RATE_HZ, order * 60.0) for order in (1, 3, 11)]
    np.testing.assert_allclose(found, tone_phasors(samples, RATE_HZ, 60.0, (1, 3, 11)), rtol=1e-9)


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(ValueError, match="half of 7200"):
        goertzel(np.ones(10), RATE_HZ, 3600.0)
    with pytest.raises(ValueError, match="at least one sample"):
        goertzel(np.ones(0), RATE_HZ, 60.0)


@pytest.mark.parametrize("peak", [0.0, 0.5, 1.0, 1.3, 8.0])
def test_a_cut_sine_has_the_strength_and_harmonics_of_its_samples(peak: float) -> None:
    wave = np.clip(peak * np.sin(PERIOD), -1.0, 1.0)
    assert clipped_sine_rms(peak, 1.0) == pytest.approx(math.sqrt(np.mean(wave**2)), abs=1e-7)
    for order in (1, 3, 5, 11):
        sampled = 2.0 * np.mean(wave * np.sin(order * PERIOD))
        assert clipped_sine_harmonic(peak, 1.0, order) == pytest.approx(sampled, abs=1e-6)


def test_a_sine_cut_hard_becomes_a_square_wave() -> None:
    assert clipped_sine_harmonic(1e6, 1.0, 1) == pytest.approx(4.0 / math.pi, rel=1e-6)
    assert clipped_sine_harmonic(1e6, 1.0, 5) == pytest.approx(4.0 / (5.0 * math.pi), rel=1e-6)


def test_a_symmetric_cut_makes_no_even_harmonic() -> None:
    with pytest.raises(ValueError, match="odd"):
        clipped_sine_harmonic(2.0, 1.0, 2)
