from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from envirosense.core.grid import TimeGrid
from envirosense.physics.airflow import WIND_FLOOR_M_S
from envirosense.pole.site import Site
from envirosense.pole.world import EnvironmentOrchestrator

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
