"""Datasets with augmented copies of another dataset's episodes."""

import json
import traceback
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from envirosense.core.episode import EpisodeSpec, EpisodeSummary, JsonObject
from envirosense.core.errors import ConfigError, DatasetError, StorageError, UnknownNameError
from envirosense.core.protocols import Sink, Twin
from envirosense.datasets.dataset import Dataset, DatasetView
from envirosense.datasets.packed_specs import PackedSpecs
from envirosense.datasets.plan import Plan
from envirosense.datasets.planned_episodes import PlannedEpisodes
from envirosense.datasets.splits import check_no_leak
from envirosense.factory.augmentation import Augmenter, NotApplicable, Recipe
from envirosense.factory.balance_note import FACT as BALANCE
from envirosense.factory.balance_note import STREAM as SAMPLES_STREAM
from envirosense.factory.edge_cases import FACT as EDGE_CASE
from envirosense.factory.executors import worker_count
from envirosense.factory.generator import run_plan
from envirosense.factory.packed_facts import PackedFacts
from envirosense.factory.progress import ProgressReporter
from envirosense.factory.twins import TWINS

ORIGIN: Final = "augmentation"  # fact of an episode's summary, and setting of the dataset
NOTED: Final = (ORIGIN, BALANCE, EDGE_CASE)  # facts that simulating an episode again does not bring
PROVENANCE: Final = pa.schema(
    {
        "episode_id": pa.string(),
        "parent_episode_id": pa.string(),
        "copy": pa.int64(),
        "scenario": pa.string(),
        "group": pa.string(),
        "split": pa.string(),
        "outcome": pa.string(),
        "augmentations": pa.list_(pa.string()),  # names, in order
        "parameters": pa.list_(pa.string()),  # what each drew, JSON
    }
)


def augment(
    dataset: Dataset | Path | str,
    recipe: Recipe | Mapping[str, Any] | Sequence[Any],
    out: Path | str,
    *,
    copies: int = 1,
    seed: int = 0,
    splits: Sequence[str] | None = None,
    originals: bool = True,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: ProgressReporter | None = None,
    allow_failures: bool = False,
    is_part: bool = False,
) -> Dataset:
    """Dataset of the episodes and augmented copies of them, every one simulated.

    A copy stays in the split and group of its parent. Where it comes from is in the summary of its row of
    the episode table; `provenance` lists all.

    Args:
        dataset: a finished dataset, or its folder.
        recipe: the augmentations, in the order in which a copy goes through them.
        out: folder of the new dataset; the same call resumes a stopped run.
        copies: of each episode, or as many different ones as the recipe can make of it; the setting
            `augmentation` of the manifest counts the episodes with fewer, by reason.
        seed: of every choice that the augmentations make.
        splits: those whose episodes are copied; all by default.
        originals: whether the episodes themselves are in the new dataset too, with what is noted of them.
        workers: worker processes; one per core by default.
        executor: runs the episodes instead of worker processes of ours.
        progress: hears how far the run is.
        allow_failures: whether a dataset with failed episodes is good enough.
        is_part: of a dataset made of several: a split may be missing in it, a step may change nothing.

    Raises:
        NothingToCopy: if no episode of the splits has a copy.
        UnknownNameError: for an augmentation or split that is not there.
        ConfigError: if parameters are out of range, a step changes nothing, or no episode gets all copies.
        DatasetError: if another version of the physics made the dataset.
        GenerationFailed: if episodes failed and that is not allowed.
    """
    source = dataset if isinstance(dataset, Dataset) else Dataset.open(dataset)
    if copies < 1:
        raise ConfigError("copies", copies, "must be at least 1")
    chosen, count = Recipe.of(recipe), worker_count(workers, executor)
    augmenter = Augmenter(source.manifest.twin, chosen, seed)
    _require_makeable(source, originals)
    made = _planned(source, augmenter, copies, splits, originals, is_part)
    settings: JsonObject = {
        "recipe": chosen.model_dump(mode="json"),
        "copies": copies,
        "seed": seed,
        "splits": None if splits is None else [*sorted(splits)],
        "originals": originals,
        "fewer_copies": dict(made.fewer),
    }
    plan = _plan(source, PlannedEpisodes(made.specs, made.splits), settings, count)
    make_twin = AugmentedTwins(source.manifest.twin, made.notes)
    return run_plan(plan, make_twin, out, count, executor, progress, allow_failures)


class NothingToCopy(ConfigError):
    """A dataset without an episode that could be copied."""


@dataclass(slots=True)
class _Made:
    """What an augmented dataset will hold."""

    specs: PackedSpecs
    splits: list[str]
    notes: PackedFacts  # facts beside those of the twin, by episode id
    fewer: Counter[str]  # episodes with fewer copies than asked for, by reason
    n_copies: int = 0
    n_full: int = 0  # episodes with all their copies

    def add(self, spec: EpisodeSpec, split: str, noted: JsonObject) -> None:
        """Take one in, with what is noted of it."""
        self.specs.append(spec)
        self.splits.append(split)
        if noted:
            self.notes.add(self.specs.fingerprint(-1)[:16], noted)


def _planned(
    source: Dataset,
    augmenter: Augmenter,
    copies: int,
    splits: Sequence[str] | None,
    originals: bool,
    is_part: bool,
) -> _Made:
    known = set(source.short["split"].to_pylist())
    for split in splits or ():
        if split not in known and not is_part:
            raise UnknownNameError("split", split, known)
    made = _Made(PackedSpecs(), [], PackedFacts(), Counter())
    taken = set(source.manifest.spec_fingerprints)
    for episode in source:
        if originals:
            noted = {name: fact for name, fact in episode.summary["facts"].items() if name in NOTED}
            made.add(episode.spec, episode.split, noted)
        if splits is not None and episode.split not in splits:
            continue
        try:
            for copy in augmenter.copies(episode.spec, copies, taken):
                made.add(copy.spec, episode.split, {ORIGIN: copy.origin})
                made.n_copies += 1
            made.n_full += 1
        except NotApplicable as reason:
            made.fewer[str(reason)] += 1
    if not is_part:
        augmenter.require_effective()
    if not made.n_copies:
        raise NothingToCopy("splits", splits, "holds no episode to copy; name another")
    if not made.n_full and not is_part:
        fix = "the recipe makes fewer different ones of every episode; ask for fewer or widen it"
        raise ConfigError("copies", copies, fix)
    check_no_leak(made.specs.groups, made.splits)
    return made


def _require_makeable(source: Dataset, originals: bool) -> None:
    if originals and SAMPLES_STREAM in source.manifest.streams:
        fix = "its ticks were chosen one by one, which a new simulation forgets; augment without originals"
        raise ConfigError("dataset", str(source.folder), fix)
    made_with = source.manifest.physics_version
    present = str(TWINS[source.manifest.twin]().describe().get("physics_version", ""))
    if made_with != present:
        raise DatasetError(
            f"{source.folder}: made with physics {made_with or 'unknown'}, this is {present or 'unknown'}; "
            "its episodes would come out different: generate it anew, or augment it with the other version"
        )


def _plan(source: Dataset, episodes: PlannedEpisodes, settings: JsonObject, workers: int) -> Plan:
    manifest = source.manifest
    n_bytes = sum(facts.bytes for facts in manifest.streams.values())
    asked = {name: value for name, value in manifest.settings.items() if not name.endswith("_from")}
    return Plan.build(
        name=f"{manifest.name}_augmented",
        twin=manifest.twin,
        seed=manifest.seed,
        episodes=episodes,
        settings={**asked, "augmented_from": manifest.logical_hash, ORIGIN: settings},
        code_version=version("envirosense"),
        physics_version=manifest.physics_version,
        bytes_per_episode=n_bytes // max(len(source), 1),
        workers=workers,
    )


def provenance(dataset: DatasetView) -> pa.Table:
    """One row for every augmented episode: its parent, its number, and what each step drew."""
    rows = []
    for row in dataset.table.table(
        ["episode_id", "scenario", "group", "split", "outcome", "summary"]
    ).to_pylist():
        if origin := json.loads(row.pop("summary"))["facts"].get(ORIGIN):
            steps = origin.pop("steps")
            names = [step["name"] for step in steps]
            drawn = [json.dumps(step["parameters"], sort_keys=True) for step in steps]
            rows.append({**row, **origin, "augmentations": names, "parameters": drawn})
    return pa.Table.from_pylist(rows, PROVENANCE)


@dataclass(frozen=True)
class AugmentedTwins:
    """Makes the twin that a worker runs: the dataset's own, which tells of each copy where it comes from."""

    twin: str
    notes: Mapping[str, JsonObject]

    def __call__(self) -> "AugmentedTwin":
        """Twin of this worker."""
        return AugmentedTwin(TWINS[self.twin](), self.notes)

    def for_episodes(self, ids: Collection[str]) -> "AugmentedTwins":
        """The same with the notes of some episodes."""
        return AugmentedTwins(self.twin, {one: self.notes[one] for one in ids if one in self.notes})

    @property
    def preload(self) -> tuple[str, ...]:
        """Modules whose import readies a worker."""
        return tuple(getattr(TWINS[self.twin], "preload", ()))


class AugmentedTwin:
    """A twin whose summaries say where an episode comes from, of failed ones too."""

    def __init__(self, twin: Twin, notes: Mapping[str, JsonObject]) -> None:
        self._twin = twin
        self._notes = notes

    def simulate(self, spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        """Run a spec."""
        notes = self._notes.get(spec.episode_id)
        if notes is None:
            return self._twin.simulate(spec, out)
        try:
            summary = self._twin.simulate(spec, out)
        except (StorageError, DatasetError, MemoryError):
            raise
        except Exception as error:
            summary = _failed(spec, error)
        return summary.model_copy(update={"facts": {**summary.facts, **notes}})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._twin, name)


def _failed(spec: EpisodeSpec, error: Exception) -> EpisodeSummary:
    lines = str(error).splitlines() or [""]
    return EpisodeSummary(
        episode_id=spec.episode_id,
        outcome="failed",
        reason=f"{type(error).__name__}: {lines[0]}".rstrip(": "),
        facts={"traceback": "".join(traceback.format_exception(error))},
    )
