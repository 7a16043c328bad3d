"""Stages that check what was made and put together what is delivered; the rest goes into quarantine."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.errors import DatasetError
from envirosense.core.fingerprint import fingerprint
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode_table import EpisodeTable
from envirosense.datasets.files import write_whole
from envirosense.datasets.finish import RUN
from envirosense.datasets.manifest import EPISODES, MANIFEST, Manifest
from envirosense.datasets.manifest_text import as_json
from envirosense.datasets.plan import Plan
from envirosense.datasets.quality import QUALITY, REJECTED, QualityReport, read_quality, validate
from envirosense.datasets.rules import rules_of
from envirosense.datasets.union import (
    place_files,
    union_manifest,
    union_run_facts,
    unite,
    write_table,
)
from envirosense.datasets.union_parts import Part, stems_of
from envirosense.factory.augmented import ORIGIN
from envirosense.factory.generator import run_plan
from envirosense.factory.pipeline.drawing import asked_of_episodes
from envirosense.factory.pipeline.replay import Replay
from envirosense.factory.pipeline.sources import Source, facts_of, has_dataset
from envirosense.factory.pipeline.stage import QUARANTINE, QUARANTINE_LIST, Facts, Job, Stage

type Kept = tuple[Dataset, int]  # place in the episode table

ASSEMBLE: Final = "assemble"
SCHEMA_VERSION: Final = 1
DOUBLE, FAILED, PARENT = "double", "simulation", "parent"  # beside the rules, why an episode is left out


class CheckSource(Stage):
    """Quality rules on what one source made; the report lies beside it."""

    def __init__(self, source: Source) -> None:
        self.name = check_name(source.name)
        self.title = f"quality of {source.title}"
        self.needs = (source.name,)

    def run(self, job: Job) -> Facts:
        """Run the rules."""
        if not has_dataset(job, self.needs[0]):  # a batch without anything to copy
            return {"failed_episodes": 0, "errors": []}
        found = quality_of(job, Dataset.open(job.work(self.needs[0])))
        found.write(job.work(self.needs[0]))
        return {"failed_episodes": len(found.failed_rules), "errors": [rule.name for rule in found.errors]}

    def is_there(self, job: Job, facts: Facts) -> bool:
        """Whether the report is there."""
        return read_quality(job.work(self.needs[0])) is not None


def quality_of(job: Job, dataset: Dataset) -> QualityReport:
    """Outcome of the twin's rules and those of the manifest."""
    rules = (*rules_of(job.manifest.twin), *job.manifest.quality.rules)
    told = job.report.counted("episodes checked")
    return validate(dataset, rules, job.drawing.twin.relabel, on_episode=told)


def check_name(source: str) -> str:
    """Name of the check of a source."""
    return f"check-{source}"


@dataclass(frozen=True, slots=True)
class Rejected:
    """An episode that is not delivered, and why."""

    source: str
    row: dict[str, Any]  # of the episode table, without its long texts
    place: int  # of the row
    rules: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def is_double(self) -> bool:
        """Whether it is delivered all the same, from an earlier source."""
        return self.rules == (DOUBLE,)

    @property
    def is_kept_aside(self) -> bool:
        """Whether it has rows that are not delivered."""
        return self.row["outcome"] == "ok" and not self.is_double

    @property
    def plain(self) -> Facts:
        """Entry of quarantine.json."""
        same = ("episode_id", "scenario", "group", "split")
        return {
            **{name: self.row[name] for name in same},
            "source": self.source,
            "rules": list(self.rules),
            "reasons": list(self.reasons),
        }


class Assemble(Stage):
    """The delivered dataset: every good episode of all sources. The others are kept aside."""

    name = ASSEMBLE
    title = "put the dataset together"

    def __init__(self, sources: Sequence[str]) -> None:
        self._sources = tuple(sources)
        self.needs = (*self._sources, *(check_name(source) for source in self._sources))

    def is_there(self, job: Job, facts: Facts) -> bool:
        """Whether the dataset is the one that was assembled, or one that it was extended to since."""
        if not (job.dataset / MANIFEST).exists():
            return False
        found = Manifest.load(job.dataset)  # assembled again, an extended one would lose what was added
        return found.version > 1 or found.logical_hash == str(facts["logical_hash"])

    def run(self, job: Job) -> Facts:
        """Sort the episodes and write both datasets."""
        sources = [source for source in self._sources if has_dataset(job, source)]
        opened = [Dataset.open(job.work(source)) for source in sources]
        rejected = list(_rejected(sources, opened, job.manifest.quality.filter))
        out = {(one.source, one.row["episode_id"]) for one in rejected}
        n_asked = sum(one.manifest.counts["episodes"] for one in opened)
        if len(rejected) == n_asked:
            raise DatasetError(
                f"{job.folder}: no episode is good enough to deliver ({rejected[0].reasons[0]})"
            )
        parts, rest = [], []
        for source, dataset in zip(sources, opened, strict=True):
            whole, left = whole_shards(dataset, {one for where, one in out if where == source})
            parts += [Part(dataset, whole)] if len(whole) else []
            rest += left
        if rest:
            rewritten = self._copied(job, job.work("rest"), opened, rest, job.manifest.name)
            parts.append(Part(rewritten, rewritten.table))
        made = _united(job, opened, parts)
        at = dict(zip(sources, opened, strict=True))
        aside = {one.row["episode_id"]: (at[one.source], one.place) for one in rejected if one.is_kept_aside}
        if aside:
            name = f"{job.manifest.name}_quarantine"
            self._copied(job, job.folder / QUARANTINE, opened, list(aside.values()), name)
        _write_list(job, made.logical_hash, rejected)
        counts = Counter(rule for one in rejected for rule in one.rules)
        return {**facts_of(made), "rejected": len(rejected), "asked": n_asked, "rules": dict(counts)}

    def _copied(
        self, job: Job, out: Path, opened: Sequence[Dataset], kept: Iterable[Kept], name: str
    ) -> Dataset:
        """Dataset of stored episodes, written again."""
        n_bytes = sum(facts.bytes for one in opened for facts in one.manifest.streams.values())
        plan = Plan.build(
            name=name,
            twin=job.manifest.twin,
            seed=job.manifest.seed,
            episodes=(
                (EpisodeSpec.model_validate_json(row["spec"]), row["split"])
                for row in (dataset.table.row(place) for dataset, place in kept)
            ),
            settings=_settings(job, opened),
            code_version=version("envirosense"),
            physics_version=job.drawing.physics_version,
            bytes_per_episode=n_bytes // max(sum(map(len, opened)), 1),
            workers=job.workers,
        )
        make_twin = Replay(tuple(one.folder for one in opened))
        return run_plan(plan, make_twin, out, job.workers, job.executor, job.report.episodes(self.title))


def whole_shards(dataset: Dataset, out: Collection[str]) -> tuple[EpisodeTable, list[Kept]]:
    """Rows of the shards that hold no episode of `out`, and what else is not in `out`."""
    ids: list[str] = dataset.short["episode_id"].to_pylist()
    shards = stems_of(dataset.table)
    touched = {shard for one, shard in zip(ids, shards, strict=True) if one in out}
    is_whole = np.array([shard not in touched for shard in shards], dtype=bool)
    left = [(dataset, int(place)) for place in np.flatnonzero(~is_whole) if ids[place] not in out]
    return dataset.table.part(np.flatnonzero(is_whole)), left


def _settings(job: Job, opened: Sequence[Dataset]) -> JsonObject:
    """What a dataset put together from others says of them; `merged` is what `extend` goes by."""
    return {
        "pipeline": asked_of_episodes(job.manifest),
        "assembled_from": [{"name": one.folder.name, "logical_hash": one.logical_hash} for one in opened],
        "merged": [{"settings": opened[0].manifest.settings}],
    }


def _united(job: Job, opened: Sequence[Dataset], parts: Sequence[Part]) -> Dataset:
    """The delivered dataset: shards linked where the file system can, the manifest last."""
    started_utc, union, settings = datetime.now(UTC).isoformat(), unite(parts), _settings(job, opened)
    place_files(union.sources(), job.dataset)
    manifest = union_manifest(
        union,
        write_table(union.pieces(), job.dataset / EPISODES),
        opened[0].manifest,
        settings=settings,
        plan_fingerprint=fingerprint({"settings": settings, "episodes": list(union.spec_fingerprints)}),
        code_version=version("envirosense"),
        name=job.manifest.name,
    )
    for one in opened:  # a dataset that is one source as it was has been checked
        if one.logical_hash == manifest.logical_hash:
            for name in (REJECTED, QUALITY):
                if (one.folder / name).exists():
                    write_whole(job.dataset / name, (one.folder / name).read_bytes())
    write_whole(job.dataset / RUN, as_json(union_run_facts(parts, started_utc)))
    write_whole(job.dataset / MANIFEST, manifest.pieces())
    from envirosense.datasets.catalog import register_dataset  # imports SQLAlchemy

    register_dataset(manifest, job.dataset)
    return Dataset.open(job.dataset)


def rows_of(dataset: Dataset) -> Iterator[dict[str, Any]]:
    """Rows of the episode table that tell what an episode is."""
    names = ["episode_id", "scenario", "group", "split", "outcome", "reason", "summary"]
    for piece in dataset.table.pieces(names):
        yield from piece.to_pylist()


def _rejected(sources: Sequence[str], opened: Sequence[Dataset], does_filter: bool) -> Iterator[Rejected]:
    """Episodes that failed to run, failed a rule, are copies of such, or are in an earlier source already."""
    seen: set[str] = set()
    bad: set[str] = set()
    for source, dataset in zip(sources, opened, strict=True):
        report = read_quality(dataset.folder)
        notes = {rule.name: rule.note for rule in report.results} if report else {}
        failed_rules = report.failed_rules if report and does_filter else {}
        for place, row in enumerate(rows_of(dataset)):
            episode_id = row["episode_id"]
            rules = tuple(failed_rules.get(episode_id, ()))
            parent = (json.loads(row.pop("summary"))["facts"].get(ORIGIN) or {}).get("parent_episode_id")
            if row["outcome"] != "ok":
                found = Rejected(source, row, place, (FAILED,), (row["reason"],))
            elif rules:
                found = Rejected(
                    source, row, place, rules, tuple(f"{rule}: {notes.get(rule, '')}" for rule in rules)
                )
            elif parent in bad:
                found = Rejected(
                    source, row, place, (PARENT,), (f"copy of {parent}, which is in quarantine",)
                )
            elif episode_id in seen:
                found = Rejected(source, row, place, (DOUBLE,), ("the same episode is in an earlier source",))
            else:
                seen.add(episode_id)
                continue
            if not found.is_double:
                bad.add(episode_id)
            yield found


def _write_list(job: Job, logical_hash: str, rejected: Sequence[Rejected]) -> None:
    data = {
        "schema_version": SCHEMA_VERSION,
        "dataset": logical_hash,
        "episodes": [one.plain for one in rejected],
    }
    write_whole(job.folder / QUARANTINE_LIST, as_json(data))
