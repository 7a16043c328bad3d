"""Events and their labels over time; they follow the cause, never a reading."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position
from envirosense.scenarios.taxonomy import EventSubtype, EventType, level_of

type Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class EventLabels:
    """One happening and what is true of it at every tick; arrays are (time,).

    `stage` indexes `stage_names`. `severity` and `progress` lie in 0..1. `at` is None where the component's
    own place is meant. `parent` counts the events of the same labels, `cause` the scenario's causes.
    `time_scale` is how many real seconds a second of the episode stands for.
    """

    event_type: EventType
    event_subtype: EventSubtype
    component: str
    active: Flags
    stage_names: tuple[str, ...]
    stage: npt.NDArray[np.int8]
    severity: Array
    progress: Array
    ignited: Flags
    source_strength: float
    source_strength_unit: str
    at: Position | None = None
    parent: int | None = None
    time_scale: float = 1.0
    cause: int = 0

    def with_parent(self, parent: int | None) -> "EventLabels":
        """The same event caused by another."""
        return replace(self, parent=parent)

    def onset_s(self, grid: TimeGrid) -> float | None:
        """Time of the first active tick [s]; None when the event never becomes active."""
        return _first_s(self.active, grid)

    def peak_s(self, grid: TimeGrid) -> float | None:
        """Time of the greatest severity while active [s]."""
        if not self.active.any():
            return None
        return float(np.argmax(np.where(self.active, self.severity, -1.0)) * grid.dt_s)

    def clearance_s(self, grid: TimeGrid) -> float | None:
        """Time after the last active tick [s]; None while the event is not over."""
        if not self.active.any() or self.active[-1]:
            return None
        return float((np.flatnonzero(self.active)[-1] + 1) * grid.dt_s)

    def ignition_s(self, grid: TimeGrid) -> float | None:
        """Time of ignition [s]; None when the episode ends without one (right-censored)."""
        return _first_s(self.ignited, grid)

    def time_to_ignition_s(self, grid: TimeGrid) -> Array:
        """Seconds until ignition, 0 afterwards, NaN where censored, (time,)."""
        ignition_s = self.ignition_s(grid)
        if ignition_s is None:
            return np.full(grid.n, np.nan)
        return np.maximum(ignition_s - grid.t_s, 0.0)

    @property
    def level(self) -> npt.NDArray[np.int8]:
        """Alert level 1-5, (time,)."""
        return level_of(self.severity)


def _first_s(flags: Flags, grid: TimeGrid) -> float | None:
    return float(np.argmax(flags) * grid.dt_s) if flags.any() else None


def latched(flags: Flags) -> Flags:
    """True from the first true tick on, (time,)."""
    return np.logical_or.accumulate(flags)


@dataclass(frozen=True, slots=True)
class Labels:
    """All events of an episode, in order of their ids."""

    events: tuple[EventLabels, ...] = ()
