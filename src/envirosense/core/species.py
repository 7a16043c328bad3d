"""Gas species: one spelling, molar mass, and the aliases that lead to it."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from envirosense.core.errors import UnknownNameError


@dataclass(frozen=True, slots=True)
class Species:
    """One gas."""

    name: str
    formula: str
    molar_mass_g_mol: float
    aliases: tuple[str, ...]


@cache
def species_table() -> dict[str, Species]:
    """Every species by its own name."""
    data = tomllib.loads((files("envirosense") / "parts" / "species.toml").read_text(encoding="utf-8"))
    return {
        name: Species(
            name, entry["formula"], float(entry["molar_mass_g_mol"]), tuple(entry.get("aliases", ()))
        )
        for name, entry in data.items()
        if isinstance(entry, dict)
    }


@cache
def _aliases() -> dict[str, str]:
    table = species_table()
    return {alias.lower(): name for name, entry in table.items() for alias in (name, *entry.aliases)}


def species(name: str) -> Species:
    """Species called `name` or having it as an alias.

    Raises:
        UnknownNameError: if no species has that name; a misspelt gas is never a new gas.
    """
    key = _aliases().get(name.lower())
    if key is None:
        raise UnknownNameError("species", name, species_table())
    return species_table()[key]
