"""Lightning: published formulas and values, and the statistics of flashes."""

import numpy as np
import pytest

from envirosense.physics.storms import lightning as lt


@pytest.fixture(scope="module")
def strikes() -> lt.Strikes:
    n = 20_000
    return lt.make_strikes(10.0 * np.arange(n), np.zeros(n), np.zeros(n), np.random.default_rng(11))


def test_ground_flashes_of_forty_thunder_days():
    assert lt.ground_flash_density_km2_year(40.0) == pytest.approx(4.02, abs=0.005)


def test_flashes_to_a_line():
    assert lt.line_flashes_per_100_km_year(4.0, 10.0, 1.5) == pytest.approx(45.2, abs=0.05)


@pytest.mark.parametrize(
    ("current_ka", "expected"),
    [(10.0, 0.950), (20.0, 0.758), (31.0, 0.5), (50.0, 0.224), (100.0, 0.045), (200.0, 0.008)],
)
def test_first_stroke_peaks(current_ka, expected):
    assert lt.peak_exceedance(current_ka) == pytest.approx(expected, abs=5.1e-4)
    back = lt.peak_quantile_ka(1.0 - lt.peak_exceedance(current_ka), 31.0, 2.6)
    assert back == pytest.approx(current_ka)


def test_radiation_field_at_a_hundred_kilometres():
    field = lt.radiation_field_v_m(30e3, 100e3)
    assert field == pytest.approx(7.8, abs=0.005)
    assert 6.0 < field < 8.0  # first strokes normalised to 100 km
    assert lt.radiation_field_v_m(30e3, 50e3) == pytest.approx(2.0 * field)


def test_electrostatic_step():
    # 2.965 kV/m; the reference's 2.97 takes 9e9 for the Coulomb constant
    assert lt.electrostatic_step_v_m(15.0, 7000.0, 5000.0) == pytest.approx(2970.0, rel=2e-3)
    # overhead it is that of a point charge and its image
    assert lt.electrostatic_step_v_m(1.0, 5000.0, 0.0) == pytest.approx(2.0 * 8.9875517923e9 / 5000.0**2)


def test_thunder_comes_later():
    assert lt.thunder_delay_s(5000.0, 293.15) == pytest.approx(14.57, abs=0.005)


def test_flash_durations_are_those_measured(strikes):
    # three constants were tuned on these two numbers: this holds them there
    median_s, p90_s = np.percentile(strikes.flash_duration_s, [50, 90])
    assert median_s == pytest.approx(0.36, rel=0.05)
    assert p90_s == pytest.approx(0.81, rel=0.1)


def test_strengths_spread_over_twenty_decibels(strikes):
    low, high = np.percentile(np.abs(strikes.peak_current_ka), [5, 95])
    assert 20.0 * np.log10(high / low) == pytest.approx(20.0, abs=2.0)


def test_kinds_signs_and_strokes_have_their_shares(strikes):
    n = strikes.flash_duration_s.size
    first = np.unique(strikes.flash_id, return_index=True)[1]
    ground = strikes.is_cloud_to_ground[first]
    assert ground.mean() == pytest.approx(0.25, abs=5.0 * np.sqrt(0.25 * 0.75 / n))
    positive = strikes.peak_current_ka[first] > 0.0
    assert positive.mean() == pytest.approx(0.1, abs=5.0 * np.sqrt(0.1 * 0.9 / n))
    count = np.bincount(strikes.flash_id)
    negative_ground = count[ground & ~positive]
    error = np.sqrt(3.5 * 2.5 / negative_ground.size)
    assert negative_ground.mean() == pytest.approx(3.5, abs=5.0 * error)
    np.testing.assert_array_equal(count[ground & positive], 1)
    assert np.median(np.abs(strikes.peak_current_ka[first][ground])) == pytest.approx(31.0, rel=0.05)


def test_strokes_follow_sixty_milliseconds_apart(strikes):
    ground = strikes.is_cloud_to_ground
    time_s, flash = strikes.time_s[ground], strikes.flash_id[ground]
    gaps = np.diff(time_s)[np.diff(flash) == 0]
    # geometric mean, ln sigma 0.7
    assert np.log(gaps).mean() == pytest.approx(np.log(0.060), abs=5.0 * 0.7 / np.sqrt(gaps.size))


def test_strokes_lie_within_their_flash_and_in_order(strikes):
    assert np.all(np.diff(strikes.time_s) >= 0.0)
    since = strikes.time_s - 10.0 * strikes.flash_id
    assert np.all(since > 0.0)
    assert np.all(since <= strikes.flash_duration_s[strikes.flash_id] + 1e-6)
    first = np.unique(strikes.flash_id, return_index=True)[1]
    assert np.all(strikes.x_m[first] == 0.0)


def test_a_cut_numbers_flashes_by_the_first_stroke_left():
    none = np.zeros(4)
    both = lt.Strikes(
        np.array([1.0, 2.0, 3.0, 4.0]),
        none,
        none,
        none,
        np.array([0, 1, 0, 1]),
        none > 0,
        np.array([5.0, 6.0]),
    )
    late = lt.strikes_between(both, 1.5, 9.0)
    np.testing.assert_array_equal(late.flash_id, [0, 1, 0])
    np.testing.assert_array_equal(late.flash_duration_s, [6.0, 5.0])


def test_storms_join_in_order_with_flashes_renumbered():
    rng = np.random.default_rng(2)
    one = lt.make_strikes(np.array([5.0, 9.0]), np.zeros(2), np.zeros(2), rng)
    other = lt.make_strikes(np.array([1.0, 7.0]), np.ones(2), np.ones(2), rng)
    both = lt.sorted_strikes([one, other])
    assert np.all(np.diff(both.time_s) >= 0.0)
    _, first = np.unique(both.flash_id, return_index=True)
    assert np.all(np.diff(first) > 0)
    np.testing.assert_array_equal(
        both.flash_duration_s,
        [
            other.flash_duration_s[0],
            one.flash_duration_s[0],
            other.flash_duration_s[1],
            one.flash_duration_s[1],
        ],
    )
    late = lt.strikes_between(both, 6.0, 100.0)
    assert late.flash_id[0] == 0
    assert late.flash_duration_s.size == late.flash_id.max() + 1
    assert lt.sorted_strikes([]).time_s.size == 0
    none = lt.make_strikes(np.zeros(0), np.zeros(0), np.zeros(0), rng)
    assert none.time_s.size == none.flash_duration_s.size == 0


def test_the_bands_of_a_stroke_hold_all_its_energy():
    current_a, distance_m = np.array([30e3]), np.array([20e3])
    whole = lt.stroke_band_t2_s(current_a, distance_m, ((0.0, 1e12),))[0, 0]
    a, b = lt.TAIL_PER_S, lt.FRONT_PER_S
    of_current_s = 1.0 / (2 * a) + 1.0 / (2 * b) - 2.0 / (a + b)
    peak_t = lt.radiation_field_v_m(30e3, 20e3) / lt.LIGHT_M_S
    assert whole == pytest.approx(peak_t**2 * of_current_s, rel=1e-6)
    parts = lt.stroke_band_t2_s(current_a, distance_m, ((0.0, 1e4), (1e4, 1e5), (1e5, 1e12)))
    assert parts.sum() == pytest.approx(whole, rel=1e-12)
    further = lt.stroke_band_t2_s(current_a, 2 * distance_m, ((2e3, 1e4),))
    assert further == pytest.approx(lt.stroke_band_t2_s(current_a, distance_m, ((2e3, 1e4),)) / 4)
