"""Short circuits of the line as causes: currents, voltages and the arc of a fault that a recloser clears."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Phasors, Position
from envirosense.physics.electric.arc import arc_power_w
from envirosense.physics.electric.arc_bursts import RESTRIKE_PROBABILITY
from envirosense.physics.electric.fault_phasors import ground_fault_a, phase_fault_a
from envirosense.physics.electric.partial_discharge import mean_charge_c
from envirosense.physics.electric.reclosing import Reclosing, recloser_sequence
from envirosense.pole.site import PHASES
from envirosense.scenarios import Discharge, LineChange
from envirosense.scenarios.forcing import DischargeKind, Phase

GROUND_FAULT_PU = 0.3  # left of a phase's voltage at a fault to ground; assumed
PHASE_FAULT_PU = 0.5  # of both phases at a fault between them: they meet half way
PULSES_PER_S = 2.0 * 60.0 * RESTRIKE_PROBABILITY  # of a burning arc
NEVER = "never"


def phase_index(name: str) -> int:
    """Place of a phase among the three."""
    return PHASES.index(name)


def sound_line(grid: TimeGrid) -> Reclosing:
    """A line on which no recloser moves."""
    return Reclosing(np.ones(grid.n), np.zeros(grid.n), False, 0.0)


def sequence(grid: TimeGrid, fault_s: float, clears_at_try: str) -> Reclosing:
    """Reclosing on a fault; `clears_at_try` is the number of the closing that finds it gone, or `never`."""
    clears = None if clears_at_try == NEVER else int(clears_at_try)
    return recloser_sequence(grid.t_s, grid.dt_s, fault_s, clears)


@dataclass(frozen=True, slots=True)
class ArcFault:
    """A fault that burns in air between one phase and ground, or between two phases."""

    phases: tuple[int, ...]
    current_a: float  # rms while it burns
    arc_m: float

    def line_change(self, course: Reclosing, passes_pole: bool = True) -> LineChange:
        """What the line shows: the fault's current, the voltage that it pulls down, dead times.

        A fault on the supply's side of the pole sends no current past it.
        """
        current = np.repeat(course.closed[:, None], len(PHASES), axis=1)
        voltage = current.copy()
        left_pu = GROUND_FAULT_PU if len(self.phases) == 1 else PHASE_FAULT_PU
        for phase in self.phases:
            current[:, phase] = course.current_factor()
            voltage[:, phase] -= (1.0 - left_pu) * course.faulted
        flowing: dict[int, Any] = {1: self.phasors_a(course.faulted)} if passes_pole else {}
        return LineChange(np.clip(current, 0.0, 1.0), np.clip(voltage, 0.0, 1.0), flowing)

    def phasors_a(self, share: Array) -> Phasors:
        """Current of the fault, mean over ticks of which it burns a share, (time, phase) [A]."""
        if len(self.phases) == 1:
            return ground_fault_a(self.current_a * share, self.phases[0])
        return phase_fault_a(self.current_a * share, *self.phases)

    def discharge(self, name: str, at: Position, share: Array) -> Discharge:
        """Its arc: flash, bang, fume and radio noise follow from the power."""
        power_w = float(arc_power_w(self.current_a, self.arc_m))
        return arc_discharge(name, at, power_w * share, share, self.phases[0])


def arc_discharge(
    name: str, at: Position, power_w: Array, burning: Array, phase: int, kind: DischargeKind = "arc"
) -> Discharge:
    """Discharge of a power (time,) [W] that burns for a share of each tick."""
    letter: Phase = "a" if phase == 0 else "b" if phase == 1 else "c"
    return Discharge(name, at, kind, power_w, PULSES_PER_S * burning, mean_charge_c(kind), letter)
