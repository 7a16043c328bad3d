"""Stored episodes written again: a twin that reads instead of simulating."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.protocols import Sink
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode
from envirosense.datasets.rewriting import play_back
from envirosense.datasets.schema import EPISODE_ID


@dataclass(frozen=True)
class Replay:
    """Makes the twin that a worker runs: it copies episodes of stored datasets."""

    folders: tuple[Path, ...]
    preload: tuple[str, ...] = field(default=())

    def __call__(self) -> Any:  # a twin that only simulates
        """Twin of this worker."""
        return StoredTwin(self.folders)


class StoredTwin:
    """A twin whose episodes are those of some datasets."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders

    @cached_property
    def _places(self) -> Mapping[str, tuple[Dataset, int]]:
        """Dataset and row of the episode table, by episode."""
        opened = [Dataset.open(folder) for folder in self._folders]
        return {
            episode_id: (dataset, row)
            for dataset in opened
            for row, episode_id in enumerate(dataset.episodes[EPISODE_ID.name].to_pylist())
        }

    def _stored(self, episode_id: str) -> Episode:
        dataset, row = self._places[episode_id]
        return Episode(dataset.files, dataset.episodes.slice(row, 1).to_pylist()[0])

    def simulate(self, spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        """Write the stored rows of a spec."""
        return play_back(self._stored(spec.episode_id), out)
