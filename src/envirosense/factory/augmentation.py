"""Other episodes made of episodes: what an augmentation is, recipes of them, and the copies of one episode.

An augmentation changes what an episode is asked to be, never its arrays: a copy is simulated like any other
episode, so its labels are true and the same spec gives the same bytes.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Self

import numpy as np
from pydantic import Field

from envirosense.core.config import FrozenModel, load_yaml
from envirosense.core.episode import ID_DIGITS, EpisodeSpec, JsonObject
from envirosense.core.errors import ConfigError, EnviroSenseError, UnknownNameError
from envirosense.core.registry import Registry
from envirosense.core.rng import stream

AUGMENTATIONS: Registry[type["Augmentation"]] = Registry("augmentation", "envirosense.augmentations")
"""Augmentations by `TWIN/NAME`; a recipe says the name alone."""

MOST_TRIES: Final = 20  # draws of a copy until one differs from every other episode
NO_OTHER: Final = "the recipe makes no other copy of the episode"
IS_SO: Final = "what it sets is so already"
KEPT: Final = ("twin", "scenario", "group", "definition", "schema_version")  # fields that a copy shares


class NotApplicable(EnviroSenseError):
    """An augmentation that finds nothing to change in an episode; the message says why."""


class Augmentation(FrozenModel, ABC):
    """One way to make another episode of an episode; its fields are its parameters.

    `drawn` makes every random choice and `applied` is a function of spec and choices alone, so what a copy
    records makes the copy again.
    """

    @abstractmethod
    def drawn(self, spec: EpisodeSpec, rng: np.random.Generator) -> JsonObject:
        """What is to be changed in this episode, as plain data.

        Raises:
            NotApplicable: if there is nothing to change.
        """

    @classmethod
    @abstractmethod
    def applied(cls, spec: EpisodeSpec, drawn: Mapping[str, Any]) -> EpisodeSpec:
        """Spec of the episode after the change."""

    def __call__(self, spec: EpisodeSpec, rng: np.random.Generator) -> EpisodeSpec:
        """Spec of another episode."""
        return self.applied(spec, self.drawn(spec, rng))


class Step(FrozenModel):
    """One augmentation of a recipe: which, with which parameters, and in what share of the copies."""

    name: str
    parameters: JsonObject = Field(default_factory=dict)
    probability: Annotated[float, Field(ge=0.01, le=1)] = 1.0


class Recipe(FrozenModel):
    """Augmentations in the order in which a copy goes through them."""

    steps: tuple[Step, ...] = Field(min_length=1)

    @classmethod
    def of(cls, value: "Recipe | Mapping[str, Any] | Sequence[Any]") -> Self:
        """Recipe from plain data: `{steps: [...]}`, or the list of steps alone.

        Raises:
            ConfigError: naming the field that does not fit.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, Mapping):
            return cls.parse(value, "recipe")
        if isinstance(value, Sequence) and not isinstance(value, str):
            return cls.parse({"steps": list(value)}, "recipe")
        raise ConfigError("recipe", value, "must be a list of steps {name, parameters, probability}")


def read_recipe(path: Path | str) -> Recipe:
    """Recipe in a YAML or JSON file that holds `steps`."""
    return Recipe.of(load_yaml(Path(path)))


def augmentations_of(twin: str) -> tuple[str, ...]:
    """Names of the augmentations that a twin has, sorted."""
    start = f"{twin}/"
    return tuple(name.removeprefix(start) for name in AUGMENTATIONS if name.startswith(start))


@dataclass(frozen=True, slots=True)
class Copy:
    """An augmented episode and where it comes from."""

    spec: EpisodeSpec
    parent_id: str
    number: int  # among the copies of its parent, from 0
    steps: tuple[JsonObject, ...]  # {name, parameters}: what was drawn, in order
    fingerprint: str  # of the spec, which takes half a millisecond to find

    @property
    def origin(self) -> JsonObject:
        """Parent, number and steps as plain data, as the episode's summary keeps them."""
        return {"parent_episode_id": self.parent_id, "copy": self.number, "steps": list(self.steps)}


def replayed(parent: EpisodeSpec, steps: Sequence[Mapping[str, Any]]) -> EpisodeSpec:
    """Spec of the copy that the recorded steps make of a parent."""
    spec = parent
    for step in steps:
        spec = AUGMENTATIONS[f"{spec.twin}/{step['name']}"].applied(spec, step["parameters"])
    return spec


@dataclass(slots=True)
class _Tally:
    """How often a step was taken and changed something, and why not."""

    n_taken: int = 0
    n_changed: int = 0
    reason: str = IS_SO


@dataclass(slots=True)
class Augmenter:
    """Makes the copies of one dataset's episodes; the copies of an episode do not depend on the others."""

    twin: str
    recipe: Recipe
    seed: int
    _chosen: tuple[tuple[Step, Augmentation], ...] = field(init=False)
    _tallies: tuple[_Tally, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Check every step.

        Raises:
            UnknownNameError: for an augmentation that the twin has not.
            ConfigError: if the twin has none, or parameters are out of range.
        """
        known = augmentations_of(self.twin)
        if not known:
            fix = "has no augmentations; its package registers them as TWIN/NAME in envirosense.augmentations"
            raise ConfigError("twin", self.twin, fix)
        for step in self.recipe.steps:
            if step.name not in known:
                raise UnknownNameError("augmentation", step.name, known)
        self._chosen = tuple(
            (step, AUGMENTATIONS[f"{self.twin}/{step.name}"].parse(step.parameters, f"steps.{i}.parameters"))
            for i, step in enumerate(self.recipe.steps)
        )
        self._tallies = tuple(_Tally() for _ in self._chosen)

    def copies(self, parent: EpisodeSpec, count: int, taken: set[str]) -> Iterator[Copy]:
        """Copies of an episode that differ from all in `taken` (fingerprints), to which they are added.

        Raises:
            NotApplicable: once there is no other copy, or if no step changes anything in this episode.
        """
        mark = parent.fingerprint
        for number in range(count):
            found = self._copy(parent, mark, number, taken)
            taken.add(found.fingerprint)
            yield found

    def _copy(self, parent: EpisodeSpec, mark: str, number: int, taken: set[str]) -> Copy:
        reasons: dict[str, None] = {}
        for attempt in range(MOST_TRIES):
            found = self._tried(parent, mark, number, attempt, reasons)
            if found.steps and found.fingerprint not in taken:
                return found
            if found.steps:
                reasons = {NO_OTHER: None}
        raise NotApplicable("; ".join(reasons))

    def _tried(
        self, parent: EpisodeSpec, mark: str, number: int, attempt: int, reasons: dict[str, None]
    ) -> Copy:
        """One draw of a copy; without steps if nothing changed, for the `reasons` that are added."""
        parent_id = mark[:ID_DIGITS]

        def rng(*names: str | int) -> np.random.Generator:
            return stream(self.seed, "augment", parent_id, number, attempt, *names)

        spec, steps = parent, list[JsonObject]()
        for i in self._taken_steps(rng("steps")):
            step, augmentation = self._chosen[i]
            tally = self._tallies[i]
            tally.n_taken += 1
            nth = sum(earlier.name == step.name for earlier in self.recipe.steps[:i])
            try:
                drawn = augmentation.drawn(spec, rng("draw", step.name, nth))
            except NotApplicable as reason:
                tally.reason = str(reason)
                reasons[tally.reason] = None
                continue
            changed = augmentation.applied(spec, drawn)
            _require_kept(step.name, spec, changed)
            if (changed_mark := changed.fingerprint) == mark:
                reasons[IS_SO] = None
                continue
            tally.n_changed += 1
            steps.append({"name": step.name, "parameters": drawn})
            spec, mark = changed, changed_mark
        return Copy(spec, parent_id, number, tuple(steps), mark)

    def _taken_steps(self, rng: np.random.Generator) -> tuple[int, ...]:
        """Places of the steps that a copy goes through, at least one."""
        probability = np.array([step.probability for step in self.recipe.steps])
        while True:
            taken = np.flatnonzero(rng.random(probability.size) < probability)
            if taken.size:
                return tuple(taken.tolist())

    def require_effective(self) -> None:
        """Refuse a step that never changed anything.

        Raises:
            ConfigError: naming the step and why.
        """
        for i, tally in enumerate(self._tallies):
            if tally.n_taken and not tally.n_changed:
                fix = f"changes nothing in this dataset ({tally.reason}); leave it out"
                raise ConfigError(f"steps.{i}", self.recipe.steps[i].name, fix)


def _require_kept(name: str, before: EpisodeSpec, after: EpisodeSpec) -> None:
    """Refuse an augmentation that makes another kind of episode: its copies could leave their split."""
    for part in KEPT:
        if getattr(before, part) != getattr(after, part):
            fix = f"changed the {part} of an episode, which a copy must share with its parent"
            raise ConfigError("augmentation", name, fix)
