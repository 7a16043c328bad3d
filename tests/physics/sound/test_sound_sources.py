"""Levels of sources against published values and arithmetic."""

import numpy as np
import pytest

from envirosense.physics.sound import acoustics as ac
from envirosense.physics.sound import sound_ambient as sa
from envirosense.physics.sound import sound_sources as ss

FREE_FIELD_DB = -10.0 * np.log10(4.0 * np.pi)


def test_line_corona_of_a_transmission_line():
    """V-AC-0."""
    assert ss.line_corona_dba(15.0, 30.0, 15.0) == pytest.approx(38.57, abs=0.01)


def test_line_corona_of_a_distribution_line_is_silent():
    """V-AC-0: 1.6 kV/cm at 3 m of the default conductor."""
    assert ss.line_corona_dba(1.6, 18.3, 3.0) == pytest.approx(-82.0, abs=0.2)


def test_line_corona_follows_weather_altitude_and_bundle():
    rain = ss.line_corona_dba(15.0, 30.0, 15.0)
    assert ss.line_corona_dba(15.0, 30.0, 15.0, is_raining=False) == rain - 25.0
    assert ss.line_corona_dba(15.0, 30.0, 15.0, altitude_m=600.0) == rain + 2.0
    four = ss.line_corona_dba(15.0, 30.0, 15.0, conductors=4)
    assert four - rain == pytest.approx(55.0 * np.log10(0.58 * 4**0.48))


@pytest.mark.parametrize(
    ("power_w", "at_1_m_db", "at_3_m_db", "at_10_m_db"),
    [(0.1, 59, 49.5, 39), (5.0, 76, 66, 56), (250.0, 93, 83, 73), (2000.0, 102, 92, 82)],
)
def test_levels_of_discharges(power_w, at_1_m_db, at_3_m_db, at_10_m_db):
    """Section 4.2, printed to the decibel or half of it, without absorption."""
    level = ac.db_of_energy(ss.discharge_power_pw(power_w, 1e-4)) + FREE_FIELD_DB
    for distance_m, expected in ((1.0, at_1_m_db), (3.0, at_3_m_db), (10.0, at_10_m_db)):
        assert level - 20.0 * np.log10(distance_m) == pytest.approx(expected, abs=0.55)


def test_spectrum_of_a_discharge():
    shares = ss.spark_shares()
    assert ac.db_of_energy(shares[10]) == pytest.approx(-12.0, abs=0.5)
    density_db = ac.db_of_energy(shares / ac.BANDS.width_hz)
    assert density_db[1] - density_db[0] == pytest.approx(0.0, abs=1e-9)
    assert density_db[7] - density_db[6] == pytest.approx(-10.0 * np.log10(10.0**0.3))
    gap = np.log(20e3 / ac.BANDS.high_hz[7]) / (1.0 + np.log(30.0))
    below = ac.BANDS.low_hz[0] / 2000.0 / (1.0 + np.log(30.0))
    assert shares.sum() + gap + below == pytest.approx(1.0)


@pytest.mark.parametrize(("mva", "expected_dba"), [(0.05, 56.0), (0.2, 56.0), (1.0, 66.0), (10.0, 80.0)])
def test_power_level_of_transformers(mva, expected_dba):
    assert ss.transformer_power_dba(mva) == pytest.approx(expected_dba)


def test_hum_has_the_given_a_weighted_power():
    lines = ss.hum_power_pw(56.0, np.zeros(1), np.ones(1))[0]
    weighted = lines @ ac.energy_of_db(ac.a_weighting_db(ss.HUM_LINES_HZ))
    assert ac.db_of_energy(weighted) == pytest.approx(56.0)
    np.testing.assert_allclose(np.diff(ac.db_of_energy(lines)), -4.0)


def test_guarantee_at_a_third_of_a_metre_agrees_with_the_power():
    """NEMA's 48 dB(A) at 0.3 m of a small tank (0.5 m wide, 1 m high) is within 2 dB of 56 dB(A)."""
    surface_m2 = np.pi * 1.1 * 1.3 + np.pi * 0.55**2
    assert 48.0 + 10.0 * np.log10(surface_m2) == pytest.approx(ss.transformer_power_dba(0.05), abs=2.0)


def test_saturation_and_load_raise_the_hum():
    base, iron, deep, load, most = ac.db_of_energy(
        ss.hum_power_pw(56.0, np.array([0.0, 0.0, 0.0, 1.0, 3.0]), np.array([1.0, 2.0, 100.0, 1.0, 1.0]))
    )
    np.testing.assert_allclose(iron - base, [0.0, 6.02, 6.02, 6.02, 6.02], atol=0.01)
    np.testing.assert_allclose(deep - base, [0.0, 15.0, 15.0, 15.0, 15.0])
    np.testing.assert_allclose(load - base, 1.0)
    np.testing.assert_allclose(most - base, 3.0)


def test_hum_lines_lie_in_their_octaves():
    assert ss.hum_bands().tolist() == [1, 2, 3, 3, 3]


@pytest.mark.parametrize(
    ("wind_m_s", "weighted_dba", "whole_db"),
    [(1.0, 22.7, 42.5), (3.0, 33.5, 60.6), (5.0, 38.5, 69.0), (10.0, 45.3, 80.4), (15.0, 49.3, 87.1)],
)
def test_wind_over_grass(wind_m_s, weighted_dba, whole_db):
    """V-AC-4. Below 63 Hz the unweighted level has energy that no band holds."""
    whole, weighted = sa.wind_levels_db(wind_m_s)
    assert weighted == pytest.approx(weighted_dba, abs=0.06)
    assert whole == pytest.approx(whole_db, abs=0.06)
    bands = sa.wind_energy(np.array([wind_m_s]))[0]
    assert ac.a_weighted_db(bands) == pytest.approx(weighted_dba, abs=0.5)
    assert ac.db_of_energy(bands.sum()) < whole_db


def test_wind_outside_its_range_counts_as_the_nearest():
    edges = sa.wind_energy(np.array(sa.WIND_RANGE_M_S))
    np.testing.assert_allclose(sa.wind_energy(np.array([0.0, 90.0])), edges)


def test_leaves_are_louder_than_grass():
    wind = np.array([2.0, 8.0])
    assert np.all(ac.db_of_energy(sa.leaf_energy_sum(wind)) - sa.wind_levels_db(wind)[1] == sa.LEAF_RISE_DB)
    assert ac.a_weighted_db(sa.leaf_shares()) == pytest.approx(0.0)


def test_rain_grows_by_fifteen_decibels_per_decade():
    rate = np.array([0.0, 1.0, 10.0])
    energy = sa.rain_energy_sum(rate)
    assert energy[0] == 0.0
    np.testing.assert_allclose(ac.db_of_energy(energy[1:]), [48.0, 63.0])
    assert ac.a_weighted_db(sa.rain_shares()) == pytest.approx(0.0)
    assert np.argmax(sa.rain_shares()) in (6, 7)
    assert ac.db_of_energy(sa.rain_shares()[10] / sa.rain_shares()[7]) > -10.0  # the confuser of tracking


def test_drops_carry_the_rain():
    """Drops per second times the mean volume of an exponential of diameters is the water that falls."""
    rate = np.array([0.5, 5.0, 50.0])
    diameter_mm = np.linspace(0.0, 60.0, 600_001)
    slope = 4.1 * rate**-0.21
    weights = np.exp(-slope[:, None] * diameter_mm)
    volume_mm3 = (np.pi / 6.0 * diameter_mm**3 * weights).sum(axis=1) / weights.sum(axis=1)
    water_mm_h = sa.drops_per_s(rate, 2.0) / 2.0 * volume_mm3 * 1e-9 * 3.6e6
    np.testing.assert_allclose(water_mm_h, rate, rtol=1e-3)


def test_thunder_falls_with_distance_and_ends_at_the_horizon():
    energy = sa.thunder_energy_sum(np.array([1e3, 10e3, 26e3]), np.array([31.0, -31.0, 31.0]))
    np.testing.assert_allclose(ac.db_of_energy(energy[:2]), [120.0, 95.0])
    assert energy[2] == 0.0
    assert sa.thunder_duration_s(np.array([0.0, 25e3, 90e3])).tolist() == [5.0, 30.0, 30.0]
    shares = sa.thunder_shares()
    assert shares[:3].sum() > 0.8 * shares.sum()
    assert shares.sum() < 1.0


@pytest.mark.parametrize("dt_s", [0.1, 1.0, 10.0])
def test_thunder_spends_its_energy_whatever_the_tick(dt_s):
    """Integral of the decay to 40 dB down: onset times decay time, (1 - 1e-4)."""
    n = round(200 / dt_s)
    onset = np.array([[2.0, 3.0], [1.0, 0.0]])
    duration = np.array([5.0, 20.0])
    energy = sa.thunder_course(np.array([12.34, 50.0]), duration, onset, n, dt_s)
    expected = (onset * (duration / np.log(100.0))[:, None]).sum(axis=0)
    np.testing.assert_allclose(dt_s * energy.sum(axis=0), expected, rtol=2e-4)
    assert np.all(energy[: int(12.34 / dt_s)] == 0.0)


def test_thunder_from_before_the_episode_is_heard_to_its_end():
    args = (np.array([5.0]), np.ones((1, 1)), 40, 0.5)
    whole = sa.thunder_course(np.array([3.0]), *args)
    late = sa.thunder_course(np.array([-2.0]), *args)
    np.testing.assert_allclose(late[:20, 0], whole[10:30, 0])


def test_traffic_has_its_daily_mean():
    hours = np.arange(0.0, 24.0, 0.01)
    for place, expected_dba in sa.TRAFFIC_DBA.items():
        energy = sa.traffic_energy(hours, place).mean(axis=0)
        assert ac.a_weighted_db(energy) == pytest.approx(expected_dba, abs=0.01)
        assert np.all(energy[8:] == 0.0)


def test_crickets_sing_on_warm_nights_of_late_summer():
    warm, cold = np.array([298.0]), np.array([283.0])
    dark, sun = np.zeros(1), np.array([500.0])
    assert sa.cricket_activity(warm, dark, 225.0) == pytest.approx(1.0)
    for air_k, ghi, day in ((cold, dark, 225.0), (warm, sun, 225.0), (warm, dark, 20.0)):
        assert sa.cricket_activity(air_k, ghi, day) < 1e-9
    energy = sa.cricket_energy(np.ones(1), "rural")[0]
    assert ac.a_weighted_db(energy) == pytest.approx(45.0)
    assert np.argmax(energy) == 6
