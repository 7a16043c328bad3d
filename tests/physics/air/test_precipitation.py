"""Rain and fog: closed integrals against quadrature, published laws, limits."""

import numpy as np
import pytest

from envirosense.physics.air import fog
from envirosense.physics.air import precipitation as pr

DIAMETER_MM = np.linspace(pr.SMALLEST_DROP_MM, 30.0, 400_001)
RAIN = np.array([0.1, 1.0, 10.0, 50.0])


def quadrature(weight, rain):
    return float(np.trapezoid(pr.drops_per_m3_mm(DIAMETER_MM, rain) * weight, DIAMETER_MM))


@pytest.mark.parametrize("rain", RAIN)
def test_liquid_water_is_the_power_law_of_marshall_and_palmer(rain):
    assert float(pr.rain_water_g_m3(rain)) == pytest.approx(0.089 * rain**0.84, rel=0.002)


@pytest.mark.parametrize("rain", RAIN)
def test_water_integral_is_closed(rain):
    below_mm = np.linspace(0.0, 40.0, 400_001)
    mass = np.pi / 6 * pr.WATER_G_MM3 * below_mm**3 * pr.drops_per_m3_mm(below_mm, rain)
    assert float(pr.rain_water_g_m3(rain)) == pytest.approx(float(np.trapezoid(mass, below_mm)), rel=1e-6)


@pytest.mark.parametrize(("rain", "tolerance"), [(1.0, 0.20), (10.0, 0.20), (30.0, 0.20)])
def test_drops_and_speeds_carry_the_rain_they_are_named_for(rain, tolerance):
    assert float(pr.spectrum_rain_mm_h(rain)) == pytest.approx(rain, rel=tolerance)


@pytest.mark.parametrize("rain", RAIN)
def test_flux_of_water_and_energy_equal_their_quadrature(rain):
    speed = pr.fall_speed_m_s(DIAMETER_MM)
    volume = np.pi / 6 * DIAMETER_MM**3
    scale = rain / (3.6e-3 * quadrature(volume * speed, rain))
    drops = quadrature(speed, rain) * scale
    assert float(pr.drop_rate_per_m2_s(rain)) == pytest.approx(drops, rel=1e-3)
    energy = 0.5e-6 * quadrature(volume * speed**3, rain) * scale
    assert float(pr.kinetic_flux_w_m2(rain)) == pytest.approx(energy, rel=2e-3)
    fewer = quadrature(np.where(DIAMETER_MM > 1.0, speed, 0.0), rain) * scale
    assert float(pr.drop_rate_per_m2_s(rain, 1.0)) == pytest.approx(fewer, rel=1e-2)


@pytest.mark.parametrize("rain", [1.0, 10.0, 50.0])
def test_energy_of_a_millimetre_is_that_of_erosion_work(rain):  # 11.9 + 8.7 log R, Wischmeier, from memory
    per_mm = float(pr.kinetic_flux_w_m2(rain)) * 3600.0 / rain
    assert per_mm == pytest.approx(11.9 + 8.73 * np.log10(rain), rel=0.15)


def test_drops_carry_the_rain_rate_exactly():
    flux_mm_h = pr.drop_rate_per_m2_s(RAIN) * pr.mean_drop_volume_mm3(RAIN) * 3600e-6
    np.testing.assert_allclose(flux_mm_h, RAIN, rtol=1e-12)


@pytest.mark.parametrize(("diameter_mm", "speed_m_s"), [(0.05, 0.0), (1.0, 4.0), (2.0, 6.55), (5.0, 9.14)])
def test_drops_fall_as_measured(diameter_mm, speed_m_s):  # Gunn and Kinzer 4.03, 6.49, 9.09, from memory
    assert float(pr.fall_speed_m_s(diameter_mm)) == pytest.approx(speed_m_s, abs=0.05)


def test_dry_air_has_no_drops():
    for law in (pr.rain_water_g_m3, pr.drop_rate_per_m2_s, pr.kinetic_flux_w_m2):
        np.testing.assert_array_equal(law(np.array([0.0, 1e-6])), 0.0)
    assert np.all(pr.washout_per_s(np.array([0.0, -1.0]), 1e-4) == 0.0)


def test_sight_and_water_of_fog_are_inverse_and_near_the_empirical_law():
    water = np.array([0.02, 0.1, 0.3])
    sight_m = pr.visual_range_m(pr.fog_extinction_per_m(water, 12.0))
    np.testing.assert_allclose(pr.fog_water_of_sight_g_m3(sight_m, 12.0), water, rtol=1e-12)
    np.testing.assert_allclose(sight_m, 27.0 * water**-0.88, rtol=0.35)  # Kunkel 1984, from memory


def test_fog_needs_moist_calm_and_dark_air():
    humidity, wind, sun = (
        np.array([0.99, 0.96, 0.99, 0.99]),
        np.array([1.0, 1.0, 3.0, 1.0]),
        np.array([0, 0, 0, 50.0]),
    )
    assert fog.is_foggy(humidity, wind, sun).tolist() == [True, False, False, False]


def test_fog_nears_its_level_and_lifts_whatever_the_step():
    def water(dt_s):
        n = round(7200 / dt_s)
        humidity = np.where(np.arange(n) * dt_s < 5400.0, 0.985, 0.90)
        return fog.fog_water_g_m3(humidity, np.ones(n), np.zeros(n), dt_s)

    fine, coarse = water(1.0), water(60.0)
    np.testing.assert_allclose(fine.reshape(-1, 60).mean(axis=1), coarse, rtol=1e-9)
    assert fine[5399] == pytest.approx(0.1, rel=0.02)
    assert fine[-1] == pytest.approx(fine[5399] * np.exp(-3.0), rel=0.01)
