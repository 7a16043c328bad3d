"""What scenarios of heated wood share: how its fire stands, and the chain of events it makes."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.fire.combustion import PILOTED_K
from envirosense.pole.heat.heating import step_length_s
from envirosense.pole.matter.wood import WoodSource
from envirosense.scenarios import (
    EventLabels,
    EventSubtype,
    EventType,
    Forcing,
    Grading,
    Heating,
    Response,
    WoodFuel,
    graded_event,
    latched,
)
from envirosense.scenarios.labels import Flags

WOOD_SHARE: Final = 0.6  # of leakage power arises in the dry ring of wood around the steel # assumed
IGNITED: Final = ("ignited", np.inf)  # stage of wood that has burnt with a flame
# Mass that leaves the wood [g/s]: 1 g/min of smoulder is a warning, the least flame critical # assumed
SMOULDER: Final = Grading(1e-3, 0.3, (("smouldering", 0.0),), "log")
FLAME: Final = Grading(5e-5, 0.3, (("burning", 0.0),), "log")


def leakage(fitting: str, power_w: Array, dry_mass_g: float, yield_scale: float) -> Forcing:
    """Leakage current through a fitting into its wood: heat in both, (time,) [W] together."""
    return heated(fitting, (1.0 - WOOD_SHARE) * power_w, WOOD_SHARE * power_w, dry_mass_g, yield_scale)


def heated(fitting: str, steel_w: Array, wood_w: Array, dry_mass_g: float, yield_scale: float) -> Forcing:
    """Heat in a fitting and in the wood that it is bolted to, (time,) [W] each."""
    fuel = WoodFuel(f"{fitting}_wood", dry_mass_g, yield_scale)
    return Forcing(heatings=(Heating(fitting, steel_w), Heating(fuel.component, wood_w)), fuels=(fuel,))


@dataclass(frozen=True, slots=True)
class WoodFire:
    """How the fire of a piece of wood stands, (time,)."""

    smouldering: Flags
    flaming: Flags


def wood_fire(response: Response, grid: TimeGrid, dry_mass_g: float, yield_scale: float) -> WoodFire:
    """Smoulder and flame of wood at the answered temperature, by the same kinetics as in the world."""
    per_step = round(step_length_s(grid.dt_s) / grid.dt_s)
    wood = WoodSource(response.component_k[::per_step], per_step * grid.dt_s, dry_mass_g, yield_scale)
    step = np.arange(grid.n) // per_step
    return WoodFire(wood.smouldering[step], wood.flaming[step])


def pyrolysis_event(
    response: Response,
    ignited: Flags,
    grading: Grading,
    component: str,
    strength: tuple[float, str],
    *,
    active: Flags | None = None,
    parent: int | None = None,
) -> EventLabels:
    """Precursor while the wood is `grading.begins` too warm, unless `active` says otherwise.

    Stages go by temperature; severity is the way to piloted ignition.
    """
    excess_k = response.component_k - response.healthy_k
    stage = np.where(ignited, len(grading.stages) - 1, grading.stage(response.component_k))
    return EventLabels(
        event_type=EventType.FIRE_PRECURSOR,
        event_subtype=EventSubtype.PYROLYSIS,
        component=component,
        active=excess_k >= grading.begins if active is None else active,
        stage_names=grading.stage_names,
        stage=stage.astype(np.int8),
        severity=np.clip(excess_k / (PILOTED_K - response.healthy_k), 0.0, 1.0),
        progress=np.clip(response.converted, 0.0, 1.0),
        ignited=ignited,
        source_strength=strength[0],
        source_strength_unit=strength[1],
        parent=parent,
    )


def fire_events(
    response: Response, fire: WoodFire, component: str, dry_mass_g: float, parent: int
) -> tuple[EventLabels, EventLabels]:
    """Smoulder that event `parent` has lit, and the flame over it; the smoulder's place is after `parent`."""
    rate_g_s, progress = response.emission_g_s, np.clip(response.converted, 0.0, 1.0)
    smokes = fire.smouldering & (rate_g_s >= SMOULDER.begins)
    smoulder = graded_event(
        rate_g_s, SMOULDER, EventType.FIRE_PRECURSOR, EventSubtype.COMBUSTION_PRODUCTS, component, dry_mass_g,
        "g", active=smokes, ignited=latched(fire.flaming & smokes), progress=progress, parent=parent,
    )  # fmt: skip
    flame = graded_event(
        rate_g_s, FLAME, EventType.FIRE_ACTIVE, EventSubtype.FLAME, component, dry_mass_g,
        "g", active=fire.flaming, ignited=latched(fire.flaming), progress=progress, parent=parent + 1,
    )  # fmt: skip
    return smoulder, flame
