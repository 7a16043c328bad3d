"""Imperfections of a particle counter between its inlet and its counts.

The signal is (time, 10): mass below 1, 2.5, 4 and 10 um [ug/m3], number of 0.3 um up to 0.5, 1, 2.5, 4 and
10 um [1/cm3], mean diameter [um].
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, Draws, as_description
from envirosense.instruments.stages.kernels import lag
from envirosense.instruments.stages.response import lag_gain
from envirosense.instruments.stages.spells import NEVER, Spells
from envirosense.pole.sensors.counting_kernels import counted

PM2_5: Final = 1
PM10: Final = 3
SIZE: Final = 9  # the one column that is no concentration
DAY_H: Final = 24.0
HOUR_S: Final = 3600.0
UG_PER_MG: Final = 1e3
# Number bins and their middles; the weight of a particle goes with the cube
NUMBER_MIDDLES_UM: Final = np.sqrt(np.array([0.3, 0.5, 1.0, 2.5, 4.0]) * np.array([0.5, 1.0, 2.5, 4.0, 10.0]))
NUMBER_VOLUMES_UM3: Final = np.pi / 6.0 * NUMBER_MIDDLES_UM**3
N_BINS: Final = 5
_PARTICLES: Final = (NUMBER_VOLUMES_UM3, NUMBER_MIDDLES_UM)


def scaled(x: Array, factor: Array) -> Array:
    """Signal with every concentration times a factor (time,), (time, channel)."""
    y = x * factor[:, None]
    y[:, SIZE] = x[:, SIZE]
    return y


def concentrations(n_channels: int) -> Array:
    """1.0 for every channel but the size, (channel,)."""
    return np.asarray(np.arange(n_channels) != SIZE, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class WearState:
    """Dose that has passed [mg h/m3], (1,), and loss of this unit per dose [m3/(mg h)], (1,)."""

    dose: Array
    loss: Array


@dataclass(frozen=True, slots=True, eq=False)
class Wear:
    """Air that the fan no longer moves and light that deposits take, both unknown to the counter.

    The flow falls in a straight line over the fan's life; a blocked fan (severity 1) moves none. Light is
    exp(-loss * dose), where the dose before the episode is that of usual air and the loss of a unit uniform
    between its bounds; a fouled unit (severity 1) keeps `fouled_gain` of it.
    """

    name: str
    flow_loss_per_day: float
    loss_low: float  # m3/(mg h)
    loss_high: float
    usual_ug_m3: float
    used_days: float
    fouled_gain: float
    blocked: Spells = NEVER
    fouled: Spells = NEVER

    @property
    def _dose_before(self) -> float:
        return self.used_days * DAY_H * self.usual_ug_m3 / UG_PER_MG

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> WearState:
        """Dose of its age, and what deposits cost this unit."""
        loss = unit_rng.uniform(self.loss_low, self.loss_high, 1)
        return WearState(np.full(1, self._dose_before), loss)

    def flow(self, t_s: Array) -> Array:
        """Flow as a share of a new fan's, (time,)."""
        worn = max(1.0 - self.flow_loss_per_day * self.used_days, 0.0)
        return worn * (1.0 - self.blocked.severity(t_s)) if self.blocked else np.full(t_s.size, worn)

    def apply(
        self, x: Array, carry: WearState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, WearState]:
        """Signal of the air that comes in the light that is left, (time, channel)."""
        gained = x[:, PM10] * (conditions.dt_s / HOUR_S / UG_PER_MG)
        dose = np.cumsum(np.concatenate((carry.dose, gained)))[1:]
        left = np.exp(-carry.loss * dose) * self.flow(conditions.t_s)
        if self.fouled:
            left = left * self.fouled_gain ** self.fouled.severity(conditions.t_s)
        return scaled(x, left), WearState(dose[-1:].copy(), carry.loss)

    def spread(self, x: Array, carry: WearState, conditions: Conditions) -> float | Array:
        """How units differ in the light they lose."""
        light = (self.loss_high - self.loss_low) / math.sqrt(12.0) * self._dose_before
        return light * np.abs(x) * concentrations(x.shape[1])

    def bias(self, x: Array, carry: WearState, conditions: Conditions) -> Array:
        """Expected loss of flow and light at the age it has: nobody corrects them."""
        light = 0.5 * (self.loss_low + self.loss_high) * self._dose_before
        left = math.exp(-light) * max(1.0 - self.flow_loss_per_day * self.used_days, 0.0)
        return (left - 1.0) * x * concentrations(x.shape[1])

    def describe(self, carry: WearState) -> Description:
        """Dose so far, loss of this unit, wear of the fan, and use before the episode."""
        return as_description(
            {
                "dose_mg_h_m3": carry.dose[0],
                "loss_m3_mg_h": carry.loss[0],
                "flow_loss_per_day": self.flow_loss_per_day,
                "used_days": self.used_days,
            }
        )


@dataclass(frozen=True, slots=True, eq=False)
class Coincidence:
    """Particles that hide behind each other: c becomes c_s (1 - exp(-c / c_s)), c the mass up to 10 um."""

    name: str
    scale_ug_m3: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal of the particles told apart, (time, channel)."""
        return scaled(x, self._told_apart(x)), None

    def _told_apart(self, x: Array) -> Array:
        load = np.maximum(x[:, PM10] / self.scale_ug_m3, 1e-12)
        return np.asarray(-np.expm1(-load) / load)

    def bias(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """What hides, (time, channel)."""
        return (self._told_apart(x) - 1.0)[:, None] * x * concentrations(x.shape[1])

    def describe(self, carry: None) -> Description:
        """Mass at which the counter is full."""
        return as_description({"scale_ug_m3": self.scale_ug_m3})


@dataclass(frozen=True, slots=True)
class CountingState:
    """Draws of what was counted before the first tick, (bin,), and the running mean, (channel,)."""

    before: Array
    mean: Array


@dataclass(frozen=True, slots=True, eq=False)
class Counting(Draws):
    """Running mean of what was counted: Poisson in each number bin, of the volume that a tick samples.

    The mean is exponential and as quiet as a plain one over `window_s`. A settled mean of c ug/m3 scatters
    by `sigma_at_one` sqrt(c). Before the first tick it has counted over one window.
    """

    name: str
    volume_cm3_s: float
    window_s: float
    sigma_at_one: Array  # of a settled reading of 1, (channel,)

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> CountingState:
        """Nothing counted yet."""
        return CountingState(unit_rng.standard_normal(N_BINS), np.full(n_channels, np.nan))

    def apply(
        self, x: Array, carry: CountingState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, CountingState]:
        """Running mean of the counts, (time, channel)."""
        noise = noise_rng.standard_normal((x.shape[0], N_BINS))
        mean = carry.mean.copy()
        if np.isnan(mean[0]):
            mean[:] = counted(x[:1], carry.before[None], self.volume_cm3_s * self.window_s, *_PARTICLES)[0]
        y = counted(x, noise, self.volume_cm3_s * conditions.dt_s, *_PARTICLES)
        gain = lag_gain(conditions.dt_s, np.full(x.shape[1], 0.5 * self.window_s))
        return lag(y, mean, gain, gain), CountingState(carry.before, mean)

    def spread(self, x: Array, carry: CountingState, conditions: Conditions) -> float | Array:
        """Scatter of a settled reading."""
        return self.sigma_at_one * np.sqrt(np.abs(x))

    def describe(self, carry: CountingState) -> Description:
        """Volume sampled, window, and the mean so far."""
        return as_description(
            {"volume_cm3_s": self.volume_cm3_s, "window_s": self.window_s, "mean": carry.mean}
        )


@dataclass(frozen=True, slots=True, eq=False)
class Extrapolation:
    """Coarse channels guessed from the slope of the fine ones.

    Mass above 2.5 um is that of 1 to 2.5 um times (n / (ratio n'))^power, at most `most`, with n' and n the
    numbers below and above 1 um; `near_share` of it lies below 4 um. The error budget counts here by how much
    a reading is off, one sigma, since no aerosol is that of the calibration: `unlike` (channel,) [1].
    """

    name: str
    ratio: float
    power: float
    most: float
    near_share: float
    unlike: Array

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal with guessed coarse channels, (time, channel)."""
        return self._guessed(x), None

    def _guessed(self, x: Array) -> Array:
        last_mass = np.maximum(x[:, 1] - x[:, 0], 0.0)
        below, above = np.maximum(x[:, 5] - x[:, 4], 1e-9), np.maximum(x[:, 6] - x[:, 5], 0.0)
        steepness = np.minimum(above / (self.ratio * below), 1e3)
        share = np.minimum(steepness**self.power, self.most)
        guess = last_mass * share
        near = self.near_share * guess
        per_mass = above * NUMBER_VOLUMES_UM3[2] / np.maximum(last_mass, 1e-12)
        y = x.copy()
        y[:, 2], y[:, 3] = x[:, 1] + near, x[:, 1] + guess
        y[:, 7] = x[:, 6] + near * per_mass / NUMBER_VOLUMES_UM3[3]
        y[:, 8] = y[:, 7] + (guess - near) * per_mass / NUMBER_VOLUMES_UM3[4]
        return y

    def spread(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Error by the kind of the aerosol, which the counter does not know, (time, channel)."""
        return self.unlike * np.abs(self._guessed(x))

    def describe(self, carry: None) -> Description:
        """The law's constants."""
        return as_description({"ratio": self.ratio, "power": self.power, "near_share": self.near_share})
