"""Spectra, variances, bursts and joints of synthetic turbulence."""

import numpy as np
import pytest

from envirosense.physics.air import turbulence as tb
from envirosense.physics.air.airflow import convective_shares, gust_factor, turbulence_sigmas_m_s

WIND_M_S, U_STAR_M_S, HEIGHT_M = 3.0, 0.3, 6.0


def _pieces(count: int, n: int, dt_s: float, seed: int, wind_m_s: float = WIND_M_S) -> list[tb.Turbulence]:
    rng = np.random.default_rng(seed)
    return [tb.turbulence_piece(wind_m_s, U_STAR_M_S, 0.0, HEIGHT_M, n, dt_s, rng) for _ in range(count)]


def _kurtosis(x: np.ndarray) -> np.ndarray:
    centred = x - x.mean(axis=0)
    return np.mean(centred**4, axis=0) / np.mean(centred**2, axis=0) ** 2


def _mean_psd(series: list[np.ndarray], dt_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Averaged one-sided periodogram under a Hann window, (frequency,), (frequency, component)."""
    n = series[0].shape[0]
    window = np.hanning(n)[:, None]
    power = [np.abs(np.fft.rfft(x * window, axis=0)) ** 2 for x in series]
    return np.fft.rfftfreq(n, dt_s), 2.0 * dt_s * np.mean(power, axis=0) / np.sum(window**2)


def _slope(frequency_hz: np.ndarray, psd: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    edges = np.geomspace(low_hz, high_hz, 13)
    which = np.digitize(frequency_hz, edges)
    bands = np.array([psd[which == k].mean(axis=0) for k in range(1, 13)])
    return np.polyfit(np.log(np.sqrt(edges[1:] * edges[:-1])), np.log(bands), 1)[0]


@pytest.mark.parametrize("component", tb.COMPONENTS)
def test_spectrum_integrates_to_the_variance(component: tb.Component):
    log_n = np.linspace(np.log(1e-9), np.log(1e6), 20001)
    n_hz = np.exp(log_n)
    psd = tb.kaimal_psd(n_hz, 0.7, HEIGHT_M, WIND_M_S, component)
    assert np.trapezoid(psd * n_hz, log_n) == pytest.approx(0.49, rel=2e-4)
    below = np.trapezoid((psd * n_hz)[n_hz <= 0.5], log_n[n_hz <= 0.5]) / 0.49
    assert tb.variance_below(0.5, HEIGHT_M, WIND_M_S, component) == pytest.approx(below, rel=2e-3)


def test_spectrum_has_the_kaimal_shape():
    n_hz, f = np.array([0.01, 0.1, 1.0]), np.array([0.02, 0.2, 2.0])
    shapes = {
        "u": 105.0 * f / (1.0 + 33.0 * f) ** (5.0 / 3.0),
        "v": 17.0 * f / (1.0 + 9.5 * f) ** (5.0 / 3.0),
        "w": 2.1 * f / (1.0 + 5.3 * f ** (5.0 / 3.0)),
    }
    for component in tb.COMPONENTS:
        ratio = n_hz * tb.kaimal_psd(n_hz, 1.0, HEIGHT_M, WIND_M_S, component) / shapes[component]
        np.testing.assert_allclose(ratio, ratio[0])


def test_inertial_range_has_slope_minus_five_thirds():
    dt_s = 0.05
    pieces = _pieces(12, 12_000, dt_s, seed=5)
    for series in ([p.parent for p in pieces], [p.fluctuation_m_s for p in pieces]):
        slope = _slope(*_mean_psd(series, dt_s), low_hz=2.0, high_hz=9.0)
        # the twelve bands hold thousands of lines each: standard error of the slope below 0.01
        np.testing.assert_allclose(slope, -5.0 / 3.0, atol=0.1)


@pytest.mark.parametrize("dt_s", [1.0, 0.25])
def test_spectrum_below_does_not_depend_on_the_step(dt_s: float):
    sigma = turbulence_sigmas_m_s(U_STAR_M_S, 0.0, HEIGHT_M)
    count = 24
    n_hz, psd = _mean_psd([p.fluctuation_m_s for p in _pieces(count, round(3600 / dt_s), dt_s, seed=9)], dt_s)
    for low, high in ((0.005, 0.02), (0.05, 0.1), (0.2, 0.4)):
        band = (n_hz >= low) & (n_hz < high)
        for k, (component, s) in enumerate(zip(tb.COMPONENTS, (sigma.u, sigma.v, sigma.w), strict=True)):
            expected = tb.kaimal_psd(n_hz[band], s, HEIGHT_M, WIND_M_S, component).mean()
            # about 40 independent burst amplitudes an hour, whose squares have variance e^(4 s^2) - 1 = 1
            bound = 5.0 * np.sqrt(1.0 / (40 * count) + 1.5 / (band.sum() * count))
            assert psd[band, k].mean() == pytest.approx(expected, rel=bound)


def test_variance_is_that_of_the_resolved_spectrum():
    count, dt_s = 60, 0.5
    pieces = _pieces(count, 3600, dt_s, seed=11)
    sigma = turbulence_sigmas_m_s(U_STAR_M_S, 0.0, HEIGHT_M)
    for k, (component, s) in enumerate(zip(tb.COMPONENTS, (sigma.u, sigma.v, sigma.w), strict=True)):
        resolved = float(tb.variance_below(0.5 / dt_s, HEIGHT_M, WIND_M_S, component))
        parent = np.array([np.mean(p.parent[:, k] ** 2) for p in pieces])
        gusts = np.array([np.mean(p.fluctuation_m_s[:, k] ** 2) for p in pieces])
        assert parent.mean() == pytest.approx(1.0, abs=5.0 * parent.std() / np.sqrt(count))
        assert gusts.mean() == pytest.approx(s**2 * resolved, abs=5.0 * gusts.std() / np.sqrt(count))


@pytest.mark.parametrize("wind_m_s", [0.5, 3.0, 10.0])
def test_one_second_increments_are_bursty_and_the_wind_itself_is_not(wind_m_s: float):
    count = 60
    pieces = _pieces(count, 3600, 1.0, seed=13, wind_m_s=wind_m_s)
    increments = np.array([_kurtosis(np.diff(p.fluctuation_m_s, axis=0)) for p in pieces])
    error = increments.std(axis=0) / np.sqrt(count)
    assert np.all(increments.mean(axis=0) - 3.0 * error > 4.0)
    assert np.all(increments.mean(axis=0) + 3.0 * error < 10.0)
    points = np.mean([_kurtosis(p.fluctuation_m_s) for p in pieces], axis=0)
    assert np.all(points < increments.mean(axis=0))
    gaussian = np.mean([_kurtosis(np.diff(p.parent, axis=0)) for p in pieces], axis=0)
    np.testing.assert_allclose(gaussian, 3.0, atol=5.0 * np.sqrt(24.0 / (count * 1500)))


def test_bursts_are_shared_by_the_components():
    pieces = _pieces(10, 3601, 1.0, seed=17)
    steps = np.concatenate([np.diff(p.fluctuation_m_s, axis=0) for p in pieces])
    amplitude = np.log(np.mean(steps.reshape(-1, 20, 3) ** 2, axis=1))
    still = np.concatenate([np.diff(p.parent, axis=0) for p in pieces])
    assert abs(np.corrcoef(np.log(np.mean(still.reshape(-1, 20, 3) ** 2, axis=1)).T)[0, 1]) < 5.0 / np.sqrt(
        1800
    )
    assert np.corrcoef(amplitude.T)[0, 1] > 0.4


def test_components_and_rotated_axes_see_the_same_statistics_without_mean_wind():
    count, n = 40, 1200
    rng = np.random.default_rng(19)
    pieces = [tb.turbulence_piece(0.0, 1e-3, 0.15, HEIGHT_M, n, 1.0, rng) for _ in range(count)]
    spectrum_share = [float(tb.variance_below(0.5, HEIGHT_M, 0.0, c)) for c in "uv"]
    for angle in np.radians([0.0, 30.0, 45.0, 90.0, 135.0]):
        axis = np.array([np.cos(angle), np.sin(angle), 0.0])
        power = np.array([np.mean((p.fluctuation_m_s @ axis) ** 2) for p in pieces])
        expected = 0.3**2 * (axis[0] ** 2 * spectrum_share[0] + axis[1] ** 2 * spectrum_share[1])
        assert power.mean() == pytest.approx(expected, abs=5.0 * power.std() / np.sqrt(count))
    directions = np.exp(1j * np.concatenate([np.arctan2(*p.fluctuation_m_s[:, :2].T) for p in pieces]))
    pull = np.array([np.mean(d) for d in np.split(directions, count)])
    assert abs(pull.mean()) < 5.0 * np.sqrt(np.mean(np.abs(pull) ** 2) / count)


def test_three_second_gust_of_ten_minutes():
    wind, u_star, height = 10.0, 0.7, 10.0
    rng = np.random.default_rng(23)
    sigma = turbulence_sigmas_m_s(u_star, 0.0, height)
    ratios = []
    for _ in range(20):
        u = wind + tb.turbulence_piece(wind, u_star, 0.0, height, 3600, 1.0, rng).fluctuation_m_s[:, 0]
        gust = np.convolve(u, np.ones(3) / 3.0, mode="same").reshape(6, 600)
        ratios.append(gust[:, 1:-1].max(axis=1) / u.reshape(6, 600).mean(axis=1))
    expected = gust_factor(sigma.u / wind)
    # the law's own peak factor is good to a quarter
    assert np.mean(ratios) - 1.0 == pytest.approx(float(expected) - 1.0, rel=0.25)


def test_same_generator_state_gives_the_same_bits():
    a, b = _pieces(1, 500, 1.0, seed=29)[0], _pieces(1, 500, 1.0, seed=29)[0]
    np.testing.assert_array_equal(a.fluctuation_m_s, b.fluctuation_m_s)
    np.testing.assert_array_equal(a.parent, b.parent)
    assert a.parent.shape == a.fluctuation_m_s.shape == (500, 3)


def test_joint_keeps_the_variance():
    n, overlap, count = 300, 60, 400
    rng = np.random.default_rng(31)
    pieces = [
        tb.turbulence_piece(WIND_M_S, U_STAR_M_S, 0.0, HEIGHT_M, n + overlap, 1.0, rng).parent
        for _ in range(count)
    ]
    joined = tb.join_pieces(pieces, overlap).reshape(count - 1, n, 3)
    power = np.mean(joined**2, axis=2)
    inside, outside = power[:, :overlap].mean(axis=1), power[:, overlap:].mean(axis=1)
    error = np.hypot(inside.std(), outside.std()) / np.sqrt(count - 1)
    assert abs(inside.mean() - outside.mean()) < 5.0 * error
    assert error < 0.05
    steps = np.diff(joined.reshape(-1, 3), axis=0).std(axis=0)
    np.testing.assert_allclose(np.abs(np.diff(joined[:, :2], axis=1)).max(), 0.0, atol=8.0 * steps.max())


def test_joined_hours_do_not_depend_on_how_many_are_joined():
    rng = np.random.default_rng(37)
    pieces = [rng.standard_normal((50, 3)) for _ in range(4)]
    whole = tb.join_pieces(pieces, 10)
    parts = [tb.join_pieces(pieces[k : k + 2], 10) for k in range(3)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert whole.shape == (120, 3)


@pytest.mark.parametrize("component", tb.COMPONENTS)
def test_box_average_loses_the_variance_that_the_table_says(component: tb.Component):
    k, window_s, count = tb.COMPONENTS.index(component), 10, 40
    pieces = _pieces(count, 3600, 0.5, seed=41)
    means = np.array([p.parent[:, k].reshape(-1, 2 * window_s).mean(axis=1) for p in pieces])
    power = np.mean(means**2, axis=1)
    ratio = float(tb.averaged_sigma_ratio(WIND_M_S, HEIGHT_M, component, window_s))
    resolved = float(tb.variance_below(1.0, HEIGHT_M, WIND_M_S, component))
    assert power.mean() == pytest.approx(ratio**2 / resolved, abs=5.0 * power.std() / np.sqrt(count))


def test_box_average_ratio_falls_from_one():
    ratio = tb.averaged_sigma_ratio(3.0, 6.0, "v", np.array([0.0, 1e-3, 1.0, 10.0, 100.0, 1e5]))
    assert ratio[0] == pytest.approx(1.0, abs=2e-3)
    assert np.all(np.diff(ratio) < 1e-12)
    assert ratio[-1] < 0.02


def test_reynolds_stress_is_minus_the_square_of_the_friction_velocity():
    count, dt_s = 60, 0.25
    pieces = _pieces(count, 7200, dt_s, seed=43)
    sigma = turbulence_sigmas_m_s(U_STAR_M_S, 0.0, HEIGHT_M)
    kept = [float(tb.variance_below(0.5 / dt_s, HEIGHT_M, WIND_M_S, c)) for c in tb.COMPONENTS]
    scale = sigma.u * sigma.w * np.sqrt(kept[0] * kept[2])
    stress = scale * np.array([np.mean(p.parent[:, 0] * p.parent[:, 2]) for p in pieces])
    # closed form of the cospectrum below the highest resolved frequency
    resolved = 1.0 - (1.0 + 9.6 * 0.5 / dt_s * HEIGHT_M / WIND_M_S) ** -1.4
    expected = -resolved * U_STAR_M_S**2
    assert stress.mean() == pytest.approx(expected, abs=5.0 * stress.std() / np.sqrt(count))
    gusty = np.array([np.mean(p.fluctuation_m_s[:, 0] * p.fluctuation_m_s[:, 2]) for p in pieces])
    # bursts begin at another frequency in u and w: up to 1 - exp(-s^2/2) = 8 % of the stress there is lost
    slack = 0.08 * U_STAR_M_S**2 + 5.0 * gusty.std() / np.sqrt(count)
    assert gusty.mean() == pytest.approx(expected, abs=slack)
    others = np.array([[np.mean(p.parent[:, 1] * p.parent[:, k]) for k in (0, 2)] for p in pieces])
    assert np.all(np.abs(others.mean(axis=0)) < 5.0 * others.std(axis=0) / np.sqrt(count))


def test_stress_sits_at_low_frequencies_and_dies_faster_than_the_spectra():
    count, dt_s, n = 40, 0.1, 6000
    power = np.zeros((3, n // 2 + 1))
    for p in _pieces(count, n, dt_s, seed=47):
        u, w = np.fft.rfft(p.parent[:, [0, 2]] * np.hanning(n)[:, None], axis=0).T
        power += np.array([np.abs(u) ** 2, np.abs(w) ** 2, -(u * w.conj()).real])
    f = np.fft.rfftfreq(n, dt_s)
    low, high = ((f > a) & (f < b) for a, b in ((0.01, 0.05), (2.0, 4.0)))
    coherence = [
        power[2, band].sum() / np.sqrt(power[0, band].sum() * power[1, band].sum()) for band in (low, high)
    ]
    assert 0.5 < coherence[0] < 0.9
    assert abs(coherence[1]) < 0.06 + 5.0 / np.sqrt(count * high.sum())  # local isotropy


@pytest.mark.parametrize("component", tb.HORIZONTAL)
def test_convective_eddies_own_their_share_at_low_frequencies(component: tb.Component):
    log_n = np.linspace(np.log(1e-9), np.log(1e5), 20001)
    n_hz = np.exp(log_n)
    share = float(getattr(convective_shares(-0.02), component))
    # (sigma/u*)^3 is 12 + 0.5 zi/|L| = 12 + 10
    assert share == pytest.approx(1.0 - (12.0 / 22.0) ** (2.0 / 3.0), abs=1e-6)
    rolls = tb.convective_psd(n_hz, 1.0, WIND_M_S, component, 1000.0)
    assert np.trapezoid(rolls * n_hz, log_n) == pytest.approx(1.0, rel=2e-3)
    both = share * rolls + (1.0 - share) * tb.kaimal_psd(n_hz, 1.0, HEIGHT_M, WIND_M_S, component)
    for edge_hz in (1e-3, 1e-2, 0.5):
        below = np.trapezoid((both * n_hz)[n_hz <= edge_hz], log_n[n_hz <= edge_hz])
        closed = tb.variance_below(edge_hz, HEIGHT_M, WIND_M_S, component, share)
        assert closed == pytest.approx(below, abs=3e-3)
    assert convective_shares(0.02).u == convective_shares(0.0).v == 0.0


def test_convection_moves_variance_to_slow_eddies_and_keeps_it():
    count, dt_s, inv_l = 40, 1.0, -0.05
    rng = np.random.default_rng(53)
    pieces = [
        tb.turbulence_piece(WIND_M_S, U_STAR_M_S, inv_l, HEIGHT_M, 3600, dt_s, rng) for _ in range(count)
    ]
    sigma, shares = turbulence_sigmas_m_s(U_STAR_M_S, inv_l, HEIGHT_M), convective_shares(inv_l)
    for k, (component, s, share) in enumerate((("u", sigma.u, shares.u), ("v", sigma.v, shares.v))):
        resolved = tb.variance_below(0.5 / dt_s, HEIGHT_M, WIND_M_S, component, share)
        power = np.array([np.mean(p.fluctuation_m_s[:, k] ** 2) for p in pieces])
        assert power.mean() == pytest.approx(float(s**2 * resolved), abs=5.0 * power.std() / np.sqrt(count))
        minutes = np.array([np.var(p.parent[:, k].reshape(-1, 60).mean(axis=1)) for p in pieces]).mean()
        neutral = float(tb.averaged_sigma_ratio(WIND_M_S, HEIGHT_M, component, 60.0)) ** 2
        assert minutes > neutral + 0.2
