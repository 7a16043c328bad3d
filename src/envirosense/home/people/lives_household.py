"""What a household does together, by the day: dinner, evenings, outings, guests, trips.

Nothing here looks at who lives in the home: one more resident leaves the days of the others as they were.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.home.model import Home
from envirosense.home.surroundings.calendar_days import FRIDAY, SATURDAY, vacation_days
from envirosense.home.surroundings.context import STEP_S, Context

type Floats = npt.NDArray[np.float64]

STEPS_PER_DAY: Final = round(86_400 / STEP_S)
# spreads and shares below are assumed
DINNER_H: Final = (17.6, 19.6)  # habitual hour of dinner, earliest and latest over homes
DINNER_JITTER_H: Final = (0.08, 0.45)  # from day to day, least and most over homes
FREE_LATER_H: Final = 0.4  # dinner on days off
EVENING_SHARE: Final = (0.3, 0.85)  # of evenings are spent before the television, over homes
OUTING_SHARE: Final = (0.1, 0.5)  # of days off have a common outing
GUEST_SHARE: Final = (0.02, 0.12)  # of days have guests; three times that on Fridays and Saturdays
STAY_SHARE: Final = 0.3  # of guests stay overnight where the home has room for them
MILD_C: Final = 10.0
MILD_W_M2: Final = 30.0


@dataclass(frozen=True, slots=True)
class HouseDay:
    """One day of the household; hours of the local day, NaN for what does not happen.

    Attributes:
        number: Of the day in the episode, -1 for the one before it.
        is_holiday: Public holiday, or vacation.
        is_away: On the road, all of them.
        leave_h, return_h: Of a trip that begins today, the second on its last day.
        trip_until: Day that a trip that begins today ends on, -1 for none.
        cook: Where in 0..1 the choice of the cook falls.
        evening_h: When those who like sit down before the television.
        outing_h: When those who like go out together.
        guests_stay: Whether guests stay overnight.
    """

    number: int
    weekday: int
    is_holiday: bool
    is_away: bool
    trip_until: int
    leave_h: float
    return_h: float
    dinner_h: float
    cook: float
    evening_h: float
    evening_length_h: float
    outing_h: float
    outing_length_h: float
    guests_h: float
    guests_length_h: float
    n_guests: int
    guests_stay: bool


@dataclass(frozen=True, slots=True, eq=False)
class HouseDays:
    """All days, the one before the episode first, and the hours in which it is good to be outdoors."""

    days: tuple[HouseDay, ...]
    is_mild: tuple[bool, ...]  # by hour of the episode
    is_wet: tuple[bool, ...]


def house_days(home: Home, context: Context, n_days: int, seed: int) -> HouseDays:
    """Draws the common part of everybody's days."""
    habits = stream(seed, "home", home.home_id, "lives", "household habits").random(6)
    first = int(context.weekday[0])
    weekday = [(first - 1 + number) % 7 for number in range(n_days + 1)]
    holiday = [False, *map(bool, context.is_holiday[::STEPS_PER_DAY])]
    away = [False, *vacation_days(home, context.weekday[::STEPS_PER_DAY], seed).tolist()]
    rng = stream(seed, "home", home.home_id, "lives", "household days")
    unit = rng.random((n_days + 1, 12)).tolist()
    days = tuple(_day(home, habits, weekday[n], holiday[n], away, n, unit[n]) for n in range(n_days + 1))
    hourly = slice(None, None, round(3600 / STEP_S))
    dry = context.rain_mm_h[hourly] <= 0.0
    mild = (context.air_c[hourly] > MILD_C) & dry & (context.ghi_w_m2[hourly] > MILD_W_M2)
    return HouseDays(days, tuple(mild.tolist()), tuple((~dry).tolist()))


def _day(
    home: Home,
    habits: Floats,
    weekday: int,
    is_holiday: bool,
    away: list[bool],
    n: int,
    unit: list[float],
) -> HouseDay:
    is_free = weekday >= SATURDAY or is_holiday
    starts = away[n] and not away[n - 1]
    until = next((day for day in range(n, len(away)) if not away[day]), len(away) + 1) - 1 if starts else -1
    nan = float("nan")
    jitter_h = _between(DINNER_JITTER_H, float(habits[1])) * 2.0 * (unit[0] + unit[1] + unit[2] - 1.5)
    dinner_h = _between(DINNER_H, float(habits[0])) + jitter_h
    dinner_h += FREE_LATER_H if is_free else 0.0
    has_evening = unit[3] < _between(EVENING_SHARE, float(habits[2]))
    has_outing = is_free and unit[4] < _between(OUTING_SHARE, float(habits[3]))
    likely = 3.0 if weekday in (FRIDAY, SATURDAY) else 1.0
    has_guests = home.has_guests and unit[5] < likely * _between(GUEST_SHARE, float(habits[4]))
    return HouseDay(
        number=n - 1,
        weekday=weekday,
        is_holiday=is_holiday,
        is_away=away[n],
        trip_until=until - 1 if until >= 0 else -1,
        leave_h=8.0 + 4.0 * unit[6],
        return_h=15.0 + 5.0 * unit[7],
        dinner_h=dinner_h,
        cook=unit[8],
        evening_h=dinner_h + 1.0 + 0.5 * unit[9] if has_evening else nan,
        evening_length_h=1.0 + 1.5 * unit[10],
        outing_h=10.0 + 4.5 * unit[9] if has_outing else nan,
        outing_length_h=1.5 + 3.0 * unit[11],
        guests_h=(15.0 if is_free and unit[6] < 0.3 else 18.5) + unit[7] if has_guests else nan,
        guests_length_h=2.5 + 2.5 * unit[11],
        n_guests=1 + int(2.0 * unit[10]),
        guests_stay=unit[6] < STAY_SHARE and any(area.kind == "guest_room" for area in home.areas),
    )


def _between(span: tuple[float, float], share: float) -> float:
    return span[0] + (span[1] - span[0]) * share
