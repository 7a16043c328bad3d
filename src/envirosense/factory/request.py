"""What a person asks the factory for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, NonNegativeInt, PositiveFloat, PositiveInt

from envirosense.core.config import FrozenModel
from envirosense.core.episode import JsonObject
from envirosense.datasets.plan import NAME_PATTERN

MIN_GROUPS = 6  # fewer cannot be spread over three splits with intervals left to draw
_EPISODES_PER_GROUP = 4


def _patterns(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _plain(value: object) -> object:
    """The value with tuples as lists and paths as text, as JSON has them."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


class GenerationRequest(FrozenModel):
    """Episodes of one twin: which scenarios, how many, how long, from which seed.

    `episodes` is the total, dealt in rounds over the matching scenario ids, each round in its own order.
    `options` is what only the twin understands (sensing, weather, site). `library` holds the definitions of
    scenarios that no package registers, by id.
    """

    twin: str
    scenarios: Annotated[tuple[str, ...], BeforeValidator(_patterns), Field(min_length=1)] = ("*",)
    episodes: PositiveInt
    duration_s: PositiveFloat = 3600.0
    dt_s: PositiveFloat = 1.0
    seed: NonNegativeInt = 0
    n_groups: PositiveInt | None = None
    options: Annotated[JsonObject, BeforeValidator(_plain)] = Field(default_factory=dict)
    library: dict[str, JsonObject] = Field(default_factory=dict)
    name: Annotated[str, Field(pattern=NAME_PATTERN)] = "dataset"

    @property
    def group_count(self) -> int:
        """Groups (sites, homes) asked for, or about a quarter of the episodes, at least six if they allow."""
        if self.n_groups is not None:
            return self.n_groups
        return max(self.episodes // _EPISODES_PER_GROUP, min(MIN_GROUPS, self.episodes))


@dataclass(frozen=True, slots=True)
class EpisodeRequest:
    """What the factory fixes about one episode before the twin draws the rest."""

    seed: int
    index: int
    n_groups: int
    duration_s: float
    dt_s: float
    options: Mapping[str, Any] = field(default_factory=dict)
    n_scenarios: int = 1
    definition: Mapping[str, Any] | None = None  # of a scenario that no package registers
    library: tuple[str, ...] = ()  # ids of all such scenarios of the dataset
