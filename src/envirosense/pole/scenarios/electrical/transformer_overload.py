"""The pole's transformer runs hot: too much load, too little oil, or a fault inside the winding.

Oil follows its losses over four hours, so an hour of overload shows a quarter of the rise that a night of it
would: hum, third harmonic and current move at once, the tank's wall by some kelvins.
"""

from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Choice,
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
    Tank,
    Uniform,
    active_only,
    graded_event,
)

# Top oil over that of the same unit without the fault; assumed
RISE_K = Grading(5.0, 60.0, (("overloaded", 0.0), ("warming", 5.0), ("hot", 15.0), ("critical", 40.0)))
EMPTY_K = 60.0  # excess that a tank without oil is as bad as; assumed
LEAST_LOAD = 0.1  # per unit, where a load of its own is put on top of the line's; numerical choice


class TransformerOverloadScenario(BaseScenario):
    """A sick transformer."""

    name: ClassVar[str] = "transformer_overload"
    description: ClassVar[str] = "Overload, lost oil or an inner fault heats the pole's transformer"
    category: ClassVar[Category] = Category.ELECTRICAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 14400.0
    phases: ClassVar[tuple[str, ...]] = RISE_K.stage_names
    limits: ClassVar[str] = (
        "No oil vapour, no vented gas, no oil on the ground; the fuse does not blow and the tank does not "
        "burst. The camera looks up at the arm and seldom has the tank in its picture: lost oil is then "
        "seen by nothing."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.05, 14400.0, "assumed: a pole in twenty has one evening of overload a year; faults inside are rarer"
    )
    tags: ClassVar[tuple[str, ...]] = ("slow",)
    needs_transformer: ClassVar[bool] = True
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "fault": Parameter(
                Choice(("overload", "low_oil", "inner_fault"), (0.7, 0.15, 0.15)),
                "1",
                "what is wrong",
                "assumed",
            ),
            "load": Parameter(
                Uniform(1.2, 2.0),
                "1",
                "mean load per unit of the rating, if overloaded",
                "assumed: evenings of heat",
            ),
            "inner_w": Parameter(
                LogUniform(500.0, 3000.0), "W", "heat of shorted turns, if there are any", "assumed"
            ),
            "oil_level": Parameter(
                Uniform(0.4, 0.85), "1", "of the tank's height at the end, if oil is lost", "assumed"
            ),
            "onset_fraction": Parameter(
                Uniform(0.03, 0.3), "1", "start, as a fraction of the episode", "assumed"
            ),
            "growth_fraction": Parameter(
                Uniform(0.02, 0.3), "1", "length of the growth, likewise", "assumed"
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Load, heat or oil level of the tank, growing evenly."""
        grid = conditions.grid
        since = (grid.t_s / grid.duration_s - self.number("onset_fraction")) / self.number("growth_fraction")
        grown, fault = np.clip(since, 0.0, 1.0), self.text("fault")
        usual = max(float(np.mean(conditions.current_a)) / conditions.place.peak_current_a, LEAST_LOAD)
        oil_level = 1.0 - (1.0 - self.number("oil_level")) * grown * (fault == "low_oil")
        load_factor = 1.0 + (self.number("load") / usual - 1.0) * grown * (fault == "overload")
        tanks = {
            "overload": Tank(load_factor=load_factor),
            "low_oil": Tank(oil_level=oil_level),
            "inner_fault": Tank(internal_w=self.number("inner_w") * grown),
        }
        states = {"oil_lost": 1.0 - oil_level, "load": (fault == "overload") * load_factor * usual}
        return Forcing(tanks=(tanks[fault],), states=states)

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """One event: load over the rating, oil 5 K too warm, or a twelfth of it gone."""
        nothing = np.zeros(grid.n)
        load, oil_lost = (response.states.get(name, nothing) for name in ("load", "oil_lost"))
        excess_k = np.maximum(response.component_k - response.healthy_k, EMPTY_K * oil_lost)
        strengths = {
            "overload": (self.number("load"), "1"),
            "low_oil": (1.0 - self.number("oil_level"), "1"),
            "inner_fault": (self.number("inner_w"), "W"),
        }
        event = graded_event(
            excess_k,
            RISE_K,
            EventType.OVERHEATING,
            EventSubtype.TRANSFORMER,
            "tank_oil",
            *strengths[self.text("fault")],
            active=(excess_k >= RISE_K.begins) | (load > 1.0),
        )
        return Labels(active_only((event,)))
