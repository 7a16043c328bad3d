"""How a parameter of a scenario is spread: every distribution is its quantile function.

A draw is the quantile of an even number in 0..1, so random, Sobol and Latin hypercube designs and
parameters that follow the weather all go the same way.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeGuard

import numpy as np

from envirosense.core.errors import ConfigError

LEAST_SHARE = 1e-6  # of a normal spread that its bounds must leave; far tails have too few digits

type ParameterValue = float | str


class Distribution(Protocol):
    """Spread of one parameter, perhaps given the values of others."""

    def quantile(self, share: float, given: Mapping[str, ParameterValue]) -> ParameterValue:
        """Value below which `share` (0..1) of the draws lie."""
        ...

    def allows(self, value: object, given: Mapping[str, object]) -> bool:
        """Whether the value can be drawn."""
        ...

    def log_density(self, value: ParameterValue, given: Mapping[str, ParameterValue]) -> float:
        """Log of the probability (names) or probability density (numbers) of a value; -inf if impossible."""
        ...


@dataclass(frozen=True, slots=True)
class Uniform:
    """Evenly spread between two bounds."""

    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse bounds upside down."""
        _require_rising("uniform", self.low, self.high)

    def quantile(self, share: float, given: Mapping[str, ParameterValue]) -> float:
        """Value at a share of the range."""
        return min(self.low + share * (self.high - self.low), self.high)  # a rounding may miss the end

    def allows(self, value: object, given: Mapping[str, object]) -> bool:
        """Whether the value lies within the bounds."""
        return is_number(value) and self.low <= value <= self.high

    def log_density(self, value: ParameterValue, given: Mapping[str, ParameterValue]) -> float:
        """Log of one over the range."""
        return -math.log(self.high - self.low) if self.allows(value, given) else -math.inf

    def __str__(self) -> str:
        return f"uniform {self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class LogUniform:
    """Evenly spread in the logarithm between two positive bounds."""

    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse bounds upside down or not above 0."""
        _require_rising("log-uniform", self.low, self.high)
        _require_above_zero("log-uniform", self.low)

    def quantile(self, share: float, given: Mapping[str, ParameterValue]) -> float:
        """Value at a share of the logarithmic range."""
        value = math.exp(math.log(self.low) + share * math.log(self.high / self.low))
        return min(max(value, self.low), self.high)  # exp(log(x)) may miss x by a rounding

    def allows(self, value: object, given: Mapping[str, object]) -> bool:
        """Whether the value lies within the bounds."""
        return is_number(value) and self.low <= value <= self.high

    def log_density(self, value: ParameterValue, given: Mapping[str, ParameterValue]) -> float:
        """Density per unit of the value, not of its logarithm."""
        if not (is_number(value) and self.allows(value, given)):
            return -math.inf
        return -math.log(value) - math.log(math.log(self.high / self.low))

    def __str__(self) -> str:
        return f"log-uniform {self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal, cut at two bounds."""

    mean: float
    sigma: float
    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse bounds upside down, no spread, and bounds so far out that hardly a draw fits."""
        _require_rising("normal", self.low, self.high)
        _require_above_zero("normal", self.sigma)
        below, above = (
            math.erf((x - self.mean) / (self.sigma * math.sqrt(2.0))) for x in (self.low, self.high)
        )
        if not 0.5 * (above - below) >= LEAST_SHARE:
            fix = (
                f"less than {LEAST_SHARE:g} of it lies within {self.low:g} to {self.high:g}; move the bounds"
            )
            raise ConfigError("normal", (self.mean, self.sigma), fix)

    def quantile(self, share: float, given: Mapping[str, ParameterValue]) -> float:
        """Value of the cut distribution."""
        from scipy.special import ndtri

        below, above = self._tails()
        value = self.mean + self.sigma * float(ndtri(below + share * (above - below)))
        return min(max(value, self.low), self.high)

    def allows(self, value: object, given: Mapping[str, object]) -> bool:
        """Whether the value lies within the bounds."""
        return is_number(value) and self.low <= value <= self.high

    def log_density(self, value: ParameterValue, given: Mapping[str, ParameterValue]) -> float:
        """Density of the cut distribution."""
        if not (is_number(value) and self.allows(value, given)):
            return -math.inf
        below, above = self._tails()
        z = (value - self.mean) / self.sigma
        return -0.5 * z * z - math.log(self.sigma * math.sqrt(2.0 * math.pi)) - math.log(above - below)

    def _tails(self) -> tuple[float, float]:
        from scipy.special import ndtr

        ends = ndtr((np.array([self.low, self.high]) - self.mean) / self.sigma)
        return float(ends[0]), float(ends[1])

    def __str__(self) -> str:
        return f"normal {self.mean:g} +- {self.sigma:g} within {self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few names, equally likely unless weights say otherwise."""

    options: tuple[str, ...]
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse weights that fit no options."""
        weights = self.weights
        if not self.options or len(set(self.options)) < len(self.options):
            raise ConfigError("options", self.options, "name different options, at least one")
        if weights is not None and (len(weights) != len(self.options) or min(weights) <= 0.0):
            raise ConfigError("weights", weights, f"give {len(self.options)} weights above 0")

    @property
    def shares(self) -> tuple[float, ...]:
        """Probability of each option."""
        weights = self.weights or (1.0,) * len(self.options)
        return tuple(weight / sum(weights) for weight in weights)

    def quantile(self, share: float, given: Mapping[str, ParameterValue]) -> str:
        """Option whose part of 0..1 holds the share."""
        edges = np.cumsum(self.shares)
        return self.options[min(int(np.searchsorted(edges, share, side="right")), len(self.options) - 1)]

    def allows(self, value: object, given: Mapping[str, object]) -> bool:
        """Whether the value is one of the options."""
        return value in self.options

    def log_density(self, value: ParameterValue, given: Mapping[str, ParameterValue]) -> float:
        """Log of the option's probability."""
        if value not in self.options:
            return -math.inf
        return math.log(self.shares[self.options.index(str(value))])

    def __str__(self) -> str:
        if self.weights is None:
            return "one of " + ", ".join(self.options)
        shares = (
            f"{name} {100.0 * share:.3g} %" for name, share in zip(self.options, self.shares, strict=True)
        )
        return "one of " + ", ".join(shares)


@dataclass(frozen=True, slots=True)
class Conditional:
    """Another distribution for each option of a parameter that stands before this one."""

    on: str
    cases: Mapping[str, Distribution]

    def quantile(self, share: float, given: Mapping[str, ParameterValue]) -> ParameterValue:
        """Value of the case that holds."""
        return self._case(given).quantile(share, given)

    def allows(self, value: object, given: Mapping[str, object]) -> bool:
        """Whether the case that holds allows the value."""
        case = self.cases.get(str(given.get(self.on)))
        return case is not None and case.allows(value, given)

    def log_density(self, value: ParameterValue, given: Mapping[str, ParameterValue]) -> float:
        """Density in the case that holds."""
        return self._case(given).log_density(value, given)

    def _case(self, given: Mapping[str, ParameterValue]) -> Distribution:
        option = given.get(self.on)
        if option not in self.cases:
            raise ConfigError(self.on, option, f"must be one of {', '.join(self.cases)}")
        return self.cases[str(option)]

    def __str__(self) -> str:
        return "; ".join(f"{self.on} {option}: {case}" for option, case in self.cases.items())


@dataclass(frozen=True, slots=True)
class Follows:
    """Spread that goes with the weather at the episode's start.

    `correlation` is that of the normal scores (a Gaussian copula): the value's own distribution stays what
    `spread` says, over a year of starts.
    """

    spread: Distribution
    weather: str  # one of conditions.WEATHER_RANKS
    correlation: float

    def __post_init__(self) -> None:
        """Refuse a correlation that no two things have."""
        if not -1.0 <= self.correlation <= 1.0:
            raise ConfigError("correlation", self.correlation, "must lie within -1 to 1")

    def quantile(self, share: float, given: Mapping[str, ParameterValue]) -> ParameterValue:
        """Value whose own share mixes the weather's rank with `share`."""
        from scipy.special import ndtr, ndtri

        rank = given.get(f"weather.{self.weather}")
        if not is_number(rank):
            return self.spread.quantile(share, given)
        least = 1e-9  # keeps the normal scores finite
        scores = ndtri(np.clip([rank, share], least, 1.0 - least))
        mixed = self.correlation * scores[0] + math.sqrt(1.0 - self.correlation**2) * scores[1]
        return self.spread.quantile(float(ndtr(mixed)), given)

    def allows(self, value: object, given: Mapping[str, object]) -> bool:
        """Whether the spread allows the value."""
        return self.spread.allows(value, given)

    def log_density(self, value: ParameterValue, given: Mapping[str, ParameterValue]) -> float:
        """Density over all weather; the weather's own draw is not reweighted."""
        return self.spread.log_density(value, given)

    def __str__(self) -> str:
        return f"{self.spread}, correlated {self.correlation:+g} with {self.weather}"


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a number and no flag."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _require_rising(what: str, low: float, high: float) -> None:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ConfigError(what, (low, high), "must rise from a finite low to a finite high bound")


def _require_above_zero(what: str, value: float) -> None:
    if not value > 0.0:
        raise ConfigError(what, value, "must be above 0")
