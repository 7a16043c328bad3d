"""Stored episodes written once more, as if they were simulated."""

from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import DatasetError
from envirosense.core.protocols import Sink
from envirosense.datasets.episode import Episode, Files
from envirosense.datasets.episode_table import EpisodeTable
from envirosense.datasets.hashing import StreamHasher
from envirosense.datasets.schema import EPISODE_ID, TICK, TIME_UTC


def play_back(episode: Episode, out: Sink) -> EpisodeSummary:
    """Summary of a stored episode, after writing its streams as a twin would, a row group at a time.

    Raises:
        DatasetError: if stored rows are not those of the episode table.
    """
    for stream in episode.streams:
        stored = episode.schema(stream)
        hasher, own = StreamHasher(stored), unkeyed_schema(stored)
        for batch in _batches(episode, stream):
            hasher.update(pa.Table.from_batches([batch]))
            out.write(stream, pa.RecordBatch.from_arrays([batch[name] for name in own.names], schema=own))
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


class EpisodesById(Mapping[str, Episode]):
    """Episodes of some datasets, each read when it is asked for."""

    def __init__(self, parts: Iterable[tuple[Files, EpisodeTable]]) -> None:
        self._found = {
            episode_id: (files, table, place)
            for files, table in parts
            for place, episode_id in enumerate(table.short["episode_id"].to_pylist())
        }

    def __getitem__(self, episode_id: str) -> Episode:
        files, table, place = self._found[episode_id]
        return Episode(files, table.row(place))

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class Stored:
    """Stored episodes in place of a twin."""

    def __init__(self, episodes: Mapping[str, Episode]) -> None:
        self.episodes = episodes

    def simulate(self, spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        """Write the rows of the stored episode of a spec."""
        return play_back(self.episodes[spec.episode_id], out)


def unkeyed_schema(schema: pa.Schema) -> pa.Schema:
    """Schema of a stored stream as a twin writes it: without what the store adds."""
    keys = {EPISODE_ID.name, TIME_UTC.name} if TICK.name in schema.names else {EPISODE_ID.name}
    return pa.schema(
        [_without_field_id(field) for field in schema if field.name not in keys], schema.metadata
    )


def _without_field_id(field: pa.Field) -> pa.Field:
    facts = {key: value for key, value in (field.metadata or {}).items() if key != b"PARQUET:field_id"}
    return field.with_metadata(facts) if facts else field.remove_metadata()
