"""Scalars of an episode once all its causes are known: temperatures, gas sources, background."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position
from envirosense.physics.heat import HeatDrive
from envirosense.pole.components import Components, build_components
from envirosense.pole.gases import Background, Plume, chi_s_m3, excess_ppb
from envirosense.pole.heating import HeatHistory, heat_history
from envirosense.pole.wood import WoodSource
from envirosense.scenarios import Forcing, Response, WoodFuel

if TYPE_CHECKING:
    from envirosense.pole.world import EnvironmentOrchestrator

HOTTEST_COMPONENT_K = 1300.0  # beyond this metals melt and the network's laws end; recorded when reached


@dataclass(frozen=True, slots=True)
class _Source:
    forcing_id: int
    plume: Plume
    wood: WoodSource


@dataclass
class Settled:
    """Temperatures are (step + 1, node) at the ends of the network's steps; gas is at the ticks."""

    world: "EnvironmentOrchestrator"
    components: Components
    history: HeatHistory
    healthy_k: Array
    component_k: Array
    sources: tuple[_Source, ...]

    def __post_init__(self) -> None:
        """Draw the background; nothing about a place is known before it is asked for."""
        self.eddies = self.world.atmosphere.unit_eddies()
        self.background = Background(self.world.site.background, self.world.atmosphere, self.world.world_seed)
        self._wind: dict[float, Array] = {}
        self._chi: dict[tuple[int, Position], Array] = {}
        self._excess: dict[tuple[tuple[str, ...], Position], Array] = {}

    def wind_m_s(self, height_m: float) -> Array:
        """Wind at a height over the ticks, (time, 3) [m/s]; kept, since a tick at a time asks often."""
        if height_m not in self._wind:
            self._wind[height_m] = self.world.atmosphere.wind_vector_m_s(height_m)
        return self._wind[height_m]

    def at_ticks(self, name: str, table_k: Array) -> Array:
        """One component over the ticks, (time,) [K], linear between the steps."""
        column = table_k[:, self.components.index(name)]
        return np.interp(self.world.grid.t_s, self.history.t_s, column)

    def response(self, forcing: Forcing, forcing_id: int) -> Response:
        """The answer to one cause: of its first fuel, or of the component it acts on.

        Raises:
            ConfigError: if it acts on nothing.
        """
        name = forcing.fuels[0].component if forcing.fuels else forcing.component
        if name is None:
            raise ConfigError("forcing_id", forcing_id, "this cause acts on nothing, so nothing responds")
        grid = self.world.grid
        wood = next((s.wood for s in self.sources if s.forcing_id == forcing_id), None)
        zero = np.zeros(grid.n)
        return Response(
            component_k=self.at_ticks(name, self.component_k),
            healthy_k=self.at_ticks(name, self.healthy_k),
            air_k=self.world.atmosphere.weather.air_k,
            converted=zero if wood is None else np.interp(grid.t_s, self.history.t_s, wood.converted),
            emission_g_s=zero if wood is None else np.interp(grid.t_s, self.history.t_s, wood.total_g_s),
        )

    def gas_excess_ppb(self, wanted: tuple[str, ...], at: Position) -> Array:
        """What the sources add at a point, (time, species) [ppb]; kept like the wind."""
        if (wanted, at) not in self._excess:
            total = np.zeros((self.world.grid.n, len(wanted)))
            for number, source in enumerate(self.sources):
                distance_m = float(np.hypot(at[0] - source.plume.at[0], at[1] - source.plume.at[1]))
                chi = self._chi_s_m3(number, at)
                total += excess_ppb(source.plume, chi, self.world.atmosphere, wanted, distance_m)
            self._excess[wanted, at] = total
        return self._excess[wanted, at]

    def _chi_s_m3(self, number: int, at: Position) -> Array:
        if (number, at) not in self._chi:
            world, plume = self.world, self.sources[number].plume
            self._chi[number, at] = chi_s_m3(plume, world.atmosphere, self.eddies, at, world.world_seed)
        return self._chi[number, at]


def settle(world: "EnvironmentOrchestrator", forcings: tuple[Forcing, ...]) -> Settled:
    """World under all its causes: heat first, then what the heated wood gives off."""
    fuel_g = {fuel.component: fuel.dry_mass_g for forcing in forcings for fuel in forcing.fuels}
    components = build_components(world.site, fuel_g)
    history = heat_history(world.year, world.site, components, world.atmosphere, world.sun, world.current_a)
    healthy_k = history.solve(components)
    forced = replace(history, drive=_forced(history, components, forcings, world.grid))
    component_k = forced.solve(components) if any(f.component for f in forcings) else healthy_k
    component_k = np.minimum(component_k, HOTTEST_COMPONENT_K)
    sources = tuple(
        _source(world, history, component_k[:, components.index(fuel.component)], forcing, forcing_id, fuel)
        for forcing_id, forcing in enumerate(forcings)
        for fuel in forcing.fuels
    )
    return Settled(world, components, history, healthy_k, component_k, sources)


def _forced(
    history: HeatHistory, components: Components, forcings: tuple[Forcing, ...], grid: TimeGrid
) -> HeatDrive:
    drive = history.drive
    power_w, resistance_ohm = drive.power_w.copy(), drive.resistance_ohm.copy()
    for forcing in forcings:
        for heating in forcing.heatings:
            column = components.index(heating.component)
            power_w[:, column] += _step_means(heating.power_w, history, grid)
        for joint in forcing.joints:
            place = components.joints.index(joint.component)
            resistance_ohm[:, place] = _step_means(joint.resistance_ohm, history, grid)
    return replace(drive, power_w=power_w, resistance_ohm=resistance_ohm)


def _step_means(values: Array, history: HeatHistory, grid: TimeGrid) -> Array:
    n_steps = history.t_s.size - 1
    per_step = round(history.step_s / grid.dt_s)
    padded = np.concatenate([values, np.full(n_steps * per_step - grid.n, values[-1])])
    return np.asarray(padded.reshape(n_steps, per_step).mean(axis=1))


def _source(
    world: "EnvironmentOrchestrator",
    history: HeatHistory,
    wood_k: Array,
    forcing: Forcing,
    forcing_id: int,
    fuel: WoodFuel,
) -> _Source:
    wood = WoodSource(wood_k, history.step_s, fuel.dry_mass_g, fuel.yield_scale)
    fitting = fuel.component.removesuffix("_wood")
    t_s = world.grid.t_s
    rate_g_s = np.stack([np.interp(t_s, history.t_s, rate) for rate in wood.rate_g_s.T], axis=1)
    near = [heating.power_w for heating in forcing.heatings if heating.component in (fitting, fuel.component)]
    heat_w = sum(near, start=np.zeros(world.grid.n))
    at = world.site.component_positions[fitting]
    return _Source(forcing_id, Plume(fitting, at, wood.names, rate_g_s, heat_w), wood)
