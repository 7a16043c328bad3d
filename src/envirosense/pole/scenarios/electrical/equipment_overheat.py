"""A current-carrying clamp ages until its contact resistance heats it.

Contact resistance grows without bound only on paper: once the contact voltage reaches the
melting voltage of aluminium the spots melt and the resistance falls back [Holm1967], so the
voltage is capped there. The heat follows the load and the wind, not the calendar.
"""

from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.thermal.joint import resistance_ceiling_ohm
from envirosense.pole.heat.heating import HEALTHY_OHM
from envirosense.pole.scenarios.electrical.bursts import flicker
from envirosense.pole.scenarios.line_faults import arc_discharge, phase_index
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Choice,
    Conditions,
    Constraint,
    Discharge,
    EventSubtype,
    EventType,
    Forcing,
    Grading,
    JointResistance,
    Labels,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    active_only,
    graded_event,
)

# Excess over a similar component: 4 K is "probable deficiency", 15 K "major" [NETA-MTS]; full scale assumed
EXCESS_K = Grading(
    4.0,
    150.0,
    (("probable_deficiency", 0.0), ("major_deficiency", 15.0)),
    "log",
)
FLICKER_TAU_S = 120.0  # load and thermal cycling make and break contact spots; assumed
FLICKER = 0.08  # relative standard deviation of the resistance; assumed
DAY_S = 86400.0
SPARKS_OHM = 1e-3  # a joint this bad loses contact now and then; assumed
SPARKS_SHARE = 1e-3  # of the time in which it does so; assumed
SPARK_V = 12.0  # least voltage of an arc between aluminium contacts (from memory)


class EquipmentOverheatScenario(BaseScenario):
    """A degrading clamp on one phase."""

    name: ClassVar[str] = "equipment_overheat"
    description: ClassVar[str] = "A clamp's contact resistance grows; load current heats it"
    category: ClassVar[Category] = Category.ELECTRICAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = EXCESS_K.stage_names
    limits: ClassVar[str] = (
        "From 1 mohm on the joint also sparks now and then, which is heard better than it is seen. "
        "No off-gas of joint compound; burn-down is not modelled."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.01, 60.0 * DAY_S, "assumed: one pole in a hundred a year, hot for weeks to months"
    )
    version: ClassVar[int] = 2
    tags: ClassVar[tuple[str, ...]] = ("slow",)
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "component": Parameter(
                Choice(("clamp_a", "clamp_b", "clamp_c")), "1", "clamp that degrades", "assumed"
            ),
            "final_resistance_ohm": Parameter(
                LogUniform(2e-4, 4e-3),
                "ohm",
                "contact resistance at 20 degC at the end of the growth",
                "assumed: degraded 0.2-1 mohm, terminal 1-10 mohm",
            ),
            "onset_fraction": Parameter(
                Uniform(0.03, 0.35), "1", "start of the growth, as a fraction of the episode", "assumed"
            ),
            "growth_fraction": Parameter(
                Uniform(0.1, 0.6), "1", "length of the growth, as a fraction of the episode", "assumed"
            ),
            "real_growth_days": Parameter(
                LogUniform(30.0, 300.0),
                "d",
                "time the same growth takes on a real line; the episode's clock is compressed",
                "assumed: weeks to months",
            ),
        },
        (Constraint({"onset_fraction": 1.0, "growth_fraction": 1.0}, at_most=0.9),),
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Contact resistance of the clamp: exponential growth, capped by the melting voltage."""
        grid = conditions.grid
        fraction = grid.t_s / grid.duration_s
        grown = np.clip((fraction - self.number("onset_fraction")) / self.number("growth_fraction"), 0.0, 1.0)
        growth = (self.number("final_resistance_ohm") / HEALTHY_OHM) ** grown
        resistance_ohm = HEALTHY_OHM * growth * flicker(grid, rng, FLICKER_TAU_S, FLICKER) ** grown
        ceiling_ohm = resistance_ceiling_ohm(np.maximum(conditions.current_a, 1.0), conditions.air_k)
        resistance_ohm = np.minimum(resistance_ohm, ceiling_ohm)
        return Forcing(
            joints=(JointResistance(self.text("component"), resistance_ohm),),
            discharges=self._sparks(conditions, resistance_ohm),
        )

    def _sparks(self, conditions: Conditions, resistance_ohm: Array) -> tuple[Discharge, ...]:
        """Short arcs of a contact that opens for a moment; none while it is better than a milliohm."""
        sparking = np.where(resistance_ohm >= SPARKS_OHM, SPARKS_SHARE, 0.0)
        if not sparking.any():
            return ()
        clamp, power_w = self.text("component"), sparking * SPARK_V * conditions.current_a
        at, phase = conditions.components[clamp], phase_index(clamp[-1])
        return (arc_discharge("equipment_overheat_sparks", at, power_w, sparking, phase),)

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """One event, while the clamp is at least 4 K warmer than a sound one would be."""
        growth_s = self.number("growth_fraction") * grid.duration_s
        event = graded_event(
            response.component_k - response.healthy_k,
            EXCESS_K,
            EventType.OVERHEATING,
            EventSubtype.JOINT,
            self.text("component"),
            self.number("final_resistance_ohm"),
            "ohm",
            time_scale=self.number("real_growth_days") * DAY_S / growth_s,
        )
        return Labels(active_only((event,)))
