"""Levels of difficulty, and the measured ones that come with the library.

Apart from the measurement: reading a level needs neither detector nor simulation.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from envirosense.scenarios import SCENARIOS, BaseScenario
from envirosense.scenarios.definition import scenario_id

EDGES: Final = ((0.1, "easy"), (0.5, "standard"))  # difficulty below which it is so; fixed; assumed
HARDEST: Final = "hard"
NO_EVENTS, UNSEEN, UNMEASURED = "no_events", "not_detectable", "unmeasured"
LEVELS: Final = (*(name for _, name in EDGES), HARDEST)  # of what can be found at all
FILE: Final = "difficulty.yaml"


def level_of(n_incidents: int, difficulty: float | None) -> str:
    """Easy, standard or hard; or why there is no such thing."""
    if n_incidents == 0:
        return NO_EVENTS
    if difficulty is None:
        return UNSEEN
    return next((name for edge, name in EDGES if difficulty < edge), HARDEST)


@cache
def stored_document() -> Mapping[str, Any]:
    """The document that comes with the library, read once."""
    import yaml

    text = (files("envirosense.pole.scenarios") / FILE).read_text(encoding="utf-8")
    return MappingProxyType(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def stored_row(scenario: str) -> Mapping[str, Any] | None:
    """What was measured of a scenario of the library; None if it or its version is not in the document."""
    row: Mapping[str, Any] | None = stored_document()["scenarios"].get(scenario)
    if row is None or row["scenario_version"] != SCENARIOS[scenario].version:
        return None
    return row


def stored_level(scenario: str) -> str:
    """Level of a scenario of the library; unmeasured if it or its version is not in the document."""
    row = stored_row(scenario)
    return UNMEASURED if row is None else str(row["level"])


def measured_row(scenario: type[BaseScenario]) -> Mapping[str, Any] | None:
    """What was measured of a class; None for one that is not the library's own, whatever its id."""
    name = scenario_id(scenario)
    return stored_row(name) if name in SCENARIOS and SCENARIOS[name] is scenario else None


def shown_level(scenario: type[BaseScenario]) -> str:
    """Measured level of a class, or what it says of itself: a file's own word, else unmeasured."""
    row = measured_row(scenario)
    return scenario.difficulty_level if row is None else str(row["level"])


def measured_by() -> str:
    """Detector, number of draws of each scenario and version of the document, in words."""
    document = stored_document()
    measured = document["measured"]
    return f"{measured['detector']}, {measured['draws']} draws, version {document['version']}"


def outcome_text(row: Mapping[str, Any]) -> str:
    """In words what was measured of a scenario."""
    if row["n_incidents"] == 0:
        return f"no event to find; false alarms in {row['false_alarm_share']:.2%} of the windows"
    seen = f"{row['share_detectable']:.0%} of {row['n_incidents']} incidents detectable"
    if row["difficulty"] is None:
        return seen
    return (
        f"{seen}, {row['share_found']:.0%} of them found, median delay {row['median_delay_s']:g} s, "
        f"difficulty {row['difficulty']:.3g} of 1"
    )
