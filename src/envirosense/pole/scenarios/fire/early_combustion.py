"""Early combustion: litter or a tree's crown near the pole smoulders, and may flare up.

The fire stands at a bearing that has nothing to do with the wind, so most of its plumes pass the device by.
Gas and smoke follow from how the fuel burns: a smoulder gives CO and smoke, a flame CO2, NOx and soot.
"""

import math
from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Position
from envirosense.physics.gas.source_courses import passage
from envirosense.pole.scenarios.electrical.bursts import flicker
from envirosense.pole.scenarios.fire.small_fire import (
    DYING_S,
    SmallFire,
    burnt_radius_m,
    crackle,
    fire_smoke,
    smouldering_spot,
    spreading_fire,
)
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Choice,
    Conditional,
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
    Uniform,
    active_only,
    graded_event,
    latched,
)

# Fuel burnt [g/s]; a hand-sized patch smoulders 1 to 5 g/min, more is a fire # bounds assumed
SMOULDER: Final = Grading(1e-3, 3.0, (("smouldering", 0.0),), "log")
FIRE: Final = Grading(2e-3, 60.0, (("catching", 0.0), ("spreading", 2.0)), "log")
FIRE_G_S: Final = 0.1  # from here on it counts as a fire # assumed
GUST_S, GUST = 60.0, 0.3  # the front runs and pauses; assumed
PLACES: Final = {"ground": "litter", "crown": "tree_crown"}  # what burns there


class EarlyCombustionScenario(BaseScenario):
    """A fire in its first minutes, near the pole but not on it."""

    name: ClassVar[str] = "early_combustion"
    description: ClassVar[str] = "Litter or leaves smoulder 2 to 60 m from the pole and may flare up"
    category: ClassVar[Category] = Category.FIRE
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = (*SMOULDER.stage_names, *FIRE.stage_names)
    limits: ClassVar[str] = (
        "The fire stays where it began and knows neither wind, rain nor the fuel's moisture; when it flares "
        "up is drawn. A crown burns by the same law as litter. It warms nothing and the camera does not see "
        "it. Its gases are those of softwood."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        6.5e-4,
        1800.0,
        "assumed: ten times the ignitions by lines, 1.3 per 1000 km and year in California, since lines "
        "light at most a tenth of all wildfires (both from memory); 50 m a pole",
    )
    tags: ClassVar[tuple[str, ...]] = ("fire", "smoke", "near")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "burning": Parameter(
                Choice(("smoulder", "flame"), (0.4, 0.6)), "1", "whether it flares up", "assumed"
            ),
            "place": Parameter(Choice(tuple(PLACES), (0.8, 0.2)), "1", "what burns", "assumed"),
            "distance_m": Parameter(
                LogUniform(2.0, 60.0), "m", "from the pole's foot", "assumed: every distance scale alike"
            ),
            "bearing_deg": Parameter(
                Uniform(0.0, 360.0), "deg", "from the pole, clockwise from north", "assumed: any"
            ),
            "height_m": Parameter(
                Conditional("place", {"ground": Uniform(0.05, 0.5), "crown": Uniform(3.0, 9.0)}),
                "m",
                "of the fire over ground",
                "assumed",
            ),
            "peak_burn_g_s": Parameter(
                Conditional("burning", {"smoulder": LogUniform(0.02, 2.0), "flame": LogUniform(0.3, 60.0)}),
                "g/s",
                "dry fuel burnt at the height of the fire",
                "smoulder 1-5 g/min a hand-sized patch, a flame 5-12 g/m2/s; both assumed",
            ),
            "spot_g_s": Parameter(
                LogUniform(0.017, 0.083),
                "g/s",
                "fuel that smoulders before a flame",
                "1 to 5 g/min of a hand-sized patch; assumed",
            ),
            "growth_s": Parameter(
                Conditional(
                    "burning", {"smoulder": LogUniform(600.0, 3600.0), "flame": LogUniform(60.0, 1200.0)}
                ),
                "s",
                "of the fire to its height",
                "assumed: edges of 1 to 30 mm/s in litter, of some mm/min in a smoulder",
            ),
            "fuel_g_m2": Parameter(
                Conditional("burning", {"smoulder": LogUniform(2e3, 8e3), "flame": LogUniform(150.0, 600.0)}),
                "g/m2",
                "dry fuel on the ground",
                "0.1-0.6 kg/m2 of litter; duff assumed",
            ),
            "burning_s": Parameter(
                LogUniform(300.0, 3600.0), "s", "for which it stays at its height", "assumed"
            ),
            "onset_fraction": Parameter(
                Uniform(0.02, 0.3), "1", "first smoulder, as a fraction of the episode", "assumed"
            ),
            "smoulder_fraction": Parameter(
                Uniform(0.05, 0.3), "1", "of the episode, until it flares up", "assumed"
            ),
        }
    )

    @property
    def at(self) -> Position:
        """Where it burns."""
        angle, away_m = math.radians(self.number("bearing_deg")), self.number("distance_m")
        return away_m * math.sin(angle), away_m * math.cos(angle), self.number("height_m")

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Gas, smoke, heat and crackling of the fire."""
        grid, fire = conditions.grid, self._fire(conditions.grid, rng)
        radius_m = burnt_radius_m(
            self.number("peak_burn_g_s"), self.number("growth_s"), self.number("fuel_g_m2")
        )
        return Forcing(
            emissions=fire_smoke(self.name, grid, self.at, fire, radius_m),
            noises=crackle(f"{self.name}_crackle", self.at, fire.flame_g_s),
            states={"smoulder_g_s": fire.smoulder_g_s, "flame_g_s": fire.flame_g_s},
        )

    def _fire(self, grid: TimeGrid, rng: np.random.Generator) -> SmallFire:
        begin_s = self.number("onset_fraction") * grid.duration_s
        growth_s, burning_s = self.number("growth_s"), self.number("burning_s")
        peak_g_s = self.number("peak_burn_g_s")
        if self.text("burning") == "smoulder":
            return smouldering_spot(grid, begin_s, growth_s, burning_s, peak_g_s)
        flares_s = begin_s + self.number("smoulder_fraction") * grid.duration_s
        course = passage(grid.t_s, grid.dt_s, flares_s, growth_s, burning_s, DYING_S)
        course = course * flicker(grid, rng, GUST_S, GUST)
        return spreading_fire(grid, begin_s, flares_s, self.number("spot_g_s"), course, peak_g_s)

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """The smoulder, and the fire once more burns than a hand-sized patch."""
        nothing, flames = np.zeros(grid.n), self.text("burning") == "flame"
        smoulder_g_s, flame_g_s = (
            response.states.get(name, nothing) for name in ("smoulder_g_s", "flame_g_s")
        )
        fuel, strength = PLACES[self.text("place")], (self.number("peak_burn_g_s"), "g/s")
        burnt_g_s = smoulder_g_s + flame_g_s
        burns, smokes = burnt_g_s >= FIRE_G_S, smoulder_g_s >= SMOULDER.begins
        ignited = latched(burns & (flame_g_s > 0.0))
        smoulder = graded_event(
            smoulder_g_s, SMOULDER, EventType.FIRE_PRECURSOR, EventSubtype.COMBUSTION_PRODUCTS, fuel,
            *strength, at=self.at, ignited=ignited & latched(smokes),
        )  # fmt: skip
        fire = graded_event(
            burnt_g_s, FIRE, EventType.FIRE_ACTIVE, EventSubtype.FLAME if flames else EventSubtype.SMOKE,
            fuel, *strength, at=self.at, active=burns, ignited=ignited, parent=0,
        )  # fmt: skip
        return Labels(active_only((smoulder, fire)))
