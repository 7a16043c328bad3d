"""Tracking to a pole-top fire: leakage through wood, the dry zone under the fitting, and how it burns in.

Wetted wood carries the insulator's leakage to a fitting, but the wood right under the fitting stays dry
and takes much of the voltage. From some 4 mA on it breaks down and chars from within; char conducts, so
the heat moves on until the pocket glows. Weeks to months pass from first leakage to ignition [TDWorld2021].
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.electric.leakage import (
    PIN_INSULATOR,
    Insulator,
    alarm_band,
    layer_conductance_s,
    surface_resistance_ohm,
)
from envirosense.physics.electric.tracking_kernels import grow

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]
type Values = Floats | float

LEAST_CURRENT_A: Final = 4e-3  # 4-5 mA is enough to begin a pole fire [TDWorld2021]
WET_WOOD_OHM: Final = 1e5  # wetted wood from the insulator to the fitting # assumed
DRY_ZONE_OHM: Final = 5e5  # sound dry wood under the fitting # assumed
CHAR_ZONE_OHM: Final = 5e4  # the same, charred through # assumed
BURN_ENERGY_J: Final = 4.3e6  # 30 W for 40 wet hours, which a wet time of 5 % stretches to a month # assumed
WOOD_SHARE: Final = 0.6  # of the zone's heat arises in the wood, the rest in the steel # assumed
SPARK_SHARE: Final = 0.3  # of the power of an arcing zone or band that sparks, not just heats # assumed
DRY_BAND_FRACTION: Final = 0.02  # of the leakage path, once bands form # assumed
DRY_BAND_CONTRAST: Final = 0.01  # conductance of a dry band over that of the wet layer # assumed
BURST_RATE_PER_A: Final = 2.0e4  # sparks per second and ampere over 1 mA, within 1 to 20 a cycle # assumed
MOST_PULSES_PER_S: Final = 1200.0  # surface discharge, 1 to 20 a cycle (from memory)

STAGES: Final = ("sound", "leakage", "arcing", "pocket_burn", "glowing", "ignition")
# burn at which a pocket shows, glows, ignites # assumed
STAGE_BURN: Final = (0.1, 0.6, 1.0)


@dataclass(frozen=True, slots=True)
class TrackingCourse:
    """What leakage does to a pole top, all (time,); the last `burn` starts the next block."""

    current_a: Floats
    band: Ints  # index into leakage.ALARM_BANDS
    insulator_w: Floats  # heat on the insulator
    wood_w: Floats  # into the ring of wood
    steel_w: Floats  # into the fitting
    spark_w: Floats  # of insulator_w, wood_w and steel_w together, the part that sparks
    pulses_per_s: Floats
    burn: Floats  # 0 sound to 1 burnt through
    stage: Ints  # index into STAGES


def tracking_course(
    relative_humidity: Floats,
    film: Floats,
    salt_mg_cm2: Values,
    voltage_v: Values,
    dt_s: float,
    start_burn: float = 0.0,
    clock_factor: float = 1.0,
    insulator: Insulator = PIN_INSULATOR,
) -> TrackingCourse:
    """Leakage, heat, sparks and burn along the air's humidity and the surface's water film (time,).

    Args:
        relative_humidity: of the air, (time,).
        film: `leakage.water_film`, (time,); it carries the rain.
        salt_mg_cm2: deposit, one number or (time,).
        voltage_v: phase voltage, rms, one number or (time,).
        dt_s: tick.
        start_burn: burn one tick before the first.
        clock_factor: seconds of burning that one second of the episode stands for.
        insulator: leakage path.
    """
    if dt_s <= 0 or clock_factor <= 0:
        raise ValueError("dt_s and clock_factor must be above zero")
    if not 0.0 <= start_burn <= 1.0:
        raise ValueError(f"start_burn must lie between 0 and 1, not {start_burn}")
    layer_s = layer_conductance_s(salt_mg_cm2, relative_humidity, film)
    surface_ohm = surface_resistance_ohm(layer_s, insulator)
    volts = np.ascontiguousarray(np.broadcast_to(voltage_v, layer_s.shape), dtype=np.float64)
    series_ohm = np.ascontiguousarray(surface_ohm + WET_WOOD_OHM)
    zone = np.array([DRY_ZONE_OHM, CHAR_ZONE_OHM, LEAST_CURRENT_A])
    burn = np.empty_like(volts)
    grow(volts, series_ohm, float(dt_s * clock_factor), zone, BURN_ENERGY_J, float(start_burn), burn)
    return _course(volts, surface_ohm, burn)


def zone_resistance_ohm(burn: Values) -> Floats:
    """Resistance of the wood under a fitting [ohm]; its logarithm falls with the burn."""
    return np.asarray(DRY_ZONE_OHM * (CHAR_ZONE_OHM / DRY_ZONE_OHM) ** np.asarray(burn, dtype=np.float64))


def tracking_stage(current_a: Values, burn: Values) -> Ints:
    """Index into `STAGES`; a burn never heals, leakage and arcing come and go with the weather."""
    weather = np.searchsorted((1e-3, LEAST_CURRENT_A), np.asarray(current_a), side="right")
    burnt = np.searchsorted(STAGE_BURN, np.asarray(burn), side="right")
    return np.asarray(np.where(burnt > 0, burnt + 2, weather), dtype=np.int64)


def wet_time_to_ignition_s(current_a: float) -> float:
    """Time under a constant leakage current to burn through [s]; infinite below the least current.

    Closed form of the growth under a current that the insulator alone sets: the zone's resistance falls
    exponentially with the burn x, so t = E / I^2 times the integral of dx / R(x).
    """
    if current_a < LEAST_CURRENT_A:
        return float("inf")
    fall = np.log(DRY_ZONE_OHM / CHAR_ZONE_OHM)
    inverse_per_ohm = (1.0 / CHAR_ZONE_OHM - 1.0 / DRY_ZONE_OHM) / fall
    return float(BURN_ENERGY_J / current_a**2 * inverse_per_ohm)


def _course(voltage_v: Floats, surface_ohm: Floats, burn: Floats) -> TrackingCourse:
    zone_ohm = zone_resistance_ohm(burn)
    current_a = voltage_v / (surface_ohm + WET_WOOD_OHM + zone_ohm)
    zone_w = current_a**2 * zone_ohm
    insulator_w = current_a**2 * surface_ohm
    arcing = np.clip((current_a - 1e-3) / (LEAST_CURRENT_A - 1e-3), 0.0, 1.0)
    band_share = DRY_BAND_FRACTION / (DRY_BAND_FRACTION + (1.0 - DRY_BAND_FRACTION) * DRY_BAND_CONTRAST)
    spark_w = SPARK_SHARE * arcing * (insulator_w * band_share + zone_w)
    pulses_per_s = np.clip(BURST_RATE_PER_A * (current_a - 1e-3), 0.0, MOST_PULSES_PER_S)
    return TrackingCourse(
        current_a, alarm_band(current_a), insulator_w, WOOD_SHARE * zone_w, (1.0 - WOOD_SHARE) * zone_w,
        spark_w, pulses_per_s, burn, tracking_stage(current_a, burn),
    )  # fmt: skip
