"""Imperfections of a rain gauge that counts drops; the signal is rate [mm/h] and depth [mm], (time, 2)."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, Draws, as_description
from envirosense.instruments.stages.drift import DAY_S
from envirosense.instruments.stages.spells import NEVER, Spells
from envirosense.physics.sound.sound_ambient import PALMER_SLOPE, drops_per_s
from envirosense.pole.sensors.counting_kernels import mean_since, poisson_counts

HOUR_S: Final = 3600.0
MM3_PER_M2_MM: Final = 1e6  # one mm of water on one square metre
LEAST_MM_H: Final = 1e-6  # numerical choice: below, the drops' law is not asked


@dataclass(frozen=True, slots=True)
class MembraneState:
    """Log gain of this unit and its rate [1/day], both (1,)."""

    ln: Array
    per_day: Array


@dataclass(frozen=True, slots=True, eq=False)
class Membrane:
    """What reaches the membrane and how loud it answers.

    Snow falls silently: the share of drops rises in a straight line from `frozen_k` to `liquid_k`. Ice on
    the membrane (severity 1) silences it, dirt leaves `fouled_gain`.
    """

    name: str
    gain_spread_ln: float
    drift_ln_per_day: float  # one sigma among units
    age_days: float
    frozen_k: float
    liquid_k: float
    fouled_gain: float
    fouled: Spells = NEVER
    iced: Spells = NEVER

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> MembraneState:
        """What this unit got."""
        gain, rate = unit_rng.standard_normal((2, 1))
        return MembraneState(self.gain_spread_ln * gain, self.drift_ln_per_day * rate)

    def apply(
        self, x: Array, carry: MembraneState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, MembraneState]:
        """Rain that this membrane hears, (time, 2)."""
        age_days = self.age_days + conditions.t_s / DAY_S
        heard = np.exp(carry.ln + carry.per_day * age_days) * self._liquid(conditions.air_k)
        if self.fouled:
            heard = heard * self.fouled_gain ** self.fouled.severity(conditions.t_s)
        if self.iced:
            heard = heard * (1.0 - self.iced.severity(conditions.t_s))
        return x * heard[:, None], carry

    def _liquid(self, air_k: Array) -> Array:
        return np.clip((air_k - self.frozen_k) / (self.liquid_k - self.frozen_k), 0.0, 1.0)

    def spread(self, x: Array, carry: MembraneState, conditions: Conditions) -> float | Array:
        """Gain error expected of a unit of this age."""
        return math.hypot(self.gain_spread_ln, self.drift_ln_per_day * self.age_days) * np.abs(x)

    def describe(self, carry: MembraneState) -> Description:
        """Log gain of this unit and its rate."""
        return as_description({"ln_gain": carry.ln[0], "ln_per_day": carry.per_day[0]})


@dataclass(frozen=True, slots=True)
class DropLaw:
    """Drops that a membrane notices, all (time,): how many a second, and moments of their volume."""

    per_s: Array
    mean_mm3: Array
    square_mm6: Array


@dataclass(frozen=True, eq=False)
class Drops(Draws):
    """Water of the drops noticed in each tick: Poisson in number, diameters after [MarshallPalmer1948].

    Drops below the threshold are missed, and each noticed one hides others for `dead_s`; the gauge makes up
    for both at `calibrated_mm_h`, so drizzle reads low and a cloudburst too. Wind feigns drops of threshold
    size, `false_hz` of them at `false_at_m_s`, growing with a power of its speed.
    """

    name: str
    area_m2: float
    threshold_mm: float
    dead_s: float
    calibrated_mm_h: float
    false_hz: float
    false_at_m_s: float
    false_power: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def noticed(self, rain_mm_h: Array) -> DropLaw:
        """Drops noticed in rain, shape of the rate.

        Diameters beyond the threshold d keep their law; with a = slope * d their moments of order p are
        those of all drops times the sum of a^k / k! up to k = p.
        """
        rate = np.maximum(rain_mm_h, LEAST_MM_H)
        slope_per_mm = PALMER_SLOPE[0] * rate ** PALMER_SLOPE[1]
        a = slope_per_mm * self.threshold_mm
        falling_hz = drops_per_s(rate, self.area_m2) * np.exp(-a)
        third = 1.0 + a * (1.0 + a / 2.0 * (1.0 + a / 3.0))
        sixth = third + a**4 / 24.0 * (1.0 + a / 5.0 * (1.0 + a / 6.0))
        mean_mm3 = np.pi / slope_per_mm**3
        noticed_hz = falling_hz / (1.0 + falling_hz * self.dead_s)
        square_mm6 = 20.0 * np.square(mean_mm3) * sixth
        return DropLaw(np.where(rain_mm_h > 0.0, noticed_hz, 0.0), mean_mm3 * third, square_mm6)

    @cached_property
    def _mm_h_per_mm3_s(self) -> float:
        """Rate read for one mm3 of noticed water a second [mm/h/(mm3/s)]."""
        law = self.noticed(np.full(1, self.calibrated_mm_h))
        return self.calibrated_mm_h / float(law.per_s[0] * law.mean_mm3[0])

    def rate_sigma(self, rain_mm_h: Array, mean_s: float) -> Array:
        """Scatter of the mean rate over a time, shape of the rate [mm/h]."""
        law = self.noticed(rain_mm_h)
        return self._mm_h_per_mm3_s * np.sqrt(law.per_s * law.square_mm6 / mean_s)

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Rain by the drops of each tick, (time, 2)."""
        noise = np.ascontiguousarray(noise_rng.standard_normal((x.shape[0], 3)).T)
        law = self.noticed(x[:, 0])
        n_drops = poisson_counts(law.per_s * conditions.dt_s, noise[0])
        scatter = np.square(law.mean_mm3)
        # lognormal with the mean and variance of so many drops' water
        ln_variance = np.log1p((law.square_mm6 - scatter) / (scatter * np.maximum(n_drops, 1.0)))
        water_mm3 = n_drops * law.mean_mm3 * np.exp(np.sqrt(ln_variance) * noise[1] - 0.5 * ln_variance)
        false_hz = self.false_hz * (conditions.wind_m_s / self.false_at_m_s) ** self.false_power
        water_mm3 += poisson_counts(false_hz * conditions.dt_s, noise[2]) * self._least_mm3
        rate_mm_h = self._mm_h_per_mm3_s / conditions.dt_s * water_mm3
        hours = max(conditions.averaged_s, conditions.dt_s) / HOUR_S
        return np.column_stack((rate_mm_h, hours * rate_mm_h)), None

    @property
    def _least_mm3(self) -> float:
        return math.pi / 6.0 * self.threshold_mm**3

    def spread(self, x: Array, carry: None, conditions: Conditions) -> float | Array:
        """Scatter of the mean since the last report."""
        mean_s = max(conditions.averaged_s, conditions.dt_s)
        sigma = self.rate_sigma(x[:, 0], mean_s)
        return np.column_stack((sigma, sigma * mean_s / HOUR_S))

    def describe(self, carry: None) -> Description:
        """Area, threshold, dead time, and false drops."""
        return as_description(
            {
                "area_m2": self.area_m2,
                "threshold_mm": self.threshold_mm,
                "dead_s": self.dead_s,
                "false_hz": self.false_hz,
            }
        )


@dataclass(frozen=True, slots=True, eq=False)
class SinceLastReport:
    """Mean of all ticks since the last report, in place of the present tick."""

    name: str

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Sum and count of no ticks, (2,)."""
        return np.zeros(2)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Mean rate and depth since the last report, (time, 2)."""
        every = max(1, round(conditions.averaged_s / conditions.dt_s))
        ticks = conditions.first_tick + np.arange(x.shape[0])
        state = carry.copy()
        rate_mm_h = mean_since(np.ascontiguousarray(x[:, 0]), state, ticks % every == 0)
        hours = max(conditions.averaged_s, conditions.dt_s) / HOUR_S
        return np.column_stack((rate_mm_h, hours * rate_mm_h)), state

    def describe(self, carry: Array) -> Description:
        """Rain rate summed since the last report, and over how many ticks."""
        return as_description({"sum_mm_h": carry[0], "n_ticks": carry[1]})
