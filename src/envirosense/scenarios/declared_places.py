"""Names and places in a scenario file."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BeforeValidator, StringConstraints

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.parts import part_ids
from envirosense.core.protocols import Position
from envirosense.core.species import species
from envirosense.scenarios.conditions import Surroundings
from envirosense.scenarios.declared_values import Number, Reference, Scope
from envirosense.scenarios.quantities import unit_of


def _species_name(name: str) -> str:
    return species(name).name


def _aerosol_name(name: str) -> str:
    known = [part.removeprefix("aerosols/") for part in part_ids() if part.startswith("aerosols/")]
    if name not in known:
        raise UnknownNameError("aerosol", name, known)
    return name


def _each_gas_once(shares: object) -> object:
    """Refuse a gas under two of its names: one of them would be lost."""
    taken: dict[str, str] = {}
    for name in shares if isinstance(shares, Mapping) else ():
        try:
            gas = species(str(name)).name
        except UnknownNameError:
            continue  # the name's own check says so
        if gas in taken:
            raise ConfigError("gas", name, f"is the same gas as {taken[gas]}; keep one")
        taken[gas] = str(name)
    return shares


type SpeciesName = Annotated[str, AfterValidator(_species_name)]
type AerosolName = Annotated[str, AfterValidator(_aerosol_name)]
type GasNumbers = Annotated[dict[SpeciesName, Number], BeforeValidator(_each_gas_once)]
type Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
type ComponentName = Name | Reference


class PlaceDefinition(FrozenModel):
    """Somewhere around the pole, or above its foot."""

    bearing_deg: Number = 0.0  # clockwise from north
    distance_m: Number = 0.0
    height_m: Number

    def position(self, scope: Scope) -> Position:
        """East, north and up of the pole's foot [m]."""
        bearing = np.radians(scope.number(self.bearing_deg, unit_of("deg")))
        distance_m = scope.number(self.distance_m, unit_of("m"))
        up_m = scope.number(self.height_m, unit_of("m"))
        return float(distance_m * np.sin(bearing)), float(distance_m * np.cos(bearing)), up_m


type Place = ComponentName | PlaceDefinition


def position_of(place: Any, scope: Scope, where: Surroundings) -> Position:
    """Position of a component or of a place around the pole.

    Raises:
        UnknownNameError: if no component has the name.
    """
    if isinstance(place, PlaceDefinition):
        return place.position(scope)
    name = scope.text(place)
    if name not in where.components:
        raise UnknownNameError("component", name, where.components)
    return where.components[name]
