"""What the charger takes from the solar panel, as its own converter measures it."""

from functools import cached_property
from typing import ClassVar

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments import stages as st
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.physics.energy.photovoltaic import cell_c, panel_v
from envirosense.pole.sensors.energy_stages import EnergyWorld, MeasuredPower, StartUp


class SolarPowerSensor(BaseSensor[SensorConfig, EnergyWorld]):
    """Power [W], voltage [V] and current [A] of the panel, (time, 3).

    With a full battery the charger takes no more than the device draws, whatever the sun.
    """

    sensor_type: ClassVar[str] = "solar_power"
    part_kind: ClassVar[str] = "solar_power"

    def _three(self, name: str, unit: str = "reading") -> Array:
        return self.values.numbers(name, unit, 3)

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Power, voltage, current; the power's noise is that of the current at the panel's best voltage."""
        step = self._three("range.resolution").tolist()
        noise = st.white_sigma(self._three("white.density", "reading/sqrt(Hz)"), self.config.interval_s)
        sigma = np.asarray(noise).tolist()
        power_sigma = sigma[2] * self.values.number("panel.mpp_voltage", "V")
        return (
            Channel("panel_w", "W", "power taken from the panel", step[0], power_sigma),
            Channel("panel_v", "V", "voltage of the panel", step[1], sigma[1]),
            Channel("panel_a", "A", "current taken from the panel", step[2], sigma[2]),
        )

    def respond(self, world: EnergyWorld) -> Array:
        """Power, voltage and current of the panel, (time, 3) [W, V, A]."""
        energy, v = world.energy(), self.values
        light, drawn_w = energy.panel_irradiance_w_m2, energy.drawn_w
        east, north, up = (np.ascontiguousarray(axis) for axis in world.wind_m_s(self.position_3d).T)
        wind = np.sqrt(east * east + north * north + up * up)
        share = np.divide(drawn_w, energy.panel_w, out=np.zeros(light.size), where=energy.panel_w > 0.0)
        volts = panel_v(
            share,
            light,
            cell_c(light, world.air_k(self.position_3d) - ZERO_CELSIUS_K, wind),
            v.number("panel.mpp_voltage", "V"),
            v.number("panel.open_voltage", "V"),
            v.number("panel.per_k", "1/K"),
            v.number("panel.cells", "1"),
        )
        amperes = np.divide(drawn_w, volts, out=np.zeros(light.size), where=volts > 0.0)
        return np.column_stack((volts * amperes, volts, amperes))

    def stages(self) -> tuple[st.AnyStage, ...]:
        """Converter, the charger's sleep, power from voltage and current, output."""
        v = self.values
        gain, offset = self._three("calibration.gain_spread", "ln"), self._three("calibration.offset_spread")
        return (
            st.Calibration("calibration", gain_spread_ln=gain, offset_spread=offset),
            *self.warm_up_stages(),
            st.WhiteNoise("white", self._three("white.density", "reading/sqrt(Hz)")),
            StartUp("start_up", v.number("start_up.power", "W"), v.number("start_up.voltage", "V")),
            MeasuredPower("measured_power", float(gain[2]), float(offset[2])),
            *self.fault_stages(),
            st.ClipQuantise(
                "digital",
                self._three("range.resolution"),
                self._three("range.low"),
                self._three("range.high"),
            ),
        )
