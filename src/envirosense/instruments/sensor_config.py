"""Settings of one sensor."""

from typing import Annotated, Self

from pydantic import Field, JsonValue, NonNegativeFloat, PositiveFloat, model_validator

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Position
from envirosense.instruments.faults import Fault


class SensorConfig(FrozenModel):
    """One sensor: which part, where, how often, and which imperfections.

    A sensor class with settings of its own derives from this and names the derived class in its
    `config_type`.
    """

    sensor_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]  # becomes part of column names
    sensor_type: str
    part: str
    enabled: bool = True
    position_m: Position | None = None  # None: at the device's place, which the site knows
    interval_s: PositiveFloat = 1.0
    age_days: NonNegativeFloat = 0.0
    stages_off: bool | tuple[str, ...] = False
    used_days: NonNegativeFloat | None = None  # time switched on; None: its share of the age
    calibrated_at_days: tuple[NonNegativeFloat, ...] = ()  # ages at which it was calibrated in the field
    on_since_s: NonNegativeFloat | None = None  # before the episode's start; None: long warm
    faults: tuple[Fault, ...] = ()
    overrides: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _history_is_possible(self) -> Self:
        dates = self.calibrated_at_days
        if list(dates) != sorted(set(dates)) or (dates and dates[-1] > self.age_days):
            fix = f"must rise and not pass the age, {self.age_days} days"
            raise ConfigError(f"{self.sensor_id}.calibrated_at_days", list(dates), fix)
        if self.used_days is not None and self.used_days > self.age_days:
            fix = f"must not exceed the age, {self.age_days} days"
            raise ConfigError(f"{self.sensor_id}.used_days", self.used_days, fix)
        return self

    @property
    def drift_days(self) -> float:
        """Time since the last calibration [days]: what drift has had to grow."""
        return self.age_days - (self.calibrated_at_days[-1] if self.calibrated_at_days else 0.0)

    def ticks_apart(self, dt_s: float) -> int:
        """Ticks from one sample to the next; every tick where a tick is longer than the interval.

        Raises:
            ConfigError: if the interval is longer than a tick and no multiple of it.
        """
        ticks = self.interval_s / dt_s
        every = max(1, round(ticks))
        if ticks > 1 and abs(ticks - every) > 1e-9 * ticks:
            fix = f"must be a multiple of the tick, {dt_s} s"
            raise ConfigError(f"{self.sensor_id}.interval_s", self.interval_s, fix)
        return every
