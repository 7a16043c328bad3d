"""Physical constants and conversions; CODATA 2018 values are exact since the SI of 2019."""

import math
import re
from typing import Final

ZERO_CELSIUS_K: Final = 273.15  # exact
GAS_CONSTANT_J_MOL_K: Final = 8.314462618  # [CODATA2018]
STEFAN_BOLTZMANN_W_M2_K4: Final = 5.670374419e-8  # [CODATA2018]
PLANCK_J_S: Final = 6.62607015e-34  # exact
LIGHT_SPEED_M_S: Final = 299_792_458.0  # exact
BOLTZMANN_J_K: Final = 1.380649e-23  # exact
GRAVITY_M_S2: Final = 9.80665  # standard gravity
VON_KARMAN: Final = 0.4  # [Dyer1974]
DRY_AIR_CP_J_KG_K: Final = 1005.0  # dry air near 20 degC
DRY_AIR_GAS_CONSTANT_J_KG_K: Final = 287.05  # dry air
STANDARD_PRESSURE_PA: Final = 101_325.0  # exact

_DURATION_UNITS_S: Final = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|m|h|d)")


def duration_s(text: str) -> float:
    """Length of a duration such as `90s`, `10m`, `1h`, `2d` or `1h30m` [s].

    Raises:
        ValueError: if the text is not numbers with units, or not positive.
    """
    compact = text.strip().lower()
    pieces = _DURATION.findall(compact)
    if not pieces or _DURATION.sub("", compact).strip():
        raise ValueError("write a number with a unit: s, m (minutes), h or d, for example 90s or 1h30m")
    total_s = sum(float(value) * _DURATION_UNITS_S[unit] for value, unit in pieces)
    if not 0 < total_s < math.inf:
        raise ValueError("a duration must be longer than zero and finite")
    return total_s


def ug_m3_per_ppb(
    molar_mass_g_mol: float, temperature_k: float = 298.15, pressure_pa: float = STANDARD_PRESSURE_PA
) -> float:
    """Mass concentration of one ppb by volume of an ideal gas [ug/m3]."""
    return molar_mass_g_mol * pressure_pa / (GAS_CONSTANT_J_MOL_K * temperature_k) * 1e-3
