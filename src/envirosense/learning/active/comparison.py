"""Two ways to ask for episodes, run on the same problem from the same seeds: do the chosen ones teach more?

Both arms begin with the same even draws, pay for every episode they use and are scored on the same frozen
test set, region by region. A curve is smoothed to a rising one before it is read, so that one lucky round
counts for neither arm; two equal arms then need about the same number of episodes.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.core.rng import derived_seed
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.models.bundle import Scorer
from envirosense.learning.samples import Samples

type Floats = npt.NDArray[np.float64]
type Plan = Sequence[tuple[WeakSpot | None, int]]  # where, None for even draws; how many episodes
type Ask = Callable[[Samples, Scorer, int, int], Plan]  # (all so far, model, episodes, round) -> what to run

ENOUGH: Final = 0.6  # share of the episodes within which the issue wants the final score reached
ALPHA: Final = 0.05
_NOT_REACHED: Final = 10.0  # stands for "never" where a ratio must be a number


class Arena(Protocol):
    """One problem with its simulator, its learner and its frozen test set."""

    regions: tuple[str, ...]

    def collect(self, plan: Plan, seed: int) -> Samples:
        """Labelled samples of the episodes asked for."""
        ...

    def learn(self, train: Samples, seed: int) -> Scorer:
        """A model of all samples so far."""
        ...

    def scores(self, scorer: Scorer) -> Mapping[str, float]:
        """Score on the test set, by region; higher is better."""
        ...


@dataclass(frozen=True, slots=True)
class Rounds:
    """Budget of each arm: `first` even draws, then `n` rounds of `each` episodes."""

    first: int
    each: int
    n: int

    def __post_init__(self) -> None:
        """Refuse an empty budget."""
        for name in ("first", "each", "n"):
            if getattr(self, name) < 1:
                raise ConfigError(name, getattr(self, name), "must be at least 1")

    @property
    def total(self) -> int:
        """Episodes of one arm."""
        return self.first + self.each * self.n


@dataclass(frozen=True, slots=True)
class Curve:
    """Scores of one arm in one region after so many episodes."""

    arm: str
    region: str
    seed: int
    episodes: tuple[int, ...]
    scores: tuple[float, ...]

    @property
    def rising(self) -> Floats:
        """The scores as the nearest curve that never falls."""
        from scipy.optimize import isotonic_regression

        return np.asarray(isotonic_regression(self.scores).x, dtype=np.float64)

    @property
    def area(self) -> float:
        """Mean score over the budget, by the trapezoidal rule."""
        if len(self.episodes) < 2:
            return self.scores[0]
        return float(np.trapezoid(self.scores, self.episodes) / (self.episodes[-1] - self.episodes[0]))


@dataclass(frozen=True, slots=True)
class RegionResult:
    """What the comparison found in one region.

    Attributes:
        ratios: Per seed: episodes that the active arm needed for the even arm's final score, over the even
            arm's total; infinite where it never got there.
        ratio: Their median.
        p: One-sided Wilcoxon test over the seeds that the active arm needs fewer; never reached is the worst.
        area_gains: Per seed: mean score over the budget, active less even.
        area_p: The same test of the gains.
        final: Mean final score of each arm.
    """

    region: str
    ratios: tuple[float, ...]
    ratio: float
    p: float
    area_gains: tuple[float, ...]
    area_p: float
    final: Mapping[str, float]

    @property
    def is_within(self) -> bool:
        """Whether the median is within the aim."""
        return self.ratio <= ENOUGH

    @property
    def is_won(self) -> bool:
        """Whether it is, and the area under the curve is greater than by chance."""
        return self.is_within and self.area_p < ALPHA


@dataclass(frozen=True, slots=True)
class ArmComparison:
    """Learning curves of both arms and what they say, region by region."""

    rounds: Rounds
    seeds: tuple[int, ...]
    curves: tuple[Curve, ...]
    regions: tuple[RegionResult, ...]
    others: tuple[
        RegionResult, ...
    ] = ()  # scores beside the regions, such as everywhere: to see what it costs

    @property
    def n_won(self) -> int:
        """Regions in which the active arm got there within the aim, beyond chance."""
        return sum(one.is_won for one in self.regions)

    @property
    def n_within(self) -> int:
        """Regions in which the active arm got there within the aim, chance or not."""
        return sum(one.is_within for one in self.regions)

    def mean_curve(self, arm: str, region: str) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """Episodes and the mean score over the seeds."""
        found = [one for one in self.curves if (one.arm, one.region) == (arm, region)]
        if not found:
            raise ConfigError("arm, region", (arm, region), "no such curve")
        return found[0].episodes, tuple(np.mean([one.scores for one in found], axis=0).tolist())

    def rows(self) -> list[dict[str, Any]]:
        """A line for each region, for a table."""
        return [
            {
                "region": one.region,
                "median share of episodes": one.ratio,
                "seeds that reached it": sum(math.isfinite(ratio) for ratio in one.ratios),
                "p": one.p,
                "area p": one.area_p,
                "within": one.is_within,
                "even final": one.final["even"],
                "active final": one.final["active"],
                "area gain": float(np.mean(one.area_gains)),
                "won": one.is_won,
            }
            for one in (*self.regions, *self.others)
        ]

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data; a score never reached is null."""
        told = asdict(self)
        results = zip([*told["regions"], *told["others"]], [*self.regions, *self.others], strict=True)
        for region, result in results:
            region["ratios"] = [one if math.isfinite(one) else None for one in result.ratios]
            region["ratio"] = result.ratio if math.isfinite(result.ratio) else None
            region["is_won"] = result.is_won
        return {**told, "n_won": self.n_won, "n_within": self.n_within}


def even(pool: Samples, scorer: Scorer, episodes: int, turn: int) -> Plan:
    """The plan of the arm that knows nothing: even draws."""
    return [(None, episodes)]


def run_arm(arm: str, arena: Arena, ask: Ask, rounds: Rounds, seed: int) -> tuple[Curve, ...]:
    """Learning curves of one arm, one for each score of the arena.

    Raises:
        ConfigError: if the arm asks for another number of episodes than it may.
    """
    pool = arena.collect([(None, rounds.first)], derived_seed(seed, "first draws"))
    scorer = arena.learn(pool, derived_seed(seed, "learn", 0))
    episodes, scores = [rounds.first], [arena.scores(scorer)]
    for turn in range(1, rounds.n + 1):
        plan = ask(pool, scorer, rounds.each, turn)
        if (n := sum(count for _, count in plan)) != rounds.each:
            raise ConfigError("plan", n, f"the {arm} arm must ask for {rounds.each} episodes")
        pool = Samples.concat([pool, arena.collect(plan, derived_seed(seed, "round", turn))])
        scorer = arena.learn(pool, derived_seed(seed, "learn", turn))
        episodes.append(episodes[-1] + rounds.each)
        scores.append(arena.scores(scorer))
    return tuple(
        Curve(arm, region, seed, tuple(episodes), tuple(float(one[region]) for one in scores))
        for region in scores[0]
    )


def compare(
    arena_of: Callable[[int], Arena],
    ask_of: Callable[[Arena, int], Ask],
    rounds: Rounds,
    seeds: Sequence[int],
    heard: Callable[[Curve], None] | None = None,
) -> ArmComparison:
    """The active arm against even draws on the same arenas, paired by seed.

    Args:
        arena_of: The arena of a seed; made anew for each arm.
        ask_of: The active arm of an arena and a seed; it may remember what it asked for.
        rounds: Budget of each arm.
        seeds: One pair of runs each.
        heard: Is told of every curve as soon as it is there.
    """
    curves: list[Curve] = []
    regions: tuple[str, ...] = ()
    for seed in seeds:
        for arm in ("even", "active"):
            arena = arena_of(seed)
            regions = arena.regions
            ask = even if arm == "even" else ask_of(arena, seed)
            curves += (found := run_arm(arm, arena, ask, rounds, seed))
            if heard is not None:
                for curve in found:
                    heard(curve)
    return judged(curves, rounds, regions)


def judged(curves: Sequence[Curve], rounds: Rounds, regions: Sequence[str] | None = None) -> ArmComparison:
    """What curves of the arms `even` and `active` say, paired by seed; all are regions unless told."""
    names = tuple(dict.fromkeys(one.region for one in curves))
    counted = names if regions is None else tuple(regions)
    seeds = tuple(dict.fromkeys(one.seed for one in curves))
    by_key = {(one.arm, one.region, one.seed): one for one in curves}
    results = {
        name: _judged([(by_key["even", name, seed], by_key["active", name, seed]) for seed in seeds])
        for name in names
    }
    others = tuple(results[name] for name in names if name not in counted)
    return ArmComparison(rounds, seeds, tuple(curves), tuple(results[name] for name in counted), others)


def episodes_to_reach(curve: Curve, score: float) -> float:
    """Episodes after which the rising curve first has a score, between rounds by a line; inf if never."""
    rising = curve.rising
    at = int(np.searchsorted(rising, score - 1e-12, side="left"))
    if at == len(rising):
        return math.inf
    if at == 0:
        return float(curve.episodes[0])
    share = (score - rising[at - 1]) / (rising[at] - rising[at - 1])
    return float(curve.episodes[at - 1] + share * (curve.episodes[at] - curve.episodes[at - 1]))


def _judged(pairs: Sequence[tuple[Curve, Curve]]) -> RegionResult:
    ratios = [
        episodes_to_reach(active, float(plain.rising[-1])) / plain.episodes[-1] for plain, active in pairs
    ]
    gains = [active.area - plain.area for plain, active in pairs]
    final = {
        arm: float(np.mean([pair[at].scores[-1] for pair in pairs]))
        for at, arm in enumerate(("even", "active"))
    }
    fewer = [-math.log(min(ratio, _NOT_REACHED)) for ratio in ratios]
    ratio = float(np.median(ratios))
    return RegionResult(
        pairs[0][0].region,
        tuple(ratios),
        ratio,
        _p_above_zero(fewer),
        tuple(gains),
        _p_above_zero(gains),
        final,
    )


def _p_above_zero(values: Sequence[float]) -> float:
    """One-sided Wilcoxon signed-rank p-value; 1 where all are 0."""
    from scipy.stats import wilcoxon

    if not np.any(values):
        return 1.0
    return float(wilcoxon(values, alternative="greater").pvalue)
