"""A fitting newly replaced by bright metal: the camera sees the cold sky in it, and it hides its own heat."""

from typing import ClassVar

import numpy as np

from envirosense.pole.scenarios.lookalike.lookalike import LookalikeScenario
from envirosense.scenarios import (
    BaseRate,
    Choice,
    Conditions,
    EventSubtype,
    Forcing,
    Grading,
    Parameter,
    ParameterSpace,
    Surface,
    Uniform,
)


class ShinyHardwareScenario(LookalikeScenario):
    """New metal among weathered metal, all through the episode."""

    name: ClassVar[str] = "shiny_hardware"
    description: ClassVar[str] = "A new bright fitting mirrors the cold sky among weathered ones"
    expected_duration: ClassVar[float] = 3600.0
    subtype: ClassVar[EventSubtype] = EventSubtype.SHINY_HARDWARE
    course: ClassVar[str] = "shiny_hardware_reflected_share"
    grading: ClassVar[Grading] = Grading(0.5, 1.0, (("bright", 0.0),))
    phases: ClassVar[tuple[str, ...]] = grading.stage_names
    strength: ClassVar[tuple[str, str]] = ("emissivity", "1")
    limits: ClassVar[str] = (
        "It reflects evenly to all sides and does not weather; the rest of the pole stays as is."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.05, 15_552_000.0, "assumed: a part every twenty years, bright for six months"
    )
    tags: ClassVar[tuple[str, ...]] = ("picture", "pole")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "component": Parameter(
                Choice(("clamp_a", "clamp_b", "clamp_c", "cutout", "crossarm_bolt", "pole_top_bolt")),
                "1",
                "what has been replaced",
                "assumed",
            ),
            "emissivity": Parameter(
                Uniform(0.08, 0.3),
                "1",
                "of the new metal",
                "assumed: new 0.2 to 0.3, polished less",
            ),
            "absorptivity": Parameter(
                Uniform(0.15, 0.45), "1", "share of sunlight that it takes up", "assumed: new aluminium, zinc"
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """The new surface."""
        emissivity = self.number("emissivity")
        surface = Surface(self.text("component"), emissivity, self.number("absorptivity"))
        reflected = np.full(conditions.grid.n, 1.0 - emissivity)
        return Forcing(surfaces=(surface,), states={self.course: reflected})
