"""Order of windows in an epoch: a pure function of the seed and the epoch, addressable at any place.

Episodes are shuffled, cut into chunks of a few, and the windows of a chunk are shuffled together. A reader
that holds one chunk at a time can so begin anywhere without reading what came before.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream

type Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Share:
    """Part `index` of `count` equal parts of the episodes of every epoch."""

    index: int = 0
    count: int = 1

    def part(self, index: int, count: int) -> "Share":
        """Part of this part; all parts together are this one."""
        return Share(self.index + self.count * index, self.count * count)


@dataclass(frozen=True)
class EpochOrder:
    """Which window stands where in one epoch of one reader."""

    seed: int
    epoch: int
    counts: Ints  # windows of each episode, (episode,)
    chunk_episodes: int = 1
    shuffle: bool = True
    share: Share = Share()
    _latest: dict[int, tuple[Ints, Ints]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def episodes(self) -> Ints:
        """Positions of the reader's episodes in the order read, (episode,)."""
        n = len(self.counts)
        order = stream(self.seed, "loader", "episodes", self.epoch).permutation(n)
        whole = order if self.shuffle else np.arange(n)
        return np.asarray(whole[self.share.index :: self.share.count], dtype=np.int64)

    @cached_property
    def _ends(self) -> Ints:
        """Windows up to the end of each chunk, (chunk,)."""
        starts = np.arange(0, len(self.episodes), self.chunk_episodes)
        counts = self.counts[self.episodes]
        return np.cumsum(np.add.reduceat(counts, starts)) if len(starts) else np.empty(0, np.int64)

    @property
    def n_windows(self) -> int:
        """Windows in the epoch."""
        return int(self._ends[-1]) if len(self._ends) else 0

    def members(self, number: int) -> Ints:
        """Positions of the episodes of a chunk."""
        return self.episodes[number * self.chunk_episodes :][: self.chunk_episodes]

    def chunk(self, number: int) -> tuple[Ints, Ints]:
        """Episode and window in it of every place of a chunk, (window,) each."""
        if number not in self._latest:
            self._latest.clear()
            self._latest[number] = self._mixed(number)
        return self._latest[number]

    def _mixed(self, number: int) -> tuple[Ints, Ints]:
        members = self.members(number)
        counts = self.counts[members]
        episode = np.repeat(members, counts)
        window = np.concatenate([np.arange(n) for n in counts])
        if not self.shuffle:
            return episode, window
        share = self.share
        rng = stream(self.seed, "loader", "windows", self.epoch, share.index, share.count, number)
        mixed = rng.permutation(len(episode))
        return episode[mixed], window[mixed]

    def pieces(self, first: int, last: int) -> list[tuple[int, int, int]]:
        """Chunks that hold the places `first` to `last`, each with its range inside the chunk."""
        found = []
        number = int(np.searchsorted(self._ends, first, side="right"))
        while first < last:
            start = int(self._ends[number - 1]) if number else 0
            end = min(int(self._ends[number]), last)
            if end > first:
                found.append((number, first - start, end - start))
            first, number = end, number + 1
        return found
