"""What a person asks a whole run for: episodes in parts, splits, augmentation, checks, formats, target."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from envirosense.core.config import FrozenModel
from envirosense.core.episode import JsonObject
from envirosense.core.errors import ConfigError
from envirosense.core.units import duration_s
from envirosense.datasets.plan import NAME_PATTERN
from envirosense.datasets.rules import Rule
from envirosense.datasets.splits import DEFAULT_FRACTIONS
from envirosense.factory.monitoring.config import MonitoringConfig
from envirosense.factory.request import GenerationRequest

SCHEMA_VERSION: Final = 1
_GROUPED_EPISODES: Final = 40  # where only a balanced set is asked for, whose size is not known before

type Name = Annotated[str, Field(pattern=NAME_PATTERN)]


def _patterns(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _seconds(value: object) -> object:
    return duration_s(value) if isinstance(value, str) else value


def _named(value: object) -> object:
    return {"format": value} if isinstance(value, str) else value


def _shares(value: object) -> object:
    """Shares alone, or shares and by what."""
    if isinstance(value, Mapping) and "shares" not in value:
        return {**{key: item for key, item in value.items() if key == "by"},
                "shares": {key: item for key, item in value.items() if key != "by"}}  # fmt: skip
    return value


type Seconds = Annotated[PositiveFloat, BeforeValidator(_seconds)]
type Patterns = Annotated[tuple[str, ...], BeforeValidator(_patterns), Field(min_length=1)]


class DrawnEpisodes(FrozenModel):
    """Episodes of one kind: of which scenarios, how long, under which sensors.

    `imperfections` are the twin's sensing settings, or `changes` of the sensors that it draws; `options` is
    whatever else only the twin understands.
    """

    scenarios: Patterns
    duration_s: Seconds = Field(3600.0, alias="duration")
    options: JsonObject = Field(default_factory=dict)
    imperfections: JsonObject | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.imperfections is not None and "sensing" in self.options:
            raise ConfigError("imperfections", "...", "the option `sensing` says the same; keep one of them")
        return self


class PartRequest(DrawnEpisodes):
    """So many episodes, dealt in turn over the scenarios."""

    name: Name | None = None
    episodes: PositiveInt


class SplitRequest(FrozenModel):
    """Shares of the splits; whole groups go to one of them."""

    by: Literal["group"] = "group"
    shares: dict[Name, PositiveFloat] = Field(default_factory=lambda: dict(DEFAULT_FRACTIONS), min_length=1)


class AugmentRequest(FrozenModel):
    """Changed copies of the episodes of the parts, made by a recipe."""

    recipe: JsonObject | tuple[JsonObject, ...]
    copies: PositiveInt = 1
    # those whose episodes are copied; all when None
    splits: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None


class EdgeCaseRequest(DrawnEpisodes):
    """Rare versions of base scenarios, exactly `count` of them."""

    count: PositiveInt
    strategies: Annotated[tuple[str, ...], BeforeValidator(_patterns), Field(min_length=1)]


class BalanceRequest(DrawnEpisodes):
    """Episodes by class, exactly as many of each as the target says."""

    classes: Annotated[dict[str, tuple[str, ...] | str], Field(min_length=1)]
    target: Annotated[dict[str, int | float], Field(min_length=1)]
    total: PositiveInt | None = None  # with shares as target
    unit: Literal["episodes", "samples"] = "episodes"
    max_candidates: PositiveInt | None = None


class QualityRequest(FrozenModel):
    """What becomes of episodes that fail a rule, and how many may."""

    rules: tuple[Rule, ...] = ()  # beside those of the twin
    filter: bool = True  # leave them out and keep them aside; false: deliver them, the run counts as failed
    max_rejected: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0  # share that may be missing in the end


class ExportRequest(FrozenModel):
    """One format to deliver beside the dataset."""

    format: str
    streams: tuple[str, ...] | None = None
    split: Name | None = None
    compression: str = ""

    @property
    def label(self) -> str:
        """Name of its folder, distinct in a manifest."""
        return "-".join(part for part in (self.format, self.split or "", self.compression) if part)


class PipelineManifest(FrozenModel):
    """A run, complete before it starts.

    `library` holds the definitions of scenarios that came from files, by id; `read_manifest` fills it.
    """

    schema_version: Annotated[int, Field(ge=1, le=SCHEMA_VERSION)] = SCHEMA_VERSION
    name: Name = "dataset"
    twin: str
    seed: NonNegativeInt = 0
    groups: PositiveInt | None = None
    dt_s: Seconds = Field(1.0, alias="dt")  # one tick for the whole dataset
    parts: tuple[PartRequest, ...] = ()
    splits: Annotated[SplitRequest, BeforeValidator(_shares)] = Field(default_factory=SplitRequest)
    batches: PositiveInt = 1
    augment: AugmentRequest | None = None
    edge_cases: EdgeCaseRequest | None = None
    balance: BalanceRequest | None = None
    quality: QualityRequest = Field(default_factory=QualityRequest)
    formats: tuple[Annotated[ExportRequest, BeforeValidator(_named)], ...] = ()
    card: bool = True
    alerts: MonitoringConfig | None = None
    target: str | None = None
    library: dict[str, JsonObject] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not (self.parts or self.edge_cases or self.balance):
            raise ConfigError("parts", [], "nothing is asked for; give a part with scenarios and episodes")
        if self.batches > max(self.episodes, 1):
            raise ConfigError(
                "batches", self.batches, f"more than the {self.episodes} episodes; ask for fewer"
            )
        for part in (*self.parts, self.edge_cases, self.balance):
            if part is not None and part.duration_s < self.dt_s:
                raise ConfigError(
                    "dt", self.dt_s, f"longer than an episode of {part.duration_s:g} s; shorten it"
                )
        labels = [export.label for export in self.formats]
        if twice := sorted({label for label in labels if labels.count(label) > 1}):
            raise ConfigError("formats", twice[0], "asked for twice; keep one")
        for field, split in self._named_splits():
            if split not in self.splits.shares:
                known = ", ".join(self.splits.shares)
                raise ConfigError(field, split, f"no split of this manifest; it has {known}")
        return self

    @property
    def is_remote(self) -> bool:
        """Whether the target is a URL."""
        return self.target is not None and "://" in self.target

    def _named_splits(self) -> list[tuple[str, str]]:
        copied = self.augment.splits if self.augment and self.augment.splits else ()
        exported = [(f"formats.{at}.split", one.split) for at, one in enumerate(self.formats) if one.split]
        return [*(("augment.splits", split) for split in copied), *exported]

    @property
    def episodes(self) -> int:
        """Episodes of all parts."""
        return sum(part.episodes for part in self.parts)

    @property
    def plain(self) -> dict[str, Any]:
        """The manifest as plain data, as it may be written in YAML; what is not said is left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    @property
    def group_count(self) -> int:
        """Groups (sites, homes) that all episodes are spread over."""
        total = self.episodes or (self.edge_cases.count if self.edge_cases else _GROUPED_EPISODES)
        return GenerationRequest(twin=self.twin, episodes=total, n_groups=self.groups).group_count

    @property
    def whole_request(self) -> GenerationRequest:
        """The parts as one request, for whoever adds to the dataset; the first part says how long."""
        first = next(one for one in (*self.parts, self.edge_cases, self.balance) if one is not None)
        patterns = tuple(dict.fromkeys(name for part in self.parts or (first,) for name in part.scenarios))
        return self.request(first.model_copy(update={"scenarios": patterns}), max(self.episodes, 1))

    def request(
        self, asked: DrawnEpisodes, episodes: int, sensing: JsonObject | None = None
    ) -> GenerationRequest:
        """Request of some episodes of the run, `sensing` being an option of the twin."""
        return GenerationRequest.parse({
            "twin": self.twin,
            "scenarios": asked.scenarios,
            "episodes": episodes,
            "duration_s": asked.duration_s,
            "dt_s": self.dt_s,
            "seed": self.seed,
            "n_groups": self.group_count,
            "options": asked.options if sensing is None else {**asked.options, **sensing},
            "library": {name: found for name, found in self.library.items() if name in asked.scenarios},
            "name": self.name,
        })  # fmt: skip


def difference(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """Every field in which two plain manifests differ, in words."""
    return list(_differences("", there, here))


def _differences(path: str, there: Any, here: Any) -> list[str]:
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        keys: list[Any] = list(dict.fromkeys([*there, *here]))
        pairs = [(str(key), there.get(key, _ABSENT), here.get(key, _ABSENT)) for key in keys]
    elif isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        pairs = [(str(at), a, b) for at, (a, b) in enumerate(zip(there, here, strict=True))]
    else:
        return [] if there == here else [f"{path} is {_said(there)} there, {_said(here)} here"]
    found = []
    for name, a, b in pairs:
        found += _differences(f"{path}.{name}" if path else name, a, b)
    return found


_ABSENT: Final = object()


def _said(value: object) -> str:
    return "not given" if value is _ABSENT else repr(value)
