"""The whole world turned about the pole: wind, line, device and sources together."""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Position
from envirosense.factory.augmentation import Augmentation, NotApplicable
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.pole.augmentations.spans import Span
from envirosense.pole.site import Site
from envirosense.pole.weather_ref import WeatherRef

BEARINGS: Final = ("bearing_deg", "azimuth_deg", "lean_towards_deg")  # parameters from north, by their end
POSES: Final = ("azimuth_deg", "heading_deg")  # settings of sensors from north
FULL_TURN_DEG: Final = 360.0


class WindRotation(Augmentation):
    """What blows, stands and happens around the pole, all turned clockwise by one angle within `turn_deg`.

    What knows no north stays the same up to rounding: speed of the wind, turbulence, mean concentrations,
    sound and temperatures at the device, labels. What does is turned: directions of wind, field and motion,
    places. Three things are not: the sun; the strands within a plume, which are drawn by compass, so that a
    plume has the same mean and other wisps; and bearings that a scenario draws without a parameter.
    """

    turn_deg: Span = (0.0, FULL_TURN_DEG)

    def drawn(self, spec: EpisodeSpec, rng: np.random.Generator) -> JsonObject:
        """The angle, 0..360 [deg].

        Raises:
            NotApplicable: for a scenario from a file, whose bearings are its author's.
        """
        if spec.definition is not None:
            raise NotApplicable("a scenario from a file states its own bearings")
        return {"turn_deg": _turned(0.0, float(rng.uniform(*self.turn_deg)))}

    @classmethod
    def applied(cls, spec: EpisodeSpec, drawn: Mapping[str, Any]) -> EpisodeSpec:
        """Spec of the turned world."""
        by_deg = float(drawn["turn_deg"])
        if not 0.0 <= by_deg < FULL_TURN_DEG:
            raise ConfigError("turn_deg", by_deg, f"must be at least 0 and below {FULL_TURN_DEG:g}")
        before = Site.parse(spec.site, "site")
        after = before.model_copy(update={"line_azimuth_deg": _turned(before.line_azimuth_deg, by_deg)})
        weather = WeatherRef.parse(spec.weather, "weather")
        weather = weather.model_copy(update={"turned_deg": _turned(weather.turned_deg, by_deg)})
        guardian = SensorConfiguration.parse(spec.sensing, "sensing")
        sensors = tuple(_turned_sensor(sensor, before, after, by_deg) for sensor in guardian.sensors)
        params = {
            name: _turned(float(str(value)), by_deg) if name.endswith(BEARINGS) else value
            for name, value in spec.params.items()
        }
        return spec.model_copy(
            update={
                "params": params,
                "site": after.model_dump(mode="json"),
                "weather": weather.model_dump(mode="json"),
                "sensing": guardian.model_copy(update={"sensors": sensors}).model_dump(mode="json"),
            }
        )


def _turned(degrees: float, by_deg: float) -> float:
    """A compass direction after a clockwise turn, 0..360 [deg]."""
    found = math.fmod(degrees + by_deg, FULL_TURN_DEG)
    found += FULL_TURN_DEG if found < 0.0 else 0.0
    return 0.0 if found >= FULL_TURN_DEG else found  # a tiny negative angle rounds up to a full turn


def _turned_sensor(sensor: SensorConfig, before: Site, after: Site, by_deg: float) -> SensorConfig:
    """The sensor at its place on the turned pole, facing what it faced."""
    update: dict[str, Any] = {}
    for name in POSES:
        if (facing := getattr(sensor, name, None)) is not None:
            update[name] = _turned(facing, by_deg)
    if sensor.position_m is not None:
        is_with_device = sensor.position_m == before.device_position_m
        update["position_m"] = (
            after.device_position_m if is_with_device else _around(sensor.position_m, by_deg)
        )
    return sensor.model_copy(update=update)


def _around(at: Position, by_deg: float) -> Position:
    """A position turned clockwise about the pole [m]."""
    east, north, up = at
    sine, cosine = math.sin(math.radians(by_deg)), math.cos(math.radians(by_deg))
    return east * cosine + north * sine, north * cosine - east * sine, up
