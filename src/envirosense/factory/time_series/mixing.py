"""Noise parts with the correlations that were asked for.

A part is a stationary first-order autoregression x[k+1] = a x[k] + w[k] with a = exp(-dt / tau), so its
correlation time does not depend on dt. Two parts correlate by r at equal times when their innovations w
correlate by r (1 - a b) / sqrt((1 - a^2) (1 - b^2)); that is |r| or more, and must stay below 1.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError

type Floats = npt.NDArray[np.float64]
type Pairs = Mapping[tuple[str, str], float]

_LEAST_PIVOT: Final = 1e-9  # a matrix this close to singular is not worth a draw


@dataclass(frozen=True, slots=True)
class Mixing:
    """How independent draws become the noise of parameters that hang together."""

    names: tuple[str, ...]
    coefficients: tuple[float, ...]  # a of each part
    first: Floats  # (part, draw): lower triangle, for the first tick
    later: Floats  # the same for innovations of unit variance


def mixings(coefficients: Mapping[str, float], pairs: Pairs) -> tuple[Mixing, ...]:
    """One mixing for each set of parameters that correlations join; the others are alone in theirs.

    Args:
        coefficients: of every parameter with noise, in order.
        pairs: correlations; what is not named is 0.

    Raises:
        ConfigError: if no noise can have these correlations; names a pair.
    """
    return tuple(_mixing(names, coefficients, pairs) for names in _families(list(coefficients), pairs))


def _families(names: Sequence[str], pairs: Pairs) -> list[tuple[str, ...]]:
    """Names joined by pairs, in their order, so that one joined to nobody never matters to the others."""
    family = {name: name for name in names}
    for one, other in pairs:
        new, old = sorted((family[one], family[other]), key=names.index)
        family = {name: new if head == old else head for name, head in family.items()}
    heads = dict.fromkeys(family[name] for name in names)
    return [tuple(name for name in names if family[name] == head) for head in heads]


def _mixing(names: tuple[str, ...], coefficients: Mapping[str, float], pairs: Pairs) -> Mixing:
    wanted, later = np.eye(len(names)), np.eye(len(names))
    for (i, one), (j, other) in combinations(enumerate(names), 2):
        value = pairs.get((one, other), pairs.get((other, one), 0.0))
        reach = _reach(coefficients[one], coefficients[other])
        if abs(value) >= reach:
            fix = f"their times tau_s allow less than {reach:.3f}; bring them closer together"
            raise ConfigError(f"correlation of {one} and {other}", value, fix)
        wanted[i, j] = wanted[j, i] = value
        later[i, j] = later[j, i] = value / reach
    factors = [_factor(matrix, names, wanted, pairs) for matrix in (wanted, later)]
    return Mixing(names, tuple(coefficients[name] for name in names), *factors)


def _reach(a: float, b: float) -> float:
    """Greatest correlation of two autoregressions, below 1 where their times differ."""
    return float(np.sqrt((1.0 - a * a) * (1.0 - b * b)) / (1.0 - a * b))


def _factor(matrix: Floats, names: tuple[str, ...], wanted: Floats, pairs: Pairs) -> Floats:
    """Lower triangle L with L L' = matrix; a row depends on those above it only, bit for bit."""
    n = len(matrix)
    lower = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            rest = float(matrix[i, j])
            for k in range(j):
                rest -= float(lower[i, k]) * float(lower[j, k])
            if i == j and rest < _LEAST_PIVOT:
                raise _impossible(matrix, names, wanted, pairs)
            lower[i, j] = np.sqrt(rest) if i == j else rest / lower[j, j]
    return lower


def _impossible(matrix: Floats, names: tuple[str, ...], wanted: Floats, pairs: Pairs) -> ConfigError:
    """Error naming the declared pair that does most to make the matrix impossible, and what would do."""
    _, vectors = np.linalg.eigh(matrix)
    worst = vectors[:, 0]
    declared = [(i, j) for i, j in combinations(range(len(names)), 2) if _is_declared(names, i, j, pairs)]
    i, j = min(declared, key=lambda at: float(worst[at[0]] * worst[at[1]] * matrix[at]))
    scale = float(wanted[i, j] / matrix[i, j])
    allowed = _allowed(matrix, i, j)
    fix = "with the other correlations no noise is like that"
    if allowed is None:
        fix += "; bring correlations closer to 0"
    else:
        low, high = (bound * scale for bound in allowed)
        fix += f"; it must lie between {low:.3f} and {high:.3f}"
    return ConfigError(f"correlation of {names[i]} and {names[j]}", float(wanted[i, j]), fix)


def _is_declared(names: tuple[str, ...], i: int, j: int, pairs: Pairs) -> bool:
    return (names[i], names[j]) in pairs or (names[j], names[i]) in pairs


def _allowed(matrix: Floats, i: int, j: int) -> tuple[float, float] | None:
    """Values of one entry for which the matrix is positive definite, None if there is none."""
    others = [k for k in range(len(matrix)) if k not in (i, j)]
    rest = matrix[np.ix_(others, others)]
    if others and np.linalg.eigvalsh(rest)[0] < _LEAST_PIVOT:
        return None
    a, b = (np.linalg.solve(rest, matrix[others, k]) if others else np.zeros(0) for k in (i, j))
    middle = float(matrix[others, i] @ b)
    room = (1.0 - float(matrix[others, i] @ a)) * (1.0 - float(matrix[others, j] @ b))
    if room <= 0 or float(matrix[others, i] @ a) >= 1.0:
        return None
    return middle - float(np.sqrt(room)), middle + float(np.sqrt(room))


def mixed(mixing: Mixing, draws: Mapping[str, Floats]) -> Iterator[tuple[str, Floats]]:
    """Name and noise of unit variance, (time,), of each parameter of a mixing.

    Args:
        mixing: of parameters that hang together.
        draws: independent standard normal numbers, (time,), by parameter.
    """
    for i, (name, a) in enumerate(zip(mixing.names, mixing.coefficients, strict=True)):
        driven = np.zeros_like(draws[name])
        for j, other in enumerate(mixing.names[: i + 1]):
            driven += mixing.later[i, j] * np.sqrt(1.0 - a * a) * draws[other]
        driven[0] = sum(
            mixing.first[i, j] * float(draws[other][0]) for j, other in enumerate(mixing.names[: i + 1])
        )
        yield name, _autoregression(driven, a)


def _autoregression(driven: Floats, a: float) -> Floats:
    """x[k] = a x[k-1] + driven[k], (time,), one tick after another."""

    def following(x: float, w: float) -> float:
        return a * x + w

    drives: list[float] = driven.tolist()
    found: Iterator[float] = accumulate(drives, following)
    return np.fromiter(found, np.float64, len(drives))
