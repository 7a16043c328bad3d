"""What a request may say that only the home twin understands."""

from typing import Final, Literal

from pydantic import Field, NonNegativeFloat

from envirosense.core.config import FrozenModel

type Level = Literal["easy", "standard", "hard"]

LEVELS: Final[tuple[Level, ...]] = ("easy", "standard", "hard")


class Delivery(FrozenModel):
    """How messages reach whoever listens to Home Assistant; shares of all events."""

    dropped: NonNegativeFloat = Field(default=0.0, le=0.3)
    duplicated: NonNegativeFloat = Field(default=0.0, le=0.3)
    late: NonNegativeFloat = Field(default=0.0, le=0.3)

    @property
    def is_perfect(self) -> bool:
        """Whether every message comes once and in time."""
        return not (self.dropped or self.duplicated or self.late)


class HomeOptions(FrozenModel):
    """Options of `generate home`; what is None is drawn as homes are met."""

    home_type: str | None = None
    size: str | None = None
    region: str | None = None
    faults_per_month: NonNegativeFloat = 1.0  # of a home
    delivery: Delivery = Delivery()
