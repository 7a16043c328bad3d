"""Which action a person would recognise after which trigger, read from `sensible_pairs.toml` and checked."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

from envirosense.home.model import Home

FILE: Final = "sensible_pairs.toml"

type Place = Literal["room", "next", "home"]
type Pairs = Mapping[str, Mapping[str, Place]]


def read_pairs(text: str, triggers: frozenset[str], actions: frozenset[str]) -> Pairs:
    """A table of pairs: for each role that starts something, the roles that may follow, and how far off.

    Args:
        text: The table in TOML; see the head of the file.
        triggers: Roles that may start a pattern.
        actions: Roles that a pattern may move.

    Raises:
        ValueError: for a role that starts nothing or is moved by nobody, or an unknown place.
    """
    try:
        pairs = TypeAdapter(dict[str, dict[str, Place]]).validate_python(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{FILE}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    for trigger, followers in pairs.items():
        if trigger not in triggers:
            raise ValueError(f"{FILE}: {trigger}: starts no pattern; known are {', '.join(sorted(triggers))}")
        for action in followers.keys() - actions:
            raise ValueError(f"{FILE}: {trigger}.{action}: known actions are {', '.join(sorted(actions))}")
    return pairs


@cache
def sensible_pairs() -> Pairs:
    """The table that comes with the library, read once."""
    from envirosense.home.patterns.candidates import TRIGGER_ROLES
    from envirosense.home.patterns.model import ACTIVE_STATES

    actions = frozenset(ACTIVE_STATES)
    text = (files(__package__) / FILE).read_text(encoding="utf-8")
    return read_pairs(text, frozenset(TRIGGER_ROLES) | actions, actions)


def is_sensible(home: Home, trigger: int, action: int) -> bool:
    """Whether the action is one that people would recognise after the trigger."""
    one, other = home.entities[trigger], home.entities[action]
    place = sensible_pairs().get(one.role, {}).get(other.role)
    if place is None or place == "home":
        return place == "home"
    if one.area_id is None or other.area_id is None:
        return False
    beside = home.areas[home.area_index[one.area_id]].adjacent if place == "next" else ()
    return other.area_id == one.area_id or other.area_id in beside
