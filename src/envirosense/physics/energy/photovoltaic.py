"""Power of a small solar panel: light through glass, cell temperature, and dirt that rain washes off.

The optical and thermal laws are pvlib's.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import BOLTZMANN_J_K

type Array = npt.NDArray[np.float64]

CLEANING_RAIN_MM: Final = 6.0  # within a day; what washes a panel [Kimber2006] (from memory)
SOILING_PER_DAY: Final = 0.0015  # loss of light on a rural panel [Kimber2006] (from memory)
WORST_SOILING: Final = 0.3  # Kimber's ceiling (from memory)
ELEMENTARY_CHARGE_C: Final = 1.602176634e-19  # exact
DARK_W_M2: Final = 0.5  # less light raises no voltage worth the name; assumed


def transmitted_share(incidence_cosine: Array) -> Array:
    """Beam light that passes a glass cover over what passes it at normal incidence, same shape [1]."""
    from pvlib import iam

    angle_deg = np.degrees(np.arccos(np.clip(incidence_cosine, 0.0, 1.0)))
    return np.asarray(iam.physical(angle_deg), dtype=np.float64)


def cell_c(irradiance_w_m2: Array, air_c: Array, wind_m_s: Array) -> Array:
    """Temperature of the cells, broadcast shape [degC]: pvlib's Faiman model."""
    from pvlib import temperature

    return np.asarray(temperature.faiman(irradiance_w_m2, air_c, wind_m_s), dtype=np.float64)


def panel_w(irradiance_w_m2: Array, cell_temperature_c: Array, rated_w: float, per_k: float) -> Array:
    """Direct-current power at the maximum power point, broadcast shape [W]: pvlib's PVWatts.

    `per_k` is the relative change of power with temperature [1/K], negative.
    """
    from pvlib import pvsystem

    light = np.maximum(irradiance_w_m2, 0.0)
    return np.asarray(pvsystem.pvwatts_dc(light, cell_temperature_c, rated_w, per_k), dtype=np.float64)


def soiling_share(days_since_rain: float | Array) -> Array:
    """Light that dirt takes, same shape, 0..0.3: grows evenly from the last rain that cleaned."""
    return np.minimum(SOILING_PER_DAY * np.maximum(days_since_rain, 0.0), WORST_SOILING)


def days_since_cleaning(rain_mm_h: Array) -> float:
    """Days from the last 24 h with enough rain to the end of an hourly history; its length if none had."""
    daily_mm = np.convolve(rain_mm_h, np.ones(24))[: rain_mm_h.size]
    wet = np.flatnonzero(daily_mm >= CLEANING_RAIN_MM)
    return float(rain_mm_h.size - 1 - wet[-1]) / 24.0 if wet.size else rain_mm_h.size / 24.0


def days_since_each_cleaning(rain_mm_h: Array) -> Array:
    """Days since the last 24 h with enough rain at each hour of a year that repeats itself, (hour,).

    At most the year's length, where no day of it had enough.
    """
    twice = np.tile(rain_mm_h, 2)
    wet = np.convolve(twice, np.ones(24))[: twice.size] >= CLEANING_RAIN_MM
    hour = np.arange(twice.size)
    last = np.maximum.accumulate(np.where(wet, hour, -1))
    return np.minimum((hour - last)[rain_mm_h.size :], rain_mm_h.size) / 24.0


def panel_v(
    drawn_share: Array,
    irradiance_w_m2: Array,
    cell_temperature_c: Array,
    mpp_v: float,
    open_v: float,
    per_k: float,
    cells: float,
) -> Array:
    """Voltage of a panel, broadcast shape [V]: at its maximum power point when all its power is drawn.

    Both voltages fall with temperature by `per_k` [1/K] and with the logarithm of light by a thermal voltage
    a cell. Between them the voltage rises in a straight line as less is drawn (assumed); 0 in the dark.
    """
    thermal_v = cells * BOLTZMANN_J_K / ELEMENTARY_CHARGE_C * (np.asarray(cell_temperature_c) + 273.15)
    light = np.maximum(irradiance_w_m2, 0.0)
    lit = light > DARK_W_M2
    dimmed_v = thermal_v * np.log(np.where(lit, light, 1000.0) / 1000.0)
    warm = 1.0 + per_k * (np.asarray(cell_temperature_c) - 25.0)
    full_v, none_v = mpp_v * warm + dimmed_v, open_v * warm + dimmed_v
    voltage = none_v + np.clip(drawn_share, 0.0, 1.0) * (full_v - none_v)
    return np.where(lit, np.maximum(voltage, 0.0), 0.0)
