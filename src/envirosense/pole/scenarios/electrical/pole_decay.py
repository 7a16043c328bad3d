"""Wood rots at the ground line: the pole softens and leans over years, told in one episode.

What an hour of it shows is next to nothing. Stiffness falls by a few per cent a year, while warmth and
moisture move the natural frequency by as much within a day, so most of these episodes are labelled and not
detectable. The clock is compressed; `time_scale` says how much.
"""

import math
from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Conditions,
    EventSubtype,
    EventType,
    Forcing,
    Grading,
    Labels,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Structure,
    Uniform,
    active_only,
    graded_event,
)

YEAR_S = 365.25 * 86400.0
# Stiffness lost; standards want a pole replaced at a third of its strength (from memory), stages assumed
DECAY = Grading(0.05, 0.67, (("incipient", 0.0), ("advanced", 0.2), ("reject", 0.33)))


class PoleDecayScenario(BaseScenario):
    """A pole that rots at its foot."""

    name: ClassVar[str] = "pole_decay"
    description: ClassVar[str] = "Rot softens the pole over years; its frequency falls and it leans"
    category: ClassVar[Category] = Category.ELECTRICAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = DECAY.stage_names
    limits: ClassVar[str] = (
        "Rot at the ground line is taken as a loss of stiffness of the whole pole. The pole does not break. "
        "On its own clock no hour shows anything: what can be seen here is the sum of years."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.005, 8.0 * YEAR_S, "assumed: one pole in two hundred is rejected at inspection each year"
    )
    tags: ClassVar[tuple[str, ...]] = ("slow",)
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "stiffness_lost": Parameter(
                Uniform(0.1, 0.6), "1", "share lost at the end", "assumed: up to two thirds of the section"
            ),
            "lean_deg": Parameter(
                LogUniform(0.1, 5.0), "deg", "lean at the end", "assumed: alarms stand at 1-2 deg"
            ),
            "lean_towards_deg": Parameter(
                Uniform(0.0, 360.0), "deg", "bearing of the lean, clockwise from north", "assumed: even"
            ),
            "onset_fraction": Parameter(Uniform(0.0, 0.2), "1", "of the episode, when rot begins", "assumed"),
            "growth_fraction": Parameter(Uniform(0.4, 0.8), "1", "length, of the episode", "assumed"),
            "real_growth_years": Parameter(
                LogUniform(2.0, 15.0), "a", "time the same decay takes on a real line", "assumed"
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Stiffness falls evenly; the lean creeps with the square of what is lost."""
        grid = conditions.grid
        since = (grid.t_s / grid.duration_s - self.number("onset_fraction")) / self.number("growth_fraction")
        grown = np.clip(since, 0.0, 1.0)
        lost = self.number("stiffness_lost") * grown
        lean = math.radians(self.number("lean_deg")) * grown**2
        towards = math.radians(self.number("lean_towards_deg"))
        structure = Structure(
            stiffness_factor=1.0 - lost,
            tilt_north_rad=lean * math.cos(towards),
            tilt_east_rad=lean * math.sin(towards),
        )
        return Forcing(structures=(structure,), states={"stiffness_lost": lost})

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """One event from the first twentieth of lost stiffness on."""
        lost = response.states.get("stiffness_lost", np.zeros(grid.n))
        episode_s = self.number("growth_fraction") * grid.duration_s
        event = graded_event(
            lost, DECAY, EventType.MECHANICAL, EventSubtype.DECAY, "pole", self.number("stiffness_lost"), "1",
            at=(0.0, 0.0, 0.0), time_scale=self.number("real_growth_years") * YEAR_S / episode_s,
        )  # fmt: skip
        return Labels(active_only((event,)))
