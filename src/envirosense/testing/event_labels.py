"""Checks on the labels of one event, used by `check_scenario`."""

import dataclasses

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.scenarios import EventLabels, EventType, Labels


def require(condition: bool, message: str) -> None:
    """Raise AssertionError with the message unless the condition holds."""
    if not condition:
        raise AssertionError(message)


def labels_equal(one: Labels, other: Labels) -> bool:
    """Whether two label sets are the same in every event, field and tick, but for rounding."""
    return len(one.events) == len(other.events) and all(
        events_equal(a, b) for a, b in zip(one.events, other.events, strict=True)
    )


def events_equal(one: EventLabels, other: EventLabels) -> bool:
    """Whether two events are the same in every field and tick, but for rounding."""
    names = (field.name for field in dataclasses.fields(EventLabels))
    return all(_same(getattr(one, name), getattr(other, name)) for name in names)


def _same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-9, equal_nan=True))
    return one == other


def check_event(event: EventLabels, grid: TimeGrid, phases: tuple[str, ...], owner: str) -> None:
    """Arrays fit the grid and their ranges, and the times of the event are in order.

    Raises:
        AssertionError: naming the owner, the field and what to do.
    """
    _check_arrays(event, grid, owner)
    _check_stages(event, phases, owner)
    _check_times(event, grid, owner)
    require(bool(event.component), f"{owner}: name the component of the event")
    known = np.isfinite(event.source_strength) and event.source_strength >= 0
    require(bool(known), f"{owner}: source_strength {event.source_strength} must be finite and not negative")
    require(bool(event.source_strength_unit), f"{owner}: source_strength_unit: write the unit")
    scaled = np.isfinite(event.time_scale) and event.time_scale > 0
    require(bool(scaled), f"{owner}: time_scale {event.time_scale} must be above 0: real seconds per second")
    if event.event_type is EventType.BENIGN_SOURCE:
        level = int(event.level[event.active].max())
        require(level == 1, f"{owner}: a benign source reaches level {level}; it must stay at 1")


def _check_arrays(event: EventLabels, grid: TimeGrid, owner: str) -> None:
    for name in ("active", "stage", "severity", "progress", "ignited"):
        values = getattr(event, name)
        require(
            values.shape == (grid.n,),
            f"{owner}: {name} has shape {values.shape}; one value per tick: ({grid.n},)",
        )
    for name in ("active", "ignited"):
        require(getattr(event, name).dtype == np.bool_, f"{owner}: {name} must be an array of bool")
    for name in ("severity", "progress"):
        values = getattr(event, name)
        within = np.isfinite(values) & (values >= 0) & (values <= 1)
        require(bool(within.all()), f"{owner}: {name} leaves 0..1; clip it (a dead tick is 0, not NaN)")


def _check_stages(event: EventLabels, phases: tuple[str, ...], owner: str) -> None:
    unknown = set(event.stage_names) - set(phases)
    require(not unknown, f"{owner}: stages {sorted(unknown)} are not among the scenario's phases {phases}")
    require(event.stage.dtype.kind == "i", f"{owner}: stage must be an array of integers")
    valid = (event.stage >= 0) & (event.stage < len(event.stage_names))
    require(bool(valid.all()), f"{owner}: stage must index stage_names, 0..{len(event.stage_names) - 1}")


def _check_times(event: EventLabels, grid: TimeGrid, owner: str) -> None:
    onset_s, peak_s, clearance_s = event.onset_s(grid), event.peak_s(grid), event.clearance_s(grid)
    if onset_s is None or peak_s is None:
        raise AssertionError(f"{owner}: an event that is never active must be left out of Labels")
    end_s = grid.duration_s if clearance_s is None else clearance_s
    require(
        onset_s <= peak_s < end_s <= grid.duration_s,
        f"{owner}: onset {onset_s}, peak {peak_s} and clearance {clearance_s} s are out of order",
    )
    ignition_s = event.ignition_s(grid)
    require(
        ignition_s is None or ignition_s >= onset_s,
        f"{owner}: ignites at {ignition_s} s, before its onset at {onset_s} s",
    )
    require(
        bool((np.diff(event.ignited.astype(np.int8)) >= 0).all()),
        f"{owner}: ignited goes back to False; use `latched`",
    )
