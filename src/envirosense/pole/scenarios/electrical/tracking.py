"""Tracking: a salty insulator leaks while it is wet, dries in bands, and sparks across them.

Over an earthed foot the insulator alone holds the current down. On a wooden arm the wetted wood and the dry
zone under the bolt stand in series with it, and take most of the heat.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.electric.dry_bands import dry_bands
from envirosense.physics.electric.leakage import ALARM_BOUNDS_A, layer_conductance_s
from envirosense.physics.electric.partial_discharge import mean_charge_c
from envirosense.physics.electric.tracking import tracking_course
from envirosense.pole.scenarios.electrical.bursts import flicker
from envirosense.pole.scenarios.electrical.flashover import phase_of
from envirosense.pole.scenarios.electrical.wetting import WETTING_PARAMETERS, Wetting, wetting
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Choice,
    Conditions,
    Discharge,
    EventLabels,
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
    active_only,
    graded_event,
)

ARM: Final = "crossarm_core"
FLICKER_S: Final = 15.0  # dry bands form and rewet within a minute # assumed
FLICKER: Final = 0.4  # relative standard deviation of the sparks # assumed
SALT: Final = Parameter(
    LogUniform(0.01, 0.15),
    "mg/cm2",
    "salt deposit on the insulator",
    "light to medium sites of solid-layer tests, from memory",
)
GRADING: Final = Grading(
    begins=ALARM_BOUNDS_A[0],
    full_scale=ALARM_BOUNDS_A[2],
    stages=(
        ("contaminated_wet", 0.0),
        ("dry_band_arcing", ALARM_BOUNDS_A[1]),
    ),
    scale="log",
)


@dataclass(frozen=True, slots=True)
class _Leak:
    """Leakage and where its power goes, (time,) each."""

    current_a: Array
    insulator_w: Array
    arm_w: Array
    spark_w: Array
    pulses_per_s: Array


def tracking_event(
    current_a: Array,
    component: str,
    salt_mg_cm2: float,
    progress: Array | None = None,
    time_scale: float = 1.0,
) -> EventLabels:
    """Event of a leakage current, (time,) [A], while it is above the band of clean insulators."""
    return graded_event(
        current_a,
        GRADING,
        EventType.INSULATION_DEGRADATION,
        EventSubtype.TRACKING,
        component,
        salt_mg_cm2,
        "mg/cm2",
        progress=progress,
        time_scale=time_scale,
    )


class TrackingScenario(BaseScenario):
    """A dirty insulator in a wet hour."""

    name: ClassVar[str] = "tracking"
    description: ClassVar[str] = "A salty insulator leaks and sparks across its dry bands while it is wet"
    category: ClassVar[Category] = Category.ELECTRICAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = GRADING.stage_names
    limits: ClassVar[str] = (
        "Nothing happens in a dry hour that brings no wet spell of its own. The wet spell is the setting: a "
        "sensor that sees only the rain is not said to see the leakage. Erosion of the surface, flashover "
        "and off-gas of polymer are left out; so is the salt of the neighbours, which leak as clean ones."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.05, 6 * 3600.0, "assumed: one pole in twenty tracks in a year's fog after a dry spell, for hours"
    )
    tags: ClassVar[tuple[str, ...]] = ("discharge", "weather_dependent")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "component": Parameter(
                Choice(("insulator_a", "insulator_b", "insulator_c")), "1", "insulator that tracks", "assumed"
            ),
            "foot": Parameter(
                Choice(("earthed_bracket", "wooden_arm")), "1", "what the insulator stands on", "assumed"
            ),
            "salt_mg_cm2": SALT,
            **WETTING_PARAMETERS,
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Leakage heat, sparks across the dry bands, and the wet spell that makes them."""
        grid, component = conditions.grid, self.text("component")
        wet = wetting(self, conditions)
        leak = self._leak(wet, conditions.place.phase_voltage_v)
        unsteady = flicker(grid, rng, FLICKER_S, FLICKER)
        sparks = Discharge(
            name="tracking",
            at=conditions.components[component],
            kind="surface",
            power_w=leak.spark_w * unsteady,
            pulses_per_s=leak.pulses_per_s * unsteady,
            charge_c=mean_charge_c("surface"),
            phase=phase_of(component),
        )
        return Forcing(
            heatings=(Heating(component, leak.insulator_w), Heating(ARM, leak.arm_w)),
            discharges=(sparks,),
            setting=wet.changes,
            states={"leakage_a": leak.current_a},
        )

    def _leak(self, wet: Wetting, voltage_v: float) -> _Leak:
        salt_mg_cm2 = wet.salt_mg_cm2(self.number("salt_mg_cm2"))
        humidity = wet.weather.relative_humidity
        if self.text("foot") == "wooden_arm":
            arm = tracking_course(humidity, wet.film, salt_mg_cm2, voltage_v, wet.dt_s)
            arm_w = arm.wood_w + arm.steel_w
            return _Leak(arm.current_a, arm.insulator_w, arm_w, arm.spark_w, arm.pulses_per_s)
        bands = dry_bands(voltage_v, layer_conductance_s(salt_mg_cm2, humidity, wet.film))
        nothing = np.zeros_like(humidity)
        return _Leak(bands.current_a, bands.warming_w, nothing, bands.spark_w, bands.pulses_per_s)

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """One event, while more than 1 mA leaks."""
        event = tracking_event(
            response.states["leakage_a"], self.text("component"), self.number("salt_mg_cm2")
        )
        return Labels(active_only([event]))
