"""How much of a parameter space a set of draws has seen."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from envirosense.scenarios.distributions import (
    Choice,
    Conditional,
    Distribution,
    Follows,
    ParameterValue,
    is_number,
)
from envirosense.scenarios.parameters import ParameterSpace

type Values = Mapping[str, ParameterValue]
type Pair = tuple[tuple[str, str], tuple[str, str]]  # (parameter, option) twice


@dataclass(frozen=True, slots=True)
class PairCoverage:
    """Pairs of options of two categorical parameters: those that can occur, and those not seen."""

    n_possible: int
    missed: tuple[Pair, ...]

    @property
    def share(self) -> float:
        """Share of the possible pairs that was seen, 0..1; 1 where there is none."""
        return 1.0 - len(self.missed) / self.n_possible if self.n_possible else 1.0


def options_of(spread: Distribution) -> tuple[str, ...]:
    """Every option that a distribution can give, whatever stands before it; none for numbers."""
    if isinstance(spread, Choice):
        return spread.options
    if isinstance(spread, Follows):
        return options_of(spread.spread)
    if isinstance(spread, Conditional):
        return tuple(dict.fromkeys(option for case in spread.cases.values() for option in options_of(case)))
    only = spread.quantile(0.5, {})
    return (only,) if isinstance(only, str) else ()


def is_movable(spread: Distribution) -> bool:
    """Whether a distribution gives different numbers."""
    if isinstance(spread, Choice):
        return False
    if isinstance(spread, Follows):
        return is_movable(spread.spread)
    if isinstance(spread, Conditional):
        return not options_of(spread) and any(is_movable(case) for case in spread.cases.values())
    return is_number(spread.quantile(0.0, {})) and spread.quantile(0.0, {}) != spread.quantile(1.0, {})


def categorical(space: ParameterSpace) -> tuple[str, ...]:
    """Names of the parameters that have options."""
    return tuple(name for name, p in space.parameters.items() if options_of(p.distribution))


def possible_pairs(space: ParameterSpace) -> tuple[Pair, ...]:
    """Pairs of options that can occur together; constraints on numbers are not looked at."""
    return tuple(
        ((one, a), (other, b))
        for one, other in combinations(categorical(space), 2)
        for a, b in product(*(options_of(space.parameters[name].distribution) for name in (one, other)))
        if is_possible(space, {one: a, other: b})
    )


def is_possible(space: ParameterSpace, options: Mapping[str, str]) -> bool:
    """Whether options can occur together, given what they depend on."""
    needed = _with_conditions(space, options)
    choices = (
        (options[name],) if name in options else options_of(space.parameters[name].distribution)
        for name in needed
    )
    every = (dict(zip(needed, chosen, strict=True)) for chosen in product(*choices))
    return any(_is_allowed(space, given) for given in every)


def _is_allowed(space: ParameterSpace, given: Mapping[str, str]) -> bool:
    known = (constraint for constraint in space.constraints if constraint.weights.keys() <= given.keys())
    return all(
        space.parameters[name].distribution.allows(value, given) for name, value in given.items()
    ) and all(constraint.holds(given) for constraint in known)


def _with_conditions(space: ParameterSpace, names: Iterable[str]) -> list[str]:
    """Names, and all that their cases depend on, in the order of the space."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += conditions_of(space.parameters[name].distribution)
    return [name for name in space.parameters if name in found]


def conditions_of(spread: Distribution) -> Iterator[str]:
    """Names of the parameters that a distribution depends on."""
    if isinstance(spread, Follows):
        yield from conditions_of(spread.spread)
    if isinstance(spread, Conditional):
        yield spread.on
        for case in spread.cases.values():
            yield from conditions_of(case)


def pair_coverage(space: ParameterSpace, draws: Iterable[Values]) -> PairCoverage:
    """Which possible pairs of options the draws have seen."""
    names = categorical(space)
    seen = {
        ((one, str(draw[one])), (other, str(draw[other])))
        for draw in draws
        for one, other in combinations(names, 2)
    }
    possible = possible_pairs(space)
    return PairCoverage(len(possible), tuple(pair for pair in possible if pair not in seen))


def range_coverage(space: ParameterSpace, draws: Sequence[Values], n_bins: int = 10) -> dict[str, float]:
    """Share of each number's range that the draws have seen, by parameter, 0..1.

    The range is cut into `n_bins` that are equally likely; n random draws see 1 - (1 - 1/n_bins)^n of them.
    """
    inner = np.arange(1, n_bins) / n_bins
    bins: dict[str, set[int]] = {}
    for draw in draws:
        for name, parameter in space.parameters.items():
            value = draw[name]
            if isinstance(value, str):
                continue
            edges = [parameter.distribution.quantile(float(share), draw) for share in inner]
            bins.setdefault(name, set()).add(int(np.searchsorted(np.asarray(edges, float), value, "right")))
    return {name: len(seen) / n_bins for name, seen in bins.items()}
