"""Gas and fume that electrical discharges make, by kind, from their electrical power.

Cold discharges (corona) make ozone and little else; hot channels (arcs, sparks) fix nitrogen, destroy ozone
and throw off metal. Each kind is a mixture of the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Values = Floats | float

AVOGADRO_PER_MOL: Final = 6.02214076e23  # exact
NO_G_MOL: Final = 30.006  # IUPAC abridged standard atomic weights
NO2_G_MOL: Final = 46.005  # IUPAC abridged standard atomic weights
J_PER_KWH: Final = 3.6e6  # exact

OZONE_G_KWH: Final = 2.0  # median of AC corona in dry air, 0.5-5 g/kWh (utility literature, from memory)
OZONE_GSD: Final = 2.0  # geometric standard deviation of one source's yield # assumed
HUMID_OZONE_FACTOR: Final = 0.5  # above 80 % relative humidity # assumed
HUMID_RH: Final = (0.70, 0.80)  # the factor sets in between; its width is assumed
COLD_NO2_PER_O3: Final = 0.25  # mass of nitrogen oxides, as NO2, over ozone of corona, 0.2-0.3 # assumed
NO_PER_J: Final = 9e16  # nitric oxide molecules per joule of hot channel (lightning literature, from memory)
FUME_MG_KJ: Final = 3.0  # metal oxide from eroded electrodes, 1-10 mg per kJ of arc # assumed
# Products of an arc that burns on organic matter (wood, plastic, grease) per energy [g/J]; assumed
ORGANIC_G_J: Final[Mapping[str, float]] = MappingProxyType(
    {"acetylene": 1e-6, "carbon_monoxide": 5e-6, "hydrogen": 2e-7, "hydrogen_cyanide": 1e-7}
)


@dataclass(frozen=True, slots=True)
class Chemistry:
    """Shares of a discharge's power that act as cold plasma and as hot channel in open air."""

    cold: float
    hot: float


# What is missing to one heats solids or stays enclosed. Corona and arc are the two ends; the rest is assumed
CHEMISTRY: Final[Mapping[str, Chemistry]] = MappingProxyType(
    {
        "corona": Chemistry(1.0, 0.0),
        "internal": Chemistry(0.0, 0.0),
        "surface": Chemistry(0.5, 0.1),
        "floating": Chemistry(0.2, 0.6),
        "gap": Chemistry(0.2, 0.6),
        "arc": Chemistry(0.0, 1.0),
    }
)


@dataclass(frozen=True, slots=True)
class DischargeProducts:
    """Rates at which a discharge makes gas, by species, and particles, by aerosol, each (time,) [g/s]."""

    gas_g_s: dict[str, Floats]
    particle_g_s: dict[str, Floats]


def humidity_ozone_factor(relative_humidity: Values) -> Floats:
    """Ozone yield over that in dry air [1]: one to 70 %, half from 80 % on."""
    humid = np.interp(np.asarray(relative_humidity, dtype=np.float64), HUMID_RH, (0.0, 1.0))
    return np.asarray(1.0 - (1.0 - HUMID_OZONE_FACTOR) * humid)


def draw_ozone_scale(rng: np.random.Generator) -> float:
    """Ozone yield of one source over the median [1], lognormal."""
    return float(np.exp(np.log(OZONE_GSD) * rng.standard_normal()))


def hot_channel_no_g_j() -> float:
    """Nitric oxide per energy of a hot channel [g/J]."""
    return NO_PER_J / AVOGADRO_PER_MOL * NO_G_MOL


def discharge_emission_g_s(
    kind: str, power_w: Values, relative_humidity: Values, ozone_scale: float = 1.0, on_organics: bool = False
) -> DischargeProducts:
    """Gas and metal fume of a discharge.

    Nitrogen oxides leave corona as dioxide and hot channels as monoxide, which ozone turns within a minute.

    Args:
        kind: one of `CHEMISTRY`.
        power_w: electrical power, (time,).
        relative_humidity: of the air, one number or (time,).
        ozone_scale: yield of this source over the median; see `draw_ozone_scale`.
        on_organics: whether its roots burn on wood, plastic or grease.
    """
    if kind not in CHEMISTRY:
        raise ValueError(f"kind must be one of {', '.join(CHEMISTRY)}, not {kind!r}")
    power = np.asarray(power_w, dtype=np.float64)
    if np.any(power < 0):
        raise ValueError("power_w must not be below zero")
    cold_w, hot_w = CHEMISTRY[kind].cold * power, CHEMISTRY[kind].hot * power
    gas_g_s = _cold_products_g_s(cold_w, relative_humidity, ozone_scale) if CHEMISTRY[kind].cold > 0 else {}
    particle_g_s: dict[str, Floats] = {}
    if CHEMISTRY[kind].hot > 0:
        gas_g_s["nitric_oxide"] = hot_channel_no_g_j() * hot_w
        particle_g_s["metal_fume"] = FUME_MG_KJ * 1e-6 * hot_w
        if on_organics:
            gas_g_s |= {species: per_j * hot_w for species, per_j in ORGANIC_G_J.items()}
    return DischargeProducts(gas_g_s, particle_g_s)


def _cold_products_g_s(power_w: Floats, relative_humidity: Values, ozone_scale: float) -> dict[str, Floats]:
    ozone_g_s = OZONE_G_KWH / J_PER_KWH * ozone_scale * humidity_ozone_factor(relative_humidity) * power_w
    return {"ozone": ozone_g_s, "nitrogen_dioxide": COLD_NO2_PER_O3 * ozone_g_s}
