"""The wildfire climate: what the recipe says it does, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.climate import greensboro
from envirosense.climate.morph import WildfireClimate, wildfire_year
from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.physics.air.humidity import relative_humidity
from envirosense.pole.weather_ref import WeatherRef, weather_ref, weather_year

WITHOUT_EVENTS = WildfireClimate(n_events=0)
MONTH = np.repeat(np.arange(12), np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) * 24) + 1


@pytest.fixture(scope="module")
def fire():
    return wildfire_year(greensboro())


@pytest.fixture(scope="module")
def plain():
    return wildfire_year(greensboro(), WITHOUT_EVENTS)


def humidity(year):
    return relative_humidity(year.air_c + 273.15, year.dew_point_c + 273.15)


def windy_hours(year):
    """Hours of dry winds as runs, (first, last)."""
    is_event = year.wind_m_s != wildfire_year(greensboro(), WITHOUT_EVENTS).wind_m_s
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_event.astype(int), [0]])))
    return edges.reshape(-1, 2)


def test_summer_is_six_kelvin_warmer_and_january_is_not(plain):
    added = plain.air_c - greensboro().air_c
    assert added.max() == pytest.approx(6.0, abs=1e-3)
    assert added[np.isin(MONTH, (6, 7, 8))].mean() == pytest.approx(6.0, abs=0.7)
    assert added[MONTH == 1].max() < 0.3


def test_humidity_rain_and_wind_follow_the_recipe(plain):
    source = greensboro()
    np.testing.assert_allclose(humidity(plain), 0.55 * humidity(source), rtol=1e-9)
    is_dry = (MONTH >= 5) & (MONTH <= 10)
    np.testing.assert_allclose(plain.rain_mm[is_dry], 0.1 * source.rain_mm[is_dry])
    np.testing.assert_array_equal(plain.rain_mm[~is_dry], source.rain_mm[~is_dry])
    np.testing.assert_allclose(plain.wind_m_s, 1.3 * source.wind_m_s)
    for field in ("pressure_pa", "ghi_w_m2", "dni_w_m2", "dhi_w_m2", "wind_from_deg", "opaque_cover_tenths"):
        np.testing.assert_array_equal(getattr(plain, field), getattr(source, field))


def test_six_dry_winds_blow_from_the_north_east_in_autumn(fire):
    runs = windy_hours(fire)
    assert len(runs) == 6
    for first, last in runs:
        assert 9 <= MONTH[first] <= MONTH[last - 1] <= 12
        assert 23 <= last - first <= 73  # 1-3 days
        core = slice(first + 7, last - 7)
        assert np.all((fire.wind_m_s[core] >= 12.0) & (fire.wind_m_s[core] <= 20.0))
        np.testing.assert_allclose(fire.wind_from_deg[core], 45.0, atol=1e-6)
        assert humidity(fire)[core].max() <= 0.12 + 1e-9
        assert not fire.rain_mm[first:last].any()


def test_events_come_and_go_over_hours(fire):
    for first, last in windy_hours(fire):
        assert np.abs(np.diff(fire.wind_m_s[first - 1 : last + 1])).max() < 8.0


def test_values_stay_physical(fire):
    assert np.all(fire.dew_point_c <= fire.air_c)
    assert np.all((fire.wind_from_deg >= 0.0) & (fire.wind_from_deg <= 360.0))
    assert fire.wind_m_s.min() >= 0.0
    assert humidity(fire).min() >= 0.02 - 1e-9


def test_the_change_is_recorded_hashed_and_reproducible(fire, plain):
    assert "not observed" in fire.repairs["wildfire"]
    assert set(greensboro().repairs) < set(fire.repairs)
    assert len({greensboro().digest, fire.digest, plain.digest}) == 3
    again = wildfire_year(greensboro())
    assert again.digest == fire.digest
    np.testing.assert_array_equal(again.wind_m_s, fire.wind_m_s)
    other = wildfire_year(replace(greensboro(), digest="f" * 64))
    assert not np.array_equal(other.wind_m_s, fire.wind_m_s)


def test_hours_of_the_morphed_year_can_be_filled(fire):
    streams = lambda kind, hour: stream(5, "weather", kind, hour)  # noqa: E731
    for hour in (int(windy_hours(fire)[2][0]) + 8, 4700):
        w = fire.weather(hour, 60.0, streams)
        assert w.wind_m_s.mean() == pytest.approx(fire.wind_m_s[hour], rel=0.02)
        assert np.isfinite(w.relative_humidity).all()


def test_the_year_is_chosen_by_name_and_held_by_its_hash():
    ref = weather_ref("greensboro-wildfire")
    assert (ref.name, ref.path) == ("greensboro-wildfire", None)
    assert weather_year(ref).name.endswith("wildfire")
    assert weather_ref("greensboro") == weather_ref(None)
    with pytest.raises(ConfigError, match="the file has changed"):
        weather_year(WeatherRef(name="greensboro-wildfire", digest=weather_ref(None).digest))


@pytest.mark.parametrize("name", ["greensboro_wildfire", "paradise"])
def test_an_unknown_name_is_answered_with_the_choices(name):
    choices = "choose greensboro, greensboro-wildfire, sand-point"
    with pytest.raises(ConfigError, match=f"{choices}, or give a TMY3"):
        weather_ref(name)
    with pytest.raises(ConfigError, match=choices):
        weather_year(WeatherRef(name=name, digest="0"))
