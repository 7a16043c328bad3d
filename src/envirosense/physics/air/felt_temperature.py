"""How hot moist air and how cold moving air feel: the two indices that weather services warn by."""

from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

# Heat index: regression of Rothfusz for the US weather service, degF and per cent (from memory)
_HEAT: Final = (
    (-42.379, 10.14333127, -0.05481717),
    (2.04901523, -0.22475541, 8.5282e-4),
    (-6.83783e-3, 1.22874e-3, -1.99e-6),
)  # rows: powers of the temperature, columns: powers of the humidity
MILD_F: Final = 80.0  # mean of air and simple index from which the regression holds (from memory)
DRY_PCT: Final = 13.0  # corrected downwards below it, from 80 to 112 degF (from memory)
HUMID_PCT: Final = 85.0  # corrected upwards above it, from 80 to 87 degF (from memory)
# Wind chill of the US and Canadian services since 2001, degC and km/h at 10 m (from memory)
CHILL: Final = (13.12, 0.6215, -11.37, 0.3965)
CHILL_POWER: Final = 0.16
WARMEST_CHILL_C: Final = 10.0  # above it there is no chill (from memory)
LEAST_CHILL_KM_H: Final = 4.8  # a walker's own wind (from memory)


def heat_index_c(air_c: npt.ArrayLike, relative_humidity: npt.ArrayLike) -> Floats:
    """Temperature that moist air feels like in the shade, broadcast shape [degC]; humidity 0..1.

    Made for air above 27 degC; below, the mean of air and a simple index goes on without meaning much.
    """
    air_f = 1.8 * np.asarray(air_c, dtype=np.float64) + 32.0
    humid = 100.0 * np.asarray(relative_humidity, dtype=np.float64)
    simple = 0.5 * (air_f + 0.5 * (air_f + 61.0 + 1.2 * (air_f - 68.0) + 0.094 * humid))
    return np.asarray((np.where(simple < MILD_F, simple, _regression_f(air_f, humid)) - 32.0) / 1.8)


def _regression_f(air_f: Floats, humid: Floats) -> Floats:
    full = sum(
        weight * air_f**power * humid**order
        for power, row in enumerate(_HEAT)
        for order, weight in enumerate(row)
    )
    spread = np.sqrt(np.clip(1.0 - np.abs(air_f - 95.0) / 17.0, 0.0, None))
    dry = 0.25 * np.clip(DRY_PCT - humid, 0.0, None) * spread
    humid_more = 0.02 * np.clip(humid - HUMID_PCT, 0.0, None) * np.clip(87.0 - air_f, 0.0, None)
    return np.asarray(full - dry + humid_more)


def wind_chill_c(air_c: npt.ArrayLike, wind_m_s: npt.ArrayLike) -> Floats:
    """Temperature that skin feels in a mean wind at 10 m, broadcast shape [degC]; the air's where none is."""
    air, wind_km_h = np.asarray(air_c, dtype=np.float64), 3.6 * np.asarray(wind_m_s, dtype=np.float64)
    base, per_air, per_wind, both = CHILL
    power = np.maximum(wind_km_h, LEAST_CHILL_KM_H) ** CHILL_POWER
    felt = base + per_air * air + per_wind * power + both * air * power
    chills = (air <= WARMEST_CHILL_C) & (wind_km_h >= LEAST_CHILL_KM_H)
    return np.where(chills, np.minimum(felt, air), air)
