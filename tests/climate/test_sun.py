"""Solar position against the published case, irradiance on planes against pvlib."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from pvlib import irradiance

from envirosense.climate import Station, clear_sky_ghi_w_m2, plane_irradiance_w_m2, sun_track
from envirosense.physics.light.sunlight import almanac_sun, extraterrestrial_w_m2, incidence_cosine

GREENSBORO = Station("Greensboro", 36.1, -79.95, 273.0, -5.0)


def test_published_position_of_the_solar_position_algorithm():
    # V-SO-1, NREL/TP-560-34302
    golden = Station("Golden", 39.742476, -105.1786, 1830.14, -7.0)
    when = datetime(2003, 10, 17, 12, 30, 30, tzinfo=timezone(timedelta(hours=-7)))
    sun = sun_track(golden, when.timestamp(), pressure_pa=82_000.0, air_c=11.0)
    assert np.degrees(sun.zenith_rad[0]) == pytest.approx(50.11162, abs=2e-4)
    assert np.degrees(sun.azimuth_rad[0]) == pytest.approx(194.34024, abs=2e-4)


def test_clear_sky_of_a_summer_noon():
    # V-SO-6: apparent zenith 17.874 deg, Haurwitz 982.19 W/m2
    when = datetime(1990, 6, 21, 18, 20, tzinfo=UTC).timestamp()
    sun = sun_track(GREENSBORO, when)
    assert np.degrees(sun.zenith_rad[0]) == pytest.approx(17.874, abs=2e-3)
    assert clear_sky_ghi_w_m2(sun.cos_zenith)[0] == pytest.approx(982.19, abs=0.1)


def test_no_light_below_the_horizon():
    np.testing.assert_array_equal(clear_sky_ghi_w_m2([-1.0, -0.1, 0.0]), 0.0)


@pytest.mark.parametrize(("latitude_deg", "longitude_deg"), [(36.1, -79.95), (-33.9, 151.2), (69.6, 18.9)])
def test_short_series_agrees_with_the_full_algorithm(latitude_deg, longitude_deg):
    place = Station("there", latitude_deg, longitude_deg, 0.0, 0.0)
    times_s = datetime(2018, 1, 1, tzinfo=UTC).timestamp() + 50_021.0 * np.arange(600)
    full, short = sun_track(place, times_s), almanac_sun(latitude_deg, longitude_deg, times_s)
    assert np.degrees(np.abs(full.zenith_rad - short.zenith_rad)).max() < 0.04
    turn = np.angle(np.exp(1j * (full.azimuth_rad - short.azimuth_rad))) * np.sin(full.zenith_rad)
    assert np.degrees(np.abs(turn)).max() < 0.03


@pytest.fixture(scope="module")
def day():
    times_s = datetime(2018, 4, 3, 5, tzinfo=UTC).timestamp() + 600.0 * np.arange(144)
    sun = sun_track(GREENSBORO, times_s)
    dni = np.where(sun.cos_zenith > 0.0, 700.0, 0.0)
    dhi = np.where(sun.cos_zenith > 0.0, 110.0, 0.0)
    return sun, dni, dhi + dni * np.maximum(sun.cos_zenith, 0.0), dhi


@pytest.mark.parametrize(
    ("tilt_deg", "facing_deg"), [(0.0, 0.0), (50.0, 180.0), (90.0, 90.0), (90.0, 270.0), (180.0, 0.0)]
)
def test_plane_irradiance_equals_pvlib_hay_davies(day, tilt_deg, facing_deg):
    sun, dni, ghi, dhi = day
    ours = plane_irradiance_w_m2(sun, dni, ghi, dhi, np.radians(tilt_deg), np.radians(facing_deg), 0.2)[:, 0]
    extra = irradiance.get_extra_radiation(93)  # 3 April
    theirs = irradiance.get_total_irradiance(
        tilt_deg, facing_deg, np.degrees(sun.zenith_rad), np.degrees(sun.azimuth_rad), dni, ghi, dhi,
        dni_extra=extra, albedo=0.2, model="haydavies",
    )["poa_global"]  # fmt: skip
    high = np.degrees(sun.zenith_rad) < 85.0  # pvlib lets the aureole on a wall exceed 2000 W/m2 below that
    np.testing.assert_allclose(ours[high], np.asarray(theirs)[high], rtol=1e-3)
    assert ours.max() < 1400.0


def test_facets_are_independent_columns(day):
    sun, dni, ghi, dhi = day
    tilts, facings = np.radians([30.0, 90.0]), np.radians([180.0, 45.0])
    both = plane_irradiance_w_m2(sun, dni, ghi, dhi, tilts, facings, np.full(144, 0.2))
    assert both.shape == (144, 2)
    alone = plane_irradiance_w_m2(sun, dni, ghi, dhi, tilts[1], facings[1], 0.2)
    np.testing.assert_array_equal(both[:, 1:], alone)


def test_horizontal_facet_sees_the_cosine_of_the_zenith(day):
    sun = day[0]
    np.testing.assert_allclose(incidence_cosine(sun, 0.0, 0.0)[:, 0], sun.cos_zenith, atol=1e-12)


def test_extraterrestrial_beam_is_strongest_in_january():
    when_s = [datetime(2018, month, 4, tzinfo=UTC).timestamp() for month in (1, 7)]
    perihelion, aphelion = extraterrestrial_w_m2(when_s)
    assert perihelion / aphelion == pytest.approx((1.01671 / 0.98329) ** 2, rel=2e-3)
