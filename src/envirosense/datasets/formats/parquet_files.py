"""Parquet: a dataset of its own in the store's layout, in shards of its own.

`Dataset.open`, `verify`, training and the command line take it as they take any dataset. The
catalogue keeps pointing at the dataset it was made of.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from envirosense.core.episode import EpisodeSpec, EpisodeSummary, JsonObject
from envirosense.core.errors import DatasetError
from envirosense.core.protocols import Sink
from envirosense.datasets.dataset import Dataset, DatasetView
from envirosense.datasets.episode import Episode
from envirosense.datasets.finish import write_documents
from envirosense.datasets.formats.base import (
    FileFormat,
    Schemas,
    Told,
    all_episodes,
    plain_batches,
)
from envirosense.datasets.formats.documents import EpisodeEntry
from envirosense.datasets.hashing import FAILED, LogicalHash
from envirosense.datasets.output import prepare_output
from envirosense.datasets.packed_specs import PackedSpecs
from envirosense.datasets.plan import Plan
from envirosense.datasets.planned_episodes import PlannedEpisodes
from envirosense.datasets.schema import EPISODE_ID, TICK, TIME_UTC
from envirosense.datasets.shard import STAGING, write_shard

_PLACE: Final = ("file", "first_row_group", "row_groups")


class ParquetFormat(FileFormat):
    """A dataset of the chosen episodes and streams; units and frame layout are in the field metadata."""

    name = "parquet"
    title = "a smaller dataset; DuckDB, polars, Spark, pandas"
    compressions = ("auto",)
    holds_any_column = True

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
        places = {one: place for place, one in enumerate(view.short["episode_id"].to_pylist())}
        (target / STAGING).mkdir()
        done = 0

        def copy(spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
            episode = Episode(view.files, view.table.row(places[spec.episode_id]))
            for name in episode.streams:
                if name in schemas:
                    _copy_rows(episode, name, schemas[name], out)
            return EpisodeSummary.model_validate(episode.summary)

        with prepare_output(_plan(view, schemas), target) as output:
            for shard in output.pending:
                write_shard(output.folder, shard, copy)
                for _ in shard.episodes:
                    done += 1
                    on_episode(done, len(places))
            write_documents(output)
        shutil.rmtree(target / STAGING)
        yield from _entries(view, Dataset.open(target))


def _entries(view: DatasetView, made: Dataset) -> Iterator[EpisodeEntry]:
    """Entry of each episode: what the dataset says of it, and where its rows went."""
    rows = {one: place for place, one in enumerate(made.short["episode_id"].to_pylist())}
    for episode in all_episodes(view):
        copied = Episode(made.files, made.table.row(rows[episode.episode_id]))
        _check_same(episode, copied)
        places = {name: {what: place[what] for what in _PLACE} for name, place in copied.locations.items()}
        yield EpisodeEntry.of(episode, places)


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


def _plan(view: DatasetView, schemas: Schemas) -> Plan:
    manifest, hashed = view.manifest, LogicalHash()
    specs, splits = PackedSpecs(), []
    for episode in all_episodes(view):
        specs.append(episode.spec)
        splits.append(episode.split)
        if episode.outcome == FAILED:
            hashed.add(episode.episode_id, FAILED)
        for name, found in episode.content_hashes.items():
            if name in schemas:
                hashed.add(episode.episode_id, name, found)
    is_whole = hashed.hexdigest() == manifest.logical_hash
    part: JsonObject = {"part_of": manifest.logical_hash, "streams": [*sorted(schemas)]}
    n_bytes = sum(manifest.streams[name].bytes for name in schemas)
    return Plan.build(
        name=manifest.name,
        twin=manifest.twin,
        seed=manifest.seed,
        episodes=PlannedEpisodes(specs, splits),
        settings={**manifest.settings, **({} if is_whole else part)},
        code_version=manifest.code_version,
        physics_version=manifest.physics_version,
        bytes_per_episode=n_bytes // max(manifest.counts["episodes"], 1),
    )


def _check_same(episode: Episode, copied: Episode) -> None:
    """Refuse an episode whose copy does not say what the dataset's episode table says.

    Raises:
        DatasetError: if it does not.
    """
    if copied.outcome != episode.outcome:
        raise DatasetError(f"{episode}: cannot be copied ({copied.reason}); run dataset verify")
    for stream, found in copied.content_hashes.items():
        if found != episode.content_hashes[stream]:
            raise DatasetError(f"{episode}: {stream!r} differs from its content hash; run dataset verify")
