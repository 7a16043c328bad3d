"""An event read off the course of its cause, in the one way that all scenarios share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from envirosense.core.protocols import Array, Position
from envirosense.scenarios.labels import EventLabels, Flags
from envirosense.scenarios.taxonomy import EventSubtype, EventType

MOST_BENIGN = 0.19  # severity of what must not alarm stays at level 1


@dataclass(frozen=True, slots=True)
class Grading:
    """How a course becomes an event: where it begins, what counts as severity 1, and its stages.

    Attributes:
        begins: Value of the course at which the event counts as begun.
        full_scale: Value of severity 1.
        stages: (name, lower value of the course), rising; the first holds from below.
        scale: Severity goes with the course or with its logarithm above `begins`.
    """

    begins: float
    full_scale: float
    stages: tuple[tuple[str, float], ...]
    scale: Literal["linear", "log"] = "linear"

    @property
    def stage_names(self) -> tuple[str, ...]:
        """Names of the stages in order."""
        return tuple(name for name, _ in self.stages)

    def severity(self, course: Array) -> Array:
        """Severity of a course, (time,), 0..1."""
        if self.scale == "linear":
            return np.clip(course / self.full_scale, 0.0, 1.0)
        least = np.maximum(course, self.begins) / self.begins
        risen = np.log(least) / np.log(self.full_scale / self.begins)
        return np.asarray(np.clip(0.05 + 0.95 * risen, 0.0, 1.0))

    def stage(self, course: Array) -> Array:
        """Index of the stage of a course, (time,)."""
        lower = [value for _, value in self.stages]
        return np.clip(np.searchsorted(lower, course, side="right") - 1, 0, None)


def graded_event(
    course: Array,
    grading: Grading,
    event_type: EventType,
    event_subtype: EventSubtype,
    component: str,
    source_strength: float,
    source_strength_unit: str,
    *,
    at: Position | None = None,
    ignited: Flags | None = None,
    active: Flags | None = None,
    progress: Array | None = None,
    parent: int | None = None,
    time_scale: float = 1.0,
) -> EventLabels:
    """Event that is active while its course stands at or above `grading.begins`.

    Args:
        course: What the event follows, (time,), never a reading.
        grading: Beginning, full scale and stages.
        event_type: Second level of the taxonomy.
        event_subtype: Third level.
        component: What it happens to; `at` is needed where this is no component of the pole.
        source_strength: Strength of the cause.
        source_strength_unit: Its unit.
        at: Where it happens; None for the component's own place.
        ignited: Latched flags of ignition, (time,); none by default.
        active: Instead of the course's own beginning and end, (time,).
        progress: Instead of the course's greatest value so far over full scale, (time,).
        parent: Event of the same scenario that caused this one.
        time_scale: Real seconds in a second of the episode; above 1 the clock is compressed.
    """
    severity = grading.severity(course)
    if event_type is EventType.BENIGN_SOURCE:
        severity = MOST_BENIGN * severity
    highest = np.maximum.accumulate(np.clip(course / grading.full_scale, 0.0, 1.0))
    return EventLabels(
        event_type=event_type,
        event_subtype=event_subtype,
        component=component,
        active=np.asarray(course >= grading.begins) if active is None else active,
        stage_names=grading.stage_names,
        stage=grading.stage(course).astype(np.int8),
        severity=severity,
        progress=highest if progress is None else progress,
        ignited=np.zeros(course.size, dtype=bool) if ignited is None else ignited,
        source_strength=source_strength,
        source_strength_unit=source_strength_unit,
        at=at,
        parent=parent,
        time_scale=time_scale,
    )


def active_only(events: Sequence[EventLabels]) -> tuple[EventLabels, ...]:
    """Events that are active at some tick; parents are counted anew."""
    kept = [i for i, event in enumerate(events) if event.active.any()]
    place: dict[int | None, int] = {old: new for new, old in enumerate(kept)}
    return tuple(events[i].with_parent(place.get(events[i].parent)) for i in kept)
