"""Temperature of the main board from a thermistor on it."""

from functools import cached_property
from typing import ClassVar

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments import stages as st
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.pole.sensors.energy_stages import EnergyWorld, NtcTolerance, SenseHeating


class InternalTemperatureSensor(BaseSensor[SensorConfig, EnergyWorld]):
    """Temperature of the board, (time, 1) [degC]."""

    sensor_type: ClassVar[str] = "internal_temperature"
    part_kind: ClassVar[str] = "internal_temperature"

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Temperature."""
        density = self.values.number("white.density", "degC/sqrt(Hz)")
        sigma = float(st.white_sigma(density, self.config.interval_s))
        step = self.values.number("range.resolution", "degC")
        return (Channel("temperature_c", "degC", "temperature of the main board", step, sigma),)

    def respond(self, world: EnergyWorld) -> Array:
        """Temperature of the board, (time, 1) [degC]."""
        return (world.energy().board_k - ZERO_CELSIUS_K)[:, None]

    def stages(self) -> tuple[st.AnyStage, ...]:
        """Thermistor, converter, output."""
        v = self.values
        tau_s = v.number("ntc.tau", "s")
        return (
            st.Lag("lag", tau_s, tau_s),
            SenseHeating("self_heating", v.number("ntc.self_heating", "K")),
            NtcTolerance(
                "tolerance",
                beta_k=v.number("ntc.beta", "K"),
                resistance_ln=v.number("ntc.resistance_spread", "ln"),
                beta_share=v.number("ntc.beta_spread", "ln"),
                reference_k=v.number("ntc.reference", "K"),
            ),
            st.Calibration("calibration", offset_spread=v.number("calibration.offset_spread", "degC")),
            st.Drift(
                "drift", spread_per_day=v.number("drift.rate_spread", "degC/day"), age_days=self.drift_days
            ),
            *self.warm_up_stages(),
            st.WhiteNoise("white", v.number("white.density", "degC/sqrt(Hz)")),
            *self.fault_stages(),
            st.ClipQuantise(
                "digital",
                v.number("range.resolution", "degC"),
                v.number("range.low", "degC"),
                v.number("range.high", "degC"),
            ),
        )
