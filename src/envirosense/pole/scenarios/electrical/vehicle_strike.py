"""A vehicle runs into the foot of the pole: a blow, a lean that stays, wires that swing.

Lean, ring-down, swing and bang follow from the blow; the scenario gives nothing but its impulse.
"""

from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
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

HEIGHT_M = 0.5  # of a bumper
RINGS_S = 60.0  # after which pole and wires are still again: ten decay times of the slowest mode; assumed
HARMS_N_S = 2000.0  # from here on somebody has to look at the foot; assumed
# Impulse; a scrape to a lorry at speed, assumed
STRUCK = Grading(200.0, 100e3, (("ringing", 0.0), ("damaged", HARMS_N_S)), "log")


class VehicleStrikeScenario(BaseScenario):
    """A car or a truck against the pole."""

    name: ClassVar[str] = "vehicle_strike"
    description: ClassVar[str] = "A vehicle hits the foot of the pole, which leans from then on"
    category: ClassVar[Category] = Category.ELECTRICAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 600.0
    phases: ClassVar[tuple[str, ...]] = STRUCK.stage_names
    limits: ClassVar[str] = (
        "The pole does not break and its wires do not clash. No engine, no brakes, no fluids on the road. "
        "The lean follows from the pole's own soil; many a strike leaves none."
    )
    rate: ClassVar[BaseRate] = BaseRate(0.002, 3600.0, "assumed: one pole in five hundred a year")
    tags: ClassVar[tuple[str, ...]] = ("impact",)
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "impulse_n_s": Parameter(
                LogUniform(500.0, 40e3),
                "N s",
                "of the blow",
                "m v: 1500 kg at 10 m/s give 15 kN s; from a scrape to a truck, assumed",
            ),
            "duration_s": Parameter(
                Uniform(0.05, 0.15), "s", "length of the blow", "assumed: crush of a car"
            ),
            "azimuth_deg": Parameter(
                Uniform(0.0, 360.0), "deg", "direction of the push, clockwise from north", "assumed: even"
            ),
            "onset_fraction": Parameter(Uniform(0.1, 0.8), "1", "of the episode, when it hits", "assumed"),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """One blow half a metre above the ground."""
        grid, impulse_n_s = conditions.grid, self.number("impulse_n_s")
        at_s = self.number("onset_fraction") * grid.duration_s
        blow = Impact(at_s, impulse_n_s, self.number("duration_s"), HEIGHT_M, self.number("azimuth_deg"))
        end_s = np.inf if impulse_n_s >= HARMS_N_S else at_s + RINGS_S
        struck = (tick_share(grid.t_s, grid.dt_s, at_s, end_s) > 0.0).astype(np.float64)
        return Forcing(impacts=(blow,), states={"struck_n_s": impulse_n_s * struck})

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """From the blow on: for good where it harms the pole, else until the pole is still."""
        struck_n_s = response.states.get("struck_n_s", np.zeros(grid.n))
        event = graded_event(
            struck_n_s, STRUCK, EventType.MECHANICAL, EventSubtype.STRIKE, "pole",
            self.number("impulse_n_s"), "N s", at=(0.0, 0.0, HEIGHT_M),
        )  # fmt: skip
        return Labels(active_only((event,)))
