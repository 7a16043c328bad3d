"""Persons and their trackers: home or not, the tracker some minutes behind the person."""

from typing import Final

import numpy as np

from envirosense.home.behaviour.household import ERRAND_US, Household
from envirosense.home.behaviour.spans import Times
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.people.lives import AWAY, SECOND_US

LEAVE_LAG_S: Final = (60.0, 480.0)  # until the phone is out of the zone and says so; assumed
ARRIVE_LAG_S: Final = (20.0, 300.0)  # until it has found the network of the home; assumed


def presence_stimuli(household: Household) -> list[Stimuli]:
    """Changes of the person and the tracker of every resident, the first at the episode's start."""
    numbers = {one.resident_id: n for n, one in enumerate(household.home.residents)}
    parts = []
    for role in ("person", "tracker"):
        for entity in household.free(role):
            person = numbers.get(str(household.home.entities[entity].capabilities.get("resident")))
            if person is not None:
                parts.append(_of_one(household, entity, person, is_late=role == "tracker"))
    return parts


def _of_one(household: Household, entity: int, person: int, *, is_late: bool) -> Stimuli:
    rows = np.flatnonzero(household.resident == person)
    at_home = (household.area[rows] != AWAY) | (household.seconds[rows] * SECOND_US <= ERRAND_US)
    is_change = np.ones(rows.size, dtype=np.bool_)
    is_change[1:] = at_home[1:] != at_home[:-1]
    rows, at_home = rows[is_change], at_home[is_change]
    t_us = household.start_us[rows]
    if is_late:
        t_us = _late(household, entity, t_us, at_home)
    entity_of = household.home.entities[entity]
    code = np.where(at_home, entity_of.code("home"), entity_of.code("not_home"))
    return Stimuli.of(t_us, entity, code, Origin.DEVICE, person)


def _late(household: Household, entity: int, t_us: Times, at_home: np.ndarray) -> Times:
    """When the tracker has noticed; what was over before it noticed is noticed with what came after."""
    low, high = np.array(LEAVE_LAG_S), np.array(ARRIVE_LAG_S)
    edge = np.where(at_home[:, None], high, low)
    u = household.rng("tracker lag", household.entity_id(entity)).random(t_us.size)
    lag_us = ((edge[:, 0] + u * (edge[:, 1] - edge[:, 0])) * SECOND_US).astype(np.int64)
    noticed = t_us + np.where(t_us > 0, lag_us, 0)
    return np.minimum.accumulate(noticed[::-1])[::-1] if t_us.size else noticed
