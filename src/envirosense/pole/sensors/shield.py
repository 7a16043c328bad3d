"""What a shield and a wet surface do to a temperature and humidity probe.

Signals are (time, 2): temperature [degC], relative humidity [%].
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, as_description
from envirosense.instruments.stages.kernels import lag
from envirosense.instruments.stages.response import lag_gain
from envirosense.physics.air.humidity import saturation_vapour_pressure_pa

DRIER_PER_K: Final = 0.06  # share of relative humidity that a kelvin takes, near 15 degC; Magnus


def _of_warmth(warmth_k: Array, x: Array) -> Array:
    """Error of temperature, and of the humidity that a warmer probe feels, (time, 2)."""
    error = np.empty_like(x)
    error[:, 0] = warmth_k
    error[:, 1] = -DRIER_PER_K * warmth_k * x[:, 1]
    return error


@dataclass(frozen=True, slots=True)
class ShieldError:
    """Sun on a naturally ventilated shield: (S / S1) u^-n, capped; at night it cools below the air."""

    name: str
    warming_k: float  # at `irradiance_w_m2` and 1 m/s
    irradiance_w_m2: float
    wind_exponent: float
    greatest_k: float
    night_cooling_k: float
    dark_w_m2: float
    unit_spread_ln: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Strength of the error in this unit, (1,)."""
        return np.exp(self.unit_spread_ln * unit_rng.standard_normal(1))

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Signal with the shield's temperature, (time, 2)."""
        y = x.copy()
        y[:, 0] += carry[0] * self.warmth_k(conditions.ghi_w_m2, conditions.wind_m_s)
        return y, carry

    def warmth_k(self, ghi_w_m2: Array, wind_m_s: Array) -> Array:
        """Shield above air, (time,) [K]."""
        sun = np.maximum(ghi_w_m2, 0.0)
        cap_m_s = 0.01  # far below the wind at which the cap takes over
        still = np.maximum(wind_m_s, cap_m_s) ** -self.wind_exponent
        warming = np.minimum(self.warming_k * sun / self.irradiance_w_m2 * still, self.greatest_k)
        cooling = self.night_cooling_k * np.exp(-sun / self.dark_w_m2) / (1.0 + wind_m_s)
        return np.asarray(warming - cooling)

    def bias(self, x: Array, carry: Array, conditions: Conditions) -> Array:
        """Warming that nobody has corrected, (time, 2)."""
        return _of_warmth(self.warmth_k(conditions.ghi_w_m2, conditions.wind_m_s), x)

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> Array:
        """How units differ in it, (time, 2)."""
        return self.unit_spread_ln * np.abs(self.bias(x, carry, conditions))

    def describe(self, carry: Array) -> Description:
        """Strength in this unit, and the greatest warming."""
        return as_description(
            {"strength": carry[0], "warming_k": self.warming_k, "greatest_k": self.greatest_k}
        )


@dataclass(frozen=True, slots=True)
class SelfHeating:
    """Warmth of the electronics, less in wind: calm_k / (1 + u / 1 m/s)."""

    name: str
    calm_k: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal of a warmed probe, (time, 2)."""
        y = x.copy()
        y[:, 0] += self.calm_k / (1.0 + conditions.wind_m_s)
        return y, None

    def bias(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Warmth that nobody has corrected, (time, 2)."""
        return _of_warmth(self.calm_k / (1.0 + conditions.wind_m_s), x)

    def describe(self, carry: None) -> Description:
        """Warmth in calm air."""
        return as_description({"calm_k": self.calm_k})


@dataclass(frozen=True, slots=True)
class HumidityAtSensor:
    """Relative humidity of the same vapour at the probe's temperature."""

    name: str

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal with humidity at the probe, (time, 2)."""
        y = x.copy()
        probe_k = x[:, 0] + ZERO_CELSIUS_K
        y[:, 1] *= saturation_vapour_pressure_pa(conditions.air_k) / saturation_vapour_pressure_pa(probe_k)
        return y, None

    def describe(self, carry: None) -> Description:
        """Nothing but the law."""
        return {}


@dataclass(frozen=True, slots=True)
class Condensation:
    """Water on the element holds it at saturation until it has dried."""

    name: str
    onset_pct: float
    wetting_s: float
    drying_s: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Share of the element that is wet, (1,)."""
        return np.zeros(1)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Signal of a wetted element, (time, 2)."""
        state = carry.copy()
        condensing = (x[:, 1:] >= self.onset_pct).astype(np.float64)
        wetting, drying = (
            lag_gain(conditions.dt_s, np.array([tau])) for tau in (self.wetting_s, self.drying_s)
        )
        wet = lag(condensing, state, wetting, drying)[:, 0]
        y = x.copy()
        y[:, 1] += wet * np.maximum(100.0 - x[:, 1], 0.0)
        return y, state

    def describe(self, carry: Array) -> Description:
        """Times of wetting and drying, and how wet it is."""
        return as_description({"wetting_s": self.wetting_s, "drying_s": self.drying_s, "wet": carry[0]})


@dataclass(frozen=True, slots=True)
class Creep:
    """Reading that creeps up over days in damp air, and back in dry."""

    name: str
    onset_pct: float
    amplitude_pct: float
    tau_s: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Share of the amplitude reached, (1,)."""
        return np.zeros(1)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Signal with the creep added, (time, 2)."""
        state = carry.copy()
        gain = lag_gain(conditions.dt_s, np.array([self.tau_s]))
        y = x.copy()
        damp = (x[:, 1:] > self.onset_pct).astype(np.float64)
        y[:, 1] += self.amplitude_pct * lag(damp, state, gain, gain)[:, 0]
        return y, state

    def describe(self, carry: Array) -> Description:
        """Amplitude, time constant and present creep."""
        return as_description(
            {
                "amplitude_pct": self.amplitude_pct,
                "tau_s": self.tau_s,
                "creep_pct": self.amplitude_pct * carry[0],
            }
        )
