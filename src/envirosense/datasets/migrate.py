"""Datasets of an older schema version brought up to this one, whole or not at all.

A step upgrades a folder by one version. It works on a copy whose Parquet files are hard links: it puts
new files in the place of old ones and never writes into one. A future version registers its step with
`@migration(1)`; there is none yet, since version 1 is the first.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.files import storing
from envirosense.datasets.lock import FolderLock
from envirosense.datasets.manifest import MANIFEST, SCHEMA_VERSION
from envirosense.datasets.shard import STAGING
from envirosense.datasets.union import link_or_copy
from envirosense.datasets.verify import verify

type Step = Callable[[Path], None]  # upgrades the dataset in a folder by one version

MIGRATIONS: Final[dict[int, Step]] = {}  # by the version they start from


def migration(found: int) -> Callable[[Step], Step]:
    """Decorator that registers the step from version `found` to the next."""

    def register(step: Step) -> Step:
        if found in MIGRATIONS:
            raise ConfigError("migration", found, "two steps start from this version; keep one")
        MIGRATIONS[found] = step
        return step

    return register


def schema_version(folder: Path) -> int:
    """Schema version that a dataset folder states.

    Raises:
        DatasetError: if there is no dataset or its manifest cannot be read.
    """
    path = folder / MANIFEST
    try:
        return int(json.loads(path.read_bytes())["schema_version"])
    except FileNotFoundError:
        raise DatasetError(f"{folder}: no dataset here (no {MANIFEST}); check the path") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise DatasetError(f"{path}: damaged; restore it or generate the dataset again") from None


def migrate(
    path: Path | str,
    out: Path | str | None = None,
    *,
    steps: Mapping[int, Step] | None = None,
    current: int = SCHEMA_VERSION,
) -> Dataset:
    """Dataset of the current schema version: an upgraded copy in `out`, or else upgraded in place.

    The upgraded copy is made beside its place and verified before it gets its name; a run that was
    killed leaves the old dataset, and the same call goes on. A dataset of the current version is left alone.

    Args:
        path: folder of a dataset of this or an older version.
        out: folder for the upgraded dataset, which must not exist.
        steps: upgrade by one version each, by the version they start from; by default those registered.
        current: version to reach.

    Raises:
        SchemaVersionError: if a newer version wrote it.
        DatasetError: if no step leads here, or the upgraded dataset is not whole; nothing is changed then.
    """
    folder = Path(path).expanduser().absolute()
    target = folder if out is None else Path(out).expanduser().absolute()
    if not folder.exists() and not _old(folder).exists():
        raise DatasetError(f"{folder}: no dataset here (no such folder); check the path")
    if out is None and not _old(folder).exists() and schema_version(folder) == current:
        return Dataset.open(folder)
    with _sole_writer(target):
        _finish_exchange(folder)
        found, known = schema_version(folder), MIGRATIONS if steps is None else steps
        _check_way(folder, found, current, known)
        if out is not None and target.exists():
            raise ConfigError("out", str(target), "exists; choose a new folder")
        if found < current or out is not None:
            _upgrade(folder, _work(target), found, current, known)
            _exchange(_work(target), target)
    return Dataset.open(target)


def _check_way(folder: Path, found: int, current: int, steps: Mapping[int, Step]) -> None:
    """Refuse a dataset that is newer, that no chain of steps upgrades, or that is unfinished."""
    if found > current:
        raise SchemaVersionError(folder / MANIFEST, found, current)
    missing = next((number for number in range(found, current) if number not in steps), None)
    if missing is not None:
        raise DatasetError(f"{folder}: schema version {found}; this version has no step from {missing}")
    if (folder / STAGING).exists():
        raise DatasetError(f"{folder}: a run is unfinished here; finish it with the version that began it")


@contextmanager
def _sole_writer(target: Path) -> Iterator[None]:
    """Context in which no other process migrates to this folder."""
    place = target.with_name(f".{target.name}.migrating.lock")
    lock = FolderLock(place / "lock")
    lock.acquire()
    try:
        yield
    finally:
        shutil.rmtree(place, ignore_errors=True)
        lock.release()


def _work(target: Path) -> Path:
    return target.with_name(f".{target.name}.migrating")


def _old(target: Path) -> Path:
    return target.with_name(f".{target.name}.before")


def _upgrade(folder: Path, work: Path, found: int, current: int, steps: Mapping[int, Step]) -> None:
    """Upgraded copy of a dataset in `work`, verified."""
    shutil.rmtree(work, ignore_errors=True)
    with storing(work):
        shutil.copytree(folder, work, copy_function=_copied)
    for number in range(found, current):
        steps[number](work)
        if (now := schema_version(work)) != number + 1:
            raise DatasetError(f"the step from schema version {number} left {now}; nothing was changed")
    report = verify(work)
    if not report.is_ok:
        raise DatasetError(
            f"{folder}: nothing was changed, the upgraded copy is not whole ({report.findings[0]}); "
            "verify the dataset with the version that made it"
        )


def _copied(source: str, target: str) -> None:
    link_or_copy(Path(source), Path(target), copy=not source.endswith(".parquet"))


def _exchange(work: Path, target: Path) -> None:
    """Give the upgraded copy its name; the old dataset goes once the new one stands."""
    with storing(target):
        if target.exists():
            os.rename(target, _old(target))
        os.rename(work, target)
    shutil.rmtree(_old(target), ignore_errors=True)


def _finish_exchange(folder: Path) -> None:
    """End an exchange that was cut off: the old dataset comes back, or goes if the new one stands."""
    if not _old(folder).exists():
        return
    with storing(folder):
        if folder.exists():
            shutil.rmtree(_old(folder))
        else:
            os.rename(_old(folder), folder)
