"""Heated wood as a source of gas and smoke: kinetics from the physics, yields from the fuel's part file.

Heat drives off water, resin and the vapours of pyrolysis. Where hot char has formed a smouldering front
starts and eats the piece; where the surface is hot enough and vapour plenty, what leaves burns with a flame.
The temperature is given: the heat that the wood makes itself is returned, not fed back.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from envirosense.core.parts import load_part
from envirosense.core.protocols import Array
from envirosense.core.species import species
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.fire import combustion, smoulder
from envirosense.physics.fire.emissions import (
    CHAR,
    YieldTable,
    char_oxidation_factors,
    pm2_5_rate_g_s,
    species_rates_g_s,
    yield_table,
)
from envirosense.physics.fire.pyrolysis import (
    COMPONENTS,
    OXIDATION_HEAT_J_G,
    Composition,
    Decomposition,
    decompose,
    drying_rate_per_s,
    extractive_rate_per_s,
    fresh_wood,
    remaining_share,
)
from envirosense.pole.matter.aerosol_parts import pm2_5_share

FUEL_PART = "fuels/softwood"
TAR = "unspeciated_tar"
SMOKE, SOOT = "smoke_fresh", "soot"
SPOT_M2 = 0.004  # surface of the charring spot that sees air; assumed, as the rim of the network's wood
FLAME_SOOT = 0.3  # share of a flame's particles that is soot; assumed
GLOW_CO_PER_CO2 = 0.25  # of glowing char in mol, as MCE .80; assumed inside .1 to 1


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


@cache
def wood_factors(mce: float) -> combustion.PhaseFactors:
    """Emission factors of burning softwood at an MCE."""
    factors = load_part(FUEL_PART).group("emission_factors")
    known = [species(name) for name in factors]
    table = combustion.FactorTable(
        tuple(s.name for s in known),
        np.array(list(factors.values()), dtype=np.float64),
        np.array([combustion.carbon_share(s.formula, s.molar_mass_g_mol) for s in known]),
    )
    return combustion.phase_factors(mce, table)


@dataclass(frozen=True, slots=True)
class _Losses:
    """What leaves the piece in each step, all (time,) [g/s] but `heated_g_s` (time, component)."""

    heated_g_s: Array
    front_wood_g_s: Array
    front_char_g_s: Array
    resin_g_s: Array
    water_g_s: Array


class WoodSource:
    """Gas and smoke leaving one piece of heated wood; arrays start with (time,).

    `rate_g_s` (time, species) has the species in the order of `names`; unspeciated tar is not a species of
    the world and is left out. `particle_g_s` is dry mass by aerosol. `total_g_s` is the dry mass that leaves
    the wood, tar included and oxygen of the air not, `converted` the share of it gone by heat or fire.
    `convected_w` lifts the plume. `self_heat_w` is what the wood's own glow less its drying puts into it.
    """

    def __init__(
        self,
        temperature_k: Array,
        step_s: float,
        dry_mass_g: float,
        yield_scale: float,
        moisture: float | None = None,
    ) -> None:
        """Follow the wood's temperature, (time,), at steps of `step_s`; it starts fresh.

        `moisture` is per dry mass, that of the part unless given.
        """
        part, composition = load_part(FUEL_PART), _composition()
        moisture = float(part["composition.moisture"]) if moisture is None else moisture
        fate = decompose(temperature_k, step_s, fresh_wood(float(temperature_k[0])))
        thickness_m = dry_mass_g / (smoulder.WOOD_DENSITY_G_M3 * SPOT_M2)
        self.smouldering = smoulder.caught(temperature_k, fate.char @ composition.as_array())
        eaten = smoulder.eaten_share(
            self.smouldering, np.full(temperature_k.size, moisture), thickness_m, step_s
        )
        lost = _losses(temperature_k, step_s, dry_mass_g, moisture, fate, eaten)
        self.total_g_s: Array = np.asarray(
            lost.heated_g_s.sum(axis=1) + lost.front_wood_g_s + lost.front_char_g_s + lost.resin_g_s
        )
        dry_g_s = self.total_g_s - lost.resin_g_s
        self.converted: Array = np.cumsum(dry_g_s) * (step_s / dry_mass_g)
        volatile_g_s = dry_g_s - lost.front_char_g_s
        self.flaming = combustion.is_flaming(temperature_k, volatile_g_s / SPOT_M2)
        self._speciate(temperature_k, lost, yield_scale)
        burnt_g_s = np.where(self.flaming, volatile_g_s, 0.0)
        glow_w = smoulder.GLOW_HEAT_J_G * np.where(self.flaming, 0.0, lost.front_wood_g_s)
        glow_w = glow_w + OXIDATION_HEAT_J_G * lost.front_char_g_s
        flame_w = combustion.flame_heat_w(burnt_g_s)
        self.convected_w: Array = combustion.CONVECTED_SHARE * (flame_w + glow_w)
        self.self_heat_w: Array = glow_w - smoulder.LATENT_HEAT_J_G * lost.water_g_s

    def _speciate(self, temperature_k: Array, lost: _Losses, yield_scale: float) -> None:
        """Split each loss by what becomes of it: vapour, smoulder smoke, flame gas, glowing char, resin."""
        table = wood_yields(yield_scale)
        resin = load_part(FUEL_PART).group("extractives")
        flame = wood_factors(combustion.FLAME_MCE)
        glow = wood_factors(combustion.SMOULDER_MCE)
        gone = ({*table.species} | {*resin} | {*flame.gas_g_kg}) - {TAR}
        self.names: tuple[str, ...] = tuple(sorted(species(name).name for name in gone))
        unlit = np.where(self.flaming, 0.0, 1.0)
        vapour_g_s = species_rates_g_s(lost.heated_g_s * unlit[:, None], temperature_k, table)
        tar_g_s = vapour_g_s[:, table.species.index(TAR)]
        sugar_g_s = vapour_g_s[:, table.species.index("levoglucosan")]
        mist_g_s = pm2_5_rate_g_s(tar_g_s + sugar_g_s)
        front_g_s = lost.front_wood_g_s * unlit
        burnt_g_s = (lost.heated_g_s.sum(axis=1) + lost.front_wood_g_s) * (1.0 - unlit)
        self.rate_g_s: Array = np.zeros((temperature_k.size, len(self.names)))
        for column, name in enumerate(self.names):
            rate = self.rate_g_s[:, column]
            if name in table.species:
                rate += vapour_g_s[:, table.species.index(name)]
            rate += resin.get(name, 0.0) * lost.resin_g_s
            rate += glow.gas_g_kg.get(name, 0.0) / 1000.0 * front_g_s
            rate += flame.gas_g_kg.get(name, 0.0) / 1000.0 * burnt_g_s
        self.rate_g_s[:, self.names.index("levoglucosan")] -= pm2_5_rate_g_s(sugar_g_s)  # that part is mist
        self.rate_g_s[:, self.names.index("water")] += lost.water_g_s
        carbon = char_oxidation_factors(GLOW_CO_PER_CO2)
        for name, factor in zip((combustion.CO, combustion.CO2), carbon, strict=True):
            self.rate_g_s[:, self.names.index(name)] += factor * lost.front_char_g_s
        flame_pm_g_s = flame.particle_g_kg / 1000.0 * burnt_g_s
        smoke_g_s = mist_g_s + glow.particle_g_kg / 1000.0 * front_g_s + (1.0 - FLAME_SOOT) * flame_pm_g_s
        self.particle_g_s: dict[str, Array] = {
            SMOKE: smoke_g_s / pm2_5_share(SMOKE),
            SOOT: FLAME_SOOT * flame_pm_g_s / pm2_5_share(SOOT),
        }


def _losses(
    temperature_k: Array, step_s: float, dry_mass_g: float, moisture: float, fate: Decomposition, eaten: Array
) -> _Losses:
    shares = _composition().as_array()
    char = fate.char @ shares
    loss = smoulder.consume(eaten, shares.sum() - (fate.tar + fate.gas) @ shares, float(shares.sum()))
    solid = np.maximum(shares.sum() - (fate.tar + fate.gas) @ shares, 1e-12)
    char_part = np.clip(char / solid, 0.0, 1.0)
    standing = 1.0 - np.concatenate([[0.0], eaten[:-1]])
    heated = fate.volatile_per_s * (shares * dry_mass_g) * standing[:, None]
    front_g_s = loss.front * dry_mass_g / step_s
    resin_g = dry_mass_g * load_part(FUEL_PART)["composition.extractives"]
    resin = _departed(extractive_rate_per_s(temperature_k), step_s, eaten)
    water = _departed(drying_rate_per_s(temperature_k), step_s, eaten)
    return _Losses(
        heated_g_s=heated,
        front_wood_g_s=front_g_s * (1.0 - char_part),
        front_char_g_s=front_g_s * char_part,
        resin_g_s=resin_g * resin,
        water_g_s=dry_mass_g * moisture * water,
    )


def _departed(rate_per_s: Array, step_s: float, eaten: Array) -> Array:
    """Share that evaporates or goes with the front in each step, (time,) [1/s]."""
    left, _ = remaining_share(rate_per_s, step_s)
    loss = smoulder.consume(eaten, left)
    return (loss.front + loss.heated) / step_s
