import numpy as np
import pytest

from envirosense.physics.electric.leakage import (
    ALARM_BANDS,
    PIN_INSULATOR,
    WASH_FOLD_MM,
    alarm_band,
    dry_band_share,
    humidity_factor,
    layer_conductance_s,
    leakage_current_a,
    leakage_power_w,
    salt_deposit,
    settled_deposit,
    surface_resistance_ohm,
    water_film,
)


def test_conductivity_grows_a_hundredfold_from_70_percent_to_fog():
    factor = humidity_factor(np.array([0.5, 0.7, 0.85, 1.0]))
    assert factor[3] / factor[1] == pytest.approx(100.0)
    assert factor[0] < 1e-3
    assert np.all(np.diff(factor) > 0)


def test_one_milliampere_at_service_voltage_heats_seven_watts():  # section 1.5
    assert leakage_power_w(7200.0, 1e-3) == pytest.approx(7.2)


def test_dry_band_of_ten_milliamperes_and_a_kilovolt_takes_ten_watts():  # section 3.3
    assert leakage_power_w(1000.0, 10e-3) == pytest.approx(10.0)


def test_insulator_current_is_ohms_law_of_its_form_factor():
    current = leakage_current_a(7200.0, layer_conductance_s(0.05, 1.0))
    assert current == pytest.approx(7200.0 * (1e-4 * 0.05 / PIN_INSULATOR.form_factor + 1e-10), rel=1e-12)
    assert leakage_current_a(7200.0, 0.0) == pytest.approx(7200.0 / PIN_INSULATOR.dry_ohm)
    assert leakage_current_a(7200.0, 1e-3, series_ohm=1e9) < 7.2e-6


def test_dirty_insulator_crosses_the_alarm_bands_as_the_air_gets_damp():
    humidity = np.array([0.4, 0.85, 0.95, 1.0])
    band = alarm_band(leakage_current_a(7200.0, layer_conductance_s(0.03, humidity)))
    assert list(band) == [0, 1, 2, 2]
    assert ALARM_BANDS[alarm_band(0.2)] == "flashover_imminent"
    assert list(alarm_band(np.array([0.9e-3, 1e-3, 5e-3, 0.1]))) == [0, 1, 2, 3]


def test_film_counts_as_fog():
    assert layer_conductance_s(0.05, 0.3, 1.0) == layer_conductance_s(0.05, 1.0)


def test_dry_band_takes_the_voltage():
    assert dry_band_share(0.01, 1.0, 0.01) == pytest.approx(0.5, abs=0.01)
    assert dry_band_share(np.array([0.0, 1.0]), 1.0, 0.01) == pytest.approx([0.0, 1.0])
    # against a chain of a hundred resistors, five of which are dry
    ohm = np.r_[np.full(5, 1 / 0.02), np.ones(95)]
    assert dry_band_share(0.05, 1.0, 0.02) == pytest.approx(ohm[:5].sum() / ohm.sum())


def test_only_rain_beyond_five_millimetres_washes():
    rain = np.full(10, 1.0)  # mm/h, one hour a step
    light = salt_deposit(rain[:5], 3600.0, settled_deposit(0.1), deposit_mg_cm2_day=0.0)
    np.testing.assert_allclose(light.salt_mg_cm2, 0.1)
    heavy = salt_deposit(rain, 3600.0, settled_deposit(0.1), deposit_mg_cm2_day=0.0)
    assert heavy.salt_mg_cm2[-1] == pytest.approx(0.1 * np.exp(-5.0 / WASH_FOLD_MM))


def test_a_dry_pause_begins_a_new_rain():
    rain = np.r_[np.full(5, 1.0), np.zeros(6), np.full(5, 1.0)]
    apart = salt_deposit(rain, 3600.0, settled_deposit(0.1), deposit_mg_cm2_day=0.0)
    assert apart.salt_mg_cm2[-1] == pytest.approx(0.1)


def test_dry_weather_adds_salt_and_the_tick_does_not_matter():
    year = salt_deposit(np.zeros(365), 86_400.0, settled_deposit(0.0))
    assert year.salt_mg_cm2[-1] == pytest.approx(0.11, abs=0.005)
    rain = np.random.default_rng(3).exponential(2.0, 40)
    coarse = salt_deposit(rain, 1800.0, settled_deposit(0.1), 0.5).salt_mg_cm2
    fine = salt_deposit(np.repeat(rain, 6), 300.0, settled_deposit(0.1), 0.5).salt_mg_cm2[5::6]
    np.testing.assert_allclose(fine, coarse, rtol=1e-3)  # a new rain begins washing inside a tick


def test_film_soaks_dries_and_keeps_to_its_bounds():
    rain = np.r_[np.full(60, 4.0), np.zeros(240)]
    film = water_film(rain, np.full(300, 0.5), 60.0)
    assert film.max() <= 1.0
    assert film[59] > 0.99
    assert film[-1] < 0.02
    assert water_film(np.zeros(600), np.full(600, 1.0), 60.0)[-1] > 0.99
    assert water_film(np.zeros(9), np.full(9, 0.6), 60.0).max() == 0.0


def test_film_is_the_same_for_any_tick_and_any_blocks():
    rng = np.random.default_rng(5)
    rain, humidity = np.maximum(rng.normal(0, 2, 50), 0), rng.uniform(0.3, 1.0, 50)
    whole = water_film(rain, humidity, 60.0)
    fine = water_film(np.repeat(rain, 4), np.repeat(humidity, 4), 15.0)[3::4]
    np.testing.assert_allclose(fine, whole, atol=1e-12)
    first = water_film(rain[:20], humidity[:20], 60.0)
    second = water_film(rain[20:], humidity[20:], 60.0, start=float(first[-1]))
    np.testing.assert_array_equal(np.r_[first, second], whole)


def test_deposit_blocks_give_the_bits_of_one_run():
    rain = np.maximum(np.random.default_rng(5).normal(0, 4, 60), 0)
    whole = salt_deposit(rain, 900.0, settled_deposit(0.1)).salt_mg_cm2
    first = salt_deposit(rain[:31], 900.0, settled_deposit(0.1))
    second = salt_deposit(rain[31:], 900.0, first)
    np.testing.assert_array_equal(np.r_[first.salt_mg_cm2, second.salt_mg_cm2], whole)


def test_resistance_of_a_clean_insulator_is_its_dry_body():
    assert surface_resistance_ohm(0.0) == PIN_INSULATOR.dry_ohm


def test_refusals():
    with pytest.raises(ValueError, match="salt_mg_cm2"):
        settled_deposit(-1.0)
    with pytest.raises(ValueError, match="dt_s"):
        water_film(np.zeros(2), np.zeros(2), 0.0)
