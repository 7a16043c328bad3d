"""Air pressure: its fall with height, and the solar tides that run through every barogram."""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import STANDARD_PRESSURE_PA

type Floats = npt.NDArray[np.float64]

LAPSE_K_M: Final = 0.0065  # [ISO2533]
SEA_LEVEL_K: Final = 288.15  # [ISO2533]
PRESSURE_EXPONENT: Final = 5.25588  # g M / (R lapse) [ISO2533]
SEMIDIURNAL_PA: Final = 116.0  # at the equator [ChapmanLindzen1970] (from memory)
SEMIDIURNAL_PHASE_DEG: Final = 158.0  # maxima at 09:44 and 21:44 [ChapmanLindzen1970] (from memory)
DIURNAL_PA: Final = 50.0  # at the equator, half of it or double by site  # assumed
DIURNAL_PEAK_H: Final = 5.2  # local solar time of the daily maximum  # assumed
DAY_S: Final = 86_400.0


def altitude_pressure_pa(elevation_m: npt.ArrayLike) -> Floats:
    """Pressure of the standard atmosphere at a height above the sea [Pa]; valid below 11 km."""
    height_m = np.asarray(elevation_m, dtype=np.float64)
    ratio = 1.0 - LAPSE_K_M * height_m / SEA_LEVEL_K
    return np.asarray(STANDARD_PRESSURE_PA * ratio**PRESSURE_EXPONENT, dtype=np.float64)


def solar_time_rad(time_unix_s: npt.ArrayLike, longitude_deg: float) -> Floats:
    """Local mean solar time as an angle from midnight, shape of `time_unix_s` [rad], 0..2 pi."""
    turns = np.asarray(time_unix_s, dtype=np.float64) / DAY_S + longitude_deg / 360.0
    return 2.0 * np.pi * np.mod(turns, 1.0)


def semidiurnal_tide_pa(time_unix_s: npt.ArrayLike, latitude_deg: float, longitude_deg: float) -> Floats:
    """Twice-daily tide S2 = 116 cos^3(lat) sin(2 t + 158 deg) around zero [Pa]."""
    angle_rad = 2.0 * solar_time_rad(time_unix_s, longitude_deg) + np.radians(SEMIDIURNAL_PHASE_DEG)
    return np.asarray(SEMIDIURNAL_PA * np.cos(np.radians(latitude_deg)) ** 3 * np.sin(angle_rad))


def diurnal_tide_pa(
    time_unix_s: npt.ArrayLike,
    latitude_deg: float,
    longitude_deg: float,
    peak_h: float = DIURNAL_PEAK_H,
) -> Floats:
    """Daily tide S1 around zero [Pa]; its phase varies by site, so the hour of the maximum is given."""
    angle_rad = solar_time_rad(time_unix_s, longitude_deg) - 2.0 * np.pi * peak_h / 24.0
    return np.asarray(DIURNAL_PA * np.cos(np.radians(latitude_deg)) * np.cos(angle_rad))


def pressure_tide_pa(time_unix_s: npt.ArrayLike, latitude_deg: float, longitude_deg: float) -> Floats:
    """Both tides together, around zero, shape of `time_unix_s` [Pa]."""
    return semidiurnal_tide_pa(time_unix_s, latitude_deg, longitude_deg) + diurnal_tide_pa(
        time_unix_s, latitude_deg, longitude_deg
    )
