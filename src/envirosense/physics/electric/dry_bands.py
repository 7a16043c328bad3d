"""Dry bands on a dirty wet insulator whose foot is earthed: current, heat and sparks.

A leakage above some milliampere dries the narrow parts of the path. The bands carry most of the voltage,
hold the current down and spark; what they heat is mostly water that fog and rain replace.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.electric.leakage import (
    ALARM_BOUNDS_A,
    PIN_INSULATOR,
    Insulator,
    dry_band_share,
    surface_resistance_ohm,
)
from envirosense.physics.electric.tracking import (
    BURST_RATE_PER_A,
    DRY_BAND_CONTRAST,
    DRY_BAND_FRACTION,
    LEAST_CURRENT_A,
    MOST_PULSES_PER_S,
    SPARK_SHARE,
)

type Floats = npt.NDArray[np.float64]
type Values = Floats | float

WARMING_SHARE: Final = 0.4  # of the heat warms the body, the rest evaporates the film of water # assumed


@dataclass(frozen=True, slots=True)
class DryBands:
    """What leaks over an insulator and what it does there, all (time,)."""

    current_a: Floats
    warming_w: Floats  # into the insulator's body
    spark_w: Floats  # electrical power of the sparks across the bands
    pulses_per_s: Floats


def band_growth(wet_current_a: Values) -> Floats:
    """How far bands have formed, 0 to 1, by the current that the evenly wet surface would carry [A]."""
    low_a = ALARM_BOUNDS_A[0]
    return np.asarray(np.clip((np.asarray(wet_current_a) - low_a) / (LEAST_CURRENT_A - low_a), 0.0, 1.0))


def dry_bands(voltage_v: Values, layer_s: Values, insulator: Insulator = PIN_INSULATOR) -> DryBands:
    """Leakage over an insulator with an earthed foot under a phase voltage, rms [V].

    The path's resistance is that of the wet layer with `DRY_BAND_FRACTION` of it dried to a hundredth of the
    conductance, in proportion to `band_growth`: at most three times the wet one.
    """
    wet_ohm = surface_resistance_ohm(layer_s, insulator)
    growth = band_growth(voltage_v / wet_ohm)
    path_ohm = wet_ohm * (1.0 + growth * DRY_BAND_FRACTION * (1.0 / DRY_BAND_CONTRAST - 1.0))
    current_a = np.asarray(voltage_v / path_ohm)
    heat_w = current_a**2 * path_ohm
    across = dry_band_share(growth * DRY_BAND_FRACTION, 1.0, DRY_BAND_CONTRAST)
    pulses_per_s = np.clip(BURST_RATE_PER_A * (current_a - ALARM_BOUNDS_A[0]), 0.0, MOST_PULSES_PER_S)
    return DryBands(current_a, WARMING_SHARE * heat_w, SPARK_SHARE * across * heat_w, pulses_per_s)
