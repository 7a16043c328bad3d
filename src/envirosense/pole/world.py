"""The pole's live world: one orchestrator that takes causes and gives states that answer sensors.

Scalars of an episode are computed once, when they are first asked for, on grids that do not depend on the
block; a state is a window on them. So a day in one call and one tick at a time give the same numbers. The
camera's frames are rendered from the state block by block, so memory stays bounded by the block.
"""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from envirosense.climate.year import WeatherYear
from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.physics.light.sunlight import SunTrack
from envirosense.pole.atmosphere import Atmosphere, changed, make_atmosphere, sun_at
from envirosense.pole.device_causes import require_device_causes
from envirosense.pole.domain import require_fuels, require_new_names, require_possible
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.fields.line_supply import Supply, make_supply
from envirosense.pole.heat.components import build_components
from envirosense.pole.heat.heating import SUN_SAMPLE_S, line_current_a
from envirosense.pole.heat.surfaces import require_surfaces
from envirosense.pole.settled import HOTTEST_COMPONENT_K, Settled, settle
from envirosense.pole.site import Site
from envirosense.pole.state import Environment3DState
from envirosense.pole.surroundings import surroundings
from envirosense.scenarios import Conditions, Forcing, Response

__all__ = ["HOTTEST_COMPONENT_K", "Environment3DState", "EnvironmentOrchestrator", "require_tick"]


def require_tick(dt_s: float) -> None:
    """Refuse a tick that the hours of weather cannot be cut into.

    Raises:
        ConfigError: unless it divides an hour and is at most ten minutes.
    """
    if not 0.0 < dt_s <= 600.0 or (3600.0 / dt_s) % 1:
        raise ConfigError("dt_s", dt_s, "must divide 3600 s and be at most 600 s")


class EnvironmentOrchestrator:
    """Site, weather and causes of one episode.

    Add forcings first; the first call of `advance` or `response` settles the world.
    """

    def __init__(self, site: Site, year: WeatherYear, grid: TimeGrid, world_seed: int) -> None:
        """World of a site over a grid of ticks in a weather year."""
        require_tick(grid.dt_s)
        self.site = site
        self.year = year
        self.grid = grid
        self.world_seed = world_seed
        self._forcings: list[Forcing] = []
        self._next_tick = 0
        self._without: dict[int, Settled] = {}

    @cached_property
    def natural_air(self) -> Atmosphere:
        """Air over the ticks as the weather year has it, before any cause changes it."""
        height_m = self.site.device_position_m[2]
        return make_atmosphere(self.year, self.site, self.grid, self.world_seed, height_m)

    @property
    def atmosphere(self) -> Atmosphere:
        """Air over the ticks; asking for it settles the world."""
        return self.settled.inputs.atmosphere

    @cached_property
    def current_a(self) -> Array:
        """Phase current over the ticks, (time,) [A]."""
        hours = self.natural_air.hour_of_year[0] + self.grid.t_s / 3600.0
        return line_current_a(self.year, self.site, self.grid, self.world_seed, hours)

    @cached_property
    def natural_supply(self) -> Supply:
        """Currents and voltages of the line before any cause."""
        return make_supply(WorldInputs(self.site, self.natural_air, self.current_a, (), self.world_seed))

    @cached_property
    def phase_share(self) -> Array:
        """Current of each phase over their mean as load and unbalance give it, (time, phase)."""
        return np.abs(self.natural_supply.current_a[:, 0, :]) / self.current_a[:, None]

    @cached_property
    def sun(self) -> SunTrack:
        """Sun over the ticks, read between samples a minute apart."""
        n = int(np.ceil(self.grid.duration_s / SUN_SAMPLE_S)) + 1
        sample = sun_at(self.year, self.grid, SUN_SAMPLE_S * np.arange(n, dtype=np.float64))
        since_s = sample.time_unix_s - sample.time_unix_s[0]
        t_s = self.grid.t_s
        azimuth = np.unwrap(sample.azimuth_rad)
        return SunTrack(
            sample.time_unix_s[0] + t_s,
            np.interp(t_s, since_s, sample.zenith_rad),
            np.mod(np.interp(t_s, since_s, azimuth), 2 * np.pi),
        )

    @cached_property
    def conditions(self) -> Conditions:
        """What a scenario starts from."""
        air = self.natural_air
        place = surroundings(self.site)
        return Conditions(self.grid, self.current_a, air.weather, air.hour_local, place, self.sun)

    def scenario_rng(self, scenario_id: str) -> np.random.Generator:
        """Generator for a scenario's own draws."""
        return stream(self.world_seed, "scenario", scenario_id)

    def add(self, forcing: Forcing) -> int:
        """Put a cause into the world; its id counts from 0.

        Raises:
            UnknownNameError: if it names a component, gas or aerosol that does not exist.
            ConfigError: if a place or a course cannot be used, or once the world has settled.
        """
        if not self.__dict__.keys().isdisjoint(("settled", "undisturbed")):
            fix = "the world has settled; make a new world and add every cause before the first advance"
            raise ConfigError("forcing", len(self._forcings), fix)
        require_fuels(forcing)
        fuel_g = {fuel.component: fuel.dry_mass_g for fuel in forcing.fuels}
        components = build_components(self.site, fuel_g)
        require_possible(forcing, self.grid, components, self.site)
        require_surfaces(forcing, components, self.site)
        require_device_causes(forcing, self.grid.n)
        require_new_names(forcing, self._forcings)
        self._forcings.append(forcing)
        return len(self._forcings) - 1

    @property
    def forcings(self) -> tuple[Forcing, ...]:
        """Every cause added so far."""
        return tuple(self._forcings)

    @cached_property
    def settled(self) -> Settled:
        """The world under all its causes; from here on it takes no more."""
        is_calm = all(forcing.is_empty for forcing in self._forcings)
        return self.undisturbed if is_calm else settle(self, tuple(self._forcings))

    @cached_property
    def undisturbed(self) -> Settled:
        """The same world without any cause."""
        return settle(self, (), tuple(self._forcings))

    @cached_property
    def setting_air(self) -> Atmosphere:
        """Air over the ticks with the weather that causes need and do not make."""
        return changed(self.natural_air, [w for forcing in self._forcings for w in forcing.setting])

    def without(self, forcing_id: int) -> Settled:
        """The same world with every cause but one."""
        others = tuple(f for i, f in enumerate(self._forcings) if i != forcing_id)
        if all(forcing.is_empty for forcing in others):
            return self.undisturbed
        if forcing_id not in self._without:
            self._without[forcing_id] = settle(self, others, tuple(self._forcings))
        return self._without[forcing_id]

    def forget_without(self, forcing_id: int) -> None:
        """Let go of the world without a cause: its answers over a day take hundreds of megabytes."""
        self._without.pop(forcing_id, None)

    def forget(self) -> None:
        """Let go of every settled world: its fields go at once, not when Python looks for circles."""
        self._without.clear()
        for name in ("settled", "undisturbed"):
            self.__dict__.pop(name, None)

    def response(self, forcing_id: int) -> Response:
        """The world's answer to one cause.

        Raises:
            ConfigError: if no cause has that id.
        """
        if not 0 <= forcing_id < len(self._forcings):
            raise ConfigError("forcing_id", forcing_id, f"choose 0 to {len(self._forcings) - 1}")
        return self.settled.response(self._forcings[forcing_id], forcing_id, self.without(forcing_id))

    @property
    def clamps(self) -> dict[str, str]:
        """What the causes drove out of the range of the physics, and where it was held instead.

        Temperatures are known from the start; a gas is named once a point was asked for where it was held.
        """
        return self.settled.clamps | self.settled.gases.held

    @property
    def component_names(self) -> tuple[str, ...]:
        """Names of the components, in the order of every table of them."""
        return self.settled.components.names

    @property
    def component_step_ticks(self) -> int:
        """Ticks between two steps of the heat network."""
        return round(self.settled.history.step_s / self.grid.dt_s)

    def step_component_k(self, steps: npt.NDArray[np.int64]) -> Array:
        """Temperatures at steps of the heat network, (step, node) [K]."""
        return np.asarray(self.settled.component_k[steps])

    def advance(self, n_ticks: int) -> Environment3DState:
        """State of the next block of ticks; the last block may be shorter.

        Raises:
            ConfigError: if less than a tick is asked for, or when the grid has ended.
        """
        if n_ticks < 1:
            raise ConfigError("n_ticks", n_ticks, "must be at least 1")
        if self._next_tick >= self.grid.n:
            raise ConfigError("n_ticks", n_ticks, f"{self.grid.n - self._next_tick} ticks are left")
        first = self._next_tick
        self._next_tick = min(first + n_ticks, self.grid.n)
        return self.state(first, self._next_tick)

    def state(self, first: int, stop: int) -> Environment3DState:
        """State of any range of ticks.

        Raises:
            ConfigError: if the range is empty or leaves the grid.
        """
        if not 0 <= first < stop <= self.grid.n:
            raise ConfigError("ticks", (first, stop), f"choose a range within 0 to {self.grid.n}")
        return Environment3DState(self, self.settled, first, stop)
