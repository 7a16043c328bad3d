"""The same dataset in shards of another length: stored rows played back, none of them changed."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.protocols import Sink
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.plan import Plan, PlannedEpisode
from envirosense.datasets.rewriting import play_back


def reshard_plan(dataset: Dataset, episodes_per_shard: int) -> Plan:
    """Plan whose shards hold so many episodes each; all else is that of the dataset.

    Raises:
        ConfigError: for fewer than one.
    """
    if episodes_per_shard < 1:
        raise ConfigError("episodes_per_shard", episodes_per_shard, "must be at least 1")
    manifest = dataset.manifest
    episodes = [
        PlannedEpisode(index=index, split=split, spec=EpisodeSpec.model_validate_json(spec))
        for index, split, spec in zip(
            *(dataset.episodes[name].to_pylist() for name in ("index", "split", "spec")), strict=True
        )
    ]
    return Plan(
        name=manifest.name,
        twin=manifest.twin,
        seed=manifest.seed,
        code_version=manifest.code_version,
        physics_version=manifest.physics_version,
        settings=manifest.settings,
        episodes=tuple(sorted(episodes, key=lambda one: (one.split, one.index))),
        episodes_per_shard=episodes_per_shard,
        bytes_per_episode=sum(file.bytes for file in manifest.files.values()) // max(len(episodes), 1),
    )


@dataclass(frozen=True)
class Replay:
    """Makes the stand-in for a twin that a worker runs: it plays a dataset's episodes back."""

    folder: Path
    logical_hash: str

    def __call__(self) -> "Player":
        """Player of this worker; a dataset is opened once."""
        return _player(self.folder, self.logical_hash)


@lru_cache(maxsize=1)
def _player(folder: Path, logical_hash: str) -> "Player":
    dataset = Dataset.open(folder)
    if dataset.logical_hash != logical_hash:
        raise DatasetError(f"{folder}: changed while it was read; run the same command again")
    return Player(dataset)


class Player:
    """Stored episodes in place of a twin, by their specs."""

    def __init__(self, dataset: Dataset) -> None:
        self._episodes = {one.spec.fingerprint: one for one in (*dataset, *dataset.failed)}

    def simulate(self, spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        """Write every stream of the stored episode of a spec."""
        return play_back(self._episodes[spec.fingerprint], out)
