import numpy as np
import pytest

from envirosense.physics.electric.line_fields import PERMEABILITY_H_M
from envirosense.physics.electric.pulse_noise import band_current_a, element_field_t_a


def test_pulses_make_the_noise_of_campbells_theorem():
    """Band power of random pulses by Fourier sum against 2 q^2 r, n = 1600 lines, 5 standard errors."""
    rate_hz, duration_s, q, pulses_per_s = 100_000.0, 0.4, 1e-8, 5000.0
    rng = np.random.default_rng(6)
    charge = q * rng.poisson(pulses_per_s / rate_hz, int(rate_hz * duration_s))
    lines = np.abs(np.fft.rfft(charge)) * np.sqrt(2.0) / duration_s  # rms current of each line
    frequency_hz = np.fft.rfftfreq(charge.size, 1.0 / rate_hz)
    inside = (frequency_hz >= 2e3) & (frequency_hz < 6e3)
    expected = band_current_a(q, pulses_per_s, ((2e3, 6e3),), 1e-9)[0]
    assert np.sum(lines[inside] ** 2) == pytest.approx(expected**2, rel=5 / np.sqrt(inside.sum()))


def test_current_grows_with_charge_and_with_the_root_of_rate_and_width():
    bands = ((2e3, 10e3), (10e3, 42e3))
    one = band_current_a(1e-9, np.array([1.0, 4.0]), bands, 1e-9)
    np.testing.assert_allclose(one[1], 2.0 * one[0])
    assert one[0, 1] / one[0, 0] == pytest.approx(2.0, rel=1e-4)
    np.testing.assert_allclose(band_current_a(3e-9, 1.0, bands, 1e-9), 3.0 * one[0])
    assert one[0, 0] == pytest.approx(np.sqrt(2e-18 * 8e3), rel=1e-4)


def test_wide_pulses_fade_above_the_inverse_of_their_width():
    low, high = band_current_a(1e-9, 1.0, ((2e3, 3e3), (450e3, 451e3)), 1e-6)
    corner_hz = 1.0 / (2e-6 * np.pi)
    assert high / low == pytest.approx(1.0 / np.sqrt(1.0 + (450.5e3 / corner_hz) ** 2), rel=1e-3)


def test_an_upright_element_has_the_field_of_biot_and_savart():
    aside = element_field_t_a((3.0, 4.0, 0.0), 0.25)
    assert aside == pytest.approx(PERMEABILITY_H_M / (4 * np.pi) * 0.25 / 25.0)
    assert element_field_t_a((0.0, 0.0, 2.0), 0.25) == 0.0
    assert element_field_t_a((0.0, 0.0, 0.0), 0.25) == 0.0
    near, nearer = (element_field_t_a((x, 0.0, 0.0), 0.25) for x in (0.125, 0.06))
    assert nearer < near
