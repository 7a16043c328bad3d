"""Contacts at furniture: fridge, cupboards, wardrobe; opened by who does something beside them."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np

from envirosense.core.config import FrozenModel
from envirosense.home.behaviour.household import VISIT_S, Floats, Household
from envirosense.home.behaviour.spans import Rows, Spans
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.people.lives import SECOND_US

FILE: Final = "openings.toml"
AGAIN_S: Final = 14.0  # mean time to the next of a run of openings; assumed
MOST_AGAIN: Final = 4  # openings that follow one; assumed
REACH_S: Final = 4.0  # from the door of the room to the furniture; assumed
OPEN_SPREAD: Final = 0.7  # of the logarithm of the time for which it is open; assumed
HABIT: Final = (0.5, 1.5)  # of a household for one of its doors, times the table; assumed


class Openings(FrozenModel):
    """One table of the file; its head says what the fields mean."""

    per_min: Mapping[str, float]
    glance: float
    again: float
    open_s: float


@cache
def openings() -> Mapping[str, Openings]:
    """The file that comes with the library, by type of device."""
    tables = tomllib.loads((files(__package__) / FILE).read_text(encoding="utf-8"))
    return {name: Openings.model_validate(table) for name, table in tables.items()}


def lid_stimuli(household: Household) -> list[Stimuli]:
    """Openings and closings of the contacts that are free, one part each."""
    return [_lid(household, entity) for entity in household.free("lid")]


def _lid(household: Household, entity: int) -> Stimuli:
    area, name = household.area_of(entity), household.entity_id(entity)
    habits = openings()[household.device_type(entity)]
    rows = household.in_area[area] if area is not None else np.empty(0, dtype=np.int64)
    parts = [
        _by_person(household, name, habits, rows[household.resident[rows] == one])
        for one in range(household.n_people)
    ]
    start_us, end_us, stay = (np.concatenate(column) for column in zip(*parts, strict=True))
    spans = Spans.union(start_us, end_us, stay)
    who = np.concatenate([household.resident[spans.first], household.resident[spans.last]])
    code = np.repeat([1, 0], len(spans))
    return Stimuli.of(np.concatenate([spans.start_us, spans.end_us]), entity, code, Origin.DEVICE, who)


def _by_person(household: Household, name: str, habits: Openings, rows: Rows) -> tuple[Rows, Rows, Rows]:
    """Beginnings, ends and stays of one person's openings [us], (opening,)."""
    person = int(household.resident[rows[0]]) if rows.size else -1
    rng = household.rng("openings", name, person)
    stay = rows[np.repeat(np.arange(rows.size), rng.poisson(_expected(household, name, habits, rows)))]
    at_s = REACH_S + rng.random(stay.size) * np.maximum(household.seconds[stay] - 2.0 * REACH_S, 0.0)
    n_more = np.minimum(rng.geometric(1.0 - habits.again, stay.size) - 1, MOST_AGAIN)
    opening = np.repeat(np.arange(stay.size), n_more + 1)
    gaps_s = rng.exponential(AGAIN_S, opening.size)
    is_first = np.append(True, opening[1:] != opening[:-1])[: opening.size]
    reached = np.cumsum(np.where(is_first, 0.0, gaps_s))
    at_s = at_s[opening] + reached - np.maximum.accumulate(np.where(is_first, reached, 0.0))
    open_s = habits.open_s * np.exp(OPEN_SPREAD * rng.standard_normal(opening.size))
    stay = stay[opening]
    inside = at_s < household.seconds[stay]
    start_us = household.start_us[stay] + (at_s * SECOND_US).astype(np.int64)
    end_us = np.minimum(start_us + (open_s * SECOND_US).astype(np.int64), household.end_us[stay])
    return start_us[inside], np.maximum(end_us, start_us + SECOND_US)[inside], stay[inside]


def _expected(household: Household, name: str, habits: Openings, rows: Rows) -> Floats:
    """Openings to expect in each stay: of who came for something else, a glance; awake people only."""
    low, high = HABIT
    habit = low + (high - low) * household.rng("openings habit", name).random()
    per_s = household.by_activity(habits.per_min, 0.0)[rows] / 60.0
    seconds = household.seconds[rows]
    glances = np.where(seconds < VISIT_S, habits.glance * np.minimum(seconds / 30.0, 1.0), 0.0)
    expected: Floats = habit * np.where(per_s > 0.0, per_s * seconds, glances)
    return np.where(household.is_awake[rows], expected, 0.0)
