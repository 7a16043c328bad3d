"""What happens to the linear channels of a gas array: electrochemical cells and photoionisation lamps.

Signals are (time, channel) [ppb of the target].
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, as_description
from envirosense.instruments.stages.drift import DAY_S

type Marks = npt.NDArray[np.bool_]

CELL_POINTS_K: Final = ZERO_CELSIUS_K + np.array([-20.0, 20.0, 50.0])  # where sheets state the sensitivity
YEAR_DAYS: Final = 365.25


@dataclass(frozen=True, slots=True, eq=False)
class CellGain:
    """Sensitivity of cells over temperature: straight lines through -20, 20 and 50 degC, 1 at 20 degC.

    The ends of a unit are uniform within what the sheet allows; beyond them the ends hold.
    """

    name: str
    cells: Marks
    cold: tuple[float, float]
    hot: tuple[float, float]

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Sensitivity at -20, 20 and 50 degC, (3,)."""
        return np.array([unit_rng.uniform(*self.cold), 1.0, unit_rng.uniform(*self.hot)])

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Signal of cells as cold or warm as the air, (time, channel)."""
        y = x.copy()
        y[:, self.cells] *= np.interp(conditions.air_k, CELL_POINTS_K, carry)[:, None]
        return y, carry

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> Array:
        """Departure of a middling unit from its sensitivity at 20 degC."""
        middle = [np.mean(self.cold), 1.0, np.mean(self.hot)]
        away = np.abs(np.interp(conditions.air_k, CELL_POINTS_K, middle) - 1.0)
        return np.where(self.cells, np.abs(x) * away[:, None], 0.0)

    def describe(self, carry: Array) -> Description:
        """Sensitivity at -20 and at 50 degC."""
        return as_description({"at_minus_20_c": carry[0], "at_50_c": carry[2]})


@dataclass(frozen=True, slots=True)
class ElectrolyteState:
    """Loss of this unit [ln/day of extreme humidity], and what it has lost [ln], (1,) each."""

    per_day: Array
    lost: Array


@dataclass(frozen=True, slots=True, eq=False)
class Electrolyte:
    """Sensitivity lost for good while cells dry out in very dry air, or soak in very damp air."""

    name: str
    cells: Marks
    dry: float  # relative humidity 0..1
    damp: float
    per_day: tuple[float, float]  # uniform between units [ln/day]

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> ElectrolyteState:
        """How fast this unit suffers."""
        return ElectrolyteState(unit_rng.uniform(*self.per_day, 1), np.zeros(1))

    def apply(
        self, x: Array, carry: ElectrolyteState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, ElectrolyteState]:
        """Weakened signal, (time, channel)."""
        humidity = conditions.relative_humidity
        suffers = (humidity < self.dry) | (humidity > self.damp)
        step = carry.per_day * (conditions.dt_s / DAY_S)
        lost = np.cumsum(np.concatenate([carry.lost, step * suffers]))  # in order: blocks keep the bits
        y = x.copy()
        y[:, self.cells] *= np.exp(-lost[1:, None])
        return y, ElectrolyteState(carry.per_day, lost[-1:])

    def describe(self, carry: ElectrolyteState) -> Description:
        """Rate of this unit and its loss so far."""
        return as_description({"ln_per_day": carry.per_day[0], "ln_lost": carry.lost[0]})


@dataclass(frozen=True, slots=True, eq=False)
class LampFouling:
    """Light that dust on a lamp's window takes step by step, since it was cleaned `age_days` ago.

    Steps come as a Poisson process; each takes an exponential share of the log gain.
    """

    name: str
    lamps: Marks
    per_year: float
    step_ln: float
    age_days: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Log gain lost so far, (1,)."""
        steps = unit_rng.poisson(self.per_year * self.age_days / YEAR_DAYS)
        return np.full(1, self.step_ln * unit_rng.gamma(steps) if steps else 0.0)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Weakened signal, (time, channel)."""
        chance, size = noise_rng.random((x.shape[0], 2)).T
        happens = chance < -np.expm1(-self.per_year * conditions.dt_s / (YEAR_DAYS * DAY_S))
        steps = np.where(happens, -self.step_ln * np.log1p(-size), 0.0)
        lost = np.cumsum(np.concatenate([carry, steps]))  # in order: blocks keep the bits
        y = x.copy()
        y[:, self.lamps] *= np.exp(-lost[1:, None])
        return y, lost[-1:]

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> Array:
        """Expected loss since it was cleaned."""
        lost = self.step_ln * self.per_year * self.age_days / YEAR_DAYS
        return np.where(self.lamps, -np.abs(x) * np.expm1(-lost), 0.0)

    def describe(self, carry: Array) -> Description:
        """How often, how much, and what is lost."""
        return as_description({"per_year": self.per_year, "step_ln": self.step_ln, "ln_lost": carry[0]})
