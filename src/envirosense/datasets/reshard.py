"""The same dataset in shards of another length: stored rows played back, none of them changed."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.protocols import Sink
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode
from envirosense.datasets.packed_specs import PackedSpecs
from envirosense.datasets.plan import Plan
from envirosense.datasets.planned_episodes import PlannedEpisodes
from envirosense.datasets.rewriting import play_back


def reshard_plan(dataset: Dataset, episodes_per_shard: int) -> Plan:
    """Plan whose shards hold so many episodes each; all else is that of the dataset.

    Raises:
        ConfigError: for fewer than one.
    """
    if episodes_per_shard < 1:
        raise ConfigError("episodes_per_shard", episodes_per_shard, "must be at least 1")
    manifest = dataset.manifest
    indices, splits = (dataset.short[name].to_pylist() for name in ("index", "split"))
    specs = PackedSpecs(
        EpisodeSpec.model_validate_json(str(one)) for one in dataset.table.table(["spec"])["spec"]
    )
    episodes = PlannedEpisodes(specs, splits, indices)
    return Plan(
        name=manifest.name,
        twin=manifest.twin,
        seed=manifest.seed,
        code_version=manifest.code_version,
        physics_version=manifest.physics_version,
        settings=manifest.settings,
        episodes=episodes,
        episodes_per_shard=episodes_per_shard,
        bytes_per_episode=manifest.files.n_bytes // max(len(episodes), 1),
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
        self._dataset = dataset
        self._places = {one: place for place, one in enumerate(dataset.short["episode_id"].to_pylist())}

    def simulate(self, spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        """Write every stream of the stored episode of a spec."""
        row = self._dataset.table.row(self._places[spec.episode_id])
        return play_back(Episode(self._dataset.files, row), out)
