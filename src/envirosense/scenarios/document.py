"""A scenario as a document: the fields of a scenario file, checked one by one.

A file is read into these models, written from them, and described by their JSON Schema. They hold plain data
only; `definition` makes scenarios of them.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import (
    Discriminator,
    Field,
    JsonValue,
    PositiveFloat,
    StringConstraints,
    Tag,
    model_validator,
)

from envirosense.core.config import FrozenModel
from envirosense.scenarios.declared_causes import CauseDefinition
from envirosense.scenarios.declared_events import EventDefinition
from envirosense.scenarios.declared_places import ComponentName
from envirosense.scenarios.declared_shapes import CourseDefinition
from envirosense.scenarios.taxonomy import Category

ID: Final = r"^(" + "|".join(category.value for category in Category) + r")/[a-z][a-z0-9_]{0,79}$"
ACT: Final = r"^[a-z][a-z0-9_]*$"
KINDS: Final = ("model", "extends", "overlay", "sequence", "causes")
SPREADS: Final = ("uniform", "log_uniform", "normal", "choice", "conditional", "follows", "value")

type ScenarioId = Annotated[str, StringConstraints(pattern=ID)]
type Bounds = tuple[float, float]
type Options = Annotated[list[str] | dict[str, PositiveFloat], Field(min_length=1)]


class NormalDefinition(FrozenModel):
    """Normal, cut at two bounds."""

    mean: float
    sigma: PositiveFloat
    low: float
    high: float


class ConditionalDefinition(FrozenModel):
    """Another spread for each option of a parameter that stands before."""

    on: str
    cases: Annotated[dict[str, "SpreadDefinition"], Field(min_length=1)]


class FollowsDefinition(FrozenModel):
    """Spread that goes with the weather at the episode's start."""

    spread: "SpreadDefinition"
    weather: Literal["air_k", "relative_humidity", "wind_m_s", "ghi_w_m2", "rain_mm_h", "pressure_pa"]
    correlation: Annotated[float, Field(ge=-1.0, le=1.0)]


class SpreadDefinition(FrozenModel):
    """How a parameter is spread: exactly one of these."""

    uniform: Bounds | None = None
    log_uniform: Bounds | None = None
    normal: NormalDefinition | None = None
    choice: Options | None = None  # a list, or weights by option in any order
    weights: Annotated[list[PositiveFloat], Field(min_length=1)] | None = None  # of a list
    conditional: ConditionalDefinition | None = None
    follows: FollowsDefinition | None = None
    value: float | str | None = None  # held

    @model_validator(mode="after")
    def _has_one_spread(self) -> "SpreadDefinition":
        _require_one(self, SPREADS)
        if self.weights is not None and not isinstance(self.choice, list):
            raise ValueError("weights belong to a list of choices")
        return self


class ParameterDefinition(SpreadDefinition):
    """A spread with what it means; unit, description and source of a model's parameter may be left out."""

    unit: str | None = None
    description: str | None = None
    source: str | None = None


def _parameter_form(value: Any) -> str:
    if isinstance(value, str):
        return "name"
    return "spread" if isinstance(value, Mapping | FrozenModel) else "number"


type ParameterEntry = Annotated[
    Annotated[float, Tag("number")]
    | Annotated[str, Tag("name")]
    | Annotated[ParameterDefinition, Tag("spread")],
    Discriminator(_parameter_form),
]


class ConstraintDefinition(FrozenModel):
    """A weighted sum of parameters within bounds, or parameters that must differ."""

    weights: dict[str, float] | None = None
    at_least: float | None = None
    at_most: float | None = None
    different: Annotated[list[str], Field(min_length=1)] | None = None
    also: list[float | str] | None = None

    @model_validator(mode="after")
    def _has_one_rule(self) -> "ConstraintDefinition":
        _require_one(self, ("weights", "different"))
        if self.weights is not None and self.at_least is None and self.at_most is None:
            raise ValueError("give at_least, at_most or both")
        return self


class RateDefinition(FrozenModel):
    """How often it happens at one pole, and for how long."""

    per_pole_year: Annotated[float, Field(ge=0.0)]
    duration_s: PositiveFloat
    source: Annotated[str, Field(min_length=1)]


class ActDefinition(FrozenModel):
    """One scenario's part in a composed one: a registered id, a file, or a whole definition."""

    name: Annotated[str, StringConstraints(pattern=ACT)]
    scenario: ScenarioId | None = None
    file: str | None = None
    definition: "ScenarioDefinition | None" = None
    begin: Annotated[float, Field(ge=0.0, lt=1.0)] | None = None  # fractions of the episode
    end: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    parameters: dict[str, "ParameterEntry"] = Field(default_factory=dict)
    same_as: dict[str, str] = Field(default_factory=dict)  # own parameter -> act.parameter
    parent: str | None = None

    @model_validator(mode="after")
    def _names_one_scenario(self) -> "ActDefinition":
        _require_one(self, ("scenario", "file", "definition"))
        return self


class ScenarioDefinition(FrozenModel):
    """A whole scenario: exactly one of `model`, `extends`, `overlay`, `sequence`, `causes` says which."""

    id: ScenarioId
    description: Annotated[str, Field(min_length=1)] | None = None
    version: Annotated[int, Field(ge=1)] | None = None
    author: str = ""
    tags: list[str] | None = None
    expected_duration_s: PositiveFloat | None = None
    difficulty: str | None = None
    phases: list[str] | None = None
    limits: Annotated[str, Field(min_length=1)] | None = None
    needs_transformer: bool | None = None
    rate: RateDefinition | None = None
    parameters: dict[str, ParameterEntry] = Field(default_factory=dict)
    constraints: list[ConstraintDefinition] | None = None

    model: ScenarioId | None = None
    extends: str | None = None  # file, or registered id
    overlay: Annotated[list[ActDefinition], Field(min_length=1)] | None = None
    sequence: Annotated[list[ActDefinition], Field(min_length=1)] | None = None
    gap: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0  # between acts of a sequence, fraction of the episode
    causes: Annotated[list[CauseDefinition], Field(min_length=1)] | None = None
    courses: dict[str, CourseDefinition] = Field(default_factory=dict)
    events: list[EventDefinition] = Field(default_factory=list)
    acts_on: ComponentName | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> "ScenarioDefinition":
        _require_one(self, KINDS)
        if self.causes is None and (self.courses or self.events or self.acts_on):
            raise ValueError("courses, events and acts_on belong to a scenario with causes of its own")
        if self.gap and self.sequence is None:
            raise ValueError("gap belongs to a sequence")
        return self

    @property
    def category(self) -> Category:
        """Shelf of the library."""
        return Category(self.id.partition("/")[0])

    @property
    def name(self) -> str:
        """Id without the category."""
        return self.id.partition("/")[2]

    @property
    def kind(self) -> str:
        """Which of `KINDS` it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    def plain(self) -> dict[str, JsonValue]:
        """As plain data without what was left out; reads back as the same definition."""
        data: dict[str, Any] = self.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        return data


def _require_one(model: FrozenModel, names: tuple[str, ...]) -> None:
    given = [name for name in names if getattr(model, name) is not None]
    if len(given) != 1:
        raise ValueError(f"give exactly one of {', '.join(names)}, not {', '.join(given) or 'none'}")
