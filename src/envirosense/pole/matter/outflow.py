"""What the world itself sends into the air: hot wood, and the chemistry of discharges."""

from dataclasses import dataclass

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.electric.discharge_chemistry import discharge_emission_g_s, draw_ozone_scale
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.matter.wood import WoodSource
from envirosense.pole.site import Site
from envirosense.scenarios import Discharge, Emission, Forcing, WoodFuel


@dataclass(frozen=True, slots=True)
class BurningWood:
    """Wood of one cause on the steps of the heat network, and the plume it sends out at the ticks."""

    forcing_id: int
    wood: WoodSource
    emission: Emission


def burning_wood(
    site: Site,
    grid: TimeGrid,
    step_t_s: Array,
    wood_k: Array,
    forcing_id: int,
    forcing: Forcing,
    fuel: WoodFuel,
) -> BurningWood:
    """Source that a piece of wood at this temperature, (step + 1,), becomes; leakage heat lifts its plume."""
    wood = WoodSource(wood_k, float(step_t_s[1] - step_t_s[0]), fuel.dry_mass_g, fuel.yield_scale)
    fitting = fuel.component.removesuffix("_wood")

    def at_ticks(course: Array) -> Array:
        return np.interp(grid.t_s, step_t_s, course)

    near = [heating.power_w for heating in forcing.heatings if heating.component in (fitting, fuel.component)]
    emission = Emission(
        name=fitting,
        at=site.component_positions[fitting],
        gas_g_s={name: at_ticks(rate) for name, rate in zip(wood.names, wood.rate_g_s.T, strict=True)},
        particle_g_s={name: at_ticks(rate) for name, rate in wood.particle_g_s.items()},
        heat_w=sum(near, start=at_ticks(wood.convected_w)),
    )
    return BurningWood(forcing_id, wood, emission)


def discharge_outflow(inputs: WorldInputs, discharge: Discharge) -> Emission | None:
    """Gas and fume of a discharge; None for one that is enclosed.

    Its ozone yield is drawn once, from a stream of its own. What burns on wood also makes organic gas.
    """
    products = discharge_emission_g_s(
        discharge.kind,
        discharge.power_w,
        inputs.atmosphere.weather.relative_humidity,
        draw_ozone_scale(inputs.rng("discharge", discharge.name, "ozone")),
        on_organics=discharge.component is not None and discharge.component.endswith("_wood"),
    )
    if not products.gas_g_s:
        return None
    heat_w = (1.0 - discharge.heat_share) * discharge.power_w
    return Emission(
        discharge.name, discharge.at, products.gas_g_s, products.particle_g_s, heat_w, size_m=0.05
    )
