"""What surrounds a home: bounds, seasons and statistics of its series."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from envirosense.core.errors import UnknownNameError
from envirosense.home.model import Home
from envirosense.home.surroundings.calendar_days import easter, public_holidays, vacation_days, weekdays
from envirosense.home.surroundings.carbon import draw_carbon
from envirosense.home.surroundings.context import Context
from envirosense.home.surroundings.context_series import draw_context

START = datetime(2026, 1, 4, 23, tzinfo=UTC)  # midnight of Monday, 5 January 2026 in Berlin
YEAR_DAYS = 364  # whole weeks
LIMITS_C = {"tropical": (20, 35), "temperate": (-5, 30), "continental": (-20, 35), "arctic": (-40, 15)}
LIMITS_PCT = {"tropical": (60, 90), "temperate": (40, 80), "continental": (30, 70), "arctic": (50, 90)}
# mean, sd, weekend over weekday, correlation with the day before: shared/data/README.md
GRIDS = {"GB": (215, 65, 0.83, 0.60), "FR": (57, 20, 0.83, 0.83), "DE": (315, 111, 0.83, 0.70)}


@pytest.fixture(scope="module")
def year(small_home: Home) -> Context:
    return draw_context(small_home, START, YEAR_DAYS, 1)


def test_series_run_from_local_midnight_by_quarters_of_an_hour(year: Context) -> None:
    assert {getattr(year, one.name).shape for one in fields(year)} == {(YEAR_DAYS * 96,)}
    assert year.local_h[[0, 1, 95, 96]].tolist() == [0.0, 0.25, 23.75, 0.0]
    assert year.weekday[[0, 95, 96, 5 * 96, 7 * 96]].tolist() == [0, 0, 1, 5, 0]


def test_a_start_off_midnight_counts_for_the_nearest_one(small_home: Home) -> None:
    near = draw_context(small_home, START + timedelta(hours=3), 2, 1)
    assert near.air_c.tobytes() == draw_context(small_home, START, 2, 1).air_c.tobytes()


def test_same_seed_same_bytes_and_another_seed_another_weather(small_home: Home) -> None:
    first, again, other = (draw_context(small_home, START, 20, seed) for seed in (5, 5, 6))
    assert all(getattr(first, f.name).tobytes() == getattr(again, f.name).tobytes() for f in fields(first))
    assert np.abs(first.air_c - other.air_c).mean() > 1.0
    assert not np.array_equal(first.carbon_g_kwh, other.carbon_g_kwh)


def test_a_longer_episode_begins_with_the_days_of_a_shorter_one(small_home: Home) -> None:
    short, long = draw_context(small_home, START, 10, 5), draw_context(small_home, START, 20, 5)
    for one in fields(short):
        got = getattr(long, one.name)[: short.n]
        assert got.tobytes() == getattr(short, one.name).tobytes(), one.name


@pytest.mark.parametrize("region", sorted(LIMITS_C))
def test_a_climate_keeps_to_its_limits(small_home: Home, region: str) -> None:
    found = draw_context(replace(small_home, region=region), START, YEAR_DAYS, 3)
    low, high = np.percentile(found.air_c, [1, 99])  # spells of 4.5 K at most carry past the limits
    assert low == pytest.approx(LIMITS_C[region][0], abs=5.0)
    assert high == pytest.approx(LIMITS_C[region][1], abs=5.0)
    dry, damp = np.percentile(found.humidity_pct, [5, 95])
    assert dry == pytest.approx(LIMITS_PCT[region][0], abs=8.0)
    assert damp == pytest.approx(LIMITS_PCT[region][1], abs=8.0)
    assert found.humidity_pct.min() > 0.0
    assert found.humidity_pct.max() <= 100.0


def test_january_is_cold_in_the_north_and_warm_in_the_south(small_home: Home) -> None:
    for latitude_deg, sign in ((52.5, 1.0), (-37.0, -1.0)):
        home = replace(small_home, latitude_deg=latitude_deg)
        found = draw_context(home, START, YEAR_DAYS, 2).air_c
        january, july = found[: 31 * 96].mean(), found[180 * 96 : 211 * 96].mean()
        assert sign * (july - january) > 10.0


def test_the_sun_follows_the_latitude(small_home: Home, year: Context) -> None:
    highest = year.sun_elevation_deg[165 * 96 : 175 * 96].max()
    assert highest == pytest.approx(90.0 - 52.5 + 23.43, abs=0.2)
    noon = year.local_h[np.argmax(year.sun_elevation_deg[:96])]
    assert noon == pytest.approx(12.0 + (15.0 - 13.4) / 15.0 + 5.0 / 60.0, abs=0.3)  # equation of time: 5 min
    tromso = replace(small_home, latitude_deg=69.65, longitude_deg=18.96)
    assert draw_context(tromso, START - timedelta(days=14), 7, 1).is_dark.all()


def test_light_comes_from_the_sun_and_less_through_clouds(year: Context) -> None:
    assert year.ghi_w_m2[year.sun_elevation_deg < -1.0].max() == 0.0
    high = year.sun_elevation_deg > 30.0
    clear, dull = high & (year.cloud < 0.2), high & (year.cloud > 0.95)
    assert year.ghi_w_m2[dull].mean() < 0.45 * year.ghi_w_m2[clear].mean()
    assert year.ghi_w_m2.max() < 1100.0


def test_rain_falls_from_clouds(year: Context) -> None:
    wet = year.rain_mm_h > 0.0
    assert 0.01 < wet.mean() < 0.15
    assert year.cloud[wet].min() >= 0.8


def test_warm_hours_are_dry_ones(year: Context) -> None:
    air, damp = (values.reshape(-1, 96) for values in (year.air_c, year.humidity_pct))
    within = [np.corrcoef(one, other)[0, 1] for one, other in zip(air, damp, strict=True)]
    assert np.median(within) < -0.6


@pytest.mark.parametrize("zone", sorted(GRIDS))
def test_carbon_intensity_has_the_statistics_of_its_grid(small_home: Home, zone: str) -> None:
    home, weekday = replace(small_home, grid_zone=zone), weekdays(date(2026, 1, 5), YEAR_DAYS)
    is_weekend = np.repeat(weekday >= 5, 96)
    rows = []
    for seed in range(10):
        found = draw_carbon(home, weekday, seed)
        ratio = found[is_weekend].mean() / found[~is_weekend].mean()
        rows.append((found.mean(), found.std(), ratio, np.corrcoef(found[96:], found[:-96])[0, 1]))
    mean, sd, weekend, lag = np.mean(rows, axis=0)
    # 5 standard errors of ten years are about 2 % of mean, spread and ratio; the limits cut off some more
    assert mean == pytest.approx(GRIDS[zone][0], rel=0.08)
    assert sd == pytest.approx(GRIDS[zone][1], rel=0.08)
    assert weekend == pytest.approx(GRIDS[zone][2], abs=0.02)
    assert lag == pytest.approx(GRIDS[zone][3], abs=0.03)


def test_carbon_intensity_dips_under_the_sun_and_rises_in_the_evening(small_home: Home) -> None:
    found = draw_context(replace(small_home, grid_zone="california"), START, 84, 1)
    hour = found.local_h
    noon, evening, night = (
        found.carbon_g_kwh[(hour >= low) & (hour < high)].mean() for low, high in ((11, 14), (18, 20), (1, 4))
    )
    assert noon < night < evening
    assert found.carbon_g_kwh.min() >= 150.0
    assert found.carbon_g_kwh.max() <= 400.0


def test_prices_are_by_the_hour_and_follow_their_tariff(small_home: Home) -> None:
    by_tariff = {
        tariff: draw_context(replace(small_home, tariff=tariff, currency="USD"), START, 14, 1)
        for tariff in ("fixed", "tou", "awattar", "two_rate")
    }
    for found in by_tariff.values():
        assert np.ptp(found.price_per_kwh.reshape(-1, 4), axis=1).max() == 0.0
    assert set(by_tariff["fixed"].price_per_kwh) == {0.15}
    tou = by_tariff["tou"]
    assert tou.price_per_kwh[[3 * 4, 12 * 4, 18 * 4]].tolist() == [0.15, 0.25, 0.4375]
    assert tou.price_per_kwh[tou.weekday >= 5].max() == 0.25
    moving = by_tariff["awattar"]
    day = (moving.local_h >= 9) & (moving.local_h < 19)
    factor = moving.price_per_kwh[day] / (0.30 * 1.75)
    assert factor.min() >= 0.9 - 1e-3
    assert factor.max() <= 1.2 + 1e-3
    assert np.corrcoef(factor, moving.carbon_g_kwh[day])[0, 1] > 0.9


def test_easter_and_the_holidays_that_follow_it() -> None:
    assert [easter(year) for year in (2024, 2025, 2026, 2038)] == [
        date(2024, 3, 31),
        date(2025, 4, 20),
        date(2026, 4, 5),
        date(2038, 4, 25),
    ]


@pytest.mark.parametrize(
    ("timezone", "free", "working"),
    [
        ("America/Chicago", date(2026, 11, 26), date(2026, 10, 3)),  # Thanksgiving
        ("America/Los_Angeles", date(2026, 5, 25), date(2026, 5, 18)),  # Memorial Day
        ("Europe/Berlin", date(2026, 5, 14), date(2026, 7, 14)),  # Ascension
        ("Europe/London", date(2026, 8, 31), date(2026, 10, 3)),  # summer bank holiday
        ("Europe/Paris", date(2026, 7, 14), date(2026, 7, 4)),
        ("Asia/Jakarta", date(2026, 12, 25), date(2026, 7, 4)),
    ],
)
def test_public_holidays_are_those_of_the_country(timezone: str, free: date, working: date) -> None:
    assert public_holidays(timezone, free, 1).all()
    assert not public_holidays(timezone, working, 1).any()


def test_vacations_are_marked_in_the_calendar_and_keep_their_share(small_home: Home, year: Context) -> None:
    away = vacation_days(small_home, year.weekday[::96], 1)
    assert year.is_holiday[::96][away].all()
    weekday = weekdays(date(2026, 1, 5), 20 * YEAR_DAYS)
    share = np.mean([vacation_days(small_home, weekday, seed).mean() for seed in range(10)])
    # two long vacations of 4 days and five short trips of 1.8 days a year: 0.046; 200 years
    assert 0.02 < share < 0.07


def test_an_unknown_region_grid_or_tariff_is_refused(small_home: Home) -> None:
    for change in ({"region": "moon"}, {"grid_zone": "moon"}, {"tariff": "moon"}):
        with pytest.raises(UnknownNameError, match="moon"):
            draw_context(replace(small_home, **change), START, 1, 1)  # type: ignore[arg-type]
