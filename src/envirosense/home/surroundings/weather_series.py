"""Weather of a home: a typical year bent to its climate, with days of its own.

The year gives the course of the days; a home takes each from another day of the same season, so that two
homes of one region do not share their weather.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.home.model import Home
from envirosense.home.surroundings.context import STEP_S
from envirosense.home.surroundings.context_tables import context_row

type Floats = npt.NDArray[np.float64]

HOURS: Final = 8760
STEPS_PER_HOUR: Final = int(3600 / STEP_S)
STEPS_PER_DAY: Final = 24 * STEPS_PER_HOUR
SHIFT_DAYS: Final = 30  # a day stands for others of its season up to so far away  # assumed
MEMORY_DAYS: Final = 3.0  # of warm and cold spells  # assumed
CLOUD_SPREAD: Final = 0.12  # of the sky's cover from hour to hour  # assumed
WIND_SPREAD: Final = 0.25  # of the logarithm of a day's wind  # assumed
CLOUD_LOSS, CLOUD_POWER = 0.75, 3.4  # radiation under cloud, 1 - 0.75 n^3.4 [Kasten1980] (from memory)


@dataclass(frozen=True, slots=True, eq=False)
class Weather:
    """Series on steps of a quarter of an hour, (step,); units as in `Context`."""

    air_c: Floats
    humidity_pct: Floats
    wind_m_s: Floats
    rain_mm_h: Floats
    cloud: Floats
    ghi_w_m2: Floats
    sun_elevation_deg: Floats
    sun_azimuth_deg: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Typical:
    """The typical year by local hour from new year on, (8760,), scaled so that climates can bend it."""

    season: Floats  # course of the year's temperature, in the units of `weather`
    spell: Floats  # what is left of it; `season + spell` is 0 at the 1st and 1 at the 99th of a hundred hours
    damp: Floats  # humidity, 0 at the 5th and 1 at the 95th
    wind_m_s: Floats
    rain_mm: Floats
    cloud: Floats


def draw_weather(home: Home, first: date, n_days: int, seed: int) -> Weather:
    """Weather and sun from local midnight of `first` on."""
    climate = context_row("climates", home.region)
    typical, hour, own_hour = _typical(), *_hours(home, first, n_days, seed)
    low_c, high_c = climate["air_c"]
    mild_pct, damp_pct = climate["humidity_pct"]
    warm = typical.season[hour] + typical.spell[own_hour]
    odd = _spells(home, n_days, seed)
    air_c = low_c + (high_c - low_c) * _quarters(warm) + climate["anomaly_k"] * odd[0]
    humidity = mild_pct + (damp_pct - mild_pct) * _quarters(typical.damp[own_hour]) - 2.0 * odd[0]
    cloud = np.clip(_quarters(typical.cloud[own_hour]) + CLOUD_SPREAD * odd[1], 0.0, 1.0)
    rain = np.repeat(typical.rain_mm[own_hour[:-1]], STEPS_PER_HOUR) * float(climate["rain"])
    cloud = np.where(rain > 0.0, np.maximum(cloud, 0.8), cloud)
    elevation_deg, azimuth_deg, clear_w_m2 = _sun(home, first, n_days)
    return Weather(
        air_c=air_c,
        humidity_pct=np.clip(humidity, 12.0, 100.0),
        wind_m_s=_quarters(typical.wind_m_s[own_hour]) * np.exp(WIND_SPREAD * odd[2]),
        rain_mm_h=rain,
        cloud=cloud,
        ghi_w_m2=clear_w_m2 * (1.0 - CLOUD_LOSS * cloud**CLOUD_POWER),
        sun_elevation_deg=elevation_deg,
        sun_azimuth_deg=azimuth_deg,
    )


def _hours(
    home: Home, first: date, n_days: int, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Hours of the typical year that the season and the home's own days are taken from, (hour + 1,)."""
    new_year = first.replace(month=1, day=1)
    south = 0 if home.latitude_deg >= 0.0 else HOURS // 2 // 24 * 24
    hour = (first - new_year).days * 24 + south + np.arange(24 * n_days + 1)
    rng = stream(seed, "home", home.home_id, "weather", "days")
    shift = int(rng.integers(-SHIFT_DAYS, SHIFT_DAYS + 1))
    return hour % HOURS, (hour + 24 * shift) % HOURS


def _spells(home: Home, n_days: int, seed: int) -> Floats:
    """Warm and cold, clear and dull, windy and calm spells: unit spread, (3, step)."""
    rng = stream(seed, "home", home.home_id, "weather", "spells")
    kicks = rng.standard_normal((n_days + 1, 3))
    keep = float(np.exp(-1.0 / MEMORY_DAYS))
    day = np.empty_like(kicks)
    day[0] = kicks[0]
    for number in range(1, n_days + 1):
        day[number] = keep * day[number - 1] + np.sqrt(1.0 - keep**2) * kicks[number]
    at = np.arange(n_days * STEPS_PER_DAY) / STEPS_PER_DAY
    return np.stack([np.interp(at, np.arange(n_days + 1), day[:, kind]) for kind in range(3)])


def _quarters(hourly: Floats) -> Floats:
    """Hourly values, the last one past the end, on steps of a quarter of an hour, (step,)."""
    n = (hourly.size - 1) * STEPS_PER_HOUR
    return np.interp(np.arange(n) / STEPS_PER_HOUR, np.arange(hourly.size), hourly)


def _sun(home: Home, first: date, n_days: int) -> tuple[Floats, Floats, Floats]:
    """Elevation and azimuth of the sun [deg], and clear-sky radiation [W/m2], (step,)."""
    from envirosense.physics.light.sunlight import almanac_sun, clear_sky_ghi_w_m2

    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=home.utc_offset_h)
    t_s = midnight.timestamp() + STEP_S * np.arange(n_days * STEPS_PER_DAY)
    track = almanac_sun(home.latitude_deg, home.longitude_deg, t_s)
    elevation_deg = 90.0 - np.degrees(track.zenith_rad)
    return elevation_deg, np.degrees(track.azimuth_rad), clear_sky_ghi_w_m2(track.cos_zenith)


@cache
def _typical() -> _Typical:
    """Greensboro, the typical year that ships with pvlib."""
    from envirosense.climate.files import greensboro
    from envirosense.physics.air.humidity import relative_humidity

    year = greensboro()
    cold_c, hot_c = np.percentile(year.air_c, (1.0, 99.0))
    scaled = (year.air_c - cold_c) / (hot_c - cold_c)
    turn = 2.0 * np.pi * np.arange(HOURS) / HOURS
    waves = np.stack([np.ones(HOURS), np.cos(turn), np.sin(turn)], axis=1)
    season = waves @ (waves.T @ scaled * np.array([1.0, 2.0, 2.0]) / HOURS)
    humidity = 100.0 * relative_humidity(year.air_c + ZERO_CELSIUS_K, year.dew_point_c + ZERO_CELSIUS_K)
    dry, wet = np.percentile(humidity, (5.0, 95.0))
    return _Typical(
        season=season,
        spell=scaled - season,
        damp=(humidity - dry) / (wet - dry),
        wind_m_s=year.wind_m_s,
        rain_mm=year.rain_mm,
        cloud=year.total_cover_tenths / 10.0,
    )
