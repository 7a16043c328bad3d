"""Last step of a generation run: episode table, manifest, run facts, catalogue."""

import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import JsonValue

from envirosense.core.errors import DatasetError
from envirosense.datasets.contents import Contents
from envirosense.datasets.files import commit, file_sha256, storing, write_whole
from envirosense.datasets.manifest import EPISODES, MANIFEST, Manifest, build_manifest
from envirosense.datasets.manifest_text import as_json
from envirosense.datasets.output import STARTED, Output
from envirosense.datasets.plan import PlannedEpisode
from envirosense.datasets.schema import Column, stream_schema
from envirosense.datasets.shard import STAGING, EpisodeRecord, FileRecord

RUN = "run.json"
_GROUP_ROWS = 1000

EPISODE_COLUMNS = (
    Column("episode_id", pa.string(), "", "first 16 hexadecimal digits of the spec fingerprint", False),
    Column("index", pa.int64(), "1", "position in the dataset", False),
    Column("scenario", pa.string(), "", "scenario, category/name", False),
    Column("category", pa.string(), "", "category of the scenario", False),
    Column("group", pa.string(), "", "site or home; never in two splits", False),
    Column("split", pa.string(), "", "split the episode belongs to", False),
    Column("outcome", pa.string(), "", "ok or failed", False),
    Column("reason", pa.string(), "", "why it failed", False),
    Column("world_seed", pa.int64(), "1", "root of the random streams of the world", False),
    Column("sensing_seed", pa.int64(), "1", "root of the random streams of the sensors", False),
    Column("start_utc", pa.timestamp("us", "UTC"), "", "time of tick 0", False),
    Column("dt_s", pa.float64(), "s", "time between ticks", False),
    Column("n_ticks", pa.int64(), "1", "ticks of the episode", False),
    Column("params", pa.string(), "", "scenario parameters, JSON", False),
    Column(
        "importance_weight",
        pa.float64(),
        "1",
        "density of the parameters in the scenario's own spread over that in the one they were drawn from",
        False,
    ),
    Column("spec", pa.string(), "", "whole specification, JSON", False),
    Column("summary", pa.string(), "", "what the episode reports about itself, JSON", False),
    Column("content_hashes", pa.string(), "", "content hash by stream, JSON", False),
    Column("locations", pa.string(), "", "file, first_row_group, row_groups, rows by stream, JSON", False),
)


def finish(output: Output, run: Mapping[str, JsonValue] | None = None) -> Manifest:
    """Manifest of the dataset, now complete on disk and in the catalogue.

    Args:
        output: the prepared folder, every shard written.
        run: further facts for run.json (cost, workers); outside all hashes.

    Raises:
        DatasetError: if a shard is missing, or a stream's columns differ between shards.
        StorageError: if the disk refuses; the run can be resumed.
    """
    folder = output.folder
    if not output.is_finished:
        write_documents(output, run)
        shutil.rmtree(folder / STAGING, ignore_errors=True)
    manifest = Manifest.load(folder)
    from envirosense.datasets.catalog import register_dataset  # imports SQLAlchemy

    register_dataset(manifest, folder)
    return manifest


def write_documents(output: Output, run: Mapping[str, JsonValue] | None = None) -> None:
    """Write episode table, run facts and manifest of a folder whose shards are all there.

    Raises:
        DatasetError: if a shard is missing, or a stream's columns differ between shards.
        StorageError: if the disk refuses; the run can be resumed.
    """
    folder, held = output.folder, Contents()
    episodes_file = _write_episodes(output, held)
    manifest = build_manifest(output.plan, held, folder, episodes_file)
    write_whole(folder / RUN, as_json(_run_facts(folder, held, run or {})))
    write_whole(folder / MANIFEST, manifest.pieces())


def _write_episodes(output: Output, held: Contents) -> FileRecord:
    """Write the episode table, a row group at a time; `held` hears of every shard on the way."""
    folder, schema = output.folder, stream_schema(EPISODE_COLUMNS)
    temporary, n_rows = folder / STAGING / EPISODES, 0
    with (
        storing(folder / EPISODES),
        pq.ParquetWriter(temporary, schema, compression="zstd", compression_level=3) as opened,
    ):
        for rows in batched(_episode_rows(output, held), _GROUP_ROWS):
            opened.write_table(pa.Table.from_pylist(list(rows), schema))
            n_rows += len(rows)
    with storing(folder / EPISODES):
        size = temporary.stat().st_size
        record = FileRecord(rows=n_rows, bytes=size, sha256=file_sha256(temporary))
    commit(temporary, folder / EPISODES)
    return record


def _episode_rows(output: Output, held: Contents) -> Iterator[dict[str, Any]]:
    records = output.records()
    for shard in output.plan.shards():
        record = next(records, None)
        if record is None or record.name != shard.name:
            raise DatasetError(
                f"{output.folder}: shard {shard.name} is not written; run the same command again to resume"
            )
        held.add(record)
        for planned, found in zip(shard.episodes, record.episodes, strict=True):
            yield _episode_row(shard.name, planned, found)


def _episode_row(shard_name: str, planned: PlannedEpisode, found: EpisodeRecord) -> dict[str, Any]:
    spec = planned.spec
    locations = {
        stream: {"file": f"{stream}/{shard_name}.parquet", **record.model_dump(exclude={"content_hash"})}
        for stream, record in found.streams.items()
    }
    return {
        "episode_id": planned.episode_id,
        "index": planned.index,
        "scenario": spec.scenario,
        "category": spec.scenario.partition("/")[0],
        "group": spec.group,
        "split": planned.split,
        "importance_weight": spec.importance_weight,
        "outcome": found.summary.outcome,
        "reason": found.summary.reason,
        "world_seed": spec.world_seed,
        "sensing_seed": spec.sensing_seed,
        "start_utc": spec.grid.start_utc,
        "dt_s": spec.grid.dt_s,
        "n_ticks": spec.grid.n,
        "params": json.dumps(spec.params, sort_keys=True),
        "spec": spec.model_dump_json(),
        "summary": found.summary.model_dump_json(),
        "content_hashes": json.dumps(
            {stream: record.content_hash for stream, record in found.streams.items()}
        ),
        "locations": json.dumps(locations),
    }


def _run_facts(folder: Path, held: Contents, run: Mapping[str, JsonValue]) -> dict[str, Any]:
    import numpy

    started = folder / STAGING / STARTED
    return {
        "schema_version": 1,
        "started_utc": started.read_text() if started.exists() else None,
        "finished_utc": datetime.now(UTC).isoformat(),
        "shard_wall_s": held.wall_s,
        "shard_cpu_s": held.cpu_s,
        "host": {"platform": platform.platform(), "machine": platform.machine(), "cores": os.cpu_count()},
        "versions": {
            "python": platform.python_version(),
            "numpy": numpy.__version__,
            "pyarrow": pa.__version__,
        },
        "failures": held.failures,
        **run,
    }
