"""What a duel can see, and how often it errs: said before it is fought."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.learning.deployment.betting import log_evidence_of_pairs
from envirosense.learning.deployment.duel import ALPHA
from envirosense.learning.intervals import Estimate, proportion

type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]
type Test = Literal["evidence", "mcnemar"]

_MOST_PAIRS: Final = 8_000  # discordant; the exact walk takes a second then
_POWER: Final = 0.8
_CURVE: Final = (0.125, 0.25, 0.5, 0.75, 1.0)  # of the units that a duel needs


@dataclass(frozen=True, slots=True)
class DuelPlan:
    """How many units a duel needs.

    Attributes:
        won: Share of units that only the challenger is right about, as assumed.
        lost: Share that only the champion is right about.
        n_units: Units by which the duel promotes with chance `power`; None where too many to plan.
        n_fixed: Units that one look planned before needs with McNemar's test.
        curve: Units, and the chance to have promoted by then, up to `n_units`.
    """

    won: float
    lost: float
    alpha: float
    power: float
    n_units: int | None
    n_fixed: int | None
    curve: tuple[tuple[int, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        if self.n_units is None:
            gain, most = self.won - self.lost, int(_MOST_PAIRS / (self.won + self.lost))
            return f"A gain of {gain:.2%} of units is too small to plan for: {most // 2} units are too few."
        fixed = f" (one look planned before: {self.n_fixed})" if self.n_fixed else ""
        return (
            f"To see a challenger that alone is right about {self.won:.1%} of units against {self.lost:.1%}, "
            f"with chance {self.power:.0%}, a duel at alpha {self.alpha:.0%} needs {self.n_units} "
            f"independent units{fixed}.\nIts chance to see that: "
            + ", ".join(f"{chance:.0%} at {n}" for n, chance in self.curve)
            + " units."
        )


def plan_duel(won: float, lost: float, alpha: float = ALPHA, power: float = _POWER) -> DuelPlan:
    """Units needed to see a challenger that wins and loses these shares of units.

    Raises:
        ConfigError: if it is no gain, or no shares.
    """
    _require_shares(won, lost)
    if not 0 < alpha < 1:
        raise ConfigError("alpha", alpha, "must lie between 0 and 1")
    if won <= lost:
        raise ConfigError("won", won, f"must be above lost, {lost}: there is no gain to see")

    def needed(test: Test) -> int | None:
        low, high = 1, 16
        while duel_power(won, lost, high, alpha, test=test) < power:
            low, high = high, high * 2
            if (won + lost) * high > _MOST_PAIRS:
                return None
        while high - low > max(1, high // 200):  # to half a percent
            middle = (low + high) // 2
            low, high = (
                (low, middle) if duel_power(won, lost, middle, alpha, test=test) >= power else (middle, high)
            )
        return high

    n_units = needed("evidence")
    at = [] if n_units is None else [math.ceil(part * n_units) for part in _CURVE]
    curve = zip(at, power_curve(won, lost, at, alpha).tolist(), strict=True)
    return DuelPlan(won, lost, alpha, power, n_units, needed("mcnemar"), tuple(curve))


def power_curve(
    won: float, lost: float, n_units: Sequence[int], alpha: float = ALPHA, test: Test = "evidence"
) -> Floats:
    """Chance to promote by each number of units, (number,)."""
    return np.array([duel_power(won, lost, n, alpha, test=test) for n in n_units])


def duel_power(won: float, lost: float, n_units: int, alpha: float = ALPHA, *, test: Test) -> float:
    """Exact chance that a duel has promoted by `n_units` independent units.

    `evidence` looks after every unit, `mcnemar` once at the end.
    """
    _require_shares(won, lost)
    disagree = won + lost
    if not disagree:
        return 0.0
    spread = 10 * math.sqrt(n_units * disagree * (1 - disagree)) + 10
    low, high = max(0, int(n_units * disagree - spread)), min(n_units, int(n_units * disagree + spread))
    d = np.arange(low, high + 1)
    log_mass = (
        special.gammaln(n_units + 1) - special.gammaln(d + 1) - special.gammaln(n_units - d + 1)
        + special.xlogy(d, disagree) + special.xlog1py(n_units - d, -disagree)
    )  # fmt: skip
    by_pairs = _promoted_by(won / disagree, high, alpha, test)
    return float(min(1.0, np.exp(log_mass) @ by_pairs[low:]))


def _promoted_by(p: float, n_pairs: int, alpha: float, test: Test) -> Floats:
    """Chance to have promoted within 0, 1, ... `n_pairs` discordant pairs, (n_pairs + 1,)."""
    size = 64 * 2 ** max(
        0, math.ceil(math.log2(max(n_pairs + 1, 64) / 64))
    )  # few sizes, so that few are made
    table = _by_walk(p, size, alpha) if test == "evidence" else _by_one_look(p, size, alpha)
    return table[: n_pairs + 1]


@cache
def _by_walk(p: float, n_pairs: int, alpha: float) -> Floats:
    """The walk of won against lost pairs, stopped at the boundary."""
    alive = np.zeros(n_pairs + 1)  # chance of each count of won pairs, boundary not reached yet
    alive[0] = 1.0
    reached = np.zeros(n_pairs + 1)
    for n in range(1, n_pairs + 1):
        alive[1 : n + 1] = alive[1 : n + 1] * (1 - p) + alive[:n] * p
        alive[0] *= 1 - p
        least = _boundary(n, alpha)
        reached[n] = reached[n - 1] + alive[least : n + 1].sum()
        alive[least : n + 1] = 0.0
    return reached


def _boundary(n: int, alpha: float) -> int:
    """Least number of won pairs out of n that promotes; n + 1 where none does."""
    low, high = n // 2 + 1, n + 1
    while low < high:
        middle = (low + high) // 2
        if float(log_evidence_of_pairs(middle, n - middle)) >= -math.log(alpha):
            high = middle
        else:
            low = middle + 1
    return low


@cache
def _by_one_look(p: float, n_pairs: int, alpha: float) -> Floats:
    n = np.arange(n_pairs + 1)
    most_lost = special.bdtrik(alpha / 2, n, 0.5)  # real-valued; whole numbers below have tail <= alpha / 2
    lost = np.floor(np.nan_to_num(most_lost, nan=-1.0) + 1e-9)
    lost = np.where(special.bdtr(np.maximum(lost, 0), n, 0.5) <= alpha / 2, lost, lost - 1)
    found = special.bdtr(np.maximum(lost, 0), n, 1 - p)
    return np.asarray(np.where((lost >= 0) & (n > 0), found, 0.0))


def false_promotions(
    n_duels: int,
    n_looks: int,
    n_units: int,
    disagree: float,
    seed: int,
    alpha: float = ALPHA,
    test: Test = "evidence",
) -> Estimate:
    """Share of duels between equal models that promote at any of several looks."""
    won, lost = simulated_duels(n_duels, n_looks, n_units, disagree / 2, disagree / 2, seed)
    return proportion(int(promoted(won, lost, alpha, test).any(axis=1).sum()), n_duels)


def simulated_duels(
    n_duels: int, n_looks: int, n_units: int, won: float, lost: float, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Won and lost pairs up to each of evenly spaced looks, (duel, look) both."""
    _require_shares(won, lost)
    edges = np.linspace(0, n_units, n_looks + 1).astype(np.int64)
    drawn = stream(seed, "duel", "outcomes").multinomial(
        np.diff(edges), [won, lost, 1 - won - lost], size=(n_duels, n_looks)
    )
    counts = np.cumsum(drawn, axis=1)
    return counts[:, :, 0], counts[:, :, 1]


def promoted(
    won: npt.NDArray[np.int64], lost: npt.NDArray[np.int64], alpha: float = ALPHA, test: Test = "evidence"
) -> Bools:
    """Whether a look at these counts promotes, of any shape."""
    if test == "evidence":
        return np.asarray((log_evidence_of_pairs(won, lost) >= -math.log(alpha)) & (won > lost))
    tail = 2 * special.bdtr(np.minimum(won, lost), won + lost, 0.5)
    return np.asarray((tail <= alpha) & (won > lost))


def _require_shares(won: float, lost: float) -> None:
    if won < 0 or lost < 0 or won + lost > 1:
        raise ConfigError("won, lost", (won, lost), "must be shares of units, together at most 1")
