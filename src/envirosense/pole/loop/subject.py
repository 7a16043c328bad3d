"""The pole's part of the loop: what to simulate, windows as samples, records for its collection point."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import DatasetError
from envirosense.core.fingerprint import fingerprint
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.window_events import NORMAL
from envirosense.datasets.window_sources import WindowSource, stored_streams
from envirosense.datasets.windows import Windows, windows_of_episode
from envirosense.factory.collection.collector import TrainingDataCollector
from envirosense.factory.request import GenerationRequest
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.detectors import trainable
from envirosense.learning.loop.subject import LoopSizes
from envirosense.learning.models.bundle import Scorer
from envirosense.learning.retraining.sufficiency import SufficiencyNeeds
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask
from envirosense.pole.loop.conditions import columns, slice_by, slice_units, slices_of
from envirosense.pole.loop.detections import feed_detections
from envirosense.pole.loop.requests import even_request, spot_request

WINDOW_S: Final = 60.0

type CutEpisode = tuple[EpisodeSpec, Windows]


class PoleLoop:
    """Windows of a pole's readings, told apart by a model: the loop's subject."""

    name = "pole"
    needs = SufficiencyNeeds(target=None)  # recall of rare classes is low for many cycles; counts must do
    sizes = LoopSizes(cycle=120, validation=120, test=300)

    def __init__(self) -> None:
        self.task = ModelTask(name="pole-window", negative=NORMAL, slice_by=slice_by())
        self._last: tuple[str, list[CutEpisode]] | None = None

    def request(self, episodes: int, seed: int) -> GenerationRequest:
        """Ten minutes each of normal life, look-alikes, electrical faults and fires, without a camera."""
        return even_request(episodes, seed)

    def request_for(self, spot: WeakSpot, episodes: int, seed: int) -> GenerationRequest:
        """Draws from a weak spot.

        Raises:
            ConfigError: if the pole cannot draw from it.
        """
        return spot_request(spot, episodes, seed)

    def samples(self, dataset: Dataset) -> Samples:
        """One sample for each minute of each episode that teaches something.

        Windows of an event that no sensor could see yet are left out.

        Raises:
            DatasetError: if no window is left.
        """
        return samples_of((spec, trainable(windows)) for spec, windows in self._cut(dataset))

    def feed(
        self, dataset: Dataset, samples: Samples, serving: Scorer | None, collector: TrainingDataCollector
    ) -> None:
        """Give what the serving model says of every window to the point `detections`.

        Before the first model the records have no scores. Windows that `samples` leaves out are given too:
        the point's filters refuse them and say why.
        """
        cut = self._cut(dataset)
        feed_detections(cut, samples_of(cut), serving, collector)

    def _cut(self, dataset: Dataset) -> list[CutEpisode]:
        """Windows of every episode; those of the last dataset are kept, as it is asked about twice."""
        if self._last is None or self._last[0] != dataset.logical_hash:
            cut = [
                (one.spec, windows_of_episode(one, WINDOW_S, WINDOW_S, streams=stored_streams(one)))
                for one in dataset
            ]
            self._last = dataset.logical_hash, cut
        return self._last[1]


def samples_of_episode(episode: WindowSource) -> Samples:
    """Samples of one episode in memory; none where every event is out of sight."""
    return samples_of([(episode.spec, trainable(windows_of_episode(episode, WINDOW_S, WINDOW_S)))])


def samples_of(cut: Iterable[CutEpisode]) -> Samples:
    """One sample for each window of several episodes.

    A site is named with a digest of it: two datasets number theirs alike, and they are not the same. What has
    no weather year was recorded.

    Raises:
        DatasetError: if there is no window, or episodes differ in channels.
    """
    kept = [(spec, windows) for spec, windows in cut if len(windows)]
    if not kept:
        raise DatasetError("no window is left: every event is out of all sensors' sight; generate more")
    counts = [len(windows) for _, windows in kept]
    windows = Windows.concat([one for _, one in kept])
    return Samples(
        x=windows.features(),
        features=windows.feature_names(),
        y=windows.y.astype(np.str_),
        group=np.repeat(np.asarray([_site_name(spec) for spec, _ in kept]), counts),
        unit=windows.episode_id.astype(np.str_),
        sample_id=np.asarray([
            f"{name}@{tick}"
            for name, tick in zip(windows.episode_id.tolist(), windows.start_tick.tolist(), strict=True)
        ]),
        origin=np.repeat(np.asarray(["simulated" if spec.weather else "real" for spec, _ in kept]), counts),
        weight=np.ones(len(windows)),
        slices=columns([slices_of(spec) for spec, _ in kept], counts),
        slice_units=slice_units(),
    )  # fmt: skip


def _site_name(spec: EpisodeSpec) -> str:
    """The site without its transformer: a scenario that needs one puts it on any pole."""
    facts = {name: value for name, value in spec.site.items() if name != "has_transformer"}
    return f"{spec.group}-{fingerprint(facts)[:8]}"
