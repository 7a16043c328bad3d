"""A weather year as arrays, and its hours as the synthesis needs them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.climate.sites import Station
from envirosense.physics.air.weather import HourlySlice, WeatherSeries, synthesise_hour
from envirosense.physics.air.weather_shapes import HourStreams
from envirosense.physics.light.sunlight import almanac_sun

type Floats = npt.NDArray[np.float64]

HOURS_PER_YEAR: Final = 8760
MODEL_YEAR: Final = 2018  # not a leap year, begins on a Monday as the load year does
SUN_STEP_S: Final = 600.0  # linear interpolation of the cosine errs by 2.4e-4 at most


@dataclass(frozen=True, slots=True)
class WeatherYear:
    """Hourly weather of one model year, arrays of (8760,); record k holds for hour k from `start_utc`.

    Observations made at the end of an hour stand for that hour, as the files pair them with the
    radiation of the same record.
    """

    name: str
    station: Station
    start_utc: datetime
    air_c: Floats
    dew_point_c: Floats
    pressure_pa: Floats
    wind_m_s: Floats
    wind_from_deg: Floats
    ghi_w_m2: Floats
    dni_w_m2: Floats
    dhi_w_m2: Floats
    opaque_cover_tenths: Floats
    total_cover_tenths: Floats
    ceiling_m: Floats  # above ground; an unlimited ceiling is stored as 7500
    rain_mm: Floats
    albedo: Floats
    sun_offset_s: float  # centre of a record's radiation minus its time stamp
    digest: str  # SHA-256 of the file, hexadecimal
    repairs: Mapping[str, str]  # what was changed, by field

    @property
    def start_unix_s(self) -> float:
        """Start of hour 0 [s since 1970 UTC]."""
        return self.start_utc.timestamp()

    @property
    def clock_shift_h(self) -> float:
        """Local standard time less the hours since hour 0, -12..12 [h].

        Zero where records are whole clock hours; half an hour off where they are centred on them.
        """
        start_h = self.start_unix_s / 3600.0 + self.station.utc_offset_h
        return (start_h + 12.0) % 24.0 - 12.0

    def hour_of(self, time_utc: datetime) -> float:
        """Hours since the start of the model year at the same date and clock time, 0..8760.

        Any year maps by its calendar; 29 February repeats the 28th.
        """
        # the model year's own first hour may lie in UTC after midnight of 1 January
        shift = self.start_utc - datetime(MODEL_YEAR, 1, 1, tzinfo=UTC)
        local = time_utc.astimezone(UTC) - shift
        day = 28 if (local.month, local.day) == (2, 29) else local.day
        moved = local.replace(year=MODEL_YEAR, day=day)
        return (moved - datetime(MODEL_YEAR, 1, 1, tzinfo=UTC)) / timedelta(hours=1)

    def slice(self, hour: int) -> HourlySlice:
        """Five hours around an hour of the year, with the sun over them; the year repeats."""
        around = np.arange(hour - 2, hour + 3) % HOURS_PER_YEAR
        return HourlySlice(
            hour=hour,
            air_c=self.air_c[around],
            dew_point_c=self.dew_point_c[around],
            pressure_pa=self.pressure_pa[around],
            wind_m_s=self.wind_m_s[around],
            wind_from_deg=self.wind_from_deg[around],
            ghi_w_m2=self.ghi_w_m2[around],
            dhi_w_m2=self.dhi_w_m2[around],
            opaque_cover_tenths=self.opaque_cover_tenths[around],
            ceiling_m=self.ceiling_m[around],
            rain_mm=self.rain_mm[around],
            cos_zenith=self._cos_zenith(hour),
        )

    def weather(self, hour: int, dt_s: float, streams: HourStreams) -> WeatherSeries:
        """Weather of one hour of the year at steps of `dt_s`, (time,)."""
        return synthesise_hour(self.slice(hour), dt_s, streams)

    def _cos_zenith(self, hour: int) -> Floats:
        start_s = self.start_unix_s + 3600.0 * (hour % HOURS_PER_YEAR - 2)
        nodes_s = start_s + np.arange(0.0, 5 * 3600.0 + SUN_STEP_S, SUN_STEP_S)
        return almanac_sun(self.station.latitude_deg, self.station.longitude_deg, nodes_s).cos_zenith
