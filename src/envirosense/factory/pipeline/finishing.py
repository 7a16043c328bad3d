"""Stages that deliver: the dataset checked and described, its exports, its upload."""

import shutil
from pathlib import Path
from typing import Final

from envirosense.core.errors import DatasetError
from envirosense.datasets.card import README, write_card
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.formats import check_export
from envirosense.datasets.formats.documents import EXPORT, ExportFacts
from envirosense.datasets.quality import QUALITY, QualityReport, read_quality
from envirosense.datasets.remote import upload
from envirosense.datasets.verify import verify
from envirosense.factory.pipeline.assembly import ASSEMBLE, quality_of
from envirosense.factory.pipeline.checks import format_of
from envirosense.factory.pipeline.manifest import ExportRequest
from envirosense.factory.pipeline.stage import EXPORTS, Facts, Job, Stage
from envirosense.factory.twins import TWINS

DESCRIBE: Final = "describe"


class Describe(Stage):
    """The delivered dataset read back, its quality, its card."""

    name = DESCRIBE
    title = "verify and describe"
    needs = (ASSEMBLE,)
    is_final = True

    def run(self, job: Job) -> Facts:
        """Verify files and rows, run the rules, write the card."""
        verify(job.dataset, on_episode=job.report.counted("episodes read back")).raise_if_damaged()
        dataset = Dataset.open(job.dataset)
        found = _report(job, dataset)
        found.write(dataset.folder)
        if job.manifest.card:
            write_card(dataset, TWINS[dataset.manifest.twin]().describe(), found)
        return {"errors": [rule.name for rule in found.errors], "warnings": [r.name for r in found.warnings]}

    def is_there(self, job: Job, facts: Facts) -> bool:
        """Whether the documents are there."""
        names = (QUALITY, README) if job.manifest.card else (QUALITY,)
        return all((job.dataset / name).exists() for name in names)


def _report(job: Job, dataset: Dataset) -> QualityReport:
    """Report that the source brought along, where the dataset is that source, or a new one."""
    there = read_quality(dataset.folder)
    return there if there and there.logical_hash == dataset.logical_hash else quality_of(job, dataset)


class ExportTo(Stage):
    """One export of the delivered dataset, read back."""

    needs = (ASSEMBLE,)
    is_final = True

    def __init__(self, asked: ExportRequest) -> None:
        self.name = export_name(asked)
        self.title = f"export to {asked.label}"
        self._asked = asked

    def run(self, job: Job) -> Facts:
        """Write and check it; half an export of a killed run is written anew."""
        folder, asked = self._folder(job), self._asked
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(exist_ok=True)
        dataset = Dataset.open(job.dataset)
        view = dataset if asked.split is None else dataset[asked.split]
        facts = format_of(asked).write(
            view,
            folder,
            streams=asked.streams,
            compression=asked.compression,
            on_episode=job.report.counted("episodes written"),
        )
        found = check_export(folder, job.report.counted("episodes read back"))
        if not found.is_ok:
            raise DatasetError(f"{folder}: {found.findings[0]}; run the same command again")
        return {
            "dataset_hash": facts.dataset_hash,
            "part_hash": facts.part_hash,
            "episodes": facts.n_episodes,
        }

    def is_there(self, job: Job, facts: Facts) -> bool:
        """Whether it is the one that was written."""
        folder = self._folder(job)
        return (folder / EXPORT).exists() and ExportFacts.load(folder).part_hash == facts["part_hash"]

    def _folder(self, job: Job) -> Path:
        return job.folder / EXPORTS / self._asked.label


def export_name(asked: ExportRequest) -> str:
    """Name of the stage of an export."""
    return f"export-{asked.label}"


class Upload(Stage):
    """One delivered folder in the object store."""

    is_final = True

    def __init__(self, place: str, needs: tuple[str, ...], target: str) -> None:
        self.name = f"upload-{place.replace('/', '-')}"
        self.title = f"upload {place}"
        self.needs = needs
        self._place, self._target = place, target

    def run(self, job: Job) -> Facts:
        """Send what is not there yet."""
        url = url_below(self._target, self._place)
        sent = upload(job.folder / self._place, url, on_file=job.report.counted("files"))
        return {"url": sent.url, "files": sent.n_files, "bytes": sent.n_bytes, "sent": sent.n_sent}

    def is_there(self, job: Job, facts: Facts) -> bool:
        """What the store once took is its own to keep."""
        return True


def url_below(url: str, place: str) -> str:
    """URL of a folder below another, whose query stays at the end."""
    path, mark, query = url.partition("?")
    return f"{path.rstrip('/')}/{place}{mark}{query}"
