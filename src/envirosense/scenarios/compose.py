"""Scenarios made of others: several acts at once, or one after another.

Every act keeps its own parameters, random streams, causes and labels; what one act causes in another is named
by `parent`. An act that starts later sees only the weather and load of its window.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, ClassVar

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid
from envirosense.core.rng import stream
from envirosense.scenarios.act_spaces import Different, different, joined_space
from envirosense.scenarios.act_windows import Window, placed
from envirosense.scenarios.acts import ActOf, check_names, coincidence, in_sequence
from envirosense.scenarios.base import BaseScenario, RngOf
from envirosense.scenarios.conditions import Conditions, Response
from envirosense.scenarios.forcing import Forcing
from envirosense.scenarios.labels import EventLabels, Labels
from envirosense.scenarios.parameters import Constraint

__all__ = ["ActOf", "CompositeScenario", "Different", "coincidence", "different", "in_sequence", "merged"]


class CompositeScenario(BaseScenario):
    """Several scenarios in one episode. An author writes `acts` and the texts.

    `space`, `phases` and `needs_transformer` come from the acts; so do `rate` and `expected_duration` where
    the author does not write them. `apart` names pairs of parameters that must differ; components of two
    acts of one class always do.
    """

    acts: ClassVar[tuple[ActOf, ...]] = ()
    apart: ClassVar[tuple[tuple[str, str], ...]] = ()
    constraints: ClassVar[tuple[Constraint, ...]] = ()  # across acts, by whole names

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Join what the acts bring.

        Raises:
            ConfigError: if acts have the same name, or hold the same component in two acts of one class.
            UnknownNameError: if a parent or parameter does not exist.
        """
        super().__init_subclass__(**kwargs)
        if not cls.acts:
            return
        check_names(cls.acts)
        if "space" not in vars(cls):  # a class made of a file may narrow it
            cls.space = joined_space(cls.acts, cls.apart, cls.constraints)
        cls.phases = tuple(dict.fromkeys(phase for act in cls.acts for phase in act.scenario.phases))
        cls.needs_transformer = any(act.scenario.needs_transformer for act in cls.acts)
        if not hasattr(cls, "rate") and all(hasattr(act.scenario, "rate") for act in cls.acts):
            cls.rate = coincidence([act.scenario.rate for act in cls.acts])
        if not hasattr(cls, "expected_duration"):
            cls.expected_duration = max(act.scenario.expected_duration for act in cls.acts)
        if not hasattr(cls, "difficulty_level"):
            cls.difficulty_level = "unmeasured"

    def __init__(self, params: Mapping[str, Any]) -> None:
        """Scenario with checked parameters, and with the scenario of every act.

        Raises:
            ConfigError: if a parameter is unknown, missing or out of range.
        """
        super().__init__(params)
        self.scenes: dict[str, BaseScenario] = {
            act.name: act.scenario(act.parameters_of(self.params)) for act in self.acts
        }

    @property
    def n_causes(self) -> int:
        """How many causes all acts give."""
        return sum(scene.n_causes for scene in self.scenes.values())

    def act_conditions(self, act: ActOf, conditions: Conditions, earlier: Sequence[Forcing]) -> Conditions:
        """What an act starts from, over the whole episode; `earlier` are the causes of the acts before it.

        An author whose second act must feel what the first does changes it here.
        """
        return conditions

    def causes(self, conditions: Conditions, rng_of: RngOf) -> tuple[Forcing, ...]:
        """Causes of every act in order, laid into the episode.

        Raises:
            ConfigError: if two acts ask for the same joint, wood or surface.
        """
        found: list[Forcing] = []
        for act in self.acts:
            window = Window.of(conditions.grid, act.begin, act.end)
            own = window.conditions(self.act_conditions(act, conditions, tuple(found)))
            scene = self.scenes[act.name]
            streams = _streams_of(f"{self.scenario_id}/{act.name}", scene.scenario_id, rng_of)
            found += [placed(forcing, window, act.name) for forcing in scene.causes(own, streams)]
        _require_no_conflict(self.acts, self.scenes, found)
        return tuple(found)

    def all_labels(
        self, forcings: Sequence[Forcing], responses: Sequence[Response], grid: TimeGrid
    ) -> Labels:
        """Events of every act in order, each from its own answer; parents count all of them.

        An event that began before what the author names as its cause has none.
        """
        events: list[EventLabels] = []
        first_of: dict[str, int | None] = {}
        for act, place in zip(self.acts, self._places(), strict=True):
            window = Window.of(grid, act.begin, act.end)
            answers = [window.response(response) for response in responses[place]]
            own = self.scenes[act.name].all_labels(forcings[place], answers, window.label_grid).events
            cause = first_of.get(act.parent) if act.parent else None
            first_of[act.name] = len(events) if own else None
            shift = len(events)
            for event in own:
                found = window.event(event)
                parent = None if cause is None or _begins(found) < _begins(events[cause]) else cause
                if event.parent is not None:
                    parent = event.parent + shift
                events.append(replace(found, parent=parent, cause=place.start + event.cause))
        return Labels(tuple(events))

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """All causes as one, for a person who looks; the world takes `causes`."""
        seeds = {act.name: int(rng.integers(2**63)) for act in self.acts}
        prefix = f"{self.scenario_id}/"

        def rng_of(name: str) -> np.random.Generator:
            act, _, rest = name.removeprefix(prefix).partition("/")
            return stream(seeds[act], "act", rest)

        return merged(self.causes(conditions, rng_of))

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """Refused: one answer does not say which act it belongs to.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            f"{self.scenario_id} has {self.n_causes} causes; call all_labels with an answer to each"
        )

    def _places(self) -> Iterator[slice]:
        first = 0
        for act in self.acts:
            n = self.scenes[act.name].n_causes
            yield slice(first, first + n)
            first += n


def _begins(event: EventLabels) -> int:
    """First active tick."""
    return int(np.argmax(event.active))


def merged(forcings: Sequence[Forcing]) -> Forcing:
    """Several forcings as one; states are called `number.name`."""
    causes = {
        f.name: tuple(cause for forcing in forcings for cause in getattr(forcing, f.name))
        for f in fields(Forcing)
        if f.name not in ("acts_on", "states")
    }
    states = {f"{i}.{name}": v for i, forcing in enumerate(forcings) for name, v in forcing.states.items()}
    acts_on = next((forcing.acts_on for forcing in forcings if forcing.acts_on is not None), None)
    return Forcing(**causes, acts_on=acts_on, states=states)


def _require_no_conflict(
    acts: Sequence[ActOf], scenes: Mapping[str, BaseScenario], forcings: Sequence[Forcing]
) -> None:
    owners = [act.name for act in acts for _ in range(scenes[act.name].n_causes)]
    taken: dict[tuple[str, str], str] = {}
    for owner, forcing in zip(owners, forcings, strict=True):
        claims = {("wood", fuel.component) for fuel in forcing.fuels}
        claims |= {("joint", joint.component) for joint in forcing.joints}
        claims |= {("surface", surface.component) for surface in forcing.surfaces}
        for claim in sorted(claims):
            if taken.setdefault(claim, owner) != owner:
                kind, component = claim
                fix = f"acts {taken[claim]} and {owner} both use this {kind}; name the parameters in `apart`"
                raise ConfigError("component", component, fix)


def _streams_of(prefix: str, own_id: str, rng_of: RngOf) -> RngOf:
    """Streams of an act under its own name: `fire/x` -> prefix, `multi_factor/y/act` -> prefix/act."""
    return lambda name: rng_of(prefix + name.removeprefix(own_id))
