"""Parquet: a dataset of its own in the store's layout, in shards of its own.

`Dataset.open`, `verify`, training and the command line take it as they take any dataset. The
catalogue keeps pointing at the dataset it was made of.
"""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from envirosense.core.episode import EpisodeSpec, EpisodeSummary, JsonObject
from envirosense.core.errors import DatasetError
from envirosense.core.protocols import Sink
from envirosense.datasets.dataset import DatasetView
from envirosense.datasets.episode import Episode
from envirosense.datasets.finish import write_documents
from envirosense.datasets.formats.base import (
    FileFormat,
    RowWriter,
    Schemas,
    Told,
    all_episodes,
    plain_batches,
)
from envirosense.datasets.formats.documents import EpisodeEntry
from envirosense.datasets.hashing import FAILED, logical_hash
from envirosense.datasets.output import Output, prepare_output
from envirosense.datasets.plan import Plan
from envirosense.datasets.schema import EPISODE_ID, TICK, TIME_UTC
from envirosense.datasets.shard import STAGING, EpisodeRecord, write_shard

_PLACE: Final = ("file", "first_row_group", "row_groups")


class ParquetFormat(FileFormat):
    """A dataset of the chosen episodes and streams; units and frame layout are in the field metadata."""

    name = "parquet"
    title = "a smaller dataset; DuckDB, polars, Spark, pandas"
    compressions = ("auto",)
    holds_any_column = True

    def writer(self, folder: Path, schemas: Schemas, compression: str) -> RowWriter:
        """Not used: whole shards are written at once."""
        raise NotImplementedError

    def table(self, folder: Path, entry: EpisodeEntry, stream: str, schema: pa.Schema) -> pa.Table:
        """Rows of one stream of an episode."""
        place = entry.streams[stream].place
        first, n = (int(str(place[name])) for name in _PLACE[1:])
        with pq.ParquetFile(folder / str(place["file"])) as opened:
            found = opened.read_row_groups(list(range(first, first + n)), use_threads=False)
        return found.cast(schema) if found.schema.equals(schema) else found

    def entries(
        self, view: DatasetView, target: Path, schemas: Schemas, compression: str, on_episode: Told
    ) -> Iterator[EpisodeEntry]:
        """Entry of each episode, once all shards are written."""
        episodes = {episode.episode_id: episode for episode in all_episodes(view)}
        (target / STAGING).mkdir()
        done = 0

        def copy(spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
            episode = episodes[spec.episode_id]
            for name in episode.streams:
                if name in schemas:
                    _copy_rows(episode, name, schemas[name], out)
            return EpisodeSummary.model_validate(episode.summary)

        with prepare_output(_plan(view, episodes, schemas), target) as output:
            for shard in output.pending:
                write_shard(output.folder, shard, copy)
                for _ in shard.episodes:
                    done += 1
                    on_episode(done, len(episodes))
            places = _places(output, episodes)
            write_documents(output)
        shutil.rmtree(target / STAGING)
        for episode_id, episode in episodes.items():
            yield EpisodeEntry.of(episode, places[episode_id])


def _copy_rows(episode: Episode, stream: str, schema: pa.Schema, out: Sink) -> None:
    added = {EPISODE_ID.name, *((TIME_UTC.name,) if TICK.name in schema.names else ())}
    names = [name for name in schema.names if name not in added]
    as_written = pa.schema([schema.field(name) for name in names], schema.metadata)
    empty = True
    for batch in plain_batches(episode, stream, schema):
        out.write(stream, pa.RecordBatch.from_arrays([batch[name] for name in names], schema=as_written))
        empty = False
    if empty:
        out.write(stream, pa.RecordBatch.from_pylist([], as_written))


def _plan(view: DatasetView, episodes: Mapping[str, Episode], schemas: Schemas) -> Plan:
    manifest = view.manifest
    hashed = [(episode.episode_id, FAILED) for episode in view.failed] + [
        (episode.episode_id, name, found)
        for episode in episodes.values()
        for name, found in episode.content_hashes.items()
        if name in schemas
    ]
    is_whole = logical_hash(hashed) == manifest.logical_hash
    part: JsonObject = {"part_of": manifest.logical_hash, "streams": [*sorted(schemas)]}
    n_bytes = sum(manifest.streams[name].bytes for name in schemas)
    return Plan.build(
        name=manifest.name,
        twin=manifest.twin,
        seed=manifest.seed,
        episodes=[(episode.spec, episode.split) for episode in episodes.values()],
        settings={**manifest.settings, **({} if is_whole else part)},
        code_version=manifest.code_version,
        physics_version=manifest.physics_version,
        bytes_per_episode=n_bytes // max(manifest.counts["episodes"], 1),
    )


def _places(output: Output, episodes: Mapping[str, Episode]) -> dict[str, dict[str, JsonObject]]:
    """Where each stream of each episode went.

    Raises:
        DatasetError: if the rows are not what the dataset's episode table says.
    """
    found: dict[str, dict[str, JsonObject]] = {}
    for shard, record in zip(output.plan.shards(), output.records(), strict=True):
        for planned, written in zip(shard.episodes, record.episodes, strict=True):
            _check_same(episodes[planned.episode_id], written)
            found[planned.episode_id] = {
                stream: {
                    "file": f"{stream}/{shard.name}.parquet",
                    "first_row_group": rows.first_row_group,
                    "row_groups": rows.row_groups,
                }
                for stream, rows in written.streams.items()
            }
    return found


def _check_same(episode: Episode, written: EpisodeRecord) -> None:
    """Refuse an episode whose copy does not say what the dataset's episode table says."""
    if written.summary.outcome != episode.outcome:
        raise DatasetError(f"{episode}: cannot be copied ({written.summary.reason}); run dataset verify")
    for stream, rows in written.streams.items():
        if rows.content_hash != episode.content_hashes[stream]:
            raise DatasetError(f"{episode}: {stream!r} differs from its content hash; run dataset verify")
