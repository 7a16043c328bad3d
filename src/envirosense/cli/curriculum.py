"""Scenarios of some levels of difficulty, for a dataset that begins with what is easy."""

from collections.abc import Sequence
from typing import Any, Final

DIFFICULTY_HELP: Final = (
    "Only these levels, with commas: easy, standard, hard, not_detectable, unmeasured (see scenarios list). "
    "Those without events to find (no_events), normal and look-alike, stay; leave them out of --scenarios "
    "if they should not."
)


def of_levels(named: dict[str, Any], difficulty: str | None) -> dict[str, Any]:
    """Ids of the named scenarios that have one of the levels or no events, and their definitions.

    Args:
        named: `scenarios`, patterns, and `library`, definitions by id, as a request takes them.
        difficulty: levels with commas; None leaves everything as it is.

    Raises:
        UnknownNameError: for a pattern that matches nothing.
        ConfigError: for a level that does not exist, or that no scenario has.
    """
    if difficulty is None:
        return named
    from envirosense.core.errors import ConfigError
    from envirosense.factory import match_scenarios
    from envirosense.pole.difficulty_levels import NO_EVENTS
    from envirosense.scenarios import SCENARIOS

    wanted = _levels(difficulty)
    library = named["library"]
    ids = match_scenarios(named["scenarios"], sorted({*SCENARIOS, *library}))
    level = {name: _level(name, library.get(name)) for name in ids}
    if not set(wanted) & set(level.values()):
        there = ", ".join(f"{name} is {found}" for name, found in list(level.items())[:4])
        more = f" and {len(level) - 4} more" if len(level) > 4 else ""
        fix = f"no scenario asked for is so: {there}{more}; ask for other levels or scenarios"
        raise ConfigError("difficulty", difficulty, fix)
    kept = [name for name in ids if level[name] in (*wanted, NO_EVENTS)]
    return {"scenarios": kept, "library": {name: library[name] for name in kept if name in library}}


def _levels(text: str) -> Sequence[str]:
    from envirosense.core.errors import ConfigError
    from envirosense.pole.difficulty_levels import LEVELS, NO_EVENTS, UNMEASURED, UNSEEN

    wanted = [part.strip() for part in text.split(",") if part.strip()]
    if not wanted:
        raise ConfigError("difficulty", text, f"name at least one of {', '.join(LEVELS)}")
    known = (*LEVELS, NO_EVENTS, UNSEEN, UNMEASURED)
    for name in wanted:
        if name not in known:
            raise ConfigError("difficulty", name, f"unknown level; one of {', '.join(known)}")
    return wanted


def _level(scenario: str, definition: dict[str, Any] | None) -> str:
    """Level of a scenario; an unmeasured one of the shelves that hold no events has none to find."""
    from envirosense.pole.difficulty_levels import NO_EVENTS, UNMEASURED, shown_level
    from envirosense.scenarios import Category
    from envirosense.scenarios.definition import class_of

    found = class_of(scenario, definition)
    level = shown_level(found)
    is_quiet = found.category in (Category.NORMAL, Category.LOOKALIKE)
    return NO_EVENTS if level == UNMEASURED and is_quiet else level
