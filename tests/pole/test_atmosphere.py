from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid
from envirosense.physics.air.airflow import WIND_FLOOR_M_S, stability, turbulence_sigmas_m_s
from envirosense.physics.air.fronts import cold_front, dry_wind, gust_front
from envirosense.physics.air.humidity import relative_humidity
from envirosense.pole.atmosphere import changed
from envirosense.pole.site import Site
from envirosense.pole.world import EnvironmentOrchestrator
from envirosense.scenarios.forcing import WeatherChange

NOON = datetime(2018, 7, 10, 17, tzinfo=UTC)
WEATHER = ("air_k", "dew_point_k", "relative_humidity", "wind_m_s", "ghi_w_m2", "cloud_fraction", "rain_mm_h")


def same_weather(one, other, first, stop):
    return all(
        np.array_equal(getattr(one.weather, n)[first:stop], getattr(other.weather, n)) for n in WEATHER
    )


@pytest.mark.parametrize(
    ("from_deg", "towards"), [(0.0, (0, -1)), (90.0, (-1, 0)), (180.0, (0, 1)), (270.0, (1, 0))]
)
def test_the_wind_blows_from_where_the_file_says(make_world, from_deg, towards):
    air = make_world(n=360, wind_from_deg=from_deg).atmosphere
    assert np.mean(air.downwind @ np.array(towards, float)) > 0.95  # direction wanders within the hour
    np.testing.assert_allclose(np.linalg.norm(air.downwind, axis=1), 1.0)
    assert np.mean(air.wind_vector_m_s(9.3)[:, :2], axis=0) @ towards > 0.0


@pytest.mark.parametrize("record_begins_min", [-30, 0, 30])
def test_clocks_show_local_standard_time_wherever_the_records_begin(make_year, record_begins_min):
    """Files whose radiation is centred on the stamp hold half hours; traffic and load keep to the clock."""
    year = make_year(air_c=18.0)
    moved = replace(year, start_utc=year.start_utc + timedelta(minutes=record_begins_min))
    grid = TimeGrid(start_utc=NOON, dt_s=60.0, n=600)
    whole, shifted = (EnvironmentOrchestrator(Site(), y, grid, 7) for y in (year, moved))
    assert shifted.atmosphere.hour_local[[0, 90]] == pytest.approx([12.0, 13.5])
    assert shifted.current_a == pytest.approx(whole.current_a)


def test_an_hour_does_not_depend_on_where_the_episode_starts(make_world):
    whole = make_world(n=720, dt_s=10.0).atmosphere
    late = make_world(n=360, dt_s=10.0, start=NOON + timedelta(minutes=30)).atmosphere
    assert same_weather(whole, late, 180, 540)
    assert np.array_equal(whole.turbulence.fluctuation_m_s[180:540], late.turbulence.fluctuation_m_s)


def test_a_longer_episode_begins_as_the_shorter(make_world):
    long, short = (make_world(n=n) for n in (400, 100))
    assert same_weather(long.atmosphere, short.atmosphere, 0, 100)
    assert np.array_equal(long.current_a[:100], short.current_a)


@pytest.mark.parametrize("dt_s", [0.5, 1.0, 2.0, 10.0, 60.0, 120.0, 450.0, 600.0])
@pytest.mark.parametrize("minute", [0, 17, 59])
@pytest.mark.parametrize("n", [1, 9])
def test_every_tick_has_weather(make_world, dt_s, minute, n):
    start = datetime(2018, 12, 31, 23, minute, tzinfo=UTC)
    world = make_world(n=n, dt_s=dt_s, start=start)
    air = world.atmosphere
    assert all(getattr(air.weather, name).shape == (n,) for name in WEATHER)
    assert air.turbulence.parent.shape == (n, 3)
    assert np.isfinite(air.wind_vector_m_s(9.3)).all()
    assert air.hour_local[0] == pytest.approx(18 + minute / 60)


def test_the_year_wraps_without_a_jump(make_world):
    air = make_world(n=120, dt_s=60.0, start=datetime(2018, 1, 1, 4, 0, tzinfo=UTC)).atmosphere
    assert (air.hour_of_year[0], air.hour_of_year[-1]) == (8759.0, pytest.approx(59 / 60))
    assert np.abs(np.diff(air.weather.air_k)).max() < 1.0


def test_wind_rises_with_height_and_has_a_floor(make_world):
    air = make_world(n=60).atmosphere
    assert np.all(air.mean_wind_m_s(12.0) > air.mean_wind_m_s(6.0))
    calm = make_world(n=60, wind_m_s=0.0).atmosphere.mean_wind_m_s(6.0)
    assert WIND_FLOOR_M_S <= calm.min() <= calm.max() < 1.5  # below the threshold of the file


def test_eddies_have_unit_variance(make_world):
    """The parents that move plumes: eight hours, 60 s means; the sampling error comes from 40 pieces."""
    eddies = make_world(n=28_800, dt_s=1.0, wind_m_s=4.0).atmosphere.unit_eddies()
    square = (eddies**2).reshape(40, -1, 3).mean(axis=1)
    error = square.std(axis=0, ddof=1) / np.sqrt(40)
    assert np.all(np.abs(square.mean(axis=0) - 1.0) < 5 * error)


def test_halving_the_tick_leaves_the_means(make_world):
    """Hour means of 24 seeds at 1 s against 2 s.

    Draws differ, so the bound is 5 standard errors, and half a tick of the hour's trend (1e-4).
    """

    def means(dt_s):
        worlds = [make_world(n=round(3600 / dt_s), dt_s=dt_s, seed=seed).atmosphere for seed in range(24)]
        return np.array(
            [
                (
                    *(getattr(a.weather, name).mean() for name in WEATHER[:6]),
                    a.wind_vector_m_s(9.3)[:, 1].mean(),
                    a.turbulence.fluctuation_m_s.std(),
                )
                for a in worlds
            ]
        )

    coarse, fine = means(2.0), means(1.0)
    error = np.sqrt((coarse.var(axis=0, ddof=1) + fine.var(axis=0, ddof=1)) / 24)
    trend = 1e-4 * np.abs(fine.mean(axis=0))
    assert np.all(np.abs(coarse.mean(axis=0) - fine.mean(axis=0)) <= 5 * error + trend)


def weak_wind(make_world, **more):
    """A clear night without much wind."""
    return make_world(start=datetime(2018, 7, 10, 6, tzinfo=UTC), ghi_w_m2=0.0, **more).atmosphere


def test_weak_wind_meanders_and_strong_wind_does_not(make_world):
    weak = weak_wind(make_world, n=1440, dt_s=60.0, wind_m_s=0.8)
    swing = np.angle(np.exp(1j * (weak.weather.wind_from_rad - weak.prevailing_from_rad)))
    assert np.radians(25.0) < np.std(swing) < np.radians(90.0)
    strong = make_world(n=360, wind_m_s=7.0).atmosphere
    np.testing.assert_array_equal(strong.weather.wind_from_rad, strong.prevailing_from_rad)


def test_the_meander_is_in_what_plumes_and_the_anemometer_feel(make_world):
    air = weak_wind(make_world, n=1440, dt_s=60.0, wind_m_s=0.8)
    wind = air.wind_vector_m_s(9.3)[:, :2] - air.mean_wind_m_s(9.3)[:, None] * air.downwind
    # what is left when the plume's wind is taken away is turbulence alone
    assert np.abs(wind).max() < 6 * 0.3
    assert np.std(air.downwind, axis=0).max() > 0.3


def test_hours_keep_the_mean_speed_of_the_file_with_the_meander(make_world):
    """V-WX-2 for the episode: hourly means of speed within 2 % although the wind wanders."""
    air = weak_wind(make_world, n=8 * 360, dt_s=10.0, wind_m_s=0.8)
    hours = air.weather.wind_m_s.reshape(8, 360).mean(axis=1)
    np.testing.assert_allclose(hours, 0.8, rtol=0.02)


def test_hours_join_without_a_step_in_the_wandering_wind(make_world):
    air = weak_wind(make_world, n=7200, dt_s=2.0, wind_m_s=0.8)
    flow = air.weather.wind_m_s[:, None] * air.downwind
    steps = np.linalg.norm(np.diff(flow, axis=0), axis=1)
    assert steps[1799::1800].max() < 6.0 * steps.std() + steps.mean()


def change(n, **courses):
    return WeatherChange(**{name: np.full(n, value) for name, value in courses.items()})


def test_no_change_is_the_same_object(make_world):
    air = make_world().atmosphere
    assert changed(air, ()) is air
    assert changed(air, [WeatherChange()]) is air


def test_a_change_that_adds_nothing_moves_no_bit(make_world):
    air = make_world(wind_m_s=0.8).atmosphere
    n = air.grid.n
    same = changed(
        air,
        [change(n, air_k=0.0, wind_factor=1.0, wind_m_s=0.0, veer_rad=0.0, sun_factor=1.0, pressure_pa=0.0)],
    )
    for name in WEATHER:
        np.testing.assert_array_equal(getattr(same.weather, name), getattr(air.weather, name))
    np.testing.assert_array_equal(same.wind_vector_m_s(9.3), air.wind_vector_m_s(9.3))


def test_weather_changes_reach_every_series_and_keep_the_air_physical(make_world):
    air = make_world().atmosphere
    n = air.grid.n
    after = changed(
        air,
        [
            change(n, air_k=-5.0, pressure_pa=-300.0, rain_mm_h=4.0, sun_factor=0.25, cloud_fraction=2.0),
            change(n, air_k=-3.0, dew_point_k=20.0, rain_mm_h=-9.0, sun_factor=2.0),
        ],
    )
    old, new = air.weather, after.weather
    np.testing.assert_allclose(new.air_k, old.air_k - 8.0)
    np.testing.assert_allclose(new.pressure_pa, old.pressure_pa - 300.0)
    np.testing.assert_allclose(new.ghi_w_m2, 0.5 * old.ghi_w_m2)
    np.testing.assert_array_equal(new.cloud_fraction, 1.0)
    np.testing.assert_array_equal(new.rain_mm_h, 0.0)
    np.testing.assert_array_equal(new.dew_point_k, new.air_k)  # saturated, not beyond
    np.testing.assert_allclose(new.relative_humidity, 1.0)
    for name in ("wind_m_s", "wind_from_rad"):
        np.testing.assert_array_equal(getattr(new, name), getattr(old, name))


def test_a_drier_warmer_air_has_the_humidity_of_both(make_world):
    air = make_world().atmosphere
    after = changed(air, [change(air.grid.n, air_k=6.0, dew_point_k=-4.0)])
    expected = relative_humidity(air.weather.air_k + 6.0, air.weather.dew_point_k - 4.0)
    np.testing.assert_allclose(after.weather.relative_humidity, expected)


def test_stronger_wind_blows_harder_gusts_of_the_same_eddies(make_world):
    air = make_world(n=360, wind_m_s=4.0).atmosphere
    after = changed(air, [change(360, wind_factor=2.0, wind_m_s=3.0)])
    np.testing.assert_allclose(after.weather.wind_m_s, 2.0 * air.weather.wind_m_s + 3.0)
    np.testing.assert_array_equal(after.unit_eddies(), air.unit_eddies())
    sigmas = [
        turbulence_sigmas_m_s(a.stability.friction_velocity_m_s, a.stability.inv_obukhov_per_m, a.height_m)
        for a in (air, after)
    ]
    gusts = after.turbulence.fluctuation_m_s[:, 2] / air.turbulence.fluctuation_m_s[:, 2]
    np.testing.assert_allclose(gusts, sigmas[1].w / sigmas[0].w)
    assert np.all(sigmas[1].w > sigmas[0].w)
    direct = stability(after.weather.wind_m_s, 10.0, 0.1, after.weather.ghi_w_m2, after.weather.air_k)
    np.testing.assert_array_equal(after.stability.inv_obukhov_per_m, direct.inv_obukhov_per_m)


def test_veer_turns_the_whole_wind_clockwise(make_world):
    air = make_world(n=360, wind_m_s=3.0).atmosphere
    after = changed(air, [change(360, veer_rad=np.pi / 2)])
    east, north = air.wind_vector_m_s(9.3)[:, :2].T
    np.testing.assert_allclose(after.wind_vector_m_s(9.3)[:, :2], np.stack([north, -east], axis=1), atol=1e-9)


def test_a_gust_in_a_wandering_calm_blows_along_the_prevailing_wind(make_world):
    air = weak_wind(make_world, n=1440, dt_s=60.0, wind_m_s=0.8)
    after = changed(air, [change(1440, wind_m_s=15.0)])
    swing = np.angle(np.exp(1j * (after.weather.wind_from_rad - after.prevailing_from_rad)))
    assert np.abs(swing).max() < 0.12
    still = changed(air, [change(1440, wind_m_s=-40.0)]).weather
    assert still.wind_m_s.min() >= 0.05


def test_the_order_of_changes_does_not_matter(make_world):
    air = make_world(wind_m_s=3.0).atmosphere
    gust, lull = change(60, wind_m_s=5.0, air_k=-2.0), change(60, wind_factor=0.5, dew_point_k=1.0)
    one, other = (changed(air, order) for order in ((gust, lull), (lull, gust)))
    np.testing.assert_allclose(one.wind_vector_m_s(6.0), other.wind_vector_m_s(6.0), rtol=1e-12)


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"air_k": np.zeros(59)}, r"weather\.air_k"),
        ({"pressure_pa": np.full(60, np.nan)}, r"weather\.pressure_pa"),
        ({"wind_factor": np.full(60, -1.0)}, r"weather\.wind_factor"),
    ],
)
def test_a_course_that_does_not_fit_is_refused(make_world, bad, field):
    with pytest.raises(ConfigError, match=field):
        changed(make_world().atmosphere, [WeatherChange(**bad)])


def test_fronts_pass_over_the_pole(make_world):
    world = make_world(n=1440, dt_s=60.0)
    air = world.atmosphere
    t_s = air.grid.t_s
    for course in (cold_front(t_s, 43_200.0), gust_front(t_s, 43_200.0)):
        after = changed(air, [WeatherChange(**course)])
        assert np.isfinite(after.wind_vector_m_s(9.3)).all()
        assert np.all(after.weather.dew_point_k <= after.weather.air_k)
    w = air.weather
    spell = dry_wind(t_s, 0.0, 86_400.0, w.air_k, w.dew_point_k, air.prevailing_from_rad)
    dry = changed(air, [WeatherChange(**spell)])
    middle = slice(600, 840)
    np.testing.assert_allclose(dry.weather.relative_humidity[middle], 0.08, rtol=1e-6)
    np.testing.assert_allclose(np.mod(dry.prevailing_from_rad[middle], 2 * np.pi), np.pi / 4)
    np.testing.assert_allclose(dry.weather.wind_m_s[middle], 16.0)


def test_the_pole_slows_the_wind_behind_it_only(make_world):
    air = make_world(n=360, wind_from_deg=270.0, wind_m_s=6.0).atmosphere  # blows towards the east
    free = air.wind_vector_m_s(9.3)
    np.testing.assert_array_equal(air.wind_at((-1.2, 0.0, 9.3)), free)
    behind = air.wind_at((1.2, 0.0, 9.3))
    ratio = np.linalg.norm(behind, axis=1) / np.linalg.norm(free, axis=1)
    assert 0.4 < ratio.min() < 0.65
    assert ratio.mean() < 0.95
    np.testing.assert_array_equal(air.wind_at((1.2, 0.0, 14.0)), air.wind_vector_m_s(14.0))


def test_far_from_the_pole_its_wake_is_gone(make_world):
    air = make_world(n=360, wind_from_deg=270.0, wind_m_s=6.0).atmosphere
    near, far = (
        np.linalg.norm(air.wind_at((d, 0.0, 9.3)) - air.wind_vector_m_s(9.3), axis=1).max()
        for d in (1.2, 120.0)
    )
    assert far < 0.15 * near
