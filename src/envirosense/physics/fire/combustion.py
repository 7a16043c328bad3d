"""Burning wood: how fast it goes, the heat it gives, and emission factors that close the carbon balance.

The modified combustion efficiency MCE = dCO2 / (dCO2 + dCO) in mol says how a fire burns. Particles and CO
follow from it; every other product is taken from a table of whole fires and moved with MCE.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.fire.emissions import (
    CARBON_FRACTION,
    CARBON_G_MOL,
    CO2_G_MOL,
    CO_G_MOL,
    co2_factor_g_kg,
    co_factor_g_kg,
    pm2_5_factor_g_kg,
)

type Floats = npt.NDArray[np.float64]

SMOULDER_MCE: Final = 0.80  # assumed, inside .75 to .88
MIXED_MCE: Final = 0.92  # assumed, inside .90 to .95
FLAME_MCE: Final = 0.98  # assumed, inside .97 to .99
PARTICLE_CARBON: Final = 0.7  # assumed: carbon share of smoke particles by mass
CO2: Final = "carbon_dioxide"
CO: Final = "carbon_monoxide"
OF_FLAMES: Final = frozenset({"nitric_oxide", "nitrogen_dioxide", "sulfur_dioxide", "nitrous_acid"})

BURNING_FLUX_G_M2_S: Final = 8.0  # of flaming wood, assumed inside 5 to 12
FLAME_HEAT_J_G: Final = 13.5e3  # assumed, effective heat of combustion of wood, 12 to 15 MJ/kg
CONVECTED_SHARE: Final = 0.7  # of a flame's heat; the rest is radiated  # assumed
PILOTED_K: Final = 623.0  # surface at piloted ignition, 350 to 370 degC [Drysdale2011] (from memory)
CRITICAL_FLUX_G_M2_S: Final = 2.5  # volatiles at the fire point of wood [Drysdale2011] (from memory)
RADIATED_FEEDBACK_J_G: Final = 1.8e3  # heat that gasifies wood, assumed


@dataclass(frozen=True, slots=True)
class FactorTable:
    """Emission factors of whole fires [g/kg dry fuel], with the carbon of one gram of each species."""

    species: tuple[str, ...]
    factor_g_kg: Floats
    carbon_g_g: Floats

    @property
    def mce(self) -> float:
        """MCE of the fires behind the table, from its CO and CO2 [1]."""
        co_mol = self.factor_g_kg[self.species.index(CO)] / CO_G_MOL
        co2_mol = self.factor_g_kg[self.species.index(CO2)] / CO2_G_MOL
        return float(co2_mol / (co_mol + co2_mol))


@dataclass(frozen=True, slots=True)
class PhaseFactors:
    """What a kilogram of dry wood gives off at one MCE [g/kg]; it holds all of the wood's carbon."""

    gas_g_kg: Mapping[str, float]
    particle_g_kg: float  # PM2.5


def phase_factors(mce: float, table: FactorTable, carbon_fraction: float = CARBON_FRACTION) -> PhaseFactors:
    """Emission factors at an MCE of 0.75 to 0.99.

    Products of incomplete burning go as 1 - MCE, those that flames make as MCE (assumed: factors are about
    linear in MCE). CO and CO2 take the carbon that the others leave: EF_CO = f 1000 F_C (28/12) (1 - MCE).

    Raises:
        ValueError: if MCE lies outside 0.75 to 0.99.
    """
    if not 0.75 <= mce <= 0.99:
        raise ValueError(f"mce must lie between 0.75 and 0.99, not {mce}")
    gas = {
        name: float(factor) * (mce / table.mce if name in OF_FLAMES else (1.0 - mce) / (1.0 - table.mce))
        for name, factor in zip(table.species, table.factor_g_kg, strict=True)
        if name not in (CO, CO2)
    }
    particle_g_kg = float(pm2_5_factor_g_kg(np.array(mce)))
    spent_g_kg = PARTICLE_CARBON * particle_g_kg + sum(
        gas[name] * carbon
        for name, carbon in zip(table.species, table.carbon_g_g, strict=True)
        if name in gas
    )
    left = 1.0 - spent_g_kg / (1000.0 * carbon_fraction)
    gas[CO] = float(co_factor_g_kg(np.array(mce), carbon_fraction, left))
    gas[CO2] = float(co2_factor_g_kg(np.array(mce), carbon_fraction, left))
    return PhaseFactors(gas, particle_g_kg)


def carbon_g_kg(factors: PhaseFactors, carbon_g_g: Mapping[str, float]) -> float:
    """Carbon in everything given off per kilogram of dry wood [g/kg]."""
    in_gas = sum(amount * carbon_g_g[name] for name, amount in factors.gas_g_kg.items())
    return in_gas + PARTICLE_CARBON * factors.particle_g_kg


def carbon_share(formula: str, molar_mass_g_mol: float) -> float:
    """Carbon in one gram of a gas of this formula [g/g]."""
    count = 0
    for place, letter in enumerate(formula):
        if letter == "C" and not formula[place + 1 : place + 2].islower():
            digits = ""
            for sign in formula[place + 1 :]:
                if not sign.isdigit():
                    break
                digits += sign
            count += int(digits or 1)
    return count * CARBON_G_MOL / molar_mass_g_mol


def burning_flux_g_m2_s(net_heat_w_m2: npt.ArrayLike) -> Floats:
    """Wood gasified per surface and time under a net heat flux, same shape [g/(m2 s)]."""
    return np.asarray(net_heat_w_m2, dtype=np.float64) / RADIATED_FEEDBACK_J_G


def is_flaming(surface_k: Floats, volatile_flux_g_m2_s: Floats) -> npt.NDArray[np.bool_]:
    """Whether a pilot (arc, glowing char) finds a burning mixture over the wood, (time,).

    Needs a hot surface and enough vapour at once: thin vapour over hot char does not burn with a flame.
    """
    return np.asarray((surface_k >= PILOTED_K) & (volatile_flux_g_m2_s >= CRITICAL_FLUX_G_M2_S))


def flame_heat_w(burnt_g_s: npt.ArrayLike) -> Floats:
    """Heat of a wood flame, same shape [W]."""
    return FLAME_HEAT_J_G * np.asarray(burnt_g_s, dtype=np.float64)


def flame_height_m(heat_w: npt.ArrayLike, diameter_m: float) -> Floats:
    """Mean height of a flame, same shape [m]: 0.235 Q^(2/5) - 1.02 D, Q in kW (Heskestad, from memory)."""
    heat_kw = np.maximum(np.asarray(heat_w, dtype=np.float64), 0.0) / 1000.0
    return np.maximum(0.235 * heat_kw**0.4 - 1.02 * diameter_m, 0.0)
