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
from envirosense.physics.sound.sound_ambient import PALMER_SLOPE
from envirosense.pole.sensors.counting_kernels import (
    drop_water,
    noticed_drops,
    poisson_counts,
    reported,
)

HOUR_S: Final = 3600.0
MM3_PER_M2_MM: Final = 1e6  # one mm of water on one square metre


def report_s(interval_s: float, least_s: float, dt_s: float) -> float:
    """Time that a report is about [s]: since the last one, but not less than some time or a tick."""
    return max(interval_s, least_s, dt_s)


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

    def bias(self, x: Array, carry: MembraneState, conditions: Conditions) -> Array:
        """Snow that nobody hears, (time, 2)."""
        return -x * (1.0 - self._liquid(conditions.air_k))[:, None]

    def spread(self, x: Array, carry: MembraneState, conditions: Conditions) -> float | Array:
        """Gain error expected of a unit of this age."""
        return math.hypot(self.gain_spread_ln, self.drift_ln_per_day * self.age_days) * np.abs(x)

    def describe(self, carry: MembraneState) -> Description:
        """Log gain of this unit and its rate."""
        return as_description({"ln_gain": carry.ln[0], "ln_per_day": carry.per_day[0]})


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
    report_least_s: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def noticed(self, rain_mm_h: Array) -> Array:
        """Drops noticed a second, mean [mm3] and mean square [mm6] of their volume, (time, 3)."""
        slope = np.array(PALMER_SLOPE)
        # drops_per_s: water that falls over the mean drop's volume, pi / slope^3
        per_s = self.area_m2 * MM3_PER_M2_MM / HOUR_S / np.pi
        return noticed_drops(rain_mm_h, per_s, slope, self.threshold_mm, self.dead_s)

    @cached_property
    def _mm_h_per_mm3_s(self) -> float:
        """Rate read for one mm3 of noticed water a second [mm/h/(mm3/s)]."""
        per_s, mean_mm3, _ = self.noticed(np.full(1, self.calibrated_mm_h))[0]
        return self.calibrated_mm_h / float(per_s * mean_mm3)

    def rate_sigma(self, rain_mm_h: Array, mean_s: float | Array) -> Array:
        """Scatter of the mean rate over a time, shape of the rate [mm/h]."""
        drops = self.noticed(np.ascontiguousarray(rain_mm_h))
        return self._mm_h_per_mm3_s * np.sqrt(drops[:, 0] * drops[:, 2] / mean_s)

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Rain by the drops of each tick, (time, 2)."""
        noise = noise_rng.standard_normal((x.shape[0], 3))
        drops = self.noticed(np.ascontiguousarray(x[:, 0]))
        water_mm3 = drop_water(drops, conditions.dt_s, noise)
        false_drops = self._false_per_s(conditions) * conditions.dt_s
        water_mm3 += self._least_mm3 * poisson_counts(false_drops, noise[:, 2])
        rate_mm_h = self._mm_h_per_mm3_s / conditions.dt_s * water_mm3
        return rate_mm_h[:, None] * self._report_hours(conditions), None

    def _false_per_s(self, conditions: Conditions) -> Array:
        """Drops a second that the wind feigns, (time,)."""
        return np.asarray(self.false_hz * (conditions.wind_m_s / self.false_at_m_s) ** self.false_power)

    def _report_hours(self, conditions: Conditions) -> Array:
        """What one mm/h is in each channel of a report, (2,)."""
        about_s = report_s(conditions.averaged_s, self.report_least_s, conditions.dt_s)
        return np.array([1.0, about_s / HOUR_S])

    @property
    def _least_mm3(self) -> float:
        return math.pi / 6.0 * self.threshold_mm**3

    def bias(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Rain of the drops noticed, and of those that the wind feigns, over the rain, (time, 2)."""
        drops = self.noticed(np.ascontiguousarray(x[:, 0]))
        water_mm3_s = drops[:, 0] * drops[:, 1] + self._least_mm3 * self._false_per_s(conditions)
        return (self._mm_h_per_mm3_s * water_mm3_s - x[:, 0])[:, None] * self._report_hours(conditions)

    def spread(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Scatter of the mean since the last report, (time, 2)."""
        whole_s = report_s(conditions.averaged_s, self.report_least_s, conditions.dt_s)
        about_s = np.minimum(whole_s, conditions.t_s + conditions.dt_s)  # a mean is not about time before it
        feigned = self._mm_h_per_mm3_s * self._least_mm3 * np.sqrt(self._false_per_s(conditions) / about_s)
        sigma = np.hypot(self.rate_sigma(x[:, 0], about_s), feigned)
        return np.asarray(sigma[:, None] * self._report_hours(conditions))

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


@dataclass(frozen=True, slots=True)
class ReportState:
    """Rate of the ticks that the next report may reach back to, and the last report's, (1,) [mm/h]."""

    recent: Array
    last: Array


@dataclass(frozen=True, slots=True, eq=False)
class Report(Draws):
    """Mean rate and depth since the last report, or over `least_s` where reports come faster."""

    name: str
    least_s: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> ReportState:
        """No ticks yet."""
        return ReportState(np.zeros(0), np.full(1, np.nan))

    def apply(
        self, x: Array, carry: ReportState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, ReportState]:
        """Rate and depth as reported, (time, 2)."""
        dt_s = conditions.dt_s
        every = max(1, round(conditions.averaged_s / dt_s))
        reports = (conditions.first_tick + np.arange(x.shape[0])) % every == 0
        n_mean = max(1, round(report_s(conditions.averaged_s, self.least_s, dt_s) / dt_s))
        joined = np.concatenate((carry.recent, x[:, 0]))
        last = carry.last.copy()
        rate_mm_h = reported(joined, carry.recent.size, n_mean, reports, last)
        hours = report_s(conditions.averaged_s, self.least_s, dt_s) / HOUR_S
        return np.column_stack((rate_mm_h, hours * rate_mm_h)), ReportState(joined[-n_mean:].copy(), last)

    def describe(self, carry: ReportState) -> Description:
        """Least time that a report is about, and the last rate reported."""
        return as_description({"least_s": self.least_s, "last_mm_h": carry.last[0]})
