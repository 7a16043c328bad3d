"""Motion and occupancy sensors and outdoor cameras: what they make of the movements before them."""

from typing import Final

import numpy as np

from envirosense.home.behaviour.household import ASLEEP, Bools, Floats, Household
from envirosense.home.behaviour.movements import Movements, movements
from envirosense.home.behaviour.spans import NO_SPAN, Spans, Times
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.people.lives import DAY_US, SECOND_US

MOTION_HOLD_S: Final = (60.0, 90.0, 120.0)  # on after the last movement, by device; assumed
OCCUPANCY_HOLD_S: Final = (60.0, 120.0, 180.0, 300.0)  # of a radar; assumed
CAMERA_HOLD_S: Final = (15.0, 30.0, 60.0)  # of a recording; assumed
CATCH_SHARE: Final = (0.80, 0.99)  # of the movements that a sensor sees, by its place; assumed
BED, BED_HOLD_S = "bed_sensor", 20.0  # a mat feels at once who lies on it; assumed
INDOORS: Final = "indoor"  # cameras that look into a room
BACK_US: Final = 120 * SECOND_US  # until an indoor camera is put to sleep by those who come home; assumed
LATENCY_S: Final = (0.2, 0.9)  # from movement to report, by device; assumed
RADAR_LATENCY_S: Final = (0.9, 2.5)  # a radar makes sure first; assumed
PASSERS_PER_DAY: Final = 4.0  # people, animals and cars that a camera takes for motion; assumed
CAMERA_SEES_S: Final = 10.0  # of somebody who leaves or comes; assumed


def motion_stimuli(household: Household) -> list[Stimuli]:
    """Motion, occupancy and camera entities that are free, one part each."""
    if not any(household.free(role) for role in ("motion", "occupancy", "camera")):
        return []
    seen = movements(household)
    parts = [_motion(household, entity, seen) for entity in household.free("motion")]
    parts += [_occupancy(household, entity) for entity in household.free("occupancy")]
    parts += [_camera(household, entity, seen) for entity in household.free("camera")]
    return parts


def hold_s(household: Household, entity: int, choices: tuple[float, ...]) -> float:
    """Time for which a sensor stays on after the last thing it saw, a constant of the device [s]."""
    given = household.home.entities[entity].capabilities.get("hold_s")
    if isinstance(given, int | float):
        return float(given)
    return choices[int(household.rng("hold", household.entity_id(entity)).integers(len(choices)))]


def _motion(household: Household, entity: int, seen: Movements) -> Stimuli:
    area = household.area_of(entity)
    rows = seen.rows_in(-2 if area is None else area)
    low, high = CATCH_SHARE
    share = low + (high - low) * household.rng("catch", household.entity_id(entity)).random()
    rows = rows[_spread(seen.draw[rows], household, entity) < share]
    hold = hold_s(household, entity, MOTION_HOLD_S)
    return _on_and_off(household, entity, seen.start_us[rows], seen.end_us[rows], seen.person[rows], hold)


def _spread(draw: Floats, household: Household, entity: int) -> Floats:
    """The movements' own numbers turned by the sensor's, so that two sensors miss different ones."""
    return np.mod(draw + household.rng("turn", household.entity_id(entity)).random(), 1.0)


def _occupancy(household: Household, entity: int) -> Stimuli:
    """A radar sees breathing: on as long as somebody is there, up or not; a bed's, while somebody sleeps."""
    area, is_bed = household.area_of(entity), BED in household.device_type(entity)
    rows = household.in_area[area] if area is not None else np.empty(0, dtype=np.int64)
    rows = rows[household.does(ASLEEP)[rows]] if is_bed else rows
    start_us, end_us = household.start_us[rows], household.end_us[rows]
    hold = hold_s(household, entity, (BED_HOLD_S,) if is_bed else OCCUPANCY_HOLD_S)
    return _on_and_off(household, entity, start_us, end_us, household.resident[rows], hold)


def _camera(household: Household, entity: int, seen: Movements) -> Stimuli:
    """Records who moves before it: indoors while nobody is at home or just back, outdoors whoever passes."""
    area, hold = household.area_of(entity), hold_s(household, entity, CAMERA_HOLD_S)
    rows = seen.rows_in(-2 if area is None else area)
    if INDOORS in household.device_type(entity):
        rows = rows[_is_watched(household, seen.start_us[rows])]
        return _on_and_off(household, entity, seen.start_us[rows], seen.end_us[rows], seen.person[rows], hold)
    if area is None or not household.home.areas[area].is_outdoor:
        rows = rows[:0]  # it looks out of the front door
    start_us, end_us, person = _goings(household, entity)
    start_us = np.concatenate([seen.start_us[rows], start_us])
    end_us = np.concatenate([seen.end_us[rows], end_us])
    return _on_and_off(household, entity, start_us, end_us, np.append(seen.person[rows], person), hold)


def _is_watched(household: Household, t_us: Times) -> Bools:
    """Whether an indoor camera is awake: nobody at home, or back for a moment, (time,)."""
    present = household.present
    if not len(present):
        return np.ones(t_us.size, dtype=np.bool_)
    number = present.at(t_us)
    watched: Bools = (number == NO_SPAN) | (t_us - present.start_us[number] < BACK_US)
    return watched


def _goings(household: Household, entity: int) -> tuple[Times, Times, Times]:
    """Beginnings and ends of what passes the front door, and who it is: residents and strangers."""
    steps, outside = household.crossings, len(household.home.areas)
    gone = np.flatnonzero((steps.target == outside) | (steps.origin == outside))
    passing = _passers_us(household, entity)
    start_us = np.concatenate([steps.t_us[gone], passing])
    person = np.append(household.resident[steps.row[gone]], np.full(passing.size, -1))
    return start_us, start_us + int(CAMERA_SEES_S * SECOND_US), person


def _passers_us(household: Household, entity: int) -> Times:
    """When somebody or something passes outside: mostly by day."""
    rng = household.rng("passers", household.entity_id(entity))
    n = int(rng.poisson(PASSERS_PER_DAY * household.n_days))
    hour = np.mod(13.5 + 4.0 * rng.standard_normal(n), 24.0)  # around noon; assumed
    return rng.integers(0, household.n_days, n) * DAY_US + (hour * 3600.0 * SECOND_US).astype(np.int64)


def _on_and_off(
    household: Household, entity: int, start_us: Times, end_us: Times, person: Times, hold: float
) -> Stimuli:
    """On with the first movement, off a hold after the last one; retriggered holds are one."""
    low, high = RADAR_LATENCY_S if household.home.entities[entity].role == "occupancy" else LATENCY_S
    latency_s = low + (high - low) * household.rng("latency", household.entity_id(entity)).random()
    spans = Spans.union(start_us, end_us + int(hold * SECOND_US), np.arange(start_us.size))
    first = person[spans.first]
    return Stimuli.of(
        np.concatenate([spans.start_us, spans.end_us]) + int(latency_s * SECOND_US),
        entity,
        np.repeat([1, 0], len(spans)),
        Origin.DEVICE,
        np.concatenate([first, np.full(len(spans), -1)]),
    )
