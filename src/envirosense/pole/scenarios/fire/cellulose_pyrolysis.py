"""Cellulose pyrolysis under a hot pole-top fitting: gas before flame.

Leakage current over a wet, dirty insulator passes from the steel into the wood. The wood under
the fitting stays dry, so the heat arises there, in the ring of wood and in the steel beside it.
The wood decomposes with the kinetics of its temperature, so a weak leak on a windy night never
smells of anything.
"""

from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.physics.fire.combustion import PILOTED_K
from envirosense.pole.scenarios.electrical.bursts import flicker
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
    Constraint,
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

ANOMALY_K = 20.0  # excess over the healthy component at which the happening counts as begun; assumed
IGNITION_K = PILOTED_K
# Lower temperature of each stage [K], rounded from what thermogravimetry shows; assumed
STAGES = (("heating", 0.0), ("hemicellulose", 433.0), ("cellulose", 493.0), ("charring", 573.0))
PYROLYSIS = Grading(ANOMALY_K, IGNITION_K, (*STAGES, IGNITED))
FLICKER_TAU_S = 30.0  # dry bands form and rewet within a minute; assumed
FLICKER = 0.15  # relative standard deviation of the leakage power; assumed


class CellulosePyrolysisScenario(BaseScenario):
    """A fitting heated by leakage current chars the wood it is bolted to."""

    name: ClassVar[str] = "cellulose_pyrolysis"
    description: ClassVar[str] = "Leakage current heats a fitting; the wood under it pyrolyses"
    category: ClassVar[Category] = Category.FIRE
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = (
        *PYROLYSIS.stage_names,
        *SMOULDER.stage_names,
        *FLAME.stage_names,
    )
    limits: ClassVar[str] = (
        "Heat of smouldering and flame lifts the plume but does not warm the wood; the camera sees no flame. "
        "Rain neither cools nor wets the wood, and the leak does not know whether it rains."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        5e-4,
        10_800.0,
        "assumed: ten hot fittings for each pole-top fire, of which there is 1 per 1000 km and year of "
        "wood-pole network [Persadh2007], 50 m a pole; one wet spell of three hours",
    )
    version: ClassVar[int] = 2
    tags: ClassVar[tuple[str, ...]] = ("fire", "precursor")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "component": Parameter(
                Choice(("crossarm_bolt", "pole_top_bolt", "neutral_bracket")),
                "1",
                "fitting that carries the leakage current",
                "assumed",
            ),
            "peak_power_w": Parameter(
                LogUniform(20.0, 400.0),
                "W",
                "leakage power at the fitting when the leak is fully grown",
                "assumed: 10-100 mA through the dry bands of a 7-20 kV phase",
            ),
            "fuel_g": Parameter(
                LogUniform(20.0, 150.0), "g", "dry wood that takes part in the heating", "assumed"
            ),
            "onset_fraction": Parameter(
                Uniform(0.03, 0.35), "1", "start of the leak, as a fraction of the episode", "assumed"
            ),
            "ramp_fraction": Parameter(
                Uniform(0.05, 0.4), "1", "growth of the leak, as a fraction of the episode", "assumed"
            ),
            "end_fraction": Parameter(
                Uniform(0.7, 1.3), "1", "end of the leak (drying), as a fraction of the episode", "assumed"
            ),
            "yield_spread": Parameter(
                Uniform(0.6, 1.4),
                "1",
                "factor on every volatile yield",
                "assumed: yields of one wood differ by 40 %",
            ),
        },
        (Constraint({"end_fraction": 1.0, "onset_fraction": -1.0, "ramp_fraction": -1.0}, at_least=0.0),),
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Leakage power at the fitting, and the wood beside it."""
        grid = conditions.grid
        fraction = grid.t_s / grid.duration_s
        grown = np.clip((fraction - self.number("onset_fraction")) / self.number("ramp_fraction"), 0.0, 1.0)
        power_w = self.number("peak_power_w") * grown * flicker(grid, rng, FLICKER_TAU_S, FLICKER)
        power_w[fraction >= self.number("end_fraction")] = 0.0
        return leakage(self.text("component"), power_w, self.number("fuel_g"), self.number("yield_spread"))

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """Pyrolysis from the first 20 K of excess until it has cooled again, and the fire that it lights."""
        fitting, fuel_g = self.text("component"), self.number("fuel_g")
        fire = wood_fire(response, grid, fuel_g, self.number("yield_spread"))
        strength = (self.number("peak_power_w"), "W")
        event = pyrolysis_event(response, latched(fire.flaming), PYROLYSIS, fitting, strength)
        return Labels(active_only((event, *fire_events(response, fire, fitting, fuel_g, parent=0))))
