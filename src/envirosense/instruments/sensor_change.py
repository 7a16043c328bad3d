"""Changes to some sensors of a guardian: another part, age, fault or override."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from pydantic import Field, JsonValue

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError
from envirosense.instruments.sensor_config import SensorConfig

IDENTITY = ("sensor_id", "sensor_type")  # a change makes no other sensor of it


def fits(sensor: SensorConfig, patterns: Iterable[str]) -> bool:
    """Whether the id or type of a sensor fits one of the patterns."""
    names = (sensor.sensor_id, sensor.sensor_type)
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


class SensorChange(FrozenModel):
    """Fields set on every sensor whose id or type fits one of the patterns in `sensors`."""

    sensors: tuple[str, ...] = ("*",)
    set: dict[str, JsonValue] = Field(min_length=1)

    def fits(self, sensor: SensorConfig) -> bool:
        """Whether the change is about this sensor."""
        return fits(sensor, self.sensors)

    def applied(self, sensor: SensorConfig) -> dict[str, Any]:
        """Fields of the sensor after the change; `overrides` are added to those it has.

        Raises:
            ConfigError: if the change would make another sensor of it.
        """
        for name in IDENTITY:
            if name in self.set:
                raise ConfigError(f"set.{name}", self.set[name], "a change keeps it; describe another sensor")
        before = sensor.model_dump()
        overrides = self.set.get("overrides", {})
        if not isinstance(overrides, Mapping):
            raise ConfigError("set.overrides", overrides, "must map names of part values to values")
        return before | self.set | {"overrides": before["overrides"] | dict(overrides)}
