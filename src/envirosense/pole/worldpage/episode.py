"""The world of one episode at a moment, as the page asks it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array, Position
from envirosense.core.species import species
from envirosense.core.units import GAS_CONSTANT_J_MOL_K
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.matter.gases import TRIAD, GasField
from envirosense.pole.run import EpisodeRun
from envirosense.pole.state import Environment3DState
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import SCENARIOS, Emission

type Ticks = npt.NDArray[np.intp]

N_MOMENTS: Final = 24
FILM_STEP_S: Final = 5.0  # between moments: a plume crosses the picture in a few of them
FILM_SHARE: Final = 1 / 3  # of the moments lie before the one asked for
MEAN_S: Final = 600.0  # over which the mean plume is taken
MEAN_STEP_S: Final = 10.0
_COMMON: Final = {"water", "carbon_dioxide", *TRIAD}  # of a large background, or reacting on the way


@dataclass
class WorldMoment:
    """An episode of a scenario, all of its ticks, and the moment to look at."""

    run: EpisodeRun
    at_s: float

    @property
    def tick(self) -> int:
        """The moment's tick."""
        return min(round(self.at_s / self.dt_s), self.n - 1)

    @property
    def dt_s(self) -> float:
        """Tick [s]."""
        return self.run.spec.grid.dt_s

    @property
    def n(self) -> int:
        """Ticks of the episode."""
        return self.run.spec.grid.n

    @property
    def duration_s(self) -> float:
        """Length of the episode [s]."""
        return self.run.spec.grid.duration_s

    @cached_property
    def state(self) -> Environment3DState:
        """The world over the whole episode."""
        return self.run.world.state(0, self.n)

    @cached_property
    def now(self) -> Environment3DState:
        """The world at the moment."""
        return self.run.world.state(self.tick, self.tick + 1)

    @property
    def device_m(self) -> Position:
        """Where the device's inlet is."""
        return self.run.site.device_position_m

    @property
    def gases(self) -> GasField:
        """Every source and what carries it."""
        return self.run.world.settled.gases

    @cached_property
    def film_ticks(self) -> Ticks:
        """Moments of the film, rising; the moment asked for is one of them unless the episode is short."""
        step = max(1, round(FILM_STEP_S / self.dt_s))
        ticks = self.tick + step * (np.arange(N_MOMENTS) - round(N_MOMENTS * FILM_SHARE))
        inside = ticks[(ticks >= 0) & (ticks < self.n)]
        return np.asarray(inside, dtype=np.intp)

    @property
    def film_index(self) -> int:
        """Place of the moment in the film."""
        return int(np.searchsorted(self.film_ticks, self.tick))

    @cached_property
    def mean_ticks(self) -> Ticks:
        """Ticks over which the mean plume is taken."""
        step = max(1, round(MEAN_STEP_S / self.dt_s))
        reach = round(0.5 * MEAN_S / self.dt_s)
        ticks = np.arange(self.tick - reach, self.tick + reach + 1, step)
        return np.asarray(ticks[(ticks >= 0) & (ticks < self.n)], dtype=np.intp)

    @cached_property
    def flow(self) -> tuple[float, float]:
        """Unit vector that the mean wind of the film blows along, east and north."""
        east, north = self.run.world.atmosphere.downwind[self.film_ticks].mean(axis=0)
        length = max(float(np.hypot(east, north)), 1e-9)
        return float(east) / length, float(north) / length

    def ppb_per_g_m3(self, gas: str, ticks: Ticks) -> Array:
        """Mole fraction of a concentration of 1 g/m3, (tick,) [ppb]."""
        weather = self.run.world.atmosphere.weather
        mol_per_m3 = weather.pressure_pa[ticks] / (GAS_CONSTANT_J_MOL_K * weather.air_k[ticks])
        return np.asarray(1e9 / (species(gas).molar_mass_g_mol * mol_per_m3))

    def shown_gas(self, emission: Emission) -> str | None:
        """Gas that tells most of a source: carbon monoxide, or the one it gives off most of in moles."""
        names = [name for name in emission.gas_g_s if name not in _COMMON] or list(emission.gas_g_s)
        if not names:
            return None
        if "carbon_monoxide" in names:
            return "carbon_monoxide"
        return max(names, key=lambda n: float(np.max(emission.gas_g_s[n])) / species(n).molar_mass_g_mol)


def open_moment(
    scenario: str, at_s: float, seed: int, duration_s: float, dt_s: float, options: Mapping[str, Any]
) -> WorldMoment:
    """A world of a scenario, drawn as the first episode of a dataset with this seed, at a moment.

    Raises:
        UnknownNameError: if no scenario has that id.
        ConfigError: if the moment lies outside the episode, or an option cannot be used.
    """
    SCENARIOS[scenario]  # refuses an unknown name before anything is drawn
    if not 0.0 <= at_s < duration_s:
        raise ConfigError("at", f"{at_s:g} s", f"must lie within the episode, 0 to {duration_s:g} s")
    spec = PoleTwin().draw(scenario, EpisodeRequest(seed, 0, 1, duration_s, dt_s, options))
    return WorldMoment(EpisodeRun(spec), at_s)
