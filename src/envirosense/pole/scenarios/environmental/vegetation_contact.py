"""A tree touches the line: a grown-in limb that sways against a wire, or a broken branch across two.

A limb to ground is metres of wet wood: milliamperes that stay so, coming and going with the wind. A branch
between phases is short: carbon tracks grow from its ends, the current runs away within minutes, and it ends
in a fault that the recloser may clear and that comes back until the branch is gone.
"""

import math
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.electric.fault_phasors import ground_fault_a, phase_fault_a
from envirosense.physics.electric.reclosing import tick_share
from envirosense.physics.electric.vegetation import (
    BRANCH_OHM_M,
    Branch,
    development_probability,
)
from envirosense.pole.scenarios.electrical.bursts import loose_bursts
from envirosense.pole.scenarios.environmental.branch_on_wire import (
    landing_blow,
    lattice,
    leaking_branch,
    wire_beside_tree,
)
from envirosense.pole.scenarios.environmental.charring_branch import (
    branch_smoke,
    charring_branch,
)
from envirosense.pole.scenarios.line_faults import (
    NEVER,
    ArcFault,
    arc_discharge,
    phase_index,
    sequence,
    sound_line,
)
from envirosense.pole.scenarios.states import held, place_in, stated_place
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
    LineChange,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    active_only,
    graded_event,
    latched,
)
from envirosense.scenarios.forcing import DischargeKind

HELD_S = 120.0  # after the last touch until the wire counts as free; assumed
# Current through the branch; 0.5 A lights dry fuel on the ground (from memory), other bounds assumed
CURRENT_A = Grading(
    1e-4, 100.0, (("touching", 0.0), ("tracking", 0.1), ("igniting", 0.5), ("fault", 100.0)), "log"
)
CHAR_G_S = Grading(1e-3, 3.0, (("charring", 0.0),), "log")  # assumed
FLAME_G_S = Grading(1e-4, 10.0, (("burning", 0.0),), "log")  # a burning twig is critical; assumed
BURNS_G_S = 1e-2  # least that is a flame; assumed


class VegetationContactScenario(BaseScenario):
    """A limb or a branch against the conductors."""

    name: ClassVar[str] = "vegetation_contact"
    description: ClassVar[str] = "A limb sways against a wire, or a branch lies across two and runs away"
    category: ClassVar[Category] = Category.ENVIRONMENTAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 1800.0
    phases: ClassVar[tuple[str, ...]] = (
        *CURRENT_A.stage_names,
        *CHAR_G_S.stage_names,
        *FLAME_G_S.stage_names,
    )
    limits: ClassVar[str] = (
        "A swaying limb does not knock on the pole and does not wear. Rain does not wet the wood. A burning "
        "branch lights nothing else and is not in the camera's picture."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.0096,
        1800.0,
        "a third of 0.55 line faults per km and year (from memory), 50 m a pole; length assumed",
    )
    tags: ClassVar[tuple[str, ...]] = ("fault", "ignition", "wind")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "contact": Parameter(
                Choice(("swaying_limb", "fallen_branch"), (0.75, 0.25)),
                "1",
                "how the tree touches",
                "assumed",
            ),
            "moisture": Parameter(Choice(tuple(BRANCH_OHM_M)), "1", "state of the wood", "assumed: alike"),
            "phase": Parameter(Choice(("a", "c")), "1", "outer wire that is touched", "assumed: alike"),
            "tree_m": Parameter(
                Uniform(4.0, 15.0),
                "m",
                "of wood from wire to ground, for a limb",
                "assumed: height of the wire",
            ),
            "bridge_m": Parameter(
                Uniform(0.8, 1.5),
                "m",
                "of wood between the wires, for a branch",
                "assumed: spacing of phases",
            ),
            "diameter_m": Parameter(LogUniform(0.01, 0.05), "m", "of the branch", "assumed"),
            "onset_fraction": Parameter(Uniform(0.05, 0.4), "1", "of the episode, first touch", "assumed"),
            "touch_s": Parameter(
                LogUniform(0.3, 5.0), "s", "mean touch of a limb", "assumed: bursts of arcing"
            ),
            "pause_s": Parameter(LogUniform(5.0, 120.0), "s", "mean pause in still air", "assumed"),
            "fault_a": Parameter(
                LogUniform(400.0, 6000.0), "A", "fault current once the tracks meet", "assumed"
            ),
            "clears_at_try": Parameter(
                Choice(("1", "2", "3", NEVER), (0.3, 0.3, 0.2, 0.2)),
                "1",
                "closing that finds it gone",
                "assumed: a reclosed line re-ignites the track within cycles",
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Contact, the current through the wood, its sparks, smoke and flame, and the fault at last."""
        grid, at = conditions.grid, wire_beside_tree(conditions.place)
        begin_s = self.number("onset_fraction") * grid.duration_s
        branch, wire_v = self._branch(conditions)
        develops = bool(rng.random() < development_probability(wire_v / branch.length_m))
        contact = self._contact(conditions, begin_s, rng)
        leak = leaking_branch(branch, wire_v, contact, grid, develops)
        meets_s = leak.meets_s
        line = sound_line(grid) if meets_s is None else sequence(grid, meets_s, self.text("clears_at_try"))
        diameter_m, branch_a = self.number("diameter_m"), leak.to_ticks(leak.current_a)
        charring = charring_branch(leak, branch, diameter_m)
        kind: DischargeKind = "gap" if self._is_limb else "arc"
        sparks = arc_discharge(
            "vegetation_contact_sparks",
            at,
            leak.to_ticks(leak.sparks_w),
            leak.to_ticks(leak.touching),
            self._wires[0],
            kind,
        )
        fault = ArcFault(self._wires, self.number("fault_a"), branch.length_m)
        arcs = (fault.discharge("vegetation_contact_arc", at, line.faulted),) * bool(line.faulted.any())
        gone_s = np.inf if meets_s is None or line.is_locked_out else line.end_s
        return Forcing(
            emissions=branch_smoke("vegetation_contact", grid, at, charring, branch.moisture),
            discharges=(sparks, *arcs),
            line=(
                fault.line_change(line),
                LineChange(fault_current_a=self._leak(branch_a)),
            ),
            impacts=()
            if self._is_limb
            else (landing_blow(conditions.place, begin_s, branch.length_m, diameter_m),),
            states=stated_place(at, grid)
            | {
                "contact": leak.to_ticks(contact) * tick_share(grid.t_s, grid.dt_s, 0.0, gone_s),
                "branch_a": branch_a,
                "faulted": line.faulted,
                "smoked_g_s": charring.smoked_g_s,
                "flamed_g_s": charring.flamed_g_s,
            },
        )

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """The contact until minutes have passed without a touch; charring and flame of the branch."""
        nothing, at = np.zeros(grid.n), place_in(response.states)
        contact, branch_a, faulted, smoked_g_s, flamed_g_s = (
            response.states.get(name, nothing)
            for name in ("contact", "branch_a", "faulted", "smoked_g_s", "flamed_g_s")
        )
        wire, diameter_m = f"conductor_{self.text('phase')}", self.number("diameter_m")
        current_a = np.where(faulted > 0.0, self.number("fault_a"), branch_a)
        touch = graded_event(
            current_a, CURRENT_A, EventType.VEGETATION_ENCROACHMENT, EventSubtype.BRANCH_CONTACT, wire,
            diameter_m, "m", at=at, active=held(contact > 0.0, grid.dt_s, HELD_S),
        )  # fmt: skip
        ignited = latched(flamed_g_s >= BURNS_G_S)
        charring = graded_event(
            smoked_g_s, CHAR_G_S, EventType.FIRE_PRECURSOR, EventSubtype.PYROLYSIS, wire,
            float(smoked_g_s.max()), "g/s", at=at, parent=0,
        )  # fmt: skip
        flame = graded_event(
            flamed_g_s, FLAME_G_S, EventType.FIRE_ACTIVE, EventSubtype.FLAME, wire,
            float(flamed_g_s.max()), "g/s", at=at, parent=0, ignited=ignited, active=flamed_g_s >= BURNS_G_S,
        )  # fmt: skip
        return Labels(active_only((touch, replace(charring, ignited=ignited), flame)))

    @property
    def _is_limb(self) -> bool:
        return self.text("contact") == "swaying_limb"

    @property
    def _wires(self) -> tuple[int, ...]:
        """Phases that the wood touches: one, or that and the middle one."""
        outer = phase_index(self.text("phase"))
        return (outer,) if self._is_limb else (outer, phase_index("b"))

    def _branch(self, conditions: Conditions) -> tuple[Branch, float]:
        """The wood, and the voltage across it [V]."""
        phase_v, moisture = conditions.place.phase_voltage_v, self.text("moisture")
        if self._is_limb:
            return Branch(self.number("tree_m"), moisture), phase_v
        return Branch(self.number("bridge_m"), moisture), math.sqrt(3.0) * phase_v

    def _contact(self, conditions: Conditions, begin_s: float, rng: np.random.Generator) -> Array:
        """Share of each moment of the lattice in contact: bursts with the wind, or for good."""
        grid, fine = conditions.grid, lattice(conditions.grid)
        if not self._is_limb:
            return tick_share(fine.t_s, fine.dt_s, begin_s, np.inf)
        wind_m_s, touch_s = conditions.weather.wind_m_s, self.number("touch_s")
        bursts = loose_bursts(grid, rng, wind_m_s, begin_s, touch_s, self.number("pause_s"))
        return np.repeat(bursts.on_share, fine.n // grid.n)

    def _leak(self, current_a: Array) -> dict[int, Any]:
        """Current through the wood by harmonic, which has no reactance, (time, phase) [A]."""
        first, *others = self._wires
        if not others:
            return {1: ground_fault_a(current_a, first, lag_rad=0.0)}
        return {1: phase_fault_a(current_a, first, others[0], lag_rad=0.0)}
