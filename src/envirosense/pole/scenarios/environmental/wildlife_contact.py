"""An animal bridges an insulator or a bushing: a flashover that the recloser clears, and remains.

The fault lasts a fraction of a second; nothing warms. What falls off or stays behind decides whether the
next closing finds the fault again.
"""

from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.physics.electric.reclosing import recloser_sequence, tick_share
from envirosense.pole.scenarios.line_faults import NEVER, ArcFault
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
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    active_only,
    graded_event,
)

# Gap that the animal shortens at each part of the pole [m]: of the insulator, of the open fuse; assumed
GAPS_M = {"insulator_a": 0.25, "insulator_b": 0.25, "insulator_c": 0.25, "cutout": 0.2}
PERCHES_S = 20.0  # between landing and touching both sides; assumed
LANDING_S = 0.02  # length of the knock of its landing; assumed
APPROACH_M_S = 1.0  # speed with which it lands; assumed
PRESENCE = Grading(0.5, 4.0, (("perched", 0.0), ("bridging", 2.0), ("remains", 3.0)))
FLASH = Grading(1.0, 5000.0, (("flashover", 0.0),), "log")


class WildlifeContactScenario(BaseScenario):
    """A bird or a squirrel between a live part and the grounded one."""

    name: ClassVar[str] = "wildlife_contact"
    description: ClassVar[str] = "An animal bridges an insulator; a flashover trips the line"
    category: ClassVar[Category] = Category.ENVIRONMENTAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 600.0
    phases: ClassVar[tuple[str, ...]] = (*PRESENCE.stage_names, *FLASH.stage_names)
    limits: ClassVar[str] = (
        "No smell and no smoke of burnt feathers, no burning animal that falls into grass, no damage to the "
        "insulator. A bushing of the transformer is not among the places."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        0.0041, 60.0, "assumed: 15 % of 0.55 line faults per km and year, 50 m a pole"
    )
    tags: ClassVar[tuple[str, ...]] = ("fault", "animal")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "component": Parameter(Choice(tuple(GAPS_M)), "1", "part that is bridged", "assumed: alike"),
            "mass_kg": Parameter(LogUniform(0.2, 3.0), "kg", "of the animal", "assumed: squirrel to raptor"),
            "onset_fraction": Parameter(
                Uniform(0.1, 0.7), "1", "of the episode, when it bridges the part", "assumed"
            ),
            "fault_a": Parameter(
                LogUniform(300.0, 5000.0), "A", "fault current", "assumed: by the way to the substation"
            ),
            "trip_s": Parameter(LogUniform(0.05, 0.5), "s", "until the recloser opens", "assumed"),
            "clears_at_try": Parameter(
                Choice(("1", "2", "3", NEVER), (0.7, 0.15, 0.05, 0.1)),
                "1",
                "closing that finds the remains gone",
                "assumed: most such faults do not come back",
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Knock of the landing, then the flashover and what the recloser does."""
        grid, part = conditions.grid, self.text("component")
        bridged_s = self.number("onset_fraction") * grid.duration_s
        landed_s = max(bridged_s - PERCHES_S, 0.0)
        tries = None if self.text("clears_at_try") == NEVER else int(self.text("clears_at_try"))
        trips_s = (self.number("trip_s"),) * 4
        course = recloser_sequence(grid.t_s, grid.dt_s, bridged_s, tries, trips_s=trips_s)
        phase = "abc".find(part[-1]) if part != "cutout" else 0
        fault = ArcFault((phase,), self.number("fault_a"), GAPS_M[part])
        at = conditions.components[part]
        end_s = np.inf if tries is None else course.end_s
        impulse_n_s = self.number("mass_kg") * APPROACH_M_S
        knock = Impact(landed_s, impulse_n_s, LANDING_S, at[2], float(rng.uniform(0.0, 360.0)))
        return Forcing(
            discharges=(fault.discharge("wildlife_contact_arc", at, course.faulted),),
            line=(fault.line_change(course),),
            impacts=(knock,),
            states={
                "landed": tick_share(grid.t_s, grid.dt_s, landed_s, end_s),
                "bridged": tick_share(grid.t_s, grid.dt_s, bridged_s, end_s),
                "faulted": course.faulted,
            },
        )

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """The animal until nothing of it bridges the part, and each flashover that it causes."""
        nothing = np.zeros(grid.n)
        landed, bridged, faulted = (
            response.states.get(name, nothing) for name in ("landed", "bridged", "faulted")
        )
        course = (landed > 0.0) * 1.0 + (bridged > 0.0) + (bridged > 0.0) * (faulted == 0.0)
        part, fault = self.text("component"), self.number("fault_a")
        animal = graded_event(
            course,
            PRESENCE,
            EventType.WILDLIFE,
            EventSubtype.ANIMAL_CONTACT,
            part,
            self.number("mass_kg"),
            "kg",
        )
        flash = graded_event(
            np.where(faulted > 0.0, fault, 0.0),
            FLASH,
            EventType.ARCING,
            EventSubtype.FLASHOVER,
            part,
            fault,
            "A",
            parent=0,
        )
        return Labels(active_only((animal, flash)))
