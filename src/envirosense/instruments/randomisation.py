"""Imperfections drawn anew for every episode: ranges of settings and part values, and chances of faults."""

import math
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.parts import load_part
from envirosense.instruments.faults import Fault
from envirosense.instruments.registry import SENSORS
from envirosense.instruments.sensor_change import SensorChange, fits
from envirosense.instruments.sensor_config import SensorConfig

OVERRIDES = "overrides."
SETTINGS = ("age_days", "on_since_s")  # fields of a sensor that may be drawn, beside part values

type Rng = Callable[[str], np.random.Generator]  # generator by name of the draw


class Range(FrozenModel):
    """One setting drawn between `low` and `high`, for each sensor that fits, or once for all (`shared`).

    `field` is `age_days`, `on_since_s` or `overrides.NAME` of a part value; with `scale` the draw
    multiplies the part's value instead of taking its place.
    """

    sensors: tuple[str, ...] = ("*",)
    field: str
    low: float
    high: float
    law: Literal["uniform", "log_uniform"] = "uniform"
    scale: bool = False
    shared: bool = False

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.low > self.high:
            raise ConfigError("randomise.low", self.low, f"must not exceed high, {self.high}")
        if self.law == "log_uniform" and self.low <= 0.0:
            raise ConfigError("randomise.low", self.low, "must be above zero for law 'log_uniform'")
        if not self.field.startswith(OVERRIDES) and self.field not in SETTINGS:
            fix = f"must be one of {', '.join(SETTINGS)} or overrides.NAME of a part value"
            raise ConfigError("randomise.field", self.field, fix)
        if self.field in SETTINGS and self.low < 0.0:
            raise ConfigError("randomise.low", self.low, f"must not be below zero for {self.field}")
        if self.scale and not self.field.startswith(OVERRIDES):
            raise ConfigError("randomise.scale", self.scale, "only part values can be scaled")
        return self

    def draw(self, rng: np.random.Generator) -> float:
        """One value of the range."""
        if self.law == "log_uniform":
            return math.exp(float(rng.uniform(math.log(self.low), math.log(self.high))))
        return float(rng.uniform(self.low, self.high))

    def change(self, sensor: SensorConfig, value: float) -> SensorChange:
        """The draw as a change of one sensor."""
        if not self.field.startswith(OVERRIDES):
            return SensorChange(sensors=(sensor.sensor_id,), set={self.field: value})
        name = self.field.removeprefix(OVERRIDES)
        part = load_part(sensor.part)
        usual = sensor.overrides.get(name, part[name])
        return SensorChange(
            sensors=(sensor.sensor_id,), set={"overrides": {name: _at(usual, value, self.scale)}}
        )


def _at(usual: Any, value: float, scale: bool) -> Any:
    """The drawn value in the shape of the usual one: one number, or one per channel."""
    if isinstance(usual, list | tuple):
        return [_at(each, value, scale) for each in usual]
    if not isinstance(usual, int | float) or isinstance(usual, bool):
        raise ConfigError("randomise.field", usual, "is no number that can be drawn; name another part value")
    return float(usual) * value if scale else value


class FaultChance(FrozenModel):
    """A fault that each sensor that fits has with some chance, at a random time of the episode.

    It begins uniformly within the episode, lasts an exponential time of mean `mean_length_s` (for good
    where that is not given), and its severity is uniform between the limits.
    """

    sensors: tuple[str, ...] = ("*",)
    kind: str
    chance: Annotated[float, Field(ge=0, le=1)]
    mean_length_s: PositiveFloat | None = None
    least_severity: Annotated[float, Field(gt=0, le=1)] = 0.2
    greatest_severity: Annotated[float, Field(gt=0, le=1)] = 1.0

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.least_severity > self.greatest_severity:
            fix = f"must not exceed greatest_severity, {self.greatest_severity}"
            raise ConfigError("fault_chances.least_severity", self.least_severity, fix)
        return self

    def draw(self, rng: np.random.Generator, duration_s: NonNegativeFloat) -> Fault | None:
        """A fault, or none; the same count of numbers is drawn either way."""
        happens, begins, severe = rng.random(3)
        length = float(rng.exponential())
        if happens >= self.chance:
            return None
        begin_s = begins * duration_s
        room = self.greatest_severity - self.least_severity
        end_s = None if self.mean_length_s is None else begin_s + self.mean_length_s * length
        return Fault(
            kind=self.kind, begin_s=begin_s, end_s=end_s, severity=self.least_severity + room * severe
        )


def require_possible(
    ranges: Iterable[Range], chances: Iterable[FaultChance], sensors: Iterable[SensorConfig]
) -> None:
    """Refuse ranges and chances that no sensor of a guardian can have.

    Raises:
        UnknownNameError: naming the pattern that fits no sensor, or the fault that none can have.
    """
    sensors = tuple(sensors)
    known = {name for sensor in sensors for name in (sensor.sensor_id, sensor.sensor_type)}
    for field, patterns in (
        *(("randomise.sensors", one.sensors) for one in ranges),
        *(("fault_chances.sensors", chance.sensors) for chance in chances),
    ):
        for pattern in patterns:
            if not any(fits(sensor, (pattern,)) for sensor in sensors):
                raise UnknownNameError(field, pattern, known)
    for chance in chances:
        kinds = {kind for s in sensors if fits(s, chance.sensors) for kind in fault_kinds(s)}
        if chance.kind not in kinds:
            raise UnknownNameError("fault_chances.kind", chance.kind, kinds)


def fault_kinds(sensor: SensorConfig) -> tuple[str, ...]:
    """Faults that a sensor can have."""
    return SENSORS[sensor.sensor_type].fault_kinds


def drawn_changes(
    ranges: Iterable[Range],
    chances: Iterable[FaultChance],
    sensors: Iterable[SensorConfig],
    duration_s: float,
    rng: Rng,
) -> list[SensorChange]:
    """Every draw as a change; a draw is named by its place in its list and the sensor.

    A chance passes over sensors that cannot have its fault.
    """
    sensors = tuple(sensors)
    changes: list[SensorChange] = []
    for i, one in enumerate(ranges):
        for sensor in (s for s in sensors if fits(s, one.sensors)):
            name = f"range {i}" if one.shared else f"range {i} {sensor.sensor_id}"
            changes.append(one.change(sensor, one.draw(rng(name))))
    planted: dict[str, list[Fault]] = {sensor.sensor_id: list(sensor.faults) for sensor in sensors}
    for i, chance in enumerate(chances):
        for sensor in (s for s in sensors if fits(s, chance.sensors) and chance.kind in fault_kinds(s)):
            fault = chance.draw(rng(f"fault {i} {sensor.sensor_id}"), duration_s)
            if fault is not None:
                planted[sensor.sensor_id].append(fault)
    for sensor in sensors:
        if len(faults := planted[sensor.sensor_id]) > len(sensor.faults):
            records = [fault.model_dump() for fault in faults]
            changes.append(SensorChange(sensors=(sensor.sensor_id,), set={"faults": records}))
    return changes
