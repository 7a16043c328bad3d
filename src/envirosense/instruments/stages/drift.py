"""Slow change with age: of the zero, and of the gain."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages.contract import Description, as_description, per_channel
from envirosense.instruments.stages.kernels import autoregression, shared_walk

DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class DriftState:
    """Rate of this unit [unit/day] and where its walk stands, both (channel,)."""

    per_day: Array
    walk: Array


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """Zero that moves: rate times age plus a random walk, begun `age_days` before the episode.

    The rate of a unit is normal with `spread_per_day` around `per_day`.
    """

    name: str
    per_day: float | Array = 0.0
    spread_per_day: float | Array = 0.0
    walk_per_sqrt_day: float | Array = 0.0
    age_days: float = 0.0

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> DriftState:
        """Rate of this unit, and its walk over the age it has."""
        rate, walked = unit_rng.standard_normal((2, n_channels))
        per_day = per_channel(self.per_day, n_channels) + per_channel(self.spread_per_day, n_channels) * rate
        return DriftState(per_day, self.walk_per_sqrt_day * math.sqrt(self.age_days) * walked)

    def apply(
        self, x: Array, carry: DriftState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, DriftState]:
        """Signal with the drift added, (time, channel)."""
        age_days = self.age_days + conditions.t_s / DAY_S
        if not np.any(self.walk_per_sqrt_day):
            return x + carry.per_day * age_days[:, None], carry
        walk = carry.walk.copy()
        kick = per_channel(self.walk_per_sqrt_day, walk.size) * math.sqrt(conditions.dt_s / DAY_S)
        steps = autoregression(noise_rng.standard_normal(x.shape), walk, np.ones(walk.size), kick)
        return x + (carry.per_day * age_days[:, None] + steps), DriftState(carry.per_day, walk)

    def spread(self, x: Array, carry: DriftState, conditions: Conditions) -> float | Array:
        """Rate and walk over the age at the episode's start."""
        rate = np.hypot(self.per_day, self.spread_per_day) * self.age_days
        return np.hypot(rate, self.walk_per_sqrt_day * math.sqrt(self.age_days))

    def describe(self, carry: DriftState) -> Description:
        """Rate of this unit, size of the walk, age at the start and where the walk stands."""
        return as_description(
            {
                "per_day": carry.per_day,
                "walk_per_sqrt_day": self.walk_per_sqrt_day,
                "age_days": self.age_days,
                "walk": carry.walk,
            }
        )


@dataclass(frozen=True, slots=True)
class GainState:
    """Rate of this unit [ln/day], (channel,), and its walks of unit step, (1 + groups + channels,)."""

    per_day: Array
    walks: Array


@dataclass(frozen=True, slots=True, eq=False)
class SharedGainDrift:
    """Sensitivity that moves, with what ages together moving together.

    The log gain is rate * age + a random walk whose variance is shared out between the whole
    array, the channels of one type and the single channel (`shares` add to 1). On a log response
    (`is_log`) the gain acts on exp|x| - 1, the response relative to clean air; elsewhere on x.
    """

    name: str
    per_day: float | Array
    spread_per_day: float | Array
    walk_per_sqrt_day: float | Array
    group: tuple[int, ...]
    shares: tuple[float, float, float]
    is_log: npt.NDArray[np.bool_]
    age_days: float = 0.0

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> GainState:
        """Rate of this unit, and its walks over the age it has."""
        rate = unit_rng.standard_normal(n_channels)
        walks = unit_rng.standard_normal(1 + max(self.group) + 1 + n_channels) * math.sqrt(self.age_days)
        return GainState(per_channel(self.per_day, n_channels) + self.spread_per_day * rate, walks)

    def apply(
        self, x: Array, carry: GainState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, GainState]:
        """Signal with the gain of the moment, (time, channel)."""
        log_gain, walks = self.log_gain(x.shape, carry, conditions, noise_rng)
        gain = np.exp(log_gain)
        y = x * gain
        log = self.is_log
        y[:, log] = np.copysign(np.log1p(gain[:, log] * np.expm1(np.abs(x[:, log]))), x[:, log])
        return y, GainState(carry.per_day, walks)

    def log_gain(
        self, shape: tuple[int, ...], carry: GainState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Log gain, (time, channel), and the walks after the last tick."""
        walks = carry.walks.copy()
        step = math.sqrt(conditions.dt_s / DAY_S)
        steps = noise_rng.standard_normal((shape[0], walks.size))
        steps *= step
        walk = shared_walk(
            steps,
            walks,
            np.asarray(self.group, dtype=np.int64),
            np.sqrt(np.asarray(self.shares, dtype=np.float64)),
            per_channel(self.walk_per_sqrt_day, shape[1]),
        )
        age_days = self.age_days + conditions.t_s / DAY_S
        return walk + carry.per_day * age_days[:, None], walks

    def spread(self, x: Array, carry: GainState, conditions: Conditions) -> float | Array:
        """Rate and walk over the age at the episode's start, as a share of the response."""
        rate = np.hypot(self.per_day, self.spread_per_day) * self.age_days
        log_gain = np.hypot(rate, self.walk_per_sqrt_day * math.sqrt(self.age_days))
        size = np.abs(x)
        return np.asarray(log_gain * np.where(self.is_log, -np.expm1(-size), size))

    def describe(self, carry: GainState) -> Description:
        """Rate of this unit, size of the walk, age at the start and the walk of each channel."""
        own = len(carry.walks) - len(self.group)
        weight = np.sqrt(np.asarray(self.shares))
        walk = (
            weight[0] * carry.walks[0]
            + weight[1] * carry.walks[1 + np.asarray(self.group)]
            + weight[2] * carry.walks[own:]
        )
        return as_description(
            {
                "ln_per_day": carry.per_day,
                "ln_walk_per_sqrt_day": self.walk_per_sqrt_day,
                "age_days": self.age_days,
                "ln_walk": self.walk_per_sqrt_day * walk,
            }
        )
