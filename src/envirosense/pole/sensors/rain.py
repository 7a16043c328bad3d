"""Rain by the drops that strike a piezoelectric membrane.

Each impact gives a drop's volume; small drops stay below the threshold, many at once hide each other, and
what shakes the membrane looks like drops.
"""

import math
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np

from envirosense.core.protocols import Array, MotionField
from envirosense.instruments import stages as st
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import RainField, SensorWorld
from envirosense.instruments.faults import GENERIC_FAULTS
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.pole.sensors.rain_stages import HOUR_S, Drops, Membrane, Report, report_s

NOISE_AT_MM_H = 5.0  # rain for which the noise of a channel is stated


class RainWorld(SensorWorld, RainField, MotionField, Protocol):
    """World with rain, and a pole that shakes."""


class RainGaugeSensor(BaseSensor[SensorConfig, RainWorld]):
    """Rain since the last report, or of the last minute: mean rate [mm/h] and depth [mm], (time, 2)."""

    sensor_type: ClassVar[str] = "rain_gauge"
    part_kind: ClassVar[str] = "rain_gauge"
    fault_kinds: ClassVar[tuple[str, ...]] = (*GENERIC_FAULTS, "iced", "fouled")

    def _pair(self, name: str) -> Array:
        return self.values.numbers(name, "reading", 2)

    @property
    def _least_s(self) -> float:
        return self.values.number("report.least", "s")

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Rate and depth; the noise is that in rain of 5 mm/h."""
        about_s = max(self.config.interval_s, self._least_s)
        rate_step, depth_step = self._pair("range.resolution").tolist()
        sigma = float(self._drops.rate_sigma(np.full(1, NOISE_AT_MM_H), about_s)[0])
        depth_sigma = sigma * about_s / HOUR_S
        return (
            Channel("rain_mm_h", "mm/h", "mean rain rate since the last report", rate_step, sigma),
            Channel("rain_mm", "mm", "rain since the last report", depth_step, depth_sigma),
        )

    def _with_depth(self, rate_mm_h: Array, dt_s: float) -> Array:
        hours = report_s(self.config.interval_s, self._least_s, dt_s) / HOUR_S
        return np.column_stack((rate_mm_h, hours * rate_mm_h))

    def respond(self, world: RainWorld) -> Array:
        """Rain now, and the depth that it gives between reports, (time, 2) [mm/h, mm]."""
        return self._with_depth(world.rain_mm_h(), world.grid.dt_s)

    def transduce(self, world: RainWorld, unit: Any) -> tuple[Array, Array]:
        """Ideal reading, and one with the rain that a shaking pole feigns, (time, 2) [mm/h, mm]."""
        ideal = self.respond(world)
        v = self.values
        shaking_m_s2 = _rms_m_s2(world.acceleration_m_s2(self.position_3d[2]))
        beyond = np.maximum(shaking_m_s2 - v.number("shaking.threshold", "m/s2"), 0.0)
        feigned = v.number("shaking.feigned", "mm/h/(m/s2)") * beyond
        return ideal, ideal + self._with_depth(feigned, world.grid.dt_s)

    @cached_property
    def _drops(self) -> Drops:
        v = self.values
        return Drops(
            "drops",
            area_m2=v.number("membrane.area", "m2"),
            threshold_mm=v.number("drops.threshold", "mm"),
            dead_s=v.number("drops.dead_time", "s"),
            calibrated_mm_h=v.number("drops.calibrated", "mm/h"),
            false_hz=v.number("wind.false_drops", "1/s"),
            false_at_m_s=v.number("wind.at", "m/s"),
            false_power=v.number("wind.power", "1"),
            report_least_s=self._least_s,
        )

    def stages(self) -> tuple[st.AnyStage, ...]:
        """Membrane, drops, the device's arithmetic, output."""
        v = self.values
        return (
            Membrane(
                "membrane",
                gain_spread_ln=v.number("gain.spread", "ln"),
                drift_ln_per_day=v.number("gain.drift", "ln/day"),
                age_days=self.drift_days,
                frozen_k=v.number("snow.frozen", "K"),
                liquid_k=v.number("snow.liquid", "K"),
                fouled_gain=v.number("membrane.fouled_gain", "1"),
                fouled=self.faults("fouled"),
                iced=self.faults("iced"),
            ),
            self._drops,
            Report("report", self._least_s),
            *self.warm_up_stages(),
            *self.fault_stages(),
            st.ClipQuantise(
                "digital", self._pair("range.resolution"), self._pair("range.low"), self._pair("range.high")
            ),
        )


def _rms_m_s2(acceleration_m_s2: Array) -> Array:
    """Root of the summed squares over bands and axes, (time,) [m/s2]."""
    flat = acceleration_m_s2.reshape(acceleration_m_s2.shape[0], math.prod(acceleration_m_s2.shape[1:]))
    return np.asarray(np.sqrt(np.einsum("ti,ti->t", flat, flat)))
