"""Fuel gauge of the battery: charge by counting, voltage, current, and the pack's temperature."""

from functools import cached_property
from typing import ClassVar

import numpy as np
from pydantic import NonNegativeFloat

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments import stages as st
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.pole.sensors.energy_stages import CoulombCounter, EnergyWorld

NO_LAG_S = 0.0


class BatteryLevelConfig(SensorConfig):
    """A gauge that was last set right some days before the episode."""

    days_since_full: NonNegativeFloat = 3.0  # assumed: a few cloudy days


class BatteryLevelSensor(BaseSensor[BatteryLevelConfig, EnergyWorld]):
    """Charge [%], voltage [V], current out of the pack [A] and its temperature [degC], (time, 4)."""

    sensor_type: ClassVar[str] = "battery_level"
    config_type: ClassVar[type[SensorConfig]] = BatteryLevelConfig
    part_kind: ClassVar[str] = "battery_level"

    def _four(self, name: str, unit: str = "reading") -> Array:
        return self.values.numbers(name, unit, 4)

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Charge, voltage, current, temperature."""
        step = self._four("range.resolution").tolist()
        noise = st.white_sigma(self._four("white.density", "reading/sqrt(Hz)"), self.config.interval_s)
        sigma = np.asarray(noise).tolist()
        return (
            Channel("charge_pct", "%", "charge of the battery as the gauge counts it", step[0], sigma[0]),
            Channel("voltage_v", "V", "voltage of the battery", step[1], sigma[1]),
            Channel("current_a", "A", "current, positive out of the battery", step[2], sigma[2]),
            Channel("temperature_c", "degC", "temperature of the battery", step[3], sigma[3]),
        )

    def respond(self, world: EnergyWorld) -> Array:
        """Charge, voltage, current and temperature of the pack, (time, 4) [%, V, A, degC]."""
        energy = world.energy()
        pack_c = world.housing_k() - ZERO_CELSIUS_K
        return np.column_stack((100.0 * energy.charge, energy.voltage_v, energy.current_a, pack_c))

    def stages(self) -> tuple[st.AnyStage, ...]:
        """Converter, thermistor, counter, output."""
        v = self.values
        capacity_ah = v.number("counter.capacity_ah", "Ah")
        allowed_a = v.number("counter.drain", "A") + capacity_ah * v.number("counter.self_discharge", "1/h")
        lag_s = np.array([NO_LAG_S, NO_LAG_S, NO_LAG_S, v.number("temperature.tau", "s")])
        return (
            st.Lag("thermistor", lag_s, lag_s),
            st.Calibration(
                "calibration",
                gain_spread_ln=self._four("calibration.gain_spread", "ln"),
                offset_spread=self._four("calibration.offset_spread"),
            ),
            CoulombCounter(
                "counter",
                offset_a=v.number("counter.offset", "A"),
                gain_ln=v.number("counter.gain", "ln"),
                capacity_ln=v.number("counter.capacity", "ln"),
                capacity_ah=capacity_ah,
                efficiency=v.number("counter.efficiency", "1"),
                drain_a=allowed_a,
                full_per_h=v.number("full.current", "1/h"),
                rest_per_h=v.number("full.rest", "1/h"),
                full_v=v.number("full.voltage", "V"),
                full_s=v.number("full.hold", "s"),
                days_since_full=self.config.days_since_full,
            ),
            *self.warm_up_stages(),
            st.WhiteNoise("white", self._four("white.density", "reading/sqrt(Hz)")),
            *self.fault_stages(),
            st.ClipQuantise(
                "digital", self._four("range.resolution"), self._four("range.low"), self._four("range.high")
            ),
        )
