"""Parameters of a scenario as distributions with units: drawn, checked and listed."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np

from envirosense.core.errors import ConfigError, UnknownNameError

type ParameterValue = float | str


@dataclass(frozen=True, slots=True)
class Uniform:
    """Evenly spread between two bounds."""

    low: float
    high: float

    def draw(self, rng: np.random.Generator) -> float:
        """One value."""
        return float(rng.uniform(self.low, self.high))

    def allows(self, value: object) -> bool:
        """Whether the value lies within the bounds."""
        return _is_number(value) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"uniform {self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class LogUniform:
    """Evenly spread in the logarithm between two positive bounds."""

    low: float
    high: float

    def draw(self, rng: np.random.Generator) -> float:
        """One value."""
        value = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        return min(max(value, self.low), self.high)  # exp(log(x)) may miss x by a rounding

    def allows(self, value: object) -> bool:
        """Whether the value lies within the bounds."""
        return _is_number(value) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"log-uniform {self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few names, equally likely."""

    options: tuple[str, ...]

    def draw(self, rng: np.random.Generator) -> str:
        """One option."""
        return self.options[int(rng.integers(len(self.options)))]

    def allows(self, value: object) -> bool:
        """Whether the value is one of the options."""
        return value in self.options

    def __str__(self) -> str:
        return "one of " + ", ".join(self.options)


type Distribution = Uniform | LogUniform | Choice


@dataclass(frozen=True, slots=True)
class Parameter:
    """One knob of a scenario."""

    distribution: Distribution
    unit: str
    description: str
    source: str


@dataclass(frozen=True, slots=True)
class ParameterSpace:
    """Every parameter of a scenario, by name."""

    parameters: Mapping[str, Parameter]

    def draw(self, stream: Callable[[str], np.random.Generator]) -> dict[str, ParameterValue]:
        """One value per parameter, each from the stream of its own name."""
        return {name: p.distribution.draw(stream(name)) for name, p in self.parameters.items()}

    def check(self, values: Mapping[str, object]) -> None:
        """Refuse values that are unknown, missing, of the wrong kind or out of range.

        Raises:
            ConfigError: naming the parameter, its value and what is allowed.
        """
        for name, value in values.items():
            if name not in self.parameters:
                raise UnknownNameError("parameter", name, self.parameters)
            parameter = self.parameters[name]
            if not parameter.distribution.allows(value):
                raise ConfigError(name, value, f"must be {parameter.distribution} [{parameter.unit}]")
        for name in self.parameters:
            if name not in values:
                raise ConfigError(name, None, "parameter is missing; add it")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
