"""Settings of one guardian: its sensors and what is recorded beside their readings."""

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SerializeAsAny, ValidationError, model_validator

from envirosense.core.config import FrozenModel, config_error
from envirosense.core.errors import ConfigError, EnviroSenseError, UnknownNameError
from envirosense.instruments.randomisation import FaultChance, Range, Rng, drawn_changes, require_possible
from envirosense.instruments.registry import SENSORS, build_sensor
from envirosense.instruments.sensor_change import SensorChange
from envirosense.instruments.sensor_config import SensorConfig


def _typed(value: object) -> object:
    if isinstance(value, SensorConfig):
        value = value.model_dump()
    return parsed_sensor(value) if isinstance(value, Mapping) else value


def parsed_sensor(value: Mapping[str, Any]) -> SensorConfig:
    """Settings of the class that `sensor_type` names, checked against its part and stages.

    Raises:
        ConfigError: naming field, value and fix.
    """
    if "sensor_type" not in value:
        raise ConfigError("sensor_type", None, "required field is missing; add it")
    where = str(value.get("sensor_id", ""))
    config = SENSORS[str(value["sensor_type"])].config_type.parse(value, where)
    if not _can_be_built(_without_history(config)):
        build_sensor(config)  # says what is wrong, with the sensor's own name
    return config


def _without_history(config: SensorConfig) -> str:
    """What decides whether a sensor can be built, as JSON: neither name, place nor age."""
    common = {"sensor_id": "any", "position_m": None, "age_days": 0.0, "used_days": None}
    return config.model_copy(update=common | {"calibrated_at_days": ()}).model_dump_json()


@lru_cache(maxsize=1024)
def _can_be_built(config: str) -> bool:
    """Whether part, overrides and stage names fit: only the built sensor knows."""
    sensor_class = SENSORS[str(json.loads(config)["sensor_type"])]
    try:
        sensor_class(sensor_class.config_type.model_validate_json(config))
    except EnviroSenseError:
        return False
    return True


type AnySensorConfig = Annotated[SerializeAsAny[SensorConfig], BeforeValidator(_typed)]


class ScenarioOverride(FrozenModel):
    """Changes that hold in the scenarios whose id fits one of the patterns, such as `fire/*`."""

    scenarios: tuple[str, ...]
    changes: tuple[SensorChange, ...]


class SensorConfiguration(FrozenModel):
    """One guardian: sensors with unique ids, coupling, optional streams, and what is drawn per episode.

    `power_coupling` on: the sensors load the battery, and those that the device sheds when it runs low
    report nothing. `for_episode` turns ranges, chances and overrides into plain settings.
    """

    guardian_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = "guardian"
    sensors: tuple[AnySensorConfig, ...]
    power_coupling: Literal["off", "on"] = "off"
    ideal_stream: bool = False
    stages_stream: bool = False
    status_stream: bool = True
    randomise: tuple[Range, ...] = ()
    fault_chances: tuple[FaultChance, ...] = ()
    scenario_overrides: tuple[ScenarioOverride, ...] = ()

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [sensor.sensor_id for sensor in self.sensors]
        for sensor_id in ids:
            if ids.count(sensor_id) > 1:
                raise ConfigError("sensor_id", sensor_id, "is used twice; give every sensor its own id")
        return self

    @model_validator(mode="after")
    def _draws_are_possible(self) -> Self:
        require_possible(self.randomise, self.fault_chances, self.sensors)
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

    def changed(self, changes: Iterable[SensorChange]) -> Self:
        """The same guardian after changes, one after another.

        Raises:
            UnknownNameError: if a change fits no sensor.
            ConfigError: if a sensor cannot have what a change sets.
        """
        sensors = list(self.sensors)
        for change in changes:
            fitting = [i for i, sensor in enumerate(sensors) if change.fits(sensor)]
            if not fitting:
                known = {name for sensor in sensors for name in (sensor.sensor_id, sensor.sensor_type)}
                raise UnknownNameError("sensors", " ".join(change.sensors), known)
            for i in fitting:
                sensors[i] = parsed_sensor(change.applied(sensors[i]))
        return self.model_copy(update={"sensors": tuple(sensors)})

    def for_episode(self, scenario: str, duration_s: float, rng: Rng) -> Self:
        """What one episode gets: overrides of its scenario, then every range and chance drawn.

        `rng` gives the generator of a draw by its name. The result draws nothing any more.
        """
        changes = [
            change
            for override in self.scenario_overrides
            if any(fnmatchcase(scenario, pattern) for pattern in override.scenarios)
            for change in override.changes
        ]
        chosen = self.changed(changes)
        drawn = drawn_changes(self.randomise, self.fault_chances, chosen.sensors, duration_s, rng)
        settled = {"randomise": (), "fault_chances": (), "scenario_overrides": ()}
        return chosen.changed(drawn).model_copy(update=settled)

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
