"""Scalar sensors of the per-sample baseline, written by hand: one value at a time.

Each class goes through the stages of the product's sensor in the same order. What was drawn for a unit is
read from the product's own stages, so both simulate the same device. The sensors that are not written out
here are in `baseline_dict_staged`.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.units import DRY_AIR_GAS_CONSTANT_J_KG_K, ZERO_CELSIUS_K
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.memory import SensorMemory
from envirosense.instruments.stages.drift import DAY_S
from envirosense.instruments.stages.response import lag_gain
from envirosense.physics.air.humidity import saturation_vapour_pressure_pa
from envirosense.pole.sensors.wind import RAIN_REFERENCE_MM_H

DT_S = 1.0
WHITE = 1.0 / math.sqrt(2.0 * DT_S)  # sigma of a mean over a tick, per density


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The world at the device at one second."""

    t_s: float
    air_k: float
    body_k: float
    humidity: float
    pressure_pa: float
    wind_m_s: float
    wind_east_m_s: float
    wind_north_m_s: float
    ghi_w_m2: float
    rain_mm_h: float


class Sensor:
    """Stages and drawn constants of one unit, by name; dropout."""

    def __init__(self, sensor: BaseSensor[Any, Any], memory: SensorMemory, rng: np.random.Generator) -> None:
        self.stages = {stage.name: stage for stage in sensor.stages()}
        self.drawn, self.rng = memory.carries, rng
        self.names = [channel.name for channel in sensor.channels]
        self.is_down = False

    def report(self, values: Array, up_s: float) -> dict[str, float | None]:
        """Channel to value after faults, range and resolution."""
        digital = self.stages["digital"]
        self.is_down = _switched(self.is_down, up_s, self.stages["dropout"].down_s, self.rng)
        codes = np.clip(np.round(values / digital.step) * digital.step, digital.low, digital.high)
        return {name: None if self.is_down else float(v) for name, v in zip(self.names, codes, strict=True)}


def _switched(is_on: bool, up_s: float, down_s: float, rng: np.random.Generator) -> bool:
    rate_hz = 1.0 / (down_s if is_on else up_s)
    return is_on != (rng.random() < -math.expm1(-rate_hz * DT_S))


class DriftingSensor(Sensor):
    """A sensor whose zero drifts."""

    def drifted(self, x: Array, t_s: float) -> Array:
        """Values with the drift of this second."""
        stage, per_day = self.stages["drift"], self.drawn["drift"].per_day
        return x + per_day * (stage.age_days + t_s / DAY_S)


class Climate(DriftingSensor):
    """Temperature and relative humidity of a shielded probe."""

    def __init__(self, sensor: BaseSensor[Any, Any], memory: SensorMemory, rng: np.random.Generator) -> None:
        super().__init__(sensor, memory, rng)
        self.shield: Array | None = None
        self.element = self.play = np.zeros(2)
        self.wet = self.creep = 0.0

    def sample(self, around: Surroundings) -> dict[str, float | None]:
        """Reading of this second."""
        s, drawn = self.stages, self.drawn
        warm_k = float(drawn["radiation"][0]) * self._warmth_k(around) + s["self_heating"].calm_k / (
            1.0 + around.wind_m_s
        )
        x = np.array([around.air_k - ZERO_CELSIUS_K + warm_k, 100.0 * around.humidity])
        inside_pa = saturation_vapour_pressure_pa(x[0] + ZERO_CELSIUS_K)
        x[1] *= float(saturation_vapour_pressure_pa(around.air_k) / inside_pa)
        is_first = self.shield is None
        if self.shield is None:
            self.shield = x
        self.shield = self.shield + lag_gain(DT_S, np.full(2, s["shield"].rise_s)) * (x - self.shield)
        x = self.shield.copy()
        damp = s["condensation"]
        is_condensing = x[1] >= damp.onset_pct
        self.wet += -math.expm1(-DT_S / (damp.wetting_s if is_condensing else damp.drying_s)) * (
            is_condensing - self.wet
        )
        x[1] += self.wet * max(100.0 - x[1], 0.0)
        if is_first:
            self.element = self.play = x.copy()
        self.element = self.element + lag_gain(DT_S, s["element"].tau_s) * (x - self.element)
        reach = s["hysteresis"].reach
        self.play = np.minimum(np.maximum(self.play, self.element - reach), self.element + reach)
        x = self.element - s["hysteresis"].amplitude * (self.element - self.play) / reach
        creep = s["creep"]
        self.creep += -math.expm1(-DT_S / creep.tau_s) * ((x[1] > creep.onset_pct) - self.creep)
        x[1] += creep.amplitude_pct * self.creep
        x = self.drifted(drawn["calibration"].offset + drawn["calibration"].gain * x, around.t_s)
        x = x + WHITE * s["white"].density * self.rng.normal(size=2)
        return self.report(x, s["dropout"].up_s)

    def _warmth_k(self, around: Surroundings) -> float:
        s, sun = self.stages["radiation"], max(around.ghi_w_m2, 0.0)
        warming = s.warming_k * sun / s.irradiance_w_m2 * max(around.wind_m_s, 0.01) ** -s.wind_exponent
        cooling = s.night_cooling_k * math.exp(-sun / s.dark_w_m2) / (1.0 + around.wind_m_s)
        return min(warming, s.greatest_k) - cooling


class Barometer(DriftingSensor):
    """Static pressure behind a port."""

    vent_pa: Array | None = None

    def sample(self, around: Surroundings) -> dict[str, float | None]:
        """Reading of this second."""
        s, drawn = self.stages, self.drawn
        density_kg_m3 = around.pressure_pa / (DRY_AIR_GAS_CONSTANT_J_KG_K * around.air_k)
        x = around.pressure_pa + drawn["port"] * (0.5 * density_kg_m3 * around.wind_m_s**2)
        settled = x if self.vent_pa is None else self.vent_pa
        self.vent_pa = settled - math.expm1(-DT_S / s["vent"].tau_s) * (x - settled)
        x = drawn["calibration"].offset + drawn["calibration"].gain * self.vent_pa
        x = x + drawn["temperature"] * (around.body_k - s["temperature"].reference_k)
        x = self.drifted(x, around.t_s) + WHITE * s["white"].density * self.rng.normal(size=1)
        return self.report(x, s["dropout"].up_s)


class Wind(Sensor):
    """Speed, direction and gust of the horizontal wind."""

    direction_deg = 0.0

    def __init__(self, sensor: BaseSensor[Any, Any], memory: SensorMemory, rng: np.random.Generator) -> None:
        super().__init__(sensor, memory, rng)
        self.speeds: deque[float] = deque(maxlen=round(self.stages["interval"].gust_s / DT_S))
        self.up_in_rain_s = sensor.values.number("fault.up_in_rain", "s") * RAIN_REFERENCE_MM_H

    def sample(self, around: Surroundings) -> dict[str, float | None]:
        """Reading of this second."""
        s, drawn = self.stages, self.drawn
        speed = math.hypot(around.wind_east_m_s, around.wind_north_m_s)
        self.speeds.append(speed)
        excess = sum(self.speeds) / len(self.speeds) - speed
        angle = math.atan2(-around.wind_east_m_s, -around.wind_north_m_s)
        angle += math.radians(float(drawn["orientation"][0]))
        x = np.array([-speed * math.sin(angle), -speed * math.cos(angle), excess])
        x = drawn["calibration"].offset + drawn["calibration"].gain * x
        east, north, excess = x + WHITE * s["white"].density * self.rng.normal(size=3)
        speed = math.hypot(east, north)
        if speed >= s["calm"].threshold_m_s:
            self.direction_deg = math.degrees(math.atan2(-east, -north)) % 360.0
        rate_hz = 1.0 / s["dropout"].up_s + around.rain_mm_h / self.up_in_rain_s
        reading = self.report(np.array([speed, self.direction_deg, speed + excess]), 1.0 / rate_hz)
        direction = reading["direction_deg"]
        return reading | {"direction_deg": 0.0 if direction == 360.0 else direction}
