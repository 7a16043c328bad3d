"""Band levels and waveforms share one distribution; bounds are five standard errors."""

import numpy as np
import pytest
from scipy import stats

from envirosense.physics.sound import sound_energy as se
from envirosense.physics.sound import sound_waveform as sw
from envirosense.physics.sound.acoustics import BANDS

RATE_HZ, WINDOW_S = 24_000.0, 0.25
N = round(RATE_HZ * WINDOW_S)
FLAT = BANDS.width_hz / 1000.0  # equal density, so that modulation moves no energy between bands
WIDE = slice(4, 8)  # 1 to 8 kHz: much wider than the modulation


def _energies(make, count):
    return np.array([sw.band_energy_of(make(), RATE_HZ) for _ in range(count)])


def _assert_law(energies, mean, variance):
    """Mean and variance over n windows; a Gamma law of shape k has an excess kurtosis of 6 / k."""
    n = energies.shape[0]
    assert np.all(np.abs(energies.mean(axis=0) - mean) < 5.0 * np.sqrt(variance / n))
    excess = 6.0 * variance / mean**2
    bound = 5.0 * np.sqrt((2.0 + 2.0 * excess) / n)
    assert np.all(np.abs(energies.var(axis=0, ddof=1) / variance - 1.0) < bound)


@pytest.mark.parametrize("shape", [0.05, 0.3, 0.5, 1.0, 4.0, 44.0, 1e4])
def test_drawn_factors_have_the_moments_of_the_gamma_law(shape):
    n = 400_000
    factor = se.gamma_factor(np.full(n, shape), np.random.default_rng(1).standard_normal(n))
    is_approximate = shape >= se.WILSON_HILFERTY_SHAPE
    x = 1.0 / (9.0 * shape)
    stated = (x**3, x**2) if is_approximate else (0.0, 0.0)
    assert abs(factor.mean() - 1.0) < stated[0] + 5.0 / np.sqrt(shape * n)
    bound = stated[1] + 5.0 * np.sqrt((2.0 + 6.0 / shape) / n)
    assert factor.var() * shape == pytest.approx(1.0, abs=bound)
    assert np.all(factor >= 0.0)


@pytest.mark.parametrize(("shape", "error"), [(0.5, 1e-9), (1.0, 0.0125), (4.0, 0.0017), (10.0, 6.5e-4)])
def test_draws_follow_the_gamma_distribution(shape, error):
    """Largest difference of the cumulative distributions; zeros are compared at their upper end."""
    normals = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    factor = se.gamma_factor(np.full(normals.size, shape), normals)
    difference = np.abs(stats.gamma.cdf(factor * shape, shape) - stats.norm.cdf(normals))
    assert difference[factor > 0.0].max() < error


def test_energy_rises_with_the_normal_for_every_shape():
    normals = np.linspace(-4.0, 4.0, 400)
    for shape in (0.05, 0.4, 2.0, 100.0):
        assert np.all(np.diff(se.gamma_factor(np.full(400, shape), normals)) >= 0.0)


def test_levels_keep_their_mean_when_the_tick_is_halved():
    """Two halves of a tick, averaged, have the law of the whole."""
    n, lines = 200_000, 20.0
    rng = np.random.default_rng(2)
    halves = se.gamma_factor(np.full((n, 2), lines / 2), rng.standard_normal((n, 2))).mean(axis=1)
    assert halves.mean() == pytest.approx(1.0, abs=5.0 / np.sqrt(lines * n))
    assert halves.var() * lines == pytest.approx(1.0, abs=5.0 * np.sqrt((2.0 + 6.0 / lines) / n))


def test_noise_has_the_energy_and_the_law_of_its_bands():
    rng = np.random.default_rng(3)
    energy = 10.0 ** np.linspace(5.0, 1.0, 12)
    drawn = _energies(lambda: sw.hiss(energy, N, RATE_HZ, rng), 1500)[:, :8]
    variance = se.energy_variance(energy, np.zeros(12), np.zeros(12), np.zeros(12), WINDOW_S)[:8]
    # 63 Hz: 11 lines where B T is 11.1
    _assert_law(drawn, energy[:8], variance)


def test_noise_is_gamma_distributed():
    """Kolmogorov-Smirnov against the exact law of the 63 Hz octave, n = 2000, p > 1e-4."""
    rng = np.random.default_rng(4)
    n = 1000  # at 4 kHz
    drawn = np.array([sw.band_energy_of(sw.hiss(FLAT, n, 4000.0, rng), 4000.0)[0] for _ in range(2000)])
    lines = 11
    assert stats.kstest(drawn / FLAT[0] * lines, stats.gamma(lines).cdf).pvalue > 1e-4


def test_modulated_noise_has_a_wider_law():
    rng = np.random.default_rng(5)
    drawn = _energies(lambda: sw.hiss(FLAT, N, RATE_HZ, rng, 0.0, 120.0, 1.0), 1500)[:, WIDE]
    assert se.modulation_spread(1.0) == pytest.approx(4.375 / 2.25 - 1.0)
    locked = se.locked_term(FLAT, 1.0) ** 2
    variance = se.energy_variance(FLAT, np.zeros(12), locked, np.zeros(12), WINDOW_S)[WIDE]
    _assert_law(drawn, FLAT[WIDE], variance)


@pytest.mark.parametrize(("clicks_per_s", "depth"), [(40.0, 0.0), (400.0, 0.8)])
def test_clicks_have_the_law_of_shot_noise(clicks_per_s, depth):
    rng = np.random.default_rng(6)
    drawn = _energies(lambda: sw.clicks(FLAT, clicks_per_s, N, RATE_HZ, rng, 0.0, 120.0, depth), 1500)
    locked = se.locked_term(FLAT, depth) ** 2
    terms = 2.0 * FLAT * FLAT / clicks_per_s
    variance = se.energy_variance(FLAT, np.zeros(12), locked, terms, WINDOW_S)[WIDE]
    _assert_law(drawn[:, WIDE], FLAT[WIDE], variance)


def test_a_tone_in_noise_beats_with_it():
    rng = np.random.default_rng(7)
    energy, tone = FLAT, np.where(np.arange(12) == 2, 0.5, 0.0)
    t_s = np.arange(N) / RATE_HZ
    hum = sw.tones(np.array([240.0]), np.array([0.5]), np.array([0.3]), t_s)
    drawn = _energies(lambda: hum + sw.hiss(energy, N, RATE_HZ, rng), 1500)[:, 2:3]
    variance = se.energy_variance(energy, tone, np.zeros(12), np.zeros(12), WINDOW_S)
    _assert_law(drawn, (energy + tone)[2:3], variance[2:3])


def test_pieces_of_a_longer_noise_have_the_law_of_their_own_length():
    """Rectangular quarters of one second; leakage and edges change the variance by less than 15 %."""
    rng = np.random.default_rng(8)
    pieces = np.concatenate([sw.hiss(FLAT, 4 * N, RATE_HZ, rng).reshape(4, N) for _ in range(400)])
    drawn = np.array([sw.band_energy_of(piece, RATE_HZ) for piece in pieces])[:, WIDE]
    n = drawn.shape[0]
    np.testing.assert_allclose(drawn.mean(axis=0), FLAT[WIDE], rtol=0.01)
    spread = drawn.var(axis=0, ddof=1) * BANDS.width_hz[WIDE] * WINDOW_S / FLAT[WIDE] ** 2
    assert np.all(np.abs(spread - 1.0) < 0.15 + 5.0 * np.sqrt(2.0 / n))


def test_envelope_lines_and_kurtosis_of_modulated_noise():
    """V-AC-6: one second at 192 kHz; lines of the squared signal over the median of the rest."""
    n, rate_hz = 192_000, 192_000.0
    rng = np.random.default_rng(9)
    factor = sw.envelope(np.arange(n) / rate_hz, 120.0, 1.0)
    wave = rng.standard_normal(n) * factor
    lines = np.abs(np.fft.rfft(wave * wave))
    floor = np.median(lines[300:2000])
    # amplitude n sigma^2, floor sqrt(n Var) sqrt(ln 2), each with about 1 / 178 of noise
    expected = np.sqrt(n / ((3.0 * 4.375 - 2.25 - 4.0 * 0.5 - 0.125) * np.log(2.0)))
    assert lines[120] / floor == pytest.approx(expected, rel=0.12)
    assert lines[120] / floor == pytest.approx(179.0, rel=0.12)
    assert lines[240] / floor == pytest.approx(45.0, abs=6.0)
    assert lines[60] / floor < 4.0
    assert lines[180] / floor < 4.0


def test_kurtosis_of_modulated_noise_is_the_closed_form():
    """V-AC-6: 3 x 4.375 / 1.5^2 = 5.833, n = 4 million, bound from the eighth moment"""
    n = 4_000_000
    wave = np.random.default_rng(10).standard_normal(n)
    factor = sw.envelope(np.arange(n) / 192_000.0, 120.0, 1.0)
    wave *= factor
    fourth = np.mean(wave**4)
    error = np.sqrt((105.0 * np.mean(factor**8) - (3.0 * np.mean(factor**4)) ** 2) / n)
    assert fourth / np.mean(wave**2) ** 2 == pytest.approx(5.8333, abs=5.0 * error)
    assert 5.0 * error < 0.2
    assert 3.0 * (1.0 + se.modulation_spread(1.0)) == pytest.approx(5.8333, abs=1e-4)


def test_sparse_clicks_are_impulsive():
    """Kurtosis 3 (1 + spread) plus the clicks' own; Gaussian noise has 3."""
    rng = np.random.default_rng(11)
    wave = sw.clicks(FLAT, 20.0, 8 * N, RATE_HZ, rng)
    noise = sw.hiss(FLAT, 8 * N, RATE_HZ, rng)
    assert stats.kurtosis(wave, fisher=False) > 30.0
    assert stats.kurtosis(noise, fisher=False) == pytest.approx(3.0, abs=0.15)


def test_energy_without_clicks_is_refused():
    with pytest.raises(ValueError, match="clicks_per_s"):
        sw.clicks(FLAT, 0.0, N, RATE_HZ, np.random.default_rng(1))


def test_a_delay_shifts_the_same_clicks():
    make = [
        sw.clicks(FLAT, 50.0, N, RATE_HZ, np.random.default_rng(12), delay_s=delay_s)
        for delay_s in (0.0, 240 / RATE_HZ)
    ]
    np.testing.assert_allclose(np.roll(make[0], 240), make[1], atol=1e-9)


def test_energy_above_half_the_rate_is_left_out():
    lines = sw.line_energy(FLAT, 1000, 4000.0)
    assert lines.size == 501
    assert lines[-1] == 0.0
    assert lines.sum() == pytest.approx(FLAT[:5].sum() + FLAT[5] * (1999 - 1412) / (2818 - 1412), rel=0.02)


def test_the_gap_above_the_octaves_is_filled_smoothly():
    lines = sw.line_energy(FLAT, 10_000, 100_000.0)
    gap = (np.arange(lines.size) * 10.0 > 11_300.0) & (np.arange(lines.size) * 10.0 < 19_900.0)
    np.testing.assert_allclose(lines[gap], lines[5000 - 1900], rtol=0.02)
