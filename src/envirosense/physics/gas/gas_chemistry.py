"""Nitric oxide, ozone and nitrogen dioxide on their way: titration, and sunlight that undoes it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

type Array = npt.NDArray[np.float64]
type Values = float | Array

_RATE_CM3_S: Final = 1.8e-14  # of NO + O3 at 298 K [AtkinsonIUPAC] (from memory)
_ACTIVATION_K: Final = 1400.0  # evaluations give 1310 to 1500 (from memory)
_REFERENCE_K: Final = 298.0
_MOLECULES_PER_CM3_PPB_K: Final = 7.339e12  # 1e-9 p/(k T) times T at one atmosphere, exact
_PHOTOLYSIS_S: Final = (1.47e-5, -4.84e-9)  # per W/m2 and per its square [Trebs2009] (from memory)


@dataclass(frozen=True, slots=True)
class Triad:
    """Mole fractions of the three gases, broadcast shape [ppb]."""

    nitric_oxide_ppb: Array
    ozone_ppb: Array
    nitrogen_dioxide_ppb: Array


def titration_rate_per_ppb_s(air_k: Values, pressure_pa: Values = 101325.0) -> Array:
    """Rate of NO + O3 -> NO2 + O2, broadcast shape [1/(ppb s)]."""
    air = np.asarray(air_k, dtype=np.float64)
    rate = _RATE_CM3_S * np.exp(-_ACTIVATION_K * (1.0 / air - 1.0 / _REFERENCE_K))
    return np.asarray(rate * _MOLECULES_PER_CM3_PPB_K / air * np.asarray(pressure_pa) / 101325.0)


def photolysis_per_s(ghi_w_m2: Values) -> Array:
    """Rate at which sunlight splits nitrogen dioxide, same shape [1/s] [Trebs2009]."""
    sun = np.clip(ghi_w_m2, 0.0, 1400.0)
    return np.asarray(_PHOTOLYSIS_S[0] * sun + _PHOTOLYSIS_S[1] * sun**2)


def react(start: Triad, time_s: Values, rate_per_ppb_s: Values, photolysis_per_s: Values = 0.0) -> Triad:
    """Mole fractions after a time, broadcast shape [ppb], in closed form; NOx and Ox are conserved exactly.

    With x the amount of NO turned into NO2: dx/dt = k (NO - x)(O3 - x) - j (NO2 + x), whose two equilibria
    r1 < r2 give x = r1 r2 g / (1 + r1 g), g = (1 - exp(-k (r2 - r1) t)) / (r2 - r1). Without light r1 and r2
    are the scarcer and the more plentiful reactant.
    """
    a, b, c = start.nitric_oxide_ppb, start.ozone_ppb, start.nitrogen_dioxide_ppb
    k = np.asarray(rate_per_ppb_s, dtype=np.float64)
    j = np.asarray(photolysis_per_s, dtype=np.float64) / k
    product = a * b - j * c
    gap = np.sqrt((a - b) ** 2 + j * (2.0 * (a + b) + j + 4.0 * c))
    lower = 0.5 * (a + b + j - gap)
    decay = k * gap * np.asarray(time_s, dtype=np.float64)
    g = np.where(decay > 1e-9, -np.expm1(-decay) / np.maximum(gap, 1e-300), k * np.asarray(time_s))
    turned = np.clip(product * g / (1.0 + lower * g), -c, np.minimum(a, b))
    return Triad(a - turned, b - turned, c + turned)


def plume_triad(
    excess: Triad,
    ambient: Triad,
    time_s: Values,
    rate_per_ppb_s: Values,
    photolysis_per_s: Values = 0.0,
) -> Triad:
    """Excess after a journey through ambient air, broadcast shape [ppb]; that of ozone may be negative.

    Ambient air alone stays as it is (what its own reaction would do is taken off), so no source means no
    excess. Reaction runs at the receptor's dilution for the whole journey: the amounts that can meet are
    right, the beginning of the journey, where ozone is not yet mixed in, is a little fast.
    """
    mixed = Triad(
        excess.nitric_oxide_ppb + ambient.nitric_oxide_ppb,
        excess.ozone_ppb + ambient.ozone_ppb,
        excess.nitrogen_dioxide_ppb + ambient.nitrogen_dioxide_ppb,
    )
    turned = _turned(mixed, time_s, rate_per_ppb_s, photolysis_per_s)
    turned = turned - _turned(ambient, time_s, rate_per_ppb_s, photolysis_per_s)
    most = np.minimum(mixed.nitric_oxide_ppb, mixed.ozone_ppb)
    turned = np.clip(turned, -mixed.nitrogen_dioxide_ppb, most)
    return Triad(
        excess.nitric_oxide_ppb - turned,
        excess.ozone_ppb - turned,
        excess.nitrogen_dioxide_ppb + turned,
    )


def _turned(start: Triad, time_s: Values, rate_per_ppb_s: Values, photolysis_per_s: Values) -> Array:
    end = react(start, time_s, rate_per_ppb_s, photolysis_per_s)
    return end.nitrogen_dioxide_ppb - start.nitrogen_dioxide_ppb
