"""Balanced sets: a search for the episodes that hold so many of each class."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from sys import intern
from typing import Final, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.datasets.packed_specs import PackedSpecs
from envirosense.factory.classes import UNNAMED, ClassDefinitions, episode_type
from envirosense.factory.noted import Watch
from envirosense.factory.packed_facts import PackedFacts
from envirosense.factory.quotas import Quotas, Unit, most_of_one
from envirosense.factory.twins import TwinFactory

_ROUND: Final = 64  # candidates looked at between two decisions, at most
_CANDIDATES_PER_EPISODE: Final = 20
_RELUCTANT: Final = 4.0  # times as many tries per find as the best scenario: left out while others give


@runtime_checkable
class Labeller(Protocol):
    """A twin that can label a world without sensing it, which is much cheaper."""

    def label(self, spec: EpisodeSpec) -> pa.Table:
        """Labels that an episode of this spec would have."""
        ...


@dataclass(frozen=True, slots=True)
class Look:
    """What a candidate turned out to hold."""

    event_type: str
    kind: str | None  # class of the episode, None if no class claims it
    ticks: Mapping[str, int]  # by class
    reason: str = ""  # why it failed, "" otherwise


def look_at(make_twin: TwinFactory, definitions: ClassDefinitions, spec: EpisodeSpec) -> Look:
    """What an episode holds, from its labels as simulated; what a worker runs."""
    try:
        labels = _labels(make_twin, spec)
    except Exception as error:  # one bad draw is an outcome, as in a shard; enough of them end the search
        return Look("failed", None, {}, f"{type(error).__name__}: {error}")
    places = definitions.of_ticks(labels, spec.scenario, spec.grid.n)
    counts = np.bincount(places[places != UNNAMED], minlength=len(definitions.names))
    ticks = {name: int(n) for name, n in zip(definitions.names, counts, strict=True) if n}
    return Look(episode_type(labels, definitions.types), definitions.of_episode(labels, spec.scenario), ticks)


def _labels(make_twin: TwinFactory, spec: EpisodeSpec) -> pa.Table | None:
    twin = make_twin()
    if isinstance(twin, Labeller):
        return twin.label(spec)
    watch = Watch(None, ("labels",))
    twin.simulate(spec, watch)
    return watch.seen.get("labels")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The episodes of a set, packed: specs, class of each, and facts by episode id.

    The facts are `class`, and in `samples` how many ticks are samples of each class.
    """

    specs: PackedSpecs = field(default_factory=PackedSpecs)
    kinds: list[str] = field(default_factory=list)
    facts: PackedFacts = field(default_factory=PackedFacts)

    def add(self, spec: EpisodeSpec, kind: str, samples: Mapping[str, int]) -> None:
        """Take one in."""
        self.specs.append(spec)
        self.kinds.append(intern(kind))
        self.facts.add(self.specs.fingerprint(-1)[:16], {"class": kind, "samples": dict(samples)})

    def __len__(self) -> int:
        return len(self.specs)


@dataclass(slots=True)
class Search:
    """A search for the episodes of a balanced set.

    Scenarios are tried in turn; those that gave a class with the fewest tries are tried again for it, each as
    often as the others. What is found depends on the seed alone, never on who looks.
    """

    scenarios: Sequence[str]
    definitions: ClassDefinitions
    wanted: Quotas
    unit: Unit
    most_candidates: int
    chosen: Chosen = field(default_factory=Chosen)
    found: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)  # of the candidates
    failure: str = ""  # of the first candidate that failed
    n_candidates: int = 0
    _most: Mapping[str, int] = field(init=False)
    _tried: Counter[str] = field(default_factory=Counter)
    _gave: Counter[tuple[str, str]] = field(default_factory=Counter)
    _kept: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Settle what one episode may give."""
        self._most = most_of_one(self.wanted, self.unit)

    @property
    def missing(self) -> dict[str, int]:
        """Classes that are short, with how many they lack."""
        return {name: n - self.found[name] for name, n in self.wanted.items() if n > self.found[name]}

    def run(
        self,
        draw: Callable[[str, int], EpisodeSpec],
        look: Callable[[list[EpisodeSpec]], Iterable[Look]],
        told: Callable[[int, int], None] | None = None,
    ) -> Chosen:
        """Episodes that hold exactly what is wanted.

        Args:
            draw: spec of turn n of a scenario.
            look: what some candidates hold, in their order.
            told: hears how many are found, and of how many.

        Raises:
            ConfigError: naming the class that cannot be met, and what was found instead.
        """
        total = sum(self.wanted.values())
        while self.missing:
            specs = [draw(scenario, turn) for scenario, turn in self._next_round()]
            if not specs:
                raise self._impossible()
            for spec, seen in zip(specs, look(specs), strict=True):
                self._consider(spec, seen)
                if told is not None:
                    told(self.found.total(), total)
        return self.chosen

    def _next_round(self) -> list[tuple[str, int]]:
        """Scenario and turn of the next candidates: as many as are missing, within the bounds."""
        left = Counter(self.missing)
        needed = sum(-(-n // self._most[name]) for name, n in left.items())
        planned: list[tuple[str, int]] = []
        hoped = self._kept.copy()
        for _ in range(min(needed, _ROUND, self.most_candidates - self.n_candidates)):
            ((name, _),) = left.most_common(1)
            left[name] -= self._most[name]
            scenario = self._scenario_for(name, hoped)
            hoped[scenario, name] += 1
            planned.append((scenario, self._tried[scenario]))
            self._tried[scenario] += 1
        return planned

    def _scenario_for(self, name: str, hoped: Mapping[tuple[str, str], int]) -> str:
        """Scenario to try for a class: of those that give it willingly, the one that gave least."""
        tries = {one: self._tried[one] / (1 + self._gave[one, name]) for one in self.scenarios}
        willing = [one for one in self.scenarios if tries[one] <= _RELUCTANT * min(tries.values())]
        return min(willing, key=lambda one: (hoped.get((one, name), 0), self._tried[one]))

    def _consider(self, spec: EpisodeSpec, seen: Look) -> None:
        self.n_candidates += 1
        self.types[seen.event_type] += 1
        self.failure = self.failure or seen.reason
        held = dict(seen.ticks) if self.unit == "samples" else ({seen.kind: 1} if seen.kind else {})
        missing = self.missing
        taken = {name: min(n, missing[name], self._most[name]) for name, n in held.items() if name in missing}
        for name in held:
            self._gave[spec.scenario, name] += 1
        for name, n in taken.items():
            self._kept[spec.scenario, name] += 1
            self.found[name] += n
        if taken:
            kind = seen.kind or max(taken, key=lambda name: taken[name])
            self.chosen.add(spec, kind, taken if self.unit == "samples" else {})

    def _impossible(self) -> ConfigError:
        name = max(self.missing, key=lambda one: self.missing[one] / self.wanted[one])
        seen = ", ".join(f"{kind} {n}" for kind, n in self.types.most_common())
        claims = ", ".join(self.definitions.claims_of(name))
        failed = f"; the first to fail: {self.failure}" if self.failure else ""
        fix = (
            f"class {name!r} ({claims}) has {self.found[name]} of {self.wanted[name]} {self.unit} after "
            f"{self.n_candidates} candidates, whose most severe events were: {seen}{failed}; add "
            "scenarios that bring it, lengthen the episodes, ask for less of it, or raise max_candidates"
        )
        return ConfigError("target_distribution", name, fix)


def default_candidates(wanted: Quotas, unit: Unit, n_scenarios: int) -> int:
    """Candidates after which a search gives up."""
    most = most_of_one(wanted, unit)
    needed = sum(-(-n // most[name]) for name, n in wanted.items())
    return _CANDIDATES_PER_EPISODE * (needed + n_scenarios)


def require_reachable(definitions: ClassDefinitions, wanted: Quotas, scenarios: Sequence[str]) -> None:
    """Refuse classes that are not defined, or whose patterns fit no scenario given, before anything is run.

    Raises:
        UnknownNameError: for a class without a definition.
        ConfigError: naming the class and its patterns.
    """
    for name in wanted:
        if name not in definitions.names:
            raise UnknownNameError("class", name, definitions.names)
        claims = definitions.claims_of(name)
        fitting = any(fnmatchcase(one, claim) for one in scenarios for claim in claims)
        if wanted[name] and not fitting and all("/" in claim for claim in claims):
            fix = f"class {name!r} cannot be met: {', '.join(claims)} fits none of {', '.join(scenarios)}"
            raise ConfigError("target_distribution", name, fix)
