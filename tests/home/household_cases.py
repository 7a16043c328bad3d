"""Lives written down stay by stay, plain weather, and a home for them: material for the tests of stimuli."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from envirosense.home.behaviour.household import Household
from envirosense.home.model import Home
from envirosense.home.people.lives import AWAY, DAY_US, SECOND_US, Lives
from envirosense.home.surroundings.context import STEP_S, Context

HOUR_US: Final = 3600 * SECOND_US
OUT: Final = ""  # area id of somebody who is not at home

type Stay = tuple[int, str, str, float]  # resident, area id, activity, hour at which it begins

ORDINARY_DAY: Final = (  # of one person: activity, area, hour at which it begins
    ("sleep", "bedroom", 0.0),
    ("wake_up", "bedroom", 6.5),
    ("shower", "bathroom", 6.7),
    ("breakfast", "kitchen", 7.0),
    ("get_ready", "entryway", 7.5),
    ("away_work", OUT, 7.6),
    ("relax", "living_room", 17.0),
    ("cook", "kitchen", 18.0),
    ("watch_tv", "living_room", 19.5),
    ("go_to_bed", "bathroom", 22.5),
    ("sleep", "bedroom", 23.0),
)


def lives_of(home: Home, stays: Sequence[Stay], n_days: int) -> Lives:
    """Lives in which every stay is an activity of its own and lasts until the resident's next one."""
    names = tuple(sorted({stay[2] for stay in stays}))
    ordered = sorted(stays, key=lambda stay: (stay[0], stay[3]))
    resident = np.array([stay[0] for stay in ordered], dtype=np.int32)
    start_us = np.array([round(stay[3] * HOUR_US) for stay in ordered], dtype=np.int64)
    end_us = np.append(start_us[1:], n_days * DAY_US)
    end_us[np.append(resident[1:] != resident[:-1], True)] = n_days * DAY_US
    area = np.array([AWAY if s[1] == OUT else home.area_index[s[1]] for s in ordered], dtype=np.int32)
    activity = np.array([names.index(stay[2]) for stay in ordered], dtype=np.int32)
    order = np.argsort(start_us, kind="stable")
    resident, area, activity = resident[order], area[order], activity[order]
    start_us, end_us = start_us[order], end_us[order]
    row = np.arange(start_us.size, dtype=np.int32)
    return Lives(names, resident, activity, start_us, end_us, resident, area, start_us, end_us, row)


def ordinary_days(home: Home, n_days: int, residents: Sequence[int] = (0,)) -> Lives:
    """The ordinary day over and over, an hour later for each further resident."""
    stays = [
        (person, area, name, 24.0 * day + hour + (0.3 * person if hour else 0.0))
        for person in residents
        for day in range(n_days)
        for name, area, hour in ORDINARY_DAY
    ]
    return lives_of(home, stays, n_days)


def plain_context(
    n_days: int, *, air_c: float = 12.0, ghi_w_m2: float = 400.0, rain_mm_h: float = 0.0
) -> Context:
    """Sun from six to eighteen, everything else constant."""
    n = round(n_days * 86_400 / STEP_S)
    hour = np.arange(n) * STEP_S / 3600.0 % 24.0
    day = (np.arange(n) * STEP_S // 86_400).astype(np.int8)
    elevation_deg = 50.0 * np.sin((hour - 6.0) / 12.0 * np.pi)
    full = np.ones(n)
    return Context(
        local_h=hour,
        weekday=(day % 7).astype(np.int8),
        is_holiday=np.zeros(n, dtype=np.bool_),
        air_c=air_c * full,
        humidity_pct=60.0 * full,
        wind_m_s=3.0 * full,
        rain_mm_h=rain_mm_h * full,
        cloud=0.5 * full,
        ghi_w_m2=np.where(elevation_deg > 0.0, ghi_w_m2, 0.0),
        sun_elevation_deg=elevation_deg,
        sun_azimuth_deg=np.interp(hour, [0.0, 24.0], [0.0, 360.0]),
        carbon_g_kwh=300.0 * full,
        price_per_kwh=0.3 * full,
    )


def household_of(
    home: Home, lives: Lives, n_days: int, *, context: Context | None = None, seed: int = 1,
    reserved: frozenset[int] = frozenset(),
) -> Household:  # fmt: skip
    """Home, lives and weather put together."""
    return Household(home, lives, context or plain_context(n_days), reserved, n_days, seed)
