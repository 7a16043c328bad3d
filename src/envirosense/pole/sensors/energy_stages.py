"""Imperfections of a fuel gauge, of a panel's meter and of a thermistor."""

import math
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments.conditions import Conditions, SensorWorld
from envirosense.instruments.stages import Description, Transform, as_description
from envirosense.pole.fields.power import EnergyField
from envirosense.pole.sensors.energy_kernels import count_charge

CHARGE, VOLTAGE, CURRENT = 0, 1, 2  # channels of the fuel gauge
POWER, PANEL_VOLTAGE, PANEL_CURRENT = 0, 1, 2  # channels of the panel's meter
DAY_H: Final = 24.0


class EnergyWorld(SensorWorld, EnergyField, Protocol):
    """A world with a device that has a battery, a panel and a board."""


@dataclass(frozen=True, slots=True)
class GaugeState:
    """What makes a gauge its own, and its count: charge [%] (NaN before the first tick) and ticks full."""

    offset_a: float
    gain: float
    capacity_ah: float
    start_error_pct: float
    count: Array


@dataclass(frozen=True, slots=True)
class CoulombCounter:
    """Charge as the integral of a current with an offset and a gain error, set right whenever full.

    The gauge does not use the voltage in between: that of lithium iron phosphate hardly tells the charge.
    Since it was last full, `days_since_full` before the episode, its error has grown by the offset.
    Replaces charge and current of (time, 4) by what the gauge makes of them.
    """

    name: str
    offset_a: float  # one sigma of the units
    gain_ln: float
    capacity_ln: float
    capacity_ah: float
    efficiency: float
    drain_a: float
    full_per_h: float  # current over capacity below which a charging pack may be full [1/h]
    rest_per_h: float  # current out of the pack over capacity up to which it counts as resting [1/h]
    full_v: float
    full_s: float
    days_since_full: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> GaugeState:
        """Offset, gain and learnt capacity of this unit, and its error so far."""
        offset, gain, capacity = (float(draw) for draw in unit_rng.standard_normal(3))
        offset_a, capacity_ah = (
            self.offset_a * offset,
            self.capacity_ah * math.exp(self.capacity_ln * capacity),
        )
        grown_pct = -100.0 * offset_a * DAY_H * self.days_since_full / capacity_ah
        count = np.array([np.nan, 0.0])
        return GaugeState(offset_a, math.exp(self.gain_ln * gain), capacity_ah, grown_pct, count)

    def apply(
        self, x: Array, carry: GaugeState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, GaugeState]:
        """Charge [%] and current [A] as counted, (time, 4)."""
        current_a = carry.gain * x[:, CURRENT] + carry.offset_a
        per_a = 100.0 * conditions.dt_s / 3600.0 / carry.capacity_ah
        count = carry.count.copy()
        if np.isnan(count[0]):  # the truth stands at the end of its tick, the count before it
            count[0] = x[0, CHARGE] + carry.start_error_pct + per_a * self._moved_a(current_a[0])
        per_h = current_a / self.capacity_ah
        tapering = (per_h > -self.full_per_h) & (per_h < self.rest_per_h)
        is_full = (tapering & (x[:, VOLTAGE] >= self.full_v)).astype(np.float64)
        y = x.copy()
        charge = np.empty(x.shape[0])
        full_ticks = max(1.0, math.ceil(self.full_s / conditions.dt_s))
        count_charge(current_a, is_full, count, per_a, self.efficiency, self.drain_a, full_ticks, charge)
        y[:, CHARGE], y[:, CURRENT] = charge, current_a
        state = GaugeState(carry.offset_a, carry.gain, carry.capacity_ah, carry.start_error_pct, count)
        return y, state

    def _moved_a(self, current_a: float) -> float:
        return float((current_a if current_a > 0.0 else self.efficiency * current_a) + self.drain_a)

    def spread(self, x: Array, carry: GaugeState, conditions: Conditions) -> Array:
        """Offset over the time since full and a share of what is missing from full; the current's errors."""
        days = self.days_since_full + conditions.t_s / 86_400.0
        offset_pct = 100.0 * self.offset_a * DAY_H * days / self.capacity_ah
        missing_pct = math.hypot(self.gain_ln, self.capacity_ln) * (100.0 - x[:, CHARGE])
        out = np.zeros(x.shape)
        out[:, CHARGE] = np.sqrt(offset_pct * offset_pct + missing_pct * missing_pct)
        out[:, CURRENT] = np.sqrt(self.offset_a**2 + np.square(self.gain_ln * x[:, CURRENT]))
        return out

    def describe(self, carry: GaugeState) -> Description:
        """What makes this gauge its own; the charge it counts, 0 before the first tick."""
        return as_description(
            {
                "offset_a": carry.offset_a,
                "gain": carry.gain,
                "capacity_ah": carry.capacity_ah,
                "start_error_pct": carry.start_error_pct,
                "days_since_full": self.days_since_full,
                "counted_pct": np.nan_to_num(carry.count[0]),
            }
        )


@dataclass(frozen=True, slots=True)
class StartUp:
    """A charger that takes nothing from a panel too weak to start it: below a power or a voltage."""

    name: str
    power_w: float
    voltage_v: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Readings of zero while the charger is asleep, (time, 3)."""
        awake = (x[:, POWER] >= self.power_w) & (x[:, PANEL_VOLTAGE] >= self.voltage_v)
        return np.where(awake[:, None], x, 0.0), None

    def describe(self, carry: None) -> Description:
        """The two thresholds."""
        return as_description({"power_w": self.power_w, "voltage_v": self.voltage_v})


@dataclass(frozen=True, slots=True)
class MeasuredPower(Transform):
    """Power as the product of the voltage and the current measured."""

    name: str
    gain_ln: float = 0.0  # one sigma of either, for the error budget
    offset_a: float = 0.0

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Power, voltage and current, (time, 3)."""
        y = x.copy()
        y[:, POWER] = x[:, PANEL_VOLTAGE] * x[:, PANEL_CURRENT]
        return y, None

    def spread(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Both gains and the current's offset in the power; the others have theirs already."""
        out = np.zeros(x.shape)
        by_gain, by_offset = self.gain_ln * x[:, POWER], self.offset_a * x[:, PANEL_VOLTAGE]
        out[:, POWER] = np.sqrt(2.0 * by_gain * by_gain + by_offset * by_offset)
        return out

    def describe(self, carry: None) -> Description:
        """Nothing but the law."""
        return {}


@dataclass(frozen=True, slots=True)
class NtcTolerance:
    """Thermistor whose resistance and beta are not those that the firmware computes with, (time, 1) [degC].

    1/T' = 1/T0 + ln r / B + (1 + b) (1/T - 1/T0), where the unit's resistance is r and its beta 1 + b times
    the nominal.
    """

    name: str
    beta_k: float
    resistance_ln: float
    beta_share: float
    reference_k: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Logarithm of r, and b, of this unit, (2,)."""
        return np.array([self.resistance_ln, self.beta_share]) * unit_rng.standard_normal(2)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Temperature that the firmware computes, (time, 1) [degC]."""
        from_reference = 1.0 / (x + ZERO_CELSIUS_K) - 1.0 / self.reference_k
        inverse = 1.0 / self.reference_k + carry[0] / self.beta_k + (1.0 + carry[1]) * from_reference
        return 1.0 / inverse - ZERO_CELSIUS_K, carry

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> Array:
        """Both tolerances at this temperature."""
        kelvin = x + ZERO_CELSIUS_K
        by_resistance = self.resistance_ln * kelvin**2 / self.beta_k
        return np.hypot(by_resistance, self.beta_share * kelvin * (1.0 - kelvin / self.reference_k))

    def describe(self, carry: Array) -> Description:
        """Resistance and beta of this unit, each over nominal, as logarithm and share."""
        return as_description({"resistance_ln": carry[0], "beta_share": carry[1], "beta_k": self.beta_k})


@dataclass(frozen=True, slots=True)
class SenseHeating:
    """Thermistor warmed by the current that reads it, by `rise_k`."""

    name: str
    rise_k: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Temperature of the warmed thermistor, (time, 1) [degC]."""
        return x + self.rise_k, None

    def spread(self, x: Array, carry: None, conditions: Conditions) -> float:
        """The rise itself: nothing takes it off."""
        return self.rise_k

    def describe(self, carry: None) -> Description:
        """The rise."""
        return as_description({"rise_k": self.rise_k})
