"""The same happening earlier or later in its episode."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.grid import TimeGrid
from envirosense.factory.augmentation import Augmentation, NotApplicable
from envirosense.pole.augmentations.spans import Span
from envirosense.pole.scenarios.lookalike.fireworks import FireworksScenario
from envirosense.scenarios import BaseScenario
from envirosense.scenarios.compose import ActOf, CompositeScenario
from envirosense.scenarios.definition import class_of
from envirosense.scenarios.distributions import Uniform, is_number
from envirosense.scenarios.parameters import ParameterSpace

# Parameters that name a moment, by the last part of their name: fractions of the episode, or hours
MOMENTS: Final = (
    "onset_fraction",
    "begin_fraction",
    "end_fraction",
    "closest_fraction",
    "aligned_fraction",
    "capacitor_fraction",
    "begins_h",
)
BY_THE_CLOCK: Final = (FireworksScenario,)  # their moment is a share of the evening


class OnsetShift(Augmentation):
    """Every moment that the scenario's parameters name, moved by one shift; lengths stay.

    The shift is a whole number of ticks within `shift_s`, as far as the scenario's ranges and constraints
    leave room. The cause moves by exactly that; an event that weather or load help to make moves with it as
    far as they are the same then.
    """

    shift_s: Span = (-600.0, 600.0)

    def drawn(self, spec: EpisodeSpec, rng: np.random.Generator) -> JsonObject:
        """The shift [s] and what the parameters become.

        Raises:
            NotApplicable: if no parameter names a moment, or its range leaves no room.
        """
        scenario = class_of(spec.scenario, spec.definition)
        rates = _rates_per_s(spec.params, scenario, spec.grid)
        low_s, high_s = _room_s(spec.params, scenario.space, rates)
        dt_s = spec.grid.dt_s
        first = math.ceil(max(low_s, self.shift_s[0]) / dt_s)
        last = math.floor(min(high_s, self.shift_s[1]) / dt_s)
        ticks = [tick for tick in range(first, last + 1) if tick]
        if not ticks:
            raise NotApplicable("the scenario's ranges leave its onset no room for the shift")
        shift_s = ticks[int(rng.integers(len(ticks)))] * dt_s
        return {
            "shift_s": shift_s,
            "params": {n: _number(spec, n) + rate * shift_s for n, rate in rates.items()},
        }

    @classmethod
    def applied(cls, spec: EpisodeSpec, drawn: Mapping[str, Any]) -> EpisodeSpec:
        """Spec with the moved moments, refused by the scenario's space if they leave it."""
        params = spec.params | dict(drawn["params"])
        class_of(spec.scenario, spec.definition).space.check(params)
        return spec.model_copy(update={"params": params})


def _number(spec: EpisodeSpec, name: str) -> float:
    return float(str(spec.params[name]))


def _rates_per_s(params: Mapping[str, Any], scenario: type[BaseScenario], grid: TimeGrid) -> dict[str, float]:
    """By how much each parameter that names a moment changes in a second."""
    if any(issubclass(played, BY_THE_CLOCK) for played in (scenario, *(a.scenario for a in _acts(scenario)))):
        raise NotApplicable("the scenario's onset goes by the clock; move the start of the episode instead")
    if any((act.begin, act.end) != (0.0, 1.0) for act in _acts(scenario)):
        raise NotApplicable("the scenario's acts have windows of their own")
    found = {}
    for name in params:
        moment = name.rpartition(".")[2]
        if any(moment == known or moment.endswith(f"_{known}") for known in MOMENTS):
            found[name] = 1.0 / (3600.0 if moment.endswith("_h") else grid.duration_s)
    if not found:
        raise NotApplicable("no parameter of the scenario names a moment")
    return found


def _acts(scenario: type[BaseScenario]) -> Iterator[ActOf]:
    """Acts of a composed scenario, and of those that play in it."""
    if issubclass(scenario, CompositeScenario):
        for act in scenario.acts:
            yield act
            yield from _acts(act.scenario)


def _room_s(
    params: Mapping[str, Any], space: ParameterSpace, rates: Mapping[str, float]
) -> tuple[float, float]:
    """Shifts that ranges and constraints allow [s]."""
    limits = []
    for name, rate in rates.items():
        spread = space.parameters[name].distribution
        if not isinstance(spread, Uniform):
            raise NotApplicable(f"{name} has no even range to move in")
        limits.append((float(params[name]), rate, spread.low, spread.high))
    for constraint in space.constraints:
        weights = constraint.weights
        total = sum(weight * params[name] for name, weight in weights.items() if is_number(params[name]))
        rate = sum(weight * rates.get(name, 0.0) for name, weight in weights.items())
        limits.append((total, rate, constraint.at_least, constraint.at_most))
    low_s, high_s = -math.inf, math.inf
    for value, rate, least, most in limits:
        if rate:
            ends = sorted(((least - value) / rate, (most - value) / rate))
            low_s, high_s = max(low_s, ends[0]), min(high_s, ends[1])
    return low_s, high_s
