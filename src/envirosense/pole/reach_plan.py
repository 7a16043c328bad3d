"""What is held and what is drawn when the reach of the device is measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.scenarios import SCENARIOS, BaseScenario, ParameterSpace, ParameterValue
from envirosense.scenarios.definition import definition_of, scenario_id
from envirosense.scenarios.distributions import Conditional, is_number

DISTANCE: Final = "distance_m"
STRENGTH_UNITS: Final = ("g/s", "g", "W")  # of a parameter that says how strong a source is
N_STRENGTHS: Final = 5
N_DISTANCES: Final = 6
N_DRAWS: Final = 48
N_SITES: Final = 64
_LEAST_SHARE: Final = 0.01  # of the greatest strength, where a range begins at zero


@dataclass(frozen=True, slots=True)
class ReachPlan:
    """A grid of strengths and distances, each drawn equally often: same sites, hours and bearings at each."""

    scenario: str
    strength: str  # parameter that is swept beside the distance
    unit: str
    strengths: tuple[float, ...]  # rising
    distances_m: tuple[float, ...]  # rising
    held: Mapping[str, str]  # options that the two ranges belong to
    n_draws: int = N_DRAWS
    seed: int = 0
    definition: Mapping[str, Any] | None = field(default=None, repr=False)  # of one that no package registers

    def __post_init__(self) -> None:
        """Refuse a grid of which no curve can be drawn."""
        for name, values in (("strengths", self.strengths), (DISTANCE, self.distances_m)):
            if not values or any(a >= b for a, b in pairwise(values)):
                raise ConfigError(name, values, "name at least one, in rising order")
        if self.n_draws < 1:
            raise ConfigError("draws", self.n_draws, "draw every place at least once")

    @property
    def n_episodes(self) -> int:
        """Episodes to simulate."""
        return len(self.strengths) * len(self.distances_m) * self.n_draws

    def ranges(self, strength: float, distance_m: float) -> dict[str, dict[str, dict[str, ParameterValue]]]:
        """What a place of the grid holds, as a request's option `ranges`."""
        held: dict[str, ParameterValue] = {**self.held, self.strength: strength, DISTANCE: distance_m}
        return {self.scenario: {name: {"value": value} for name, value in held.items()}}


def plan_for(
    scenario: type[BaseScenario],
    strength: str | None = None,
    strengths: Sequence[float] = (),
    distances_m: Sequence[float] = (),
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> ReachPlan:
    """Plan over the ranges of a scenario, by default even in the logarithm from end to end.

    Where a range depends on an option, the option that reaches highest is held.

    Args:
        scenario: registered, or of a file.
        strength: parameter to sweep; by default the first in g/s, g or W.
        strengths: values of it.
        distances_m: values of `distance_m`.
        n_draws: episodes at each place of the grid.
        seed: of the draws.

    Raises:
        ConfigError: if the scenario has no distance, or no strength that can be swept.
    """
    name, space = scenario_id(scenario), scenario.space
    if DISTANCE not in space.parameters:
        known = [one for one, kind in SCENARIOS.items() if DISTANCE in kind.space.parameters]
        raise ConfigError("scenario", name, f"has no {DISTANCE} to vary; these have: {', '.join(known)}")
    swept = _strength_of(space, name) if strength is None else strength
    if swept not in space.parameters:
        raise UnknownNameError("strength", swept, space.parameters)
    held: dict[str, str] = {}
    ends, ends_m = _range(space, swept, held), _range(space, DISTANCE, held)
    levels = _within("strengths", strengths, ends) or _even(ends, N_STRENGTHS)
    places_m = _within("distances", distances_m, ends_m) or _even(ends_m, N_DISTANCES)
    is_known = name in SCENARIOS and SCENARIOS[name] is scenario
    definition = None if is_known else definition_of(scenario).plain()
    unit = space.parameters[swept].unit
    return ReachPlan(name, swept, unit, levels, places_m, held, n_draws, seed, definition)


def _strength_of(space: ParameterSpace, scenario: str) -> str:
    for name, parameter in space.parameters.items():
        if parameter.unit in STRENGTH_UNITS and name != DISTANCE:
            return name
    fix = f"has no parameter in {', '.join(STRENGTH_UNITS)}; name the one to sweep with --strength"
    raise ConfigError("scenario", scenario, fix)


def _range(space: ParameterSpace, name: str, held: dict[str, str]) -> tuple[float, float]:
    """Ends of a numeric parameter; notes in `held` the option that they belong to."""
    spread = space.parameters[name].distribution
    if isinstance(spread, Conditional):
        tops = {option: case.quantile(1.0, {}) for option, case in spread.cases.items()}
        highest = max(tops, key=lambda option: top if is_number(top := tops[option]) else -np.inf)
        spread = spread.cases[held.setdefault(spread.on, highest)]
    low, high = (spread.quantile(share, {}) for share in (0.0, 1.0))
    if not is_number(low) or not is_number(high) or not 0.0 <= low < high:
        raise ConfigError("strength", name, "is no number that can be swept; name another with --strength")
    ends = (low if low > 0.0 else _LEAST_SHARE * high), high
    return float(f"{ends[0]:.9g}"), float(f"{ends[1]:.9g}")  # an end is often a logarithm taken back


def _within(option: str, values: Sequence[float], ends: tuple[float, float]) -> tuple[float, ...]:
    for value in values:
        if not ends[0] <= value <= ends[1]:
            raise ConfigError(option, value, f"stay within {ends[0]:g} to {ends[1]:g}")
    return tuple(values)


def _even(ends: tuple[float, float], n: int) -> tuple[float, ...]:
    """Values even in the logarithm, from end to end, of three digits or as many as tell them apart."""
    exact = [float(value) for value in np.geomspace(*ends, n)]
    for digits in range(3, 10):
        found = tuple(min(max(float(f"{value:.{digits}g}"), ends[0]), ends[1]) for value in exact)
        if len(set(found)) == n:
            return found
    return tuple(dict.fromkeys(exact))
