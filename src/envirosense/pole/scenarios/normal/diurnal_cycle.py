"""A healthy pole through an ordinary hour of a real weather year: the negatives."""

from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Conditions,
    Forcing,
    Labels,
    ParameterSpace,
    Response,
)


class DiurnalCycleScenario(BaseScenario):
    """Sun, wind, load and background air, and nothing wrong."""

    name: ClassVar[str] = "diurnal_cycle"
    description: ClassVar[str] = "A healthy pole in real weather"
    category: ClassVar[Category] = Category.NORMAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = ()
    limits: ClassVar[str] = (
        "Nothing but weather, load and background air: sources nearby, switching and weather off its season "
        "are scenarios of their own. Severe weather that the year brings by itself is not labelled."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        365.0, 86_400.0, "every day of the year, less what the other scenarios take of it"
    )
    space: ClassVar[ParameterSpace] = ParameterSpace({})

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """No cause."""
        return Forcing()

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """No events."""
        return Labels()
