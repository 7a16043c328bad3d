"""Pole-top fire: leakage over a wet dirty insulator burns a pocket into the wood under the crossarm's bolt.

The wood around is wet, the wood under the bolt dry, so that zone takes the voltage. It chars from within,
char conducts, and the pocket begins to glow: from then on it heats itself, with or without current. The
burning-in takes tens of wet hours and runs on a compressed clock; heat, gas and wood keep their own time.
"""

from dataclasses import replace
from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.electric.partial_discharge import mean_charge_c
from envirosense.physics.electric.tracking import STAGE_BURN, TrackingCourse, tracking_course
from envirosense.physics.fire.smoulder import GLOW_HEAT_J_G
from envirosense.pole.scenarios.electrical.bursts import flicker
from envirosense.pole.scenarios.electrical.tracking import FLICKER, FLICKER_S, SALT, tracking_event
from envirosense.pole.scenarios.electrical.tracking import GRADING as LEAKAGE
from envirosense.pole.scenarios.electrical.wetting import WETTING_PARAMETERS, wetting
from envirosense.pole.scenarios.fire.cellulose_pyrolysis import PYROLYSIS
from envirosense.pole.scenarios.fire.heated_wood import (
    FLAME,
    SMOULDER,
    fire_events,
    pyrolysis_event,
    wood_fire,
)
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Conditions,
    Discharge,
    Forcing,
    Heating,
    Labels,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    WoodFuel,
    active_only,
    latched,
)

FITTING: Final = "crossarm_bolt"  # it stands at the insulator of phase c
INSULATOR: Final = "insulator_c"
GLOWING: Final = STAGE_BURN[1]  # burn at which the pocket glows
KEPT: Final = 0.5  # of the glow's heat stays in the pocket # assumed


class PoleTopFireScenario(BaseScenario):
    """Tracking that burns into the wood."""

    name: ClassVar[str] = "pole_top_fire"
    description: ClassVar[str] = "Tracking burns a pocket at the crossarm bolt, which glows and may ignite"
    category: ClassVar[Category] = Category.FIRE
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = (
        *LEAKAGE.stage_names,
        *PYROLYSIS.stage_names,
        *SMOULDER.stage_names,
        *FLAME.stage_names,
    )
    limits: ClassVar[str] = (
        "Whether it ignites follows from deposit, wetness and wind; many burns stay a pocket, and a dry "
        "hour without a wet spell leaks nothing. The energy that burns a pocket in is assumed. The wood's "
        "temperature is that of the spot around the bolt, not of the pocket's heart. Rain cools and wets "
        "no glowing wood. The fire does not spread over the arm. The wet spell is the setting: a sensor "
        "that sees only the rain is not said to see the fire."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        5e-5,
        30 * 86_400.0,
        "1 pole-top fire per 1000 km and year of wood-pole network [Persadh2007], 50 m a pole; weeks to "
        "months before [TDWorld2021]",
    )
    tags: ClassVar[tuple[str, ...]] = ("fire", "weather_dependent", "compressed_clock")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "salt_mg_cm2": SALT,
            "wet_hours": Parameter(
                LogUniform(20.0, 200.0),
                "h",
                "wet time that the burning-in of the episode stands for",
                "assumed: at 4-12 mA a pocket burns in after 20 to 300 wet hours",
            ),
            "burn_fraction": Parameter(
                Uniform(0.3, 0.7), "1", "part of the episode that those hours are pressed into", "assumed"
            ),
            "wet_time_share": Parameter(
                LogUniform(0.02, 0.2), "1", "share of real time that is wet; for the real clock", "assumed"
            ),
            "fuel_g": Parameter(
                LogUniform(20.0, 150.0), "g", "dry wood that takes part in the heating", "assumed"
            ),
            "glow_g_min": Parameter(
                LogUniform(1.0, 6.0),
                "g/min",
                "wood that the glowing pocket eats at its height",
                "assumed: a front of 2 mm/min over 40 cm2 of softwood eats 4 g/min",
            ),
            "yield_spread": Parameter(
                Uniform(0.6, 1.4), "1", "factor on every volatile yield", "assumed: woods differ by 40 %"
            ),
            **WETTING_PARAMETERS,
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Leakage heat in insulator, steel and wood, sparks, the pocket's glow, and the wet spell."""
        grid = conditions.grid
        wet = wetting(self, conditions)
        course = tracking_course(
            wet.weather.relative_humidity,
            wet.film,
            wet.salt_mg_cm2(self.number("salt_mg_cm2")),
            conditions.place.phase_voltage_v,
            grid.dt_s,
            clock_factor=self._clock_factor(grid),
        )
        fuel = WoodFuel(f"{FITTING}_wood", self.number("fuel_g"), self.number("yield_spread"))
        unsteady = flicker(grid, rng, FLICKER_S, FLICKER)
        return Forcing(
            heatings=(
                Heating(fuel.component, course.wood_w + self._glow_w(course)),
                Heating(FITTING, course.steel_w),
                Heating(INSULATOR, course.insulator_w),
            ),
            fuels=(fuel,),
            discharges=(self._sparks(conditions, course, unsteady),),
            setting=wet.changes,
            states={"leakage_a": course.current_a, "burn": course.burn},
        )

    def _clock_factor(self, grid: TimeGrid) -> float:
        """Wet seconds that one second of the episode stands for."""
        return 3600.0 * self.number("wet_hours") / (self.number("burn_fraction") * grid.duration_s)

    def _glow_w(self, course: TrackingCourse) -> Array:
        """Heat that the glowing pocket keeps, (time,) [W]; a burn never heals."""
        glowing = np.clip((course.burn - GLOWING) / (1.0 - GLOWING), 0.0, 1.0)
        return KEPT * GLOW_HEAT_J_G * self.number("glow_g_min") / 60.0 * glowing

    def _sparks(self, conditions: Conditions, course: TrackingCourse, unsteady: Array) -> Discharge:
        """Sparks in the wood's dry zone and over the insulator; their heat is in the heatings."""
        return Discharge(
            name="pole_top_fire/sparks",
            at=conditions.components[FITTING],
            kind="surface",
            power_w=course.spark_w * unsteady,
            pulses_per_s=course.pulses_per_s * unsteady,
            charge_c=mean_charge_c("surface"),
            phase="c",
            component=f"{FITTING}_wood",
        )

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """Tracking, the pyrolysis that it causes, and the smoulder and flame that follow."""
        real_time = self._clock_factor(grid) / self.number("wet_time_share")
        leakage = tracking_event(
            response.states["leakage_a"],
            INSULATOR,
            self.number("salt_mg_cm2"),
            response.states["burn"],
            real_time,
        )
        fuel_g = self.number("fuel_g")
        fire = wood_fire(response, grid, fuel_g, self.number("yield_spread"))
        pyrolysis = pyrolysis_event(
            response, latched(fire.flaming), PYROLYSIS, FITTING, (fuel_g, "g"), parent=0
        )
        chain = fire_events(response, fire, FITTING, fuel_g, parent=1)
        return Labels(active_only((leakage, replace(pyrolysis, time_scale=real_time), *chain)))
