"""A lamp that is lit in the evenings of a journey, so that the house looks lived in. Figures are assumed."""

from typing import Final

import numpy as np

from envirosense.home.behaviour.household import HOUR_S, STEP_US, Bools, Household
from envirosense.home.behaviour.spans import Rows, Times
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.people.lives import DAY_US, SECOND_US

JOURNEY_US: Final = 30 * 3600 * SECOND_US  # nobody takes care for less
KINDS: Final = (
    "living_room",
    "studio_room",
    "dining_room",
    "kitchen",
    "hallway",
    "entryway",
)  # where it stands
EVENINGS: Final = 0.93  # share of the evenings on which somebody remembers, from afar
LATE_S: Final = 3600.0  # after dusk, at most
OFF_H: Final = (21.5, 23.5)


def away_stimuli(household: Household) -> list[Stimuli]:
    """On at dusk, off at night by phone while everybody is away for days; nothing where no lamp is free."""
    lamp = _lamp(household)
    dusk_us = _dusk_us(household)
    away, last = _journeys(household, dusk_us)
    if lamp is None or not away.any():
        return []
    rng = household.rng("evenings")
    day = np.arange(household.n_days)
    late_us = (LATE_S * rng.random(day.size) * SECOND_US).astype(np.int64)
    off_us = (day * DAY_US) + (rng.uniform(*OFF_H, day.size) * HOUR_S * SECOND_US).astype(np.int64)
    on_us = dusk_us + late_us
    lit = away & (rng.random(day.size) < EVENINGS) & (on_us < off_us)
    times, who = np.concatenate([on_us[lit], off_us[lit]]), np.tile(last[lit], 2)
    return [Stimuli.of(times, lamp, np.repeat([1, 0], int(lit.sum())), Origin.APP, who)]


def _lamp(household: Household) -> int | None:
    """A free light, of the room that is seen best."""
    kinds = {area.area_id: area.kind for area in household.home.areas}
    order = {kind: place for place, kind in enumerate(KINDS)}
    free = household.free("light")
    return min(
        free,
        key=lambda one: (
            order.get(kinds.get(household.home.entities[one].area_id or "", ""), len(KINDS)),
            one,
        ),
        default=None,
    )


def _dusk_us(household: Household) -> Times:
    """First dark step of the afternoon of each day, its last step where there is none, (day,)."""
    per_day = DAY_US // STEP_US
    dark = household.context.is_dark[: household.n_days * per_day].reshape(household.n_days, per_day)
    afternoon = dark[:, per_day // 2 :]
    first = np.where(afternoon.any(axis=1), afternoon.argmax(axis=1), afternoon.shape[1] - 1)
    dusk_us: Times = np.arange(household.n_days) * DAY_US + (per_day // 2 + first) * STEP_US
    return dusk_us


def _journeys(household: Household, dusk_us: Times) -> tuple[Bools, Rows]:
    """Whether everybody is away for long at dusk of each day, and who left last, (day,)."""
    present = household.present
    if not len(present):
        return np.ones(dusk_us.size, dtype=np.bool_), np.zeros(dusk_us.size, dtype=np.int64)
    before = np.searchsorted(present.start_us, dusk_us, side="right") - 1
    left_us = np.where(before >= 0, present.end_us[before], 0)
    back_us = np.append(present.start_us, household.end_of_time_us)[before + 1]
    away = (left_us <= dusk_us) & (back_us - left_us > JOURNEY_US)
    return away, household.resident[present.last[np.maximum(before, 0)]]
