"""Shards whose readings are not drawn from what the others are.

Rows follow one another and episodes of a group (a site, a home) resemble one another, so the unit is the
group: every group of a shard gives one mean of each channel. The greatest distance between the two
distribution functions, of a shard's groups and of all others, stays below
sqrt(ln(e/alpha) (n + m) / (2 n m)) with probability 1 - alpha (Wei and Dudley 2012), whatever the
distribution; alpha is shared out over all comparisons. Few groups can show no drift, and say nothing.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.datasets.episode_tables import EpisodeTables
from envirosense.datasets.rule_checks import Floats
from envirosense.datasets.tally import Failure

ALPHA: Final = 1e-3  # chance of one false hit in a dataset without drift
_BINS: Final = 10  # of the population stability index


class ShardMeans:
    """Mean of every channel in every group of every shard, over the episodes fed to it."""

    def __init__(self, columns: Sequence[tuple[str, str]]) -> None:
        self._columns = {column: number for number, column in enumerate(columns)}
        self._sums: dict[tuple[str, str], Floats] = {}  # by shard and group: (2, column), sum and number

    def update(self, tables: EpisodeTables, stream: str, shard: str) -> None:
        """Append one episode's stream of readings."""
        sums = self._sums.setdefault((shard, tables.group), np.zeros((2, len(self._columns))))
        for column in tables.numbers(stream):
            values = tables.floats(stream, column)
            known = values[np.isfinite(values)]
            if known.size:
                sums[:, self._columns[stream, column]] += known.mean(), 1.0

    @property
    def n_checked(self) -> int:
        """Comparisons of one channel of one shard."""
        return len({shard for shard, _ in self._sums}) * len(self._columns)

    def failures(self) -> Iterator[Failure]:
        """Channels of shards that lie apart, with distance, bound and population stability index."""
        shards = sorted({shard for shard, _ in self._sums})
        if len(shards) < 2 or not self._columns:
            return
        owner, group = (np.unique(side, return_inverse=True)[1] for side in zip(*self._sums, strict=True))
        alpha = ALPHA / self.n_checked
        for (stream, column), number in self._columns.items():
            total, n = np.array([found[:, number] for found in self._sums.values()]).T
            known = n > 0
            means = total[known] / n[known]
            for place, shard in enumerate(shards):
                here, rest = _split(means, owner[known] == place, group[known])
                if not here.size or not rest.size:
                    continue
                distance, bound = ks_distance(here, rest), ks_bound(here.size, rest.size, alpha)
                if distance > bound:
                    text = f"{shard} {stream}.{column}: distance {distance:.2f} over {bound:.2f}"
                    example = f"{text}, PSI {stability_index(here, rest):.2f}"
                    yield Failure(example, "drift", "", stream, column, value=distance)


def _split(
    means: Floats, is_here: npt.NDArray[np.bool_], group: npt.NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Means of a shard's groups, and of the groups elsewhere."""
    total = np.bincount(group[~is_here], weights=means[~is_here])
    count = np.bincount(group[~is_here])
    return means[is_here], total[count > 0] / count[count > 0]


def ks_distance(one: Floats, other: Floats) -> float:
    """Greatest distance between two empirical distribution functions."""
    everywhere = np.concatenate([one, other])
    shares = [
        np.searchsorted(np.sort(sample), everywhere, side="right") / len(sample) for sample in (one, other)
    ]
    return float(np.abs(shares[0] - shares[1]).max())


def ks_bound(n: int, m: int, alpha: float) -> float:
    """Distance that samples of n and m of one distribution exceed with probability alpha at most."""
    return math.sqrt(math.log(math.e / alpha) * (n + m) / (2 * n * m))


def stability_index(one: Floats, other: Floats) -> float:
    """Population stability index of one sample against another, in tenths of the other."""
    edges: npt.NDArray[np.float64] = np.quantile(other, np.linspace(0, 1, _BINS + 1)[1:-1])
    counts = [np.bincount(np.searchsorted(edges, sample), minlength=_BINS) + 0.5 for sample in (one, other)]
    shares = [count / count.sum() for count in counts]  # half a count each: an empty bin is no infinity
    return float(((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum())
