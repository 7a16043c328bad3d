"""The pole's live world: one orchestrator that takes causes, one state that answers sensors.

Scalars of an episode are computed once, when the first block is asked for, on grids that do not
depend on the block; a state is a window on them. The camera's frames are rendered from the
state block by block, so memory stays bounded by the block.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

from envirosense.climate.year import WeatherYear
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position
from envirosense.core.rng import stream
from envirosense.core.species import species as species_named
from envirosense.physics.heat import HeatDrive
from envirosense.physics.sunlight import SunTrack
from envirosense.pole.atmosphere import Atmosphere, make_atmosphere, sun_at
from envirosense.pole.components import Components, build_components
from envirosense.pole.gases import Background, Plume, chi_s_m3, excess_ppb
from envirosense.pole.heating import SUN_SAMPLE_S, HeatHistory, heat_history, line_current_a
from envirosense.pole.scene import Coverage, SparseWeights
from envirosense.pole.scene_geometry import PinholeCamera
from envirosense.pole.site import Site
from envirosense.pole.view import ViewConditions, site_view, view_radiance_w_m2_sr
from envirosense.pole.wood import WoodSource
from envirosense.scenarios import Conditions, Forcing, Response

SUN_BEAM_W_M2 = 120.0  # direct sunshine of the meteorologists starts here
HOTTEST_COMPONENT_K = 1300.0  # beyond this metals melt and the network's laws end; recorded when reached


class EnvironmentOrchestrator:
    """Site, weather and causes of one episode.

    Add forcings first; the first call of `advance` or `response` settles the world.
    """

    def __init__(self, site: Site, year: WeatherYear, grid: TimeGrid, world_seed: int) -> None:
        """World of a site over a grid of ticks in a weather year."""
        if (3600.0 / grid.dt_s) % 1 or grid.dt_s > 600:
            raise ConfigError("dt_s", grid.dt_s, "must divide 3600 s and be at most 600 s")
        self.site = site
        self.year = year
        self.grid = grid
        self.world_seed = world_seed
        self._forcings: list[Forcing] = []
        self._next_tick = 0

    @cached_property
    def atmosphere(self) -> Atmosphere:
        """Air over the ticks."""
        height_m = self.site.device_position_m[2]
        return make_atmosphere(self.year, self.site, self.grid, self.world_seed, height_m)

    @cached_property
    def current_a(self) -> Array:
        """Phase current over the ticks, (time,) [A]."""
        hours = self.atmosphere.hour_of_year[0] + self.grid.t_s / 3600.0
        return line_current_a(self.year, self.site, self.grid, self.world_seed, hours)

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
        return Conditions(
            self.grid, self.current_a, self.atmosphere.weather.air_k, self.site.component_positions
        )

    def scenario_rng(self, scenario_id: str) -> np.random.Generator:
        """Generator for a scenario's own draws."""
        return stream(self.world_seed, "scenario", scenario_id)

    def add(self, forcing: Forcing) -> int:
        """Put a cause into the world; its id counts from 0.

        Raises:
            UnknownNameError: if it acts on a component that the pole does not have.
            ConfigError: if its arrays do not fit the grid, or once the world has settled.
        """
        if "_settled" in self.__dict__:
            raise ConfigError("forcing", len(self._forcings), "add every cause before the first advance")
        acts = [(heating.component, heating.power_w) for heating in forcing.heatings]
        acts += [(joint.component, joint.resistance_ohm) for joint in forcing.joints]
        for component, values in acts:
            if values.shape != (self.grid.n,) or not np.all(np.isfinite(values)) or np.any(values < 0):
                raise ConfigError(component, values.shape, "needs one finite value >= 0 per tick")
        self._check_names(forcing)
        self._forcings.append(forcing)
        return len(self._forcings) - 1

    def _check_names(self, forcing: Forcing) -> None:
        components = build_components(self.site)
        for heating in forcing.heatings:
            components.index(heating.component)
        for fuel in forcing.fuels:
            components.index(fuel.component)
        for joint in forcing.joints:
            if joint.component not in components.joints:
                raise UnknownNameError("joint", joint.component, components.joints)

    @cached_property
    def _settled(self) -> "_Settled":
        return _settle(self, tuple(self._forcings))

    def response(self, forcing_id: int) -> Response:
        """The world's answer to one cause.

        Raises:
            ConfigError: if no cause has that id.
        """
        if not 0 <= forcing_id < len(self._forcings):
            raise ConfigError("forcing_id", forcing_id, f"choose 0 to {len(self._forcings) - 1}")
        return self._settled.response(self._forcings[forcing_id], forcing_id)

    @property
    def component_names(self) -> tuple[str, ...]:
        """Names of the components, in the order of every table of them."""
        return self._settled.components.names

    @property
    def component_step_ticks(self) -> int:
        """Ticks between two steps of the heat network."""
        return round(self._settled.history.step_s / self.grid.dt_s)

    def step_component_k(self, steps: npt.NDArray[np.int64]) -> Array:
        """Temperatures at steps of the heat network, (step, node) [K]."""
        return np.asarray(self._settled.component_k[steps])

    def advance(self, n_ticks: int) -> "Environment3DState":
        """State of the next block of ticks; the last block may be shorter.

        Raises:
            ConfigError: when the grid has ended.
        """
        if self._next_tick >= self.grid.n or n_ticks < 1:
            raise ConfigError("n_ticks", n_ticks, f"{self.grid.n - self._next_tick} ticks are left")
        first = self._next_tick
        self._next_tick = min(first + n_ticks, self.grid.n)
        return self.state(first, self._next_tick)

    def state(self, first: int, stop: int) -> "Environment3DState":
        """State of any range of ticks."""
        return Environment3DState(self, self._settled, first, stop)


@dataclass(frozen=True, slots=True)
class _Source:
    forcing_id: int
    plume: Plume
    wood: WoodSource


class _Settled:
    """Scalars of an episode after all causes are known."""

    def __init__(
        self, world: EnvironmentOrchestrator, components: Components, history: HeatHistory, healthy_k: Array,
        component_k: Array, sources: tuple[_Source, ...],
    ) -> None:  # fmt: skip
        self.world = world
        self.components = components
        self.history = history
        self.healthy_k = healthy_k  # (step + 1, node)
        self.component_k = component_k  # (step + 1, node)
        self.sources = sources
        self.eddies = world.atmosphere.unit_eddies()
        self.background = Background(world.site.background, world.atmosphere, world.world_seed)
        self._chi: dict[tuple[int, Position], Array] = {}

    def at_ticks(self, name: str, table_k: Array) -> Array:
        """One component over the ticks, (time,) [K], linear between the steps."""
        column = table_k[:, self.components.index(name)]
        return np.interp(self.world.grid.t_s, self.history.t_s, column)

    def response(self, forcing: Forcing, forcing_id: int) -> Response:
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

    def gas_excess_ppb(self, wanted: Sequence[str], at: Position) -> Array:
        """What the sources add at a point, (time, species) [ppb]."""
        air = self.world.atmosphere
        total = np.zeros((self.world.grid.n, len(wanted)))
        for source in self.sources:
            key = (source.forcing_id, at)
            if key not in self._chi:
                self._chi[key] = chi_s_m3(source.plume, air, self.eddies, at, self.world.world_seed)
            distance_m = float(np.hypot(at[0] - source.plume.at[0], at[1] - source.plume.at[1]))
            total += excess_ppb(source.plume, self._chi[key], air, wanted, distance_m)
        return total


def _settle(world: EnvironmentOrchestrator, forcings: tuple[Forcing, ...]) -> _Settled:
    fuel_g = {fuel.component: fuel.dry_mass_g for forcing in forcings for fuel in forcing.fuels}
    components = build_components(world.site, fuel_g)
    history = heat_history(world.year, world.site, components, world.atmosphere, world.sun, world.current_a)
    healthy_k = history.solve(components)
    forced = replace(history, drive=_forced(history, components, forcings, world.grid))
    component_k = forced.solve(components) if any(f.component for f in forcings) else healthy_k
    component_k = np.minimum(component_k, HOTTEST_COMPONENT_K)
    sources = tuple(
        _source(world, history, components, component_k, forcing, forcing_id)
        for forcing_id, forcing in enumerate(forcings)
        if forcing.fuels
    )
    return _Settled(world, components, history, healthy_k, component_k, sources)


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
    world: EnvironmentOrchestrator,
    history: HeatHistory,
    components: Components,
    component_k: Array,
    forcing: Forcing,
    forcing_id: int,
) -> _Source:
    fuel = forcing.fuels[0]
    wood_k = component_k[:, components.index(fuel.component)]
    wood = WoodSource(wood_k, history.step_s, fuel.dry_mass_g, fuel.yield_scale)
    fitting = fuel.component.removesuffix("_wood")
    t_s = world.grid.t_s
    rate_g_s = np.stack([np.interp(t_s, history.t_s, rate) for rate in wood.rate_g_s.T], axis=1)
    heat_w = sum((heating.power_w for heating in forcing.heatings), start=np.zeros(world.grid.n))
    at = world.site.component_positions[fitting]
    return _Source(forcing_id, Plume(fitting, at, wood.names, rate_g_s, heat_w), wood)


class Environment3DState:
    """The world over a range of ticks: answers for any point; arrays start with (time,)."""

    def __init__(
        self,
        world: EnvironmentOrchestrator,
        settled: _Settled,
        first: int,
        stop: int,
        is_healthy: bool = False,
        every: int = 1,
    ) -> None:
        """View of every `every`-th tick from `first` to before `stop`; a healthy one leaves causes out."""
        self.world = world
        self._is_healthy = is_healthy
        self.first_tick = first
        start_utc = world.grid.start_utc + timedelta(seconds=first * world.grid.dt_s)
        self.grid = TimeGrid(
            start_utc=start_utc, dt_s=every * world.grid.dt_s, n=len(range(first, stop, every))
        )
        self._settled = settled
        self._part = slice(first, stop, every)

    def without_causes(self) -> "Environment3DState":
        """The same ticks of the same world in which no cause acts."""
        part = self._part
        return Environment3DState(self.world, self._settled, part.start, part.stop, True, part.step)

    def every(self, n_ticks: int) -> "Environment3DState":
        """Every n-th tick of the same range, for what changes slowly."""
        part = self._part
        return Environment3DState(self.world, self._settled, part.start, part.stop, self._is_healthy, n_ticks)

    def component_k(self) -> Array:
        """Temperatures of all components, (time, node) [K], linear between the network's steps."""
        settled = self._settled
        table_k = settled.healthy_k if self._is_healthy else settled.component_k
        t_s = self.world.grid.t_s[self._part]
        return np.stack([np.interp(t_s, settled.history.t_s, column) for column in table_k.T], axis=1)

    @property
    def components(self) -> Components:
        """The pole's components, in the order of `component_k`."""
        return self._settled.components

    def view_radiance_w_m2_sr(self, seen: Coverage) -> Array:
        """In-band radiance of every body that a camera sees, (time, body) [W/m2/sr]."""
        weather = self.world.atmosphere.weather
        conditions = ViewConditions(
            air_k=weather.air_k[self._part],
            dew_point_k=weather.dew_point_k[self._part],
            mean_air_k=float(weather.air_k.mean()),
            mean_relative_humidity=float(weather.relative_humidity.mean()),
            cloud_fraction=weather.cloud_fraction[self._part],
            cloud_base_m=weather.cloud_base_m[self._part],
        )
        return view_radiance_w_m2_sr(seen, self.components, self.component_k(), conditions)

    def view(self, camera: PinholeCamera) -> tuple[Coverage, SparseWeights]:
        """How much of each pixel each body fills."""
        return site_view(self.world.site, camera)

    def housing_k(self) -> Array:
        """Temperature of the device's case, (time,) [K]."""
        return np.asarray(self.component_k()[:, self.components.index("device_case")])

    def sun_direction(self) -> tuple[Array, Array]:
        """Azimuth and elevation of the sun, (time,) each [rad]; NaN while no beam reaches the pole."""
        sun, beam = self.world.sun, self.world.atmosphere.weather.dni_w_m2[self._part]
        lit = beam > SUN_BEAM_W_M2
        azimuth = np.where(lit, sun.azimuth_rad[self._part], np.nan)
        return azimuth, np.where(lit, np.pi / 2 - sun.zenith_rad[self._part], np.nan)

    def air_k(self, at: Position) -> Array:
        """Air temperature, (time,) [K]; the same at all heights of a pole."""
        return self.world.atmosphere.weather.air_k[self._part]

    def dew_point_k(self, at: Position) -> Array:
        """Dew point, (time,) [K]."""
        return self.world.atmosphere.weather.dew_point_k[self._part]

    def relative_humidity(self, at: Position) -> Array:
        """Relative humidity over water, (time,), 0..1."""
        return self.world.atmosphere.weather.relative_humidity[self._part]

    def pressure_pa(self, at: Position) -> Array:
        """Static pressure, (time,) [Pa], less the air column between the station's ground and the point."""
        weather = self.world.atmosphere.weather
        column = np.exp(-at[2] * 9.80665 / (287.05 * weather.air_k[self._part]))
        return np.asarray(weather.pressure_pa[self._part] * column)

    def wind_m_s(self, at: Position) -> Array:
        """Wind vector east, north, up, (time, 3) [m/s]."""
        return self.world.atmosphere.wind_vector_m_s(at[2])[self._part]

    def irradiance_w_m2(self) -> Array:
        """Global horizontal irradiance, (time,) [W/m2]."""
        return self.world.atmosphere.weather.ghi_w_m2[self._part]

    def rain_mm_h(self) -> Array:
        """Rain, (time,) [mm/h]."""
        return self.world.atmosphere.weather.rain_mm_h[self._part]

    def gas_ppb(self, species: Sequence[str], at: Position) -> Array:
        """Mole fractions, (time, species) [ppb]: background plus plumes."""
        return self.gas_background_ppb(species) + self.gas_excess_ppb(species, at)

    def gas_background_ppb(self, species: Sequence[str]) -> Array:
        """Mole fractions far from any source, (time, species) [ppb]; zero for gases of no background."""
        names = [species_named(name).name for name in species]
        background = self._settled.background
        ppb = np.zeros((self.grid.n, len(names)))
        for column, name in enumerate(names):
            if name in background.names:
                ppb[:, column] = background.ppb[self._part, background.names.index(name)]
        return ppb

    def gas_excess_ppb(self, species: Sequence[str], at: Position) -> Array:
        """What the sources add, (time, species) [ppb]."""
        names = [species_named(name).name for name in species]
        if self._is_healthy:
            return np.zeros((self.grid.n, len(names)))
        return self._settled.gas_excess_ppb(names, at)[self._part]

    def current_a(self) -> Array:
        """Phase current, (time,) [A]."""
        return self.world.current_a[self._part]
