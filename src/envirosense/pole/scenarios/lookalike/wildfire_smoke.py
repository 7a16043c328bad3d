"""Smoke of a wildfire hours away: slow, everywhere alike, and without the gases that live only hours."""

from dataclasses import replace
from typing import ClassVar, Final

import numpy as np

from envirosense.physics.gas.source_courses import passage
from envirosense.pole.matter.sources import air_mass
from envirosense.pole.scenarios.lookalike.courses import flicker
from envirosense.pole.scenarios.lookalike.lookalike import LookalikeScenario
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
    WeatherChange,
)

PART_UG_M3 = 100.0  # smoke of the part's typical air
PART_UG_M3_PPB = 0.2  # PM2.5 over carbon monoxide of the part
DRIFT_TAU_S, DRIFT = 3600.0, 0.15  # a layer is uneven over tens of kilometres; assumed
EXTINCTION_M2_G: Final = 4.0  # of smoke in sunlight; assumed
LOST_SHARE: Final = 0.3  # of the dimmed light that does not reach the ground as sky light either; assumed
GRAMS: Final = 1e-6  # in a microgram, exact


class WildfireSmokeScenario(LookalikeScenario):
    """Air full of old smoke."""

    name: ClassVar[str] = "wildfire_smoke"
    description: ClassVar[str] = "Smoke of a far wildfire drifts in over hours"
    expected_duration: ClassVar[float] = 21600.0
    subtype: ClassVar[EventSubtype] = EventSubtype.WILDFIRE_SMOKE
    course: ClassVar[str] = "wildfire_smoke_ug_m3"
    grading: ClassVar[Grading] = Grading(10.0, 500.0, (("haze", 0.0), ("smoke", 55.0)), "log")
    phases: ClassVar[tuple[str, ...]] = grading.stage_names
    source: ClassVar[str] = "air_mass"
    strength: ClassVar[tuple[str, str]] = ("smoke_ug_m3", "ug/m3")
    limits: ClassVar[str] = "The same at every point and height; sun is dimmed, its colour is not changed."
    rate: ClassVar[BaseRate] = BaseRate(2.0, 172800.0, "assumed: two episodes a season in fire country")
    tags: ClassVar[tuple[str, ...]] = ("smoke", "far")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "smoke_ug_m3": Parameter(
                LogUniform(30.0, 300.0), "ug/m3", "PM2.5 of the plateau", "assumed: at worst 1000"
            ),
            "ratio_ug_m3_ppb": Parameter(
                Uniform(0.1, 0.3),
                "ug/m3 per ppb",
                "PM2.5 over carbon monoxide; 0.17 when fresh",
                "assumed: 0.1 to 0.3 when aged",
            ),
            "begins_h": Parameter(
                Uniform(-10.0, 0.3), "h", "when it begins to come, since the episode's start", "assumed"
            ),
            "rise_h": Parameter(Uniform(1.0, 6.0), "h", "until it is all there", "assumed"),
            "plateau_h": Parameter(LogUniform(6.0, 72.0), "h", "that it stays", "assumed"),
            "depth_m": Parameter(Uniform(500.0, 2500.0), "m", "of the smoke layer", "assumed"),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Smoke and its gases in the air, and the sun that it dims."""
        grid = conditions.grid
        hours = [3600.0 * self.number(name) for name in ("begins_h", "rise_h", "plateau_h", "rise_h")]
        course = passage(grid.t_s, grid.dt_s, *hours) * flicker(grid, rng, DRIFT_TAU_S, DRIFT)
        air = air_mass("wildfire_smoke", grid, course, self.number("smoke_ug_m3") / PART_UG_M3)
        per_smoke = PART_UG_M3_PPB / self.number("ratio_ug_m3_ppb")
        air = replace(air, gas_ppb={name: per_smoke * ppb for name, ppb in air.gas_ppb.items()})
        smoke_ug_m3 = self.number("smoke_ug_m3") * course
        depth = EXTINCTION_M2_G * GRAMS * smoke_ug_m3 * self.number("depth_m")
        dimmed = WeatherChange(sun_factor=np.exp(-LOST_SHARE * depth))
        return Forcing(air_masses=(air,), weather=(dimmed,), states={self.course: smoke_ug_m3})
