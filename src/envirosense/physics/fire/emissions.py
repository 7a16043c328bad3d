"""Species released by heated wood: yields by temperature band, and emission factors of burning wood."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.fire.emissions_kernels import speciate

type Floats = npt.NDArray[np.float64]

CHAR: Final = "char"
CARBON_G_MOL: Final = 12.011  # IUPAC abridged standard atomic weight
CO_G_MOL: Final = 28.010  # IUPAC abridged standard atomic weights
CO2_G_MOL: Final = 44.009  # IUPAC abridged standard atomic weights
CARBON_FRACTION: Final = 0.5  # assumed: carbon in dry wood, rounded
OXIDISED_CARBON: Final = 0.95  # assumed: share of burnt carbon that leaves as CO and CO2
CHAR_CARBON_FRACTION: Final = 0.9  # assumed: carbon in dry char
PM_ANCHOR_MCE: Final = np.array([0.80, 0.92, 0.98])  # assumed
PM_ANCHOR_G_KG: Final = np.array(
    [35.0, 15.0, 5.0]
)  # assumed; smoulder end near CFFEPS residual smoulder 34.5
CONDENSED_FRACTION: Final = 0.125  # assumed: gives 34 g PM2.5 per kg of softwood turned over at 380 degC


@dataclass(frozen=True, slots=True)
class YieldTable:
    """What each component turns into at each band centre: the volatile species, and char.

    `fraction` is (band, component, species), `char` (band, component), both in g per g of component turned
    over; for every band and component they sum to one. `band_k` (band,) rises.
    """

    species: tuple[str, ...]
    band_k: Floats
    fraction: Floats
    char: Floats

    def volatile_share(self) -> Floats:
        """Share of each species in what leaves the solid, (band, component, species) [g/g]."""
        return self.fraction / (1.0 - self.char)[:, :, None]


def yield_table(
    species: tuple[str, ...], wood_yield: Floats, origin: Floats, emphasis: Floats, band_k: Floats
) -> YieldTable:
    """Yield table normalised to one per band and component, from yields of whole wood.

    Args:
        species: names, `char` among them; unspeciated tar is a species like any other.
        wood_yield: mass per mass of dry wood, (species,) [g/g]; scatter an episode's yields here.
        origin: share of each species' mass that stems from each component, (species, component).
        emphasis: weight of each species at each band against its bulk yield, (species, band).
        band_k: band centres, (band,), rising [K].
    """
    if CHAR not in species:
        raise ValueError(f"species must name {CHAR!r}: without it the yields cannot close")
    if band_k.size < 2 or np.any(np.diff(band_k) <= 0):
        raise ValueError("band_k must hold at least two rising centres")
    weight = np.einsum("s,sc,sb->bcs", wood_yield, origin, emphasis)
    share = weight / weight.sum(axis=2, keepdims=True)
    place = species.index(CHAR)
    volatile = tuple(name for name in species if name != CHAR)
    return YieldTable(volatile, band_k, np.delete(share, place, axis=2), share[:, :, place])


def band_place(temperature_k: Floats, band_k: Floats) -> tuple[npt.NDArray[np.intp], Floats]:
    """Lower of the two bands around each temperature and the weight of the upper one, both (time,).

    The weight is a smooth step between the centres; beyond the first and last centre it is held.
    """
    temperature_k = np.asarray(temperature_k, dtype=np.float64)
    lower = np.clip(np.searchsorted(band_k, temperature_k) - 1, 0, band_k.size - 2)
    x = np.clip((temperature_k - band_k[lower]) / (band_k[lower + 1] - band_k[lower]), 0.0, 1.0)
    return lower, x * x * (3.0 - 2.0 * x)


def species_rates_g_s(component_rate_g_s: Floats, temperature_k: Floats, yields: YieldTable) -> Floats:
    """Species leaving the wood, (time, species) [g/s], from the volatile mass loss of each component.

    `component_rate_g_s` (time, component) is tar plus gas; char stays behind and is the kinetics' business,
    so the species of a tick sum to the mass the components lost.
    """
    lower, upper_weight = band_place(temperature_k, yields.band_k)
    rate_g_s = np.zeros((lower.size, len(yields.species)))
    speciate(np.ascontiguousarray(component_rate_g_s), lower, upper_weight, yields.volatile_share(), rate_g_s)
    return rate_g_s


def pm2_5_rate_g_s(condensable_g_s: Floats, condensed_fraction: float = CONDENSED_FRACTION) -> Floats:
    """PM2.5 from condensable vapour (unspeciated tar plus levoglucosan), same shape [g/s].

    One fixed share of the vapour is particle once the smoke has cooled; the rest stays gas or deposits.
    """
    return condensed_fraction * condensable_g_s


def char_oxidation_factors(co_per_co2_mol: float, carbon_fraction: float = CHAR_CARBON_FRACTION) -> Floats:
    """CO and CO2 per g of char burnt, (2,) [g/g], by carbon balance at a molar CO/CO2 ratio (0.1 to 1)."""
    co_share = co_per_co2_mol / (1.0 + co_per_co2_mol)
    carbon_mol_g = carbon_fraction / CARBON_G_MOL
    return carbon_mol_g * np.array([co_share * CO_G_MOL, (1.0 - co_share) * CO2_G_MOL])


def co_factor_g_kg(
    mce: Floats, carbon_fraction: float = CARBON_FRACTION, oxidised: float = OXIDISED_CARBON
) -> Floats:
    """CO emission factor by carbon balance, same shape [g per kg of dry fuel burnt].

    MCE is dCO2 / (dCO2 + dCO) in mol: flaming .97 to .99, smouldering .75 to .88. `oxidised` is the share
    of the burnt carbon that leaves as CO and CO2.
    """
    mce = np.asarray(mce, dtype=np.float64)
    return oxidised * 1000.0 * carbon_fraction * (CO_G_MOL / CARBON_G_MOL) * (1.0 - mce)


def co2_factor_g_kg(
    mce: Floats, carbon_fraction: float = CARBON_FRACTION, oxidised: float = OXIDISED_CARBON
) -> Floats:
    """CO2 emission factor by carbon balance, same shape [g per kg of dry fuel burnt]."""
    mce = np.asarray(mce, dtype=np.float64)
    return oxidised * 1000.0 * carbon_fraction * (CO2_G_MOL / CARBON_G_MOL) * mce


def ln_linear_factor_g_kg(mce: Floats, anchor_mce: Floats, anchor_g_kg: Floats) -> Floats:
    """Emission factor whose logarithm is linear in MCE between anchors (rising MCE), same shape [g/kg]."""
    return np.exp(np.interp(mce, anchor_mce, np.log(anchor_g_kg)))


def pm2_5_factor_g_kg(mce: Floats) -> Floats:
    """PM2.5 emission factor of burning wood, same shape [g/kg]; held beyond MCE .80 and .98."""
    return ln_linear_factor_g_kg(mce, PM_ANCHOR_MCE, PM_ANCHOR_G_KG)
