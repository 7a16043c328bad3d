"""A surge arrester ages, runs away thermally, and at last shorts its phase and blows its disconnector.

Its resistive loss grows over weeks, on a compressed clock, by the geometric law of the healthy one's watts.
If it runs away, minutes of real time end in a fault; the disconnector's cartridge then takes the arrester off
the line, so the recloser's first try finds the fault gone.
"""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.thermal.insulator import HEALTHY_ARRESTER_W, arrester_w
from envirosense.pole.scenarios.electrical.flashover import Flashover, flashover
from envirosense.pole.scenarios.electrical.growth import tick_means_of
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
    Heating,
    Impact,
    Labels,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    active_only,
    graded_event,
)

RUNAWAY_GROWTH: Final = 20.0  # of the loss during the runaway, to about a kilowatt # assumed
ARC_M: Final = 0.1  # length of the arc at the failed arrester # assumed
TRY: Final = "1"  # closing that finds the disconnector open
BANG_S: Final = 2e-3  # length of the cartridge's blow # assumed
GRADING: Final = Grading(
    begins=2.0,  # over a sound arrester [K], "possible deficiency" is 1 to 3 K [NETA-MTS]
    full_scale=150.0,  # assumed
    stages=(("ageing", 0.0), ("hot", 4.0), ("running_away", 40.0)),  # 4 K [NETA-MTS], 40 K assumed
    scale="log",
)
SHORT: Final = Grading(1.0, 100.0, (("short_circuit", 0.0),))


class ArresterFailureScenario(BaseScenario):
    """One arrester that grows warmer than its neighbours."""

    name: ClassVar[str] = "arrester_failure"
    description: ClassVar[str] = "An arrester's loss grows until it runs away, shorts and is blown off"
    category: ClassVar[Category] = Category.ELECTRICAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = (*GRADING.stage_names, *SHORT.stage_names)
    limits: ClassVar[str] = (
        "The loss does not feed on its own temperature: the runaway is drawn, not solved. Internal "
        "discharges and the surges that age an arrester are left out. Blown off, it cools as a sound one, "
        "although its last watt is gone too."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.002, 20 * 86_400.0, "assumed: a tenth of 0.5 faults a km and year; days to weeks before"
    )
    tags: ClassVar[tuple[str, ...]] = ("thermal", "compressed_clock")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "component": Parameter(
                Choice(("arrester_a", "arrester_b", "arrester_c")), "1", "arrester that fails", "assumed"
            ),
            "ending": Parameter(
                Choice(("lasting", "short_circuit"), (0.6, 0.4)),
                "1",
                "whether it runs away within the episode",
                "assumed",
            ),
            "final_wear": Parameter(
                Uniform(0.5, 1.0), "1", "wear at the end of the growth; 1 loses 50 W", "assumed"
            ),
            "onset_fraction": Parameter(
                Uniform(0.03, 0.3), "1", "start of the growth, as a fraction of the episode", "assumed"
            ),
            "growth_fraction": Parameter(
                Uniform(0.3, 0.55), "1", "length of the growth, as a fraction of the episode", "assumed"
            ),
            "real_growth_days": Parameter(
                LogUniform(3.0, 60.0),
                "d",
                "time the same growth takes on a real line; the episode's clock is compressed",
                "assumed: days to weeks",
            ),
            "runaway_s": Parameter(
                LogUniform(60.0, 600.0), "s", "from the end of the growth to the short", "assumed: minutes"
            ),
            "fault_a": Parameter(LogUniform(500.0, 5000.0), "A", "current of the short", "assumed"),
            "bang_n_s": Parameter(
                LogUniform(0.05, 0.5), "N s", "blow of the disconnector's cartridge on the arm", "assumed"
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Loss of the arrester beyond a sound one's, and the fault and the blow that may end it."""
        grid, component = conditions.grid, self.text("component")
        fault = self._fault(conditions)
        heating = Heating(component, tick_means_of(lambda at_s: self._loss_w(at_s, grid), grid))
        fault_a = np.zeros(grid.n) if fault is None else fault.current_a
        if fault is None:
            return Forcing(heatings=(heating,), states={"fault_a": fault_a})
        bang = Impact(
            at_s=self._short_s(grid),
            impulse_n_s=self.number("bang_n_s"),
            duration_s=BANG_S,
            height_m=conditions.components[component][2],
            azimuth_deg=float(rng.uniform(0.0, 360.0)),
        )
        return Forcing(
            heatings=(heating,),
            discharges=(fault.arc,),
            line=(fault.change,),
            impacts=(bang,),
            states={"fault_a": fault_a},
        )

    def _loss_w(self, at_s: Array, grid: TimeGrid) -> Array:
        """Watts over those of a sound arrester at some moments, none once it is off the line."""
        onset, growth = self.number("onset_fraction"), self.number("growth_fraction")
        grown = np.clip((at_s / grid.duration_s - onset) / growth, 0.0, 1.0)
        loss_w = arrester_w(self.number("final_wear") * grown)
        if self.text("ending") == "short_circuit":
            begin_s = (onset + growth) * grid.duration_s
            on_the_way = np.clip((at_s - begin_s) / self.number("runaway_s"), 0.0, 1.0)
            loss_w = loss_w * RUNAWAY_GROWTH**on_the_way * (at_s < self._short_s(grid))
        return np.maximum(loss_w - HEALTHY_ARRESTER_W, 0.0)

    def _short_s(self, grid: TimeGrid) -> float:
        """When it shorts, within the episode however short that is [s]."""
        fraction = self.number("onset_fraction") + self.number("growth_fraction")
        return min(fraction * grid.duration_s + self.number("runaway_s"), 0.95 * grid.duration_s)

    def _fault(self, conditions: Conditions) -> Flashover | None:
        if self.text("ending") == "lasting":
            return None
        component = self.text("component")
        return flashover(
            conditions.grid,
            "arrester_failure/short",
            component,
            conditions.components[component],
            self._short_s(conditions.grid),
            self.number("fault_a"),
            ARC_M,
            TRY,
        )

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """The arrester by its excess over a sound one, and the short that it ends in."""
        component = self.text("component")
        growth_s = self.number("growth_fraction") * grid.duration_s
        ageing = graded_event(
            response.component_k - response.healthy_k,
            GRADING,
            EventType.INSULATION_DEGRADATION,
            EventSubtype.ARRESTER,
            component,
            float(arrester_w(self.number("final_wear"))),
            "W",
            time_scale=86_400.0 * self.number("real_growth_days") / growth_s,
        )
        short = graded_event(
            response.states["fault_a"],
            SHORT,
            EventType.ARCING,
            EventSubtype.FAULT_ARC,
            component,
            self.number("fault_a"),
            "A",
            parent=0,
        )
        return Labels(active_only([ageing, short]))
