"""The device's bracket works loose: it rattles at a resonance of its own, and sags."""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.instruments.stages.spells import Spells
from envirosense.pole.scenarios.states import place_in, stated_place
from envirosense.pole.scenarios.system.spans import BEGIN, LENGTH, WORST, span_of
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Conditions,
    EventSubtype,
    EventType,
    Forcing,
    Grading,
    Labels,
    Parameter,
    ParameterSpace,
    Response,
    SensorFault,
    Uniform,
    active_only,
    graded_event,
)

GRADING: Final = Grading(0.01, WORST, (("slack", 0.0), ("rattling", 0.3), ("hanging", 0.7)))


class MountLooseScenario(BaseScenario):
    """A loose bracket, as the accelerometer inside the device feels it."""

    name: ClassVar[str] = "mount_loose"
    description: ClassVar[str] = "The device's bracket works loose; the device rattles and sags"
    category: ClassVar[Category] = Category.SYSTEM
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = GRADING.stage_names
    limits: ClassVar[str] = (
        "Only the vibration sensor feels it: the camera keeps its aim, and nothing is heard of the rattle."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.02, 30 * 86400.0, "assumed: one bracket in fifty a year, found a month later"
    )
    tags: ClassVar[tuple[str, ...]] = ("device",)
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "severity": Parameter(
                Uniform(0.1, 1.0), "1", "how loose: the bracket's stiffness goes as one over it", "assumed"
            ),
            "begin_fraction": BEGIN,
            "length_fraction": LENGTH,
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """The looseness, from a blow or a lost nut until somebody tightens it."""
        span = span_of(conditions.grid, self.number("begin_fraction"), self.number("length_fraction"))
        severity = self.number("severity")
        course = Spells(((*span, severity),)).severity(conditions.grid.t_s)
        fault = SensorFault("vibration_sensor", "loose", *span, severity)
        place = stated_place(conditions.place.device_m, conditions.grid)
        return Forcing(sensor_faults=(fault,), states={"looseness": course} | place)

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """One event while the bracket is loose."""
        course = response.states["looseness"]
        event = graded_event(
            course,
            GRADING,
            EventType.PHYSICAL_INTEGRITY,
            EventSubtype.MOUNT_LOOSE,
            "device",
            self.number("severity"),
            "1",
            at=place_in(response.states),
            progress=np.maximum.accumulate(course),
        )
        return Labels(active_only((event,)))
