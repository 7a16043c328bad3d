"""Absorption against the printed tables, spreading, weights and bands."""

import numpy as np
import pytest

from envirosense.physics.sound import acoustics as ac

SEA_PA = 101_325.0
OCTAVES = ac.BANDS.centre_hz[:8]


@pytest.mark.parametrize(
    ("tenths", "air_c", "humidity", "printed_db_km", "last_digit"),
    [
        (-13, -20.0, 0.10, 0.589, 1e-3),
        (8, 20.0, 0.15, 175.0, 1.0),
        (-13, 20.0, 0.80, 0.0501, 1e-4),
        (0, 20.0, 0.80, 5.15, 1e-2),
        (10, 20.0, 0.80, 105.0, 1.0),
    ],
)
def test_absorption_is_that_of_table_1(tenths, air_c, humidity, printed_db_km, last_digit):
    """V-AC-1: the standard's table is for exact midbands of base ten."""
    alpha = 1e3 * ac.absorption_db_m(1000.0 * 10.0 ** (tenths / 10.0), air_c + 273.15, humidity, SEA_PA)
    assert alpha == pytest.approx(printed_db_km, abs=0.5 * last_digit)


def test_nominal_frequencies_miss_the_table():
    """V-AC-1: 50 Hz in place of 50.12 Hz is 0.6 % off in the last line but one."""
    assert 1e3 * ac.absorption_db_m(50.0, 293.15, 0.8, SEA_PA) == pytest.approx(0.0498, abs=5e-5)
    assert 1e3 * ac.absorption_db_m(50.0, 253.15, 0.1, SEA_PA) == pytest.approx(0.5872, abs=5e-5)


@pytest.mark.parametrize(
    ("air_c", "humidity", "expected_db_km"),
    [
        (20.0, 0.70, (0.090, 0.339, 1.132, 2.798, 4.978, 9.016, 22.91, 76.62)),
        (10.0, 0.70, (0.122, 0.411, 1.043, 1.928, 3.658, 9.664, 32.77, 116.9)),
        (30.0, 0.70, (0.065, 0.256, 0.963, 3.135, 7.407, 12.75, 23.06, 59.26)),
        (15.0, 0.20, (0.272, 0.647, 1.221, 2.704, 8.166, 28.19, 88.79, 201.8)),
    ],
)
def test_absorption_in_octaves(air_c, humidity, expected_db_km):
    """V-AC-2, to the last printed digit."""
    alpha = 1e3 * ac.absorption_db_m(OCTAVES, air_c + 273.15, humidity, SEA_PA)
    digits = np.array([1e-3] * 5 + [1e-3 if e < 10 else 1e-2 if e < 100 else 0.1 for e in expected_db_km[5:]])
    assert np.all(np.abs(alpha - expected_db_km) <= 0.51 * digits)


@pytest.mark.parametrize(
    ("air_c", "humidity", "expected_db_m"),
    [
        (20.0, 0.50, (0.524, 0.732, 1.318, 1.661)),
        (20.0, 0.20, (0.506, 0.579, 0.783, 0.940)),
        (10.0, 0.70, (0.502, 0.655, 1.037, 1.261)),
        (35.0, 0.20, (0.670, 0.924, 1.614, 1.999)),
        (0.0, 0.80, (0.373, 0.437, 0.626, 0.775)),
    ],
)
def test_absorption_of_ultrasound(air_c, humidity, expected_db_m):
    """V-AC-3."""
    alpha = ac.absorption_db_m([20e3, 25e3, 40e3, 50e3], air_c + 273.15, humidity, SEA_PA)
    np.testing.assert_allclose(alpha, expected_db_m, atol=6e-4)


def test_speed_of_sound_and_the_delay_of_thunder():
    assert ac.sound_speed_m_s(273.15) == 331.3
    assert 5000.0 / ac.sound_speed_m_s(293.15) == pytest.approx(14.57, abs=0.005)


def test_spreading_is_eleven_decibels_at_one_metre_and_six_per_doubling():
    none = np.zeros(1)
    one, two = (ac.db_of_energy(ac.energy_per_picowatt(r, 1e9, none, none)) for r in (1.0, 2.0))
    assert one == pytest.approx(-10.0 * np.log10(4.0 * np.pi))
    assert one - two == pytest.approx(20.0 * np.log10(2.0))


def test_hard_ground_adds_three_decibels_and_nothing_stands_nearer_than_ten_centimetres():
    none = np.zeros(1)
    free = ac.energy_per_picowatt(50.0, 50.0, none, none, reflection=0.0)
    assert ac.energy_per_picowatt(50.0, 50.0, none, none, reflection=1.0) == pytest.approx(2.0 * free)
    near = ac.energy_per_picowatt(0.0, 20.0, none, none)
    assert near == ac.energy_per_picowatt(ac.NEAREST_M, 20.0, none, none)


@pytest.mark.parametrize("distance_m", [0.0, 1.0, 10.0, 60.0])
def test_transmission_is_the_mean_over_the_band(distance_m):
    low, high = ac.band_absorption(293.15, 0.5, SEA_PA)
    f = np.linspace(0.0, 1.0, 20_001)
    alpha = low + f[:, None] * (high - low)
    expected = np.trapezoid(10.0 ** (-alpha * distance_m / 10.0), f, axis=0)
    np.testing.assert_allclose(ac.band_transmission(distance_m, low, high), expected, rtol=1e-6)


def test_linear_absorption_within_a_band_is_close_to_the_formula():
    """Against quadrature of the formula itself: within 0.6 dB for every band at 20 m."""
    low, high = ac.band_absorption(293.15, 0.5, SEA_PA)
    f = ac.BANDS.low_hz + np.linspace(0.0, 1.0, 2001)[:, None] * ac.BANDS.width_hz
    share = 10.0 ** (-2.0 * ac.absorption_db_m(f, 293.15, 0.5, SEA_PA))
    exact = np.trapezoid(share, axis=0) / 2000
    error_db = ac.db_of_energy(ac.band_transmission(20.0, low, high) / exact)
    assert np.max(np.abs(error_db)) < 0.6


@pytest.mark.parametrize(("distance_m", "expected_db"), [(3.0, 67.5), (10.0, 47.8), (20.0, 28.6)])
def test_range_of_an_arc_in_ultrasound(distance_m, expected_db):
    """Section 4.3: 81 dB at 1 m in 35 to 45 kHz, with the absorption of 40 kHz.

    The mean over the band is higher, since its lower half carries farther: 0.6 dB at 20 m.
    """
    tone = ac.absorption_db_m(np.array([40e3]), 293.15, 0.5, SEA_PA)
    low, high = (a[10:11] for a in ac.band_absorption(293.15, 0.5, SEA_PA))
    at_1_m = ac.energy_per_picowatt(1.0, 1e9, np.zeros(1), np.zeros(1))
    levels = [
        81.0 + ac.db_of_energy(ac.energy_per_picowatt(distance_m, 1e9, *edges) / at_1_m)[0]
        for edges in ((tone, tone), (low, high))
    ]
    assert levels[0] == pytest.approx(expected_db, abs=0.06)
    assert 0.0 <= levels[1] - levels[0] < 0.7


def test_a_weights():
    weights = ac.a_weighting_db([120.0, 240.0, 360.0, 480.0, 1000.0])
    np.testing.assert_allclose(weights, [-16.71, -9.06, -5.57, -3.51, 0.0], atol=0.006)


def test_bands_are_octaves_and_four_ultrasonic_bands():
    bands = ac.BANDS
    assert len(bands) == 12
    np.testing.assert_allclose(bands.low_hz[1:8], bands.high_hz[:7])
    np.testing.assert_allclose(bands.centre_hz[4], 1000.0)
    np.testing.assert_allclose(bands.centre_hz[:8], [63, 125, 250, 500, 1000, 2000, 4000, 8000], rtol=0.01)
    assert list(zip(bands.low_hz[8:], bands.high_hz[8:], strict=True)) == [
        (20e3, 25e3),
        (25e3, 35e3),
        (35e3, 45e3),
        (45e3, 60e3),
    ]


def test_equal_energies_add_three_decibels():
    assert ac.db_of_energy(2.0 * ac.energy_of_db(60.0)) == pytest.approx(63.01, abs=0.005)
