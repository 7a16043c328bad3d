"""Problems with one planted weakness each: what the arms learn from, are shown, and are judged on.

Every episode comes from pools that are simulated once and parted by site. An arm sees what it asked for and
no more: even draws are dealt in turn over the scenarios, as often inside a region as the simulator's own
spreads have it; a weak spot is drawn from those episodes of its scenarios that lie within its ranges and that
the arm has not used. Where a pool runs out the rest is dealt evenly, and paid for all the same.

The validation sites are the same for both arms and charged to neither. How many cases of a region they hold
decides whether it can be named: a scan of made-up cases like the overload's shows an error of .75 against .46
in 30 % of the draws with 59 cases in the region, and in 90 % with 119. So they have draws of their own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from regions import REGIONS, SCENARIOS, Region
from store import Store

from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.factory.request import GenerationRequest
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.detectors import one_thread
from envirosense.learning.metrics import average_precision
from envirosense.learning.models.bundle import Scorer
from envirosense.learning.retraining.trainer import balanced_weights
from envirosense.learning.samples import Bools, Floats, Samples
from envirosense.pole.loop import PoleLoop

N_TREES: Final = 100
_PARTS: Final = {"train": 0.4, "validation": 0.35, "test": 0.25}  # of the sites
_POOL, _ASKED, _TESTED, _LOOKED_AT = 41, 32, 33, 34  # seeds


@dataclass(frozen=True, slots=True)
class Sizes:
    """Episodes of the pools."""

    electrical: int = 440  # of each electrical scenario
    other: int = 200  # of each of the others
    asked: int = 140  # within each region, for those who ask
    tested: int = 60  # within each region, to judge by
    looked_at: int = 880  # more of each electrical scenario for validation, on sites of their own

    def scaled(self, share: float) -> "Sizes":
        """A share of each."""
        return Sizes(*(max(round(share * n), 4) for n in astuple(self)))


class ArenaLoop(PoleLoop):
    """The pole's loop with fewer scenarios, so that a run takes minutes."""

    def request(self, episodes: int, seed: int) -> GenerationRequest:
        """Even draws from the arena's scenarios."""
        return super().request(episodes, seed).model_copy(update={"scenarios": SCENARIOS})

    def request_for(self, spot: WeakSpot, episodes: int, seed: int) -> GenerationRequest:
        """Draws from a weak spot, as far as it lies in the arena."""
        asked = super().request_for(spot, episodes, seed)
        left = tuple(name for name in asked.scenarios if name in SCENARIOS)
        if not left:
            raise ConfigError("scenario", spot.scenario, "is none of the arena's")
        return asked.model_copy(update={"scenarios": left})


def pool_requests(sizes: Sizes) -> list[GenerationRequest]:
    """One pool a scenario."""
    loop = PoleLoop()
    many = {name: sizes.electrical if name.startswith("electrical") else sizes.other for name in SCENARIOS}
    return [loop.request_for(WeakSpot(scenario=name), n, _POOL) for name, n in many.items()]


def validation_requests(n: int) -> list[GenerationRequest]:
    """More of each electrical scenario, evenly: nothing tells where a region lies."""
    electrical = [name for name in SCENARIOS if name.startswith("electrical")]
    return [PoleLoop().request_for(WeakSpot(scenario=name), n, _LOOKED_AT) for name in electrical]


def region_requests(n: int, seed: int) -> list[GenerationRequest]:
    """Draws from within each region."""
    return [PoleLoop().request_for(region.spot, n, seed) for region in REGIONS]


@dataclass(frozen=True, slots=True)
class Sets:
    """Everything that is simulated beforehand."""

    train: Samples  # even draws
    asked: tuple[Samples, ...]  # more from within each region, for those who ask
    validation: Samples
    test: Samples
    tested: tuple[Samples, ...]  # of each region

    @classmethod
    def of(cls, store: Store, sizes: Sizes, looked_at: float = 1.0) -> "Sets":
        """Pools parted by site; regions are tested on the test sites' draws and on more of their own.

        Args:
            store: Of what was simulated.
            sizes: Of the pools.
            looked_at: Share of the further validation sites that is used.
        """
        pool = Samples.concat([store.samples(one) for one in pool_requests(sizes)])
        parts = _parted(pool)
        more = [store.samples(one) for one in region_requests(sizes.tested, _TESTED)]
        inside = [
            Samples.concat([parts["test"].select(region.inside(parts["test"])), own])
            for region, own in zip(REGIONS, more, strict=True)
        ]
        asked = tuple(store.samples(one) for one in region_requests(sizes.asked, _ASKED))
        further = Samples.concat([store.samples(one) for one in validation_requests(sizes.looked_at)])
        sites = stream(0, "bench-loop", "further sites").permutation(np.array(further.groups))
        used = further.of_groups(sites[: round(looked_at * len(sites))].tolist())
        validation = Samples.concat([parts["validation"], used])
        return cls(parts["train"], asked, validation, parts["test"], tuple(inside))

    @staticmethod
    def requests(sizes: Sizes) -> list[GenerationRequest]:
        """All that has to be simulated."""
        return [
            *pool_requests(sizes),
            *validation_requests(sizes.looked_at),
            *region_requests(sizes.asked, _ASKED),
            *region_requests(sizes.tested, _TESTED),
        ]


@cache
def sets_of(store: Store, sizes: Sizes, looked_at: float = 1.0) -> Sets:
    """`Sets.of`, read once in each process."""
    return Sets.of(store, sizes, looked_at)


def _parted(pool: Samples) -> dict[str, Samples]:
    sites = stream(0, "bench-loop", "sites").permutation(np.array(pool.groups))
    ends = np.round(np.cumsum([0.0, *_PARTS.values()]) * len(sites)).astype(int)
    return {name: pool.of_groups(sites[ends[at] : ends[at + 1]].tolist()) for at, name in enumerate(_PARTS)}


class Forest:
    """Scorer of the trees that the default trainer grows."""

    negative = "normal"
    threshold = 0.5

    def __init__(self, train: Samples, seed: int) -> None:
        from sklearn.ensemble import ExtraTreesClassifier

        self.estimator: Any = ExtraTreesClassifier(
            n_estimators=N_TREES, min_samples_leaf=2, random_state=seed % 2**32, n_jobs=1
        )
        with one_thread():
            self.estimator.fit(train.x, train.y, sample_weight=balanced_weights(train))

    @property
    def classes(self) -> tuple[str, ...]:
        """Class of each column of a score."""
        return tuple(self.estimator.classes_.tolist())

    def score(self, samples: Samples) -> Floats:
        """Class probabilities, (sample, class)."""
        with one_thread():
            return np.asarray(self.estimator.predict_proba(samples.x), dtype=np.float64)


def is_wrong(scorer: Scorer, samples: Samples) -> Bools:
    """Whether another class than the true one has the greatest score, (sample,)."""
    return np.asarray(np.asarray(scorer.classes)[scorer.score(samples).argmax(axis=1)] != samples.y)


class PlantedArena:
    """The problem with one region planted, as one arm of one seed meets it."""

    def __init__(self, sets: Sets, region: Region, seed: int) -> None:
        self.sets, self.region, self.seed = sets, region, seed
        self.regions: tuple[str, ...] = (region.name,)
        self._tested = sets.tested[REGIONS.index(region)]
        self.store = Samples.concat([sets.train, sets.asked[REGIONS.index(region)]])
        self._used: set[str] = set()
        self._order = _Order(sets.train, region, seed)
        self.n_short = 0

    def collect(self, plan: Sequence[tuple[WeakSpot | None, int]], seed: int) -> Samples:
        """Episodes asked for; the first even draws have none from the region."""
        is_first = not self._used
        chosen: list[str] = []
        n_even = 0
        for place, (spot, n) in enumerate(plan):
            found = [] if spot is None else self._within(spot, n, stream(seed, "asked", place))
            chosen += found
            self._used.update(found)
            self.n_short += (n - len(found)) if spot is not None else 0
            n_even += n - len(found)
        even = self._order.deal(n_even, self._used, without_region=is_first)
        self._used.update(even)
        return self.store.select(np.isin(self.store.unit, [*chosen, *even]))

    def learn(self, train: Samples, seed: int) -> Forest:
        """A forest."""
        return Forest(train, seed)

    def scores(self, scorer: Scorer) -> Mapping[str, float]:
        """Average precision of the class at stake: a region's windows against those of all other classes."""
        label = self.region.label
        if label not in scorer.classes:
            return {self.region.name: 0.0}
        column = scorer.classes.index(label)
        positive = self._tested.select(self._tested.y == label)
        negative = self.sets.test.select(self.sets.test.y != label)
        score = np.concatenate([scorer.score(one)[:, column] for one in (positive, negative)])
        truth = np.arange(len(score)) < len(positive)
        return {self.region.name: float(average_precision(score, truth, np.ones(len(score))))}

    def _within(self, spot: WeakSpot, n: int, rng: np.random.Generator) -> list[str]:
        """Up to `n` episodes within a spot's ranges that were not used."""
        loop = ArenaLoop()
        held = np.isin(self.store.slices["scenario"], loop.request_for(spot, 1, 0).scenarios)
        for name, wanted in spot.parameters.items():
            held &= _holds(self.store.slices[name], wanted)
        units = np.setdiff1d(np.unique(self.store.unit[held]), list(self._used))
        return [str(one) for one in rng.permutation(units)[:n]]


def _holds(column: npt.NDArray[Any], wanted: Any) -> Bools:
    if isinstance(wanted, list | tuple):
        return np.asarray((column >= wanted[0]) & (column <= wanted[1]))
    return np.asarray(column == wanted)


class _Order:
    """Even draws of one seed: scenarios in turn, the episodes of each in an order of their own."""

    def __init__(self, train: Samples, region: Region, seed: int) -> None:
        units, first = np.unique(train.unit, return_index=True)
        scenario = train.slices["scenario"][first]
        self.inside = {str(unit) for unit in units[region.inside(train)[first]]}
        self.turns = [
            [str(one) for one in stream(seed, "even draws", name).permutation(units[scenario == name])]
            for name in SCENARIOS
        ]

    def deal(self, n: int, used: set[str], without_region: bool) -> list[str]:
        """The next `n`."""
        left = self._left(used, without_region)
        found = [unit for unit, _ in zip(left, range(n), strict=False)]
        if len(found) < n:
            raise ConfigError("episodes", n, "the pool is used up; take larger pools or fewer rounds")
        return found

    def _left(self, used: set[str], without_region: bool) -> Iterator[str]:
        queues = [
            [unit for unit in turn if unit not in used and not (without_region and unit in self.inside)]
            for turn in self.turns
        ]
        for place in range(max(map(len, queues))):
            yield from (queue[place] for queue in queues if place < len(queue))
