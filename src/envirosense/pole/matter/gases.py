"""Gas at any point around the pole: ambient background, air from far away, and the plumes of every source.

Concentrations add: without a source there is no excess, whatever the seed. One set of eddies moves every
plume, and it is the wind that the anemometer feels. Gas and particles of one source share one plume.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from envirosense.core.parts import load_part
from envirosense.core.protocols import Array, Position
from envirosense.core.rng import stream
from envirosense.core.species import species as species_named
from envirosense.core.units import GAS_CONSTANT_J_MOL_K
from envirosense.physics.air.airflow import ou_path
from envirosense.physics.gas.background import (
    LN_TAU_S,
    SYNOPTIC_TAU_S,
    BackgroundLevels,
    background_levels,
    background_ppb,
    blend_paths,
)
from envirosense.physics.gas.gas_chemistry import (
    Triad,
    photolysis_per_s,
    plume_triad,
    titration_rate_per_ppb_s,
)
from envirosense.pole.atmosphere import Atmosphere
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.fields.memory import Answers, kept
from envirosense.pole.matter.plumes import Arrival, PoleAir, carry
from envirosense.scenarios import AirMass, Emission

LATTICE_S = 60.0  # courses of ambient air are read between points this far apart; assumed
PURE_PPB = 1e9  # mole fraction of pure gas, exact
ARRIVED_BYTES = 32 * 2**20  # of what single sources add at single points, gas by gas
TRIAD = ("nitric_oxide", "ozone", "nitrogen_dioxide")


@cache
def _levels(place: str) -> BackgroundLevels:
    part = load_part(f"background/{place}")
    names = tuple(part.group("levels"))
    columns = {
        kind: np.array([part.group(kind)[name] for name in names], dtype=np.float64)
        for kind in ("levels", "local_share", "gsd", "loading")
    }
    pattern = tuple(part.group("patterns")[name] for name in names)
    return background_levels(
        names, pattern, columns["levels"], columns["local_share"], columns["gsd"], columns["loading"]
    )


class Background:
    """Ambient gas over an episode, the same everywhere around one pole, with the air masses that come by.

    Ambient air changes over minutes: it is worked out every `LATTICE_S` and read between by straight lines.
    """

    def __init__(
        self, place: str, atmosphere: Atmosphere, world_seed: int, air_masses: Iterable[AirMass] = ()
    ) -> None:
        """Draw the wander of each species and keep the courses."""
        levels = _levels(place)
        grid, weather = atmosphere.grid, atmosphere.weather
        self._t_s = grid.t_s
        step_s = max(LATTICE_S, grid.dt_s)
        self._lattice_s = step_s * np.arange(int(np.ceil(grid.duration_s / step_s)) + 1, dtype=np.float64)
        n = self._lattice_s.size
        paths = [_wander(world_seed, name, n, step_s) for name in ("shared", *levels.species)]

        def sampled(course: Array) -> Array:
            """Course a step ago: between two points the air then only knows its past."""
            return np.interp(self._lattice_s - step_s, self._t_s, course)

        ambient_ppb = background_ppb(
            np.mod(atmosphere.hour_local[0] + self._lattice_s / 3600.0, 24.0),
            float(atmosphere.hour_of_year[0]) / 24.0,
            sampled(weather.air_k),
            sampled(weather.ghi_w_m2),
            sampled(weather.wind_m_s),
            levels,
            np.stack(paths, axis=1),
        )
        self._ambient_ppb = dict(zip(levels.species, ambient_ppb.T, strict=True))
        self._far_ppb = _of_air_masses(air_masses)
        self.names = tuple({**self._ambient_ppb, **self._far_ppb})

    def of(self, wanted: Sequence[str]) -> Array:
        """Mole fractions, (time, species) [ppb]; zero for gases of no background; held at pure gas."""
        ppb = np.zeros((self._t_s.size, len(wanted)))
        for column, name in enumerate(wanted):
            if name in self._ambient_ppb:
                ppb[:, column] = np.interp(self._t_s, self._lattice_s, self._ambient_ppb[name])
            if name in self._far_ppb:
                ppb[:, column] = np.clip(ppb[:, column] + self._far_ppb[name], 0.0, PURE_PPB)
        return ppb


def ambient_gas(inputs: WorldInputs) -> Background:
    """Ambient gas of an episode."""
    return Background(inputs.site.background, inputs.atmosphere, inputs.world_seed, inputs.air_masses())


def _of_air_masses(air_masses: Iterable[AirMass]) -> dict[str, Array]:
    """What all air masses add, by species, (time,) each [ppb]."""
    total: dict[str, Array] = {}
    for mass in air_masses:
        for alias, added_ppb in mass.gas_ppb.items():
            name = species_named(alias).name
            total[name] = total[name] + added_ppb if name in total else np.asarray(added_ppb)
    return total


def _wander(world_seed: int, name: str, n: int, step_s: float) -> Array:
    def path(kind: str, tau_s: float) -> Array:
        rng = stream(world_seed, "background", name, kind)
        return np.asarray(ou_path(rng.standard_normal(n), step_s, tau_s, float(rng.standard_normal())))

    return blend_paths(path("hourly", LN_TAU_S), path("synoptic", SYNOPTIC_TAU_S))


class GasField:
    """Gas and particles from all sources of an episode, over all its ticks, at any point.

    What reaches a point is worked out when it is first asked for and kept; draws belong to sources, so
    neither the order of questions nor another source moves them.
    """

    def __init__(
        self,
        inputs: WorldInputs,
        plumes: Sequence[Emission],
        particle_deposition_m_s: Mapping[str, float] | None = None,
        background: Background | None = None,
    ) -> None:
        """Take the sources; `plumes` are those of scenarios and those the world makes itself.

        `background` is that of the same air where it is already known.
        """
        self.plumes = tuple(
            replace(p, gas_g_s={species_named(gas).name: rate for gas, rate in p.gas_g_s.items()})
            for p in plumes
        )
        self.background = ambient_gas(inputs) if background is None else background
        self._inputs = inputs
        self._air = PoleAir(inputs.atmosphere, inputs.natural_air)
        self._particle_deposition_m_s = particle_deposition_m_s or {}
        self._arrivals: dict[tuple[int, Position], Arrival] = {}
        self._arrived = Answers(ARRIVED_BYTES)
        self.held: dict[str, str] = {}  # gases that passed pure gas at a point asked for so far

    def background_ppb(self, species: Sequence[str]) -> Array:
        """Mole fractions far from any source, (time, species) [ppb]."""
        return self.background.of(species)

    def excess_ppb(self, species: Sequence[str], at: Position) -> Array:
        """What the sources add, (time, species) [ppb]; that of ozone is negative where it is used up.

        With the background a gas never exceeds `PURE_PPB`: the dilution law knows no volume of its own, so
        inside a strong source it passes pure gas and is held there. `held` then names it.
        """
        asked = tuple(dict.fromkeys((*species, *TRIAD))) if set(species) & set(TRIAD) else tuple(species)
        excess = np.zeros((self._inputs.grid.n, len(asked)))
        weighted_s = np.zeros(self._inputs.grid.n)
        for number, plume in enumerate(self.plumes):
            arrival = self._arrival(number, at)
            for column, name in enumerate(asked):
                if name in plume.gas_g_s:
                    added = self._added_ppb(number, name, at)
                    excess[:, column] += added
                    weighted_s += added * arrival.age_s if name in TRIAD else 0.0
        if set(TRIAD) <= set(asked) and excess.any():
            excess = self._reacted(excess, asked, weighted_s)
        if excess.any():
            excess = self._held(excess, asked)
        return excess[:, [asked.index(name) for name in species]]

    def chi_s_m3(self, source_index: int, at: Position) -> Array:
        """Concentration per unit of a steady emission of one source, (time,) [s/m3]."""
        return self._arrival(source_index, at).chi_s_m3

    def particle_excess_ug_m3(self, at: Position) -> dict[str, Array]:
        """Dry mass that the sources add, by aerosol, (time,) each [ug/m3]."""
        total: dict[str, Array] = {}
        for number, plume in enumerate(self.plumes):
            for aerosol in plume.particle_g_s:
                added = 1e6 * self._arrival(number, at).particle_g_m3(aerosol)
                total[aerosol] = total[aerosol] + added if aerosol in total else added
        return total

    def tier(self, source_index: int, at: Position) -> tuple[str, str]:
        """Which model carries a source's gas to a point, and why."""
        arrival = self._arrival(source_index, at)
        return arrival.tier, arrival.reason

    def _arrival(self, number: int, at: Position) -> Arrival:
        def find() -> Arrival:
            inputs, plume = self._inputs, self.plumes[number]
            return carry(
                plume,
                self._air,
                at,
                inputs.site.pole_diameter_m,
                inputs.site.pole_height_m,
                self._particle_deposition_m_s,
                inputs.rng("plume", plume.name, "inside"),
            )

        return kept(self._arrivals, (number, at), find)

    def _added_ppb(self, number: int, name: str, at: Position) -> Array:
        """What one source adds of one gas, (time,) [ppb]; sensors and tables ask for the same gases."""
        return self._arrived.get(
            (number, name, at), lambda: self._ppb(name, self._arrival(number, at).gas_g_m3(name))
        )

    def _ppb(self, name: str, concentration_g_m3: Array) -> Array:
        weather = self._inputs.atmosphere.weather
        mol_per_m3 = weather.pressure_pa / (GAS_CONSTANT_J_MOL_K * weather.air_k)
        return np.asarray(1e9 * concentration_g_m3 / (species_named(name).molar_mass_g_mol * mol_per_m3))

    def _held(self, excess_ppb: Array, names: tuple[str, ...]) -> Array:
        """The same excess where it fits, and what pure gas leaves room for elsewhere."""
        room_ppb = PURE_PPB - self.background_ppb(names)
        for column in np.flatnonzero((excess_ppb > room_ppb).any(axis=0)):
            self.held[f"gas {names[column]}"] = f"held at {PURE_PPB:g} ppb (pure gas) at some places"
        return np.minimum(excess_ppb, room_ppb)

    def _reacted(self, excess_ppb: Array, names: tuple[str, ...], weighted_s: Array) -> Array:
        """The same excess after nitric oxide has met ozone on the way; age is that of the three gases."""
        weather = self._inputs.atmosphere.weather
        columns = [names.index(name) for name in TRIAD]
        amount = excess_ppb[:, columns].sum(axis=1)
        age_s = np.where(amount > 0.0, weighted_s / np.maximum(amount, 1e-300), 0.0)
        ambient = Triad(*self.background_ppb(TRIAD).T)
        triad = plume_triad(
            Triad(*excess_ppb[:, columns].T),
            ambient,
            age_s,
            titration_rate_per_ppb_s(weather.air_k, weather.pressure_pa),
            photolysis_per_s(weather.ghi_w_m2),
        )
        reacted = excess_ppb.copy()
        reacted[:, columns] = np.stack(
            [triad.nitric_oxide_ppb, triad.ozone_ppb, triad.nitrogen_dioxide_ppb], axis=1
        )
        return reacted
