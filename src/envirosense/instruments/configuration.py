"""Settings of one guardian: its sensors and what is recorded beside their readings."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SerializeAsAny, ValidationError, model_validator

from envirosense.core.config import FrozenModel, config_error
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.instruments.registry import SENSORS, build_sensor
from envirosense.instruments.sensor_config import SensorConfig


def _typed(value: object) -> object:
    """Settings of the class that `sensor_type` names, checked against its part and stages."""
    if isinstance(value, SensorConfig):
        value = value.model_dump()
    if not isinstance(value, Mapping):
        return value
    if "sensor_type" not in value:
        raise ConfigError("sensor_type", None, "required field is missing; add it")
    where = str(value.get("sensor_id", ""))
    config = SENSORS[str(value["sensor_type"])].config_type.parse(value, where)
    build_sensor(config)  # part, overrides and stage names are only known to the built sensor
    return config


type AnySensorConfig = Annotated[SerializeAsAny[SensorConfig], BeforeValidator(_typed)]


class SensorConfiguration(FrozenModel):
    """One guardian: sensors with unique ids, coupling and optional streams."""

    guardian_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = "guardian"
    sensors: tuple[AnySensorConfig, ...]
    power_coupling: Literal["off"] = "off"  # the power system comes with the battery
    ideal_stream: bool = False
    stages_stream: bool = False

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [sensor.sensor_id for sensor in self.sensors]
        for sensor_id in ids:
            if ids.count(sensor_id) > 1:
                raise ConfigError("sensor_id", sensor_id, "is used twice; give every sensor its own id")
        return self

    @classmethod
    def parse(cls, data: Mapping[str, Any], where: str = "") -> Self:
        """Configuration from plain data; the first fault becomes one line.

        Raises:
            ConfigError: naming field, value and fix.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            cause = error.errors(include_url=False)[0].get("ctx", {}).get("error")
            if isinstance(cause, ConfigError):
                raise cause from None
            raise config_error(error, where, cls) from None

    def select(self, sensors: Iterable[str] | None = None, without: Iterable[str] = ()) -> Self:
        """The same guardian with only the sensors named (all when None), less those in `without`.

        Names are sensor ids or sensor types.

        Raises:
            UnknownNameError: if a name fits no sensor of this guardian.
        """
        wanted = None if sensors is None else set(self._known(sensors))
        unwanted = set(self._known(without))
        kept = tuple(
            sensor
            for sensor in self.sensors
            if (wanted is None or wanted & {sensor.sensor_id, sensor.sensor_type})
            and not unwanted & {sensor.sensor_id, sensor.sensor_type}
        )
        return self.model_copy(update={"sensors": kept})

    def _known(self, names: Iterable[str]) -> Iterable[str]:
        known = {name for sensor in self.sensors for name in (sensor.sensor_id, sensor.sensor_type)}
        for name in names:
            if name not in known:
                raise UnknownNameError("sensor", name, known)
            yield name

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """JSON schema in which a sensor is one of the types registered."""
        schema = cls.model_json_schema()
        schema["properties"]["sensors"]["items"] = {"anyOf": [_schema_of(name) for name in SENSORS]}
        return schema


def _schema_of(sensor_type: str) -> dict[str, Any]:
    schema = SENSORS[sensor_type].config_type.model_json_schema()
    schema["title"] = sensor_type
    schema["properties"]["sensor_type"] = {"const": sensor_type}
    return schema
