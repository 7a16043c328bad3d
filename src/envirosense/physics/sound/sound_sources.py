"""Sound of electrical equipment: line corona, discharges, transformer hum. Powers in picowatts."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.sound.acoustics import (
    BANDS,
    REFERENCE_W,
    a_weighting_db,
    energy_of_db,
)

type Floats = npt.NDArray[np.float64]

EFFICIENCY_RANGE: Final = (1e-5, 1e-3)  # sound over electrical power; nothing published  # assumed
SPARK_CORNER_HZ: Final = 2000.0  # spectral density flat below, -3 dB per octave above  # assumed
SPARK_END_HZ: Final = 60e3  # end of the spectrum, and of BANDS  # assumed
ARC_DEPTHS: Final = (0.5, 1.0)  # of the envelope at twice the mains frequency, arcs and gaps  # assumed
SURFACE_DEPTHS: Final = (0.2, 0.6)  # tracking and corona  # assumed
CLICK_ENERGY_MOMENT: Final = 2.0  # mean square over squared mean of click energies: exponential  # assumed

HUM_LINES_HZ: Final = np.array([120.0, 240.0, 360.0, 480.0, 600.0])  # even multiples of 60 Hz
HUM_LINES_DB: Final = np.array([0.0, -4.0, -8.0, -12.0, -16.0])  # (from memory; the fifth assumed)
HUM_SATURATING: Final = np.array([0.0, 1.0, 1.0, 1.0, 1.0])  # lines that saturation raises (from memory)
HUM_SATURATION_DB: Final = 15.0  # most that saturation raises them (from memory)
SMALL_UNIT_MVA: Final = 0.2  # [IEC60076-10]
SMALL_UNIT_DBA: Final = 56.0  # power level of units up to that rating [IEC60076-10]
LOAD_RISE_DB: Final = 1.0  # at rated load, growing with its square  # assumed
MOST_LOAD_RISE_DB: Final = 3.0  # assumed
FAIR_WEATHER_DB: Final = -25.0  # fair weather against rain [ChartierStearns1981] (from memory)
ALTITUDE_M_PER_DB: Final = 300.0  # of line corona, one decibel louder


def line_corona_dba(
    gradient_kv_cm: npt.ArrayLike,
    diameter_mm: float,
    distance_m: npt.ArrayLike,
    conductors: int = 1,
    altitude_m: float = 0.0,
    is_raining: bool = True,
) -> Floats:
    """Median A-weighted level of one phase of a line, broadcast shape [dB(A)] [ChartierStearns1981].

    From memory, by two forms that agree. For transmission lines of 10 to 25 kV/cm; at the 1.6 kV/cm of a
    distribution conductor it gives less than -80 dB(A), which is why the world leaves it out.
    """
    d_mm = diameter_mm if conductors <= 2 else 0.58 * conductors**0.48 * diameter_mm
    power = -164.6 + 120.0 * np.log10(gradient_kv_cm) + 55.0 * math.log10(d_mm)
    level = power - 11.4 * np.log10(distance_m) - 5.8 + altitude_m / ALTITUDE_M_PER_DB
    return np.asarray(level + (0.0 if is_raining else FAIR_WEATHER_DB))


def spark_shares() -> Floats:
    """Share of a discharge's sound power in each band, (band,) [1]; the rest lies between the bands.

    A density flat to 2 kHz that falls by 3 dB per octave to 60 kHz puts -12.4 dB into 35 to 45 kHz.
    """

    def below(f_hz: Floats) -> Floats:
        falling = 1.0 + np.log(np.maximum(f_hz, SPARK_CORNER_HZ) / SPARK_CORNER_HZ)
        return np.where(f_hz < SPARK_CORNER_HZ, f_hz / SPARK_CORNER_HZ, falling)

    whole = 1.0 + math.log(SPARK_END_HZ / SPARK_CORNER_HZ)
    return (below(BANDS.high_hz) - below(BANDS.low_hz)) / whole


def discharge_power_pw(power_w: npt.ArrayLike, efficiency: float) -> Floats:
    """Sound power of a discharge, shape of `power_w` [pW]."""
    return np.asarray(power_w, dtype=np.float64) * (efficiency / REFERENCE_W)


def transformer_power_dba(rating_mva: float) -> float:
    """A-weighted sound power level of a liquid-filled unit [dB(A)]: 66 + 14 log10 S [IEC60076-10].

    Up to 0.2 MVA it is 56 dB(A). The level is a guarantee; units stay below it.
    """
    if rating_mva <= SMALL_UNIT_MVA:
        return SMALL_UNIT_DBA
    return 66.0 + 14.0 * math.log10(rating_mva)


def hum_power_pw(power_dba: float, load: npt.ArrayLike, saturation: npt.ArrayLike) -> Floats:
    """Sound power of each of HUM_LINES_HZ, (time, line) [pW].

    The A-weighted sum is `power_dba` at no load and no saturation. Load (1 at the rating) adds to all lines.
    Saturation (exciting current over its normal value) raises the lines above 120 Hz by 20 log10 of it.
    """
    rise_db = np.minimum(LOAD_RISE_DB * np.square(np.asarray(load, dtype=np.float64)), MOST_LOAD_RISE_DB)
    excess = np.maximum(np.asarray(saturation, dtype=np.float64), 1.0)
    iron_db = np.minimum(20.0 * np.log10(excess), HUM_SATURATION_DB)
    shape = energy_of_db(HUM_LINES_DB)
    shape = shape / np.sum(shape * energy_of_db(a_weighting_db(HUM_LINES_HZ)))
    return energy_of_db(power_dba + rise_db[..., None] + iron_db[..., None] * HUM_SATURATING) * shape


def hum_bands() -> npt.NDArray[np.intp]:
    """Band of each hum line, (line,)."""
    return np.searchsorted(BANDS.high_hz, HUM_LINES_HZ)
