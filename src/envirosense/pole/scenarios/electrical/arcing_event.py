"""An intermittent arc: in a loose clamp under load current, or sparks across loose hardware.

A clamp that has lost its pressure arcs in series with the load: the falls at its electrodes alone take
30 V, so hundreds of amperes make kilowatts. Loose hardware, which carries no load, only charges and sparks:
milliwatts that radios hear. Wind moves both.
"""

from collections.abc import Mapping
from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.physics.electric.arc import arc_power_w
from envirosense.physics.electric.partial_discharge import discharge_power_w
from envirosense.physics.thermal.insulator import wetness
from envirosense.pole.scenarios.electrical.bursts import RECENT_S, loose_bursts, recent_mean
from envirosense.pole.scenarios.electrical.equipment_overheat import EXCESS_K
from envirosense.pole.scenarios.electrical.flashover import phase_of
from envirosense.pole.scenarios.states import held
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Choice,
    Conditional,
    Conditions,
    Constraint,
    Discharge,
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
)
from envirosense.scenarios.forcing import Phase

HARDWARE_PHASE: Final[Mapping[str, Phase]] = {  # the phase that charges it by its field # assumed
    "crossarm_bolt": "c",
    "pole_top_bolt": "b",
    "neutral_bracket": "a",
}
PULSE_C: Final = 1e-7  # apparent charge of a restrike of a series arc # assumed
SPARKS_PER_S: Final = 240.0  # of a loose gap while it sparks, two in each half cycle # assumed
BRIDGED: Final = 0.9  # of a gap's bursts that soaked hardware stops # assumed
GRADING: Final = Grading(
    begins=1.0,
    full_scale=5000.0,  # 5 kW is what the device's documents call an arc
    stages=(("sparking", 0.0), ("intermittent_arc", 1.0), ("sustained_arc", 1000.0)),
    scale="log",
)


class ArcingEventScenario(BaseScenario):
    """Bursts of an arc at a loose contact."""

    name: ClassVar[str] = "arcing_event"
    description: ClassVar[str] = "A loose clamp arcs under load, or loose hardware sparks"
    category: ClassVar[Category] = Category.ELECTRICAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = (*GRADING.stage_names, *EXCESS_K.stage_names)
    limits: ClassVar[str] = (
        "Between bursts the contact conducts as a sound one. 30 V in 7200 V hardly distort the current, so "
        "no harmonics are added. No falling hot metal, no burn-down. An arc above the clamp's melting is "
        "held at the hottest temperature the world knows."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.005, 14 * 86_400.0, "assumed: a fifth of 0.5 faults a km and year, two weeks of days to weeks"
    )
    tags: ClassVar[tuple[str, ...]] = ("arc", "wind_dependent")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "source": Parameter(
                Choice(("loose_clamp", "loose_hardware"), (0.7, 0.3)), "1", "what is loose", "assumed"
            ),
            "component": Parameter(
                Conditional(
                    "source",
                    {
                        "loose_clamp": Choice(("clamp_a", "clamp_b", "clamp_c")),
                        "loose_hardware": Choice(tuple(HARDWARE_PHASE)),
                    },
                ),
                "1",
                "where it arcs",
                "assumed",
            ),
            "electrode_v": Parameter(
                Uniform(20.0, 40.0), "V", "falls at both electrodes", "handbook (from memory)"
            ),
            "gap_m": Parameter(LogUniform(1e-4, 2e-3), "m", "length of the series arc", "assumed"),
            "spark_c": Parameter(
                LogUniform(1e-9, 1e-7), "C", "charge of a spark across loose hardware", "from memory"
            ),
            "burst_s": Parameter(
                LogUniform(0.1, 10.0), "s", "mean length of a burst", "physics reference 3.3 (from memory)"
            ),
            "pause_s": Parameter(
                LogUniform(1.0, 600.0),
                "s",
                "mean pause in still air",
                "physics reference 3.3: 1 s to 1 h (from memory), cut so that most hours see a burst",
            ),
            "heat_share": Parameter(
                Uniform(0.2, 0.5), "1", "of a series arc's power, into the clamp", "assumed"
            ),
            "onset_fraction": Parameter(
                Uniform(0.03, 0.4), "1", "the contact comes loose, as a fraction of the episode", "assumed"
            ),
        },
        (Constraint({"pause_s": 1.0, "burst_s": -8.0}, at_least=0.0),),  # an arc that burns on burns down
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Bursts of the arc, its heat in the clamp, and the power while it burns."""
        grid, component = conditions.grid, self.text("component")
        begin_s = self.number("onset_fraction") * grid.duration_s
        timing = begin_s, self.number("burst_s"), self.number("pause_s")
        weather, is_clamp = conditions.weather, self.text("source") == "loose_clamp"
        dry = 1.0 - BRIDGED * wetness(weather.relative_humidity, weather.rain_mm_h)
        bursts = loose_bursts(grid, rng, weather.wind_m_s, *timing, readiness=1.0 if is_clamp else dry)
        charge_c = PULSE_C if is_clamp else self.number("spark_c")
        if is_clamp:
            drop = self.number("gap_m"), self.number("electrode_v")
            burning_w = arc_power_w(conditions.current_a, *drop)
            pulses_per_s = bursts.pulses_per_s()
        else:
            voltage_v = conditions.place.phase_voltage_v
            burning_w = discharge_power_w("gap", np.full(grid.n, SPARKS_PER_S), charge_c, voltage_v)
            pulses_per_s = SPARKS_PER_S * bursts.on_share
        discharge = Discharge(
            name="arcing_event",
            at=conditions.components[component],
            kind="arc" if is_clamp else "gap",
            power_w=bursts.power_w(burning_w),
            pulses_per_s=pulses_per_s,
            charge_c=charge_c,
            phase=phase_of(component) if is_clamp else HARDWARE_PHASE[component],
            component=component,
            heat_share=self.number("heat_share") if is_clamp else 0.0,
        )
        return Forcing(discharges=(discharge,), states={"arc_w": discharge.power_w})

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """The arc, until a minute has passed without one, and the overheating that it causes."""
        is_clamp = self.text("source") == "loose_clamp"
        arc_w = response.states["arc_w"]
        arc = graded_event(
            recent_mean(arc_w, grid.dt_s),
            GRADING,
            EventType.ARCING,
            EventSubtype.SERIES_ARC if is_clamp else EventSubtype.GAP_SPARK,
            self.text("component"),
            self.number("electrode_v" if is_clamp else "spark_c"),
            "V" if is_clamp else "C",
            active=held(arc_w > 0.0, grid.dt_s, RECENT_S),
        )
        heated = graded_event(
            response.component_k - response.healthy_k,
            EXCESS_K,
            EventType.OVERHEATING,
            EventSubtype.JOINT,
            self.text("component"),
            self.number("heat_share"),
            "1",
            parent=0,
        )
        return Labels(active_only([arc, heated]))
