"""Folder a generation run writes to: empty, or its own unfinished work."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from envirosense.core.errors import ConfigError, DatasetError, StorageError
from envirosense.datasets.files import size_text, storing, write_whole
from envirosense.datasets.lock import FolderLock
from envirosense.datasets.manifest import MANIFEST, Manifest
from envirosense.datasets.plan import Plan, Shard
from envirosense.datasets.shard import STAGING, ShardRecord, drop_unfinished, journal_path

PLAN = "plan.json"
STARTED = "started"
_IGNORED = {".DS_Store", ".envirosense", ".gitignore", ".gitattributes"}
_SPACE_MARGIN = 1.05
_ELSEWHERE = "choose another folder or delete this one"
_EXTEND = "to add episodes to it, use `envirosense dataset extend`"
_FINISH_FIRST = f"finish it with what it was started with; {_EXTEND}"


class Output:
    """A prepared folder, locked until closed; use it as a context manager.

    `plan` is the stored plan, whose shard length a resumed run keeps; `pending` are the
    shards still to write.
    """

    def __init__(self, folder: Path, plan: Plan, pending: tuple[Shard, ...], lock: FolderLock) -> None:
        self.folder = folder
        self.plan = plan
        self.pending = pending
        self._lock = lock

    @property
    def ticket(self) -> str:
        """What shows a worker that this run still holds the folder; "" where there is nothing to write."""
        return self._lock.ticket

    @property
    def is_finished(self) -> bool:
        """Whether the folder holds the finished dataset of this plan already."""
        return (self.folder / MANIFEST).exists()

    def records(self) -> Iterator[ShardRecord]:
        """Journal entries of all shards written, in plan order; each is read when it is asked for."""
        return _journal(self.folder, self.plan)

    def close(self) -> None:
        """Let another process write here."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def prepare_output(plan: Plan, path: Path | str) -> Output:
    """Folder ready for the shards of a plan; an unfinished run of an equal plan is resumed.

    Raises:
        ConfigError: if the folder holds another dataset, foreign files, or a run in progress.
        StorageError: if it cannot be written or has too little space for the estimate.
    """
    folder = Path(path).expanduser().absolute()
    with storing(folder):
        _check_foreign(folder)
    lock = FolderLock(lock_path(folder))
    if (finished := _finished(plan, folder, lock)) is not None:
        return finished
    lock.acquire()
    try:
        if (finished := _finished(plan, folder, lock)) is not None:
            return finished  # another process finished it since the first look
        drop_abandoned(folder)
        stored = _stored_plan(plan, folder)
        pending = tuple(_pending(folder, stored))
        _check_space(folder, stored, pending)
    except BaseException:
        lock.release()
        raise
    return Output(folder, stored, pending, lock)


def lock_path(folder: Path) -> Path:
    """Where the lock of a folder lies while something writes there."""
    return folder / STAGING / "lock"


def load_plan(folder: Path) -> Plan | None:
    """Plan of an unfinished run, or None where there is none.

    Raises:
        SchemaVersionError: if a newer version wrote it.
    """
    path = folder / STAGING / PLAN
    if not path.exists():
        return None
    try:
        return Plan.read(path)
    except (ValueError, KeyError, TypeError):  # a ValidationError is a ValueError
        raise StorageError(f"{path}: damaged plan; delete {folder} and generate again") from None


def _check_foreign(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigError("out", str(folder), "is a file; choose a folder")
    if not folder.exists() or (folder / MANIFEST).exists() or (folder / STAGING).exists():
        return
    foreign = sorted(entry.name for entry in folder.iterdir() if entry.name not in _IGNORED)
    if foreign:
        raise ConfigError(
            "out", str(folder), f"holds other files ({foreign[0]}); choose a new or empty folder"
        )


def _finished(plan: Plan, folder: Path, lock: FolderLock) -> Output | None:
    if not (folder / MANIFEST).exists():
        return None
    manifest = Manifest.load(folder)
    if manifest.plan_fingerprint != plan.fingerprint:
        raise ConfigError(
            "out",
            str(folder),
            f"holds another dataset ({manifest.difference(plan)}); {_EXTEND}; {_ELSEWHERE}",
        )
    for place, file in manifest.files.items():
        if not _has_size(folder / place, file.bytes):
            raise DatasetError(
                f"{folder / place}: missing or truncated; restore the file, run "
                f"`envirosense dataset verify --repair`, or delete {folder} and generate again"
            )
    shutil.rmtree(folder / STAGING, ignore_errors=True)  # a crash between manifest and clean-up leaves it
    drop_abandoned(folder)
    return Output(folder, plan, (), lock)


def _stored_plan(plan: Plan, folder: Path) -> Plan:
    journal = folder / STAGING / "journal"
    with storing(journal):
        journal.mkdir(parents=True, exist_ok=True)
    stored = load_plan(folder)
    has_progress = any(journal.glob("*.json"))
    if stored is None or not has_progress:
        for shard in stored.shards() if stored else ():
            drop_unfinished(folder, shard.name)  # the new plan may not have a shard of this name
        write_whole(folder / STAGING / STARTED, datetime.now(UTC).isoformat().encode())
        write_whole(folder / STAGING / PLAN, plan.pieces())
        return plan
    if stored.fingerprint != plan.fingerprint:
        difference = plan.difference(stored)
        raise ConfigError(
            "out",
            str(folder),
            f"holds an unfinished run of another plan ({difference}); {_FINISH_FIRST}; {_ELSEWHERE}",
        )
    return stored


def drop_abandoned(folder: Path) -> None:
    """Remove half-written documents of processes that are no more; `write_whole` names them by process."""
    for path in folder.glob(".*.tmp"):
        process = path.name.split(".")[-2]
        if process.isdigit() and not _is_alive(int(process)):
            with suppress(OSError):
                path.unlink()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # somebody else's
    return True


def _pending(folder: Path, plan: Plan) -> Iterator[Shard]:
    """Shards without a valid journal entry, their left-overs removed."""
    shutil.rmtree(folder / STAGING / "tmp", ignore_errors=True)
    done = {record.name for record in _journal(folder, plan)}
    for shard in plan.shards():
        if shard.name not in done:
            drop_unfinished(folder, shard.name)
            yield shard


def _journal(folder: Path, plan: Plan) -> Iterator[ShardRecord]:
    """Journal entries whose files are all there with the recorded size."""
    for shard in plan.shards():
        path = journal_path(folder, shard.name)
        record = _record(path) if path.exists() else None
        if record and all(_has_size(folder / place, file.bytes) for place, file in record.files.items()):
            yield record


def _record(path: Path) -> ShardRecord | None:
    """Journal entry, None where it is damaged: its shard is written again."""
    try:
        return ShardRecord.model_validate_json(path.read_bytes())
    except ValidationError:
        return None


def _has_size(path: Path, n_bytes: int) -> bool:
    return path.is_file() and path.stat().st_size == n_bytes


def _check_space(folder: Path, plan: Plan, pending: tuple[Shard, ...]) -> None:
    needed = int(plan.bytes_per_episode * sum(len(shard.episodes) for shard in pending) * _SPACE_MARGIN)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise StorageError(
            f"{folder}: needs about {size_text(needed)} but {size_text(free)} are free; "
            "free disk space, choose another folder, or ask for fewer or shorter episodes"
        )
