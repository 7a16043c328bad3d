"""The activities of `lives_activities.toml`, in the order in which `Lives.activity_names` lists them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final

EVERYBODY: Final = ("adult", "child", "senior")
PARTS: Final = ("morning", "midday", "afternoon", "evening")  # parts of the waking day
PART_START_H: Final = (0.0, 11.0, 14.0, 18.0)  # and when each begins, local  # assumed


@dataclass(frozen=True, slots=True)
class Activity:
    """One row of the table; see the head of the file."""

    areas: Mapping[str, float]
    visits: Mapping[str, float] = field(default_factory=dict)
    every_min: float = 0.0
    visit_min: float = 0.0
    minutes: float = 0.0
    sigma: float = 0.0
    free: Mapping[str, float] = field(default_factory=dict)
    after: Mapping[str, float] = field(default_factory=dict)
    who: tuple[str, ...] = EVERYBODY


@cache
def activities() -> Mapping[str, Activity]:
    """All of them by name."""
    rows = tomllib.loads((files(__package__) / "lives_activities.toml").read_text(encoding="utf-8"))
    return {name: Activity(**row) for name, row in rows.items()}


@cache
def activity_names() -> tuple[str, ...]:
    """Their names; an activity's place here is its number."""
    return tuple(activities())


def number_of(name: str) -> int:
    """Number of an activity."""
    return activity_names().index(name)
