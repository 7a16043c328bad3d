"""What all look-alikes have in common: one harmless event that follows a state of its cause."""

import math
from typing import ClassVar

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Position
from envirosense.scenarios import (
    BaseScenario,
    Category,
    EventSubtype,
    EventType,
    Forcing,
    Grading,
    Labels,
    Parameter,
    Response,
    Uniform,
    active_only,
    graded_event,
)

BEARING = Parameter(
    Uniform(0.0, 360.0), "deg", "direction from the pole, clockwise from north", "assumed: any"
)


class LookalikeScenario(BaseScenario):
    """A happening that looks like trouble and must not alarm."""

    category: ClassVar[Category] = Category.LOOKALIKE
    difficulty_level: ClassVar[str] = "unmeasured"
    subtype: ClassVar[EventSubtype]
    course: ClassVar[str]  # state of the cause that the event follows
    grading: ClassVar[Grading]
    source: ClassVar[str] = ""  # what it happens at, where it is no component of the pole
    strength: ClassVar[tuple[str, str]]  # parameter and unit of the cause's strength
    height_m: ClassVar[float] = 1.0  # of the source over ground

    @property
    def at(self) -> Position:
        """Where it happens; at the pole where no distance is drawn."""
        if "distance_m" not in self.params:
            return (0.0, 0.0, self.height_m)
        angle, away_m = math.radians(self.number("bearing_deg")), self.number("distance_m")
        return (away_m * math.sin(angle), away_m * math.cos(angle), self.height_m)

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """One event of a benign source while the state of its cause says so."""
        name, unit = self.strength
        on_pole = "component" in self.params
        event = graded_event(
            response.states[self.course],
            self.grading,
            EventType.BENIGN_SOURCE,
            self.subtype,
            self.text("component") if on_pole else self.source,
            self.number(name),
            unit,
            at=None if on_pole else self.at,
        )
        return Labels(active_only((event,)))
