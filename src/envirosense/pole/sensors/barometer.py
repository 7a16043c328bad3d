"""Static pressure behind a port that the wind blows on."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.units import DRY_AIR_GAS_CONSTANT_J_KG_K
from envirosense.instruments import stages as st
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import Conditions, SensorWorld
from envirosense.instruments.faults import GENERIC_FAULTS
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.pole.sensors.blockage import BlockedLag


@dataclass(frozen=True, slots=True)
class PortPressure:
    """Dynamic pressure C rho u^2 / 2 at the port; the coefficient is uniform between units."""

    name: str
    coefficient_low: float
    coefficient_high: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> Array:
        """Pressure coefficient of this mounting, (1,)."""
        return unit_rng.uniform(self.coefficient_low, self.coefficient_high, 1)

    def apply(
        self, x: Array, carry: Array, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Pressure at the port, (time, 1) [Pa]."""
        return x + carry * self._dynamic_pa(conditions), carry

    def _dynamic_pa(self, conditions: Conditions) -> Array:
        density_kg_m3 = conditions.pressure_pa / (DRY_AIR_GAS_CONSTANT_J_KG_K * conditions.air_k)
        return np.asarray(0.5 * density_kg_m3 * np.square(conditions.wind_m_s))[:, None]

    def spread(self, x: Array, carry: Array, conditions: Conditions) -> Array:
        """Dynamic pressure that an unknown coefficient lets in, (time, 1) [Pa]."""
        low, high = self.coefficient_low, self.coefficient_high
        rms = np.sqrt((low * low + low * high + high * high) / 3.0)
        return np.asarray(rms * self._dynamic_pa(conditions))

    def describe(self, carry: Array) -> st.Description:
        """Coefficient of this mounting."""
        return st.as_description({"coefficient": carry[0]})


class BarometerSensor(BaseSensor[SensorConfig]):
    """Static pressure, (time, 1) [Pa]."""

    sensor_type: ClassVar[str] = "barometer"
    part_kind: ClassVar[str] = "barometer"
    fault_kinds: ClassVar[tuple[str, ...]] = (*GENERIC_FAULTS, "blocked")

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Pressure."""
        density = self.values.number("white.density", "Pa/sqrt(Hz)")
        sigma = float(st.white_sigma(density, self.config.interval_s))
        step = self.values.number("range.resolution", "Pa")
        return (Channel("pressure_pa", "Pa", "static pressure", step, sigma, "float64"),)

    def respond(self, world: SensorWorld) -> Array:
        """Static pressure of the air, (time, 1) [Pa]."""
        return np.array(world.pressure_pa(self.position_3d))[:, None]

    def stages(self) -> tuple[st.AnyStage, ...]:
        """Port and vent, calibration, drift, noise, output."""
        v = self.values
        return (
            PortPressure(
                "port", v.number("port.coefficient_low", "1"), v.number("port.coefficient_high", "1")
            ),
            BlockedLag(
                "vent", v.number("vent.tau", "s"), v.number("vent.blocked", "s"), self.faults("blocked")
            ),
            st.Calibration("calibration", offset_spread=v.number("calibration.offset_spread", "Pa")),
            st.TemperatureError(
                "temperature",
                0.0,
                v.number("temperature.spread", "Pa/K"),
                v.number("temperature.reference", "K"),
                of="body",
            ),
            st.Drift(
                "drift", spread_per_day=v.number("drift.rate_spread", "Pa/day"), age_days=self.drift_days
            ),
            *self.warm_up_stages(),
            st.WhiteNoise("white", v.number("white.density", "Pa/sqrt(Hz)")),
            *self.fault_stages(),
            st.ClipQuantise(
                "digital",
                v.number("range.resolution", "Pa"),
                v.number("range.low", "Pa"),
                v.number("range.high", "Pa"),
            ),
        )
