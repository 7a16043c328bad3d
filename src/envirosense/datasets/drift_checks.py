"""Shards whose readings are not drawn from what the others are.

Rows follow one another and episodes of a group (a site, a home) resemble one another, so the unit is the
group: every group of a shard gives one mean of each channel. The greatest distance between the two
distribution functions, of a shard's groups and of all others, stays below
sqrt(ln(e/alpha) (n + m) / (2 n m)) with probability 1 - alpha (Wei and Dudley 2012), whatever the
distribution; alpha is shared out over all comparisons. Few groups can show no drift, and say nothing.
"""

import math
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from envirosense.datasets.episode_tables import EpisodeTables
from envirosense.datasets.rule_checks import Floats
from envirosense.datasets.scratch_rows import ScratchRows
from envirosense.datasets.tally import Failure

ALPHA: Final = 1e-3  # chance of one false hit in a dataset without drift
_AT_ONCE: Final = 2**26  # bytes of means in memory
_BINS: Final = 10  # of the population stability index
_DIGITS: Final = 2.0**40  # of a mean: twelve decimal digits
_SIDES: Final[tuple[Literal["left", "right"], ...]] = ("left", "right")

type Places = npt.NDArray[np.intp]


class ShardMeans:
    """Mean of every channel in every group of every shard, over the episodes fed to it.

    The means of each episode wait in a temporary file, and are put together for a few channels at a time.
    """

    def __init__(self, columns: Sequence[tuple[str, str]]) -> None:
        self._columns: dict[str, list[str]] = {}
        for stream, column in columns:
            self._columns.setdefault(stream, []).append(column)
        self._rows = {
            stream: ScratchRows(
                [("shard", np.int32), ("group", np.uint64), ("means", np.float64, (len(own),))]
            )
            for stream, own in self._columns.items()
        }
        self._shards: dict[str, int] = {}

    def update(self, tables: EpisodeTables, stream: str, shard: str) -> None:
        """Append one episode's stream of readings."""
        means = np.full(len(self._columns[stream]), np.nan)
        for column in tables.numbers(stream):
            values = tables.floats(stream, column)
            known = values[np.isfinite(values)]
            if known.size:
                means[self._columns[stream].index(column)] = known.mean()
        number = self._shards.setdefault(shard, len(self._shards))
        self._rows[stream].append(number, _hashed(tables.group), means)

    @property
    def n_checked(self) -> int:
        """Comparisons of one channel of one shard."""
        return len(self._shards) * sum(map(len, self._columns.values()))

    def failures(self) -> Iterator[Failure]:
        """Channels of shards that lie apart, with distance, bound and population stability index."""
        if len(self._shards) < 2 or not self._columns:
            return
        alpha, shards = ALPHA / self.n_checked, sorted(self._shards)
        for stream, column, means in self._of_channels(shards):
            for place in np.unique(means.owner).tolist():
                distance, n_here, n_rest = means.distance(place)
                if not n_rest or distance <= (bound := ks_bound(n_here, n_rest, alpha)):
                    continue
                text = f"{shards[place]} {stream}.{column}: distance {distance:.2f} over {bound:.2f}"
                example = f"{text}, PSI {stability_index(*means.split(place)):.2f}"
                yield Failure(example, "drift", "", stream, column, value=distance)

    def _of_channels(self, shards: Sequence[str]) -> Iterator[tuple[str, str, "_Means"]]:
        rank = np.argsort(np.array([self._shards[shard] for shard in shards]))
        for stream, columns in self._columns.items():
            rows = self._rows[stream]
            group = np.unique(rows.column("group"), return_inverse=True)[1]
            key = rank[rows.column("shard")] * (group.max(initial=0) + 1) + group
            pairs, pair = np.unique(key, return_inverse=True)
            owner, group = np.divmod(pairs, group.max(initial=0) + 1)
            at_once = max(_AT_ONCE // (8 * max(len(rows), 1)), 1)
            for first in range(0, len(columns), at_once):
                found = rows.column("means", slice(first, first + at_once))
                for column, values in zip(columns[first:], found.T, strict=False):
                    told = np.isfinite(values)
                    total = np.bincount(pair[told], values[told], len(pairs))
                    n = np.bincount(pair[told], minlength=len(pairs))
                    known = n > 0
                    yield stream, column, _Means(total[known] / n[known], owner[known], group[known])


def _hashed(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")


class _Means:
    """One channel's mean in every group of every shard, told apart by shard.

    What a shard is compared with, the groups elsewhere, is the same for all shards but for the groups that
    the shard has itself. So everything is sorted once, and a shard costs what its own groups do.
    """

    def __init__(self, means: Floats, owner: Places, group: Places) -> None:
        order = np.argsort(owner, kind="stable")
        self.owner, self._group, self._means = owner[order], group[order], means[order]
        self._total, self._count = np.bincount(group, weights=means), np.bincount(group)
        self._n_groups = int((self._count > 0).sum())
        overall = self._total / np.maximum(self._count, 1)
        self._overall = _rounded(overall)
        self._sorted = np.sort(self._overall[self._count > 0])

    def _of(self, place: int) -> slice:
        first, last = np.searchsorted(self.owner, (place, place + 1))
        return slice(int(first), int(last))

    def distance(self, place: int) -> tuple[float, int, int]:
        """Distance of a shard's distribution function from that elsewhere, and how many groups both have."""
        mine = self._of(place)
        here, group = np.sort(_rounded(self._means[mine])), self._group[mine]
        is_shared = self._count[group] > 1
        shared = group[is_shared]
        elsewhere = (self._total[shared] - self._means[mine][is_shared]) / (self._count[shared] - 1)
        n_rest = self._n_groups - int((~is_shared).sum())
        if not n_rest:
            return 0.0, len(here), 0
        gone, come = np.sort(self._overall[group]), np.sort(_rounded(elsewhere))
        # Between two of its own values the shard's function is level, the other rises: the ends tell all.
        return max(
            float(np.abs(
                np.searchsorted(here, here, side) / len(here)
                - (
                    np.searchsorted(self._sorted, here, side)
                    - np.searchsorted(gone, here, side)
                    + np.searchsorted(come, here, side)
                ) / n_rest
            ).max())
            for side in _SIDES
        ), len(here), n_rest  # fmt: skip

    def split(self, place: int) -> tuple[Floats, Floats]:
        """Means of a shard's groups, and of the groups elsewhere."""
        mine = self._of(place)
        others = np.ones(len(self._means), dtype=bool)
        others[mine] = False
        total = np.bincount(self._group[others], weights=self._means[others])
        count = np.bincount(self._group[others])
        return self._means[mine], total[count > 0] / count[count > 0]


def _rounded(means: Floats) -> Floats:
    """Means to twelve digits: of one constant channel all are equal, however they were summed up."""
    mantissa, exponent = np.frexp(means)
    return np.asarray(np.ldexp(np.rint(mantissa * _DIGITS), exponent))


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
