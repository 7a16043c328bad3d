"""Kinds of automations that people have, and how common each is."""

from collections.abc import Callable, Iterator
from typing import Final

from envirosense.home.automations import automation_lights as lights
from envirosense.home.automations import automation_routines as routines
from envirosense.home.automations import automation_safety as safety
from envirosense.home.automations.automation_ground import Ground
from envirosense.home.automations.automation_plans import Plan

# How much sooner than others a home has one of this kind; assumed: light by motion leads
WEIGHTS: Final = {
    "motion_light": 0.85,
    "night_path": 0.7,
    "door_light": 0.8,
    "sunset_lights": 2.0,
    "outdoor_lights": 1.2,
    "late_off": 1.2,
    "covers": 1.5,
    "film": 0.7,
    "morning": 0.7,
    "evening_lamp": 0.7,
    "wake_light": 0.7,
    "reminder": 0.45,
    "bedtime": 0.9,
    "radio": 0.6,
    "plugs": 0.5,
    "sprinkler": 1.5,
    "towels": 1.0,
    "away": 2.0,
    "arriving": 1.6,
    "alarm_away": 1.5,
    "alarm_night": 0.8,
    "intruder": 0.7,
    "lock_night": 1.2,
    "auto_lock": 1.0,
    "smoke": 0.6,
    "leak": 0.8,
    "left_open": 0.6,
    "done": 0.9,
    "goodnight": 1.3,
    "media_night": 0.8,
    "standby": 0.7,
    "forgotten": 0.5,
    "coffee": 0.5,
    "fans": 1.2,
    "garage": 0.9,
    "vacuum": 0.9,
}
_MAKERS: Final[tuple[Callable[[Ground], Iterator[Plan]], ...]] = (
    lights.motion_light,
    lights.night_path,
    lights.door_light,
    lights.sunset_lights,
    lights.outdoor_lights,
    lights.late_off,
    lights.covers,
    lights.film,
    lights.morning,
    routines.evening_lamp,
    routines.wake_light,
    routines.reminders,
    routines.bedtime,
    routines.radio,
    routines.plugs,
    safety.away,
    safety.arriving,
    safety.alarm,
    safety.locks,
    safety.alerts,
    safety.goodnight,
    safety.media_night,
    safety.standby,
    safety.fans,
    safety.garage,
    safety.vacuum,
)


def candidates(ground: Ground) -> list[Plan]:
    """All automations that a home's devices allow, in the order of their kinds."""
    return [plan for make in _MAKERS for plan in make(ground)]
