"""Causes over time that a scenario puts into the world, and the world's noise-free answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position


@dataclass(frozen=True, slots=True)
class Heating:
    """Heat put into a component by something outside the heat network, (time,) [W]."""

    component: str
    power_w: Array


@dataclass(frozen=True, slots=True)
class JointResistance:
    """Contact resistance of a current-carrying joint at 20 degC, (time,) [ohm]."""

    component: str
    resistance_ohm: Array


@dataclass(frozen=True, slots=True)
class WoodFuel:
    """Dry wood in contact with a component, which pyrolyses as the component heats."""

    component: str
    dry_mass_g: float
    yield_scale: float  # factor on every volatile yield


@dataclass(frozen=True, slots=True)
class Forcing:
    """Everything one scenario does to the world."""

    heatings: tuple[Heating, ...] = ()
    joints: tuple[JointResistance, ...] = ()
    fuels: tuple[WoodFuel, ...] = ()

    @property
    def component(self) -> str | None:
        """Component that the cause acts on; None for a scenario without a cause."""
        names = [heating.component for heating in self.heatings] + [joint.component for joint in self.joints]
        return names[0] if names else None


@dataclass(frozen=True, slots=True)
class Response:
    """What the world does under one forcing; all arrays are (time,).

    `healthy_k` is the same component in the same weather and load without the forcing.
    """

    component_k: Array
    healthy_k: Array
    air_k: Array
    converted: Array  # fraction of the fuel's dry mass lost as gas and tar
    emission_g_s: Array  # gas and tar leaving the fuel


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a scenario starts from; it may shape the cause, never a reading."""

    grid: TimeGrid
    current_a: Array  # (time,)
    air_k: Array  # (time,)
    components: Mapping[str, Position]
