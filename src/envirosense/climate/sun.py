"""Where the sun stands over a site, by the NREL solar position algorithm [RedaAndreas2004]."""

from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.climate.sites import Station
from envirosense.physics.air.pressure import altitude_pressure_pa
from envirosense.physics.light.sunlight import SunTrack, clear_sky_ghi_w_m2, plane_irradiance_w_m2

__all__ = ["SunTrack", "clear_sky_ghi_w_m2", "plane_irradiance_w_m2", "sun_track"]

REFRACTION_AIR_C: Final = 12.0  # yearly mean air for the refraction  # assumed
REFRACTION_DEG: Final = 0.5667  # at sunrise and sunset [RedaAndreas2004]


def sun_track(
    station: Station,
    time_unix_s: npt.ArrayLike,
    *,
    pressure_pa: float | None = None,
    air_c: float = REFRACTION_AIR_C,
) -> SunTrack:
    """Apparent position of the sun at each time, (time,).

    Args:
        station: place on the ground.
        time_unix_s: (time,) seconds since 1970 UTC; one-minute points cost about 40 us each, so
            finer series interpolate the cosines.
        pressure_pa: air pressure for the refraction; the standard atmosphere's when absent.
        air_c: air for the refraction.
    """
    from pvlib import spa

    times_s = np.atleast_1d(np.asarray(time_unix_s, dtype=np.float64))
    if pressure_pa is None:
        pressure_pa = float(altitude_pressure_pa(station.elevation_m))
    middle = datetime.fromtimestamp(float(times_s[times_s.size // 2]), UTC)
    delta_t_s = float(spa.calculate_deltat(middle.year, middle.month))
    apparent_zenith_deg, _, _, _, azimuth_deg, _ = spa.solar_position_numpy(
        times_s,
        station.latitude_deg,
        station.longitude_deg,
        station.elevation_m,
        pressure_pa / 100.0,
        air_c,
        delta_t_s,
        REFRACTION_DEG,
        1,
    )
    return SunTrack(times_s, np.radians(apparent_zenith_deg), np.radians(azimuth_deg))
