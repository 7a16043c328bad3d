"""Named sources of `parts/sources` as causes: what they give off, scaled by a strength and a course.

Three laws: an emission at a rate, an overheated material that gives off what it holds as it warms, and air
that arrives from far away. Strength 1 is the typical source of its part; a course is a factor per tick.
"""

from collections.abc import Mapping

import numpy as np

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.core.parts import Part, load_part, part_ids
from envirosense.core.protocols import Array, Position
from envirosense.core.species import species
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.fire.combustion import FLAME_MCE
from envirosense.physics.gas.release import arrhenius_per_s, release_per_s
from envirosense.pole.matter.aerosol_parts import aerosol_kind, pm2_5_share
from envirosense.pole.matter.wood import FLAME_SOOT, SMOKE, SOOT, wood_factors
from envirosense.scenarios.forcing import AirMass, Emission

FOLDER = "sources/"
REFERENCE_PER_S = 1e-3  # release rate at the reference temperature of a part, by definition
COLDEST_K = 150.0  # numerical choice: a temperature below it is a Celsius slip


def source_names() -> tuple[str, ...]:
    """Every source that a part file describes, sorted."""
    return tuple(i.removeprefix(FOLDER) for i in part_ids() if i.startswith(FOLDER))


def emission(name: str, grid: TimeGrid, at: Position, course: Array, strength: float = 1.0) -> Emission:
    """Gas, particles and heat leaving a named source at one place.

    Raises:
        UnknownNameError: if no part describes the source.
        ConfigError: if it follows another law, or the course does not fit the grid.
    """
    part = _part(name, "emission")
    rate_g_s = float(part["rate"]) * _factor(name, grid, course, strength)
    heat_w = float(part["heat"]) * rate_g_s
    return Emission(
        name=name,
        at=at,
        gas_g_s={gas: share * rate_g_s for gas, share in _gas_shares(part).items()},
        particle_g_s={aerosol: share * rate_g_s for aerosol, share in _particle_shares(part).items()},
        heat_w=heat_w if np.any(heat_w) else None,
        size_m=float(part["size"]),
    )


def overheating(name: str, grid: TimeGrid, at: Position, temperature_k: Array, mass_g: float) -> Emission:
    """Gas and mist leaving `mass_g` of a named material along its temperature, (time,) [K].

    Each product is a finite share of the mass and leaves at its own Arrhenius rate.

    Raises:
        UnknownNameError: if no part describes the material.
        ConfigError: if it follows another law, or the temperature does not fit the grid.
    """
    part = _part(name, "overheating")
    if temperature_k.shape != (grid.n,) or not np.all(temperature_k > COLDEST_K):
        raise ConfigError(f"{name}.temperature_k", temperature_k.shape, "needs one value in kelvin per tick")
    if not mass_g > 0.0:
        raise ConfigError(f"{name}.mass_g", mass_g, "must be above 0 g")

    gas, mist = (
        _released_g_s(part, group, temperature_k, grid.dt_s, mass_g) for group in ("gas", "particle")
    )
    return Emission(
        name,
        at,
        {species(product).name: rate for product, rate in gas.items()},
        {aerosol_kind(product).name: rate for product, rate in mist.items()},
        size_m=float(part["size"]),
    )


def air_mass(name: str, grid: TimeGrid, course: Array, strength: float = 1.0) -> AirMass:
    """Gas and particles of air from far away, the same everywhere on the site.

    Raises:
        UnknownNameError: if no part describes it.
        ConfigError: if it follows another law, or the course does not fit the grid.
    """
    part = _part(name, "air_mass")
    level_ug_m3 = float(part["level"]) * _factor(name, grid, course, strength)
    return AirMass(
        name=name,
        gas_ppb={species(gas).name: float(per) * level_ug_m3 for gas, per in part.group("gas").items()},
        particle_ug_m3={
            aerosol_kind(aerosol).name: float(share) * level_ug_m3
            for aerosol, share in part.group("particle").items()
        },
    )


def _part(name: str, law: str) -> Part:
    if name not in source_names():
        raise UnknownNameError("source", name, source_names())
    part = load_part(FOLDER + name)
    if part["law"] != law:
        raise ConfigError("source", name, f"follows the law {part['law']!r}, not {law!r}")
    return part


def _factor(name: str, grid: TimeGrid, course: Array, strength: float) -> Array:
    if course.shape != (grid.n,) or not np.all(np.isfinite(course)) or np.any(course < 0.0):
        raise ConfigError(f"{name}.course", course.shape, "needs one finite value >= 0 per tick")
    if not 0.0 <= strength < np.inf:
        raise ConfigError(f"{name}.strength", strength, "must be finite and not below 0")
    return np.asarray(strength * course)


def _released_g_s(
    part: Part, group: str, temperature_k: Array, dt_s: float, mass_g: float
) -> dict[str, Array]:
    released = {}
    for product in dict.fromkeys(key.split(".")[0] for key in part.group(group)):
        share, reference_c, energy_j_mol = (
            float(part[f"{group}.{product}.{key}"]) for key in ("share", "reference", "energy")
        )
        rate_per_s = arrhenius_per_s(
            temperature_k, REFERENCE_PER_S, reference_c + ZERO_CELSIUS_K, energy_j_mol
        )
        released[product] = share * mass_g * release_per_s(rate_per_s, dt_s)
    return released


def _gas_shares(part: Part) -> Mapping[str, float]:
    """Grams of each gas per gram of the source's rate: by factors, by volume, or by MCE of burning wood."""
    shares = {species(gas).name: float(factor) / 1000.0 for gas, factor in part.group("gas").items()}
    moles = {species(gas): float(share) for gas, share in part.group("volume").items()}
    whole = sum(share * gas.molar_mass_g_mol for gas, share in moles.items())
    shares |= {gas.name: share * gas.molar_mass_g_mol / whole for gas, share in moles.items()}
    if "mce" in part:
        shares |= {gas: factor / 1000.0 for gas, factor in wood_factors(part["mce"]).gas_g_kg.items()}
    return shares


def _particle_shares(part: Part) -> Mapping[str, float]:
    """Grams of each aerosol per gram of the source's rate."""
    shares = {aerosol_kind(a).name: float(factor) / 1000.0 for a, factor in part.group("particle").items()}
    if "mce" in part:
        fine = wood_factors(part["mce"]).particle_g_kg / 1000.0
        soot = FLAME_SOOT if part["mce"] >= FLAME_MCE else 0.0
        shares |= {SMOKE: (1.0 - soot) * fine / pm2_5_share(SMOKE), SOOT: soot * fine / pm2_5_share(SOOT)}
    return shares
