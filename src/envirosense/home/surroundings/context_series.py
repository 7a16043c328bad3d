"""What surrounds a home over an episode: weather, sun, carbon intensity, price and calendar."""

from datetime import datetime
from typing import Final

import numpy as np

from envirosense.home.model import Home
from envirosense.home.surroundings.calendar_days import first_day, public_holidays, vacation_days, weekdays
from envirosense.home.surroundings.carbon import draw_carbon
from envirosense.home.surroundings.context import STEP_S, Context
from envirosense.home.surroundings.prices import prices
from envirosense.home.surroundings.weather_series import draw_weather

STEPS_PER_DAY: Final = round(86_400 / STEP_S)


def draw_context(home: Home, start_utc: datetime, n_days: int, seed: int) -> Context:
    """Series on quarters of an hour from the local midnight that `start_utc` is, or is nearest to.

    Local time is the home's standard time all year.

    Raises:
        UnknownNameError: for a region, a grid or a tariff that the tables lack.
    """
    first = first_day(home, start_utc)
    weekday = weekdays(first, n_days)
    is_public = public_holidays(home.timezone, first, n_days)
    weather = draw_weather(home, first, n_days, seed)
    carbon = draw_carbon(home, weekday, seed)
    return Context(
        local_h=np.tile(np.arange(STEPS_PER_DAY) * STEP_S / 3600.0, n_days),
        weekday=np.repeat(weekday, STEPS_PER_DAY),
        is_holiday=np.repeat(is_public | vacation_days(home, weekday, seed), STEPS_PER_DAY),
        air_c=weather.air_c,
        humidity_pct=weather.humidity_pct,
        wind_m_s=weather.wind_m_s,
        rain_mm_h=weather.rain_mm_h,
        cloud=weather.cloud,
        ghi_w_m2=weather.ghi_w_m2,
        sun_elevation_deg=weather.sun_elevation_deg,
        sun_azimuth_deg=weather.sun_azimuth_deg,
        carbon_g_kwh=carbon,
        price_per_kwh=prices(home, weekday, is_public, carbon),
    )
