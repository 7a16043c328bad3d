"""Canadian fire weather index against the published table, its limits and its composition."""

from dataclasses import astuple

import numpy as np
import pytest

from envirosense.physics.fire.canadian_fwi import (
    START,
    buildup,
    daily_severity,
    equilibrium_pct,
    fire_weather_index,
    fwi_course,
    initial_spread,
    litter_code,
    litter_moisture_pct,
    next_dc,
    next_dmc,
    next_ffmc,
)

# Van Wagner & Pickett (1985), first days of April (from memory): air, humidity, wind, rain
WEATHER = np.array(
    [[17.0, 42, 25, 0], [20.0, 21, 25, 2.4], [8.5, 40, 17, 0], [6.5, 25, 6, 0], [13.0, 34, 24, 0]]
)
CODES = np.array(  # FFMC, DMC, DC, ISI, BUI, FWI
    [
        [87.7, 8.5, 19.0, 10.9, 8.5, 10.1],
        [86.2, 10.4, 23.6, 8.8, 10.4, 9.3],
        [87.0, 11.8, 26.1, 6.5, 11.7, 7.6],
        [88.8, 13.2, 28.2, 4.9, 13.1, 6.2],
        [89.1, 15.4, 31.5, 12.6, 15.3, 14.8],
    ]
)
APRIL = [4] * len(WEATHER)


def course(weather=WEATHER, month=4, start=START):
    return fwi_course(*weather.T, [month] * len(weather), start)


def test_published_days_come_out_as_printed():
    found = np.stack(astuple(course())[:6], axis=1)
    np.testing.assert_allclose(found, CODES, atol=0.0501)


def test_severity_of_the_first_published_day():
    assert daily_severity(10.1) == pytest.approx(0.0272 * 10.1**1.77)
    assert course().dsr[0] == pytest.approx(1.63, abs=0.01)


def test_a_chain_of_courses_is_one_course():
    whole, head = course(), course(WEATHER[:2])
    tail = course(WEATHER[2:], start=(head.ffmc[-1], head.dmc[-1], head.dc[-1]))
    for one, first, last in zip(astuple(whole), astuple(head), astuple(tail), strict=True):
        np.testing.assert_array_equal(one, np.concatenate([first, last]))


def test_places_side_by_side_are_places_alone():
    two = np.stack([WEATHER, WEATHER[::-1]], axis=1)  # (day, place, column)
    both = fwi_course(*np.moveaxis(two, -1, 0), APRIL)
    np.testing.assert_array_equal(both.fwi[:, 0], course().fwi)
    np.testing.assert_array_equal(both.fwi[:, 1], course(WEATHER[::-1]).fwi)


def test_litter_ends_between_its_equilibria_from_either_side():
    dry_pct, wet_pct = equilibrium_pct(25.0, 30.0)
    assert wet_pct < dry_pct
    for after in (40.0, 99.0):
        for _ in range(60):
            after = next_ffmc(after, 25.0, 30.0, 10.0, 0.0)
        assert wet_pct - 0.1 < litter_moisture_pct(after) < dry_pct + 0.1


def test_code_and_moisture_of_litter_turn_into_each_other():
    code = np.linspace(0.0, 99.0, 12)
    np.testing.assert_allclose(litter_code(litter_moisture_pct(code)), code, rtol=1e-3, atol=0.02)


def test_rain_below_what_the_canopy_holds_changes_nothing():
    assert next_ffmc(85.0, 17.0, 42.0, 25.0, 0.5) == next_ffmc(85.0, 17.0, 42.0, 25.0, 0.0)
    assert next_dmc(20.0, 17.0, 42.0, 1.5, 4) == next_dmc(20.0, 17.0, 42.0, 0.0, 4)
    assert next_dc(20.0, 17.0, 2.8, 4) == next_dc(20.0, 17.0, 0.0, 4)


def test_rain_wets_every_layer_and_more_rain_more():
    rain_mm = np.array([0.0, 3.0, 10.0, 40.0])
    assert np.all(np.diff(next_ffmc(85.0, 17.0, 42.0, 25.0, rain_mm)) < 0.0)
    assert np.all(np.diff(next_dmc(40.0, 17.0, 42.0, rain_mm, 7)) < 0.0)
    assert np.all(np.diff(next_dc(200.0, 17.0, rain_mm, 7)) < 0.0)


def test_rain_adds_to_the_water_of_the_deep_layer_what_the_system_says():
    after = next_dc(200.0, -5.0, 10.0, 1)  # too cold to dry
    added = 800.0 * np.exp(-after / 400.0) - 800.0 * np.exp(-200.0 / 400.0)
    assert added == pytest.approx(3.937 * (0.83 * 10.0 - 1.27))


def test_codes_never_fall_below_zero_in_a_deluge():
    assert next_dmc(5.0, 1.0, 95.0, 200.0, 1) >= 0.0
    assert next_dc(5.0, 1.0, 500.0, 1) >= 0.0
    assert 0.0 <= next_ffmc(85.0, 1.0, 100.0, 0.0, 200.0) < 30.0


def test_frozen_days_do_not_dry():
    assert next_dmc(20.0, -10.0, 40.0, 0.0, 1) == 20.0
    assert next_dc(20.0, -10.0, 0.0, 1) == 20.0


def test_spread_doubles_every_fourteen_km_h_of_wind():
    ratio = initial_spread(90.0, 10.0 + np.log(2.0) / 0.05039) / initial_spread(90.0, 10.0)
    assert ratio == pytest.approx(2.0)


def test_indices_are_zero_without_fuel_and_continuous_at_their_seams():
    assert buildup(0.0, 0.0) == 0.0
    assert fire_weather_index(0.0, 50.0) == 0.0
    for edge in (80.0,):
        assert fire_weather_index(10.0, edge) == pytest.approx(
            fire_weather_index(10.0, edge + 1e-6), rel=0.02
        )
    assert buildup(40.0, 100.0) == pytest.approx(buildup(40.0 + 1e-9, 100.0), rel=1e-3)
    for edge in (33.0, 65.0):  # of the slope of rain in duff
        assert next_dmc(edge, 10.0, 50.0, 10.0, 5) == pytest.approx(
            next_dmc(edge + 1e-6, 10.0, 50.0, 10.0, 5), rel=0.02
        )


def test_humidity_above_saturation_counts_as_saturated():
    soaked = WEATHER.copy()
    soaked[:, 1] = 104.0
    full = WEATHER.copy()
    full[:, 1] = 100.0
    np.testing.assert_array_equal(course(soaked).ffmc, course(full).ffmc)
    assert np.isfinite(course(soaked).fwi).all()
