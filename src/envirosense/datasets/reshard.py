"""The same dataset in shards of another length: stored rows played back, none of them changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.protocols import Sink
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode
from envirosense.datasets.hashing import StreamHasher
from envirosense.datasets.plan import Plan, PlannedEpisode
from envirosense.datasets.schema import EPISODE_ID, TICK, TIME_UTC


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
    """Writes stored episodes as a twin would, row group by row group."""

    def __init__(self, dataset: Dataset) -> None:
        self._episodes = {one.spec.fingerprint: one for one in (*dataset, *dataset.failed)}

    def simulate(self, spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        """Write every stream of the stored episode of a spec.

        Raises:
            DatasetError: if stored rows are not those of the episode table.
        """
        episode = self._episodes[spec.fingerprint]
        for stream in episode.streams:
            hasher = StreamHasher(episode.schema(stream))
            for batch in _batches(episode, stream):
                hasher.update(pa.Table.from_batches([batch]))
                out.write(stream, without_keys(batch))
            if hasher.hexdigest() != episode.content_hashes[stream]:
                raise DatasetError(
                    f"episode {episode.episode_id}: rows of stream {stream!r} are damaged; "
                    "repair the dataset first with `envirosense dataset verify --repair`"
                )
        return EpisodeSummary.model_validate(episode.summary)


def _batches(episode: Episode, stream: str) -> Iterator[pa.RecordBatch]:
    """Stored rows, or one batch without any for a stream that has none."""
    if episode.row_count(stream):
        yield from episode.batches(stream)
    else:
        yield pa.RecordBatch.from_pylist([], schema=episode.schema(stream))


def without_keys(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Rows as the twin wrote them: the keys that the store adds are left out."""
    keys = {EPISODE_ID.name, TIME_UTC.name} if TICK.name in batch.schema.names else {EPISODE_ID.name}
    kept = [name for name in batch.schema.names if name not in keys]
    return batch.select(kept)
