"""The world once all its causes are known: temperatures, sources, and every field, built when first asked.

A world without causes stands beside the one with them, on the same draws, so "what would it be without"
is always the same code.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from envirosense.climate.year import HOURS_PER_YEAR
from envirosense.core.protocols import Array, Position
from envirosense.core.units import GRAVITY_M_S2
from envirosense.physics.air.humidity import relative_humidity
from envirosense.physics.air.lapse import temperature_over_screen_k
from envirosense.pole.atmosphere import ANEMOMETER_M, Atmosphere, changed
from envirosense.pole.fields.aerosols import Aerosols
from envirosense.pole.fields.electric import LineFields
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.fields.memory import Answers
from envirosense.pole.fields.motion import PoleMotion
from envirosense.pole.fields.power import DevicePower
from envirosense.pole.fields.sound import SoundScape
from envirosense.pole.fields.thunderstorms import Thunderstorms
from envirosense.pole.heat.components import Components, build_components
from envirosense.pole.heat.heat_causes import drive_under
from envirosense.pole.heat.heating import HeatHistory, heat_history
from envirosense.pole.heat.surfaces import glints_w_sr
from envirosense.pole.matter.aerosol_parts import aerosol_kind
from envirosense.pole.matter.gases import Background, GasField, ambient_gas
from envirosense.pole.matter.outflow import BurningWood, burning_wood, discharge_outflow
from envirosense.pole.picture.clouds import CLOUD_SPEED_UP
from envirosense.pole.picture.view import ViewConditions
from envirosense.pole.storms import storm_change
from envirosense.scenarios import Emission, Forcing, Response

if TYPE_CHECKING:
    from envirosense.pole.world import EnvironmentOrchestrator

HOTTEST_COMPONENT_K: Final = 1300.0  # metals melt and the network's laws end; held here and recorded
AIR_GAS_CONSTANT_J_KG_K: Final = 287.05
ALL_TICKS: Final = slice(None)
OF_THE_AIR: Final = frozenset(("air", "dew point", "humidity", "pressure", "wind", "ambient gas"))
OF_THE_LINE: Final = frozenset(("magnetic_t", "electric_v_m", "radio_t", "sound", "modulation"))
RAIN_HISTORY_H: Final = 60 * 24  # a panel remembers its last rain that long; assumed


@dataclass
class Settled:
    """Temperatures are (step + 1, node) at the ends of the network's steps; fields are at the ticks."""

    world: "EnvironmentOrchestrator"
    inputs: WorldInputs
    components: Components
    history: HeatHistory
    component_k: Array
    clamps: dict[str, str]
    burning: tuple[BurningWood, ...]

    def __post_init__(self) -> None:
        """Nothing about a place is known before it is asked for."""
        self.answers = Answers()

    def answers_about(self, topic: Hashable) -> Answers:
        """Where answers about a topic are kept: beside the undisturbed world's, where they are the same."""
        if topic == "ambient gas" and self.background is not self.world.undisturbed.background:
            return self.answers
        calm = self._calm_air if topic in OF_THE_AIR else self._untouched if topic in OF_THE_LINE else None
        return self.answers if calm is None else calm.answers

    # --- fields

    @cached_property
    def emissions(self) -> tuple[Emission, ...]:
        """Every source of gas and particles: hot wood, what scenarios name, discharges."""
        outflows = (discharge_outflow(self.inputs, discharge) for discharge in self.inputs.discharges())
        return (
            *(burning.emission for burning in self.burning),
            *self.inputs.emissions(),
            *(outflow for outflow in outflows if outflow is not None),
        )

    @cached_property
    def gases(self) -> GasField:
        """Gas, and what plumes carry with it."""
        carried = {name for emission in self.emissions for name in emission.particle_g_s}
        falling_m_s = {name: aerosol_kind(name).deposition_m_s() for name in sorted(carried)}
        return GasField(self.inputs, self.emissions, falling_m_s, self.background)

    @cached_property
    def background(self) -> Background:
        """Ambient gas; that of the undisturbed world where no cause changes the air."""
        if self._calm_air is None or any(self.inputs.air_masses()):
            return ambient_gas(self.inputs)
        return self._calm_air.background

    @cached_property
    def aerosols(self) -> Aerosols:
        """Particles."""
        calm = None if self._calm_air is None else self._calm_air.aerosols
        return Aerosols(self.inputs, self.gases.particle_excess_ug_m3, calm)

    @cached_property
    def _calm_air(self) -> "Settled | None":
        """The world without causes, where it has the same air as this one."""
        calm = self.world.undisturbed
        return None if self is calm or self.inputs.atmosphere is not calm.inputs.atmosphere else calm

    @cached_property
    def _untouched(self) -> "Settled | None":
        """The world without causes, where it has the same line, sound, motion and lightning as this one."""
        calm, mine = self._calm_air, self.inputs
        if calm is None or mine.current_a is not calm.inputs.current_a:
            return None
        kinds = (mine.discharges, mine.line_changes, mine.tanks, mine.impacts, mine.structures, mine.noises)
        return None if any(any(kind()) for kind in (*kinds, mine.storms)) else calm

    @cached_property
    def line(self) -> LineFields:
        """Electric and magnetic fields."""
        if self._untouched is not None:
            return self._untouched.line
        changes = any(forcing.line or forcing.tanks for forcing in self.inputs.forcings)
        supply = None if changes else self.world.natural_supply
        return LineFields(self.inputs, self.storms.strikes(), supply)

    @cached_property
    def storms(self) -> Thunderstorms:
        """Lightning."""
        if self._untouched is not None:
            return self._untouched.storms
        return Thunderstorms(self.inputs)

    @cached_property
    def sound(self) -> SoundScape:
        """Sound."""
        if self._untouched is not None:
            return self._untouched.sound
        return SoundScape(self.inputs, self.storms.strikes())

    @cached_property
    def motion(self) -> PoleMotion:
        """Motion of the pole."""
        if self._untouched is not None:
            return self._untouched.motion
        return PoleMotion(self.inputs)

    @cached_property
    def power(self) -> DevicePower:
        """Energy of the device."""
        year, grid = self.world.year, self.inputs.grid
        hours = int(year.hour_of(grid.start_utc)) + np.arange(-RAIN_HISTORY_H, 0)
        rain_mm_h = year.rain_mm[hours % HOURS_PER_YEAR]
        return DevicePower(self.inputs, self.world.sun, rain_mm_h, self.at_ticks("device_case"))

    @cached_property
    def cloud_drift_m_s(self) -> tuple[float, float]:
        """Mean velocity of the clouds over the episode, east and north [m/s].

        That of the air before causes: a gust late in the episode must not move the clouds before it.
        """
        air = self.world.setting_air
        east, north = (air.mean_wind_m_s(ANEMOMETER_M)[:, None] * air.downwind).mean(axis=0)
        return CLOUD_SPEED_UP * float(east), CLOUD_SPEED_UP * float(north)

    def air_k(self, at: Position) -> Array:
        """Air temperature at a point over the ticks, (time,) [K]; the weather's is that of 2 m."""
        air = self.inputs.atmosphere
        flow, air_k = air.stability, air.weather.air_k
        over_k = temperature_over_screen_k(at[2], flow.friction_velocity_m_s, flow.inv_obukhov_per_m, air_k)
        return np.asarray(air_k + over_k)

    def dew_point_k(self, at: Position) -> Array:
        """Dew point at a point over the ticks, (time,) [K]."""
        return np.minimum(self.inputs.atmosphere.weather.dew_point_k, self.air_k(at))

    def relative_humidity(self, at: Position) -> Array:
        """Relative humidity over water at a point over the ticks, (time,), 0..1."""
        return np.minimum(relative_humidity(self.air_k(at), self.dew_point_k(at)), 1.0)

    def wind_m_s(self, at: Position) -> Array:
        """Wind at a point over the ticks, (time, 3) [m/s]."""
        return self.inputs.atmosphere.wind_at(at)

    def pressure_pa(self, at: Position) -> Array:
        """Static pressure at a point over the ticks, (time,) [Pa]."""
        weather = self.inputs.atmosphere.weather
        column_pa = -at[2] * GRAVITY_M_S2 / AIR_GAS_CONSTANT_J_KG_K
        return np.asarray(weather.pressure_pa * np.exp(column_pa / weather.air_k))

    def at_ticks(self, name: str, ticks: slice = ALL_TICKS) -> Array:
        """One component over ticks, (time,) [K], linear between the steps."""
        column = self.component_k[:, self.components.index(name)]
        return np.interp(self.inputs.grid.t_s[ticks], self.history.t_s, column)

    def components_at_ticks(self, ticks: slice) -> Array:
        """All components over ticks, (time, node) [K], linear between the steps."""
        t_s = self.inputs.grid.t_s[ticks]
        columns = [np.interp(t_s, self.history.t_s, column) for column in self.component_k.T]
        return np.stack(columns, axis=1)

    def view_conditions(self, ticks: slice, eye_m: Position | None) -> ViewConditions:
        """What a camera's picture needs to know of the weather, over ticks."""
        weather, whole = self.inputs.atmosphere.weather, self.world.setting_air.weather
        return ViewConditions(
            air_k=weather.air_k[ticks],
            dew_point_k=weather.dew_point_k[ticks],
            mean_air_k=float(whole.air_k.mean()),
            mean_relative_humidity=float(whole.relative_humidity.mean()),
            cloud_fraction=weather.cloud_fraction[ticks],
            cloud_base_m=weather.cloud_base_m[ticks],
            t_s=self.world.grid.t_s[ticks],
            cloud_height_m=float(whole.cloud_base_m.mean()),
            cloud_drift_m_s=self.cloud_drift_m_s,
            cloud_seed=self.world.world_seed,
            glints_w_sr=glints_w_sr(self.inputs, self.world.sun, eye_m, ticks),
        )

    # --- answers to a cause

    def _device_answer(self, forcing: Forcing) -> dict[str, Array]:
        """What the battery does under a cause that acts on it or its panel, at the loads of the firmware."""
        touched = any(change.changes_energy for change in forcing.device)
        return {"battery_charge": self.power.energy.charge} if touched else {}

    def response(self, forcing: Forcing, forcing_id: int, without: "Settled") -> Response:
        """The answer to one cause: of the component it names, of its first fuel, or of what it heats."""
        grid = self.inputs.grid
        name = forcing.acts_on or (forcing.fuels[0].component if forcing.fuels else forcing.component)
        wood = next((b.wood for b in self.burning if b.forcing_id == forcing_id), None)
        zero, unknown = np.zeros(grid.n), np.full(grid.n, np.nan)
        return Response(
            component_k=unknown if name is None else self.at_ticks(name),
            healthy_k=unknown if name is None else without.at_ticks(name),
            air_k=self.inputs.atmosphere.weather.air_k,
            converted=zero if wood is None else np.interp(grid.t_s, self.history.t_s, wood.converted),
            emission_g_s=zero if wood is None else np.interp(grid.t_s, self.history.t_s, wood.total_g_s),
            states={**forcing.states, **self._device_answer(forcing)},
        )


def settle(
    world: "EnvironmentOrchestrator", forcings: tuple[Forcing, ...], others: tuple[Forcing, ...] = ()
) -> Settled:
    """World under all its causes: air first, then heat, then what heated wood gives off.

    `others` do not act; they only say how much wood the network's nodes stand for, so that the same pole is
    compared with and without them.
    """
    fuel_g = {fuel.component: fuel.dry_mass_g for forcing in (*forcings, *others) for fuel in forcing.fuels}
    surfaces = tuple(surface for forcing in forcings for surface in forcing.surfaces)
    components = build_components(world.site, fuel_g, surfaces)
    air = _air(world, forcings)
    inputs = WorldInputs(world.site, air, world.current_a, forcings, world.world_seed, world.setting_air)
    if air is world.setting_air and forcings and not surfaces:
        history = world.undisturbed.history
    else:
        load, usual = (world.current_a, world.phase_share), world.natural_air
        history = heat_history(world.year, world.site, components, air, world.sun, *load, usual)
    driven = replace(history, drive=drive_under(history, components, world.site, forcings, world.grid))
    unclamped_k = driven.solve(components)
    component_k = np.minimum(unclamped_k, HOTTEST_COMPONENT_K)
    clamps = _clamps(unclamped_k, components)
    burning = tuple(
        burning_wood(
            world.site,
            world.grid,
            history.t_s,
            component_k[:, components.index(fuel.component)],
            forcing_id,
            forcing,
            fuel,
        )
        for forcing_id, forcing in enumerate(forcings)
        for fuel in forcing.fuels
    )
    return Settled(world, inputs, components, history, component_k, clamps, burning)


def _air(world: "EnvironmentOrchestrator", forcings: Sequence[Forcing]) -> Atmosphere:
    """Air of the setting with everything that causes do to the weather."""
    before = world.setting_air
    changes = [change for forcing in forcings for change in forcing.weather]
    storms = [storm for forcing in forcings for storm in forcing.storms]
    changes += [storm_change(storm, world.grid, before.weather.wind_from_rad) for storm in storms]
    return changed(before, changes)


def _clamps(unclamped_k: Array, components: Components) -> dict[str, str]:
    """What had to be held, by component."""
    hottest_k = unclamped_k.max(axis=0)
    return {
        name: f"held at {HOTTEST_COMPONENT_K:g} K; the heat network would reach {peak_k:.3g} K"
        for name, peak_k in zip(components.names, hottest_k.tolist(), strict=True)
        if not peak_k <= HOTTEST_COMPONENT_K
    }
