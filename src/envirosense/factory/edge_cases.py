"""Edge cases: draws of scenarios, modified by the strategies of `scenarios.edge_cases`."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
from pydantic import JsonValue

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.rng import derived_seed
from envirosense.datasets.dataset import DatasetView
from envirosense.datasets.packed_specs import PackedSpecs
from envirosense.datasets.schema import Column, stream_schema
from envirosense.factory.job import Draws
from envirosense.factory.noted import Seen
from envirosense.factory.packed_facts import PackedFacts
from envirosense.scenarios.coverage import is_movable, options_of
from envirosense.scenarios.distributions import ParameterValue
from envirosense.scenarios.edge_cases import STRATEGIES, EdgeCase, Settings, Strategy, each_edge_case, rarity
from envirosense.scenarios.parameters import ParameterSpace

FACT: Final = "edge_case"  # name in the summary of an episode
MEANINGS: Final[JsonObject] = {
    "parent_episode": "id of the same draw before it was modified: same world, site, weather and seeds",
    "rarity": (
        "probability that draws from the scenario's own distributions are as far out in everything that the "
        "strategy set, taken as independent; 0 at a bound, which a continuous draw never meets"
    ),
    "confidence": (
        "how far the readings can bear out the label: share of the labelled ticks by which a sensor could "
        "have seen their event; none where nothing is labelled"
    ),
}

COLUMNS: Final = (
    Column("episode_id", pa.string(), "", "the modified episode", False),
    Column("parent_episode", pa.string(), "", str(MEANINGS["parent_episode"]), False),
    Column("scenario", pa.string(), "", "scenario, category/name", False),
    Column("split", pa.string(), "", "split the episode belongs to", False),
    Column("strategy", pa.string(), "", "how it was modified", False),
    Column("changed", pa.list_(pa.string()), "", "parameters that are not the parent's", False),
    Column("rarity", pa.float64(), "1", str(MEANINGS["rarity"]), False),
    Column("confidence", pa.float64(), "1", str(MEANINGS["confidence"])),
)


@runtime_checkable
class Spacious(Protocol):
    """A twin that shows the parameter spaces of its scenarios, so that draws can be modified."""

    def space(self, scenario: str) -> ParameterSpace:
        """Parameters with their spreads and constraints."""
        ...


@dataclass(frozen=True, slots=True)
class ModifiedSpec:
    """An edge case: what to run, and where it comes from."""

    spec: EpisodeSpec
    strategy: Strategy
    origin: JsonObject


@dataclass(frozen=True, slots=True)
class EdgeCases:
    """Edge cases of a whole run, packed: specs, strategies, and origins by episode id."""

    specs: PackedSpecs = field(default_factory=PackedSpecs)
    strategies: list[Strategy] = field(default_factory=list)
    origins: PackedFacts = field(default_factory=PackedFacts)

    def add(self, case: ModifiedSpec) -> None:
        """Take one in."""
        self.specs.append(case.spec)
        self.strategies.append(case.strategy)
        self.origins.add(self.specs.fingerprint(-1)[:16], case.origin)

    def __len__(self) -> int:
        return len(self.specs)


@dataclass(frozen=True, slots=True)
class EdgeNote:
    """Adds origin and confidence to the summary of each edge case; `origins` is by episode id."""

    origins: Mapping[str, JsonObject]
    streams: tuple[str, ...] = ("labels", "observability")

    def facts(self, spec: EpisodeSpec, seen: Seen) -> JsonObject:
        """Strategy, parent, rarity and confidence."""
        confidence = visible_share(seen.get("labels"), seen.get("observability"), spec.grid.dt_s)
        return {FACT: {**self.origins[spec.episode_id], "confidence": confidence}}

    def for_episodes(self, ids: Collection[str]) -> "EdgeNote":
        """The same for some episodes."""
        return replace(self, origins={one: self.origins[one] for one in ids})

    def rows(self, spec: EpisodeSpec, seen: Seen) -> Mapping[str, pa.RecordBatch]:
        """No stream of its own."""
        return {}


def visible_share(labels: pa.Table | None, observability: pa.Table | None, dt_s: float) -> float | None:
    """Share of the labelled ticks by which a sensor could have seen their event; None for no labels."""
    if labels is None or not labels.num_rows:
        return None
    first_s: dict[int, float] = {}
    for row in observability.to_pylist() if observability is not None else ():
        seen_s = row["first_detectable_s"] if row["detectable"] else None
        if seen_s is not None:
            first_s[row["event_id"]] = min(seen_s, first_s.get(row["event_id"], np.inf))
    starts_s = np.array([first_s.get(event, np.inf) for event in labels["event_id"].to_pylist()])
    ends_s = (labels["tick"].to_numpy() + 1) * dt_s
    return float(np.mean(starts_s < ends_s))


def draw_edge_cases(draws: Draws, strategies: Sequence[str], count: int) -> EdgeCases:
    """As many edge cases as asked for, dealt in turn over scenarios x strategies.

    A pair that is impossible (a scenario without numbers has no ends) leaves its part to the others.

    Raises:
        ConfigError: if a strategy is unknown, no pair is possible, or constraints refuse all of one.
    """
    twin, seed = draws.twin, draws.request.seed
    if not isinstance(twin, Spacious):
        raise ConfigError("twin", twin.name, "does not show its parameter spaces, so nothing can be modified")
    chosen = _strategies(strategies)
    spaces = {scenario: twin.space(scenario) for scenario in draws.ids}
    cells = [
        (strategy, scenario)
        for strategy, scenario in _pairs(chosen, draws.ids)
        if _is_possible(spaces[scenario], strategy)
    ]
    if not cells:
        fix = (
            f"{', '.join(chosen)} can set nothing in {', '.join(draws.ids)}; choose scenarios with parameters"
        )
        raise ConfigError("modification_strategies", list(chosen), fix)
    each = -(-count // len(cells))
    cases = {
        (strategy, scenario): _cases(scenario, spaces[scenario], strategy, each, seed)
        for strategy, scenario in cells[:count]
    }
    turns = dict.fromkeys(draws.ids, 0)
    found = EdgeCases()
    for place in range(count):
        cell = cells[place % len(cells)]
        scenario = cell[1]
        found.add(modified(draws.spec(scenario, turns[scenario]), spaces[scenario], next(cases[cell])))
        turns[scenario] += 1
    return found


def _pairs(strategies: Sequence[Strategy], scenarios: Sequence[str]) -> Iterator[tuple[Strategy, str]]:
    """Every pair, so ordered that a few already hold many strategies and scenarios."""
    for shift in range(len(strategies)):
        for place, scenario in enumerate(scenarios):
            yield strategies[(place + shift) % len(strategies)], scenario


def modified(parent: EpisodeSpec, space: ParameterSpace, case: EdgeCase) -> ModifiedSpec:
    """The parent with what the case sets, and as much else of the parent as the constraints leave."""
    values = _with_parent(parent.params, space, case)
    spec = parent.model_copy(update={"params": values, "importance_weight": 1.0})
    changed: list[JsonValue] = [name for name, value in values.items() if value != parent.params.get(name)]
    origin: JsonObject = {
        "strategy": case.strategy,
        "parent_episode": parent.episode_id,
        "settings": dict(case.settings),
        "changed": changed,
        "rarity": rarity(space, case.settings, values),
    }
    return ModifiedSpec(spec, case.strategy, origin)


def _with_parent(
    params: Mapping[str, JsonValue], space: ParameterSpace, case: EdgeCase
) -> dict[str, ParameterValue]:
    """What the case sets beside the parent's values; all of the case's own where constraints refuse that."""
    values: dict[str, ParameterValue] = {}
    for name, parameter in space.parameters.items():
        kept = params.get(name)
        if name in case.settings:
            values[name] = _set_value(space, name, case.settings, values)
        elif isinstance(kept, int | float | str) and parameter.distribution.allows(kept, values):
            values[name] = kept
        else:
            values[name] = case.values[name]
    try:
        space.check(values)
    except ConfigError:
        return dict(case.values)
    return values


def _set_value(
    space: ParameterSpace, name: str, settings: Settings, given: Mapping[str, ParameterValue]
) -> ParameterValue:
    setting = settings[name]
    if isinstance(setting, str):
        return setting
    return space.parameters[name].distribution.quantile(setting, given)


def _strategies(names: Sequence[str]) -> tuple[Strategy, ...]:
    if not names:
        raise ConfigError("modification_strategies", list(names), f"choose from {', '.join(STRATEGIES)}")
    for name in names:
        if name not in STRATEGIES:
            raise UnknownNameError("strategy", name, STRATEGIES)
    return tuple(strategy for strategy in STRATEGIES if strategy in names)


def _is_possible(space: ParameterSpace, strategy: Strategy) -> bool:
    """Whether a space has what a strategy sets: numbers, for pairs also options."""
    spreads = [parameter.distribution for parameter in space.parameters.values()]
    return any(is_movable(one) or (strategy == "pairwise" and options_of(one)) for one in spreads)


def _cases(
    scenario: str, space: ParameterSpace, strategy: Strategy, count: int, seed: int
) -> Iterator[EdgeCase]:
    try:
        yield from each_edge_case(space, strategy, count, derived_seed(seed, strategy, scenario))
    except ConfigError as error:
        fix = f"{strategy} of {scenario}: {error.fix}; leave one of them out"
        raise ConfigError("modification_strategies", strategy, fix) from None


def edge_case_table(view: DatasetView) -> pa.Table:
    """Where each edge case of a dataset comes from: one row an episode, columns as in `COLUMNS`."""
    rows = [
        {
            **episode.summary["facts"][FACT],
            "episode_id": episode.episode_id,
            "scenario": episode.scenario,
            "split": episode.split,
        }
        for episode in view
        if FACT in episode.summary["facts"]
    ]
    return pa.Table.from_pylist(rows, stream_schema(COLUMNS))
