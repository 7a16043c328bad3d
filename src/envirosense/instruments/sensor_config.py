"""Settings of one sensor."""

from typing import Annotated

from pydantic import Field, JsonValue, NonNegativeFloat, PositiveFloat

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Position


class SensorConfig(FrozenModel):
    """One sensor: which part, where, how often, and which imperfections.

    A sensor class with settings of its own derives from this and names the derived class in its
    `config_type`.
    """

    sensor_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]  # becomes part of column names
    sensor_type: str
    part: str
    enabled: bool = True
    position_m: Position = (0.0, 0.0, 6.0)
    interval_s: PositiveFloat = 1.0
    age_days: NonNegativeFloat = 0.0
    stages_off: bool | tuple[str, ...] = False
    stuck_spells_s: tuple[tuple[float, float], ...] = ()  # begin and end since the episode's start
    overrides: dict[str, JsonValue] = Field(default_factory=dict)

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
