"""Designs of draws over a parameter space, importance weights, and the order of a curriculum.

A design gives every parameter of draw number `index` a share of 0..1; the distributions turn shares into
values. A draw never depends on those after it, so a growing dataset keeps what it has.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.rng import derived_seed, stream
from envirosense.scenarios.distributions import Choice, Conditional, Distribution, Follows, ParameterValue
from envirosense.scenarios.parameters import NO_RANKS, Drawn, ParameterSpace, Shares

type Design = Literal["random", "sobol", "latin_hypercube"]
type Difficulty = Callable[[Mapping[str, ParameterValue]], float]

DESIGNS: tuple[Design, ...] = ("random", "sobol", "latin_hypercube")
SOBOL_BLOCK = 256  # points made at a time; a power of two keeps the sequence balanced


def design_shares(design: Design, space: ParameterSpace, seed: int, index: int, n: int = 0) -> Shares:
    """Shares of every parameter in draw number `index` of a design.

    A draw that the constraints refuse goes on at random, so what is accepted has the constrained spread.

    Args:
        design: `random`: independent; `sobol`: a scrambled Sobol sequence; `latin_hypercube`: every parameter
            visits each of `n` equal shares once in every `n` draws.
        space: Whose parameters are drawn; their order is that of the sequence's dimensions.
        seed: Of the design.
        index: Number of the draw, from 0.
        n: Draws of one Latin hypercube.

    Raises:
        ConfigError: if the design is unknown or a Latin hypercube has no draws.
    """
    if design not in DESIGNS:
        raise ConfigError("design", design, f"choose from {', '.join(DESIGNS)}")
    if design == "latin_hypercube" and n < 1:
        raise ConfigError("n", n, "a Latin hypercube needs at least one draw")
    first: dict[str, float] = {}
    if design == "sobol":
        first = dict(zip(space.parameters, sobol_point(len(space.parameters), seed, index), strict=True))
    elif design == "latin_hypercube":
        first = {name: _latin_share(name, seed, index, n) for name in space.parameters}

    def shares(name: str, attempt: int) -> float:
        if attempt == 0 and name in first:
            return first[name]
        return float(stream(seed, "design", index, name, attempt).random())

    return shares


def designed_draw(
    design: Design,
    space: ParameterSpace,
    seed: int,
    index: int,
    n: int = 0,
    ranks: Mapping[str, float] = NO_RANKS,
) -> Drawn:
    """Draw number `index` of a design; `ranks` is the weather's, for parameters that follow it."""
    return space.drawn(design_shares(design, space, seed, index, n), ranks)


def sobol_point(n_dimensions: int, seed: int, index: int) -> list[float]:
    """Point number `index` of a scrambled Sobol sequence, one number in 0..1 per dimension."""
    if n_dimensions == 0:
        return []
    block, place = divmod(index, SOBOL_BLOCK)
    return [float(share) for share in _sobol_block(n_dimensions, seed, block)[place]]


@lru_cache(maxsize=128)
def _sobol_block(n_dimensions: int, seed: int, block: int) -> npt.NDArray[np.float64]:
    from scipy.stats.qmc import Sobol

    sequence = Sobol(n_dimensions, scramble=True, rng=derived_seed(seed, "sobol"))
    if block:
        sequence.fast_forward(block * SOBOL_BLOCK)
    return np.asarray(sequence.random(SOBOL_BLOCK))


def _latin_share(name: str, seed: int, index: int, n: int) -> float:
    turn, place = divmod(index, n)
    stratum = stream(seed, "latin", name, n, turn).permutation(n)[place]
    return float((stratum + stream(seed, "latin", name, n, index, "within").random()) / n)


# --- importance: other draws than the prior's, and what each stands for


def narrowed(space: ParameterSpace, proposal: Mapping[str, Distribution]) -> ParameterSpace:
    """The space with some parameters drawn otherwise; what follows the weather goes on following it.

    Raises:
        UnknownNameError: if the space has no such parameter.
        ConfigError: if a proposal can give what the space never does.
    """
    parameters = dict(space.parameters)
    for name, spread in proposal.items():
        if name not in parameters:
            raise UnknownNameError("parameter", name, space.parameters)
        prior = parameters[name].distribution
        _require_within(name, prior, spread)
        if isinstance(prior, Follows) and not isinstance(spread, Follows):
            parameters[name] = replace(parameters[name], distribution=replace(prior, spread=spread))
        else:
            parameters[name] = replace(parameters[name], distribution=spread)
    return ParameterSpace(parameters, space.constraints)


def _require_within(name: str, prior: Distribution, proposal: Distribution) -> None:
    """Refuse a proposal with ends or options outside the prior; cases are known only once values are."""
    try:
        found = [proposal.quantile(0.0, {}), proposal.quantile(1.0, {})]
        if isinstance(proposal, Choice):
            found = list(proposal.options)
        outside = [value for value in found if not prior.allows(value, {})]
        prior.quantile(0.5, {})
    except ConfigError:
        return
    if outside:
        raise ConfigError(name, str(proposal), f"gives {outside[0]!r}; stay within {prior}")


def evened(space: ParameterSpace, share: float = 0.5) -> ParameterSpace:
    """The space with rare options drawn more often: `share` of the draws take any option alike.

    It lets a few hundred draws see every pair of options; `importance_weight` gives the real odds back.
    """
    return narrowed(
        space, {name: _evened(parameter.distribution, share) for name, parameter in space.parameters.items()}
    )


def _evened(spread: Distribution, share: float) -> Distribution:
    if isinstance(spread, Choice) and spread.weights is not None:
        even = share / len(spread.options)
        return replace(spread, weights=tuple(even + (1.0 - share) * own for own in spread.shares))
    if isinstance(spread, Conditional):
        return replace(spread, cases={name: _evened(case, share) for name, case in spread.cases.items()})
    if isinstance(spread, Follows):
        return replace(spread, spread=_evened(spread.spread, share))
    return spread


def importance_weight(
    space: ParameterSpace, proposal: ParameterSpace, values: Mapping[str, ParameterValue]
) -> float:
    """Density of drawn values in the space over that in the proposal they were drawn from.

    Over the proposal's draws its mean is 1 where the proposal reaches all that the space does. Constraints
    cut both spaces, perhaps unequally: divide by the mean weight then. A parameter that follows the weather
    counts with its spread over the year.

    Raises:
        ConfigError: if the space or the proposal cannot give the values.
    """
    log_weight = 0.0
    for name, parameter in space.parameters.items():
        other = proposal.parameters[name].distribution
        if other == parameter.distribution:
            continue
        prior, drawn = (
            spread.log_density(values[name], values) for spread in (parameter.distribution, other)
        )
        if not (math.isfinite(prior) and math.isfinite(drawn)):
            spread = other if math.isfinite(prior) else parameter.distribution
            raise ConfigError(name, values[name], f"cannot be drawn from {spread}, so it has no weight")
        log_weight += prior - drawn
    return math.exp(log_weight)


# --- curriculum


def easiest_first[Draw: Mapping[str, ParameterValue]](
    draws: Iterable[Draw], difficulty: Difficulty
) -> list[Draw]:
    """Draws by rising difficulty; equally difficult ones keep their order."""
    return [draw for _, draw in sorted(_rated(draws, difficulty), key=lambda rated: rated[0])]


def of_difficulty[Draw: Mapping[str, ParameterValue]](
    draws: Iterable[Draw], difficulty: Difficulty, low: float = 0.0, high: float = 1.0
) -> list[Draw]:
    """Draws whose difficulty lies within `low` to `high`, in their order."""
    return [draw for rating, draw in _rated(draws, difficulty) if low <= rating <= high]


def _rated[Draw: Mapping[str, ParameterValue]](
    draws: Iterable[Draw], difficulty: Difficulty
) -> list[tuple[float, Draw]]:
    rated = [(float(difficulty(draw)), draw) for draw in draws]
    for rating, _ in rated:
        if not 0.0 <= rating <= 1.0:
            raise ConfigError("difficulty", rating, "must lie within 0 to 1")
    return rated
