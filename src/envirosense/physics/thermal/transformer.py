"""Liquid-filled transformer after IEEE Std C57.91-2011 clause 7: top oil, hot spot, tank wall, ageing.

Numbers and equations of the standard are from memory of it; rises are over the surrounding air.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Values = Floats | float

AGEING_K = 15_000.0  # activation temperature of thermally upgraded paper [C57.91] (from memory)
REFERENCE_HOT_SPOT_K = 383.0  # 110 degC, where paper ages at its normal rate [C57.91] (from memory)
STANDARD_ZERO_K = 0.15  # the standard puts 0 degC at 273 K
NORMAL_LIFE_H = 180_000.0  # 20.55 years at the reference hot spot [C57.91] (from memory)
WATT_HOURS_PER_K_KG = (0.06 / 0.45359237, 0.04 / 0.45359237)  # core with coils, tank [C57.91] (from memory)
WATT_HOURS_PER_K_L = 1.33 / 3.785411784  # oil [C57.91] (from memory)
LOWEST_WALL_SHARE = 0.55  # of the top-oil rise, at the foot of the tank; bottom oil 0.4-0.6 # assumed
EXPONENTS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"ONAN": (0.8, 0.8), "ONAF": (0.9, 0.8), "OFAF": (0.9, 0.8), "ODAF": (1.0, 1.0)}
)  # top oil n, hot spot m, by kind of cooling [C57.91] (from memory)


@dataclass(frozen=True, slots=True)
class Rating:
    """What a transformer's nameplate and test report say."""

    no_load_w: float
    load_w: float  # at rated load
    top_oil_rise_k: float = 50.0  # at rated load, 65 K class # assumed
    hot_spot_rise_k: float = 30.0  # over top oil at rated load; 80 K over air in all [C57.91] (from memory)
    oil_time_s: float = 4.1 * 3600.0  # thermal time constant at rated load
    winding_time_s: float = 300.0  # 4-7 min # assumed
    cooling: str = "ONAN"

    def __post_init__(self) -> None:
        if self.cooling not in EXPONENTS:
            raise ValueError(f"cooling={self.cooling!r}: choose one of {', '.join(EXPONENTS)}")
        if min(self.no_load_w, self.load_w, self.top_oil_rise_k, self.oil_time_s, self.winding_time_s) <= 0.0:
            raise ValueError("rating: losses, top-oil rise and time constants must be positive")

    @property
    def loss_ratio(self) -> float:
        """Load loss over no-load loss at rated load."""
        return self.load_w / self.no_load_w


POLE_25_KVA = Rating(no_load_w=84.0, load_w=336.0)  # 420 W in all # assumed


def loss_w(rating: Rating, load: Values, internal_w: Values = 0.0) -> Floats:
    """Heat made inside the tank at a load per unit, with that of a fault inside [W]."""
    return np.asarray(rating.no_load_w + rating.load_w * np.square(load) + internal_w)


def final_top_oil_rise_k(rating: Rating, load: Values, internal_w: Values = 0.0) -> Floats:
    """Top-oil rise that a lasting load leads to [K]; equation 9 of [C57.91] written in losses."""
    share = loss_w(rating, load, internal_w) / loss_w(rating, 1.0)
    return np.asarray(rating.top_oil_rise_k * share ** EXPONENTS[rating.cooling][0])


def final_hot_spot_rise_k(rating: Rating, load: Values) -> Floats:
    """Rise of the winding's hottest spot over top oil that a lasting load leads to [K]; [C57.91]."""
    exponent = EXPONENTS[rating.cooling][1]
    return np.asarray(rating.hot_spot_rise_k * np.abs(load) ** (2.0 * exponent))


def oil_time_constant_s(rating: Rating, start_rise_k: float, final_rise_k: float) -> float:
    """Time constant of the oil between two rises [s]; the rated one where n is 1 [C57.91]."""
    n = EXPONENTS[rating.cooling][0]
    start, final = start_rise_k / rating.top_oil_rise_k, final_rise_k / rating.top_oil_rise_k
    if n == 1.0 or np.isclose(start, final):
        return rating.oil_time_s
    return float(rating.oil_time_s * (final - start) / (final ** (1.0 / n) - start ** (1.0 / n)))


def followed_k(final_k: Floats, time_s: float, step_s: float, start_k: float) -> Floats:
    """Rise (time,) [K] that follows a final value held over each step, exact for any step.

    `start_k`, one step before row 0, is the carry between blocks.
    """
    from scipy.signal import lfilter

    kept = np.exp(-step_s / time_s)
    after, _ = lfilter([1.0 - kept], [1.0, -kept], final_k, zi=[kept * start_k])
    return np.asarray(after, dtype=np.float64)


def hot_spot_k(
    rating: Rating, load: Floats, air_k: Values, step_s: float, start_rise_k: tuple[float, float]
) -> tuple[Floats, Floats]:
    """Top-oil rise and hot-spot temperature, (time,) each [K], with the rated time constants.

    `start_rise_k` holds top oil over air and hot spot over top oil one step before row 0.
    """
    oil_k = followed_k(final_top_oil_rise_k(rating, load), rating.oil_time_s, step_s, start_rise_k[0])
    winding_k = followed_k(
        final_hot_spot_rise_k(rating, load), rating.winding_time_s, step_s, start_rise_k[1]
    )
    return oil_k, np.asarray(air_k + oil_k + winding_k)


def ageing_factor(hot_spot: Values) -> Floats:
    """Speed of insulation ageing over that at 110 degC, for a hot spot in kelvin; FAA of [C57.91]."""
    standard_k = np.asarray(hot_spot) - STANDARD_ZERO_K
    return np.asarray(np.exp(AGEING_K / REFERENCE_HOT_SPOT_K - AGEING_K / standard_k))


def equivalent_ageing(factors: Floats, step_s: Values = 1.0) -> float:
    """Ageing factor of a whole period, its mean over time; FEQA of [C57.91]."""
    steps_s = np.broadcast_to(step_s, factors.shape)
    return float((factors * steps_s).sum() / steps_s.sum())


def life_lost(factors: Floats, step_s: float) -> float:
    """Share of normal insulation life used up by a period [C57.91]."""
    return float(factors.sum() * step_s / 3600.0 / NORMAL_LIFE_H)


def heat_capacity_j_k(core_and_coils_kg: float, tank_kg: float, oil_l: float) -> float:
    """Heat capacity of a unit with natural oil flow [J/K]; weights rule of [C57.91]."""
    core, tank = WATT_HOURS_PER_K_KG
    return 3600.0 * (core * core_and_coils_kg + tank * tank_kg + WATT_HOURS_PER_K_L * oil_l)


def rated_time_constant_s(capacity_j_k: float, top_oil_rise_k: float, rated_loss_w: float) -> float:
    """Oil time constant at rated load [s]; [C57.91]."""
    return capacity_j_k * top_oil_rise_k / rated_loss_w


def wall_share(height: Values) -> Floats:
    """Rise of the tank's wall over that of top oil at a height, 0 foot to 1 top; straight line, assumed."""
    return np.asarray(LOWEST_WALL_SHARE + (1.0 - LOWEST_WALL_SHARE) * np.asarray(height))


def wetted_share(oil_level: Values, bands: int) -> Floats:
    """Share of each of the wall's bands that oil touches, (..., band), foot first; level 1 fills the tank."""
    above = np.asarray(oil_level)[..., None] * bands - np.arange(bands)
    return np.clip(above, 0.0, 1.0)
