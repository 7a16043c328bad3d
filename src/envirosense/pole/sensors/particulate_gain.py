"""Gain, zero and upkeep of a particle counter; the signal is that of `particulate_stages`."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, Draws, as_description
from envirosense.instruments.stages.drift import DAY_S
from envirosense.instruments.stages.kernels import autoregression
from envirosense.instruments.stages.noise import walk_coefficients
from envirosense.pole.sensors.particulate_stages import concentrations, scaled

N_MASSES: Final = 4


@dataclass(frozen=True, slots=True)
class GainState:
    """Log gain of this unit when calibrated, its rate [1/day], and where its wander stands, each (1,)."""

    ln: Array
    per_day: Array
    wander: Array


@dataclass(frozen=True, slots=True, eq=False)
class LaserGain(Draws):
    """One gain for all channels: of the unit, drifting with its age, wandering from day to day.

    All in the logarithm; the wander is an Ornstein-Uhlenbeck path of `wander_ln` and `wander_s`.
    """

    name: str
    spread_ln: float
    drift_ln_per_day: float  # one sigma among units
    wander_ln: float
    wander_s: float
    age_days: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> GainState:
        """What this unit got."""
        gain, rate, wander = unit_rng.standard_normal((3, 1))
        return GainState(self.spread_ln * gain, self.drift_ln_per_day * rate, self.wander_ln * wander)

    def apply(
        self, x: Array, carry: GainState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, GainState]:
        """Signal times the gain of the moment, (time, channel)."""
        wander = carry.wander.copy()
        keep, kick_s = walk_coefficients(conditions.dt_s, self.wander_s)
        kick = self.wander_ln * math.sqrt(2.0 / self.wander_s * kick_s)
        noise = noise_rng.standard_normal((x.shape[0], 1))
        path = autoregression(noise, wander, np.full(1, keep), np.full(1, kick))[:, 0]
        age_days = self.age_days + conditions.t_s / DAY_S
        gain = np.exp(carry.ln + carry.per_day * age_days + path)
        return scaled(x, gain), GainState(carry.ln, carry.per_day, wander)

    def spread(self, x: Array, carry: GainState, conditions: Conditions) -> float | Array:
        """Gain error expected of a unit of this age."""
        relative = math.hypot(self.spread_ln, self.wander_ln, self.drift_ln_per_day * self.age_days)
        return relative * np.abs(x) * concentrations(x.shape[1])

    def describe(self, carry: GainState) -> Description:
        """Log gain of this unit, its rate, and its wander."""
        return as_description(
            {
                "ln_gain": carry.ln[0],
                "ln_per_day": carry.per_day[0],
                "wander_ln": self.wander_ln,
                "wander_s": self.wander_s,
                "wander": carry.wander[0],
            }
        )


@dataclass(frozen=True, slots=True)
class ZeroState:
    """Zero of this unit when calibrated [ug/m3] and its rate [ug/m3/day], both (1,)."""

    offset: Array
    per_day: Array


@dataclass(frozen=True, slots=True, eq=False)
class StrayLight:
    """Light that no particle scattered, read as mass: a zero of the unit that rises with deposits.

    The rate of a unit is normal around `per_day`. All mass channels get the same; numbers none.
    """

    name: str
    offset_spread: float
    per_day: float
    spread_per_day: float
    age_days: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> ZeroState:
        """What this unit got."""
        offset, rate = unit_rng.standard_normal((2, 1))
        return ZeroState(self.offset_spread * offset, self.per_day + self.spread_per_day * rate)

    def apply(
        self, x: Array, carry: ZeroState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, ZeroState]:
        """Signal with its zero, (time, channel)."""
        y = x.copy()
        zero = carry.offset + carry.per_day * (self.age_days + conditions.t_s / DAY_S)
        y[:, :N_MASSES] += zero[:, None]
        return y, carry

    def spread(self, x: Array, carry: ZeroState, conditions: Conditions) -> float | Array:
        """Zero expected of a unit of this age."""
        by_age = math.hypot(self.per_day, self.spread_per_day) * self.age_days
        return np.where(np.arange(x.shape[1]) < N_MASSES, math.hypot(self.offset_spread, by_age), 0.0)

    def describe(self, carry: ZeroState) -> Description:
        """Zero of this unit and its rate."""
        return as_description({"offset_ug_m3": carry.offset[0], "ug_m3_per_day": carry.per_day[0]})


@dataclass(frozen=True, slots=True, eq=False)
class Cleaning:
    """Fan at full speed for a while each time it has run for `every_s`; no readings meanwhile."""

    name: str
    every_s: float  # 0 for never
    lasts_s: float
    used_days: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def runs(self, t_s: Array) -> Array:
        """1.0 while the fan cleans itself, (time,)."""
        if self.every_s <= 0.0:
            return np.zeros(t_s.size)
        used_s = self.used_days * DAY_S + t_s
        cleans = (used_s >= self.every_s) & (np.mod(used_s, self.every_s) < self.lasts_s)
        return np.asarray(cleans, dtype=np.float64)

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal with NaN while it cleans, (time, channel)."""
        cleans = self.runs(conditions.t_s) > 0.0
        return (np.where(cleans[:, None], np.nan, x) if cleans.any() else x), None

    def describe(self, carry: None) -> Description:
        """How often and how long."""
        return as_description({"every_s": self.every_s, "lasts_s": self.lasts_s})
