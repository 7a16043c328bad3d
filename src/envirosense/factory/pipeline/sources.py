"""Stages that make episodes: batches of the parts, edge cases, augmented copies."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from pydantic import JsonValue

from envirosense.core.rng import stream
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.manifest import MANIFEST, Manifest
from envirosense.datasets.packed_specs import PackedSpecs
from envirosense.datasets.planned_episodes import PlannedEpisodes
from envirosense.factory.augmented import NothingToCopy, augment
from envirosense.factory.edge_cases import MEANINGS, EdgeNote
from envirosense.factory.generator import run_plan
from envirosense.factory.noted import Noting
from envirosense.factory.pipeline.manifest import AugmentRequest, EdgeCaseRequest
from envirosense.factory.pipeline.stage import Facts, Job, Stage
from envirosense.factory.twins import TWINS, TwinFactory

EDGE_CASES: Final = "edge-cases"


class Source(Stage):
    """A stage that writes a dataset of its own into the working folder."""

    is_dealt: bool = True  # whether the order of its episodes tells what they are, so that it is shuffled

    def is_there(self, job: Job, facts: Facts) -> bool:
        """Whether the dataset is the one that was written."""
        folder = job.work(self.name)
        return (folder / MANIFEST).exists() and Manifest.load(folder).logical_hash == facts["logical_hash"]

    def made(
        self,
        job: Job,
        gigabytes: float,
        specs: PackedSpecs,
        splits: Sequence[str],
        settings: Mapping[str, JsonValue],
        make_twin: TwinFactory,
    ) -> Facts:
        """Facts of the dataset of these episodes, simulated; `gigabytes` is about what they take."""
        indices = None
        if self.is_dealt:  # else a place would name its scenario
            indices = np.argsort(stream(job.manifest.seed, "order", self.name).permutation(len(specs)))
        n_bytes = int(1e9 * gigabytes / len(specs))
        plan = job.drawing.plan(PlannedEpisodes(specs, splits, indices), settings, n_bytes, job.workers)
        reporter = job.report.episodes(self.title)
        found = run_plan(
            plan, make_twin, job.work(self.name), job.workers, job.executor, reporter, allow_failures=True
        )
        return facts_of(found)


def facts_of(dataset: Dataset) -> Facts:
    """What the record says of a dataset."""
    counts = dataset.manifest.counts
    return {"logical_hash": dataset.logical_hash, "episodes": counts["episodes"], "failed": counts["failed"]}


class MakeEpisodes(Source):
    """One batch of the episodes of the parts."""

    is_dealt = False  # every round is dealt in an order of its own

    def __init__(self, batch: int, batches: int) -> None:
        self.name = batch_name(batch)
        self.title = "episodes" if batches == 1 else f"episodes, batch {batch + 1} of {batches}"
        self._batch, self._batches = batch, batches

    def run(self, job: Job) -> Facts:
        """Simulate the batch."""
        total = job.manifest.episodes
        first, last = (total * turn // self._batches for turn in (self._batch, self._batch + 1))
        specs = PackedSpecs(job.drawing.specs(first, last))
        splits = [job.drawing.splits[group] for group in specs.groups]
        gigabytes = sum(job.drawing.cost(part, part.episodes).gigabytes for part in job.manifest.parts)
        settings = {"batch": self._batch, "batches": self._batches}
        size = gigabytes * len(specs) / total
        return self.made(job, size, specs, splits, settings, TWINS[job.manifest.twin])


def batch_name(batch: int) -> str:
    """Name of a batch."""
    return f"episodes-{batch:03d}"


class MakeEdgeCases(Source):
    """Edge cases of base scenarios, each with its origin."""

    name = EDGE_CASES
    title = "edge cases"

    def __init__(self, asked: EdgeCaseRequest) -> None:
        self._asked = asked

    def run(self, job: Job) -> Facts:
        """Simulate them."""
        cases = job.drawing.edge_cases(self._asked)
        splits = job.drawing.splits_of(cases.specs.groups, cases.strategies)
        make_twin = Noting(TWINS[job.manifest.twin], EdgeNote(cases.origins))
        return self.made(
            job,
            job.drawing.cost(self._asked, len(cases)).gigabytes,
            cases.specs,
            splits,
            {"edge_cases": MEANINGS},
            make_twin,
        )


class MakeCopies(Source):
    """Augmented copies of one batch, simulated like any episode."""

    def __init__(self, asked: AugmentRequest, batch: int, batches: int) -> None:
        self.name = copies_name(batch)
        self.title = (
            "augmented copies" if batches == 1 else f"augmented copies of batch {batch + 1} of {batches}"
        )
        self.needs = (batch_name(batch),)
        self._asked = asked
        self._batches = batches
        self._others = [copies_name(one) for one in range(batch)] if batch == batches - 1 else None

    def is_there(self, job: Job, facts: Facts) -> bool:
        """Whether the copies are those that were made, or the batch has none."""
        return not facts["episodes"] or super().is_there(job, facts)

    def run(self, job: Job) -> Facts:
        """Simulate them; a batch may have nothing to copy, but not all of them."""
        try:
            return facts_of(self._copied(job))
        except NothingToCopy:
            if self._others is not None and not any(has_dataset(job, one) for one in self._others):
                raise
            return {"logical_hash": "", "episodes": 0, "failed": 0}

    def _copied(self, job: Job) -> Dataset:
        return augment(
            job.work(self.needs[0]),
            self._asked.recipe,
            job.work(self.name),
            copies=self._asked.copies,
            seed=job.manifest.seed,
            splits=self._asked.splits,
            originals=False,
            workers=job.workers,
            executor=job.executor,
            progress=job.report.episodes(self.title),
            allow_failures=True,
            is_part=self._batches > 1,
        )


def copies_name(batch: int) -> str:
    """Name of the copies of a batch."""
    return f"augmented-{batch:03d}"


def has_dataset(job: Job, source: str) -> bool:
    """Whether a source made any episode."""
    return (job.work(source) / MANIFEST).exists()
