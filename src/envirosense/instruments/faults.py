"""Faults that a configuration plants in a sensor."""

import math
from typing import Annotated, Final, Self

from pydantic import Field, NonNegativeFloat, model_validator

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError

GENERIC_FAULTS: Final = ("stuck", "drifted", "disconnected", "saturated")  # every scalar sensor can have them


class Fault(FrozenModel):
    """One fault: from `begin_s` to before `end_s` since the episode's start, for good by default."""

    kind: str
    begin_s: NonNegativeFloat = 0.0
    end_s: NonNegativeFloat | None = None  # None: until the end
    severity: Annotated[float, Field(gt=0, le=1)] = 1.0

    @model_validator(mode="after")
    def _ends_after_its_begin(self) -> Self:
        if self.end_s is not None and self.end_s <= self.begin_s:
            raise ConfigError("faults.end_s", self.end_s, f"must lie after begin_s, {self.begin_s} s")
        return self

    @property
    def stop_s(self) -> float:
        """End since the episode's start [s]; infinite for a fault that stays."""
        return math.inf if self.end_s is None else self.end_s
