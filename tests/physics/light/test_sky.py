import numpy as np
import pytest

from envirosense.core.units import STEFAN_BOLTZMANN_W_M2_K4, ZERO_CELSIUS_K
from envirosense.physics.light.radiation import band_radiance_w_m2_sr, band_temperature_k
from envirosense.physics.light.sky import (
    band_emissivity,
    band_sky_radiance_w_m2_sr,
    berdahl_martin_emissivity,
    brutsaert_emissivity,
    clear_band_radiance_w_m2_sr,
    longwave_w_m2,
    share_below,
    sky_temperature_k,
    swinbank_k,
    walton_emissivity,
)


@pytest.mark.parametrize(
    ("dew_c", "air_c", "emissivity", "sky_c"),
    [(10.0, 20.0, 0.7743, 1.84), (0.0, 10.0, 0.711, -13.14), (20.0, 30.0, 0.8522, 18.12)],
)
def test_clear_sky_has_the_published_temperature(dew_c, air_c, emissivity, sky_c):  # V-SKY-2
    found = berdahl_martin_emissivity(dew_c + ZERO_CELSIUS_K)
    assert found == pytest.approx(emissivity, abs=5e-5)
    longwave = found * STEFAN_BOLTZMANN_W_M2_K4 * (air_c + ZERO_CELSIUS_K) ** 4
    assert sky_temperature_k(longwave) - ZERO_CELSIUS_K == pytest.approx(sky_c, abs=0.01)


def test_swinbank_has_the_published_value():  # V-SKY-2
    assert swinbank_k(293.15) - ZERO_CELSIUS_K == pytest.approx(3.91, abs=0.005)


def test_clear_sky_laws_agree_with_one_another():
    # 1228 Pa is the vapour pressure at a dew point of 10 degC; the laws were fitted at different places
    dew_k, air_k = 283.15, 293.15
    laws = [
        berdahl_martin_emissivity(dew_k),
        brutsaert_emissivity(1228.0, air_k),
        walton_emissivity(dew_k, 0),
    ]
    assert np.ptp(laws) < 0.06


def test_cloud_closes_the_sky():
    cover = np.arange(11.0)
    longwave = longwave_w_m2(293.15, 283.15, cover)
    assert np.all(np.diff(longwave) > 0)
    black = STEFAN_BOLTZMANN_W_M2_K4 * 293.15**4
    assert 0.7 * black < longwave[0] < 0.85 * black
    assert 0.9 * black < longwave[-1] < 1.02 * black


@pytest.mark.parametrize(
    ("emissivity", "expected_c"),
    [
        (0.39, (-47.1, -23.4, 8.0, 19.8)),
        (0.60, (-26.0, -3.4, 17.35, 20.0)),
        (0.22, (-69.0, -46.9, -11.1, 16.3)),
    ],
)
def test_sky_seen_by_a_camera_warms_towards_the_horizon(emissivity, expected_c):  # V-SKY-3
    elevation = np.radians([90.0, 30.0, 10.0, 3.0])
    radiance = clear_band_radiance_w_m2_sr(elevation, 293.15, emissivity)
    np.testing.assert_allclose(band_temperature_k(radiance) - ZERO_CELSIUS_K, expected_c, atol=0.06)


def test_band_emissivity_matches_its_definition_and_stays_physical():
    assert band_emissivity(0.7743) == pytest.approx(0.39, abs=0.001)
    dry_and_wet = band_emissivity(np.array([0.4, 1.3]))
    assert np.all((dry_and_wet > 0) & (dry_and_wet < 1))


@pytest.mark.parametrize(("air_k", "dew_point_k"), [(271.0, 260.0), (264.0, 250.0)])
def test_the_driest_zenith_is_not_darker_than_its_carbon_dioxide(air_k, dew_point_k):
    """Beyond 13.5 um air is opaque: 7.7 % of a 270 K black body's power in 8-14 um (Planck integral)."""
    zenith = band_sky_radiance_w_m2_sr(np.pi / 2, air_k, dew_point_k, 0.0, 7500.0)
    assert zenith > 0.077 * band_radiance_w_m2_sr(air_k)


def test_horizon_and_below_look_like_air():
    radiance = band_sky_radiance_w_m2_sr(np.array([0.0, -0.3]), 293.15, 283.15, 0.0, 1000.0)
    np.testing.assert_allclose(radiance, band_radiance_w_m2_sr(293.15), rtol=1e-12)


def test_overcast_looks_like_the_cloud_base_behind_the_air_below_it():
    """A low base keeps its own radiance; a high one is veiled by vapour, and all of it at the horizon."""
    elevation = np.radians([90.0, 30.0, 10.0, 0.0])
    low = band_temperature_k(band_sky_radiance_w_m2_sr(elevation, 293.15, 283.15, 1.0, 100.0))
    np.testing.assert_allclose(low[:2], 293.15 - 0.65, atol=0.1)
    high = band_temperature_k(band_sky_radiance_w_m2_sr(elevation, 293.15, 283.15, 1.0, 2000.0))
    assert np.all(np.diff(high) > 0.0)
    assert 293.15 - 13.0 < high[0] < 293.15 - 8.0
    assert high[-1] == pytest.approx(293.15, abs=0.01)


def test_the_share_of_air_below_a_base_follows_the_vapour():
    np.testing.assert_allclose(share_below(np.array([0.0, 2000.0, 1e5])), [0.0, 1.0 - np.exp(-1.0), 1.0])


def test_cloudy_sky_law_reproduces_weather_file_radiation():
    """V-SKY-1, as far as it goes without files: Walton's formula at 20 degC and a dew point of 10 degC.

    Clear 0.787 + 0.764 ln(283.15 / 273) = 0.81489; ten tenths multiply it by 1.154.
    """
    black = STEFAN_BOLTZMANN_W_M2_K4 * 293.15**4
    assert longwave_w_m2(293.15, 283.15, 0.0) / black == pytest.approx(0.81489, abs=2e-5)
    ratio = longwave_w_m2(293.15, 283.15, 10.0) / longwave_w_m2(293.15, 283.15, 0.0)
    assert ratio == pytest.approx(1.0 + 0.224 - 0.35 + 0.28, abs=1e-12)


def test_times_broadcast_against_elevation_bands():
    air_k = np.array([[280.0], [290.0], [300.0]])
    radiance = band_sky_radiance_w_m2_sr(
        np.radians([5.0, 45.0]), air_k, air_k - 8.0, np.full((3, 1), 0.3), 1500.0
    )
    assert radiance.shape == (3, 2)
    assert np.all(np.diff(radiance, axis=0) > 0)
    assert np.all(radiance[:, 0] > radiance[:, 1])
