"""Weather files: TMY3 and EPW to a `WeatherYear`, with their known traps handled.

Every change made to what the file says is listed in `WeatherYear.repairs`.
"""

import functools
import hashlib
import importlib.util
import io
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from envirosense.climate.columns import EPW, TMY3, Column, ceiling_m, measured
from envirosense.climate.repairs import filled_direction, join_hours, smoothed_joins, steep_joins
from envirosense.climate.sites import Station
from envirosense.climate.sun import sun_track
from envirosense.climate.year import HOURS_PER_YEAR, MODEL_YEAR, WeatherYear
from envirosense.core.errors import ConfigError
from envirosense.physics.air.pressure import altitude_pressure_pa, pressure_tide_pa

if TYPE_CHECKING:
    import pandas as pd

type Floats = npt.NDArray[np.float64]

SUN_OFFSETS_S: Final = (-3600.0, -1800.0, 0.0, 1800.0)  # radiation centred here from the time stamp
SUN_SAMPLE: Final = 1000  # sunlit records that decide the offset
DEFAULT_ALBEDO: Final = 0.2  # grass  # assumed
GREENSBORO: Final = "723170TYA.CSV"
SAND_POINT: Final = "703165TY.csv"
HOUR_S: Final = 3600.0


@functools.cache
def greensboro() -> WeatherYear:
    """Typical year of Greensboro NC, 36 N, a TMY3 file that ships with pvlib."""
    return _shipped("greensboro", GREENSBORO)


@functools.cache
def sand_point() -> WeatherYear:
    """Typical year of Sand Point AK, 55 N, a TMY3 file that ships with pvlib; most of its rain is filled."""
    return _shipped("sand-point", SAND_POINT)


def _shipped(name: str, file: str) -> WeatherYear:
    spec = importlib.util.find_spec("pvlib")
    if spec is None or spec.origin is None:
        raise ConfigError("weather", name, "pvlib is not installed; reinstall envirosense")
    return read_weather(Path(spec.origin).parent / "data" / file)


def read_weather(path: str | Path) -> WeatherYear:
    """Weather year of a TMY3 CSV or EPW file.

    Raises:
        ConfigError: if the file cannot be used; the message names it and what is wrong.
    """
    source = Path(path)
    readers = {".csv": _tmy3_table, ".epw": _epw_table}
    if source.suffix.lower() not in readers:
        raise ConfigError("weather", str(source), "give a TMY3 .csv or an .epw file")
    try:
        raw = source.read_bytes()
    except OSError as error:
        raise ConfigError(
            "weather", str(source), f"cannot be read ({error.strerror}); check the path"
        ) from error
    try:
        table, station, columns = readers[source.suffix.lower()](raw.decode("utf-8-sig", errors="replace"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise ConfigError(
            "weather", str(source), f"not a complete {source.suffix[1:].upper()} weather file ({reason})"
        ) from error
    try:
        return _weather_year(source.stem, hashlib.sha256(raw).hexdigest(), table, station, columns)
    except ValueError as error:
        raise ConfigError("weather", str(source), str(error)) from error


def _tmy3_table(text: str) -> "tuple[pd.DataFrame, Station, tuple[Column, ...]]":
    from pandas.errors import DtypeWarning
    from pvlib import iotools

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DtypeWarning)  # text among numbers is refused by name later
        table, head = iotools.read_tmy3(io.StringIO(text), map_variables=True)
    name = f"{head['Name'].strip('"')} {head['State']}"
    return table, _station(name, head), TMY3


def _epw_table(text: str) -> "tuple[pd.DataFrame, Station, tuple[Column, ...]]":
    from pandas.errors import DtypeWarning
    from pvlib import iotools

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DtypeWarning)
        table, head = iotools.read_epw(io.StringIO(text))
    return table, _station(f"{head['city']} {head['state-prov']}", head), EPW


def _station(name: str, head: dict[str, float]) -> Station:
    return Station(name, head["latitude"], head["longitude"], head["altitude"], head["TZ"])


def _weather_year(
    name: str, digest: str, table: "pd.DataFrame", station: Station, columns: tuple[Column, ...]
) -> WeatherYear:
    """The year in UTC, repaired; ValueError says what is wrong with the file."""
    stamp_s = _stamps_unix_s(table)
    is_leap_day = (table.index.month == 2) & (table.index.day == 29) & (columns is EPW)
    table, stamp_s = table[~is_leap_day], stamp_s[~is_leap_day]
    if len(table) != HOURS_PER_YEAR:
        raise ValueError(f"holds {len(table)} hours; a year of {HOURS_PER_YEAR} is needed")
    fields, repairs = measured(table, columns)
    offset_s = _sun_offset_s(station, stamp_s, fields)
    begin_s = stamp_s + offset_s - 0.5 * HOUR_S
    start_utc = _model_start(begin_s, station)
    _repair(fields, repairs, station, start_utc, _local_year(begin_s, station))
    return WeatherYear(
        name=name,
        station=station,
        start_utc=start_utc,
        sun_offset_s=offset_s,
        digest=digest,
        repairs=MappingProxyType(repairs),
        **fields,
    )


def _stamps_unix_s(table: "pd.DataFrame") -> Floats:
    """Time stamps of the records as written, in their source years, (record,) [s]."""
    return np.asarray(table.index.tz_convert("UTC").as_unit("s").asi8, dtype=np.float64)


def _local_year(begin_s: Floats, station: Station) -> npt.NDArray[np.int64]:
    """Calendar year that each hour was observed in, (hour,)."""
    local = (begin_s + HOUR_S * station.utc_offset_h + 0.5 * HOUR_S).astype("datetime64[s]")
    return local.astype("datetime64[Y]").astype(np.int64) + 1970


def _sun_offset_s(station: Station, stamp_s: Floats, fields: dict[str, Floats]) -> float:
    """Offset from time stamp to the centre of the radiation that closes ghi = dhi + dni cos z [s]."""
    sunlit = np.flatnonzero(fields["dni_w_m2"] > 0.0)
    if sunlit.size == 0:
        raise ValueError("dni_w_m2 is zero all year; a file with beam radiation is needed")
    sample = sunlit[:: max(1, sunlit.size // SUN_SAMPLE)]
    ghi, dni, dhi = (fields[f"{part}_w_m2"][sample] for part in ("ghi", "dni", "dhi"))

    def miss(offset_s: float) -> float:
        cosine = np.maximum(sun_track(station, stamp_s[sample] + offset_s).cos_zenith, 0.0)
        return float(np.mean((ghi - dhi - dni * cosine) ** 2))

    return min(SUN_OFFSETS_S, key=miss)


def _model_start(begin_s: Floats, station: Station) -> datetime:
    """Start of hour 0 in the model year; ValueError unless the records run through one calendar."""
    local = (begin_s + HOUR_S * station.utc_offset_h).astype("datetime64[s]")
    in_year_s = _in_model_year_s(local)
    expected_s = in_year_s[0] + HOUR_S * np.arange(HOURS_PER_YEAR)
    wrong = np.flatnonzero(np.mod(in_year_s - expected_s, HOUR_S * HOURS_PER_YEAR) != 0.0)
    if wrong.size:
        raise ValueError(
            f"record {wrong[0] + 1} ({local[wrong[0]]}) is out of order; give whole hours in sequence"
        )
    start = datetime(MODEL_YEAR, 1, 1, tzinfo=UTC) - timedelta(hours=station.utc_offset_h)
    centred_s = (in_year_s[0] + 0.5 * HOUR_S * HOURS_PER_YEAR) % (HOUR_S * HOURS_PER_YEAR)
    return start + timedelta(seconds=float(centred_s) - 0.5 * HOUR_S * HOURS_PER_YEAR)


def _in_model_year_s(local: npt.NDArray[np.datetime64]) -> Floats:
    """Seconds since new year of the model year at the same date and clock time, (hour,).

    A leap day counts as the 28th: pvlib pushes 28 February 24:00 of a leap year past the 29th.
    """
    year = local.astype("datetime64[Y]")
    seconds = (local - year.astype("datetime64[s]")).astype(np.float64)
    number = year.astype(np.int64) + 1970
    is_leap = (number % 4 == 0) & ((number % 100 != 0) | (number % 400 == 0))
    return np.asarray(seconds - np.where(is_leap & (seconds >= 59 * 86_400.0), 86_400.0, 0.0))


def _repair(
    fields: dict[str, Floats],
    repairs: dict[str, str],
    station: Station,
    start_utc: datetime,
    source_year: npt.NDArray[np.int64],
) -> None:
    """Everything that needs more than one column, in place."""
    joins = join_hours(source_year)
    smoothed = 0
    for field in ("air_c", "dew_point_c", "pressure_pa", "wind_m_s") if joins.size else ():
        steep = steep_joins(fields[field], joins)
        fields[field] = smoothed_joins(fields[field], steep)
        smoothed += steep.size
    if smoothed:
        repairs["joins"] = (
            f"{smoothed} jumps at {joins.size} joins of source years spread over 6 h on each side"
        )
    fields["dew_point_c"] = np.minimum(fields["dew_point_c"], fields["air_c"])
    fields["wind_m_s"] = np.maximum(fields["wind_m_s"], 0.0)
    is_undefined = (fields["wind_m_s"] <= 0.0) | (fields["wind_from_deg"] == 0.0)
    if is_undefined.any():
        fields["wind_from_deg"] = filled_direction(fields["wind_from_deg"], is_undefined)
        repairs["wind_from_deg"] = (
            f"{is_undefined.sum()} hours without direction turned between their neighbours"
        )
    fields["wind_from_deg"] = np.mod(fields["wind_from_deg"], 360.0)
    if np.ptp(fields["pressure_pa"]) == 0.0:
        repairs["pressure_pa"] = (
            f"constant {fields['pressure_pa'][0]:.0f} Pa replaced by the standard atmosphere at "
            f"{station.elevation_m:g} m with solar tides"
        )
        fields["pressure_pa"] = _tidal_pressure_pa(station, start_utc)
    if not fields["albedo"].any():
        fields["albedo"] = np.full(HOURS_PER_YEAR, DEFAULT_ALBEDO)
        repairs["albedo"] = f"zero all year; {DEFAULT_ALBEDO} assumed"
    fields["ceiling_m"] = ceiling_m(fields["ceiling_m"])


def _tidal_pressure_pa(station: Station, start_utc: datetime) -> Floats:
    middle_s = start_utc.timestamp() + HOUR_S * (np.arange(HOURS_PER_YEAR) + 0.5)
    tide_pa = pressure_tide_pa(middle_s, station.latitude_deg, station.longitude_deg)
    return np.asarray(altitude_pressure_pa(station.elevation_m) + tide_pa, dtype=np.float64)
