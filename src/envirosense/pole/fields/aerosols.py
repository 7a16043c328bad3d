"""Particles at any point around the pole: ambient air, air from afar, fog, and the plumes of sources.

Mass is dry mass by aerosol; that of fog is its water. Size bins count particles as they are in the air,
grown with its humidity.
"""

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np

from envirosense.core.parts import load_part
from envirosense.core.protocols import Array, Position
from envirosense.physics.air.airflow import ou_path
from envirosense.physics.air.fog import fog_water_g_m3
from envirosense.physics.air.precipitation import washout_per_s
from envirosense.physics.particles.aerosol import Mode, bin_shares, growth_factor
from envirosense.physics.particles.background_particles import (
    NEAR_TAUS_S,
    SLOW_TAUS_S,
    particle_course,
    particle_factor,
    washed_factor,
)
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.fields.memory import kept
from envirosense.pole.matter.aerosol_parts import aerosol_kind, aerosol_names
from envirosense.pole.matter.gases import LATTICE_S

type Excess = Callable[[Position], Mapping[str, Array]]  # aerosol -> (time,) [ug/m3]

FINE, COARSE, FOG = "background_fine", "background_coarse", "fog"
GROWTH_STEP = 0.01  # numerical choice: between tabulated growth factors, read linearly
SHARED_PATHS = ("hourly", "synoptic")  # streams of the gases' shared wander, in the order of SLOW_TAUS_S


class Aerosols:
    """Particles over all ticks of an episode; arrays start with (time,)."""

    def __init__(
        self, inputs: WorldInputs, excess: Excess | None = None, same_air: "Aerosols | None" = None
    ) -> None:
        """Field of ambient air and air masses, plus what `excess` says that plumes add at a point.

        `same_air` are the aerosols of another world with the same ambient air.
        """
        self.aerosols = aerosol_names()
        self._inputs = inputs
        self._excess = excess
        self._same_air = same_air
        self._mass: dict[Position, Array] = {}

    @cached_property
    def ambient_ug_m3(self) -> Array:
        """Mass of ambient air and its fog, without any cause, (time, aerosol) [ug/m3]."""
        if self._same_air is not None:
            return self._same_air.ambient_ug_m3
        inputs, weather = self._inputs, self._inputs.atmosphere.weather
        part = load_part(f"background/{inputs.site.background}")
        levels_ug_m3 = [float(part["particles.pm2_5"]), float(part["particles.pm10"])]
        pm_fine, pm_coarse = (aerosol_kind(name).pm_shares() for name in (FINE, COARSE))
        # the two modes overlap at 2.5 um: levels are those that give the part's PM2.5 and PM10
        fine, coarse = np.linalg.solve(np.stack([pm_fine, pm_coarse], axis=1)[1:], levels_ug_m3)
        ambient = np.zeros((inputs.grid.n, len(self.aerosols)))
        course = particle_course(inputs.atmosphere.hour_local, weather.wind_m_s)
        for name, level in ((FINE, fine), (COARSE, coarse)):
            washout = washout_per_s(weather.rain_mm_h, aerosol_kind(name).washout_per_s)
            factor = self._wander(name, float(part["particles.gsd"]), float(part["particles.loading"]))
            wet = washed_factor(washout, inputs.grid.dt_s)
            ambient[:, self.aerosols.index(name)] = level * course * factor * wet
        water_g_m3 = fog_water_g_m3(
            weather.relative_humidity, weather.wind_m_s, weather.ghi_w_m2, inputs.grid.dt_s
        )
        ambient[:, self.aerosols.index(FOG)] = 1e6 * water_g_m3
        return ambient

    @cached_property
    def far_ug_m3(self) -> Array:
        """Mass that air masses bring, (time, aerosol) [ug/m3]."""
        total = np.zeros((self._inputs.grid.n, len(self.aerosols)))
        for mass in self._inputs.air_masses():
            self._add(total, mass.particle_ug_m3)
        return total

    def particle_ug_m3(self, at: Position) -> Array:
        """Dry mass by aerosol, (time, aerosol) [ug/m3]."""

        def find() -> Array:
            total = self.ambient_ug_m3 + self.far_ug_m3
            if self._excess is not None:
                self._add(total, self._excess(at))
            return total

        return kept(self._mass, at, find, most=8)

    def particle_per_cm3(self, edges_um: Array, at: Position) -> Array:
        """Number of particles and droplets by size at ambient humidity, (time, bin) [1/cm3]."""
        return self._count(np.asarray(edges_um, dtype=np.float64), self.particle_ug_m3(at))

    def pm_ug_m3(self, at: Position) -> Array:
        """PM1, PM2.5 and PM10 of dried air, (time, 3) [ug/m3]."""
        shares = np.stack([aerosol_kind(name).pm_shares() for name in self.aerosols])
        return np.asarray(self.particle_ug_m3(at) @ shares)

    def _count(self, edges_um: Array, mass_ug_m3: Array) -> Array:
        humidity = self._inputs.atmosphere.weather.relative_humidity
        total = np.zeros((mass_ug_m3.shape[0], edges_um.size - 1))
        for column, name in enumerate(self.aerosols):
            present = mass_ug_m3[:, column]
            if not np.any(present):
                continue
            kind = aerosol_kind(name)
            for mode, per_cm3 in zip(kind.modes, kind.number_per_ug(), strict=True):
                total += (per_cm3 * present)[:, None] * _grown_shares(edges_um, mode, humidity)
        return total

    def _wander(self, name: str, gsd: float, loading: float) -> Array:
        """Factor on one ambient aerosol, (time,); its shared part is the very path that moves the gases."""
        grid = self._inputs.grid
        near = [
            self._path(("aerosols", name, f"near {i}"), tau_s, grid.n, grid.dt_s)
            for i, tau_s in enumerate(NEAR_TAUS_S)
        ]
        own = self._slow_paths("aerosols", name)
        return particle_factor(own, self._shared_paths, np.stack(near, axis=1), gsd, loading, grid.dt_s)

    @cached_property
    def _shared_paths(self) -> Array:
        return self._slow_paths("background", "shared")

    def _slow_paths(self, *names: str) -> Array:
        """Paths of `SLOW_TAUS_S`, (time, 2): drawn on the lattice of the gases, straight lines between."""
        grid = self._inputs.grid
        step_s = max(LATTICE_S, grid.dt_s)
        lattice_s = step_s * np.arange(int(np.ceil(grid.duration_s / step_s)) + 1, dtype=np.float64)
        paths = [
            self._path((*names, kind), tau_s, lattice_s.size, step_s)
            for kind, tau_s in zip(SHARED_PATHS, SLOW_TAUS_S, strict=True)
        ]
        return np.stack([np.interp(grid.t_s, lattice_s, path) for path in paths], axis=1)

    def _path(self, names: tuple[str, ...], tau_s: float, n: int, step_s: float) -> Array:
        rng = self._inputs.rng(*names)
        return ou_path(rng.standard_normal(n), step_s, tau_s, float(rng.standard_normal()))

    def _add(self, total: Array, mass_ug_m3: Mapping[str, Array]) -> None:
        for name, values in mass_ug_m3.items():
            total[:, self.aerosols.index(aerosol_kind(name).name)] += values


def _grown_shares(edges_um: Array, mode: Mode, humidity: Array) -> Array:
    """Share of a mode's particles in each bin at ambient humidity, (time, bin), off by less than 1e-4."""
    growth = growth_factor(humidity, mode.kappa)
    most = float(growth.max())
    nodes = np.linspace(1.0, most, 2 + int((most - 1.0) / GROWTH_STEP))
    table = bin_shares(edges_um, mode, nodes)
    place = (growth - 1.0) * ((nodes.size - 1) / max(most - 1.0, 1e-12))  # particles that do not grow: node 0
    lower = np.minimum(place.astype(np.int64), nodes.size - 2)
    weight = (place - lower)[:, None]
    return np.asarray(table[lower] + weight * (table[lower + 1] - table[lower]))
