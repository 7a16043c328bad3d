"""What the detectors found in stored homes, with the verdict of each candidate, as samples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from envirosense.datasets.dataset import DatasetView
from envirosense.datasets.episode import Episode
from envirosense.home.detectors.candidate import Candidate
from envirosense.home.detectors.config import DetectorConfig
from envirosense.home.detectors.detect import detect
from envirosense.home.detectors.features import FEATURES, feature_rows
from envirosense.home.detectors.seen import SeenHome, seen_of
from envirosense.home.detectors.true_pairs import PairKey, TruePair, true_pairs
from envirosense.home.detectors.verdicts import PlantedTruth, Verdict, matched, verdict
from envirosense.learning.samples import Samples

WRONG: Final = "wrong"
UNJUDGED: Final = "unjudged"  # never in a set to learn from or to be judged on
SLICES: Final = ("home_type", "size", "region", "kind", "level")


@dataclass(frozen=True, slots=True, eq=False)
class JudgedHome:
    """One stored home, what was found in it and what is right of that.

    Attributes:
        verdicts: Of each candidate; None where the truth says nothing of it.
        pairs: What is true of pairs of devices.
    """

    episode_id: str
    group: str
    origin: str
    conditions: dict[str, str]
    home: SeenHome
    candidates: tuple[Candidate, ...]
    verdicts: tuple[Verdict | None, ...]
    truth: PlantedTruth
    pairs: Mapping[PairKey, TruePair]
    start_utc: datetime

    @property
    def ids(self) -> tuple[str, ...]:
        """Id of each candidate, unique over all homes."""
        return tuple(f"{self.episode_id}:{one.name(self.home)}" for one in self.candidates)

    @property
    def recalled(self) -> frozenset[str]:
        """Ids of the planted patterns that are among its candidates."""
        found = {matched(one, self.home, self.truth) for one in self.candidates}
        return frozenset(one for one in found if one is not None)

    def samples(self, is_judged: bool = True) -> Samples:
        """Its candidates, the judged ones alone or all; one without a verdict is of class `unjudged`."""
        chosen = [at for at, one in enumerate(self.verdicts) if one is not None or not is_judged]
        ids = np.array([self.ids[at] for at in chosen], dtype=np.str_)
        kinds = np.array([self.candidates[at].kind.value for at in chosen], dtype=np.str_)
        n = len(chosen)
        return Samples(
            x=feature_rows(self.candidates, self.home)[chosen],
            features=FEATURES,
            y=np.array([self.verdicts[at] or UNJUDGED for at in chosen], dtype=np.str_),
            group=np.full(n, self.group),
            unit=ids,
            sample_id=ids,
            origin=np.full(n, self.origin),
            weight=np.ones(n),
            slices={**{name: np.full(n, value) for name, value in self.conditions.items()}, "kind": kinds},
        )


def judged_home(
    episode: Episode, origin: str = "simulated", config: DetectorConfig | None = None
) -> JudgedHome:
    """Detectors run on a stored home; its truth is opened after they are done."""
    home, events = seen_of(episode)
    candidates = detect(events, home, config)
    truth = PlantedTruth.of(episode)
    spec = episode.spec
    conditions = {name: str(spec.params.get(name, "")) for name in ("home_type", "size", "region")}
    return JudgedHome(
        episode.episode_id,
        episode.group,
        origin,
        {**conditions, "level": spec.scenario.partition("/")[2]},
        home,
        candidates,
        tuple(verdict(one, home, truth) for one in candidates),
        truth,
        true_pairs(episode),
        spec.grid.start_utc,
    )


def judged_homes(dataset: DatasetView, config: DetectorConfig | None = None) -> tuple[JudgedHome, ...]:
    """Detectors run on every usable home of a dataset."""
    origin = dataset.manifest.origin
    return tuple(
        judged_home(one, "simulated" if origin == "simulated" else "real", config) for one in dataset
    )


def judged_samples(homes: Sequence[JudgedHome]) -> Samples:
    """Judged candidates of all homes.

    Raises:
        DatasetError: if there is no home.
    """
    return Samples.concat([one.samples() for one in homes])
