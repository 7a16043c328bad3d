"""Heat of insulators and surge arresters: leakage over wet dirt and watts of an ageing arrester."""

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Values = Floats | float

DRY_LEAKAGE_A = 20e-6  # clean and dry: capacitive and bulk current # assumed
WET_LEAKAGE_A = 1e-3  # lightly dirty and wet, distribution class # assumed
WETTING_HUMIDITY = (0.70, 0.98)  # dirt begins to take up water, and is wet through # assumed
RAIN_WETS_MM_H = 0.2  # rain that wets the sheds whatever the humidity # assumed
HEALTHY_ARRESTER_W = 1.0  # metal-oxide block at operating voltage, 0.5-2 W # assumed
FAILED_ARRESTER_W = 50.0  # last stage before thermal runaway, 20-50 W # assumed


def wetness(relative_humidity: Values, rain_mm_h: Values = 0.0) -> Floats:
    """How wet an insulator's dirt is, 0 dry to 1 wet through; humidity is a fraction."""
    low, high = WETTING_HUMIDITY
    damp = np.clip((np.asarray(relative_humidity) - low) / (high - low), 0.0, 1.0)
    return np.maximum(damp, np.clip(np.asarray(rain_mm_h) / RAIN_WETS_MM_H, 0.0, 1.0))


def leakage_a(wet: Values, pollution: Values = 1.0) -> Floats:
    """Leakage current of one insulator [A]: log-linear in wetness between dry and wet; form assumed.

    `pollution` multiplies the wet current: 1 light, 10 a dry-band stage.
    """
    growth = np.log(WET_LEAKAGE_A * np.asarray(pollution) / DRY_LEAKAGE_A)
    return np.asarray(DRY_LEAKAGE_A * np.exp(np.asarray(wet) * growth))


def leakage_w(voltage_v: Values, current_a: Values) -> Floats:
    """Heat of a resistive leakage current at a phase voltage [W]."""
    if np.any(np.asarray(current_a) < 0.0):
        raise ValueError("current_a: an rms current must be 0 or more")
    return np.asarray(np.abs(voltage_v) * np.asarray(current_a))


def arrester_w(wear: Values) -> Floats:
    """Watts of a metal-oxide arrester, wear 0 (new) to 1 (about to run away) [W]; geometric, assumed."""
    share = np.clip(wear, 0.0, 1.0)
    return np.asarray(HEALTHY_ARRESTER_W * (FAILED_ARRESTER_W / HEALTHY_ARRESTER_W) ** share)
