"""Errors that follow the surroundings: temperature, moisture, wind."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages.contract import Description, as_description, per_channel
from envirosense.instruments.stages.kernels import lag
from envirosense.instruments.stages.response import lag_gain
from envirosense.physics.air.humidity import absolute_humidity_g_m3

REFERENCE_K: Final = ZERO_CELSIUS_K + 20.0  # where sheets state their zero
REFERENCE_HUMIDITY_G_M3: Final = 10.0  # clean air of the metal-oxide law


def _unit_slope(mean: float | Array, spread: float | Array, n: int, unit_rng: np.random.Generator) -> Array:
    return per_channel(mean, n) + per_channel(spread, n) * unit_rng.standard_normal(n)


@dataclass(frozen=True, slots=True, eq=False)
class TemperatureError:
    """Zero shift of `per_k` [unit/K] away from a reference temperature; units differ by `spread_per_k`."""

    name: str
    per_k: float | Array
    spread_per_k: float | Array = 0.0
    reference_k: float = REFERENCE_K
    of: Literal["air", "body"] = "air"  # what is warm: what touches the air, or the device's body

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Slope of this unit, (channel,)."""
        return _unit_slope(self.per_k, self.spread_per_k, n_channels, unit_rng)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Shifted signal, (time, channel)."""
        return x + carry * self._away_k(conditions), carry

    def _away_k(self, conditions: Conditions) -> Array:
        warm_k = conditions.air_k if self.of == "air" else conditions.body_k
        return (warm_k - self.reference_k)[:, None]

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> float | Array:
        """What nobody has corrected: the part's slope and how units differ in it."""
        return np.hypot(self.per_k, self.spread_per_k) * np.abs(self._away_k(conditions))

    def describe(self, carry: Array) -> Description:
        """Slope of this unit and the reference."""
        return as_description({"per_k": carry, "reference_k": self.reference_k})


@dataclass(frozen=True, slots=True, eq=False)
class HumidityError:
    """Zero shift of `per_ln` per ln of absolute humidity; units differ by `spread_per_ln`."""

    name: str
    per_ln: float | Array
    spread_per_ln: float | Array = 0.0
    reference_g_m3: float = REFERENCE_HUMIDITY_G_M3

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Slope of this unit, (channel,)."""
        return _unit_slope(self.per_ln, self.spread_per_ln, n_channels, unit_rng)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Shifted signal, (time, channel)."""
        moisture = absolute_humidity_g_m3(conditions.air_k, conditions.relative_humidity)
        return x + carry * np.log(moisture / self.reference_g_m3)[:, None], carry

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> float | Array:
        """What nobody has corrected: the part's slope and how units differ in it."""
        moisture = absolute_humidity_g_m3(conditions.air_k, conditions.relative_humidity)
        away = np.abs(np.log(moisture / self.reference_g_m3))[:, None]
        return np.asarray(np.hypot(self.per_ln, self.spread_per_ln) * away)

    def describe(self, carry: Array) -> Description:
        """Slope of this unit and the reference."""
        return as_description({"per_ln_humidity": carry, "reference_g_m3": self.reference_g_m3})


@dataclass(frozen=True, slots=True, eq=False)
class FlowError:
    """Zero shift of `per_m_s` [unit/(m/s)] with the wind at the sensor; units differ by `spread_per_m_s`."""

    name: str
    per_m_s: float | Array
    spread_per_m_s: float | Array = 0.0

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Slope of this unit, (channel,)."""
        return _unit_slope(self.per_m_s, self.spread_per_m_s, n_channels, unit_rng)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Shifted signal, (time, channel)."""
        return x + carry * conditions.wind_m_s[:, None], carry

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> float | Array:
        """The part's slope and how units differ in it."""
        return np.hypot(self.per_m_s, self.spread_per_m_s) * conditions.wind_m_s[:, None]

    def describe(self, carry: Array) -> Description:
        """Slope of this unit."""
        return as_description({"per_m_s": carry})


@dataclass(frozen=True, slots=True, eq=False)
class ElectrochemicalZero:
    """Zero current of a cell, a (exp((T - 20) / 12) - 1), less what the auxiliary electrode takes off.

    What is left of it is a normal share of the unit with `residual_spread`.
    """

    name: str
    amplitude: Array
    residual_spread: float
    scale_k: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Share of the zero current left in this unit, (channel,)."""
        return self.residual_spread * unit_rng.standard_normal(n_channels)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Shifted signal, (time, channel)."""
        growth = np.expm1((conditions.air_k - REFERENCE_K) / self.scale_k)
        return x + carry * self.amplitude * growth[:, None], carry

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> float | Array:
        """What the auxiliary electrode leaves."""
        growth = np.expm1((conditions.air_k - REFERENCE_K) / self.scale_k)
        return self.residual_spread * np.abs(self.amplitude * growth[:, None])

    def describe(self, carry: Array) -> Description:
        """Zero law and the share left."""
        return as_description({"amplitude": self.amplitude, "scale_k": self.scale_k, "residual_share": carry})


@dataclass(frozen=True, slots=True, eq=False)
class HumidityTransient:
    """Spike after a change of relative humidity that decays with `decay_s`: per_rh * (RH - RH lagged)."""

    name: str
    per_rh: Array
    decay_s: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Humidity the cell has got used to, (1,); NaN until the first value."""
        return np.full(1, np.nan)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Signal with the spike, (time, channel)."""
        state = carry.copy()
        gain = lag_gain(conditions.dt_s, np.full(1, self.decay_s))
        humidity = conditions.relative_humidity[:, None]
        return x + self.per_rh * (humidity - lag(humidity, state, gain, gain)), state

    def describe(self, carry: Array) -> Description:
        """Size, decay and the humidity got used to."""
        return as_description({"per_rh": self.per_rh, "decay_s": self.decay_s, "settled_rh": carry[0]})


@dataclass(frozen=True, slots=True, eq=False)
class HumidityGain:
    """Gain 1 - loss (RH / 0.9)^2: water vapour quenches the light of a photoionisation lamp."""

    name: str
    loss: Array

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Weakened signal, (time, channel)."""
        wet = np.square(conditions.relative_humidity / 0.9)
        return x * (1.0 - self.loss * wet[:, None]), None

    def describe(self, carry: None) -> Description:
        """Loss at 90 % relative humidity."""
        return as_description({"loss_at_90_pct": self.loss})
