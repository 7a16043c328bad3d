"""Worker's part of a generation run: simulate a shard's episodes and commit them as one."""

import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from pydantic import Field

from envirosense.core.config import FrozenModel
from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import DatasetError, StorageError
from envirosense.core.protocols import Sink
from envirosense.datasets.files import commit_all, file_sha256, storing, write_whole
from envirosense.datasets.plan import PlannedEpisode, Shard
from envirosense.datasets.store import EpisodeSink, ShardFiles, StreamRecord

STAGING = ".staging"
SCHEMA_VERSION = 1

type Simulate = Callable[[EpisodeSpec, Sink], EpisodeSummary]


class FileRecord(FrozenModel):
    """One file of the dataset."""

    rows: int
    bytes: int
    sha256: str


class EpisodeRecord(FrozenModel):
    """What became of one episode of a shard."""

    summary: EpisodeSummary
    streams: dict[str, StreamRecord] = Field(default_factory=dict)
    traceback: str = ""


class ShardRecord(FrozenModel):
    """Journal entry of a shard; once it is on disk the shard counts."""

    name: str
    files: dict[str, FileRecord]  # by path inside the dataset
    episodes: tuple[EpisodeRecord, ...]
    wall_s: float
    cpu_s: float
    schema_version: int = SCHEMA_VERSION


def journal_path(folder: Path, shard_name: str) -> Path:
    """Where a shard's journal entry lies."""
    return folder / STAGING / "journal" / f"{shard_name}.json"


def write_shard(folder: Path, shard: Shard, simulate: Simulate) -> ShardRecord:
    """Journal entry of a shard after simulating, writing and committing it.

    An episode that raises is recorded as failed with its reason and leaves no row: if it had
    rows on disk already, the shard is written again without it, which gives the other
    episodes the same bytes.

    Raises:
        StorageError: if the disk refuses; nothing committed earlier is touched.
        DatasetError: if two episodes write a stream with different columns.
    """
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    failed: dict[str, EpisodeRecord] = {}
    temporary = folder / STAGING / "tmp"
    with storing(temporary):
        temporary.mkdir(parents=True, exist_ok=True)
    while True:
        files = ShardFiles(temporary, f"{shard.name}.{uuid4().hex}")  # process ids repeat on other machines
        try:
            episodes = _simulate_all(shard, simulate, files, failed)
            if episodes is not None:
                committed = _commit(folder, shard, files)
                break
        finally:
            files.discard()
    record = ShardRecord(
        name=shard.name,
        files=committed,
        episodes=episodes,
        wall_s=time.perf_counter() - wall_s,
        cpu_s=time.process_time() - cpu_s,
    )
    write_whole(journal_path(folder, shard.name), record.model_dump_json().encode())
    return record


def _simulate_all(
    shard: Shard, simulate: Simulate, files: ShardFiles, failed: dict[str, EpisodeRecord]
) -> tuple[EpisodeRecord, ...] | None:
    """Records of all episodes, or None if one failed after rows of it were written."""
    records = []
    for planned in shard.episodes:
        record = failed.get(planned.episode_id)
        if record is None:
            sink = EpisodeSink(planned.spec, files, planned.episode_id)
            record = _simulate_one(planned, simulate, sink)
            if record.summary.outcome == "failed":
                failed[planned.episode_id] = record
                if sink.has_written:
                    return None
        records.append(record)
    return tuple(records)


def _simulate_one(planned: PlannedEpisode, simulate: Simulate, sink: EpisodeSink) -> EpisodeRecord:
    episode_id = planned.episode_id
    try:
        summary = simulate(planned.spec, sink)
        if summary.outcome == "failed":
            return EpisodeRecord(summary=summary.model_copy(update={"episode_id": episode_id}))
        streams = sink.close()
    except (StorageError, DatasetError, MemoryError):
        raise
    except Exception as error:
        lines = str(error).splitlines() or [""]
        reason = f"{type(error).__name__}: {lines[0]}".rstrip(": ")
        summary = EpisodeSummary(episode_id=episode_id, outcome="failed", reason=reason)
        return EpisodeRecord(summary=summary, traceback=traceback.format_exc())
    rows = {name: record.rows for name, record in streams.items()}
    return EpisodeRecord(
        summary=summary.model_copy(update={"episode_id": episode_id, "rows": rows}), streams=streams
    )


def _commit(folder: Path, shard: Shard, files: ShardFiles) -> dict[str, FileRecord]:
    """Move every finished file into its place."""
    committed, finals = {}, {}
    for stream, opened in sorted(files.streams.items()):
        opened.close()
        place = f"{stream}/{shard.name}.parquet"
        committed[place] = FileRecord(
            rows=opened.n_rows, bytes=opened.path.stat().st_size, sha256=file_sha256(opened.path)
        )
        finals[opened.path] = folder / place
    commit_all(finals)
    return committed


def drop_unfinished(folder: Path, shard_name: str) -> None:
    """Remove what a shard that never reached its journal entry left behind."""
    for path in folder.glob(f"*/{shard_name}.parquet"):
        with suppress(FileNotFoundError), storing(path):
            path.unlink()
