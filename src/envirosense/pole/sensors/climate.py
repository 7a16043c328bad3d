"""Air temperature and relative humidity from a probe in a shield.

The humidity element measures its own surroundings: sun and electronics that warm it dry the air
it feels, so relative humidity is recomputed at the temperature of the sensor.
"""

from functools import cached_property
from typing import ClassVar

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments import stages as st
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import SensorWorld
from envirosense.instruments.faults import GENERIC_FAULTS
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.pole.sensors.blockage import BlockedLag
from envirosense.pole.sensors.shield import Condensation, Creep, HumidityAtSensor, SelfHeating, ShieldError


class TemperatureHumiditySensor(BaseSensor[SensorConfig]):
    """Air temperature [degC] and relative humidity [%], (time, 2)."""

    sensor_type: ClassVar[str] = "temperature_humidity"
    part_kind: ClassVar[str] = "temperature_humidity"
    fault_kinds: ClassVar[tuple[str, ...]] = (*GENERIC_FAULTS, "fouled")

    def _pair(self, name: str, unit: str = "reading") -> Array:
        return self.values.numbers(name, unit, 2)

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Temperature and humidity."""
        step = self._pair("range.resolution")
        sigma = st.white_sigma(self._pair("white.density", "reading/sqrt(Hz)"), self.config.interval_s)
        return (
            Channel("temperature_c", "degC", "air temperature", float(step[0]), float(np.asarray(sigma)[0])),
            Channel("humidity_pct", "%", "relative humidity", float(step[1]), float(np.asarray(sigma)[1])),
        )

    def respond(self, world: SensorWorld) -> Array:
        """Temperature and humidity of the air, (time, 2) [degC, %]."""
        at = self.position_3d
        return np.column_stack((world.air_k(at) - ZERO_CELSIUS_K, 100.0 * world.relative_humidity(at)))

    def stages(self) -> tuple[st.AnyStage, ...]:
        """Shield, element, calibration, noise, output."""
        v = self.values
        shield_s = v.number("shield.tau", "s")
        element_s = self._pair("element.tau", "s")
        return (
            ShieldError(
                "radiation",
                warming_k=v.number("shield.warming", "K"),
                irradiance_w_m2=v.number("shield.irradiance", "W/m2"),
                wind_exponent=v.number("shield.wind_exponent", "1"),
                greatest_k=v.number("shield.greatest_warming", "K"),
                night_cooling_k=v.number("shield.night_cooling", "K"),
                dark_w_m2=v.number("shield.dark", "W/m2"),
                unit_spread_ln=v.number("shield.unit_spread", "ln"),
            ),
            SelfHeating("self_heating", v.number("self_heating.calm", "K")),
            HumidityAtSensor("humidity_at_sensor"),  # before the lag: air and probe have to be of one moment
            st.Lag("shield", shield_s, shield_s),
            Condensation(
                "condensation",
                onset_pct=v.number("condensation.onset", "%RH"),
                wetting_s=v.number("condensation.wetting", "s"),
                drying_s=v.number("condensation.drying", "s"),
            ),
            BlockedLag("element", element_s, self._pair("element.blocked", "s"), self.faults("fouled")),
            st.Hysteresis("hysteresis", self._pair("hysteresis.amplitude"), self._pair("hysteresis.reach")),
            Creep(
                "creep",
                onset_pct=v.number("creep.onset", "%RH"),
                amplitude_pct=v.number("creep.amplitude", "%RH"),
                tau_s=v.number("creep.tau", "s"),
            ),
            st.Calibration("calibration", offset_spread=self._pair("calibration.offset_spread")),
            st.Drift(
                "drift",
                spread_per_day=self._pair("drift.rate_spread", "reading/day"),
                age_days=self.drift_days,
            ),
            *self.warm_up_stages(),
            st.WhiteNoise("white", self._pair("white.density", "reading/sqrt(Hz)")),
            *self.fault_stages(),
            st.ClipQuantise(
                "digital", self._pair("range.resolution"), self._pair("range.low"), self._pair("range.high")
            ),
        )
