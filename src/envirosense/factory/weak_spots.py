"""What an extension asks for: changes of the dataset's own request, or weak spots to fill."""

import fnmatch
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BeforeValidator, Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from envirosense.core.config import FrozenModel
from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.factory.request import GenerationRequest, _patterns, _plain


class WeakSpot(FrozenModel):
    """Scenarios that a model is weak on, and where in their parameters.

    `parameters` is a spread by name: `[low, high]`, a held value, or a mapping as in scenario files; they
    reach the twin as its option `ranges`. `reason` says where the weakness was seen, `origin` who saw
    it, such as `feedback`.
    """

    scenario: str  # id or pattern
    weight: PositiveFloat = 1.0  # share of the episodes, beside the other spots
    parameters: dict[str, Any] = Field(default_factory=dict)
    reason: str = ""
    origin: str = ""

    def spreads(self) -> dict[str, Any]:
        """Parameters as a twin's `ranges` has them."""
        return {name: _spread(value) for name, value in self.parameters.items()}


def _spread(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    if _is_range(value):
        return {"uniform": list(value)}
    return {"value": value}


def _is_range(value: Any) -> bool:
    is_pair = isinstance(value, list | tuple) and len(value) == 2
    return is_pair and all(isinstance(one, int | float) and not isinstance(one, bool) for one in value)


class Extension(FrozenModel):
    """Episodes to add to a dataset; a field left out is as in the dataset's own request.

    Either `scenarios`, dealt in rounds, or `weak_spots`, dealt by weight.
    """

    schema_version: Literal[1] = 1
    episodes: PositiveInt
    scenarios: Annotated[tuple[str, ...] | None, BeforeValidator(_patterns)] = None
    weak_spots: tuple[WeakSpot, ...] | None = None
    duration_s: PositiveFloat | None = None
    seed: NonNegativeInt | None = None
    n_groups: PositiveInt | None = None
    options: Annotated[JsonObject, BeforeValidator(_plain)] = Field(default_factory=dict)
    library: dict[str, JsonObject] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.weak_spots is not None and self.scenarios is not None:
            raise ValueError("give scenarios or weak_spots, not both")
        if self.scenarios == ():
            raise ValueError("scenarios names nothing; leave it out to take those of the dataset")
        if self.weak_spots == ():
            raise ValueError("weak_spots is empty: nothing to fill")
        return self

    def request(self, base: GenerationRequest) -> GenerationRequest:
        """The dataset's own request with these changes."""
        changes = {
            name: value
            for name in ("scenarios", "duration_s", "seed", "n_groups")
            if (value := getattr(self, name)) is not None
        }
        if self.weak_spots:
            changes["scenarios"] = tuple(dict.fromkeys(spot.scenario for spot in self.weak_spots))
        return base.model_copy(update={
            "n_groups": base.group_count,
            **changes,
            "episodes": self.episodes,
            "options": {**base.options, **self.options},
            "library": {**base.library, **self.library},
        })  # fmt: skip


def episodes_of_spots(weights: Sequence[float], episodes: int) -> list[int]:
    """Whole numbers in proportion to the weights, summing to `episodes`; the largest remainders round up."""
    share = np.asarray(weights, dtype=np.float64)
    exact = share / share.sum() * episodes
    counts = np.floor(exact).astype(int)
    most = np.argsort(counts - exact, kind="stable")[: episodes - counts.sum()]
    counts[most] += 1
    return [int(count) for count in counts]


def deal_spots(
    spots: Sequence[WeakSpot], known: Sequence[str], episodes: int, seed: int, first_index: int
) -> list[tuple[str, WeakSpot]]:
    """Scenario and spot of every episode, shuffled: a place must not tell the scenario."""
    dealt: list[tuple[str, WeakSpot]] = []
    for spot, count in zip(spots, episodes_of_spots([one.weight for one in spots], episodes), strict=True):
        ids = sorted(fnmatch.filter(known, spot.scenario))
        dealt += [(ids[turn % len(ids)], spot) for turn in range(count)]
    order = stream(seed, "weak spots", first_index).permutation(len(dealt))
    return [dealt[place] for place in order]


def require_within(spec: EpisodeSpec, spot: WeakSpot) -> None:
    """Refuse a draw that does not keep to its spot's ranges.

    Raises:
        ConfigError: if a parameter is not there, or the twin did not heed the range.
    """
    for name, wanted in spot.parameters.items():
        if name not in spec.params:
            known = ", ".join(sorted(spec.params)) or "none"
            raise ConfigError(
                f"parameters.{name}", wanted, f"{spec.scenario} has no such parameter (it has {known})"
            )
        value = spec.params[name]
        if _is_range(wanted):
            is_met = isinstance(value, int | float) and wanted[0] <= value <= wanted[1]
        else:
            is_met = isinstance(wanted, Mapping) or value == wanted
        if not is_met:
            fix = f"twin {spec.twin!r} drew {value!r}: it cannot draw {spec.scenario} from a range"
            raise ConfigError(f"parameters.{name}", wanted, f"{fix}; leave the parameter out")
