"""From a weak spot to what can be drawn: changes of scenarios that keep to their parameter spaces."""

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from pydantic import Field

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError
from envirosense.factory.edge_cases import Spacious
from envirosense.factory.planning import known_scenarios
from envirosense.factory.request import GenerationRequest
from envirosense.factory.twins import TWINS
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.active.scenario_space import Spaces
from envirosense.learning.tasks import ModelTask
from envirosense.scenarios.definition_spaces import distribution
from envirosense.scenarios.distributions import is_number
from envirosense.scenarios.document import SpreadDefinition
from envirosense.scenarios.parameters import ParameterSpace
from envirosense.scenarios.sampling import narrowed

_PREFIX: Final = "parameters."


class Drawable(Protocol):
    """What asking needs of a twin with a task; every `LoopSubject` is one."""

    name: str
    task: ModelTask

    def request(self, episodes: int, seed: int) -> GenerationRequest:
        """Even draws."""
        ...

    def request_for(self, spot: WeakSpot, episodes: int, seed: int) -> GenerationRequest:
        """Draws from a weak spot; a ConfigError names what cannot be drawn."""
        ...


class Delta(FrozenModel):
    """One parameter drawn otherwise, spreads as scenario files write them."""

    usual: str
    asked: dict[str, Any]
    unit: str


class ScenarioModification(FrozenModel):
    """What a weak spot changes about scenarios, checked against their spaces and the twin.

    Attributes:
        spot: What the factory is asked for; None where nothing of it can be drawn.
        deltas: By scenario and parameter; what no space holds, such as weather, is in `spot` alone.
        left_out: Conditions of the weak spot that the twin cannot draw, with its reasons.
        refusal: Why there is no spot.
    """

    reason: str
    spot: WeakSpot | None = None
    deltas: dict[str, dict[str, Delta]] = Field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    refusal: str = ""

    def definition(self, scenario: str, name: str) -> dict[str, Any]:
        """The change as a scenario file: a scenario of this id that extends the other.

        Raises:
            ConfigError: if nothing about that scenario is changed.
        """
        if scenario not in self.deltas:
            raise ConfigError(
                "scenario", scenario, f"not changed; choose from {', '.join(self.deltas) or 'none'}"
            )
        parameters = {key: dict(delta.asked) for key, delta in self.deltas[scenario].items()}
        return {"id": name, "extends": scenario, "description": self.reason, "parameters": parameters}


@dataclass(frozen=True, slots=True)
class Reach:
    """What a subject's twin can draw: its scenarios, and the spaces that it shows."""

    subject: Drawable
    scenarios: tuple[str, ...]
    spaces: Spaces

    @classmethod
    def of(cls, subject: Drawable, spaces: Spaces | None = None) -> "Reach":
        """Reach of a subject; `spaces` instead of those that its twin shows."""
        if spaces is not None:
            return cls(subject, tuple(sorted(spaces)), spaces)
        request = subject.request(1, 0)
        twin = TWINS[request.twin]()
        ids = known_scenarios(request, twin)
        shown = {one: twin.space(one) for one in ids} if isinstance(twin, Spacious) else {}
        return cls(subject, ids, shown)

    def modification(self, spot: WeakSpot) -> ScenarioModification:
        """The spot as far as it can be drawn; a condition that the twin refuses is left out by name."""
        matched = fnmatch.filter(self.scenarios, spot.scenario)
        if not matched:
            fix = f"no scenario of the loop is {spot.scenario!r}"
            return ScenarioModification(reason=spot.reason, refusal=fix)
        wanted, left_out = dict(spot.parameters), list[str]()
        while True:
            asked = spot.model_copy(update={"parameters": self._cut(matched, wanted)})
            try:
                self.subject.request_for(asked, 1, 0)
                deltas = self._deltas(matched, asked)
            except ConfigError as error:
                name = _named(error, wanted)
                if name is None:
                    return ScenarioModification(
                        reason=spot.reason, left_out=tuple(left_out), refusal=str(error)
                    )
                left_out.append(str(error))
                del wanted[name]
                continue
            if not wanted and (left_out or not spot.parameters) and spot.scenario == "*":
                fix = "; ".join(left_out) or "it names no scenario and no range"
                return ScenarioModification(
                    reason=spot.reason,
                    left_out=tuple(left_out),
                    refusal=f"nothing is left to draw from: {fix}",
                )
            return ScenarioModification(
                reason=spot.reason, spot=asked, deltas=deltas, left_out=tuple(left_out)
            )

    def _cut(self, matched: Sequence[str], wanted: Mapping[str, Any]) -> dict[str, Any]:
        """The ranges within what the scenario can give; of several, each cuts its own."""
        space = self.spaces.get(matched[0]) if len(matched) == 1 else None
        return {name: _within(space, name, value) if space else value for name, value in wanted.items()}

    def _deltas(self, matched: Sequence[str], spot: WeakSpot) -> dict[str, dict[str, Delta]]:
        """What changes in each scenario that can give all of the spot's parameters that any of them has.

        Raises:
            ConfigError: if none can.
        """
        shown = [one for one in matched if one in self.spaces]
        of_spaces = {name for one in shown for name in self.spaces[one].parameters}
        asked = {name: value for name, value in spot.parameters.items() if name in of_spaces}
        found: dict[str, dict[str, Delta]] = {}
        fault: ConfigError | None = None
        for scenario in shown if asked else ():
            try:
                found[scenario] = _changes(self.spaces[scenario], asked)
            except ConfigError as error:
                fault = error
        if fault is not None and not found:
            raise fault
        return found


def _changes(space: ParameterSpace, asked: Mapping[str, Any]) -> dict[str, Delta]:
    """Changes of one scenario.

    Raises:
        ConfigError: if it lacks a parameter, or a range leaves what it allows.
    """
    spot = WeakSpot(scenario="*", parameters={name: _within(space, name, asked[name]) for name in asked})
    spreads = spot.spreads()
    parsed = {name: SpreadDefinition.parse(one, f"{_PREFIX}{name}") for name, one in spreads.items()}
    narrowed(space, {name: distribution(one) for name, one in parsed.items()})
    return {
        name: Delta(
            usual=str(space.parameters[name].distribution), asked=spread, unit=space.parameters[name].unit
        )
        for name, spread in spreads.items()
    }


def _named(error: ConfigError, wanted: Mapping[str, Any]) -> str | None:
    """The parameter that an error is about."""
    for text in (error.field.removeprefix(_PREFIX), str(error.value)):
        if text in wanted:
            return text
    return None


def _within(space: ParameterSpace, name: str, value: Any) -> Any:
    """A range cut to what the space can give; as it is where that leaves nothing."""
    ends = _ends(space, name)
    if ends is None or not isinstance(value, list | tuple) or len(value) != 2:
        return value
    low, high = max(value[0], ends[0]), min(value[1], ends[1])
    if low > high:
        return value
    return [low, high] if low < high else low


def _ends(space: ParameterSpace, name: str) -> tuple[float, float] | None:
    """Least and greatest number of a parameter; None where it has none, or they depend on another."""
    if name not in space.parameters:
        return None
    spread = space.parameters[name].distribution
    try:
        low, high = spread.quantile(0.0, {}), spread.quantile(1.0, {})
    except ConfigError:
        return None
    return (low, high) if is_number(low) and is_number(high) else None
