"""A branch on a wire: where a tree meets the line, its blow, and the current that chars it.

All that happens in it is worked out on a lattice of about a second, which does not follow the episode's tick.
"""

import math
from dataclasses import dataclass

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position
from envirosense.physics.electric.arc import arc_power_w
from envirosense.physics.electric.branch_conductance import mean_conductance_s
from envirosense.physics.electric.reclosing import tick_share
from envirosense.physics.electric.vegetation import Branch, BranchCourse, branch_course, bridging_dose
from envirosense.scenarios import Impact, Surroundings

LATTICE_S = 1.0  # numerical choice: short against the minutes in which a branch chars
CONTACT_ARC_M = 0.01  # sparks where the branch touches; assumed
FALL_M_S = 3.0  # speed with which a broken branch lands on the wires; assumed
FALL_S = 0.1  # in which they take it up; assumed
ARM_SHARE = 0.2  # of that blow which reaches the pole's arm; assumed
WOOD_KG_M3 = 900.0  # fresh; assumed


@dataclass(frozen=True, slots=True)
class LeakingBranch:
    """Current through a branch until its tracks meet, means over moments of the lattice, (moment,)."""

    grid: TimeGrid  # of the lattice
    n_ticks: int
    touching: Array  # share of each moment
    current_a: Array
    power_w: Array
    sparks_w: Array
    meets_s: float | None  # when the tracks meet

    def to_ticks(self, values: Array) -> Array:
        """Means over the episode's ticks, (time,)."""
        return np.asarray(values.reshape(self.n_ticks, -1).mean(axis=1))


def lattice(grid: TimeGrid) -> TimeGrid:
    """Moments of a second or less, a whole number to a tick."""
    per_tick = max(1, math.ceil(grid.dt_s / LATTICE_S))
    return TimeGrid(start_utc=grid.start_utc, dt_s=grid.dt_s / per_tick, n=grid.n * per_tick)


def leaking_branch(
    branch: Branch, wire_v: float, contact: Array, grid: TimeGrid, develops: bool
) -> LeakingBranch:
    """Branch under a voltage along its contact, a share of each moment of the grid's lattice."""
    fine = lattice(grid)
    meets_s = _bridged_s(branch_course(wire_v, contact, fine.dt_s, branch, develops=develops), fine)
    open_s = np.inf if meets_s is None else meets_s
    touching = contact * tick_share(fine.t_s, fine.dt_s, 0.0, open_s)
    course = branch_course(wire_v, touching, fine.dt_s, branch, develops=develops)
    flowing_a = wire_v * mean_conductance_s(course.dose, branch)
    current_a, sparks_w = touching * flowing_a, touching * arc_power_w(flowing_a, CONTACT_ARC_M)
    return LeakingBranch(fine, grid.n, touching, current_a, wire_v * current_a, sparks_w, meets_s)


def _bridged_s(course: BranchCourse, grid: TimeGrid) -> float | None:
    full = bridging_dose()
    if course.dose[-1] < full:
        return None
    tick = int(np.searchsorted(course.dose, full))
    before = float(course.dose[tick - 1]) if tick else 0.0
    return grid.dt_s * (tick + (full - before) / (float(course.dose[tick]) - before))


def wire_beside_tree(place: Surroundings) -> Position:
    """Point of the line nearest to the tree, within the two spans beside the pole."""
    east, north, _ = place.along_line(1.0, 0.0, 0.0)
    along_m = place.tree_m[0] * east + place.tree_m[1] * north
    return place.along_line(min(max(along_m, -place.span_m), place.span_m), 0.0, place.crossarm_height_m)


def landing_blow(place: Surroundings, at_s: float, length_m: float, diameter_m: float) -> Impact:
    """A falling branch pulls the wires, and they the arm, across the line."""
    mass_kg = WOOD_KG_M3 * math.pi / 4.0 * diameter_m**2 * length_m
    across_deg = (place.line_azimuth_deg + 90.0) % 360.0
    return Impact(at_s, ARM_SHARE * FALL_M_S * mass_kg, FALL_S, place.crossarm_height_m, across_deg)
