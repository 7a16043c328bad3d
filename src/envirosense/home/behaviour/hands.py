"""Who did what was planted, how, and how bright: the same marks that everything else people do carries.

The engine plays a planted habit as a rule. Without this its events would have no person, never come through
Home Assistant, and never say a brightness, and whoever reads the stream could tell what was planted.
"""

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.home.behaviour.brightness import FULL, STEP_LEVEL, is_dimmable
from envirosense.home.behaviour.household import hand_or_app
from envirosense.home.log import EventKind, EventLog, Origin
from envirosense.home.model import Home
from envirosense.home.patterns.candidates import is_home
from envirosense.home.people.lives import Lives

type Rows = npt.NDArray[np.intp]

LEVELS: Final = (8, 21)  # of the steps of a dimmer, as people choose them: 0.4 to 1 of full  # assumed


def with_hands(log: EventLog, home: Home, lives: Lives, reserved: frozenset[int], seed: int) -> EventLog:
    """The same with person, way and brightness of what people do to reserved entities."""
    person, origin, value = log.person.copy(), log.origin.copy(), log.value.copy()
    by_hand = (log.kind == EventKind.STATE_CHANGED) & (log.origin == Origin.PERSON)
    for number in sorted(reserved):
        entity = home.entities[number]
        rows = np.flatnonzero(by_hand & (log.entity == number))
        rng = stream(seed, "home", "hands", entity.entity_id)
        order, lot, steps = rng.permutation(len(home.residents)), rng.random(rows.size), rng.random(rows.size)
        person[rows] = _person(log, lives, rows, order)
        origin[rows] = np.where(person[rows] >= 0, hand_or_app(lot), origin[rows])
        if is_dimmable(entity):
            low, high = LEVELS
            level = np.round((low + np.floor(steps * (high - low))) * STEP_LEVEL * FULL)
            is_on = log.code[rows] == entity.code("on")
            value[rows] = np.where(is_on & np.isnan(value[rows]), level, value[rows])
    return replace(log, person=person, origin=origin, value=value)


def _person(log: EventLog, lives: Lives, rows: Rows, order: npt.NDArray[np.intp]) -> npt.NDArray[np.int16]:
    """Who it was: the one whose habit it is, or else the first at home of an order of people, -1 for none."""
    who = log.person[rows].copy()
    for resident in order:
        free = who < 0
        who[free] = np.where(is_home(lives, int(resident), log.t_us[rows][free]), resident, -1)
    return who
