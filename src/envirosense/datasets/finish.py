"""Last step of a generation run: episode table, manifest, run facts, catalogue."""

import json
import os
import platform
import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import JsonValue

from envirosense.core.errors import DatasetError
from envirosense.datasets.files import commit, file_sha256, storing, write_whole
from envirosense.datasets.manifest import EPISODES, MANIFEST, Manifest, build_manifest
from envirosense.datasets.output import STARTED, Output
from envirosense.datasets.plan import Plan, PlannedEpisode
from envirosense.datasets.schema import Column, stream_schema
from envirosense.datasets.shard import STAGING, EpisodeRecord, FileRecord, ShardRecord

RUN = "run.json"

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
    folder, records = output.folder, output.records()
    missing = {shard.name for shard in output.plan.shards()} - {record.name for record in records}
    if missing:
        raise DatasetError(
            f"{folder}: shard {min(missing)} is not written; run the same command again to resume"
        )
    episodes_file = _write_episodes(folder, output.plan, records)
    manifest = build_manifest(output.plan, records, folder, episodes_file)
    write_whole(folder / RUN, _as_json(_run_facts(folder, records, run or {})))
    write_whole(folder / MANIFEST, _as_json(manifest.model_dump(mode="json")))


def _as_json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _write_episodes(folder: Path, plan: Plan, records: tuple[ShardRecord, ...]) -> FileRecord:
    schema = stream_schema(EPISODE_COLUMNS)
    table = pa.Table.from_pylist(list(_episode_rows(plan, records)), schema)
    temporary = folder / STAGING / EPISODES
    with storing(folder / EPISODES):
        pq.write_table(table, temporary, compression="zstd", compression_level=3, row_group_size=1000)
        record = FileRecord(rows=len(table), bytes=temporary.stat().st_size, sha256=file_sha256(temporary))
    commit(temporary, folder / EPISODES)
    return record


def _episode_rows(plan: Plan, records: Iterable[ShardRecord]) -> Iterator[dict[str, Any]]:
    for shard, record in zip(plan.shards(), records, strict=True):
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


def _run_facts(
    folder: Path, records: tuple[ShardRecord, ...], run: Mapping[str, JsonValue]
) -> dict[str, Any]:
    import numpy

    started = folder / STAGING / STARTED
    return {
        "schema_version": 1,
        "started_utc": started.read_text() if started.exists() else None,
        "finished_utc": datetime.now(UTC).isoformat(),
        "shard_wall_s": sum(record.wall_s for record in records),
        "shard_cpu_s": sum(record.cpu_s for record in records),
        "host": {"platform": platform.platform(), "machine": platform.machine(), "cores": os.cpu_count()},
        "versions": {
            "python": platform.python_version(),
            "numpy": numpy.__version__,
            "pyarrow": pa.__version__,
        },
        "failures": {e.summary.episode_id: e.traceback for r in records for e in r.episodes if e.traceback},
        **run,
    }
