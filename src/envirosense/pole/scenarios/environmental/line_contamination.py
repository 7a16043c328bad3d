"""Salt or dust settles on the insulators: nothing to see while it is dry, leakage once the air is moist.

The deposit grows on a compressed clock and the weather is left alone, so a dry hour shows no more than the
particles in the air that bring it. The label says what is there; the observability says who sees it.
"""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.electric.dry_bands import dry_bands
from envirosense.physics.electric.leakage import layer_conductance_s
from envirosense.physics.electric.partial_discharge import mean_charge_c
from envirosense.physics.thermal.insulator import leakage_a
from envirosense.pole.matter.sources import air_mass
from envirosense.pole.scenarios.electrical.bursts import flicker
from envirosense.pole.scenarios.electrical.flashover import phase_of
from envirosense.pole.scenarios.electrical.tracking import FLICKER, FLICKER_S, tracking_event
from envirosense.pole.scenarios.electrical.tracking import GRADING as TRACKING
from envirosense.pole.scenarios.electrical.wetting import natural_wetting
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Choice,
    Conditional,
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

DAY_S: Final = 86_400.0
INSULATORS: Final = ("insulator_a", "insulator_b", "insulator_c")  # all alike; the middle one answers
ANSWERS: Final = "insulator_b"
LIGHT_MG_CM2: Final = 0.01  # where a light site begins, in salt of the same conductance (from memory)
SOURCES: Final = {"salt": ("salt_spray", 20.0), "dust": ("dust_haze", 150.0)}  # part, its level [ug/m3]
GRADING: Final = Grading(
    begins=1e-4,  # five times a clean dry insulator # assumed
    full_scale=0.1,  # flashover is imminent (from memory)
    stages=(("dry_deposit", 0.0), ("damp_deposit", 1e-4), ("wet_deposit", 1e-3), ("sparking", 5e-3)),
    scale="log",
)


class LineContaminationScenario(BaseScenario):
    """Dirty insulators of all three phases."""

    name: ClassVar[str] = "line_contamination"
    description: ClassVar[str] = "Salt or dust settles on the insulators; they leak when the air is moist"
    category: ClassVar[Category] = Category.ENVIRONMENTAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = (*GRADING.stage_names, *TRACKING.stage_names)
    limits: ClassVar[str] = (
        "In a dry hour nothing but particles in the air can be seen, and often not those. All insulators are "
        "dirty alike; one event at the middle one stands for them. What settles on the panel, the lens and "
        "the other sensors is left out, as is what the wood of the arm carries away."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.1, 20.0 * DAY_S, "assumed: one pole in ten once a year, near roads, coasts and fields"
    )
    tags: ClassVar[tuple[str, ...]] = ("slow", "compressed_clock", "weather_dependent")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "contaminant": Parameter(
                Choice(("salt", "dust")), "1", "sea or road salt, or dust of fields", "assumed"
            ),
            "salt_mg_cm2": Parameter(
                Conditional("contaminant", {"salt": LogUniform(0.02, 0.12), "dust": LogUniform(0.012, 0.04)}),
                "mg/cm2",
                "deposit at the end, in salt of the same conductance",
                "very light to medium sites of solid-layer tests (from memory)",
            ),
            "air_ug_m3": Parameter(
                Conditional("contaminant", {"salt": LogUniform(5.0, 100.0), "dust": LogUniform(20.0, 300.0)}),
                "ug/m3",
                "particles in the air that bring it",
                "assumed: physics-gas-air, salt 5 to 100",
            ),
            "onset_fraction": Parameter(
                Uniform(0.03, 0.3), "1", "start of the growth, as a fraction of the episode", "assumed"
            ),
            "growth_fraction": Parameter(
                Uniform(0.2, 0.6), "1", "length of the growth, as a fraction of the episode", "assumed"
            ),
            "real_growth_days": Parameter(
                Conditional("contaminant", {"salt": LogUniform(0.3, 30.0), "dust": LogUniform(5.0, 150.0)}),
                "d",
                "time the same growth takes on a real line; the episode's clock is compressed",
                "assumed: one salt storm to a dry season",
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Particles in the air, the deposit, and what leaks over it in the weather of the hour."""
        grid, voltage_v = conditions.grid, conditions.place.phase_voltage_v
        wet = natural_wetting(conditions)
        grown = self._grown(grid)
        salt_mg_cm2 = grown * wet.salt_mg_cm2(self.number("salt_mg_cm2"))
        layer_s = layer_conductance_s(salt_mg_cm2, wet.weather.relative_humidity, wet.film)
        bands = dry_bands(voltage_v, layer_s)
        more_a = np.maximum(bands.current_a - leakage_a(wet.wet_share), 0.0)
        share = more_a / bands.current_a  # the world's clean insulators leak too
        present = share * flicker(grid, rng, FLICKER_S, FLICKER)
        discharges = tuple(
            self._sparks(name, conditions, present * bands.spark_w, present * bands.pulses_per_s)
            for name in INSULATORS
        )
        part, level_ug_m3 = SOURCES[self.text("contaminant")]
        settles = (grown > 0.0) & (grown < 1.0)
        in_air = np.where(settles, self.number("air_ug_m3") / level_ug_m3, 0.0)
        return Forcing(
            heatings=tuple(Heating(name, share * bands.warming_w) for name in INSULATORS),
            discharges=discharges if bands.spark_w.any() else (),
            air_masses=(air_mass(part, grid, in_air),),
            acts_on=ANSWERS,
            states={"leakage_a": more_a, "deposit_mg_cm2": salt_mg_cm2},
        )

    def _grown(self, grid: TimeGrid) -> Array:
        """Share of the deposit that is there, (time,)."""
        since = grid.t_s / grid.duration_s - self.number("onset_fraction")
        return np.clip(since / self.number("growth_fraction"), 0.0, 1.0)

    def _sparks(self, component: str, conditions: Conditions, power_w: Array, per_s: Array) -> Discharge:
        return Discharge(
            name=f"line_contamination_{component[-1]}",
            at=conditions.components[component],
            kind="surface",
            power_w=power_w,
            pulses_per_s=per_s,
            charge_c=mean_charge_c("surface"),
            phase=phase_of(component),
        )

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """The deposit while it is at least a light one, and the tracking that it causes above 1 mA."""
        leaks_a, deposit = response.states["leakage_a"], response.states["deposit_mg_cm2"]
        time_scale = (
            DAY_S * self.number("real_growth_days") / (self.number("growth_fraction") * grid.duration_s)
        )
        contamination = graded_event(
            leaks_a,
            GRADING,
            EventType.LINE_CONTAMINANT,
            EventSubtype.CONTAMINATION,
            ANSWERS,
            self.number("salt_mg_cm2"),
            "mg/cm2",
            active=deposit >= LIGHT_MG_CM2,
            time_scale=time_scale,
        )
        tracking = tracking_event(leaks_a, ANSWERS, self.number("salt_mg_cm2"), time_scale=time_scale)
        return Labels(active_only((contamination, tracking.with_parent(0))))
