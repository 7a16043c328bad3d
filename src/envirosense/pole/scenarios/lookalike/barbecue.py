"""A charcoal grill in a garden near the pole: wood smoke and fat without any fault behind it."""

from typing import ClassVar

import numpy as np

from envirosense.physics.gas.source_courses import passage
from envirosense.pole.matter.sources import emission
from envirosense.pole.scenarios.lookalike.courses import flicker, lingering
from envirosense.pole.scenarios.lookalike.lookalike import BEARING, LookalikeScenario
from envirosense.scenarios import (
    BaseRate,
    Conditions,
    EventSubtype,
    Forcing,
    Grading,
    LogUniform,
    Parameter,
    ParameterSpace,
    Uniform,
)

LIGHTING_S, DYING_S = 900.0, 1800.0  # until the coals glow, and until they are out; assumed
FLARE_TAU_S, FLARE = 45.0, 0.5  # fat that drips flares up; assumed
PART_G_S = 0.25  # charcoal of the part's typical grill


class BarbecueScenario(LookalikeScenario):
    """A barbecue that smokes for hours."""

    name: ClassVar[str] = "barbecue"
    description: ClassVar[str] = "Charcoal grill in a garden 5 to 60 m away"
    expected_duration: ClassVar[float] = 3600.0
    subtype: ClassVar[EventSubtype] = EventSubtype.COOKING_SMOKE
    course: ClassVar[str] = "barbecue_g_s"
    grading: ClassVar[Grading] = Grading(0.01, 0.5, (("lighting", 0.0), ("grilling", 0.08)))
    phases: ClassVar[tuple[str, ...]] = grading.stage_names
    source: ClassVar[str] = "grill"
    strength: ClassVar[tuple[str, str]] = ("charcoal_g_s", "g/s")
    limits: ClassVar[str] = "At any hour and in any weather; one mix of gases from lighting to embers."
    rate: ClassVar[BaseRate] = BaseRate(8.0, 7200.0, "assumed: a garden within 60 m of every other pole")
    tags: ClassVar[tuple[str, ...]] = ("smoke", "near")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "distance_m": Parameter(LogUniform(5.0, 60.0), "m", "from the pole's foot", "assumed"),
            "bearing_deg": BEARING,
            "charcoal_g_s": Parameter(
                Uniform(0.14, 0.42), "g/s", "charcoal burnt", "assumed: 0.5 to 1.5 kg an hour"
            ),
            "onset_fraction": Parameter(
                Uniform(0.0, 0.4), "1", "when it is lit, as a fraction of the episode", "assumed"
            ),
            "burning_h": Parameter(Uniform(0.5, 4.0), "h", "of glowing coals", "assumed"),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Smoke, fat and gases of the grill."""
        grid = conditions.grid
        lit_s = self.number("onset_fraction") * grid.duration_s
        course = passage(grid.t_s, grid.dt_s, lit_s, LIGHTING_S, 3600.0 * self.number("burning_h"), DYING_S)
        course = course * flicker(grid, rng, FLARE_TAU_S, FLARE)
        smoke = emission("barbecue", grid, self.at, course, self.number("charcoal_g_s") / PART_G_S)
        burnt_g_s = self.number("charcoal_g_s") * course
        wind_m_s = conditions.weather.wind_m_s
        states = {self.course: lingering(grid, burnt_g_s, wind_m_s, self.number("distance_m"))}
        return Forcing(emissions=(smoke,), states=states)
