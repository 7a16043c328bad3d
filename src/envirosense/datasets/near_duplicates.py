"""Episodes that are nearly another one, in another split: a model tested on them has seen them.

By content: the means of equal parts of an episode are a profile of each channel, and its steps from part to
part tell where and when the episode was. The same world sensed again repeats them, but for the sensors' own
noise; another site in the same weather repeats those of the weather alone. A channel counts where its steps
have `_CLEAR` times the power that the noise of its samples gives; noise then leaves a correlation of
1 - 1 / _CLEAR, and the shortest profile tells it to 0.05, so `_ALIKE` lies two such errors below. Two are
nearly one where `_MOST` of such channels reach it. Whether chance would do it follows from the dataset:
its own pairs say in how many dimensions v its episodes differ, and a cosine c comes up in no more than
(1 - c^2)^((v - 1) / 2) of all pairs of random directions. Profiles wait in a temporary file; in memory an
episode has a sketch of `_SKETCH` bytes, which keeps cosines to 1 / sqrt(_SKETCH), and of each episode the
nearest one in another split is looked at in full.
"""

import itertools
import math
import weakref
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream as random_stream
from envirosense.datasets.episode_tables import EpisodeTables
from envirosense.datasets.rule_checks import Floats
from envirosense.datasets.tally import Failure

CHANCE: Final = 1e-3  # false hits in a whole dataset
_CLEAR: Final = 10.0  # power of a channel's steps over that of its noise; assumed
_ALIKE: Final = 0.8  # correlation
_MOST: Final = 0.6  # of the channels: sensed again 0.68 and more were alike, the same weather and site 0.50
_PARTS: Final = ((256, 32), (64, 16))  # ticks from which so many parts are told apart
_FEWEST: Final = 6  # episodes that tell in how many dimensions they differ
_SKETCH: Final = 256
_NEAR: Final = 0.5  # cosine of sketches from which a pair is looked at
_SAMPLE: Final = 512  # episodes whose pairs tell the dimensions
_BLOCK: Final = 2048  # episodes compared at once
_IN_MEMORY: Final = 2**24  # bytes of profiles, the rest lies in a file
_MEDIAN: Final = 0.4549  # of the square of a standard normal variate

type Singles = npt.NDArray[np.float32]
type Places = npt.NDArray[np.intp]


@dataclass(slots=True)
class _Lot:
    """Episodes of one length: where their profiles lie."""

    n_steps: int
    numbers: array[int] = field(default_factory=lambda: array("q"))  # of the episodes, in order of feeding
    places: array[int] = field(default_factory=lambda: array("q"))


class NearDuplicates:
    """Profiles of the episodes fed to it."""

    def __init__(self, columns: list[tuple[str, str]]) -> None:
        self._columns: dict[str, list[tuple[int, str]]] = {}
        for number, (stream, column) in enumerate(columns):
            self._columns.setdefault(stream, []).append((number, column))
        self._n_columns = len(columns)
        self._lots: dict[int, _Lot] = {}
        self._spool = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # closed with its owner
        weakref.finalize(self, self._spool.close)
        self._end = 0
        self._ids = array("Q")
        self._names: list[str] = []  # splits
        self._splits = array("B")

    @property
    def n_checked(self) -> int:
        """Episodes with a profile."""
        return len(self._ids)

    def update(self, tables: EpisodeTables) -> None:
        """Append one episode's readings."""
        n_ticks = tables.spec.grid.n
        n_parts = next((n for least, n in _PARTS if n_ticks >= least), 0)
        if not n_parts:
            return
        found = np.zeros((self._n_columns, n_parts - 1), np.float16)
        for stream, columns in self._columns.items():
            if stream in tables.tables and tables.tables[stream].num_rows >= 2 * n_parts:
                values = np.stack([tables.floats(stream, column) for _, column in columns])
                found[[number for number, _ in columns]] = profile_steps(values, n_parts)
        if not found.any():
            return
        lot = self._lots.setdefault(n_ticks, _Lot(n_parts - 1))
        lot.numbers.append(len(self._ids))
        lot.places.append(self._end)
        self._end += self._spool.write(found.tobytes())
        self._ids.append(int(tables.episode_id, 16))
        if tables.split not in self._names:
            self._names.append(tables.split)
        self._splits.append(self._names.index(tables.split))

    def failures(self) -> Iterator[Failure]:
        """Both episodes of each pair that is nearly one."""
        for lot in self._lots.values():
            if len(lot.numbers) >= _FEWEST and len({self._splits[n] for n in lot.numbers}) > 1:
                yield from self._of(lot)

    def _of(self, lot: _Lot) -> Iterator[Failure]:
        common = self._common(lot)
        splits = np.frombuffer(self._splits, np.uint8)[np.frombuffer(lot.numbers, np.int64)]
        n_pairs = math.comb(len(splits), 2) - sum(math.comb(int(n), 2) for n in np.bincount(splits))
        dimensions = self._dimensions(lot, common)
        for one, other in nearest_across(self._sketches(lot, common), splits):
            mine, its = (self._steps(lot, np.array([place]), common)[0] for place in (one, other))
            both = (mine != 0.0).any(axis=1) & (its != 0.0).any(axis=1)
            n_alike = int(((mine * its).sum(axis=1)[both] >= _ALIKE).sum())
            cosine = _cosines(mine[None], its[None])[0, 0]
            if n_alike < _MOST * both.sum() or n_pairs * chance(cosine, dimensions) >= CHANCE:
                continue
            told = f"{n_alike} of {both.sum()} channels alike, cosine {cosine:.2f}"
            for a, b in ((one, other), (other, one)):
                here, there = self._named(lot, a), self._named(lot, b)
                yield Failure(f"{' in '.join(here)} ~ {' in '.join(there)}: {told}", "alike", here[0])

    def _named(self, lot: _Lot, place: int) -> tuple[str, str]:
        number = lot.numbers[place]
        return f"{self._ids[number]:016x}", self._names[self._splits[number]]

    def _stored(self, lot: _Lot, places: Places) -> Singles:
        """Profiles as they were stored, (episode, column, step), in units of a channel's noise."""
        shape = (self._n_columns, lot.n_steps)
        found = np.empty((len(places), *shape), np.float32)
        for at, place in enumerate(places.tolist()):
            self._spool.seek(lot.places[place])
            read = self._spool.read(2 * self._n_columns * lot.n_steps)
            found[at] = np.frombuffer(read, np.float16).reshape(shape)
        self._spool.seek(self._end)
        return found

    def _common(self, lot: _Lot) -> Singles:
        """What all episodes have in common, as the course of a day, (column, step) for steps of length 1.

        The mean of n random directions has the squared length 1 / n; only what is beyond that is common.
        """
        total = np.zeros((self._n_columns, lot.n_steps))
        known = np.zeros((self._n_columns, 1))
        for places in _blocks(len(lot.numbers), 64):
            units = _scaled(self._stored(lot, places))
            total += units.sum(axis=0)
            known += (units != 0.0).any(axis=2, keepdims=True).sum(axis=0)
        mean = total / np.maximum(known, 1)
        power = np.square(mean).sum(axis=1, keepdims=True)
        beyond = (known * power - 1.0) / np.maximum(known - 1.0, 1.0)
        share = np.maximum(beyond, 0.0) / np.where(power > 0.0, power, 1.0)
        return np.asarray(mean * share, np.float32)

    def _steps(self, lot: _Lot, places: Places, common: Singles) -> Singles:
        """Steps of length 1 without what all have in common, 0 where that leaves little but noise."""
        stored = self._stored(lot, places)
        power = np.square(stored).mean(axis=2, keepdims=True)
        own = np.where(power > 0.0, _scaled(stored) - common, 0.0)
        own[(power * np.square(own).sum(axis=2, keepdims=True) < _CLEAR)[:, :, 0]] = 0.0
        return _scaled(own)

    def _dimensions(self, lot: _Lot, common: Singles) -> float:
        """In how many dimensions the episodes differ, by the cosines of their pairs; few are copies."""
        n = len(lot.numbers)
        sample = np.unique(np.linspace(0, n - 1, min(n, _SAMPLE)).astype(np.intp))
        steps = self._steps(lot, sample, common)
        usable = steps[(steps != 0.0).any(axis=(1, 2))]
        if len(usable) < _FEWEST:
            return 0.0
        cosines = _cosines(usable, usable)[np.triu_indices(len(usable), 1)]
        return float(_MEDIAN / max(np.median(np.square(cosines)), 1e-6))

    def _sketches(self, lot: _Lot, common: Singles) -> npt.NDArray[np.int8]:
        """Projections of the profiles on random directions, (episode, direction)."""
        rng = random_stream(0, "near_duplicates", lot.n_steps)
        signs = rng.choice(np.array([-1.0, 1.0], np.float32), (self._n_columns * lot.n_steps, _SKETCH))
        found = np.empty((len(lot.numbers), _SKETCH), np.int8)
        for places in _blocks(len(lot.numbers), 64):
            steps = self._steps(lot, places, common).reshape(len(places), -1)
            drawn = _scaled(steps @ signs)
            found[places] = np.rint(np.clip(drawn * (127.0 / 4.0) * math.sqrt(_SKETCH), -127, 127))
        return found


def profile_steps(values: Floats, n_parts: int) -> Floats:
    """Steps between the means of equal parts, (column, step), in units of the noise of such a step.

    0 throughout where a part has fewer than two known values, or the steps do not stand out of the noise.
    Noise is what differs from one known value to the next, as if it were white.
    """
    known = np.isfinite(values)
    edges = np.linspace(0, values.shape[1], n_parts + 1).astype(np.intp)[:-1]
    n_known = np.add.reduceat(known, edges, axis=1, dtype=np.intp)
    told = n_known.min(axis=1) >= 2
    found = np.zeros((len(values), n_parts - 1))
    if not told.any():
        return found
    values, known, n_known = values[told], known[told], n_known[told]
    is_whole = bool(known.all())
    means = np.add.reduceat(values if is_whole else np.where(known, values, 0.0), edges, axis=1) / n_known
    steps = np.diff(means, axis=1)
    if is_whole:
        changes = np.square(np.diff(values, axis=1)).mean(axis=1)
    else:
        changes = np.array([np.square(np.diff(v[k])).mean() for v, k in zip(values, known, strict=True)])
    noise = np.sqrt(changes / n_known.mean(axis=1))
    steps /= np.where(noise > 0.0, noise, np.inf)[:, None]
    steps[np.square(steps).mean(axis=1) < _CLEAR] = 0.0
    found[told] = np.clip(steps, -1e4, 1e4)  # within 16-bit floats
    return found


def nearest_across(sketches: npt.NDArray[np.int8], splits: npt.NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Pairs of an episode and the nearest one in another split, each once; far ones are left out."""
    best = np.full(len(sketches), _NEAR, np.float32)
    partner = np.full(len(sketches), -1, np.intp)
    members = [np.flatnonzero(splits == split) for split in np.unique(splits)]
    for mine, its in itertools.combinations(members, 2):
        for rows, columns in itertools.product(_blocks(len(mine), _BLOCK), _blocks(len(its), _BLOCK)):
            here, there = mine[rows], its[columns]
            cosines = (
                _scaled(sketches[here].astype(np.float32)) @ _scaled(sketches[there].astype(np.float32)).T
            )
            for axis, own, others in ((1, here, there), (0, there, here)):
                nearest = cosines.argmax(axis=axis)
                found = np.take_along_axis(cosines, np.expand_dims(nearest, axis), axis).ravel()
                better = found > best[own]
                best[own[better]], partner[own[better]] = found[better], others[nearest[better]]
    return sorted({(min(a, b), max(a, b)) for a, b in enumerate(partner.tolist()) if b >= 0})


def chance(cosine: float, dimensions: float) -> float:
    """Bound on the share of pairs of random directions in so many dimensions with such a cosine."""
    if dimensions <= 1.0 or cosine <= 0.0:
        return 1.0
    return float(max(1.0 - cosine**2, 0.0) ** ((dimensions - 1.0) / 2.0))


def _blocks(n: int, size: int) -> Iterator[Places]:
    for first in range(0, n, size):
        yield np.arange(first, min(first + size, n))


def _scaled(vectors: Singles) -> Singles:
    """Vectors of length 1 along the last axis, 0 where they are 0."""
    length = np.sqrt(np.square(vectors).sum(axis=-1, keepdims=True))
    return np.asarray(vectors / np.where(length > 0.0, length, 1.0), np.float32)


def _cosines(one: Singles, other: Singles) -> Singles:
    """Cosine of every pair of profiles, (episode, episode)."""
    here, there = (_scaled(side.reshape(len(side), -1)) for side in (one, other))
    return here @ there.T
