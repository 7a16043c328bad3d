"""Stored episodes written again: a twin that reads instead of simulating."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.protocols import Sink
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode
from envirosense.datasets.manifest import MANIFEST
from envirosense.datasets.rewriting import play_back
from envirosense.datasets.schema import EPISODE_ID


@dataclass(frozen=True)
class Replay:
    """Makes the twin that a worker runs: it copies episodes of stored datasets."""

    folders: tuple[Path, ...]
    preload: tuple[str, ...] = field(default=())

    def __call__(self) -> Any:  # a twin that only simulates
        """Twin of this worker; datasets are opened once."""
        return _stored_twin(self.folders, tuple(_state(folder) for folder in self.folders))


def _state(folder: Path) -> tuple[int, int]:
    """What tells a manifest from another one in its place."""
    found = (folder / MANIFEST).stat()
    return found.st_mtime_ns, found.st_ino


@lru_cache(maxsize=1)
def _stored_twin(folders: tuple[Path, ...], states: tuple[tuple[int, int], ...]) -> "StoredTwin":
    return StoredTwin(folders)


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
            for row, episode_id in enumerate(dataset.short[EPISODE_ID.name].to_pylist())
        }

    def _stored(self, episode_id: str) -> Episode:
        dataset, row = self._places[episode_id]
        return Episode(dataset.files, dataset.table.row(row))

    def simulate(self, spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        """Write the stored rows of a spec."""
        return play_back(self._stored(spec.episode_id), out)
