"""Whether what a declared scenario refers to is there and measures what it is used for."""

from collections.abc import Mapping
from typing import Any

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.scenarios.declared_causes import CauseDefinition
from envirosense.scenarios.declared_events import ANSWERS, EXCESS, EventDefinition
from envirosense.scenarios.declared_values import ProductDefinition, course_order, each_value, reference_unit
from envirosense.scenarios.document import ScenarioDefinition
from envirosense.scenarios.faults import Path, at
from envirosense.scenarios.parameters import ParameterSpace
from envirosense.scenarios.quantities import Unit, suffix_unit, unit_of

ON_COMPONENTS = ("heating", "joint", "wood", "transformer")  # causes that a component answers to


def check_declared(definition: ScenarioDefinition, space: ParameterSpace) -> None:
    """Refuse references to nothing, units that do not fit, and events that follow nothing.

    Raises:
        Fault: with the path of the first.
    """
    units = {name: unit_of(parameter.unit) for name, parameter in space.parameters.items()}
    courses = definition.courses
    for name, course in courses.items():
        with at("courses", name):
            if name in units:
                raise ConfigError("name", name, "a parameter has this name; rename one")
            _check(course, units, courses, suffix_unit(name))
    course_order(courses)
    for place, cause in enumerate(definition.causes or ()):
        with at("causes", place):
            _check(cause, units, courses)
    _check_names(definition.causes or [])
    if definition.acts_on is not None:
        with at("acts_on"):
            _check(definition.acts_on, units, {})
    for place, event in enumerate(definition.events):
        with at("events", place):
            _check_event(event, definition, units)
            _check_line(place, definition.events)


def _check(
    model: Any, units: Mapping[str, Unit], courses: Mapping[str, Any], unit: Unit | None = None
) -> None:
    def check(path: Path, value: Any, expected: Unit) -> None:
        if isinstance(value, ProductDefinition) or (isinstance(value, str) and value.startswith("$")):
            with at(*path):
                _require_unit(value, reference_unit(value, units, courses), expected)

    each_value(model, check, (), unit or unit_of("1"))


def _require_unit(value: Any, found: Unit, expected: Unit) -> None:
    if found.dimension == expected.dimension:
        return
    factors = value.times if isinstance(value, ProductDefinition) else [value]
    said = f"{' * '.join(map(str, factors))} in {found.text}"
    fix = f"does not measure what {expected.text} does; write {expected.text}"
    if expected.text == "1":
        fix += ", or end the name of the field with its unit if it is yours, as heat_w"
    raise ConfigError("unit", said, fix)


def _check_names(causes: list[CauseDefinition]) -> None:
    taken: set[str] = set()
    for place, cause in enumerate(causes):
        (kind,) = cause.given
        name = getattr(getattr(cause, kind), "name", None)
        if name is None:
            continue
        if name in taken:
            with at("causes", place, kind, "name"):
                raise ConfigError("name", name, "is taken by another cause; choose another name")
        taken.add(name)


def _check_event(event: EventDefinition, definition: ScenarioDefinition, units: Mapping[str, Unit]) -> None:
    with at("follows"):
        if event.follows not in (*ANSWERS, *definition.courses):
            raise UnknownNameError("course", event.follows, (*ANSWERS, *definition.courses))
        if event.follows == EXCESS and not _has_component(definition):
            raise ConfigError("follows", event.follows, "no cause acts on a component; name it in acts_on")
    for field in ("begins", "full_scale"):
        with at(field):
            _check(getattr(event, field), units, {}, event.unit)
    for field in ("component", "at", "time_scale"):
        with at(field):
            _check(getattr(event, field), units, {})
    with at("strength"):
        unit = reference_unit(event.strength, units, {})
        if event.strength_unit is not None:
            with at():
                unit_of(event.strength_unit)
        elif unit.text == "1" and isinstance(event.strength, float):
            raise ConfigError("strength", event.strength, "say its unit in strength_unit")
    names = {other.name for other in definition.events if other.name is not None}
    if event.parent is not None:
        with at("parent"):
            if event.parent not in names - {event.name}:
                raise UnknownNameError("event", event.parent, names - {event.name})


def _check_line(place: int, events: list[EventDefinition]) -> None:
    """An event has a name of its own, and is no cause of itself."""
    event = events[place]
    if event.name is not None and event.name in (other.name for other in events[:place]):
        with at("name"):
            raise ConfigError("name", event.name, "is taken by another event; choose another name")
    parents = {other.name: other.parent for other in events if other.name is not None}
    above = event.parent
    for _ in events:
        above = parents.get(above) if above is not None else None
    if above is not None:
        with at("parent"):
            raise ConfigError("parent", event.parent, "events cause one another; break the circle")


def _has_component(definition: ScenarioDefinition) -> bool:
    named = {kind for cause in definition.causes or () for kind in cause.given}
    discharges = [cause.discharge for cause in definition.causes or () if cause.discharge is not None]
    on_one = any(discharge.component is not None for discharge in discharges)
    return definition.acts_on is not None or on_one or not named.isdisjoint(ON_COMPONENTS)
