"""A run of a manifest: stage after stage, resumed where it stopped."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from envirosense.core.errors import ConfigError, EnviroSenseError
from envirosense.core.logs import get_logger
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.files import storing
from envirosense.datasets.lock import FolderLock
from envirosense.datasets.output import drop_abandoned
from envirosense.factory.executors import worker_count
from envirosense.factory.pipeline.assembly import ASSEMBLE, Assemble, CheckSource
from envirosense.factory.pipeline.balanced import ChooseBalanced, MakeBalanced
from envirosense.factory.pipeline.checks import check_manifest
from envirosense.factory.pipeline.costs import RunCost, require_space, run_cost
from envirosense.factory.pipeline.delivery import Delivery, DeliveryIncomplete
from envirosense.factory.pipeline.drawing import Drawing
from envirosense.factory.pipeline.finishing import DESCRIBE, Describe, ExportTo, Upload, export_name
from envirosense.factory.pipeline.manifest import PipelineManifest, difference
from envirosense.factory.pipeline.reading import manifest_of, read_manifest
from envirosense.factory.pipeline.reporting import SilentStages, StageReporter
from envirosense.factory.pipeline.sources import MakeCopies, MakeEdgeCases, MakeEpisodes, Source
from envirosense.factory.pipeline.stage import (
    DATASET,
    EXPORTS,
    QUARANTINE,
    QUARANTINE_LIST,
    RECORD,
    WORK,
    Job,
    Record,
    Stage,
    pending,
)
from envirosense.factory.pipeline.watching import watched

_OURS: Final = {DATASET, EXPORTS, QUARANTINE, QUARANTINE_LIST, RECORD, WORK, ".envirosense", ".DS_Store"}
_LOCK: Final = "lock"
_PRIVATE: Final = "alerts"  # holds tokens, concerns no result: neither written down nor held to
_SHOWN: Final = 3


class MLTrainingPipeline:
    """Everything from a manifest to a delivered dataset."""

    def __init__(
        self, manifest: PipelineManifest | Mapping[str, Any] | Path | str, out: Path | str | None = None
    ) -> None:
        """Pipeline of a manifest, its plain data, or a YAML file.

        Args:
            manifest: what is asked for.
            out: folder of the run; by default the target of the manifest or its name. Where a run of the same
                manifest was begun there, its parts are not tried again.

        Raises:
            ConfigError: for the first mistake, with its place in the file; nothing is written then.
        """
        self._out = None if out is None else Path(out)
        if isinstance(manifest, Path | str):
            manifest = read_manifest(manifest, self._was_tried)
        elif isinstance(manifest, PipelineManifest):
            check_manifest(manifest, self._was_tried)
        else:
            manifest = manifest_of(manifest, was_tried=self._was_tried)
        self.manifest = manifest
        self._drawing = Drawing(manifest)

    def cost(self, workers: int | None = None) -> RunCost:
        """About what every stage takes, without running any."""
        return run_cost(self._drawing, worker_count(workers))

    @property
    def default_folder(self) -> Path:
        """Folder given; else local target of the manifest, or a folder of its name where there is none."""
        return self._folder(self.manifest)

    def _folder(self, manifest: PipelineManifest, out: Path | str | None = None) -> Path:
        local = manifest.name if manifest.target is None or manifest.is_remote else manifest.target
        return Path(out or self._out or local).expanduser().absolute()

    def _was_tried(self, drawing: Drawing) -> bool:
        """Whether the folder holds a run of the same, which was only begun with parts that agree."""
        try:
            found = Record.load(self._folder(drawing.manifest))
        except (EnviroSenseError, OSError):  # `run` says what is wrong with it
            return False
        return found is not None and found.asked == _asked(drawing)

    def run(
        self,
        out: Path | str | None = None,
        workers: int | None = None,
        executor: Executor | None = None,
        progress: StageReporter | None = None,
    ) -> Delivery:
        """Deliver everything into the folder `out`; the same call goes on with a run that was stopped.

        Args:
            out: folder of the run, new, empty, or of the same manifest; by default `default_folder`.
            workers: worker processes; by default one per core, or as many as the executor's cluster has.
            executor: runs the episodes instead of our own processes, on workers that see the same files.
            progress: hears of every stage; by default nobody.

        Raises:
            ConfigError: if the folder holds something else, or a run of another manifest.
            StorageError: if the disk has no room for all stages together.
            DeliveryIncomplete: if episodes are in quarantine or the dataset fails a rule; the rest is there.
        """
        folder = self._folder(self.manifest, out)
        count = worker_count(workers, executor)
        with self._held(folder) as record:
            self._run(Job(self._drawing, folder, count, executor, progress or SilentStages()), record)
        found = self._delivery(folder, record)
        if not self._is_complete(found):
            raise DeliveryIncomplete(found)
        return found

    def _is_complete(self, delivery: Delivery) -> bool:
        return delivery.is_complete(self.manifest.quality.max_rejected)

    def _run(self, job: Job, record: Record) -> None:
        stages = stages_of(self.manifest)
        done = {
            stage.name
            for stage in stages
            if stage.name in record.stages and stage.is_there(job, record.stages[stage.name])
        }
        if left := pending(stages, done):
            cost = run_cost(self._drawing, job.workers)
            require_space(cost, job.folder)
            with watched(self.manifest, job.folder, job.report, cost.episodes_of(left)) as report:
                report.begin(cost.seconds_of([stage.name for stage in left]), len(stages) - len(left))
                try:
                    _run_stages(left, replace(job, report=report), record)
                finally:
                    report.end()
                if not self._is_complete(self._delivery(job.folder, record)):
                    report.incomplete()
        else:
            job.report.begin({}, len(stages))
        shutil.rmtree(job.folder / WORK, ignore_errors=True)

    @contextmanager
    def _held(self, folder: Path) -> Iterator[Record]:
        """Context with the record of the folder, which nobody else writes to meanwhile."""
        _check_foreign(folder)
        lock = FolderLock(folder / WORK / _LOCK)
        lock.acquire()
        try:
            for place in (folder, folder / DATASET):
                drop_abandoned(place)
            yield self._record(folder)
        finally:
            lock.release()

    def _record(self, folder: Path) -> Record:
        """Record of a run of this manifest.

        Raises:
            ConfigError: if the folder holds a run of another one.
        """
        asked = _asked(self._drawing)
        found = Record.load(folder)
        if found is None or not _is_begun(folder, found):
            found = Record(folder / RECORD, asked)
            found.write()
        elif found.asked != asked:
            differing = difference(found.asked, asked)
            shown = "; ".join(differing[:_SHOWN]) + ("; ..." if len(differing) > _SHOWN else "")
            fix = (
                f"add episodes with `envirosense dataset extend {folder / DATASET}`, or choose another folder"
            )
            raise ConfigError(
                "out", str(folder), f"was started with another manifest ({shown}); run that one on and {fix}"
            )  # fmt: skip
        return found

    def _delivery(self, folder: Path, record: Record) -> Delivery:
        made, told = record.stages[ASSEMBLE], record.stages[DESCRIBE]
        labels = [export.label for export in self.manifest.formats]
        return Delivery(
            folder=folder,
            dataset=Dataset.open(folder / DATASET),
            exports={label: folder / EXPORTS / label for label in labels},
            asked=made["asked"],
            rejected=made["rejected"],
            rules=made["rules"],
            errors=tuple(told["errors"]),
            urls=tuple(str(facts["url"]) for facts in record.stages.values() if "url" in facts),
        )


def _asked(drawing: Drawing) -> dict[str, Any]:
    """What a run is held to: all of its manifest that concerns a result, and the versions that make it."""
    return {
        **{name: value for name, value in drawing.manifest.plain.items() if name != _PRIVATE},
        "code_version": version("envirosense"),
        "physics_version": drawing.physics_version,
    }


def _run_stages(stages: Sequence[Stage], job: Job, record: Record) -> None:
    for stage in stages:
        job.report.stage(stage.name, stage.title)
        get_logger(__name__).info("stage begins", stage=stage.name)
        record.enter(stage.name, stage.run(job))
        if stage.name == ASSEMBLE:
            _clear_work(job.folder)


def _check_foreign(folder: Path) -> None:
    """Refuse a file, and a folder that holds anything but a run."""
    if folder.exists() and not folder.is_dir():
        raise ConfigError("out", str(folder), "is a file; choose a folder")
    with storing(folder):
        foreign = (
            sorted(one.name for one in folder.iterdir() if not _is_ours(one.name)) if folder.exists() else []
        )
    if foreign and not (folder / RECORD).exists():
        fix = f"holds other files ({foreign[0]}); choose a new or empty folder"
        raise ConfigError("out", str(folder), fix)


def _is_ours(name: str) -> bool:
    """Whether a run writes a file or folder of this name; a kill may have cut off its first record."""
    return name in _OURS or name.startswith(f".{RECORD}.")


def _is_begun(folder: Path, record: Record) -> bool:
    """Whether a run has written anything worth keeping."""
    return bool(record.stages) or any(one.name != _LOCK for one in (folder / WORK).iterdir())


def _clear_work(folder: Path) -> None:
    """Delete what the delivered dataset was made from; the lock stays."""
    for one in (folder / WORK).iterdir():
        if one.is_dir():
            shutil.rmtree(one, ignore_errors=True)
        elif one.name != _LOCK:
            one.unlink()


def stages_of(manifest: PipelineManifest) -> tuple[Stage, ...]:
    """Stages of a manifest, each after those that it needs."""
    sources: list[Source] = []
    before: list[Stage] = []
    if manifest.parts:
        sources += [MakeEpisodes(batch, manifest.batches) for batch in range(manifest.batches)]
    if manifest.edge_cases is not None:
        sources.append(MakeEdgeCases(manifest.edge_cases))
    if manifest.balance is not None:
        before.append(ChooseBalanced(manifest.balance))
        sources.append(MakeBalanced(manifest.balance))
    if manifest.augment is not None and manifest.parts:
        sources += [
            MakeCopies(manifest.augment, batch, manifest.batches) for batch in range(manifest.batches)
        ]
    names = [source.name for source in sources]
    exports = [ExportTo(asked) for asked in manifest.formats]
    final: list[Stage] = [Describe(), *exports]
    if manifest.target is not None and manifest.is_remote:
        final.append(Upload(DATASET, (ASSEMBLE, DESCRIBE), manifest.target))
        final += [
            Upload(f"{EXPORTS}/{asked.label}", (export_name(asked),), manifest.target)
            for asked in manifest.formats
        ]
    return (*before, *sources, *(CheckSource(source) for source in sources), Assemble(names), *final)
