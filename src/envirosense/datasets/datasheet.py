"""Datasheet of a dataset card: the questions of [Gebru2021], answered from what is known of this dataset.

What only the maker can say (`MAKERS`) comes from the map of an import, `maker`, or from the facts of the
twin; of recorded data the twin's facts say nothing, as others made them.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from envirosense.datasets.card_sections import table
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.quality import QualityReport
from envirosense.datasets.structure_checks import role_of

MAKERS: Final = ("purpose", "contact", "license", "distribution", "maintenance")
NOT_STATED: Final = "not stated"

type _Row = tuple[str, str, str]  # part, question, answer


def makers_word(dataset: Dataset, facts: Mapping[str, object]) -> dict[str, str]:
    """What the maker says, by field of `MAKERS`; fields without a word are left out."""
    asked = dataset.manifest.settings.get("map")
    own = asked.get("maker") if isinstance(asked, Mapping) else None
    said: Mapping[str, object] = own if isinstance(own, Mapping) else {}
    if dataset.manifest.origin == "simulated":
        said = {**facts, **said}
    return {name: str(said[name]) for name in MAKERS if said.get(name)}


def licence(dataset: Dataset, facts: Mapping[str, object]) -> str:
    """Identifier of the terms; of a recording nobody knows them who was not told."""
    unsaid = {"simulated": "apache-2.0", "real": "unknown"}[dataset.manifest.origin]
    return makers_word(dataset, facts).get("license", unsaid)


def datasheet_section(
    dataset: Dataset,
    stats: Mapping[str, Any],
    facts: Mapping[str, object],
    run: Mapping[str, Any],
    quality: QualityReport | None,
) -> str:
    """One row a question, with the section of the card that says more."""
    said = {name: NOT_STATED for name in MAKERS} | makers_word(dataset, facts)
    rows = [
        ("Motivation", "For what was it made?", said["purpose"]),
        ("", "Who made it, who answers questions?", said["contact"]),
        *_composition(dataset, stats),
        *_collection(dataset, run),
        *_preprocessing(dataset, quality),
        *_uses(dataset),
        ("Distribution", "Under which licence?", licence(dataset, facts)),
        ("", "How is it handed out?", said["distribution"]),
        *_maintenance(dataset, said["maintenance"]),
    ]
    return "## Datasheet\n\nQuestions of Gebru et al. (2021).\n\n" + table(("", "question", "answer"), rows)


def _composition(dataset: Dataset, stats: Mapping[str, Any]) -> Iterator[_Row]:
    manifest, coverage = dataset.manifest, stats["coverage"]
    n_groups = sum(coverage["groups_by_split"].values())
    held = f"{manifest.counts['ok']:,} episodes of {n_groups:,} groups (sites or homes), see Coverage"
    yield "Composition", "What does it hold?", f"{held}; what a row holds, see Columns"
    has_labels = bool(manifest.streams["labels"].rows) if "labels" in manifest.streams else False
    labelled = f"yes, {coverage['events']:,} events" if has_labels else "no row has a label"
    yield "", "Are there labels?", labelled
    failed = manifest.counts["failed"]
    yield (
        "",
        "Is anything missing?",
        (f"{failed:,} episodes failed and hold no rows; " if failed else "")
        + "what is unknown is null, its share stands in Columns",
    )
    yield "", "Are splits recommended?", f"yes, {', '.join(sorted(manifest.splits))}: see Splits"
    about = "what the columns tell of people was not judged: see Columns"
    if manifest.origin == "simulated":
        about = "no: nobody was recorded"
    yield "", "Does it tell of people?", about


def _collection(dataset: Dataset, run: Mapping[str, Any]) -> Iterator[_Row]:
    manifest = dataset.manifest
    if manifest.origin == "simulated":
        how = f"simulated by the twin `{manifest.twin}` from seed {manifest.seed}"
    else:
        imported = manifest.settings.get("imported")
        n_files = len(imported) if isinstance(imported, list) else 0
        how = "imported from 1 log" if n_files == 1 else f"imported from {n_files} logs and tables of events"
    yield "Collection", "How was it obtained?", f"{how}: see How it was made"
    starts = dataset.short["start_utc"].drop_null().to_pylist()
    when = (
        f"{min(starts):%Y-%m-%d} to {max(starts):%Y-%m-%d} (first and last start)" if starts else NOT_STATED
    )
    yield "", "Of what time are the rows?", when
    yield "", "When was it put together?", str(run.get("finished_utc") or NOT_STATED)


def _preprocessing(dataset: Dataset, quality: QualityReport | None) -> Iterator[_Row]:
    raw = "every stream is as the twin wrote it"
    if dataset.manifest.origin == "real":
        asked = dataset.manifest.settings.get("map")
        within = asked.get("within_tick", "last") if isinstance(asked, Mapping) else "last"
        raw = f"units converted, rows put on ticks (`within_tick`: {within}); nothing filled in"
    yield "Preprocessing", "What was done to the rows?", raw
    checked = "no, see Quality"
    if quality is not None:
        n_failed = len(quality.errors)
        checked = f"{len(quality.results)} rules, {n_failed or 'none'} failed as errors: see Quality"
    yield "", "Was it checked?", checked


def _uses(dataset: Dataset) -> Iterator[_Row]:
    has_labels = "labels" in dataset.manifest.streams and dataset.manifest.streams["labels"].rows > 0
    readings = [name for name in dataset.streams if role_of(dataset.schema(name)) in ("reading", "history")]
    tasks = "training and testing of detectors and forecasts" if has_labels else "testing for false alarms"
    yield "Uses", "What is it fit for?", f"{tasks} on {', '.join(f'`{name}`' for name in readings)}"
    limits = "see Limits"
    if dataset.manifest.origin == "simulated":
        limits = "proof that a detector works at a real site; see Limits"
    yield "", "What is it not fit for?", limits


def _maintenance(dataset: Dataset, said: str) -> Iterator[_Row]:
    manifest = dataset.manifest
    yield "Maintenance", "Who keeps it, and how long?", said
    grown = "`dataset extend` and `dataset merge` make new versions and leave old files as they are"
    again = "the same request makes the same bytes, `dataset verify --repair` shards that were lost; "
    yield "", "How is it mended and grown?", grown if manifest.origin == "real" else again + grown
    before = f"grown from `{manifest.parent_hash}`" if manifest.parent_hash else "the first"
    yield "", "Which version is it?", f"{manifest.version}, {before}; logical hash `{manifest.logical_hash}`"
