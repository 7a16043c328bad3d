"""A healthy pole through an ordinary hour of a real weather year: the negatives."""

from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.scenarios import (
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
    limits: ClassVar[str] = "No look-alike sources (barbecue, traffic plume, smoke from afar)."
    space: ClassVar[ParameterSpace] = ParameterSpace({})

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """No cause."""
        return Forcing()

    def labels(self, forcing: Forcing, response: Response | None, grid: TimeGrid) -> Labels:
        """No events."""
        return Labels()
