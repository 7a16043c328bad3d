"""Heated wood as a source of gas: kinetics from the physics, yields from the fuel's part file."""

from functools import cache

import numpy as np

from envirosense.core.parts import load_part
from envirosense.core.protocols import Array
from envirosense.core.species import species
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.emissions import CHAR, YieldTable, species_rates_g_s, yield_table
from envirosense.physics.pyrolysis import (
    COMPONENTS,
    Composition,
    decompose,
    extractive_rate_per_s,
    fresh_wood,
    remaining_share,
    volatile_rate_g_s,
)

FUEL_PART = "fuels/softwood"
TAR = "unspeciated_tar"


@cache
def _composition() -> Composition:
    shares = load_part(FUEL_PART).group("composition")
    return Composition(*(shares[name] for name in COMPONENTS))


def wood_yields(yield_scale: float) -> YieldTable:
    """Yields of softwood with every volatile but water, CO2 and the tar rest scaled by one factor."""
    part = load_part(FUEL_PART)
    wood_yield = part.group("yields")
    names = tuple(wood_yield)
    kept = {CHAR, TAR, "water", "carbon_dioxide"}
    scaled = np.array([value * (1.0 if n in kept else yield_scale) for n, value in wood_yield.items()])
    origins, emphasis = part.group("origins"), part.group("emphasis")
    return yield_table(
        names,
        scaled,
        np.array([origins[name] for name in names], dtype=np.float64),
        np.array([emphasis[name] for name in names], dtype=np.float64),
        np.array(part["bands.centre"], dtype=np.float64) + ZERO_CELSIUS_K,
    )


class WoodSource:
    """Gas leaving one piece of heated wood.

    `rate_g_s` is (time, species) with species in the order of `names`; unspeciated tar is not a
    species of the world and is left out of it, but counted in `total_g_s`.
    """

    def __init__(self, temperature_k: Array, step_s: float, dry_mass_g: float, yield_scale: float) -> None:
        """Follow the wood's temperature, (time,), at steps of `step_s`; it starts fresh."""
        composition = _composition()
        fate = decompose(temperature_k, step_s, fresh_wood(float(temperature_k[0])))
        component_g_s = volatile_rate_g_s(fate, composition, dry_mass_g)
        table = wood_yields(yield_scale)
        pyrolysis_g_s = species_rates_g_s(component_g_s, temperature_k, table)
        resin = load_part(FUEL_PART).group("extractives")
        resin_g = dry_mass_g * load_part(FUEL_PART)["composition.extractives"]
        resin_g_s = _resin_rate_g_s(temperature_k, step_s, resin_g)
        names = sorted(({*table.species} | {*resin}) - {TAR})
        self.names: tuple[str, ...] = tuple(species(name).name for name in names)
        self.rate_g_s: Array = np.zeros((temperature_k.size, len(names)))
        for column, name in enumerate(names):
            if name in table.species:
                self.rate_g_s[:, column] += pyrolysis_g_s[:, table.species.index(name)]
            self.rate_g_s[:, column] += resin.get(name, 0.0) * resin_g_s
        self.total_g_s: Array = np.asarray(component_g_s.sum(axis=1) + resin_g_s)
        lost = (fate.tar + fate.gas) @ composition.as_array()
        self.converted: Array = np.asarray(lost)


def _resin_rate_g_s(temperature_k: Array, step_s: float, resin_g: float) -> Array:
    left, _ = remaining_share(extractive_rate_per_s(temperature_k), step_s)
    before = np.concatenate([[1.0], left[:-1]])
    return np.asarray(resin_g * (before - left) / step_s)
