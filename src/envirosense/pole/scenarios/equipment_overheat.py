"""A current-carrying clamp ages until its contact resistance heats it.

Contact resistance grows without bound only on paper: once the contact voltage reaches the
melting voltage of aluminium the spots melt and the resistance falls back [Holm1967], so the
voltage is capped there. The heat follows the load and the wind, not the calendar.
"""

from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.physics.air.airflow import ou_path
from envirosense.physics.thermal.joint import resistance_ceiling_ohm
from envirosense.pole.heat.heating import HEALTHY_OHM
from envirosense.scenarios import (
    BaseScenario,
    Category,
    Choice,
    Conditions,
    EventLabels,
    EventSubtype,
    EventType,
    Forcing,
    JointResistance,
    Labels,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
)

ANOMALY_K = 4.0  # over a similar component: "probable deficiency" starts here [NETA-MTS]
FULL_SCALE_K = 150.0  # excess that counts as severity 1; assumed
# Lower excess over the healthy component of each stage [K] [NETA-MTS]
STAGES = (("possible_deficiency", 0.0), ("probable_deficiency", 4.0), ("major_deficiency", 15.0))
FLICKER_TAU_S = 120.0  # load and thermal cycling make and break contact spots; assumed
FLICKER = 0.08  # relative standard deviation of the resistance; assumed


class EquipmentOverheatScenario(BaseScenario):
    """A degrading clamp on one phase."""

    name: ClassVar[str] = "equipment_overheat"
    description: ClassVar[str] = "A clamp's contact resistance grows; load current heats it"
    category: ClassVar[Category] = Category.ELECTRICAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = tuple(name for name, _ in STAGES)
    limits: ClassVar[str] = "No micro-arcing and no off-gas of joint compound; burn-down is not modelled."
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
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Contact resistance of the clamp: exponential growth, capped by the melting voltage."""
        grid = conditions.grid
        fraction = grid.t_s / grid.duration_s
        grown = np.clip((fraction - self.number("onset_fraction")) / self.number("growth_fraction"), 0.0, 1.0)
        flicker = ou_path(rng.standard_normal(grid.n), grid.dt_s, FLICKER_TAU_S, float(rng.standard_normal()))
        growth = (self.number("final_resistance_ohm") / HEALTHY_OHM) ** grown
        resistance_ohm = HEALTHY_OHM * growth * np.exp(FLICKER * grown * flicker)
        ceiling_ohm = resistance_ceiling_ohm(np.maximum(conditions.current_a, 1.0), conditions.air_k)
        resistance_ohm = np.minimum(resistance_ohm, ceiling_ohm)
        return Forcing(joints=(JointResistance(self.text("component"), resistance_ohm),))

    def labels(self, forcing: Forcing, response: Response | None, grid: TimeGrid) -> Labels:
        """One event, while the clamp is at least 4 K warmer than a sound one would be."""
        assert response is not None, "a scenario with a forcing has a response"
        excess_k = response.component_k - response.healthy_k
        active = excess_k >= ANOMALY_K
        lower_k = [lower for _, lower in STAGES]
        event = EventLabels(
            event_type=EventType.OVERHEATING,
            event_subtype=EventSubtype.JOINT,
            component=self.text("component"),
            active=active,
            stage_names=self.phases,
            stage=np.clip(np.searchsorted(lower_k, excess_k, side="right") - 1, 0, None).astype(np.int8),
            severity=np.clip(np.log(np.maximum(excess_k, 1.0)) / np.log(FULL_SCALE_K), 0.0, 1.0),
            progress=np.clip(np.maximum.accumulate(excess_k) / FULL_SCALE_K, 0.0, 1.0),
            ignited=np.zeros(grid.n, dtype=bool),
            source_strength=self.number("final_resistance_ohm"),
            source_strength_unit="ohm",
        )
        return Labels((event,) if active.any() else ())
