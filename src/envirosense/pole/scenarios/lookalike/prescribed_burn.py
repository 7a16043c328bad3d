"""A planned fire kilometres away: a lot of smoke, lifted by its heat, that mostly passes elsewhere."""

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

PART_G_S = 300.0  # fuel of the part's typical front
IGNITION_S, SMOULDER_S = 1800.0, 3600.0  # lighting the front, and its last smoke; assumed
GUST_TAU_S, GUST = 180.0, 0.4  # the front runs and pauses; assumed


class PrescribedBurnScenario(LookalikeScenario):
    """A prescribed burn one to three kilometres away."""

    name: ClassVar[str] = "prescribed_burn"
    description: ClassVar[str] = "Litter and grass are burnt on purpose 1 to 2.9 km away"
    expected_duration: ClassVar[float] = 10800.0
    subtype: ClassVar[EventSubtype] = EventSubtype.PRESCRIBED_BURN
    course: ClassVar[str] = "prescribed_burn_g_s"
    grading: ClassVar[Grading] = Grading(3.0, 2000.0, (("lighting", 0.0), ("burning", 60.0)), "log")
    phases: ClassVar[tuple[str, ...]] = grading.stage_names
    source: ClassVar[str] = "burn"
    strength: ClassVar[tuple[str, str]] = ("fuel_g_s", "g/s")
    limits: ClassVar[str] = (
        "The front stands still; plume laws are checked to 800 m; no inversion lid holds the smoke down."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.5, 14400.0, "assumed: one in two years within 3 km, in burning country"
    )
    tags: ClassVar[tuple[str, ...]] = ("smoke", "far")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "distance_m": Parameter(Uniform(1000.0, 2900.0), "m", "from the pole's foot", "assumed"),
            "bearing_deg": BEARING,
            "fuel_g_s": Parameter(
                LogUniform(100.0, 2000.0),
                "g/s",
                "dry fuel burnt",
                "assumed: 10 to 100 m of front at 0.3 kg/m2 and 0.05 m/s",
            ),
            "onset_fraction": Parameter(
                Uniform(0.0, 0.4), "1", "when it is lit, as a fraction of the episode", "assumed"
            ),
            "burning_h": Parameter(Uniform(1.0, 5.0), "h", "of full front", "assumed"),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Smoke and heat of the front."""
        grid = conditions.grid
        lit_s = self.number("onset_fraction") * grid.duration_s
        course = passage(
            grid.t_s, grid.dt_s, lit_s, IGNITION_S, 3600.0 * self.number("burning_h"), SMOULDER_S
        )
        course = course * flicker(grid, rng, GUST_TAU_S, GUST)
        fuel_g_s = self.number("fuel_g_s") * course
        smoke = emission("prescribed_burn", grid, self.at, fuel_g_s / PART_G_S)
        wind_m_s = conditions.weather.wind_m_s
        states = {self.course: lingering(grid, fuel_g_s, wind_m_s, self.number("distance_m"))}
        return Forcing(emissions=(smoke,), states=states)
