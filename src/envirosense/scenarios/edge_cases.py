"""Draws at the edges of a parameter space: its bounds, its pairs of settings, its corners.

What a strategy sets is kept with each draw, with how rarely the space's own draws go as far.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Literal

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.scenarios.coverage import is_movable, options_of
from envirosense.scenarios.distributions import ParameterValue
from envirosense.scenarios.parameters import ParameterSpace

type Strategy = Literal["boundary", "pairwise", "extreme"]
type Setting = float | str  # share of a number's own spread, or an option
type Settings = Mapping[str, Setting]
type Factors = Mapping[str, tuple[Setting, ...]]
type Combination = tuple[tuple[str, Setting], ...]

STRATEGIES: tuple[Strategy, ...] = ("boundary", "pairwise", "extreme")
LEVELS = (0.05, 0.95)  # shares at which a number counts as low and as high in a pair
TAILS = (0.001, 0.999)  # shares of an extreme
MOST_TRIES = 100  # draws of the other parameters until constraints and cases hold
TRIED_ROWS = 30  # random rows among which each row of a covering array is the best


@dataclass(frozen=True, slots=True)
class EdgeCase:
    """One draw at an edge.

    `settings` are what the strategy set: the share of a number's own spread, or an option. `rarity` is the
    probability that the space's own draws are in every setting at least as far out; 0 at a bound.
    """

    strategy: Strategy
    values: dict[str, ParameterValue]
    settings: Mapping[str, Setting]
    rarity: float


def edge_cases(space: ParameterSpace, strategy: Strategy, count: int, seed: int) -> tuple[EdgeCase, ...]:
    """As many edge cases as asked for, all within the constraints.

    Args:
        space: Whose edges are looked for.
        strategy: `boundary`: each number at each of its ends in turn; `pairwise`: every pair of options
            and of low and high numbers soon; `extreme`: several numbers far out in their tails at once.
        count: How many; settings come again with other draws of the rest where there are fewer.
        seed: Of the draws.

    Raises:
        ConfigError: if the strategy is unknown, or the space has nothing that it could set.
    """
    return tuple(each_edge_case(space, strategy, count, seed))


def each_edge_case(space: ParameterSpace, strategy: Strategy, count: int, seed: int) -> Iterator[EdgeCase]:
    """The same edge cases one by one, so that many need not be held; it fails where it can go no further."""
    if strategy not in STRATEGIES:
        raise ConfigError("strategy", strategy, f"choose from {', '.join(STRATEGIES)}")
    if count < 0:
        raise ConfigError("count", count, "must be 0 or more")
    n_found = misses = 0
    for i, settings in enumerate(_settings(space, strategy, seed) if count else ()):
        values = with_settings(space, settings, stream(seed, "edge", strategy, i)) if settings else None
        misses = 0 if values is not None else misses + 1
        if values is not None:
            n_found += 1
            yield EdgeCase(strategy, values, settings, rarity(space, settings, values))
        if n_found == count:
            break
        if misses >= MOST_TRIES:
            raise ConfigError("strategy", strategy, "the constraints or cases refuse all that it sets")
    if n_found < count:
        raise ConfigError("strategy", strategy, "there is nothing in this space that it could set")


def _settings(space: ParameterSpace, strategy: Strategy, seed: int) -> Iterator[Settings]:
    """Settings of a strategy, again and again; nothing where it can set nothing."""
    numbers = [name for name, p in space.parameters.items() if is_movable(p.distribution)]
    turn = 0
    while True:
        rng = stream(seed, "edge settings", strategy, turn)
        rows: list[Settings]
        if strategy == "boundary":
            rows = [{name: end} for name in numbers for end in (0.0, 1.0)]
        elif strategy == "extreme":
            rows = _corners(numbers, rng) if numbers else []
        else:
            rows = covering_rows(space, rng)
        if not rows:
            return
        yield from rows
        turn += 1


def _corners(numbers: list[str], rng: np.random.Generator) -> list[Settings]:
    """Corners of two to all numbers, each at one of its tails, as many as there are numbers."""
    rows: list[Settings] = []
    for _ in numbers:
        size = int(rng.integers(min(2, len(numbers)), len(numbers) + 1))
        chosen = rng.permutation(len(numbers))[:size]
        rows.append({numbers[i]: TAILS[int(rng.integers(2))] for i in chosen})
    return rows


def with_settings(
    space: ParameterSpace, settings: Settings, rng: np.random.Generator
) -> dict[str, ParameterValue] | None:
    """Values with the settings and the rest drawn, kept by constraints and cases; None if none is found."""
    is_all_set = settings.keys() >= space.parameters.keys()
    for _ in range(1 if is_all_set else MOST_TRIES):
        values: dict[str, ParameterValue] = {}
        for name, parameter in space.parameters.items():
            setting = settings.get(name)
            share = setting if isinstance(setting, float) else float(rng.random())
            drawn = parameter.distribution.quantile(share, values)
            values[name] = setting if isinstance(setting, str) else drawn
        try:
            space.check(values)
        except ConfigError:
            continue
        return values
    return None


def rarity(space: ParameterSpace, settings: Settings, values: Mapping[str, ParameterValue]) -> float:
    """Probability that draws of the space are in every setting as far out as these values."""
    shares = [
        math.exp(space.parameters[name].distribution.log_density(values[name], values))
        if isinstance(setting, str)
        else min(setting, 1.0 - setting)
        for name, setting in settings.items()
    ]
    return math.prod(shares)


def covering_rows(space: ParameterSpace, rng: np.random.Generator, strength: int = 2) -> list[Settings]:
    """Rows of settings that hold every combination of `strength` settings that the space can have.

    Each row is the best of a few, so there are more rows than a search would need. A space of fewer
    parameters is covered by all it has.
    """
    factors: Factors = {
        name: options_of(parameter.distribution) or LEVELS
        for name, parameter in space.parameters.items()
        if options_of(parameter.distribution) or is_movable(parameter.distribution)
    }
    strength = min(strength, len(factors))
    if strength == 0:
        return []
    waiting = {
        tuple(zip(names, levels, strict=True))
        for names in combinations(factors, strength)
        for levels in product(*(factors[name] for name in names))
    }
    rows: list[Settings] = []
    while waiting:
        first = min(waiting, key=str)
        row = _best_row(space, factors, dict(first), waiting, rng)
        waiting -= {first} if row is None else {first, *combinations(row.items(), strength)}
        rows += [] if row is None else [row]
    return rows


def _best_row(
    space: ParameterSpace,
    factors: Factors,
    first: Settings,
    waiting: set[Combination],
    rng: np.random.Generator,
) -> dict[str, Setting] | None:
    """Row with the first settings that holds most of what is waiting; None where they cannot be."""
    best: dict[str, Setting] | None = None
    most = 0
    for _ in range(TRIED_ROWS):
        values = with_settings(space, first, rng)
        if values is None:
            return best
        options = {name: value for name, value in values.items() if isinstance(value, str)}
        row = _filled(factors, {**options, **first}, waiting, rng)
        gained = sum(one in waiting for one in combinations(row.items(), len(first)))
        if gained > most and with_settings(space, row, rng) is not None:
            best, most = row, gained
    return best or _in_order(factors, {**options, **first})


def _filled(
    factors: Factors, settings: Settings, waiting: set[Combination], rng: np.random.Generator
) -> dict[str, Setting]:
    """Settings with the numbers' levels added, each where it makes most of the waiting pairs."""
    row = dict(settings)
    missing = [name for name in factors if name not in row]
    for i in rng.permutation(len(missing)):
        name, levels = missing[i], LEVELS if rng.random() < 0.5 else LEVELS[::-1]

        def gained(level: float, name: str = name) -> int:
            new = _in_order(factors, {**row, name: level})
            return sum(one in waiting for one in combinations(new.items(), 2) if (name, level) in one)

        row[name] = max(levels, key=gained)
    return _in_order(factors, row)


def _in_order(factors: Factors, row: Settings) -> dict[str, Setting]:
    return {name: row[name] for name in factors if name in row}
