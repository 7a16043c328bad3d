"""Stages of a run: what each needs, whether it is done, and the record that outlives a kill."""

import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from envirosense.core.errors import DatasetError, SchemaVersionError
from envirosense.datasets.files import write_whole
from envirosense.factory.pipeline.drawing import Drawing
from envirosense.factory.pipeline.manifest import PipelineManifest
from envirosense.factory.pipeline.reporting import StageReporter

RECORD: Final = "pipeline.json"
WORK: Final = ".work"
DATASET: Final = "dataset"
EXPORTS: Final = "exports"
QUARANTINE: Final = "quarantine"
QUARANTINE_LIST: Final = "quarantine.json"
SCHEMA_VERSION: Final = 1


type Facts = dict[str, Any]  # of a stage that is done, as JSON has them


@dataclass(frozen=True, slots=True)
class Job:
    """What every stage of a run works with."""

    drawing: Drawing
    folder: Path
    workers: int
    executor: Executor | None
    report: StageReporter

    @property
    def manifest(self) -> PipelineManifest:
        """What is asked for."""
        return self.drawing.manifest

    def work(self, source: str) -> Path:
        """Folder of a dataset on its way into the delivered one."""
        return self.folder / WORK / source

    @property
    def dataset(self) -> Path:
        """Folder of the delivered dataset."""
        return self.folder / DATASET


class Stage(ABC):
    """One step of a run, done once."""

    name: str
    title: str  # what it does, in a few words
    needs: tuple[str, ...] = ()  # stages whose output it reads
    is_final: bool = False  # whether it delivers something

    @abstractmethod
    def run(self, job: Job) -> Facts:
        """Do it, or go on where it was broken off; facts for later stages and for the record."""

    @abstractmethod
    def is_there(self, job: Job, facts: Facts) -> bool:
        """Whether what it once wrote is still there."""


def pending(stages: Sequence[Stage], done: Collection[str]) -> list[Stage]:
    """Stages to run, in order: the final ones that are not done, and what those need.

    What only served a stage that is done is not asked for again: it may be deleted by then.
    """
    wanted = {stage.name for stage in stages if stage.is_final}
    found: list[Stage] = []
    for stage in reversed(stages):
        if stage.name in wanted and stage.name not in done:
            wanted.update(stage.needs)
            found.append(stage)
    return found[::-1]


@dataclass(slots=True)
class Record:
    """What a run was asked for and which stages are done; written whole after each of them."""

    path: Path
    asked: dict[str, Any]
    stages: dict[str, Facts] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> "Record | None":
        """Record of a run's folder, None where there is none.

        Raises:
            SchemaVersionError: if a newer version wrote it.
            DatasetError: if it is damaged.
        """
        path = folder / RECORD
        if not path.exists():
            return None
        try:
            data = json.loads(path.read_bytes())
            if (found := int(data["schema_version"])) > SCHEMA_VERSION:
                raise SchemaVersionError(path, found, SCHEMA_VERSION)
            return cls(path, dict(data["asked"]), dict(data["stages"]))
        except (ValueError, KeyError, TypeError):
            raise DatasetError(f"{path}: damaged; delete {folder} and run the manifest again") from None

    def enter(self, name: str, facts: Facts) -> None:
        """Record that a stage is done."""
        self.stages[name] = facts
        self.write()

    def write(self) -> None:
        """Write the record."""
        data = {"schema_version": SCHEMA_VERSION, "asked": self.asked, "stages": self.stages}
        write_whole(self.path, (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode())
