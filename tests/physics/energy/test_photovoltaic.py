import numpy as np
import pandas as pd
import pytest
from pvlib import clearsky, iam, irradiance, location, solarposition

from envirosense.physics.energy import photovoltaic as pv


def test_the_sun_of_the_library_is_the_published_example():  # V-SO-1, NREL/TP-560-34302
    when = pd.DatetimeIndex(["2003-10-17 12:30:30-07:00"])
    sun = solarposition.spa_python(
        when, 39.742476, -105.1786, altitude=1830.14, pressure=82_000, temperature=11, delta_t=67
    ).iloc[0]
    assert sun["apparent_zenith"] == pytest.approx(50.11162, abs=1e-5)
    assert sun["azimuth"] == pytest.approx(194.34024, abs=1e-5)


@pytest.mark.parametrize(("air_c", "wind_m_s", "expected_c"), [(20, 1, 51.407), (25, 3, 46.968)])
def test_cells_warm_as_the_model_of_faiman_says(air_c, wind_m_s, expected_c):  # V-SO-2
    assert pv.cell_c(np.array(1000.0), np.array(air_c), np.array(wind_m_s)) == pytest.approx(
        expected_c, abs=1e-3
    )


def test_a_warm_panel_gives_less():  # V-SO-3
    assert pv.panel_w(np.array(1000.0), np.array(45.0), 20.0, -0.0037) == pytest.approx(18.52, abs=1e-6)
    assert pv.panel_w(np.array(-5.0), np.array(20.0), 20.0, -0.0037) == 0.0


def test_glass_turns_away_slanting_light():  # V-SO-4
    cosines = np.cos(np.radians([0.0, 60.0, 90.0]))
    assert pv.transmitted_share(cosines) == pytest.approx([1.0, 0.9460, 0.0], abs=1e-4)
    assert pv.transmitted_share(np.array([0.5])) == pytest.approx(iam.physical(60.0))


def test_light_under_broken_cloud_is_the_published_one():  # V-SO-5
    light = irradiance.campbell_norman(60.0, 0.5)
    assert [light[name] for name in ("ghi", "dni", "dhi")] == pytest.approx(
        [324.66, 341.75, 153.79], abs=5e-3
    )


@pytest.mark.filterwarnings("ignore:DatetimeIndex.dayofyear")  # pvlib on pandas 3.1
def test_a_clear_noon_in_greensboro():  # V-SO-6
    place = location.Location(36.1, -79.95, "Etc/GMT+5", 273)
    when = pd.DatetimeIndex(["1990-06-21 13:20:00-05:00"])
    sky = place.get_clearsky(when, linke_turbidity=3.0).iloc[0]
    assert [sky[name] for name in ("ghi", "dni", "dhi")] == pytest.approx([974.75, 916.42, 102.56], rel=2e-3)
    zenith = place.get_solarposition(when)["apparent_zenith"].iloc[0]
    assert zenith == pytest.approx(17.874, abs=0.02)
    assert clearsky.haurwitz(pd.Series([zenith]))["ghi"].iloc[0] == pytest.approx(982.19, rel=1e-3)


def test_dirt_grows_until_a_day_of_rain_washes_it_off():
    rain = np.zeros(24 * 30)
    assert pv.days_since_cleaning(rain) == 30.0
    rain[24 * 10 : 24 * 10 + 12] = 1.0  # 12 mm
    days = pv.days_since_cleaning(rain)
    assert 18.0 < days < 20.0
    assert pv.soiling_share(days) == pytest.approx(pv.SOILING_PER_DAY * days)
    assert pv.soiling_share(1e4) == pv.WORST_SOILING
