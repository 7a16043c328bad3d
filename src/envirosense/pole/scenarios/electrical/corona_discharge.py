"""Discharge at hardware in the air: a sharp point, metal that floats, or a dirty wet insulator.

A sharp point follows Peek: water and thin air lower its inception, and its power grows with the square of
the excess. Floating metal sparks over a gap that water bridges, so it is loudest when dry. A dirty surface
discharges only while it is wet.
"""

from collections.abc import Mapping
from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.electric.corona import Electrode, air_density_factor
from envirosense.physics.electric.partial_discharge import pulse_rate_per_s, surface_activity
from envirosense.physics.gas.source_courses import ramp
from envirosense.pole.scenarios.electrical.bursts import flicker
from envirosense.pole.scenarios.electrical.flashover import phase_of
from envirosense.pole.scenarios.electrical.wetting import Wetting, natural_wetting
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
    Follows,
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
from envirosense.scenarios.forcing import DischargeKind

KINDS: Final[Mapping[str, DischargeKind]] = {
    "floating_metal": "floating",
    "sharp_hardware": "corona",
    "wet_insulator": "surface",
}
BRIDGED: Final = 0.9  # of a floating gap's sparks that a soaked surface stops # assumed
SURFACE_HEAT_SHARE: Final = 0.5  # of a surface discharge, into the insulator # assumed
FLICKER_S: Final = 20.0  # drops form and fall, dirt moves # assumed
FLICKER: Final = 0.3  # relative standard deviation of the power # assumed
GRADING: Final = Grading(  # 10 W stay an advisory: no discharge in air is by itself a warning; assumed
    begins=0.02, full_scale=26.0, stages=(("weak", 0.0), ("developed", 0.5), ("strong", 3.0))
)


def point_activity(radius_m: float, gap_m: float, voltage_v: float, wet: Wetting) -> tuple[Array, Array]:
    """Power of a sharp point over its power when soaked, and voltage over inception, (time,) each [1].

    Power goes with the squared excess over inception, as corona loss does [Peek1929].
    """
    density = air_density_factor(wet.weather.pressure_pa, wet.weather.air_k)
    tip = Electrode("tip", radius_m, 2.0 * gap_m, "polished")
    excess = np.maximum(voltage_v / tip.inception_v(density, wet.wet_share) - 1.0, 0.0)
    soaked = np.maximum(voltage_v / tip.inception_v(density, 1.0) - 1.0, 0.0)
    share = np.divide(excess, soaked, out=np.zeros_like(excess), where=soaked > 0.0)
    return share**2, 1.0 + excess


class CoronaDischargeScenario(BaseScenario):
    """Corona at a point, sparks of floating metal, or surface discharge on an insulator."""

    name: ClassVar[str] = "corona_discharge"
    description: ClassVar[str] = "Discharge at sharp hardware, floating metal or a wet dirty insulator"
    category: ClassVar[Category] = Category.ELECTRICAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = GRADING.stage_names
    limits: ClassVar[str] = (
        "Conductors of a 12.47 kV line never reach inception: it lies at 73 to 122 kV a phase, 10 to 17 "
        "times the 7.2 kV, so none is modelled on them. Ozone and nitrogen dioxide are made, but some ppb "
        "at the device at best, mostly lost in the background. Power and pulses are drawn apart. A wet "
        "insulator in a dry hour does next to nothing."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.02, 30 * 86_400.0, "assumed: one noisy piece of hardware in fifty poles a year, heard for a month"
    )
    tags: ClassVar[tuple[str, ...]] = ("discharge", "weather_dependent")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "source": Parameter(
                Follows(Choice(tuple(KINDS)), "relative_humidity", 0.6),
                "1",
                "what discharges: floating metal rather in dry hours, wet insulators in humid ones",
                "assumed",
            ),
            "component": Parameter(
                Conditional(
                    "source",
                    {
                        "sharp_hardware": Choice(("clamp_a", "clamp_b", "clamp_c")),
                        "floating_metal": Choice(("clamp_a", "clamp_b", "clamp_c")),
                        "wet_insulator": Choice(("insulator_a", "insulator_b", "insulator_c")),
                    },
                ),
                "1",
                "where it discharges",
                "assumed",
            ),
            "peak_power_w": Parameter(
                LogUniform(0.1, 10.0),
                "W",
                "electrical power when most active",
                "assumed, below the 1-100 W of hardware points in foul weather at any voltage",
            ),
            "charge_c": Parameter(
                Conditional(
                    "source",
                    {
                        "sharp_hardware": LogUniform(1e-11, 5e-10),
                        "floating_metal": LogUniform(3e-10, 1e-8),
                        "wet_insulator": LogUniform(1e-10, 1e-7),
                    },
                ),
                "C",
                "apparent charge of a typical pulse",
                "catalogues of pulse patterns (from memory); floating metal is assumed",
            ),
            "tip_radius_m": Parameter(
                LogUniform(8e-5, 2.5e-4), "m", "radius of the sharp point; others ignore it", "assumed"
            ),
            "gap_m": Parameter(
                Uniform(0.02, 0.05), "m", "from the sharp point to earthed metal", "assumed: a few cm"
            ),
            "onset_fraction": Parameter(
                Uniform(0.03, 0.35), "1", "the fault arises, as a fraction of the episode", "assumed"
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """The discharge, as the weather of the hour feeds it or drowns it."""
        grid, source = conditions.grid, self.text("source")
        wet = natural_wetting(conditions)
        activity, pulses_per_s = self._activity(wet, conditions.place.phase_voltage_v)
        begin_s = self.number("onset_fraction") * grid.duration_s
        grown = ramp(grid.t_s, grid.dt_s, begin_s, 0.05 * grid.duration_s)
        mean_w = self.number("peak_power_w") * grown * activity
        unsteady = flicker(grid, rng, FLICKER_S, FLICKER)
        is_surface = source == "wet_insulator"
        discharge = Discharge(
            name="corona_discharge",
            at=conditions.components[self.text("component")],
            kind=KINDS[source],
            power_w=mean_w * unsteady,
            pulses_per_s=grown * pulses_per_s * unsteady,
            charge_c=self.number("charge_c"),
            phase=phase_of(self.text("component")),
            component=self.text("component") if is_surface else None,
            heat_share=SURFACE_HEAT_SHARE if is_surface else 0.0,
        )
        return Forcing(discharges=(discharge,), states={"discharge_w": mean_w})

    def _activity(self, wet: Wetting, voltage_v: float) -> tuple[Array, Array]:
        """Power over its greatest, and pulses per second, (time,) each."""
        kind = KINDS[self.text("source")]
        if kind == "corona":
            tip = self.number("tip_radius_m"), self.number("gap_m")
            share, ratio = point_activity(*tip, voltage_v, wet)
            return share, np.where(share > 0.0, pulse_rate_per_s(kind, ratio), 0.0)
        share = (
            1.0 - BRIDGED * wet.wet_share if kind == "floating" else surface_activity(wet.surface_humidity)
        )
        return share, pulse_rate_per_s(kind, 1.0, share)

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """One event, while the discharge takes more than 20 mW."""
        is_surface = self.text("source") == "wet_insulator"
        event = graded_event(
            response.states["discharge_w"],
            GRADING,
            EventType.CORONA,
            EventSubtype.SURFACE_DISCHARGE if is_surface else EventSubtype.HARDWARE_CORONA,
            self.text("component"),
            self.number("peak_power_w"),
            "W",
        )
        return Labels(active_only([event]))
