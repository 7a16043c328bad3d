"""Moisture in air: vapour pressure, dew point, relative and absolute humidity.

Magnus form over water with the coefficients recommended by [WMO8]; within 0.4 % of the
Goff-Gratch values from -45 to 60 degC (from memory). Below freezing the reference is still
liquid water, as weather services report it.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import GAS_CONSTANT_J_MOL_K, ZERO_CELSIUS_K

type Floats = npt.NDArray[np.float64]

MAGNUS_PRESSURE_PA: Final = 611.2  # vapour pressure at 0 degC [WMO8]
MAGNUS_SLOPE: Final = 17.62  # [WMO8]
MAGNUS_TEMPERATURE_C: Final = 243.12  # [WMO8]
WATER_MOLAR_MASS_G_MOL: Final = 18.01528  # IUPAC 2021 atomic weights


def saturation_vapour_pressure_pa(air_k: npt.ArrayLike) -> Floats:
    """Vapour pressure over water at saturation, shape of `air_k` [Pa]."""
    air_c = np.asarray(air_k, dtype=np.float64) - ZERO_CELSIUS_K
    return MAGNUS_PRESSURE_PA * np.exp(MAGNUS_SLOPE * air_c / (MAGNUS_TEMPERATURE_C + air_c))


def vapour_pressure_pa(air_k: npt.ArrayLike, relative_humidity: npt.ArrayLike) -> Floats:
    """Vapour pressure of air with a relative humidity of 0..1 [Pa]."""
    return saturation_vapour_pressure_pa(air_k) * np.asarray(relative_humidity, dtype=np.float64)


def dew_point_k(air_k: npt.ArrayLike, relative_humidity: npt.ArrayLike) -> Floats:
    """Temperature at which the vapour saturates [K]; relative humidity in (0, 1]."""
    log_ratio = np.log(vapour_pressure_pa(air_k, relative_humidity) / MAGNUS_PRESSURE_PA)
    return MAGNUS_TEMPERATURE_C * log_ratio / (MAGNUS_SLOPE - log_ratio) + ZERO_CELSIUS_K


def relative_humidity(air_k: npt.ArrayLike, dew_point_k: npt.ArrayLike) -> Floats:
    """Vapour pressure over its saturation value, 0..1 while the dew point is not above the air."""
    air_c = np.asarray(air_k, dtype=np.float64) - ZERO_CELSIUS_K
    dew_point_c = np.asarray(dew_point_k, dtype=np.float64) - ZERO_CELSIUS_K
    # one exponential of the difference: this runs for every tick of every episode
    return np.exp(
        MAGNUS_SLOPE * (dew_point_c / (MAGNUS_TEMPERATURE_C + dew_point_c))
        - MAGNUS_SLOPE * (air_c / (MAGNUS_TEMPERATURE_C + air_c))
    )


def absolute_humidity_g_m3(air_k: npt.ArrayLike, relative_humidity: npt.ArrayLike) -> Floats:
    """Mass of water vapour per volume of air, ideal gas [g/m3]."""
    molar_m3 = vapour_pressure_pa(air_k, relative_humidity) / (
        GAS_CONSTANT_J_MOL_K * np.asarray(air_k, dtype=np.float64)
    )
    return WATER_MOLAR_MASS_G_MOL * molar_m3


def vapour_pressure_deficit_pa(air_k: npt.ArrayLike, relative_humidity: npt.ArrayLike) -> Floats:
    """How far the air is from saturation [Pa]."""
    return saturation_vapour_pressure_pa(air_k) - vapour_pressure_pa(air_k, relative_humidity)
