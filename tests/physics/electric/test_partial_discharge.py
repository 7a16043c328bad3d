import numpy as np
import pytest
from scipy.integrate import quad

from envirosense.physics.electric.discharge_patterns import PATTERNS, pattern
from envirosense.physics.electric.partial_discharge import (
    discharge_power_w,
    draw_histograms,
    expected_features,
    expected_histogram,
    histogram_features,
    list_pulses,
    mean_charge_c,
    phase_line,
    pulse_rate_per_s,
    pulses_per_half,
    square_charge_factor,
    surface_activity,
)

KINDS = tuple(PATTERNS)
PHASE_DEG = np.arange(-180.0, 361.0, 5.0)
CHARGE_C = np.concatenate([[0.0], np.geomspace(1e-13, 1e-5, 60)])


def half_density(source, half, phase_deg):
    return np.exp(-0.5 * ((phase_deg - source.phase_deg[half]) / source.spread_deg[half]) ** 2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", [1, 2, 4])
def test_phase_line_is_the_integral_over_the_truncated_normal(kind, order):
    source = pattern(kind)
    found = phase_line(kind, order)
    for half in range(2):
        low, high = source.low_deg[half], source.high_deg[half]
        parts = [
            quad(lambda d, h=half, f=f: half_density(source, h, d) * f(np.deg2rad(order * d)), low, high)[0]
            for f in (np.cos, np.sin, np.ones_like)
        ]
        assert found[half] == pytest.approx((parts[0] + 1j * parts[1]) / parts[2], abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_expected_histogram_holds_every_pulse_and_gives_the_closed_features(kind):
    table = expected_histogram(kind, PHASE_DEG, CHARGE_C, voltage_ratio=1.5)
    assert table.sum() == pytest.approx(1.0, abs=1e-9)
    binned, closed = histogram_features(table, PHASE_DEG, CHARGE_C), expected_features(kind, 1.5)
    assert binned.asymmetry == pytest.approx(float(closed.asymmetry), abs=1e-9)
    assert binned.mean_phase_deg == pytest.approx(float(closed.mean_phase_deg), abs=0.1)
    assert binned.mains_modulation == pytest.approx(float(closed.mains_modulation), abs=5e-3)
    assert binned.twice_mains_modulation == pytest.approx(float(closed.twice_mains_modulation), abs=5e-3)
    assert binned.charge_asymmetry == pytest.approx(float(closed.charge_asymmetry), abs=0.03)


@pytest.mark.parametrize("kind", KINDS)
def test_listed_pulses_keep_count_phase_and_charge_moments(kind):
    n_cycles = 3000
    pulses = list_pulses(kind, n_cycles, np.random.default_rng(11), voltage_ratio=1.4)
    mean = pulses_per_half(kind, 1.4) * n_cycles
    source = pattern(kind)
    for half, sign in enumerate((1.0, -1.0)):
        mine = pulses.charge_c * sign > 0
        n = mine.sum()
        assert abs(n - mean[half]) < 5 * np.sqrt(mean[half])  # Poisson
        phase, charge = pulses.phase_deg[mine], np.abs(pulses.charge_c[mine])
        assert phase.min() >= source.low_deg[half]
        assert phase.max() <= source.high_deg[half]
        line = np.exp(1j * np.deg2rad(phase)).mean()
        assert abs(line - phase_line(kind, 1)[half]) < 5 / np.sqrt(n)  # a unit vector's spread is below 1
        assert abs(charge.mean() - source.charge_c[half]) < 5 * charge.std() / np.sqrt(n)
    assert np.all(np.diff(pulses.time_s) >= 0)
    assert pulses.time_s[-1] < n_cycles / 60.0


@pytest.mark.parametrize("kind", KINDS)
def test_square_charge_factor_matches_listed_pulses(kind):
    charge = np.abs(list_pulses(kind, 4000, np.random.default_rng(3), voltage_ratio=1.4).charge_c)
    square = charge**2
    found = square.mean() / mean_charge_c(kind, 1.4) ** 2
    bound = 5 * square.std() / np.sqrt(square.size) / mean_charge_c(kind, 1.4) ** 2
    assert abs(found - square_charge_factor(kind, 1.4)) < bound


def test_spectrum_of_listed_pulses_is_campbells():
    # one-sided density 2 q^2 rate with the mean square charge, between the mains lines
    pulses, length_s = list_pulses("gap", 3000, np.random.default_rng(12)), 50.0
    frequency_hz = 3007.3 + 60.0 * np.arange(300)
    turns = np.exp(-2j * np.pi * np.outer(frequency_hz, pulses.time_s))
    density = 2.0 * np.abs(turns @ pulses.charge_c) ** 2 / length_s
    square = square_charge_factor("gap") * mean_charge_c("gap") ** 2
    expected = 2.0 * square * pulse_rate_per_s("gap", 1.0)
    # ordinates are exponential; the square charge itself scatters by 2 % over these 12 000 pulses
    assert abs(density.mean() / expected - 1.0) < 5 * np.hypot(1 / np.sqrt(300), 0.02)


@pytest.mark.parametrize("kind", ["internal", "floating"])
def test_symmetric_sources_beat_at_twice_the_mains(kind):
    features = expected_features(kind)
    assert features.twice_mains_modulation > 10 * features.mains_modulation
    assert abs(features.asymmetry) < 1e-12


def test_single_polarity_corona_beats_at_the_mains():
    features = expected_features("corona", voltage_ratio=1.1)
    assert features.mains_modulation > features.twice_mains_modulation
    assert features.asymmetry == -1.0
    assert features.mean_phase_deg == pytest.approx(90.0)


def test_streamers_of_a_point_come_later_and_larger():
    assert pulses_per_half("corona", 1.2)[0] == 0
    assert pulses_per_half("corona", 1.4)[0] > 0
    assert pattern("corona").charge_c[0] > 10 * pattern("corona").charge_c[1]


def test_drawn_histograms_have_poisson_counts():
    table = expected_histogram("surface", PHASE_DEG[::6], CHARGE_C[::6])
    counts = draw_histograms(table, np.full(2000, 480.0), 0.5, np.random.default_rng(5))
    total = counts.sum(axis=(1, 2, 3))
    assert counts.shape == (2000, *table.shape)
    assert abs(total.mean() - 240.0) < 5 * np.sqrt(240.0 / 2000)
    assert abs(total.var() / 240.0 - 1.0) < 5 * np.sqrt(2.0 / 2000)


def test_halving_the_tick_keeps_the_mean_count():
    table = expected_histogram("gap", PHASE_DEG[::12], CHARGE_C[::12])
    rate = np.full(3000, 240.0)
    coarse = draw_histograms(table, rate, 1.0, np.random.default_rng(1)).sum()
    fine = draw_histograms(table, np.repeat(rate, 2), 0.5, np.random.default_rng(2)).sum()
    assert abs(float(coarse) - fine) < 5 * np.sqrt(2 * 3000 * 240.0)


def test_empty_histogram_gives_zero_features():
    features = histogram_features(np.zeros((4, 2, 3, 2), dtype=int), np.arange(4.0), np.arange(3.0))
    for name in ("mean_phase_deg", "asymmetry", "charge_asymmetry", "mains_modulation"):
        np.testing.assert_array_equal(getattr(features, name), np.zeros(4))


def test_rate_follows_the_square_of_voltage_above_inception():
    rate = pulse_rate_per_s("internal", np.array([0.9, 1.0, 2.0]), activity=np.array([1.0, 1.0, 0.5]))
    np.testing.assert_allclose(rate, [0.0, 600.0, 1200.0])


@pytest.mark.parametrize(
    ("kind", "low", "high"), [("internal", 2, 50), ("surface", 1, 20), ("floating", 2, 6)]
)
def test_pulses_per_cycle_lie_in_the_catalogued_range(kind, low, high):
    assert low <= pulse_rate_per_s(kind, 1.0) / 60.0 <= high


def test_surface_discharge_needs_humid_air():
    activity = surface_activity(np.array([0.3, 0.7, 0.85, 1.0]))
    assert activity[0] == activity[1] == pytest.approx(0.02)
    assert activity[1] < activity[2] < activity[3] == 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_power_is_charge_times_the_voltage_at_the_pulse(kind):
    pulses = list_pulses(kind, 20_000, np.random.default_rng(7), voltage_ratio=2.0)
    sine = np.sign(pulses.charge_c) * np.sin(np.deg2rad(pulses.phase_deg))
    found = discharge_power_w(kind, 600.0, 1e-9, 7200.0) / (600.0 * 1e-9 * 7200.0 * np.sqrt(2.0))
    assert abs(found - sine.mean()) < 5 * sine.std() / np.sqrt(sine.size)


def test_same_generator_state_same_pulses():
    first, second = (list_pulses("gap", 50, np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(first.charge_c, second.charge_c)


def test_refusals_name_what_is_wrong():
    with pytest.raises(ValueError, match="internal, corona, surface, floating, gap, arc"):
        pattern("spark")
    with pytest.raises(ValueError, match="below the inception"):
        expected_features("floating", 0.5)
    with pytest.raises(ValueError, match="n_cycles"):
        list_pulses("gap", 0, np.random.default_rng(1))
