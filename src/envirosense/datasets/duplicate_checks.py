"""Blocks of readings that stand twice in a dataset, whatever their place, and though a column was replaced.

Every few samples in a row of a channel make a signature; a block copied elsewhere repeats the signatures of
its columns at one distance in rows. How many samples make a signature follows from how much a channel's
steps tell, so that one signature says at least `_BITS` bits and chance repeats none. Values count to five
digits, so a copy that went through text is found too. Of the signatures a share chosen by their own bits is
kept, the same for every copy, so memory stays bounded.
"""

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.datasets.episode_tables import EpisodeTables
from envirosense.datasets.rule_checks import Floats
from envirosense.datasets.tally import Failure

type Words = npt.NDArray[np.uint64]
type _Counts = npt.NDArray[np.int32]
type _Part = tuple[Words, _Counts, _Counts, _Counts]  # signatures, their rows, episodes and channels

MOST_KEPT: Final = 2**21  # signatures, of 24 bytes
_MOST_PARTS: Final = 4096  # arrays that hold them: an empty one takes as much as forty signatures
_BITS: Final = 64.0  # a signature tells; two alike by chance among 10^7: 3e-6
_SHORTEST: Final = 4  # samples of a signature
_LONGEST: Final = 32
_CHANGES: Final = 0.75  # share of its steps that must be changes
_HITS: Final = 3  # signatures that repeat at one distance make a copy
_DIGITS: Final = 2.0**16  # of a value: five decimal digits
_SHARED: Final = 6  # places from which a signature is a habit and no copy
_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True, slots=True)
class _Home:
    """Episode as far as it matters whose a copy is."""

    episode_id: str
    split: str
    world_seed: int


class Signatures:
    """Signatures of the readings fed to it."""

    def __init__(self, most_kept: int = MOST_KEPT, has_worlds: bool = True) -> None:
        self._most = most_kept
        self.has_worlds = has_worlds  # recorded episodes have no world of their own
        self._every = np.uint64(1)
        self._lengths: dict[tuple[str, str], int] = {}  # samples of a signature by channel; 0: none fits
        self._homes: list[_Home] = []
        self._parts: list[_Part] = []
        self._n_kept = 0

    @property
    def n_checked(self) -> int:
        """Episodes seen."""
        return len(self._homes)

    def update(self, tables: EpisodeTables, streams: list[str]) -> None:
        """Append one episode's streams of readings."""
        self._homes.append(_Home(tables.episode_id, tables.split, tables.spec.world_seed))
        for stream in streams:
            for column in tables.numbers(stream):
                values = tables.floats(stream, column)
                rows = np.flatnonzero(np.isfinite(values))
                self._append(stream, column, _rounded(values[rows]), rows)
        while self._n_kept > self._most:
            self._thin()

    def _append(self, stream: str, column: str, values: Floats, rows: npt.NDArray[np.intp]) -> None:
        key = (stream, column)
        if self._lengths.get(key, 0) == 0 and len(values) >= 2 * _LONGEST:
            self._lengths[key] = _signature_length(values)
        length = self._lengths.get(key, 0)
        if not length or len(values) < length:
            return
        number = list(self._lengths).index(key)
        words, first = _signatures(values, length, number)
        keep = words % self._every == 0
        words, first = words[keep], first[keep]
        n = len(words)
        if not n:
            return
        self._parts.append(
            (
                words,
                rows[first].astype(np.int32),
                np.full(n, len(self._homes) - 1, np.int32),
                np.full(n, number, np.int32),
            )
        )
        self._n_kept += n
        if len(self._parts) > _MOST_PARTS:
            self._parts = [self._whole()]

    def _whole(self) -> _Part:
        words, rows, homes, numbers = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        return words, rows, homes, numbers

    def _thin(self) -> None:
        self._every *= np.uint64(2)
        whole = self._whole()
        keep = whole[0] % self._every == 0
        words, rows, homes, numbers = (column[keep] for column in whole)
        self._parts, self._n_kept = [(words, rows, homes, numbers)], int(keep.sum())

    def failures(self) -> Iterator[Failure]:
        """Copies found, both places of each."""
        if not self._parts:
            return
        columns = list(self._lengths)
        for (one, other, shift), hits in _pairs(self._parts).items():
            numbers = {number for number, _ in hits}
            streams = Counter(columns[number][0] for number in numbers)
            stream, n_columns = streams.most_common(1)[0]
            able = sum(1 for (name, _), length in self._lengths.items() if length and name == stream)
            rows = sorted(row for number, row in hits if columns[number][0] == stream)
            if len(rows) < _HITS or n_columns < max(min(2, able - 1), 1):
                continue
            yield from self._copy(one, other, shift, stream, n_columns, rows)

    def _copy(
        self, one: int, other: int, shift: int, stream: str, n_columns: int, rows: list[int]
    ) -> Iterator[Failure]:
        """Both places: which of them is the copy cannot be told."""
        here, there = self._homes[other], self._homes[one]
        is_across = here.split != there.split
        is_one_world = self.has_worlds and here.world_seed == there.world_seed
        if one != other and is_one_world and not is_across and not shift:
            return  # one world told twice in one split, as augmentation does
        reason = "across_splits" if is_across else "within_split" if one != other else "within_episode"
        ends = ((here, rows[0], there, rows[0] - shift), (there, rows[0] - shift, here, rows[0]))
        for mine, row, its, its_row in ends:
            example = f"{mine.episode_id} {stream} row {row} = {its.episode_id} row {its_row}"
            yield Failure(f"{example}, {n_columns} columns alike", reason, mine.episode_id, stream, "", row)


def _rounded(values: Floats) -> Floats:
    """Values to five digits, so that a copy through text is equal."""
    mantissa, exponent = np.frexp(values)
    return np.asarray(np.ldexp(np.rint(mantissa * _DIGITS), exponent))


def _signature_length(values: Floats) -> int:
    """Samples that tell `_BITS` bits, 0 if it takes too many."""
    _, counts = np.unique(np.diff(values), return_counts=True)
    shares = counts / counts.sum()
    bits = float(-(shares * np.log2(shares)).sum())
    length = max(math.ceil(_BITS / bits), _SHORTEST) if bits > 0.0 else _LONGEST + 1
    return length if length <= _LONGEST else 0


def _signatures(values: Floats, length: int, number: int) -> tuple[Words, npt.NDArray[np.intp]]:
    """Signatures of every run of `length` samples that mostly change, and where they begin."""
    words = np.ascontiguousarray(values + 0.0).view(np.uint64)
    n = len(words) - length + 1
    with np.errstate(over="ignore"):
        mixed = np.full(n, number + 1, np.uint64)
        for place in range(length):
            mixed = (mixed ^ words[place : place + n]) * _PRIME
            mixed ^= mixed >> np.uint64(29)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[0]
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[1]
        mixed ^= mixed >> np.uint64(31)
    changes = np.concatenate([[0], np.cumsum(np.diff(values) != 0.0)])
    lively = changes[length - 1 :] - changes[:n] >= _CHANGES * (length - 1)
    first = np.flatnonzero(lively)
    return mixed[first], first


def _pairs(parts: list[_Part]) -> dict[tuple[int, int, int], list[tuple[int, int]]]:
    """Repeats by (earlier episode, later episode, distance in rows): (column, row in the later one)."""
    words, rows, homes, numbers = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(words, kind="stable")  # they came in order of episode and row
    alike = np.flatnonzero(words[order][1:] == words[order][:-1])
    groups: defaultdict[int, set[int]] = defaultdict(set)
    for place in alike.tolist():
        groups[int(words[order[place]])] |= {int(order[place]), int(order[place + 1])}
    found: defaultdict[tuple[int, int, int], list[tuple[int, int]]] = defaultdict(list)
    for members in groups.values():
        if len(members) >= _SHARED:
            continue
        for a, b in itertools.combinations(sorted(members, key=lambda m: (homes[m], rows[m])), 2):
            found[int(homes[a]), int(homes[b]), int(rows[b] - rows[a])].append(
                (int(numbers[b]), int(rows[b]))
            )
    return found
