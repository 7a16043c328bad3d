"""Scalar sensors of the per-sample baseline: one value, or one vector of eight channels, at a time.

Each class goes through the stages of the product's sensor in the same order. What was drawn for a unit is
read from the product's own stages, so both simulate the same device.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.units import DRY_AIR_GAS_CONSTANT_J_KG_K, ZERO_CELSIUS_K
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.memory import SensorMemory
from envirosense.instruments.stages.drift import DAY_S
from envirosense.instruments.stages.response import lag_gain
from envirosense.physics.air.humidity import absolute_humidity_g_m3, saturation_vapour_pressure_pa
from envirosense.pole.sensors.wind import RAIN_REFERENCE_MM_H

DT_S = 1.0
WHITE = 1.0 / math.sqrt(2.0 * DT_S)  # sigma of a mean over a tick, per density


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The world at the device at one second."""

    t_s: float
    air_k: float
    humidity: float
    pressure_pa: float
    wind_m_s: float
    wind_east_m_s: float
    wind_north_m_s: float
    ghi_w_m2: float
    rain_mm_h: float
    gas_ppb: Array


class Sensor:
    """Stages and drawn constants of one unit, by name; dropout and sticking."""

    def __init__(self, sensor: BaseSensor[Any], memory: SensorMemory, rng: np.random.Generator) -> None:
        self.stages = {stage.name: stage for stage in sensor.stages()}
        self.drawn, self.law, self.rng = memory.carries, memory.unit, rng
        self.names = [channel.name for channel in sensor.channels]
        self.is_down, self.is_stuck = False, False
        self.held: Array | None = None

    def report(self, values: Array, up_s: float) -> dict[str, float | None]:
        """Channel to value after faults, range and resolution."""
        dropout, stuck, digital = (self.stages[name] for name in ("dropout", "stuck", "digital"))
        self.is_down = _switched(self.is_down, up_s, dropout.down_s, self.rng)
        self.is_stuck = _switched(self.is_stuck, stuck.free_s, stuck.stuck_s, self.rng)
        if self.held is None or not self.is_stuck:
            self.held = values
        codes = np.clip(np.round(self.held / digital.step) * digital.step, digital.low, digital.high)
        return {name: None if self.is_down else float(v) for name, v in zip(self.names, codes, strict=True)}


def _switched(is_on: bool, up_s: float, down_s: float, rng: np.random.Generator) -> bool:
    rate_hz = 1.0 / (down_s if is_on else up_s)
    return is_on != (rng.random() < -math.expm1(-rate_hz * DT_S))


class GasArray(Sensor):
    """Eight channels in ppb."""

    def __init__(self, sensor: BaseSensor[Any], memory: SensorMemory, rng: np.random.Generator) -> None:
        super().__init__(sensor, memory, rng)
        s, drawn = self.stages, self.drawn
        self.inlet_gain = float(lag_gain(DT_S, np.array(s["inlet"].rise_s)))
        self.rise, self.fall = (
            lag_gain(DT_S, np.asarray(s["response"].rise_s)),
            lag_gain(DT_S, np.asarray(s["response"].fall_s)),
        )
        self.inlet: Array | None = None
        self.response: Array | None = None
        self.gain_walk = drawn["sensitivity"].walks.copy()
        self.zero_walk, self.walk = drawn["zero_drift"].walk.copy(), drawn["walk"].value.copy()
        flicker = s["flicker"]
        self.flicker, taus_s = drawn["flicker"].copy(), flicker._taus_s()
        self.keep = np.exp(-DT_S / taus_s)
        self.flicker_kick = (
            np.sqrt(1.0 - self.keep**2)[:, None] * flicker.allan_floor * flicker._sigma_per_floor()
        )
        self.flicker_weight = np.sqrt(2.0 * taus_s / DT_S * np.tanh(DT_S / (2.0 * taus_s)))
        self.group, self.shares = np.array(s["sensitivity"].group), np.sqrt(s["sensitivity"].shares)

    def sample(self, around: Surroundings) -> dict[str, float | None]:
        """Reading of this second."""
        s, drawn, rng, law = self.stages, self.drawn, self.rng, self.law
        ratio = law.oxidiser_beta / law.beta
        seen = around.gas_ppb @ law.reducing + law.k
        seen = seen * (1.0 + around.gas_ppb @ law.oxidising / law.k) ** -ratio - law.k
        if self.inlet is None:
            self.inlet = seen
        self.inlet = self.inlet + self.inlet_gain * (seen - self.inlet)
        x = law.beta * np.log1p(drawn["gain"].gain * self.inlet / law.k) * drawn["exponent"].gain
        settled = x if self.response is None else self.response
        gap = x - settled
        self.response = settled + gap * np.where(gap > 0.0, self.rise, self.fall)
        x = self._aged(self.response, around.t_s)
        x = x + drawn["temperature"] * (around.air_k - s["temperature"].reference_k)
        moisture = float(absolute_humidity_g_m3(around.air_k, around.humidity))
        x = x + drawn["humidity"] * math.log(moisture / s["humidity"].reference_g_m3)
        x = x + drawn["flow"] * around.wind_m_s + drawn["zero"].offset
        age_days = s["zero_drift"].age_days + around.t_s / DAY_S
        self.zero_walk = self.zero_walk + s["zero_drift"].walk_per_sqrt_day * math.sqrt(
            DT_S / DAY_S
        ) * rng.normal(size=8)
        self.walk = self._walked()
        self.flicker = self.keep[:, None] * self.flicker + self.flicker_kick * rng.normal(
            size=self.flicker.shape
        )
        x = x + drawn["zero_drift"].per_day * age_days + self.zero_walk + self.walk
        x = x + self.flicker_weight @ self.flicker + WHITE * s["white"].density * rng.normal(size=8)
        knee, room = s["saturation"].knee, s["saturation"].limit - s["saturation"].knee
        x = np.where(x > knee, knee - room * np.expm1(-np.maximum(x - knee, 0.0) / room), x)
        return self.report(law.k * np.expm1(x / law.beta), s["dropout"].up_s)

    def _aged(self, x: Array, t_s: float) -> Array:
        stage, own = self.stages["sensitivity"], len(self.gain_walk) - 8
        self.gain_walk = self.gain_walk + math.sqrt(DT_S / DAY_S) * self.rng.normal(size=self.gain_walk.size)
        shared = self.shares[0] * self.gain_walk[0] + self.shares[1] * self.gain_walk[1 + self.group]
        walk = stage.walk_per_sqrt_day * (shared + self.shares[2] * self.gain_walk[own:])
        gain = np.exp(walk + self.drawn["sensitivity"].per_day * (stage.age_days + t_s / DAY_S))
        return np.copysign(np.log1p(gain * np.expm1(np.abs(x))), x)

    def _walked(self) -> Array:
        pull_s, step = self.stages["walk"].pull_back_s, self.drawn["walk"].per_sqrt_s
        keep = math.exp(-DT_S / pull_s)
        kick = (
            math.sqrt(-0.5 * pull_s * math.expm1(-2.0 * DT_S / pull_s))
            if math.isfinite(pull_s)
            else math.sqrt(DT_S)
        )
        return keep * self.walk + kick * step * self.rng.normal(size=8)


class DriftingSensor(Sensor):
    """A sensor whose zero drifts and walks."""

    def __init__(self, sensor: BaseSensor[Any], memory: SensorMemory, rng: np.random.Generator) -> None:
        super().__init__(sensor, memory, rng)
        self.walk = np.zeros(len(self.names))

    def drifted(self, x: Array, t_s: float) -> Array:
        """Values with the drift of this second."""
        stage, per_day = self.stages["drift"], self.drawn["drift"].per_day
        kick = stage.walk_per_sqrt_day * math.sqrt(DT_S / DAY_S)
        self.walk = self.walk + kick * self.rng.normal(size=x.size)
        return x + per_day * (stage.age_days + t_s / DAY_S) + self.walk


class Climate(DriftingSensor):
    """Temperature and relative humidity of a shielded probe."""

    def __init__(self, sensor: BaseSensor[Any], memory: SensorMemory, rng: np.random.Generator) -> None:
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
        if self.shield is None:
            self.shield = self.element = self.play = x
        self.shield = self.shield + lag_gain(DT_S, np.full(2, s["shield"].rise_s)) * (x - self.shield)
        x = self.shield.copy()
        inside_pa = saturation_vapour_pressure_pa(x[0] + ZERO_CELSIUS_K)
        x[1] *= float(saturation_vapour_pressure_pa(around.air_k) / inside_pa)
        damp = s["condensation"]
        is_condensing = x[1] >= damp.onset_pct
        self.wet += -math.expm1(-DT_S / (damp.wetting_s if is_condensing else damp.drying_s)) * (
            is_condensing - self.wet
        )
        x[1] += self.wet * max(100.0 - x[1], 0.0)
        self.element = self.element + lag_gain(DT_S, s["element"].rise_s) * (x - self.element)
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

    def sample(self, around: Surroundings) -> dict[str, float | None]:
        """Reading of this second."""
        s, drawn = self.stages, self.drawn
        density_kg_m3 = around.pressure_pa / (DRY_AIR_GAS_CONSTANT_J_KG_K * around.air_k)
        x = around.pressure_pa + drawn["port"] * (0.5 * density_kg_m3 * around.wind_m_s**2)
        x = drawn["calibration"].offset + drawn["calibration"].gain * x
        x = x + drawn["temperature"] * (around.air_k - s["temperature"].reference_k)
        x = self.drifted(x, around.t_s) + WHITE * s["white"].density * self.rng.normal(size=1)
        return self.report(x, s["dropout"].up_s)


class Wind(Sensor):
    """Speed and direction of the horizontal wind."""

    direction_deg = 0.0

    def sample(self, around: Surroundings) -> dict[str, float | None]:
        """Reading of this second."""
        s, drawn = self.stages, self.drawn
        speed = math.hypot(around.wind_east_m_s, around.wind_north_m_s)
        from_deg = math.degrees(math.atan2(-around.wind_east_m_s, -around.wind_north_m_s)) % 360.0
        if (wake := s.get("pole_wake")) is not None:
            off = ((from_deg - wake.azimuth_deg + 180.0) % 360.0 - 180.0) / wake.width_deg
            speed *= 1.0 - wake.deficit * math.exp(-off * off)
            from_deg = (from_deg + wake.bending_deg * off * math.exp(0.5 * (1.0 - off * off))) % 360.0
        angle = math.radians(from_deg + float(drawn["orientation"][0]))
        wind = np.array([-speed * math.sin(angle), -speed * math.cos(angle)])
        wind = drawn["calibration"].offset + drawn["calibration"].gain * wind
        east, north = wind + WHITE * s["white"].density * self.rng.normal(size=2)
        speed = math.hypot(east, north)
        if speed >= s["calm"].threshold_m_s:
            self.direction_deg = math.degrees(math.atan2(-east, -north)) % 360.0
        rate_hz = 1.0 / s["dropout"].up_s + around.rain_mm_h / (RAIN_REFERENCE_MM_H * self._up_in_rain_s)
        reading = self.report(np.array([speed, self.direction_deg]), 1.0 / rate_hz)
        direction = reading["direction_deg"]
        return reading | {"direction_deg": 0.0 if direction == 360.0 else direction}

    _up_in_rain_s = 600.0  # of the part, at the reference rain
