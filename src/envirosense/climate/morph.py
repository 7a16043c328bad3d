"""A weather year bent towards a wildfire climate: hot dry summers and dry winds from inland in autumn.

A stand-in where no year of such a place may be shipped: the sizes are engineering guesses (assumed), and
clouds and sunshine stay those of the source. Events are drawn once from the source's digest: the same file
always gives the same year.
"""

import hashlib
from dataclasses import astuple, dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.climate.year import HOURS_PER_YEAR, WeatherYear
from envirosense.core.rng import stream
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.air.fronts import SPELL_EDGE_S, spell
from envirosense.physics.air.humidity import dew_point_k, relative_humidity

type Floats = npt.NDArray[np.float64]

_HOUR_S: Final = 3600.0
_WARMEST_DAY: Final = 201.0  # of the year, 20 July  # assumed
_LEAST_HUMIDITY: Final = 0.02  # assumed: keeps the dew point within the file's range


@dataclass(frozen=True, slots=True)
class WildfireClimate:
    """Recipe of the change; every size is assumed."""

    summer_warming_k: float = 6.0  # on the warmest day; a raised cosine over the year, nothing in January
    humidity_factor: float = 0.55  # on relative humidity
    dry_months: tuple[int, int] = (5, 10)  # first and last
    dry_rain_factor: float = 0.1
    wind_factor: float = 1.3
    n_events: int = 6  # dry winds a year
    event_months: tuple[int, int] = (9, 12)
    event_wind_m_s: tuple[float, float] = (12.0, 20.0)
    event_humidity: tuple[float, float] = (0.05, 0.12)
    event_days: tuple[float, float] = (1.0, 3.0)
    event_from_deg: float = 45.0


def wildfire_year(year: WeatherYear, climate: WildfireClimate = WildfireClimate()) -> WeatherYear:
    """The year in a wildfire climate; `repairs` says what was done, the digest covers source and recipe."""
    month, hour = _local_month(year), np.arange(HOURS_PER_YEAR, dtype=np.float64)
    season = 0.5 * (1.0 + np.cos(2.0 * np.pi * (hour / 24.0 - _WARMEST_DAY) / 365.0))
    air_c = year.air_c + climate.summer_warming_k * season
    air_k = air_c + ZERO_CELSIUS_K
    humidity = relative_humidity(year.air_c + ZERO_CELSIUS_K, year.dew_point_c + ZERO_CELSIUS_K)
    humidity = np.clip(climate.humidity_factor * humidity, _LEAST_HUMIDITY, 1.0)
    is_dry = (month >= climate.dry_months[0]) & (month <= climate.dry_months[1])
    rain_mm = np.where(is_dry, climate.dry_rain_factor, 1.0) * year.rain_mm
    wind_m_s, from_deg = climate.wind_factor * year.wind_m_s, year.wind_from_deg
    for share, event_m_s, event_humidity in _events(year, climate, month):
        wind_m_s = wind_m_s + share * (event_m_s - wind_m_s)
        turn = np.mod(climate.event_from_deg - from_deg + 180.0, 360.0) - 180.0
        from_deg = np.mod(from_deg + share * turn, 360.0)
        humidity = humidity + share * (np.minimum(event_humidity, humidity) - humidity)
        rain_mm = np.where(share > 0.0, 0.0, rain_mm)
    return replace(
        year,
        name=f"{year.name}-wildfire",
        air_c=air_c,
        dew_point_c=dew_point_k(air_k, humidity) - ZERO_CELSIUS_K,
        wind_m_s=wind_m_s,
        wind_from_deg=from_deg,
        rain_mm=rain_mm,
        digest=hashlib.sha256(f"{year.digest} wildfire {astuple(climate)}".encode()).hexdigest(),
        repairs=MappingProxyType({**year.repairs, "wildfire": _note(year, climate)}),
    )


def _local_month(year: WeatherYear) -> npt.NDArray[np.int64]:
    """Calendar month of each hour in local standard time, 1..12."""
    start_h = (year.start_unix_s / _HOUR_S) + year.station.utc_offset_h + 0.5
    local = ((start_h + np.arange(HOURS_PER_YEAR)) * _HOUR_S).astype("datetime64[s]")
    return local.astype("datetime64[M]").astype(np.int64) % 12 + 1


def _events(
    year: WeatherYear, climate: WildfireClimate, month: npt.NDArray[np.int64]
) -> list[tuple[Floats, float, float]]:
    """Share of each dry wind in every hour, its wind [m/s] and its relative humidity.

    The season is cut into equal stretches with one event at a random place in each, so none overlap.
    """
    hours = np.flatnonzero((month >= climate.event_months[0]) & (month <= climate.event_months[1]))
    time_s = _HOUR_S * np.arange(HOURS_PER_YEAR, dtype=np.float64)
    stretch_s = _HOUR_S * hours.size / max(climate.n_events, 1)
    events = []
    for k in range(climate.n_events):
        rng = stream(int(year.digest[:15], 16), "wildfire", "event", k)
        length_s = 86_400.0 * float(rng.uniform(*climate.event_days))
        start_s = _HOUR_S * float(hours[0]) + k * stretch_s + float(rng.uniform(0.0, stretch_s - length_s))
        share = spell(time_s, start_s, start_s + length_s, SPELL_EDGE_S)
        wind, humidity = rng.uniform(*climate.event_wind_m_s), rng.uniform(*climate.event_humidity)
        events.append((share, float(wind), float(humidity)))
    return events


def _note(year: WeatherYear, climate: WildfireClimate) -> str:
    first, last = climate.dry_months
    return (
        f"not observed: {year.name} with up to {climate.summer_warming_k:g} K in summer, relative humidity "
        f"x{climate.humidity_factor:g}, rain of months {first}-{last} x{climate.dry_rain_factor:g}, wind "
        f"x{climate.wind_factor:g}, {climate.n_events} dry winds (assumed)"
    )
