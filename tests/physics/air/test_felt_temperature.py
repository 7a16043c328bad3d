import numpy as np
import pytest

from envirosense.physics.air.felt_temperature import heat_index_c, wind_chill_c


def celsius(fahrenheit):
    return (fahrenheit - 32.0) / 1.8


@pytest.mark.parametrize(
    ("air_f", "percent", "felt_f"),
    [(80, 40, 80), (84, 70, 90), (90, 50, 95), (90, 70, 106), (94, 60, 110), (100, 50, 118), (104, 40, 119)],
)
def test_heat_index_is_that_of_the_services_table(air_f, percent, felt_f):
    """Table of the US weather service, from memory; it rounds to whole degF."""
    assert 1.8 * heat_index_c(celsius(air_f), percent / 100.0) + 32.0 == pytest.approx(felt_f, abs=1.0)


def test_dry_air_feels_cooler_and_moist_air_warmer():
    felt = heat_index_c(35.0, np.linspace(0.05, 0.8, 40))
    assert np.all(np.diff(felt) > 0.0)
    assert felt[0] < 35.0 < felt[-1]


def test_heat_index_of_mild_air_is_near_the_air():
    air_c = np.linspace(10.0, 24.0, 15)
    assert np.all(np.abs(heat_index_c(air_c, 0.5) - air_c) < 2.0)


def test_the_corrections_of_very_dry_and_very_humid_air():
    """Published forms, from memory: 13 to 0 % takes away at most, 85 to 100 % adds at most, degF."""
    for air_f, percent, change_f in ((95.0, 5.0, -2.0), (82.0, 95.0, 1.0)):
        edge = 13.0 if percent < 50.0 else 85.0
        beyond = heat_index_c(celsius(air_f), percent / 100.0)
        inside = heat_index_c(celsius(air_f), edge / 100.0)
        assert np.sign(1.8 * (beyond - inside)) == np.sign(change_f)
    dry = 1.8 * heat_index_c(celsius(95.0), 0.05) + 32.0
    regression = -42.379 + 2.04901523 * 95 + 10.14333127 * 5 - 0.22475541 * 95 * 5 - 6.83783e-3 * 95**2
    regression += -0.05481717 * 25 + 1.22874e-3 * 95**2 * 5 + 8.5282e-4 * 95 * 25 - 1.99e-6 * 95**2 * 25
    assert dry == pytest.approx(regression - 2.0, abs=1e-9)


@pytest.mark.parametrize(
    ("air_c", "km_h", "felt_c"),
    [
        (0, 20, -5),
        (0, 40, -7),
        (-10, 20, -18),
        (-10, 60, -23),
        (-20, 30, -33),
        (-30, 20, -43),
        (-40, 50, -63),
    ],
)
def test_wind_chill_is_that_of_the_services_table(air_c, km_h, felt_c):
    """Table of the Canadian service, from memory; it rounds to whole degC."""
    assert wind_chill_c(air_c, km_h / 3.6) == pytest.approx(felt_c, abs=0.6)


def test_no_wind_and_warm_air_do_not_chill():
    assert wind_chill_c(-15.0, 0.5) == -15.0
    assert wind_chill_c(20.0, 15.0) == 20.0
    assert np.all(wind_chill_c(np.linspace(-30.0, 10.0, 50), 1.4) <= np.linspace(-30.0, 10.0, 50))


def test_more_wind_chills_more():
    assert np.all(np.diff(wind_chill_c(-10.0, np.linspace(1.5, 25.0, 50))) < 0.0)
