"""From a warm fitting to a fire at the pole: heat first, then vapour, then smoulder and flame.

Current through a poor contact warms the steel, which dries the wood around it. Dry wood takes the voltage,
so leakage heat arises in the wood next. From there on nothing is timed: the wood's temperature says when it
gives off vapour, when its char glows on by itself and when the vapour burns.
"""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.physics.fire.combustion import PILOTED_K
from envirosense.pole.scenarios.electrical.bursts import flicker
from envirosense.pole.scenarios.fire.cellulose_pyrolysis import ANOMALY_K, FLICKER, FLICKER_TAU_S, STAGES
from envirosense.pole.scenarios.fire.heated_wood import (
    FLAME,
    IGNITED,
    SMOULDER,
    fire_events,
    heated,
    pyrolysis_event,
    wood_fire,
)
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Choice,
    Conditions,
    Constraint,
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

PYROLYSES_K: Final = STAGES[1][1]  # vapour of the wood itself from here on
WARMTH: Final = Grading(ANOMALY_K, PILOTED_K - 293.0, (("warm", 0.0), ("hot", 60.0)))  # excess [K] # assumed
PYROLYSIS: Final = Grading(ANOMALY_K, PILOTED_K, (*STAGES[1:], IGNITED))


class FirePrecursorComboScenario(BaseScenario):
    """One fitting goes through every stage that leads to fire."""

    name: ClassVar[str] = "fire_precursor_combo"
    description: ClassVar[str] = "A fitting warms, its wood pyrolyses, smoulders and may burn with a flame"
    category: ClassVar[Category] = Category.FIRE
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 5400.0
    phases: ClassVar[tuple[str, ...]] = (
        *WARMTH.stage_names,
        *PYROLYSIS.stage_names,
        *SMOULDER.stage_names,
        *FLAME.stage_names,
    )
    limits: ClassVar[str] = (
        "How long the wood takes to dry until it conducts the leakage is drawn, not computed. Smouldering "
        "lifts the plume but does not warm the wood; a weak or short leak ends as vapour. The camera sees no "
        "flame, and rain does not cool the wood."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        5e-5,
        21_600.0,
        "assumed: as many as pole-top fires, 1 per 1000 km and year of wood-pole network [Persadh2007], 50 m "
        "a pole; hours",
    )
    tags: ClassVar[tuple[str, ...]] = ("fire", "precursor", "chain")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "component": Parameter(
                Choice(("crossarm_bolt", "pole_top_bolt", "neutral_bracket")),
                "1",
                "fitting that warms",
                "assumed",
            ),
            "steel_power_w": Parameter(
                LogUniform(40.0, 120.0),
                "W",
                "heat of the poor contact",
                "a loose joint gives 1 to 100 W and more; assumed",
            ),
            "wood_power_w": Parameter(
                LogUniform(80.0, 360.0),
                "W",
                "leakage heat in the dried wood when fully grown",
                "assumed: 10-100 mA through the dry wood of a 7-20 kV phase",
            ),
            "fuel_g": Parameter(
                LogUniform(30.0, 150.0), "g", "dry wood that takes part in the heating", "assumed"
            ),
            "onset_fraction": Parameter(
                Uniform(0.02, 0.2), "1", "start of the heat, as a fraction of the episode", "assumed"
            ),
            "drying_fraction": Parameter(
                Uniform(0.1, 0.35),
                "1",
                "of the episode, until the dried wood begins to conduct",
                "assumed: physics of drying wood in the field is not modelled",
            ),
            "growth_fraction": Parameter(
                Uniform(0.05, 0.3), "1", "growth of the leakage, as a fraction of the episode", "assumed"
            ),
            "end_fraction": Parameter(
                Uniform(0.85, 1.3), "1", "end of all heat, as a fraction of the episode", "assumed"
            ),
            "yield_spread": Parameter(
                Uniform(0.6, 1.4), "1", "factor on every volatile yield", "assumed: woods differ by 40 %"
            ),
        },
        (
            Constraint({"onset_fraction": 1.0, "drying_fraction": 1.0, "growth_fraction": 1.0}, at_most=0.7),
            Constraint({"steel_power_w": 1.0, "wood_power_w": 1.0}, at_most=420.0),
        ),
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Heat of the contact in the steel, then leakage heat in the wood."""
        grid = conditions.grid
        since = grid.t_s / grid.duration_s - self.number("onset_fraction")
        drying, growth = self.number("drying_fraction"), self.number("growth_fraction")
        is_over = grid.t_s / grid.duration_s >= self.number("end_fraction")
        contact_w = self.number("steel_power_w") * np.clip(since / (0.5 * drying), 0.0, 1.0)
        leak_w = self.number("wood_power_w") * np.clip((since - drying) / growth, 0.0, 1.0)
        leak_w = leak_w * flicker(grid, rng, FLICKER_TAU_S, FLICKER)
        return heated(
            self.text("component"),
            np.where(is_over, 0.0, contact_w),
            np.where(is_over, 0.0, leak_w),
            self.number("fuel_g"),
            self.number("yield_spread"),
        )

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """The chain: thermal anomaly, pyrolysis, smoulder, flame, each the child of the one before."""
        fitting, fuel_g = self.text("component"), self.number("fuel_g")
        fire = wood_fire(response, grid, fuel_g, self.number("yield_spread"))
        warmth = graded_event(
            response.component_k - response.healthy_k,
            WARMTH,
            EventType.FIRE_PRECURSOR,
            EventSubtype.THERMAL_ANOMALY,
            fitting,
            self.number("steel_power_w"),
            "W",
        )
        pyrolysis = pyrolysis_event(
            response,
            latched(fire.flaming),
            PYROLYSIS,
            fitting,
            (self.number("wood_power_w"), "W"),
            active=response.component_k >= PYROLYSES_K,
            parent=0,
        )
        return Labels(
            active_only((warmth, pyrolysis, *fire_events(response, fire, fitting, fuel_g, parent=1)))
        )
