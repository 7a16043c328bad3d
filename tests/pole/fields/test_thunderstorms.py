"""Lightning of an episode: named storms, the weather's own, and independent draws."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.climate.files import greensboro
from envirosense.core.grid import TimeGrid
from envirosense.pole.atmosphere import changed, make_atmosphere
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.fields.thunderstorms import Thunderstorms
from envirosense.pole.site import Site
from envirosense.pole.storms import storm_change
from envirosense.scenarios import Forcing, Storm

NEAR = Storm("near", 900.0, 2000.0, 30.0, 10.0, 8.0, 2400.0)
OVERHEAD = Storm("overhead", 1800.0, 1000.0, 30.0, 8.0, 8.0, 2400.0)
FAR = Storm("far", 900.0, 30_000.0, 200.0, 10.0, 8.0, 2400.0)


def _inputs(*storms, n=180, dt_s=10.0, hour_utc=21, seed=7, **columns):
    year = replace(greensboro(), **{name: np.full(8760, value) for name, value in columns.items()})
    grid = TimeGrid(start_utc=datetime(2018, 7, 10, hour_utc, tzinfo=UTC), dt_s=dt_s, n=n)
    site = Site()
    air = make_atmosphere(year, site, grid, seed, site.device_position_m[2])
    return WorldInputs(site, air, np.full(n, 200.0), (Forcing(storms=storms),), seed)


def test_named_storm_gives_strokes_of_the_episode_in_order():
    strikes = Thunderstorms(_inputs(NEAR, rain_mm=0.0)).strikes()
    assert strikes.time_s.size > 50
    assert np.all(np.diff(strikes.time_s) >= 0.0)
    assert strikes.time_s[0] >= 0.0
    assert strikes.time_s[-1] < 1800.0


def test_a_storm_moves_no_stroke_of_another():
    alone = Thunderstorms(_inputs(NEAR, rain_mm=0.0)).strikes()
    both = Thunderstorms(_inputs(NEAR, FAR, rain_mm=0.0)).strikes()
    assert np.all(np.isin(alone.time_s, both.time_s))
    assert both.time_s.size > alone.time_s.size


def test_the_order_of_storms_moves_no_stroke():
    ahead, behind = (Thunderstorms(_inputs(*s, rain_mm=0.0)).strikes() for s in ((FAR, NEAR), (NEAR, FAR)))
    np.testing.assert_array_equal(ahead.time_s, behind.time_s)
    np.testing.assert_array_equal(ahead.x_m, behind.x_m)


def test_two_storms_of_one_name_flash_apart():
    strikes = Thunderstorms(_inputs(NEAR, NEAR, rain_mm=0.0)).strikes()
    assert np.all(np.diff(strikes.time_s) > 0.0)


@pytest.mark.parametrize("rain_mm", [0.0, 12.0])
def test_the_rain_of_a_named_storm_brings_no_second_one(rain_mm):
    muggy = {"rain_mm": rain_mm, "dew_point_c": 20.0, "air_c": 28.0}
    natural = _inputs(n=360, hour_utc=20, **muggy)
    alone = Thunderstorms(natural)
    air = changed(
        natural.atmosphere, [storm_change(OVERHEAD, natural.grid, natural.atmosphere.weather.wind_from_rad)]
    )
    under = replace(natural, atmosphere=air, forcings=(Forcing(storms=(OVERHEAD,)),))
    assert air.weather.rain_mm_h.mean() > rain_mm + 10.0
    both = Thunderstorms(under)
    assert len(both.cells) == len(alone.cells) + 1
    assert np.all(np.isin(alone.strikes().time_s, both.strikes().time_s))


def test_strokes_do_not_depend_on_the_tick():
    fine = Thunderstorms(_inputs(NEAR, rain_mm=0.0)).strikes()
    coarse = Thunderstorms(_inputs(NEAR, n=30, dt_s=60.0, rain_mm=0.0)).strikes()
    np.testing.assert_array_equal(fine.time_s, coarse.time_s)


def test_dry_weather_is_silent():
    assert Thunderstorms(_inputs(rain_mm=0.0)).strikes().time_s.size == 0


@pytest.mark.parametrize(
    ("hour_utc", "rain_mm", "dew_point_c", "thunders"),
    [(21, 12.0, 22.0, True), (21, 12.0, 10.0, False), (21, 2.0, 22.0, False), (12, 12.0, 22.0, False)],
    ids=["thundery", "dry_air", "light_rain", "morning"],
)
def test_weather_brings_its_own_thunder(hour_utc, rain_mm, dew_point_c, thunders):
    inputs = _inputs(n=360, hour_utc=hour_utc, rain_mm=rain_mm, dew_point_c=dew_point_c, air_c=26.0)
    storms = Thunderstorms(inputs)
    assert bool(storms.cells) == thunders
    assert bool(storms.strikes().time_s.size) == thunders


def test_same_seed_same_strokes():
    one, again, other = (Thunderstorms(_inputs(NEAR, seed=seed, rain_mm=0.0)).strikes() for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.x_m, again.x_m)
    assert one.time_s.size != other.time_s.size or np.any(one.time_s != other.time_s)
