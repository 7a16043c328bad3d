"""The pole's live world over a range of ticks, as sensors ask it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position
from envirosense.core.species import species as species_named
from envirosense.pole.components import Components
from envirosense.pole.scene import Coverage, SparseWeights
from envirosense.pole.scene_geometry import PinholeCamera
from envirosense.pole.settled import Settled
from envirosense.pole.view import ViewConditions, site_view, view_radiance_w_m2_sr

if TYPE_CHECKING:
    from envirosense.pole.world import EnvironmentOrchestrator

SUN_BEAM_W_M2 = 120.0  # direct sunshine of the meteorologists starts here


class Environment3DState:
    """The world over a range of ticks: answers for any point; arrays start with (time,)."""

    def __init__(
        self,
        world: "EnvironmentOrchestrator",
        settled: Settled,
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

    def ticks(self, first: int, n: int) -> "Environment3DState":
        """`n` ticks of this state from its tick `first` on."""
        step = self._part.step
        start = self._part.start + first * step
        return Environment3DState(self.world, self._settled, start, start + n * step, self._is_healthy, step)

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
        return self._settled.wind_m_s(at[2])[self._part]

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
        names = tuple(species_named(name).name for name in species)
        if self._is_healthy:
            return np.zeros((self.grid.n, len(names)))
        return self._settled.gas_excess_ppb(names, at)[self._part]

    def current_a(self) -> Array:
        """Phase current, (time,) [A]."""
        return self.world.current_a[self._part]
