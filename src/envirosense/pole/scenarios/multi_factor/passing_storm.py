"""A thunderstorm cell that passes close by. An act of composed scenarios."""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.physics.storms.storm import FLASHES_PER_MIN, LIFETIME_S, SPEED_M_S
from envirosense.pole.fields.thunderstorms import storm_cell
from envirosense.pole.scenarios.states import place_in, stated_place
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
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Storm,
    Uniform,
    active_only,
    graded_event,
)

NEAR_M: Final = 15_000.0  # a cell farther away is no event here; assumed
GRADING: Final = Grading(0.01, 1.25, (("near", 0.0), ("overhead", 0.7)))  # full scale assumed


class PassingStormScenario(BaseScenario):
    """One cell with its gust front, rain and lightning."""

    name: ClassVar[str] = "passing_storm"
    description: ClassVar[str] = "A thunderstorm cell passes close by"
    category: ClassVar[Category] = Category.ENVIRONMENTAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = GRADING.stage_names
    limits: ClassVar[str] = (
        "One cell on a straight track, in any season and at any hour; no stroke hits the pole."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        20.0, 1800.0, "assumed: some 40 days of thunder a year, every other with a cell close by"
    )
    tags: ClassVar[tuple[str, ...]] = ("weather",)
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "closest_fraction": Parameter(
                Uniform(0.2, 0.7), "1", "when it is nearest, as a fraction of the episode", "assumed"
            ),
            "closest_m": Parameter(Uniform(0.0, 4000.0), "m", "how near its centre passes", "assumed"),
            "bearing_deg": Parameter(Uniform(0.0, 360.0), "deg", "where it is then, from north", "assumed"),
            "speed_m_s": Parameter(Uniform(*SPEED_M_S), "m/s", "of its track", "physics.storms.storm"),
            "peak_flashes_per_min": Parameter(
                LogUniform(*FLASHES_PER_MIN), "1/min", "flashes when it is mature", "physics.storms.storm"
            ),
            "lifetime_s": Parameter(Uniform(*LIFETIME_S), "s", "of the cell", "physics.storms.storm"),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """The cell, and how near it is."""
        grid = conditions.grid
        numbers = {name: self.number(name) for name in self.space.parameters if name != "closest_fraction"}
        closest_s = self.number("closest_fraction") * grid.duration_s
        storm = Storm(name="passing_storm", closest_s=closest_s, **numbers)
        lives = np.abs(grid.t_s - closest_s) < 0.5 * storm.lifetime_s
        nearness = np.clip(1.0 - storm_cell(storm).distance_m(grid.t_s) / NEAR_M, 0.0, 1.0)
        states = {"storm_nearness": np.where(lives, nearness, 0.0)}
        return Forcing(storms=(storm,), states=states | stated_place(conditions.place.device_m, grid))

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """One event, while the living cell is within 15 km."""
        event = graded_event(
            response.states["storm_nearness"],
            GRADING,
            EventType.SEVERE_WEATHER,
            EventSubtype.THUNDERSTORM,
            "air",
            self.number("peak_flashes_per_min"),
            "1/min",
            at=place_in(response.states),
        )
        return Labels(active_only((event,)))
