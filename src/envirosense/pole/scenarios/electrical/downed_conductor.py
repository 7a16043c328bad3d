"""A phase wire breaks and lies on the ground, live or dead.

What the pole shows first is the break itself: a jerk, a lean, the current of one phase gone. What the wire
draws on the ground depends on the ground alone, and on dry surfaces it is next to nothing: protection often
sees no fault at all. Dry grass under a live end catches fire within seconds.
"""

import math
from typing import Any, ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.electric.harmonics import HARMONICS
from envirosense.physics.electric.high_impedance import SURFACES
from envirosense.physics.electric.reclosing import Reclosing, tick_share
from envirosense.pole.scenarios.electrical.fallen_wire import (
    GroundFault,
    burnt_grass_g_s,
    grass_smoke,
    ground_fault,
)
from envirosense.pole.scenarios.line_faults import (
    NEVER,
    ArcFault,
    arc_discharge,
    phase_index,
    sequence,
    sound_line,
)
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
    Impact,
    Labels,
    LineChange,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Structure,
    Uniform,
    active_only,
    graded_event,
)

WIRE_ENDS = 8  # that hold a pole along its line: four wires, two sides
BACKFED_PU = 0.3  # voltage of a phase cut from its supply, through loads between phases; assumed
FLASH_M = 0.5  # arc of the falling wire against the neutral or the arm; assumed
JERK_S = 0.05  # for which the break jerks the arm; assumed
DEAD, LIVE = 0.55, 0.95  # severity of a dead and of a live wire on the ground; assumed
LYING = Grading(DEAD, 1.0, (("lying_dead", 0.0), ("lying_live", 0.5 * (DEAD + LIVE))))
BURNING = Grading(2e-3, 60.0, (("catching", 0.0), ("spreading", 10.0)), "log")  # grass burnt [g/s]; assumed


class DownedConductorScenario(BaseScenario):
    """One phase wire of a span beside the pole falls to the ground."""

    name: ClassVar[str] = "downed_conductor"
    description: ClassVar[str] = "A phase wire breaks and lies on the ground, often live"
    category: ClassVar[Category] = Category.ELECTRICAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 1800.0
    phases: ClassVar[tuple[str, ...]] = (*LYING.stage_names, *BURNING.stage_names)
    limits: ClassVar[str] = (
        "A fault on the ground builds up within a third of a second, inside a tick. Grass burns in a circle "
        "whatever the wind, rain and slope, stays away from the pole and out of the camera's picture. The "
        "pole's own transformer keeps its load."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.0028,
        3600.0,
        "assumed: a tenth of 0.55 line faults per km and year, 50 m a pole; cleared in an hour",
    )
    tags: ClassVar[tuple[str, ...]] = ("fault", "ignition")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "phase": Parameter(Choice(("a", "b", "c")), "1", "wire that breaks", "assumed: alike"),
            "span": Parameter(
                Choice(("load_side", "supply_side")), "1", "span beside the pole", "assumed: alike"
            ),
            "surface": Parameter(
                Choice(tuple(SURFACES)),
                "1",
                "what the wire lies on",
                "surfaces of the tutorial [PSRC1996] (from memory); shares assumed alike",
            ),
            "distance_m": Parameter(
                Uniform(4.0, 25.0), "m", "from the pole to the end, along the line", "assumed: half a span"
            ),
            "beside_m": Parameter(Uniform(-5.0, 5.0), "m", "from under the line to the live end", "assumed"),
            "onset_fraction": Parameter(
                Uniform(0.1, 0.5), "1", "of the episode, when the wire breaks", "assumed"
            ),
            "impulse_n_s": Parameter(
                LogUniform(100.0, 800.0),
                "N s",
                "of the jerk at the arm",
                "assumed: tension of 3-6 kN gone within 0.03-0.15 s",
            ),
            "lean_deg": Parameter(
                Uniform(0.1, 1.2), "deg", "lean away from the broken span", "assumed: a wire's pull on soil"
            ),
            "protection": Parameter(
                Choice(("sees_nothing", "recloses", "locks_out"), (0.5, 0.3, 0.2)),
                "1",
                "what the recloser makes of it",
                "assumed: most downed wires draw under 50 A, about half are not cleared",
            ),
            "flash_a": Parameter(
                LogUniform(300.0, 3000.0), "A", "fault current while the falling wire touches", "assumed"
            ),
            "spread_m_s": Parameter(
                LogUniform(0.01, 0.2), "m/s", "of the fire's edge in dry grass", "assumed: light wind"
            ),
            "burn_radius_m": Parameter(
                LogUniform(1.0, 8.0), "m", "where the grass ends", "assumed: verge of a road or track"
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Jerk and lean of the pole, the line's state, arcs on the ground, burning grass."""
        grid = conditions.grid
        break_s = self.number("onset_fraction") * grid.duration_s
        down = tick_share(grid.t_s, grid.dt_s, break_s, np.inf)
        recloser = self._recloser(grid, break_s, rng)
        surface, place = self.text("surface"), conditions.place
        live = np.clip(down + recloser.closed - 1.0, 0.0, 1.0)  # it opens only once the wire is down
        peak_v = math.sqrt(2.0) * place.phase_voltage_v
        fault = ground_fault(surface, peak_v, live, grid.dt_s, rng)
        flash = ArcFault((phase_index(self.text("phase")),), self.number("flash_a"), FLASH_M)
        along_m = self._towards * self.number("distance_m")
        end = place.along_line(along_m, self.number("beside_m"), 0.0)
        ground = arc_discharge("downed_conductor_ground", end, fault.arc_w, fault.burning, flash.phases[0])
        discharges = [ground] * bool(fault.burning.any())
        if recloser.faulted.any():
            above = (end[0], end[1], place.crossarm_height_m / 2.0)
            discharges.append(flash.discharge("downed_conductor_flash", above, recloser.faulted))
        radius_m = self.number("burn_radius_m")
        grass_g_s = burnt_grass_g_s(surface, fault, grid, self.number("spread_m_s"), radius_m)
        return Forcing(
            emissions=grass_smoke("downed_conductor_grass", grid, end, grass_g_s, radius_m),
            discharges=tuple(discharges),
            line=self._line_change(flash, recloser, down, fault),
            impacts=(self._jerk(conditions, break_s),),
            structures=(self._lean(conditions, down),),
            states=stated_place(end, grid) | {"down": down, "live": live, "grass_g_s": grass_g_s},
        )

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """The wire on the ground until the episode ends, and the grass that it sets on fire."""
        states, at = response.states, place_in(response.states)
        down = states.get("down", np.zeros(grid.n))
        live_share = states.get("live", down) / np.maximum(down, 1e-12)  # of the time it lies there
        hazard = np.where(down > 0.0, DEAD + (LIVE - DEAD) * live_share, 0.0)
        wire, surface = f"conductor_{self.text('phase')}", self.text("surface")
        lying = graded_event(
            hazard, LYING, EventType.MECHANICAL, EventSubtype.DOWNED_CONDUCTOR, wire,
            SURFACES[surface].current_a, "A", at=at,
        )  # fmt: skip
        grass_g_s = states.get("grass_g_s", np.zeros(grid.n))
        fire = graded_event(
            grass_g_s, BURNING, EventType.FIRE_ACTIVE, EventSubtype.FLAME, "grass", float(grass_g_s.max()),
            "g/s", at=at, parent=0, ignited=np.logical_or.accumulate(grass_g_s > 0.0),
        )  # fmt: skip
        return Labels(active_only((lying, fire)))

    @property
    def _towards(self) -> float:
        """Sense along the line of the broken span."""
        return 1.0 if self.text("span") == "load_side" else -1.0

    def _recloser(self, grid: TimeGrid, break_s: float, rng: np.random.Generator) -> Reclosing:
        clears_at = str(rng.integers(1, 3))
        if self.text("protection") == "sees_nothing":
            return sound_line(grid)
        return sequence(grid, break_s, clears_at if self.text("protection") == "recloses" else NEVER)

    def _line_change(
        self, flash: ArcFault, recloser: Reclosing, down: Array, fault: GroundFault
    ) -> tuple[LineChange, ...]:
        """One phase lost beyond the break; what flows to ground passes the pole from the supply's side."""
        passes, phase = self._towards > 0.0, flash.phases[0]
        lost, unfed = np.ones((down.size, 3)), np.ones((down.size, 3))
        lost[:, phase] -= down
        if not passes:
            unfed[:, phase] -= (1.0 - BACKFED_PU) * down
        lying: dict[int, Any] = {}
        for column, order in enumerate(HARMONICS * passes):
            lying[order] = np.zeros((down.size, 3), np.complex128)
            lying[order][:, phase] = fault.phasors_a[:, column]
        return flash.line_change(recloser, passes), LineChange(lost, unfed, lying)

    def _jerk(self, conditions: Conditions, break_s: float) -> Impact:
        """The other wires pull the arm away from the broken span."""
        away_deg = conditions.place.line_azimuth_deg + (180.0 if self._towards > 0.0 else 0.0)
        height_m = conditions.place.crossarm_height_m
        return Impact(break_s, self.number("impulse_n_s"), JERK_S, height_m, away_deg % 360.0)

    def _lean(self, conditions: Conditions, down: Array) -> Structure:
        azimuth = math.radians(conditions.place.line_azimuth_deg)
        lean = -self._towards * math.radians(self.number("lean_deg")) * down
        return Structure(
            tilt_north_rad=lean * math.cos(azimuth),
            tilt_east_rad=lean * math.sin(azimuth),
            tension_factor=1.0 - down / WIRE_ENDS,
        )
