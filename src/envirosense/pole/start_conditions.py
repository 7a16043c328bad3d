"""What an episode starts under, and draws within ranges of it: weather of its first hour, age of the device.

Named so that no parameter of a scenario has the same name.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.climate.year import HOURS_PER_YEAR, MODEL_YEAR, WeatherYear
from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.air.humidity import relative_humidity
from envirosense.pole.weather_ref import WeatherRef, weather_year

type Floats = npt.NDArray[np.float64]
type ConditionRanges = Mapping[str, tuple[float, float]]  # both ends are included

AGE: Final = "array_age_days"
UNITS: Final[Mapping[str, str]] = MappingProxyType({
    "start_wind_m_s": "m/s",  # hourly means at 10 m, as the weather file has them
    "start_air_c": "degC",
    "start_humidity_pct": "%",
    "start_sun_w_m2": "W/m2",  # on the level
    "start_rain_mm_h": "mm/h",
    AGE: "d",
})  # fmt: skip


def require_conditions(ranges: ConditionRanges) -> None:
    """Refuse ranges that no episode can be drawn from.

    Raises:
        UnknownNameError: if there is no such condition.
        ConfigError: if a range is empty.
    """
    for name, (low, high) in ranges.items():
        if name not in UNITS:
            raise UnknownNameError("conditions", name, UNITS)
        if not low <= high:
            raise ConfigError(f"conditions.{name}", [low, high], "must be [low, high], the low end first")
        if name == AGE and low < 0.0:
            raise ConfigError(f"conditions.{name}", [low, high], "must not be below 0")


def hours_within(year: WeatherYear, ranges: ConditionRanges) -> npt.NDArray[np.intp]:
    """Hours of a year whose weather lies within every range, rising.

    Raises:
        ConfigError: if there is none.
    """
    fits = np.ones(HOURS_PER_YEAR, dtype=bool)
    asked = {name: span for name, span in ranges.items() if name != AGE}
    for name, (low, high) in asked.items():
        values = weather_of_hours(year, name)
        fits &= (values >= low) & (values <= high)
    hours = np.flatnonzero(fits)
    if not hours.size:
        told = {name: list(span) for name, span in asked.items()}
        raise ConfigError("conditions", told, f"no hour of the year {year.name} has such weather; widen them")
    return hours


def weather_of_hours(year: WeatherYear, name: str) -> Floats:
    """One condition of every hour of a year, (hour,), in the unit of `UNITS`."""
    if name == "start_humidity_pct":
        air_k, dew_point_k = year.air_c + ZERO_CELSIUS_K, year.dew_point_c + ZERO_CELSIUS_K
        return np.asarray(100.0 * relative_humidity(air_k, dew_point_k))
    column = {
        "start_wind_m_s": year.wind_m_s,
        "start_air_c": year.air_c,
        "start_sun_w_m2": year.ghi_w_m2,
        "start_rain_mm_h": year.rain_mm,
    }
    return column[name]


def drawn_start_s(year: WeatherYear, ranges: ConditionRanges, rng: np.random.Generator) -> float:
    """A whole minute of an hour whose weather lies within the ranges, since the year began [s].

    Without ranges of the weather it is any minute of the year.
    """
    if not set(ranges) - {AGE}:
        return 60.0 * int(rng.integers(365 * 24 * 60))
    hours = hours_within(year, ranges)
    hour, minute = int(hours[int(rng.integers(hours.size))]), int(rng.integers(60))
    shift_s = (year.start_utc - datetime(MODEL_YEAR, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)
    return (3600.0 * hour + 60.0 * minute + shift_s) % (365 * 86400.0)


def drawn_age_days(ranges: ConditionRanges, oldest_days: float, rng: np.random.Generator) -> float:
    """Age of a device, evenly within its range or up to `oldest_days` [d]."""
    return float(rng.uniform(*ranges.get(AGE, (0.0, oldest_days))))


def natural_share(year: WeatherYear, ranges: ConditionRanges, oldest_days: float) -> float:
    """Share of what is drawn without ranges that lies within them, 0..1; a held age counts as a day."""
    share = hours_within(year, ranges).size / HOURS_PER_YEAR if set(ranges) - {AGE} else 1.0
    if AGE in ranges:
        low, high = ranges[AGE]
        share *= max(high - low, 1.0) / oldest_days
    return share


def conditions_of(spec: EpisodeSpec) -> dict[str, float]:
    """Every condition that an episode starts under, by name; an age of no sensor is NaN."""
    year = weather_year(WeatherRef.parse(spec.weather, "weather"))
    hour = int(year.hour_of(spec.grid.start_utc)) % HOURS_PER_YEAR
    found = {name: float(weather_of_hours(year, name)[hour]) for name in UNITS if name != AGE}
    sensors: Any = spec.sensing.get("sensors") or ()
    return found | {AGE: max((float(one["age_days"]) for one in sensors), default=float("nan"))}
