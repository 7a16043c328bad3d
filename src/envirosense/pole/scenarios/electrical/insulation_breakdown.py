"""An insulator fails from within: leakage, partial discharges in its cracks, arcs, and perhaps a flashover.

The damage grows steadily on a compressed clock. Leakage grows with it by orders of magnitude and heats the
body by its resistance; the voltage at which the voids discharge falls until the service voltage passes it.
"""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.electric.dry_bands import band_growth
from envirosense.physics.electric.partial_discharge import (
    discharge_power_w,
    mean_charge_c,
    pulse_rate_per_s,
)
from envirosense.physics.electric.tracking import BURST_RATE_PER_A, MOST_PULSES_PER_S, SPARK_SHARE
from envirosense.physics.thermal.insulator import DRY_LEAKAGE_A, leakage_w
from envirosense.pole.scenarios.electrical.bursts import flicker
from envirosense.pole.scenarios.electrical.flashover import Flashover, flashover, phase_of
from envirosense.pole.scenarios.electrical.growth import tick_means_of
from envirosense.pole.scenarios.line_faults import NEVER
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Choice,
    Conditions,
    Discharge,
    EventSubtype,
    EventType,
    Forcing,
    Grading,
    Heating,
    Labels,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    active_only,
    graded_event,
)

SOUND_RATIO: Final = 0.6  # service voltage over the voids' inception in a sound insulator # assumed
BROKEN_RATIO: Final = 2.0  # the same when it is about to fail # assumed
FLICKER_S: Final = 30.0  # cracks open and close with heat and moisture # assumed
FLICKER: Final = 0.2  # relative standard deviation of discharges # assumed
FLASHOVER_GAP_M: Final = 0.25  # along the sheds of a 15 kV class insulator # assumed
TRIES: Final = {"clears_at_once": "1", "clears_at_second_try": "2", "locks_out": NEVER}
GRADING: Final = Grading(
    begins=3e-4,  # fifteen times a dry clean insulator, still below a wet one # assumed
    full_scale=0.1,  # flashover is imminent (from memory)
    stages=(("degradation", 0.0), ("partial_discharges", 1e-3), ("arcing_imminent", 5e-3)),
    scale="log",
)
FLASHOVER: Final = Grading(1.0, 100.0, (("flashover", 0.0),))


class InsulationBreakdownScenario(BaseScenario):
    """A cracked insulator on its way to breakdown."""

    name: ClassVar[str] = "insulation_breakdown"
    description: ClassVar[str] = "An insulator cracks: leakage, partial discharges, arcs, perhaps a flashover"
    category: ClassVar[Category] = Category.ELECTRICAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = (*GRADING.stage_names, *FLASHOVER.stage_names)
    limits: ClassVar[str] = (
        "The law of growth is assumed; only its ends and its weeks are known. Leakage through the crack "
        "does not follow the weather, unlike tracking. Off-gas of polymer is left out. After a lockout the "
        "line is dead to the end of the episode."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.002, 45 * 86_400.0, "assumed: a tenth of 0.5 faults a km and year, weeks to months"
    )
    tags: ClassVar[tuple[str, ...]] = ("discharge", "compressed_clock")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "component": Parameter(
                Choice(("insulator_a", "insulator_b", "insulator_c")), "1", "insulator that fails", "assumed"
            ),
            "final_leakage_a": Parameter(
                LogUniform(2e-3, 3e-2),
                "A",
                "leakage at the end of the growth",
                "assumed: to within the 5-50 mA of dry-band arcing",
            ),
            "onset_fraction": Parameter(
                Uniform(0.03, 0.3), "1", "start of the growth, as a fraction of the episode", "assumed"
            ),
            "growth_fraction": Parameter(
                Uniform(0.3, 0.6), "1", "length of the growth, as a fraction of the episode", "assumed"
            ),
            "real_growth_days": Parameter(
                LogUniform(10.0, 120.0),
                "d",
                "time the same growth takes on a real line; the episode's clock is compressed",
                "assumed: weeks to months",
            ),
            "ending": Parameter(
                Choice(("lasting", *TRIES), (0.6, 0.15, 0.1, 0.15)),
                "1",
                "what follows the growth: no flashover, or one with this answer of the recloser",
                "assumed",
            ),
            "fault_a": Parameter(
                LogUniform(500.0, 5000.0), "A", "fault current of a flashover", "assumed: 1-10 kA at most"
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Leakage heat and discharges that grow with the damage, and the flashover's fault."""
        grid, component = conditions.grid, self.text("component")
        fault = self._fault(conditions)
        alive = np.ones(grid.n) if fault is None else fault.alive
        fold = self.number("final_leakage_a") / DRY_LEAKAGE_A
        leakage_a = DRY_LEAKAGE_A * tick_means_of(lambda at_s: fold ** self._damage(at_s, grid), grid)
        heat_w = alive * leakage_w(conditions.place.phase_voltage_v, leakage_a - DRY_LEAKAGE_A)
        unsteady = flicker(grid, rng, FLICKER_S, FLICKER)
        ratio = SOUND_RATIO * (BROKEN_RATIO / SOUND_RATIO) ** tick_means_of(
            lambda at_s: self._damage(at_s, grid), grid
        )
        discharges = (
            self._void_discharge(conditions, ratio, alive * unsteady),
            self._surface_discharge(conditions, leakage_a, heat_w, alive * unsteady),
        )
        return Forcing(
            heatings=(Heating(component, heat_w),),
            discharges=discharges if fault is None else (*discharges, fault.arc),
            line=() if fault is None else (fault.change,),
            states={
                "leakage_a": np.where(alive > 0.0, leakage_a, 0.0),
                "fault_a": np.zeros(grid.n) if fault is None else fault.current_a,
            },
        )

    def _damage(self, at_s: Array, grid: TimeGrid) -> Array:
        """Damage at some moments, 0 sound to 1 about to fail."""
        since = at_s / grid.duration_s - self.number("onset_fraction")
        return np.clip(since / self.number("growth_fraction"), 0.0, 1.0)

    def _fault(self, conditions: Conditions) -> Flashover | None:
        ending, component = self.text("ending"), self.text("component")
        if ending == "lasting":
            return None
        fraction = self.number("onset_fraction") + self.number("growth_fraction")
        return flashover(
            conditions.grid,
            "insulation_breakdown/flashover",
            component,
            conditions.components[component],
            fraction * conditions.grid.duration_s,
            self.number("fault_a"),
            FLASHOVER_GAP_M,
            TRIES[ending],
        )

    def _void_discharge(self, conditions: Conditions, ratio: Array, unsteady: Array) -> Discharge:
        """Partial discharges inside, from where the service voltage passes the voids' inception."""
        component, charge_c = self.text("component"), mean_charge_c("internal")
        pulses_per_s = pulse_rate_per_s("internal", ratio) * unsteady
        power_w = discharge_power_w("internal", pulses_per_s, charge_c, conditions.place.phase_voltage_v)
        place = conditions.components[component]
        return Discharge(
            "insulation_breakdown/voids", place, "internal", power_w, pulses_per_s, charge_c,
            phase_of(component), component, 1.0,
        )  # fmt: skip

    def _surface_discharge(
        self, conditions: Conditions, leakage_a: Array, heat_w: Array, unsteady: Array
    ) -> Discharge:
        """Sparks along the crack, the part of the leakage's power that arcs; its heat is in `heat_w`."""
        component = self.text("component")
        arcing = band_growth(leakage_a)
        pulses_per_s = np.clip(BURST_RATE_PER_A * leakage_a, 0.0, MOST_PULSES_PER_S) * arcing * unsteady
        return Discharge(
            "insulation_breakdown/sparks", conditions.components[component], "surface",
            SPARK_SHARE * arcing * heat_w * unsteady, pulses_per_s, mean_charge_c("surface"),
            phase_of(component),
        )  # fmt: skip

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """The degradation by its leakage, and the flashover that it causes."""
        component = self.text("component")
        growth_s = self.number("growth_fraction") * grid.duration_s
        degradation = graded_event(
            response.states["leakage_a"],
            GRADING,
            EventType.INSULATION_DEGRADATION,
            EventSubtype.PARTIAL_DISCHARGE,
            component,
            self.number("final_leakage_a"),
            "A",
            time_scale=86_400.0 * self.number("real_growth_days") / growth_s,
        )
        flashover = graded_event(
            response.states["fault_a"],
            FLASHOVER,
            EventType.ARCING,
            EventSubtype.FLASHOVER,
            component,
            self.number("fault_a"),
            "A",
            parent=0,
        )
        return Labels(active_only([degradation, flashover]))
