"""Events in a scenario file: what happens, which course it follows, and how it is graded."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array
from envirosense.scenarios.conditions import Response
from envirosense.scenarios.declared_places import ComponentName, Name, Place, PlaceDefinition
from envirosense.scenarios.declared_values import Number, Scope, reference_unit
from envirosense.scenarios.events import Grading, active_only, graded_event
from envirosense.scenarios.faults import at
from envirosense.scenarios.labels import EventLabels, Labels
from envirosense.scenarios.quantities import Unit, suffix_unit
from envirosense.scenarios.taxonomy import EventSubtype, EventType

EXCESS, CONVERTED = "component_excess_k", "converted"  # what the world answers; all else is a course
ANSWERS = (EXCESS, CONVERTED)


class EventDefinition(FrozenModel):
    """One event; `begins`, `full_scale` and the stages are in the unit of what it follows."""

    name: Name | None = None  # for others that it causes
    type: EventType
    subtype: EventSubtype
    follows: Name
    begins: Number
    full_scale: Number
    scale: Literal["linear", "log"] = "linear"
    stages: Annotated[list[tuple[Name, float]], Field(min_length=1)]  # [name, lower value], rising
    component: ComponentName | None = None
    at: Place | None = None
    strength: Number  # of the source
    strength_unit: str | None = None
    parent: Name | None = None
    time_scale: Number = 1.0  # real seconds in a second of the episode

    @field_validator("subtype")
    @classmethod
    def _is_of_its_type(cls, subtype: EventSubtype, info: ValidationInfo) -> EventSubtype:
        kind = info.data.get("type")
        if isinstance(kind, EventType) and subtype not in kind.subtypes:
            raise ValueError(f"is no subtype of {kind.value}; those are {', '.join(kind.subtypes)}")
        return subtype

    @field_validator("stages")
    @classmethod
    def _stages_rise(cls, stages: list[tuple[str, float]]) -> list[tuple[str, float]]:
        lower = [value for _, value in stages]
        if lower != sorted(lower) or len({name for name, _ in stages}) < len(stages):
            raise ValueError("name different stages, their lower values rising")
        return stages

    @model_validator(mode="after")
    def _is_somewhere(self) -> "EventDefinition":
        if (self.component is None) == (self.at is None):
            raise ValueError("give exactly one of component, at")
        return self

    @property
    def unit(self) -> Unit:
        """Unit of what it follows."""
        return suffix_unit(self.follows)

    def labels(self, response: Response, scope: Scope, units: Mapping[str, Unit]) -> EventLabels:
        """The event in an episode, its parent still to be found."""
        grading = self._grading(scope)
        unit = self.strength_unit or reference_unit(self.strength, units, {}).text
        at = self.at.position(scope) if isinstance(self.at, PlaceDefinition) else None
        place = self.component if self.at is None or isinstance(self.at, PlaceDefinition) else self.at
        return graded_event(
            _course(self.follows, response),
            grading,
            self.type,
            self.subtype,
            scope.text(place) if place is not None else self.name or self.subtype.value,
            scope.number(self.strength, reference_unit(self.strength, units, {})),
            unit,
            at=at,
            time_scale=_positive("time_scale", scope.number(self.time_scale)),
        )

    def _grading(self, scope: Scope) -> Grading:
        begins = scope.number(self.begins, self.unit)
        full_scale = _positive("full_scale", scope.number(self.full_scale, self.unit))
        if self.scale == "log" and not 0.0 < begins < full_scale:
            raise ConfigError(
                "begins", begins, f"must lie within 0 and {full_scale:g} on a logarithmic scale"
            )
        return Grading(begins, full_scale, tuple(self.stages), self.scale)


def build_labels(events: list[EventDefinition], response: Response, scope: Scope) -> Labels:
    """Events that are active at some tick, with those that caused them."""
    names = {event.name: place for place, event in enumerate(events) if event.name is not None}
    found = []
    for place, event in enumerate(events):
        with at("events", place):
            found.append(event.labels(response, scope, scope.units))
    parents = (names[event.parent] if event.parent else None for event in events)
    linked = [
        one if parent is None else one.with_parent(parent) for one, parent in zip(found, parents, strict=True)
    ]
    return Labels(active_only(linked))


def _positive(field: str, value: float) -> float:
    with at(field):
        if not value > 0.0:
            raise ConfigError(field, value, "must be above 0")
    return value


def _course(name: str, response: Response) -> Array:
    if name == EXCESS:
        return response.component_k - response.healthy_k
    return response.converted if name == CONVERTED else response.states[name]
