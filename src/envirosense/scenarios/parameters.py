"""Parameters of a scenario with units and constraints: drawn, checked and listed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.scenarios.distributions import Distribution, ParameterValue, is_number

MOST_DRAWS = 1000  # per episode; a space that refuses more of itself is a mistake
NO_RANKS: Mapping[str, float] = MappingProxyType({})

type Shares = Callable[[str, int], float]  # (parameter, attempt) -> even number in 0..1


@dataclass(frozen=True, slots=True)
class Parameter:
    """One knob of a scenario."""

    distribution: Distribution
    unit: str
    description: str
    source: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """Weighted sum of numeric parameters that may not leave a range: {"a": 1, "b": -1} is a - b."""

    weights: Mapping[str, float]
    at_least: float = -np.inf
    at_most: float = np.inf

    def holds(self, values: Mapping[str, object]) -> bool:
        """Whether the values keep it."""
        terms = [(weight, values.get(name)) for name, weight in self.weights.items()]
        total = sum(weight * value for weight, value in terms if is_number(value))
        return self.at_least <= total <= self.at_most

    def __str__(self) -> str:
        total = " ".join(f"{weight:+g} {name}" for name, weight in self.weights.items()).lstrip("+")
        low = "" if np.isinf(self.at_least) else f"{self.at_least:g} <= "
        high = "" if np.isinf(self.at_most) else f" <= {self.at_most:g}"
        return f"{low}{total}{high}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """One draw from a space, and how many draws the constraints refused before it."""

    values: dict[str, ParameterValue]
    n_refused: int


@dataclass(frozen=True, slots=True)
class ParameterSpace:
    """Every parameter of a scenario, by name; a conditional one stands after the one it depends on."""

    parameters: Mapping[str, Parameter]
    constraints: tuple[Constraint, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse constraints on parameters that are not there."""
        for constraint in self.constraints:
            for name in constraint.weights:
                if name not in self.parameters:
                    raise UnknownNameError("parameter of a constraint", name, self.parameters)

    def draw(
        self, stream: Callable[[str], np.random.Generator], ranks: Mapping[str, float] = NO_RANKS
    ) -> dict[str, ParameterValue]:
        """One value per parameter, each from the stream of its own name.

        `ranks` tells where the weather at the start stands among the year's hours, 0..1 by quantity.
        """
        streams = {name: stream(name) for name in self.parameters}
        return self.drawn(lambda name, _: float(streams[name].random()), ranks).values

    def drawn(self, shares: Shares, ranks: Mapping[str, float] = NO_RANKS) -> Drawn:
        """Values at given shares of 0..1, drawn again from the next attempt until the constraints hold.

        Raises:
            ConfigError: if they do not hold after many attempts.
        """
        for attempt in range(MOST_DRAWS):
            given: dict[str, ParameterValue] = {f"weather.{name}": rank for name, rank in ranks.items()}
            for name, parameter in self.parameters.items():
                given[name] = parameter.distribution.quantile(shares(name, attempt), given)
            values = {name: given[name] for name in self.parameters}
            if all(constraint.holds(values) for constraint in self.constraints):
                return Drawn(values, attempt)
        failing = next(str(c) for c in self.constraints if not c.holds(values))
        fix = f"{MOST_DRAWS} draws out of {MOST_DRAWS} were refused, the last by it; widen the ranges"
        raise ConfigError("constraints", failing, fix)

    def check(self, values: Mapping[str, object]) -> None:
        """Refuse values that are unknown, missing, of the wrong kind, out of range or against a constraint.

        Raises:
            ConfigError: naming the parameter, its value and what is allowed.
        """
        for name in values:
            if name not in self.parameters:
                raise UnknownNameError("parameter", name, self.parameters)
        for name, parameter in self.parameters.items():
            if name not in values:
                raise ConfigError(name, None, "parameter is missing; add it")
            if not parameter.distribution.allows(values[name], values):
                raise ConfigError(name, values[name], f"must be {parameter.distribution} [{parameter.unit}]")
        for constraint in self.constraints:
            if not constraint.holds(values):
                named = {name: values[name] for name in constraint.weights}
                raise ConfigError("parameters", named, f"must keep {constraint}")
