"""Gusts on a mode: closed-form integrals, energy statistics, waveforms with the same density."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaincinv, ndtr

from envirosense.physics.motion import vibration as vb
from envirosense.physics.motion.vibration_kernels import low_pass


def _gusts(wind_m_s=8.0, length_m=10.0, u_share=1.0, v_share=0.0) -> vb.Gusts:
    one = np.ones(1)
    return vb.Gusts(wind_m_s * one, 1.6 * one, 1.2 * one, u_share * one, v_share * one, 10.0, length_m)


@pytest.mark.parametrize("zeta", [0.005, 0.02, 0.1])
@pytest.mark.parametrize("ratio", [0.3, 0.99, 1.5, 20.0])
def test_response_integral_is_exact(zeta, ratio):
    knots = [p for p in (1 - 3 * zeta, 1.0, 1 + 3 * zeta) if p < ratio]
    wanted = quad(lambda r: vb.response_squared(r, zeta), 0.0, ratio, points=knots or None, limit=500)[0]
    assert vb.response_integral(np.array(ratio), np.array(zeta)) == pytest.approx(wanted, rel=1e-6)


def test_a_resonance_holds_pi_over_four_zeta():
    zeta = 1e-3
    held = np.diff(vb.response_integral(np.array([0.5, 2.0]), np.array(zeta)))[0]
    assert held == pytest.approx(np.pi / (4.0 * zeta), rel=0.01)


@pytest.mark.parametrize("natural_hz", [0.8, 6.5, 31.0])
def test_band_power_is_the_integral_of_the_density(natural_hz):
    gusts, zeta = _gusts(u_share=0.6, v_share=0.1), 0.02
    power = vb.gust_acceleration_ms(np.array([[natural_hz]]), np.array([[zeta]]), np.array([[3.0]]), gusts)[
        0, 0
    ]
    for band, (low, high) in enumerate(vb.VIBRATION_BANDS_HZ):
        f = np.union1d(np.geomspace(low, high, 4001), natural_hz * np.linspace(0.9, 1.1, 4001))
        f = f[(f >= low) & (f <= high)]
        density = 9.0 * vb.response_squared(f / natural_hz, zeta) * vb.gust_psd(f, gusts)[0]
        # the gusts' density is a staircase: within a tenth where the resonance lies, rough elsewhere
        tolerance = 0.1 if low <= natural_hz < high else 0.6
        assert power[band] == pytest.approx(np.trapezoid(density, f), rel=tolerance)


def test_resonant_part_dominates_and_falls_with_damping():
    hz, push, gusts = np.array([[0.9]]), np.array([[1.0]]), _gusts()
    light, heavy = (vb.gust_acceleration_ms(hz, np.array([[z]]), push, gusts)[0, 0, 0] for z in (0.01, 0.04))
    closed = np.pi * 0.9 / (4.0 * 0.01) * float(vb.gust_psd(hz, gusts)[0, 0])
    assert light == pytest.approx(closed, rel=0.1)
    assert light / heavy == pytest.approx(4.0, rel=0.25)


def test_gust_acts_fully_on_a_point_and_not_on_a_long_body():
    f = np.array([0.01, 1.0, 30.0])
    np.testing.assert_allclose(vb.admittance(f, np.array(8.0), 0.0), 1.0)
    long = vb.admittance(f, np.array(8.0), 1e4)
    np.testing.assert_allclose(long, 2.0 / (10.0 * f * 1e4 / 8.0), rtol=0.02)
    x = np.linspace(0.0, 1.0, 801)
    wanted = np.mean(np.exp(-10.0 * 1.0 / 8.0 * 6.0 * np.abs(x[:, None] - x)))
    assert vb.admittance(np.array(1.0), np.array(8.0), 6.0) == pytest.approx(wanted, rel=2e-3)


def test_aerodynamic_damping_is_the_dashpot_of_the_drag():
    # c = 2 zeta omega of a mode of unit mass
    zeta = vb.aerodynamic_damping(np.array(0.9), np.array(0.05))
    assert 2.0 * zeta * 2.0 * np.pi * 0.9 == pytest.approx(0.05)


def test_lines_split_between_bands_without_loss():
    shares = vb.band_share(np.array([1.0, 10.0, 19.9, 20.0, 60.0, 120.0]), 0.05)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    assert shares[0, 0] == shares[1, 1] == shares[4, 2] == shares[5, 3] == 1.0
    assert shares[3, 1] == pytest.approx(0.5)
    assert vb.band_share(0.01, 0.05).sum() == 0.0


def test_energy_shape_has_its_limits():
    assert vb.energy_shape(1.0, 0.02, 1e-6) == pytest.approx(0.5, rel=1e-3)
    assert vb.energy_shape(5.0, 1e-4, 3.0) == pytest.approx(1.0, rel=0.01)
    assert vb.energy_shape(1.0, 0.02, 1e4) == pytest.approx(2.0 * np.pi * 0.02 * 1e4, rel=0.01)
    assert vb.noise_shape(20.0, 2.0) == 40.5


def test_a_sum_of_energies_is_steadier_than_each():
    assert vb.summed_shape(np.ones(4), np.full(4, 1.5)) == pytest.approx(6.0)
    assert vb.summed_shape(np.array([1.0, 0.0]), np.array([1.5, 9.0])) == pytest.approx(1.5)


def _mode_noise(hz: float, zeta: float, rate_hz: float, n: int, seed: int) -> np.ndarray:
    """Series of a mode under white noise, of unit variance."""
    f = np.fft.rfftfreq(n, 1.0 / rate_hz)
    density = 1.0 / ((1.0 - (f / hz) ** 2) ** 2 + (2.0 * zeta * f / hz) ** 2)
    density /= density.sum() * rate_hz / n
    return vb.noise_waveform(density, rate_hz, n, np.random.default_rng(seed))


@pytest.mark.parametrize("window_s", [0.25, 1.0, 8.0])
def test_energy_of_a_swinging_mode_is_as_unsteady_as_the_law_says(window_s):
    hz, zeta, rate_hz, n = 1.0, 0.05, 32.0, 2**20
    energy = (_mode_noise(hz, zeta, rate_hz, n, 1) ** 2).reshape(-1, int(window_s * rate_hz)).mean(axis=1)
    shape = vb.energy_shape(hz, zeta, window_s)
    assert energy.mean() == pytest.approx(1.0, rel=0.03)
    # 32768 s hold some 10,000 independent stretches of 3 s: standard error of the variance about 4 %
    assert energy.var() == pytest.approx(1.0 / shape, rel=0.15)


@pytest.mark.parametrize("shape", [0.5, 0.84, 1.0, 1.19, 4.0, 19.0, 362.0])
def test_drawn_energy_has_mean_one_and_the_variance_of_its_shape(shape):
    n = 200_000
    energy = vb.unit_energy(np.random.default_rng(3).standard_normal(n), shape)
    assert energy.mean() == pytest.approx(1.0, abs=5.0 / np.sqrt(n * shape) + 0.002)
    kurtosis = 3.0 + 6.0 / shape
    assert energy.var() * shape == pytest.approx(1.0, abs=5.0 * np.sqrt((kurtosis - 1.0) / n) + 0.005)


@pytest.mark.parametrize("shape", [0.5, 1.0, 1.19, 2.83, 3.36])
def test_quiet_and_loud_ticks_are_those_of_the_gamma_law(shape):
    normals = np.array([-4.0, -3.0, -1.0, 0.0, 2.0, 4.0])
    energy = vb.unit_energy(normals, shape)
    assert np.all(energy > 0.0)
    np.testing.assert_allclose(energy, gammaincinv(shape, ndtr(normals)) / shape, rtol=0.02, atol=0.004)


def test_waveform_has_the_density_it_was_given():
    rate_hz, n = 200.0, 2**17
    f = np.fft.rfftfreq(n, 1.0 / rate_hz)
    density = 0.3 * vb.line_psd(f, 30.0, 0.05) + np.where((f > 2.0) & (f < 10.0), 0.05, 0.0)
    x = vb.noise_waveform(density, rate_hz, n, np.random.default_rng(5))
    power = 2.0 * np.abs(np.fft.rfft(x)) ** 2 / n**2
    # 980 and 5243 lines: standard errors 3.2 % and 1.4 %
    assert power[(f > 25) & (f < 35)].sum() == pytest.approx(0.3, rel=0.16)
    assert power[(f > 1.5) & (f < 11)].sum() == pytest.approx(0.4, rel=0.07)
    assert np.mean(x**2) == pytest.approx(power.sum())
    assert vb.noise_waveform(density[:6], rate_hz, 11, np.random.default_rng(5)).size == 11


def test_hum_follows_flux_squared_and_saturation_the_overtones():
    flat = vb.hum_lines(np.array([1.0, 0.5, 1.0]), np.array([0.0, 0.0, 1.0]), np.array([1.0, 1.0, 3.0]))
    np.testing.assert_allclose(20.0 * np.log10(flat[0]), [0.0, -4.0, -8.0, -12.0])
    np.testing.assert_allclose(flat[1] / flat[0], 0.25)
    np.testing.assert_allclose(flat[2, 1:] / flat[0, 1:], 3.0)
    assert flat[2, 0] == pytest.approx(1.2)


def test_low_pass_is_exact_for_a_step_and_splits_into_blocks():
    x = np.ones(50)
    slow = low_pass(x, 0.2, 3.0, 0.0)
    np.testing.assert_allclose(slow, 1.0 - np.exp(-0.2 * np.arange(1, 51) / 3.0))
    np.testing.assert_allclose(low_pass(x[:25], 0.4, 3.0, 0.0), slow[1::2])
    again = np.concatenate([low_pass(x[:20], 0.2, 3.0, 0.0), low_pass(x[20:], 0.2, 3.0, float(slow[19]))])
    np.testing.assert_array_equal(again, slow)
