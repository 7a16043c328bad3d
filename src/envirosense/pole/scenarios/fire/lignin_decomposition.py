"""Lignin decomposition: wood under a hot fitting whose cellulose has gone, held hot for long.

Once the ring of wood around the steel has charred, char carries the current and the heat stays. The piece
passes the band in which cellulose decomposes within minutes and then stands between 280 and 500 degC, where
lignin goes slowly: phenol, cresol, guaiacols. Whether the vapour burns follows from heat and vapour alone.
"""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.physics.fire.combustion import PILOTED_K
from envirosense.physics.gas.source_courses import ramp
from envirosense.pole.scenarios.electrical.bursts import flicker
from envirosense.pole.scenarios.fire.cellulose_pyrolysis import ANOMALY_K
from envirosense.pole.scenarios.fire.heated_wood import (
    FLAME,
    IGNITED,
    SMOULDER,
    fire_events,
    leakage,
    pyrolysis_event,
    wood_fire,
)
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Choice,
    Conditions,
    Forcing,
    Grading,
    Labels,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    active_only,
    latched,
)

# Lower temperature of each stage [K]: bands of physics-gas-air.md 3.3, rounded; assumed
STAGES: Final = (
    ("heating", 0.0),
    ("cellulose", 493.0),
    ("lignin_onset", 553.0),
    ("lignin", 623.0),
    ("glowing", 773.0),
)
LIGNIN: Final = Grading(ANOMALY_K, PILOTED_K, (*STAGES, IGNITED))
FLICKER_TAU_S: Final = 120.0  # char conducts more steadily than dry bands # assumed
FLICKER: Final = 0.08  # relative standard deviation of the power # assumed


class LigninDecompositionScenario(BaseScenario):
    """A fitting held hot chars its wood to the end."""

    name: ClassVar[str] = "lignin_decomposition"
    description: ClassVar[str] = "Sustained heat at a fitting decomposes the lignin of the wood under it"
    category: ClassVar[Category] = Category.FIRE
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 5400.0
    phases: ClassVar[tuple[str, ...]] = (*LIGNIN.stage_names, *SMOULDER.stage_names, *FLAME.stage_names)
    limits: ClassVar[str] = (
        "The piece starts as fresh wood of one temperature: char of earlier heatings is not there, and no "
        "layer lags behind another. Smouldering lifts the plume but does not warm the wood. The camera sees "
        "no flame, and rain does not cool the wood."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        1e-4,
        14_400.0,
        "assumed: twice as many as pole-top fires, 1 per 1000 km and year of wood-pole network "
        "[Persadh2007], 50 m a pole; hours",
    )
    tags: ClassVar[tuple[str, ...]] = ("fire", "precursor")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "component": Parameter(
                Choice(("crossarm_bolt", "pole_top_bolt", "neutral_bracket")),
                "1",
                "fitting that carries the current",
                "assumed",
            ),
            "sustained_power_w": Parameter(
                LogUniform(180.0, 260.0),
                "W",
                "heat at the fitting once the ring of wood has charred",
                "assumed: what holds such a fitting at 280 to 380 degC",
            ),
            "growth": Parameter(
                Uniform(1.0, 1.5),
                "1",
                "of that heat from the onset to the episode's end",
                "assumed: char conducts ever better",
            ),
            "rise_s": Parameter(
                LogUniform(60.0, 600.0),
                "s",
                "in which the heat comes up",
                "assumed: a conducting path closes",
            ),
            "fuel_g": Parameter(
                LogUniform(50.0, 200.0),
                "g",
                "dry wood that takes part in the heating",
                "assumed: more than under a fitting that only begins to char",
            ),
            "onset_fraction": Parameter(
                Uniform(0.02, 0.25), "1", "start of the heat, as a fraction of the episode", "assumed"
            ),
            "end_fraction": Parameter(
                Uniform(0.8, 1.3), "1", "end of the heat, as a fraction of the episode", "assumed"
            ),
            "yield_spread": Parameter(
                Uniform(0.6, 1.4), "1", "factor on every volatile yield", "assumed: woods differ by 40 %"
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Heat that comes up within minutes, then grows slowly, and the wood."""
        grid, onset = conditions.grid, self.number("onset_fraction")
        fraction = grid.t_s / grid.duration_s
        risen = ramp(grid.t_s, grid.dt_s, onset * grid.duration_s, self.number("rise_s"))
        since = np.clip((fraction - onset) / (1.0 - onset), 0.0, 1.0)
        power_w = self.number("sustained_power_w") * risen * (1.0 + (self.number("growth") - 1.0) * since)
        power_w *= flicker(grid, rng, FLICKER_TAU_S, FLICKER)
        power_w[fraction >= self.number("end_fraction")] = 0.0
        return leakage(self.text("component"), power_w, self.number("fuel_g"), self.number("yield_spread"))

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """Pyrolysis from the first 20 K of excess until it has cooled again, and the fire that it lights."""
        fitting, fuel_g = self.text("component"), self.number("fuel_g")
        fire = wood_fire(response, grid, fuel_g, self.number("yield_spread"))
        strength = (self.number("sustained_power_w"), "W")
        event = pyrolysis_event(response, latched(fire.flaming), LIGNIN, fitting, strength)
        return Labels(active_only((event, *fire_events(response, fire, fitting, fuel_g, parent=0))))
