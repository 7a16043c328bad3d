"""The home twin in the loop: which of the patterns that detectors report are worth showing to anybody."""

from typing import Final

from pydantic import PositiveInt

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError, DatasetError, UnknownNameError
from envirosense.datasets.dataset import Dataset
from envirosense.factory.collection.collector import TrainingDataCollector
from envirosense.factory.collection.records import RecordSource
from envirosense.factory.request import GenerationRequest
from envirosense.factory.weak_spots import WeakSpot
from envirosense.home.catalog import default_catalog
from envirosense.home.detectors.config import DetectorConfig
from envirosense.home.detectors.handing_in import MADE_BY, pattern_records, synergy_records
from envirosense.home.detectors.judged import SLICES, WRONG, JudgedHome, judged_homes, judged_samples
from envirosense.home.engine.rules import DAY_S
from envirosense.home.options import LEVELS, Level
from envirosense.home.surroundings.context import STEP_S
from envirosense.learning.loop.subject import LoopSizes
from envirosense.learning.models.bundle import Scorer, alarm_score
from envirosense.learning.retraining.sufficiency import SufficiencyNeeds
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask

_DRAWN: Final = ("home_type", "size", "region")
TASK: Final = ModelTask(name="home-pattern-quality", negative=WRONG, slice_by=SLICES)


class HomeLoopConfig(FrozenModel):
    """What homes the loop asks for.

    Attributes:
        days: that each home is watched.
        levels: how hard its patterns are to find, in turn.
        detectors: their thresholds.
    """

    days: PositiveInt = 30
    levels: tuple[Level, ...] = LEVELS
    detectors: DetectorConfig = DetectorConfig()


class HomeLoop:
    """Pattern quality: a sample is one candidate of one detector in one home, right or wrong.

    Judged are the candidates that move what was planted to be moved (`detectors.verdicts`); the regularities
    of everyday life, whose truth nobody wrote down, are neither learned from nor counted.
    """

    name = "home"
    sizes = LoopSizes(cycle=16, validation=24, test=60)
    needs = SufficiencyNeeds(target=0.6)
    task = TASK

    def __init__(self, config: HomeLoopConfig | None = None) -> None:
        self.config = config or HomeLoopConfig()
        self._last: tuple[str, tuple[JudgedHome, ...]] | None = None

    def request(self, episodes: int, seed: int) -> GenerationRequest:
        """Homes of the usual mix of types, sizes and regions, every level in turn."""
        return self._request(episodes, seed, self.config.levels, {})

    def request_for(self, spot: WeakSpot, episodes: int, seed: int) -> GenerationRequest:
        """Homes of a type, size, region or level.

        Raises:
            ConfigError: for a condition that homes are not drawn by, such as the detector, or a value that
                the catalogue does not have.
        """
        options: dict[str, str] = {}
        levels = _levels(spot, self.config.levels)
        for name, told in spot.parameters.items():
            value = _value(name, told)
            if name == "level":
                levels = tuple(level for level in LEVELS if level == value)
            else:
                options[name] = value
        return self._request(episodes, seed, levels, options)

    def samples(self, dataset: Dataset) -> Samples:
        """Judged candidates of every home of a dataset.

        Raises:
            DatasetError: if it holds no homes.
        """
        return judged_samples(self.homes(dataset))

    def feed(
        self, dataset: Dataset, samples: Samples, serving: Scorer | None, collector: TrainingDataCollector
    ) -> None:
        """Patterns and synergies with what is true of them; other points have no consumer yet and wait."""
        quality = {} if serving is None else _quality(self.homes(dataset), serving)
        for one in self.homes(dataset):
            source = RecordSource(site=one.group, episode_id=one.episode_id, made_by=(MADE_BY,))
            collector.collect("pattern_detection", pattern_records(one, quality), source)
            collector.collect("synergy_detection", synergy_records(one, quality), source)

    def homes(self, dataset: Dataset) -> tuple[JudgedHome, ...]:
        """What the detectors found in each home; kept until another dataset is asked for.

        Raises:
            DatasetError: if it holds no homes.
        """
        if dataset.manifest.twin != "home":
            raise DatasetError(
                f"{dataset.folder}: holds episodes of twin {dataset.manifest.twin!r}, not homes"
            )
        key = dataset.logical_hash
        if self._last is None or self._last[0] != key:
            self._last = (key, judged_homes(dataset, self.config.detectors))
        return self._last[1]

    def _request(
        self, episodes: int, seed: int, levels: tuple[Level, ...], options: dict[str, str]
    ) -> GenerationRequest:
        return GenerationRequest.parse({
            "twin": "home",
            "scenarios": [f"home/{level}" for level in levels],
            "episodes": episodes,
            "n_groups": episodes,
            "duration_s": self.config.days * DAY_S,
            "dt_s": STEP_S,
            "seed": seed,
            "options": options,
            "name": "homes",
        })  # fmt: skip


def _quality(homes: tuple[JudgedHome, ...], serving: Scorer) -> dict[str, float]:
    """Probability that each candidate is right, by its id, those without a verdict included."""
    every = Samples.concat([one.samples(is_judged=False) for one in homes])
    return dict(zip(every.sample_id.tolist(), alarm_score(serving, every).tolist(), strict=True))


def _levels(spot: WeakSpot, asked: tuple[Level, ...]) -> tuple[Level, ...]:
    """Levels that the spot's scenario, an id or a pattern, names."""
    from fnmatch import fnmatch

    found = tuple(level for level in LEVELS if fnmatch(f"home/{level}", spot.scenario))
    if not found:
        raise UnknownNameError("scenario", spot.scenario, [f"home/{level}" for level in LEVELS])
    return tuple(level for level in found if level in asked) or found


def _value(name: str, told: object) -> str:
    """The one value that a parameter is held at."""
    if name not in (*_DRAWN, "level"):
        fix = f"homes are not drawn by it; give one of {', '.join((*_DRAWN, 'level'))}"
        raise ConfigError(f"parameters.{name}", told, fix)
    value = told.get("value") if isinstance(told, dict) else told
    if not isinstance(value, str):
        raise ConfigError(f"parameters.{name}", told, "hold it at one value, a text of the catalogue")
    homes = default_catalog().homes
    known = {"home_type": tuple(homes.types), "size": tuple(homes.sizes), "level": LEVELS}
    names = known.get(name, tuple(default_catalog().regions))
    if value not in names:
        raise UnknownNameError(f"parameters.{name}", value, names)
    return value
