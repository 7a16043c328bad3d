"""Datasets that grow: new episodes as a new version beside untouched shards."""

import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import JsonValue

from envirosense.core.config import load_yaml
from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.fingerprint import fingerprint
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.files import commit_all, storing, write_whole
from envirosense.datasets.finish import RUN
from envirosense.datasets.lock import FolderLock, holds
from envirosense.datasets.manifest import EPISODES, MANIFEST, Manifest
from envirosense.datasets.manifest_text import as_json
from envirosense.datasets.output import drop_abandoned
from envirosense.datasets.quality import QUALITY, REJECTED
from envirosense.datasets.union import (
    Union,
    check_alike,
    link_or_copy,
    place_files,
    union_manifest,
    union_run_facts,
    unite,
    write_table,
)
from envirosense.datasets.union_parts import Part
from envirosense.datasets.verify import CARD
from envirosense.datasets.versions import VERSIONS, episodes_path, manifest_path, table_path
from envirosense.factory.describe import describe_dataset
from envirosense.factory.executors import worker_count
from envirosense.factory.generator import GenerationFailed, run_plan
from envirosense.factory.growth import GROWING, Growth, place_name
from envirosense.factory.progress import ProgressReporter
from envirosense.factory.twins import TWINS
from envirosense.factory.weak_spots import Extension

_ASKED: Final = "asked.json"
_DOCUMENTS: Final = (*CARD, QUALITY, REJECTED)


def extend(
    dataset: Path | str,
    config: Extension | Mapping[str, Any] | Path | str,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: ProgressReporter | None = None,
    allow_failures: bool = False,
) -> Dataset:
    """The dataset with more episodes, as its next version; the same call goes on after a kill.

    No shard of an earlier version changes, and each version can still be opened. Groups keep their
    split. A reader sees the old version whole until the new one is complete.

    Args:
        dataset: folder of a finished dataset that was generated, or merged from such.
        config: an `Extension`, plain data, or a YAML or JSON file of one.
        workers: worker processes; by default one per core.
        executor: runs the shards instead of our own processes.
        progress: hears how far the run is.
        allow_failures: whether a version with failed episodes is good enough.

    Raises:
        ConfigError: if the request cannot be added to this dataset, or another one is unfinished there.
        DatasetError: if the new episodes would not fit the stored ones.
        GenerationFailed: if new episodes failed and that is not allowed; the version holds the others.
    """
    asked, folder = _parsed(config), Path(dataset).expanduser().absolute()
    with _sole_writer(folder):
        if _is_committed(folder, asked):
            return Dataset.open(folder)
        old = Dataset.open(folder)
        growth = Growth(old, asked, worker_count(workers))
        _claim(growth)
        run = growth.place / "run"
        new = run_plan(
            growth.plan,
            TWINS[old.manifest.twin],
            run,
            growth.workers,
            executor,
            progress,
            allow_failures=True,
        )
        if not len(new):
            reason = new.failed[0].reason
            shutil.rmtree(growth.place)
            raise DatasetError(f"{folder}: nothing added, every new episode failed (the first: {reason})")
        _commit(growth, new)
        grown = Dataset.open(folder)
    if new.failed and not allow_failures:
        raise GenerationFailed(grown)
    return grown


def _parsed(config: Extension | Mapping[str, Any] | Path | str) -> Extension:
    if isinstance(config, Extension):
        return config
    if isinstance(config, Mapping):
        return Extension.parse(config, "extend")
    return Extension.parse(load_yaml(Path(config)), str(config))


@contextmanager
def _sole_writer(folder: Path) -> Iterator[None]:
    """Context in which no other process extends the dataset."""
    Manifest.load(folder)  # no dataset here: leave no trace
    mark = folder / GROWING / "lock"
    lock = FolderLock(mark)
    lock.acquire()
    try:
        if not holds(mark, lock.ticket):  # removed with the folder by a process that was just ending
            raise ConfigError("out", str(folder), "another process was writing here; run the command again")
        yield
    finally:
        if not any(one.is_dir() for one in mark.parent.iterdir()):
            shutil.rmtree(mark.parent, ignore_errors=True)
        lock.release()


def _is_committed(folder: Path, asked: Extension) -> bool:
    """Whether this request became the newest version and only clean-up is left; others' left-overs go too."""
    newest = Manifest.load(folder)
    found = folder / GROWING / place_name(newest.version)
    if not found.is_dir():
        return False
    is_ours = _is_same(found / _ASKED, asked)
    _settle(folder, newest)
    shutil.rmtree(found)
    return is_ours


def _is_same(path: Path, asked: Extension) -> bool:
    return path.exists() and path.read_text() == asked.model_dump_json()


def _claim(growth: Growth) -> None:
    """Make the place of the new version, or find the unfinished one of this very request."""
    mark = growth.place / _ASKED
    if mark.exists() and not _is_same(mark, growth.asked):
        there = Extension.model_validate_json(mark.read_bytes())
        differing = next(
            name for name in Extension.model_fields if getattr(there, name) != getattr(growth.asked, name)
        )
        raise ConfigError(
            differing,
            getattr(growth.asked, differing),
            f"an extension with {differing}={getattr(there, differing)!r} is unfinished in {growth.place}; "
            "run that one again to finish it, or delete that folder",
        )
    if not mark.exists():
        growth.check_columns()
        with storing(growth.place):
            growth.place.mkdir(parents=True, exist_ok=True)
        write_whole(growth.place / "started", datetime.now(UTC).isoformat().encode())
        write_whole(mark, growth.asked.model_dump_json().encode())


def _commit(growth: Growth, new: Dataset) -> None:
    """Make the finished run the newest version; every step can be done again after a kill."""
    old, folder = growth.old, growth.old.folder
    check_alike(old, new)
    parts = (Part(old, old.table), Part(new, new.table))
    union = unite(parts)
    _keep_version(folder, old.manifest)
    manifest = _next_manifest(growth, union)
    at = manifest_path(folder, growth.version)
    write_whole(at, manifest.pieces())  # from here on its files are no strangers
    place_files(((place, at) for place, at in union.sources() if at != folder / place), folder)
    view = _view(growth, union, manifest, union_run_facts(parts, (growth.place / "started").read_text()))
    describe_dataset(Dataset.open(view))
    ready = [name for name in (*_DOCUMENTS, RUN) if (view / name).exists()]
    commit_all({view / name: folder / name for name in ready})
    for name in set(_DOCUMENTS) - set(ready):  # the new version has none of it
        (folder / name).unlink(missing_ok=True)
    write_whole(folder / MANIFEST, manifest.pieces())
    _settle(folder, manifest)
    shutil.rmtree(growth.place)


def _keep_version(folder: Path, manifest: Manifest) -> None:
    """Keep manifest and episode table of the version that is about to be left behind."""
    own = table_path(folder, manifest.version)
    with storing(own):
        own.parent.mkdir(parents=True, exist_ok=True)
    if not own.exists():
        write_whole(own, episodes_path(folder, manifest).read_bytes())
    if not manifest_path(folder, manifest.version).exists():
        write_whole(manifest_path(folder, manifest.version), (folder / MANIFEST).read_bytes())


def _next_manifest(growth: Growth, union: Union) -> Manifest:
    old = growth.old.manifest
    entry: dict[str, JsonValue] = {
        "version": growth.version,
        "parent": old.logical_hash,
        "first_index": growth.first_index,
        "code_version": growth.plan.code_version,
        "asked": growth.asked.model_dump(mode="json", exclude_defaults=True),
    }
    earlier = old.settings.get("extensions")
    return union_manifest(
        union,
        write_table(union.pieces(), table_path(growth.old.folder, growth.version)),
        old,
        settings={
            **old.settings,
            "extended_from": old.logical_hash,
            "extensions": [*(earlier if isinstance(earlier, list) else []), entry],
        },
        plan_fingerprint=fingerprint({"parent": old.plan_fingerprint, "plan": growth.plan.fingerprint}),
        code_version=growth.plan.code_version,
        version=growth.version,
        parent_hash=old.logical_hash,
    )


def _view(growth: Growth, union: Union, manifest: Manifest, run: Mapping[str, Any]) -> Path:
    """Folder that shows the new version while the dataset still shows the old one; documents go there."""
    view, folder = growth.place / "view", growth.old.folder
    shutil.rmtree(view, ignore_errors=True)
    with storing(view):
        view.mkdir(parents=True)
        for name in sorted({place.partition("/")[0] for place in union.files} | {VERSIONS}):
            (view / name).symlink_to(folder / name, target_is_directory=True)
        (view / EPISODES).symlink_to(table_path(folder, growth.version))
    write_whole(view / RUN, as_json(run))
    write_whole(view / MANIFEST, manifest.pieces())
    return view


def _settle(folder: Path, manifest: Manifest) -> None:
    """What follows the manifest: the table that other tools read, and the catalogue."""
    own = table_path(folder, manifest.version)
    drop_abandoned(own.parent)
    temporary = own.with_name(f".{own.name}.{os.getpid()}.tmp")
    with storing(folder / EPISODES):
        link_or_copy(own, temporary, copy=True)
    commit_all({temporary: folder / EPISODES})
    from envirosense.datasets.catalog import register_dataset  # imports SQLAlchemy

    register_dataset(manifest, folder)
