"""Days that are not like others: public holidays, and those the household is on the road."""

from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.home.model import Home
from envirosense.home.surroundings.context_tables import country_of

type Bools = npt.NDArray[np.bool_]
type Int8s = npt.NDArray[np.int8]

FRIDAY, SATURDAY = 4, 5
LONG_PER_YEAR: Final = 2.0  # long vacations  # assumed
LONG_DAYS: Final = (3, 6)  # and how long they are, the second excluded  # assumed
SHORT_SHARE: Final = 0.10  # of weekends are spent away, for 1 to 3 days [homes.md 1.2]


def first_day(home: Home, start_utc: datetime) -> date:
    """Local date that begins with the episode; a start off local midnight counts for the nearest one."""
    return (start_utc + timedelta(hours=home.utc_offset_h + 12.0)).date()


def weekdays(first: date, n_days: int) -> Int8s:
    """Weekday of each day, 0 on Monday, (day,)."""
    return ((first.weekday() + np.arange(n_days)) % 7).astype(np.int8)


def public_holidays(timezone: str, first: date, n_days: int) -> Bools:
    """Whether each day is a public holiday of the country that the time zone lies in, (day,)."""
    days = [first + timedelta(days=number) for number in range(n_days)]
    free = {day for year in {day.year for day in days} for day in _holidays_of(timezone, year)}
    return np.array([day in free for day in days], dtype=np.bool_)


def vacation_days(home: Home, weekday: Int8s, seed: int) -> Bools:
    """Whether the whole household is away over each day, (day,).

    Short trips are around weekends, long ones begin on a Saturday or a Sunday; the first day of the episode
    never belongs to one.
    """
    draws = stream(seed, "home", home.home_id, "vacations").random((weekday.size, 3))
    away = np.zeros(weekday.size, dtype=np.bool_)
    day = 1
    while day < weekday.size:
        length = _trip_days(int(weekday[day]), *map(float, draws[day]))
        away[day : day + length] = True
        day += max(1, 2 * length)  # nobody leaves again at once
    return away


def _trip_days(weekday: int, kind: float, chance: float, length: float) -> int:
    """Days of a trip that begins on such a day, 0 for none."""
    if weekday >= SATURDAY and chance < LONG_PER_YEAR * 7.0 / 365.0 / 2.0:
        return int(LONG_DAYS[0] + length * (LONG_DAYS[1] - LONG_DAYS[0]))
    if weekday not in (FRIDAY, SATURDAY) or kind >= SHORT_SHARE / 2.0:
        return 0
    return 1 + int(length * (3 if weekday == FRIDAY else 2))


def _holidays_of(timezone: str, year: int) -> set[date]:
    country = country_of(timezone)
    days = {date(year, month, day) for month, day in country["fixed"]}
    days |= {easter(year) + timedelta(days=after) for after in country["easter"]}
    return days | {_nth(year, *rule) for rule in country["nth"]}


def _nth(year: int, month: int, weekday: int, which: int) -> date:
    last = monthrange(year, month)[1]
    days = [date(year, month, day) for day in range(1, last + 1)]
    chosen = [day for day in days if day.weekday() == weekday]
    return chosen[which - 1 if which > 0 else which]


def easter(year: int) -> date:
    """Easter Sunday by the Gregorian rule, in the form of Meeus, Jones and Butcher."""
    golden, (century, rest) = year % 19, divmod(year, 100)
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - century // 4 - correction + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)
