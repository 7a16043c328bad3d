"""What ends a failing insulation: an arc to ground at one component, and the recloser's answer to it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position
from envirosense.pole.scenarios.line_faults import ArcFault, phase_index, sequence
from envirosense.scenarios import Discharge, LineChange
from envirosense.scenarios.forcing import Phase

_PHASES: Final[tuple[Phase, ...]] = ("a", "b", "c")


@dataclass(frozen=True, slots=True)
class Flashover:
    """A fault of one phase to ground and what it does; arrays are (time,)."""

    change: LineChange
    arc: Discharge
    current_a: Array  # of the fault, in every tick that it flows in
    alive: Array  # share of each tick with voltage on the line


def phase_of(component: str) -> Phase:
    """Phase that a component's name ends in."""
    return _PHASES[phase_index(component[-1])]


def flashover(
    grid: TimeGrid,
    name: str,
    component: str,
    at: Position,
    fault_s: float,
    fault_a: float,
    gap_m: float,
    clears_at_try: str,
) -> Flashover:
    """Arc over a component to ground that begins at `fault_s`.

    Args:
        grid: Ticks of the episode.
        name: Of the arc, unique in the episode.
        component: What the arc bridges; its name ends in the phase.
        at: Where that is.
        fault_s: Since the episode's start.
        fault_a: Current of the fault, rms.
        gap_m: Length of the arc.
        clears_at_try: Closing that finds the fault gone, or `line_faults.NEVER`.
    """
    course = sequence(grid, fault_s, clears_at_try)
    fault = ArcFault((phase_index(phase_of(component)),), fault_a, gap_m)
    return Flashover(
        fault.line_change(course),
        fault.discharge(name, at, course.faulted),
        np.where(course.faulted > 0.0, fault_a, 0.0),
        np.clip(course.closed, 0.0, 1.0),
    )
