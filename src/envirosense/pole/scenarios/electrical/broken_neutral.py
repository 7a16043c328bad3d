"""The neutral opens near the pole: its current returns through earth, and phase voltages drift apart.

Nothing warms, sounds or shakes. Loads on the lightly loaded phase see too much voltage, those on the heavy
one too little, and the more so the more the phases differ. The device has its field sensors or nothing.
"""

import math
from dataclasses import replace
from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.physics.electric.neutral_shift import shifted_voltage_factor
from envirosense.physics.electric.reclosing import tick_share
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
    LineChange,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    active_only,
    graded_event,
)

# Greatest departure of a phase's voltage; supply should keep within 5 % (from memory), others assumed
SHIFT = Grading(0.0, 0.15, (("open", 0.0), ("unbalanced", 0.02), ("harmful", 0.05)))
OPEN = 0.4  # severity of a break that shifts nothing: metalwork may be live; assumed


class BrokenNeutralScenario(BaseScenario):
    """A neutral that no longer carries the line's unbalance."""

    name: ClassVar[str] = "broken_neutral"
    description: ClassVar[str] = "The neutral opens; unbalance returns through earth and shifts voltages"
    category: ClassVar[Category] = Category.ELECTRICAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = SHIFT.stage_names
    limits: ClassVar[str] = (
        "The unbalance behind the shift is a share of the load, not the one that the phases have. No arc "
        "at the break, no stray voltage on metalwork, no damage at the customers'."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.001, 86400.0, "assumed: one per thousand poles and year, found in a day"
    )
    tags: ClassVar[tuple[str, ...]] = ("fault",)
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "lost_share": Parameter(
                Uniform(0.8, 1.0), "1", "of the neutral's current that earth takes over", "assumed"
            ),
            "unbalance": Parameter(
                Uniform(0.05, 0.2), "1", "sum of the phase currents over one of them", "assumed: of a lateral"
            ),
            "angle_deg": Parameter(
                Uniform(0.0, 360.0),
                "deg",
                "of that sum against phase a",
                "assumed: any phase is the heavy one",
            ),
            "path_ohm": Parameter(
                LogUniform(1.0, 25.0),
                "ohm",
                "of the way back through earth",
                "assumed: many grounds in parallel, few in dry soil",
            ),
            "onset_fraction": Parameter(
                Uniform(0.1, 0.6), "1", "of the episode, when the neutral opens", "assumed"
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """The neutral's share of the return, and what the unbalance does to the voltages."""
        grid = conditions.grid
        open_s = self.number("onset_fraction") * grid.duration_s
        lost = self.number("lost_share") * tick_share(grid.t_s, grid.dt_s, open_s, np.inf)
        voltage = shifted_voltage_factor(
            self.number("unbalance") * lost * conditions.current_a,
            self.number("path_ohm"),
            math.radians(self.number("angle_deg")),
            conditions.place.phase_voltage_v,
        )
        change = LineChange(voltage_factor=voltage, neutral_share=1.0 - lost)
        return Forcing(
            line=(change,), states={"lost_share": lost, "voltage_shift": np.abs(voltage - 1.0).max(axis=1)}
        )

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """One event from the break on, a warning at least; the worse, the more the voltages are wrong."""
        nothing = np.zeros(grid.n)
        is_open = response.states.get("lost_share", nothing) > 0.0
        event = graded_event(
            response.states.get("voltage_shift", nothing),
            SHIFT,
            EventType.MECHANICAL,
            EventSubtype.BROKEN_NEUTRAL,
            "neutral_bracket",
            self.number("unbalance"),
            "1",
            active=is_open,
        )
        severity = np.where(is_open, OPEN + (1.0 - OPEN) * event.severity, 0.0)
        return Labels(active_only((replace(event, severity=severity),)))
