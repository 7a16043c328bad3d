"""Slack wires of one span clash in the wind: short faults between two phases that clear by themselves.

The wires spring apart within a fraction of a second; each clash throws an arc, hot particles and a dip of
the voltage. In frost the wires carry ice and gallop, in other weather gusts swing them.
"""

import math
from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.electric.moments import covered_share, poisson_moments_s
from envirosense.physics.electric.reclosing import Reclosing, tick_share
from envirosense.physics.gas.source_courses import passage
from envirosense.pole.scenarios.line_faults import ArcFault, phase_index
from envirosense.pole.scenarios.states import place_in, stated_place
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
    Labels,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Structure,
    Uniform,
    WeatherChange,
    active_only,
    graded_event,
)

WIND_EDGE_S = 300.0  # in which the wind rises and falls; assumed
LEAST_ACROSS = 0.3  # of the wind, for gusts turn by some 20 degrees either way; assumed
CLASH_ARC_M = 0.2  # that the parting wires draw out; assumed
SAG_M = 1.0  # how far the middle of the span hangs below its ends; assumed
HELD_S = 300.0  # after the last clash until the span counts as still; assumed
SLAPS_A = Grading(
    1.0, 10e3, (("slack", 0.0), ("clashing", 1.0)), "log"
)  # current of the latest clash; assumed


class ConductorSlapScenario(BaseScenario):
    """Two phases of a slack span that touch again and again."""

    name: ClassVar[str] = "conductor_slap"
    description: ClassVar[str] = "Slack wires clash in the wind; arcs at mid-span drop hot particles"
    category: ClassVar[Category] = Category.ELECTRICAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = SLAPS_A.stage_names
    limits: ClassVar[str] = (
        "Clashes come at a rate that follows the mean wind, not from the wires' own swing. No clash lasts "
        "until the recloser opens, and none burns a wire through. The wind is the setting, not an event of "
        "its own. Hot particles light nothing on the ground."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.0008, 1800.0, "assumed: 3 % of 0.55 line faults per km and year, 50 m a pole; half an hour of wind"
    )
    tags: ClassVar[tuple[str, ...]] = ("fault", "wind")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "wires": Parameter(Choice(("ab", "bc")), "1", "neighbours that clash", "assumed: alike"),
            "span": Parameter(
                Choice(("load_side", "supply_side")), "1", "span beside the pole", "assumed: alike"
            ),
            "tension_factor": Parameter(
                Uniform(0.4, 0.8), "1", "tension of the slack wires over the usual", "assumed"
            ),
            "wind_m_s": Parameter(Uniform(9.0, 18.0), "m/s", "mean wind while they clash", "assumed"),
            "ice_kg_m": Parameter(Uniform(0.1, 0.5), "kg/m", "on the wires, in frost only", "assumed"),
            "clashes_per_min": Parameter(
                LogUniform(0.2, 4.0),
                "1/min",
                "in a wind straight across",
                "assumed: some swings in a hundred",
            ),
            "clash_s": Parameter(
                LogUniform(0.03, 0.3), "s", "length of a clash", "assumed: fraction of a second"
            ),
            "clash_a": Parameter(
                LogUniform(400.0, 6000.0), "A", "fault current", "assumed: by the way to the substation"
            ),
            "onset_fraction": Parameter(
                Uniform(0.05, 0.4), "1", "of the episode, when wires go slack and wind rises", "assumed"
            ),
            "length_fraction": Parameter(
                Uniform(0.2, 0.5), "1", "of the episode that the wind lasts", "assumed"
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Wind on slack wires, and the clashes that come of it."""
        grid, place = conditions.grid, conditions.place
        begin_s = self.number("onset_fraction") * grid.duration_s
        hold_s = self.number("length_fraction") * grid.duration_s
        windy = passage(grid.t_s, grid.dt_s, begin_s, WIND_EDGE_S, hold_s, WIND_EDGE_S)
        starts_s = poisson_moments_s(self._clashes_per_s(conditions, windy), grid.dt_s, rng)
        share = covered_share(grid.n, grid.dt_s, starts_s, self.number("clash_s"))
        first, second = (phase_index(name) for name in self.text("wires"))
        fault = ArcFault((first, second), self.number("clash_a"), CLASH_ARC_M)
        on_load_side = self.text("span") == "load_side"
        along_m = (0.5 if on_load_side else -0.5) * place.span_m
        at = place.along_line(along_m, 0.0, place.crossarm_height_m - SAG_M)
        more_wind = np.maximum(self.number("wind_m_s") - conditions.weather.wind_m_s, 0.0)
        course = Reclosing(np.ones(grid.n), share, False, grid.duration_s)
        return Forcing(
            discharges=(fault.discharge("conductor_slap_arc", at, share),),
            line=(fault.line_change(course, passes_pole=on_load_side),),
            structures=(self._slack_wires(conditions, begin_s),),
            setting=(WeatherChange(wind_m_s=more_wind * windy),),
            states=stated_place(at, grid)
            | {
                "clash_a": self.number("clash_a") * _since_clash(grid, starts_s),
                "slack": tick_share(grid.t_s, grid.dt_s, begin_s, np.inf),
            },
        )

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """The slack span from its first sag on."""
        nothing = np.zeros(grid.n)
        clash_a, slack = (response.states.get(name, nothing) for name in ("clash_a", "slack"))
        slap = graded_event(
            clash_a, SLAPS_A, EventType.MECHANICAL, EventSubtype.CONDUCTOR_SLAP,
            f"conductor_{self.text('wires')[0]}", self.number("clash_a"), "A", at=place_in(response.states),
            active=slack > 0.0,
        )  # fmt: skip
        return Labels(active_only((slap,)))

    def _clashes_per_s(self, conditions: Conditions, windy: Array) -> Array:
        """Rate of clashes, (time,): with the wind's part across the line, squared as its force."""
        line = math.radians(conditions.place.line_azimuth_deg)
        across = np.maximum(np.abs(np.sin(conditions.weather.wind_from_rad - line)), LEAST_ACROSS)
        return np.asarray(windy * across**2 * self.number("clashes_per_min") / 60.0)

    def _slack_wires(self, conditions: Conditions, begin_s: float) -> Structure:
        """Wires slack from the onset on, and iced where the mean air is below freezing."""
        grid = conditions.grid
        slack = tick_share(grid.t_s, grid.dt_s, begin_s, np.inf)
        frost = float(np.mean(conditions.air_k)) < ZERO_CELSIUS_K
        return Structure(
            tension_factor=1.0 - (1.0 - self.number("tension_factor")) * slack,
            ice_kg_m=self.number("ice_kg_m") * slack if frost else None,
        )


def _since_clash(grid: TimeGrid, starts_s: Array) -> Array:
    """One while a clash is on or was within `HELD_S`, (time,)."""
    return (covered_share(grid.n, grid.dt_s, starts_s, HELD_S) > 0.0).astype(np.float64)
