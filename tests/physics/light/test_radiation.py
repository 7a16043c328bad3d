import numpy as np
import pytest
from scipy.integrate import quad

from envirosense.core.units import BOLTZMANN_J_K, LIGHT_SPEED_M_S, PLANCK_J_S, STEFAN_BOLTZMANN_W_M2_K4
from envirosense.physics.light.radiation import (
    BAND_M,
    LEPTON_COUNTS,
    apparent_temperature_k,
    atmosphere_transmittance,
    band_radiance_slope,
    band_radiance_w_m2_sr,
    band_temperature_k,
    component_radiance_w_m2_sr,
)
from envirosense.physics.light.radiation_kernels import interpolate_uniform

# Temperature [K], radiance [W/m2/sr], share of the whole spectrum, slope [W/m2/sr/K]: V-RAD-1
PUBLISHED = [
    (250.0, 22.2923, 0.31618, 0.47595),
    (273.15, 35.1520, 0.34985, 0.63735),
    (293.15, 49.3729, 0.37040, 0.78578),
    (300.0, 54.9335, 0.37574, 0.83782),
    (313.15, 66.6132, 0.38379, 0.93873),
    (350.0, 106.4445, 0.39300, 1.22262),
    (373.15, 136.7783, 0.39086, 1.39723),
    (423.15, 215.672, 0.3727, 1.75286),
    (473.15, 311.429, 0.34427, 2.07071),
    (573.15, 545.617, 0.28013, 2.58766),
]


def quadrature_w_m2_sr(temperature_k: float) -> float:
    def planck(length_m: float) -> float:
        x = PLANCK_J_S * LIGHT_SPEED_M_S / (length_m * BOLTZMANN_J_K * temperature_k)
        return 2.0 * PLANCK_J_S * LIGHT_SPEED_M_S**2 / length_m**5 / float(np.expm1(x))

    return float(quad(planck, *BAND_M, epsrel=1e-12, epsabs=0.0)[0])


@pytest.mark.parametrize(("temperature_k", "radiance", "share", "slope"), PUBLISHED)
def test_band_radiance_has_the_published_values(temperature_k, radiance, share, slope):
    found = band_radiance_w_m2_sr(temperature_k)
    assert found == pytest.approx(radiance, rel=3e-6)
    assert found / (STEFAN_BOLTZMANN_W_M2_K4 * temperature_k**4 / np.pi) == pytest.approx(share, abs=1e-5)
    assert band_radiance_slope(temperature_k) == pytest.approx(slope, rel=1e-5)


def test_table_agrees_with_direct_quadrature():
    # between table points, where linear interpolation is at its worst; every octave of the range
    temperatures_k = np.concatenate([[150.06, 180.07], np.geomspace(200.0, 1990.0, 40)])
    exact = np.array([quadrature_w_m2_sr(t) for t in temperatures_k])
    np.testing.assert_allclose(band_radiance_w_m2_sr(temperatures_k), exact, rtol=1e-5)


def test_temperature_inverts_radiance():
    temperatures_k = np.linspace(200.0, 1300.0, 5003)
    np.testing.assert_allclose(
        band_temperature_k(band_radiance_w_m2_sr(temperatures_k)), temperatures_k, atol=1e-6
    )


def test_table_ends_hold_and_nan_stays():
    ends = band_radiance_w_m2_sr(np.array([[100.0, 150.0], [2000.0, 9000.0]]))
    assert ends[0, 0] == ends[0, 1]
    assert ends[1, 0] == ends[1, 1]
    assert np.isnan(band_radiance_w_m2_sr(np.nan))


def test_interpolation_is_linear():
    out = np.empty(3)
    interpolate_uniform(np.array([1.5, 2.0, 4.0]), 1.0, 1.0, np.array([0.0, 2.0, 8.0, 9.0]), out)
    np.testing.assert_array_equal(out, [1.0, 2.0, 9.0])


@pytest.mark.parametrize(
    ("range_m", "air_c", "humidity", "expected"),
    [
        (3.0, 20.0, 0.5, 0.9895),
        (10.0, 20.0, 0.5, 0.9807),
        (30.0, 20.0, 0.5, 0.9663),
        (100.0, 20.0, 0.5, 0.9375),
        (10.0, 35.0, 0.8, 0.9641),
        (100.0, 35.0, 0.8, 0.8679),
    ],
)
def test_air_path_has_the_published_transmittance(range_m, air_c, humidity, expected):  # V-RAD-3
    assert atmosphere_transmittance(range_m, air_c, humidity) == pytest.approx(expected, abs=5.1e-5)


@pytest.mark.parametrize(
    ("emissivity", "under_sky_c", "in_room_c"),
    [(0.95, 76.2, 77.5), (0.9, 72.4, 75.0), (0.6, 47.0, 59.1), (0.3, 15.1, 41.1), (0.1, -13.7, 27.5)],
)
def test_reflection_hides_a_hot_shiny_object(emissivity, under_sky_c, in_room_c):  # V-RAD-4
    for reflected_k, expected_c in ((240.0, under_sky_c), (293.15, in_room_c)):
        found_k = apparent_temperature_k(353.15, emissivity, band_radiance_w_m2_sr(reflected_k))
        assert found_k - 273.15 == pytest.approx(expected_c, abs=0.06)


@pytest.mark.parametrize(
    ("share", "cold_k", "expected_c"), [(0.3, 250.0, 23.98), (0.3, 298.15, 47.96), (0.52, 298.15, 62.50)]
)
def test_mixed_pixels_mix_radiance(share, cold_k, expected_c):  # V-RAD-5
    hot, cold = band_radiance_w_m2_sr(363.15), band_radiance_w_m2_sr(cold_k)
    assert band_temperature_k(share * hot + (1 - share) * cold) - 273.15 == pytest.approx(
        expected_c, abs=0.01
    )


@pytest.mark.parametrize(
    ("temperature_k", "counts"),
    [
        (233.15, 997.8), (273.15, 2235.8), (293.15, 3139.0), (300.0, 3494.8), (323.15, 4875.6),
        (373.15, 8796.9), (413.15, 12819.6),
    ],
)  # fmt: skip
def test_count_curve_has_the_published_values(temperature_k, counts):  # V-RAD-2
    assert LEPTON_COUNTS.counts(temperature_k) == pytest.approx(counts, abs=0.05)
    assert LEPTON_COUNTS.temperature_k(counts) == pytest.approx(temperature_k, abs=0.01)


def test_counts_per_kelvin_and_the_end_of_fourteen_bits():  # V-RAD-2
    per_k = float(np.diff(LEPTON_COUNTS.counts(np.array([299.5, 300.5])))[0])
    assert per_k == pytest.approx(53.7, abs=0.05)
    assert 0.05 * per_k == pytest.approx(2.7, abs=0.05)
    assert LEPTON_COUNTS.temperature_k(16383.0) - 273.15 == pytest.approx(170.0, abs=4.0)


def test_isothermal_world_looks_like_a_blackbody():
    surface_k = np.full((3, 2), 290.0)
    sky = band_radiance_w_m2_sr(290.0)
    found = component_radiance_w_m2_sr(
        surface_k, np.array([0.3, 0.9]), 0.97, np.full((3, 1), 290.0), sky, 290.0, np.array([0.2, 0.7])
    )
    np.testing.assert_allclose(found, band_radiance_w_m2_sr(290.0) * np.ones((3, 2)), rtol=1e-14)


def test_component_radiance_agrees_with_apparent_temperature():
    sky, surround = band_radiance_w_m2_sr(230.0), band_radiance_w_m2_sr(285.0)
    radiance = component_radiance_w_m2_sr(np.full((1, 1), 350.0), 0.6, 0.95, 295.0, sky, 285.0, 0.4)
    apparent_k = apparent_temperature_k(350.0, 0.6, 0.4 * sky + 0.6 * surround, 0.95, 295.0)
    assert band_temperature_k(radiance)[0, 0] == pytest.approx(apparent_k, abs=1e-9)
