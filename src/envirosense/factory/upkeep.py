"""Stored datasets kept whole: damaged files made again, shards of another length."""

import json
from concurrent.futures import Executor
from importlib.metadata import version
from pathlib import Path
from typing import cast

from pydantic import JsonValue

from envirosense.core.errors import DatasetError
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.finish import RUN
from envirosense.datasets.manifest import Manifest
from envirosense.datasets.repair import Maker, RepairReport
from envirosense.datasets.repair import repair as repair_files
from envirosense.datasets.reshard import Replay, reshard_plan
from envirosense.factory.describe import describe_dataset
from envirosense.factory.executors import worker_count
from envirosense.factory.generator import run_plan
from envirosense.factory.progress import ProgressReporter
from envirosense.factory.twins import TWINS, TwinFactory


def repair(folder: Path | str) -> RepairReport:
    """Report on a dataset after making its damaged files again by its own twin.

    Raises:
        DatasetError: if there is no dataset, or its episode table is lost.
        ConfigError: if another process writes to the folder.
        StorageError: if the disk refuses.
    """
    place = Path(folder).expanduser().absolute()
    maker = _maker(Manifest.load(place))
    return repair_files(place, maker, None if isinstance(maker, str) else describe_dataset)


def _maker(manifest: Manifest) -> Maker | str:
    """What can make the episodes of a dataset again, or why nothing can."""
    if manifest.origin == "real":
        return "recorded data cannot be made again; restore the file, or import the recording once more"
    if manifest.twin not in TWINS:
        return f"made by twin {manifest.twin!r}, which is not installed here; install it or restore the file"
    twin = TWINS[manifest.twin]()
    physics = str(twin.describe().get("physics_version", ""))
    return Maker(twin.simulate, version("envirosense"), physics)


def reshard(
    dataset: Dataset | Path | str,
    out: Path | str,
    episodes_per_shard: int,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: ProgressReporter | None = None,
) -> Dataset:
    """The same dataset in shards of so many episodes, in the folder `out`.

    Rows, splits, ids and logical hash stay; nothing is simulated. The same call resumes a stopped run.

    Raises:
        ConfigError: for fewer than one episode a shard, or if `out` holds something else.
        DatasetError: if stored rows are damaged.
    """
    source = dataset if isinstance(dataset, Dataset) else Dataset.open(dataset)
    plan = reshard_plan(source, episodes_per_shard)
    made = run_plan(
        plan,
        cast(TwinFactory, Replay(source.folder, source.logical_hash)),  # a worker only simulates
        out,
        worker_count(workers, executor),
        executor,
        progress,
        allow_failures=True,
        facts=_origin(source),
    )
    if made.logical_hash != source.logical_hash:
        raise DatasetError(
            f"{made.folder}: holds another dataset than {source.folder}; choose another folder"
        )
    return made


def _origin(source: Dataset) -> dict[str, JsonValue]:
    """Facts of the run that no row tells: where the rows come from, and why episodes failed there."""
    told = source.folder / RUN
    facts = json.loads(told.read_bytes()) if told.exists() else {}
    return {
        "resharded_from": {"folder": str(source.folder), "logical_hash": source.logical_hash},
        "failures": facts.get("failures", {}),
    }
