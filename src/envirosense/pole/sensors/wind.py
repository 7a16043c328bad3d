"""Wind speed and direction from an ultrasonic anemometer beside a pole.

Direction is where the wind comes from, clockwise from north; it is an angle, so errors that
mix its sine and cosine act on the components.
"""

import math
from functools import cached_property
from typing import ClassVar

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments import stages as st
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import Conditions, SensorWorld
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.pole.sensors.wind_stages import (
    FULL_TURN_DEG,
    CalmDirection,
    Orientation,
    ToComponents,
    ToPolar,
    polar,
)

RAIN_REFERENCE_MM_H = 10.0  # at which the part states its mean time between dropouts


class WindSensor(BaseSensor[SensorConfig]):
    """Horizontal wind: speed [m/s] and direction it comes from [deg], (time, 2)."""

    sensor_type: ClassVar[str] = "wind_sensor"
    part_kind: ClassVar[str] = "wind"

    def _pair(self, name: str) -> Array:
        return self.values.numbers(name, "reading", 2)

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Speed and direction; the direction's noise is that at 1 m/s."""
        density = self.values.number("white.density", "m/s/sqrt(Hz)")
        sigma = float(st.white_sigma(density, self.config.interval_s))
        step = self._pair("range.resolution")
        return (
            Channel("speed_m_s", "m/s", "horizontal wind speed", float(step[0]), sigma),
            Channel("direction_deg", "deg", "where the wind comes from", float(step[1]), math.degrees(sigma)),
        )

    def respond(self, world: SensorWorld) -> Array:
        """Speed and direction of the horizontal wind, (time, 2) [m/s, deg]."""
        return polar(world.wind_m_s(self.position_3d)[:, :2])

    def stages(self) -> tuple[st.AnyStage, ...]:
        """Mounting, transducers, output."""
        v = self.values
        return (
            Orientation("orientation", v.number("orientation.spread", "deg")),
            ToComponents("to_components"),
            st.Calibration(
                "calibration",
                gain_spread_ln=v.number("calibration.gain_spread", "ln"),
                offset_spread=v.number("calibration.offset_spread", "m/s"),
            ),
            st.WhiteNoise("white", v.number("white.density", "m/s/sqrt(Hz)")),
            ToPolar("to_polar"),
            CalmDirection("calm", v.number("calm.threshold", "m/s")),
            *self.fault_stages(),
            st.Dropout("rain_dropout", math.inf, v.number("fault.down", "s"), self._up_in_rain_s),
            st.ClipQuantise(
                "digital",
                self._pair("range.resolution"),
                self._pair("range.low"),
                self._pair("range.high"),
                period=np.array([0.0, FULL_TURN_DEG]),
            ),
        )

    def _up_in_rain_s(self, conditions: Conditions) -> Array:
        if conditions.rain_mm_h is None:
            return np.full(conditions.t_s.size, np.inf)
        up_s = self.values.number("fault.up_in_rain", "s") * RAIN_REFERENCE_MM_H
        with np.errstate(divide="ignore"):
            return np.asarray(up_s / conditions.rain_mm_h)
