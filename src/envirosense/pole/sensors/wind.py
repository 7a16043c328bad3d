"""Wind speed and direction beside a pole, from an ultrasonic anemometer or from cups and a vane.

Direction is where the wind comes from, clockwise from north; it is an angle, so errors that
mix its sine and cosine act on the components.
"""

import math
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments import stages as st
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import Conditions, SensorWorld
from envirosense.instruments.faults import GENERIC_FAULTS
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.status import Status
from envirosense.pole.sensors.wind_calibration import ComponentCalibration
from envirosense.pole.sensors.wind_cup import CupInertia, VaneInertia
from envirosense.pole.sensors.wind_stages import (
    FULL_TURN_DEG,
    CalmDirection,
    Dirt,
    Ice,
    IntervalStatistics,
    Orientation,
    ToComponents,
    ToPolar,
    WebNoise,
    polar,
)

_OF_COMPONENTS = np.array([1.0, 1.0, 0.0])  # a gust's excess has no zero of its own
RAIN_REFERENCE_MM_H = 10.0  # at which the part states its mean time between dropouts


class WindSensor(BaseSensor[SensorConfig]):
    """Horizontal wind: speed [m/s], direction it comes from [deg] and gust [m/s], (time, 3)."""

    sensor_type: ClassVar[str] = "wind_sensor"
    part_kind: ClassVar[str] = "wind"
    fault_kinds: ClassVar[tuple[str, ...]] = (*GENERIC_FAULTS, "iced", "spider", "fouled")

    def _each(self, name: str) -> Array:
        return self.values.numbers(name, "reading", 3)

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Speed, direction and gust; the direction's noise is that at 1 m/s."""
        density = self.values.number("white.density", "m/s/sqrt(Hz)")
        sigma = float(st.white_sigma(density, self.config.interval_s))
        step = self._each("range.resolution")
        return (
            Channel("speed_m_s", "m/s", "horizontal wind speed", float(step[0]), sigma),
            Channel("direction_deg", "deg", "where the wind comes from", float(step[1]), math.degrees(sigma)),
            Channel("gust_m_s", "m/s", "greatest 3 s mean since the report before", float(step[2]), sigma),
        )

    def respond(self, world: SensorWorld) -> Array:
        """Speed and direction of the horizontal wind, and the speed for a gust, (time, 3) [m/s, deg, m/s]."""
        wind = polar(world.wind_m_s(self.position_3d)[:, :2])
        return np.column_stack((wind, wind[:, 0]))

    def stages(self) -> tuple[st.AnyStage, ...]:
        """Inertia of what moves, statistics of the interval, mounting, transducers, output."""
        v = self.values
        return (
            *self._inertia_stages(),
            IntervalStatistics("interval", self.config.interval_s, v.number("gust.mean_over", "s")),
            Orientation("orientation", v.number("orientation.spread", "deg")),
            ToComponents("to_components"),
            ComponentCalibration(
                "calibration",
                gain_spread_ln=v.number("calibration.gain_spread", "ln"),
                offset_spread=v.number("calibration.offset_spread", "m/s") * _OF_COMPONENTS,
            ),
            *self._dirt_stages(),
            *self.warm_up_stages(),
            st.WhiteNoise("white", v.number("white.density", "m/s/sqrt(Hz)")),
            ToPolar("to_polar"),
            CalmDirection("calm", v.number("calm.threshold", "m/s")),
            *self._ice_and_web_stages(),
            *self.fault_stages(),
            *self._rain_stages(),
            st.ClipQuantise(
                "digital",
                self._each("range.resolution"),
                self._each("range.low"),
                self._each("range.high"),
                period=np.array([0.0, FULL_TURN_DEG, 0.0]),
            ),
        )

    def _inertia_stages(self) -> tuple[st.AnyStage, ...]:
        v = self.values
        if "cup.distance" not in v:
            return ()
        threshold_m_s = v.number("cup.threshold", "m/s")
        return (
            CupInertia(
                "cups",
                v.number("cup.distance", "m"),
                threshold_m_s,
                v.number("cup.wear", "m/s/year"),
                self.drift_days,
            ),
            VaneInertia("vane", v.number("vane.distance", "m"), v.number("vane.damping", "1"), threshold_m_s),
        )

    def _rain_stages(self) -> tuple[st.AnyStage, ...]:
        v = self.values
        if v.number("fault.up_in_rain", "s") == 0.0:
            return ()
        return (st.Dropout("rain_dropout", math.inf, v.number("fault.down", "s"), self._up_in_rain_s),)

    def _dirt_stages(self) -> tuple[st.AnyStage, ...]:
        fouled, spider = self.faults("fouled"), self.faults("spider")
        density = self.values.number("web.density", "m/s/sqrt(Hz)")
        dirt = (Dirt("dirt", fouled),) if fouled else ()
        return (*dirt, WebNoise("web_noise", density, spider)) if spider else dirt

    def _ice_and_web_stages(self) -> tuple[st.AnyStage, ...]:
        iced, stages = self.faults("iced"), []
        if self.faults("spider") and self.values.number("web.up", "s") > 0.0:
            down_s = self.values.number("web.down", "s")
            stages.append(st.Dropout("web_dropout", math.inf, down_s, self._up_in_web_s))
        silent_from = self.values.number("ice.silent_from", "1")
        return (*stages, Ice("ice", iced, silent_from)) if iced else tuple(stages)

    def _up_in_web_s(self, conditions: Conditions) -> Array:
        with np.errstate(divide="ignore"):
            return self.values.number("web.up", "s") / self.faults("spider").severity(conditions.t_s)

    def status_flags(
        self, world: SensorWorld, conditions: Conditions, reading: Array
    ) -> npt.NDArray[np.uint16]:
        """DISTURBED, (time,), in rain and with ice or a web in the path: weak echoes show it.

        Cups and vanes have no echo and know of nothing (`disturbed.rain` 0).
        """
        if self.values.number("disturbed.rain", "mm/h") == 0.0:
            return np.zeros(conditions.t_s.size, dtype=np.uint16)
        iced, spider = (self.faults(kind).severity(conditions.t_s) for kind in ("iced", "spider"))
        bad = iced + spider > 0.0
        if conditions.rain_mm_h is not None:
            bad |= conditions.rain_mm_h >= self.values.number("disturbed.rain", "mm/h")
        return bad.astype(np.uint16) * np.uint16(Status.DISTURBED)

    def _up_in_rain_s(self, conditions: Conditions) -> Array:
        if conditions.rain_mm_h is None:
            return np.full(conditions.t_s.size, np.inf)
        up_s = self.values.number("fault.up_in_rain", "s") * RAIN_REFERENCE_MM_H
        with np.errstate(divide="ignore"):
            return np.asarray(up_s / conditions.rain_mm_h)
