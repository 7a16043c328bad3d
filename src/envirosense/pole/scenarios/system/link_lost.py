"""The radio link fades or breaks: the device goes on, and what it says does not arrive."""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.pole.scenarios.states import place_in, stated_place
from envirosense.pole.scenarios.system.spans import BEGIN, LENGTH, WORST, span_of, spells, within
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Conditions,
    DeviceChange,
    EventSubtype,
    EventType,
    Forcing,
    Grading,
    Labels,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    active_only,
    graded_event,
)

GRADING: Final = Grading(0.01, WORST, (("fading", 0.0), ("mostly_down", 0.7), ("down", 0.95)))


class LinkLostScenario(BaseScenario):
    """A link that is down for part of the time."""

    name: ClassVar[str] = "link_lost"
    description: ClassVar[str] = "The radio link fades or breaks; readings are lost on their way"
    category: ClassVar[Category] = Category.SYSTEM
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = GRADING.stage_names
    limits: ClassVar[str] = (
        "Nothing is buffered and sent later; all sensors are lost together; rain and the case's heat do not "
        "act on the radio."
    )
    rate: ClassVar[BaseRate] = BaseRate(12.0, 1800.0, "assumed: one bad half hour a month")
    tags: ClassVar[tuple[str, ...]] = ("device",)
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "down_share": Parameter(Uniform(0.2, 1.0), "1", "share of the time without a link", "assumed"),
            "mean_gap_s": Parameter(LogUniform(20.0, 1800.0), "s", "mean length of a gap", "assumed"),
            "begin_fraction": BEGIN,
            "length_fraction": LENGTH,
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Gaps of the link; a reading is lost when the link is down at its tick."""
        grid, share = conditions.grid, self.number("down_share")
        span = span_of(grid, self.number("begin_fraction"), self.number("length_fraction"))
        gap_s = self.number("mean_gap_s")
        gaps = spells(span, gap_s, gap_s * (1.0 - share) / share, rng)
        trouble = np.where(within(grid, (span,)), share, 0.0)
        place = stated_place(conditions.place.device_m, conditions.grid)
        return Forcing(
            device=(DeviceChange(is_silent=within(grid, gaps)),), states={"link_down_share": trouble} | place
        )

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """One event from the first gap to the end of the trouble."""
        trouble = response.states["link_down_share"]
        event = graded_event(
            trouble,
            GRADING,
            EventType.COMMUNICATION_SYSTEM,
            EventSubtype.LINK_LOST,
            "device",
            self.number("down_share"),
            "1",
            at=place_in(response.states),
            progress=np.maximum.accumulate(trouble),
        )
        return Labels(active_only((event,)))
