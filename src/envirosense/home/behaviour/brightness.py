"""How bright somebody wants a light: by activity, hour and person; figures assumed."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from envirosense.home.behaviour.household import HOUR_S, Floats, Household
from envirosense.home.behaviour.spans import Rows, Times
from envirosense.home.model import Entity
from envirosense.home.people.lives import DAY_US, SECOND_US

FULL: Final = 255.0
LEVELS: Final[Mapping[str, float]] = {
    "watch_tv": 0.3,
    "relax": 0.5,
    "read": 0.8,
    "go_to_bed": 0.4,
    "night_toilet": 0.2,
    "wake_up": 0.6,
}
OTHER_LEVEL: Final = 0.95
LATE_H: Final = (22.0, 5.5)  # hours between which people want less
LATE_LEVEL: Final = 0.6
STEP_LEVEL: Final = 0.05  # people and dimmers choose round figures
PERSON_LEVEL: Final = (0.75, 1.1)
PLAIN: Final = ("onoff", "unknown")


def is_dimmable(entity: Entity) -> bool:
    """Whether a light has a brightness; one that says nothing about it has."""
    modes = entity.capabilities.get("supported_color_modes")
    if entity.role != "light":
        return False
    return not isinstance(modes, Sequence) or any(mode not in PLAIN for mode in modes)


def brightness_of(household: Household, rows: Rows, t_us: Times, name: str) -> Floats:
    """Brightness for some stays at some moments, 1..255, (row,)."""
    level = household.by_activity(LEVELS, OTHER_LEVEL)[rows]
    low, high = PERSON_LEVEL
    level = level * (low + (high - low) * household.traits(rows, "brightness", name))
    hour = t_us % DAY_US / (HOUR_S * SECOND_US)
    level = np.where((hour > LATE_H[0]) | (hour < LATE_H[1]), LATE_LEVEL * level, level)
    steps = np.clip(np.round(level / STEP_LEVEL), 1.0, 1.0 / STEP_LEVEL)
    return np.round(steps * STEP_LEVEL * FULL)
