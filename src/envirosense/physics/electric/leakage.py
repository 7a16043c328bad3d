"""Leakage over a dirty insulator: salt, washing, wetting and drying, current, dry and alarm bands."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.electric.leakage_kernels import soak, wash

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]
type Values = Floats | float

LAYER_S_PER_MG_CM2: Final = 1e-4  # wet salt layer, the size of solid-layer test tables # assumed
HUMIDITY_SPAN: Final = 0.30  # conductivity grows a hundredfold from 70 to 100 % # assumed
HUMIDITY_GROWTH: Final = 100.0  # over the span # assumed
WASH_FREE_MM: Final = 5.0  # a rain washes only beyond this depth # assumed
WASH_FOLD_MM: Final = 5.0  # further depth that leaves 1/e of the salt # assumed
RAIN_PAUSE_S: Final = 6 * 3600.0  # dry time after which a new rain begins # assumed
DEPOSIT_MG_CM2_DAY: Final = 3e-4  # a tenth of a mg/cm2 in a dry year: light to medium site # assumed
DEW_ONSET_RH: Final = 0.90  # salt draws a film from air above this # assumed
WETTING_TIME_S: Final = 600.0  # of a film under 1 mm/h of rain # assumed
DRYING_TIME_S: Final = 1800.0  # of a film in wholly dry air # assumed
RAIN_SCALE_MM_H: Final = 1.0  # rain that doubles the rate of wetting # assumed

# Upper bounds of the bands [A] (from memory); 50 to 100 mA, which has no name of its own, counts as dry-band
ALARM_BOUNDS_A: Final = (1e-3, 5e-3, 0.1)
ALARM_BANDS: Final = ("clean", "contaminated_wet", "dry_band_arcing", "flashover_imminent")


@dataclass(frozen=True, slots=True)
class Insulator:
    """Leakage path of an insulator; the form factor is the integral of dl / circumference along it."""

    creepage_m: float
    form_factor: float
    dry_ohm: float


PIN_INSULATOR: Final = Insulator(0.23, 0.73, 1e10)  # 15 kV class porcelain, mean diameter 0.1 m # assumed


@dataclass(frozen=True, slots=True)
class Deposit:
    """Salt deposit, (time,) [mg/cm2], and what the next block starts from: depth of this rain, dry time."""

    salt_mg_cm2: Floats
    rain_depth_mm: float
    dry_s: float


def humidity_factor(relative_humidity: Values) -> Floats:
    """Conductance of a salt layer over that at saturation [1]: 0.01 at 70 %, a hundredfold per 30 %."""
    humidity = np.clip(np.asarray(relative_humidity, dtype=np.float64), 0.0, 1.0)
    return np.asarray(HUMIDITY_GROWTH ** ((humidity - 1.0) / HUMIDITY_SPAN))


def layer_conductance_s(salt_mg_cm2: Values, relative_humidity: Values, film: Values = 0.0) -> Floats:
    """Conductance of one square of a dirty surface [S]; a film of water (0 to 1) acts as its share of fog."""
    wet = np.maximum(humidity_factor(relative_humidity), np.clip(film, 0.0, 1.0))
    return np.asarray(LAYER_S_PER_MG_CM2 * np.asarray(salt_mg_cm2) * wet)


def surface_resistance_ohm(layer_s: Values, insulator: Insulator = PIN_INSULATOR) -> Floats:
    """Resistance along an insulator [ohm]: its dry body beside the wet layer."""
    conductance_s = 1.0 / insulator.dry_ohm + np.asarray(layer_s, dtype=np.float64) / insulator.form_factor
    return np.asarray(1.0 / conductance_s)


def leakage_current_a(
    voltage_v: Values, layer_s: Values, insulator: Insulator = PIN_INSULATOR, series_ohm: Values = 0.0
) -> Floats:
    """Leakage current, rms [A], through an insulator and what stands in series with it."""
    return np.asarray(np.asarray(voltage_v) / (surface_resistance_ohm(layer_s, insulator) + series_ohm))


def leakage_power_w(voltage_v: Values, current_a: Values) -> Floats:
    """Heat of leakage along the whole path [W]: 7.2 W for 1 mA at 7.2 kV."""
    return np.asarray(np.asarray(voltage_v) * current_a)


def dry_band_share(band_fraction: Values, wet_s: Values, dry_s: Values) -> Floats:
    """Share of the voltage across a dry band [1] that covers a fraction of the leakage path.

    Layer conductances of the wet and the dry part [S]; with a hundredfold between them one percent of the
    path carries half the voltage, which is why it sparks.
    """
    band = np.clip(np.asarray(band_fraction, dtype=np.float64), 0.0, 1.0)
    ratio = np.asarray(dry_s, dtype=np.float64) / wet_s
    return np.asarray(band / (band + (1.0 - band) * ratio))


def alarm_band(current_a: Values) -> Ints:
    """Index into `ALARM_BANDS` of a leakage current [1]."""
    return np.asarray(np.searchsorted(ALARM_BOUNDS_A, np.asarray(current_a), side="right"), dtype=np.int64)


def salt_deposit(
    rain_mm_h: Floats,
    dt_s: float,
    start: Deposit,
    deposit_mg_cm2_day: float = DEPOSIT_MG_CM2_DAY,
) -> Deposit:
    """Salt over the ticks: it settles steadily and is washed off by rain beyond 5 mm.

    `start` is any earlier deposit, whose last value counts.
    """
    _check_dt(dt_s)
    rain_mm_h = np.ascontiguousarray(rain_mm_h, dtype=np.float64)
    state = np.array([start.salt_mg_cm2[-1], start.rain_depth_mm, start.dry_s])
    salt = np.empty_like(rain_mm_h)
    laws = (WASH_FREE_MM, WASH_FOLD_MM, RAIN_PAUSE_S)
    wash(rain_mm_h, float(dt_s), deposit_mg_cm2_day / 86_400.0, laws, state, salt)
    return Deposit(salt, float(state[1]), float(state[2]))


def settled_deposit(salt_mg_cm2: float) -> Deposit:
    """Deposit of an insulator after dry weather."""
    if salt_mg_cm2 < 0:
        raise ValueError(f"salt_mg_cm2 must not be below zero, not {salt_mg_cm2}")
    return Deposit(np.array([float(salt_mg_cm2)]), 0.0, RAIN_PAUSE_S)


def water_film(rain_mm_h: Floats, relative_humidity: Floats, dt_s: float, start: float = 0.0) -> Floats:
    """Film of water on a surface, (time,) [1]: 1 soaked, 0 dry; the last value starts the next block.

    Rain fills it the faster the harder it falls, air above 90 % wets it in part, and dry air takes it away.
    """
    _check_dt(dt_s)
    rain = np.asarray(rain_mm_h, dtype=np.float64)
    humidity = np.clip(np.asarray(relative_humidity, dtype=np.float64), 0.0, 1.0)
    raining = rain > 0.0
    dew = np.clip((humidity - DEW_ONSET_RH) / (1.0 - DEW_ONSET_RH), 0.0, 1.0)
    wetting_per_s = 0.5 * (1.0 + rain / RAIN_SCALE_MM_H) / WETTING_TIME_S
    drying_per_s = (1.0 - humidity * (1.0 - dew)) / DRYING_TIME_S
    film = np.empty_like(rain)
    soak(
        np.where(raining, 1.0, dew),
        np.where(raining, wetting_per_s, drying_per_s),
        float(dt_s),
        float(start),
        film,
    )
    return film


def _check_dt(dt_s: float) -> None:
    if dt_s <= 0:
        raise ValueError(f"dt_s must be above zero, not {dt_s}")
