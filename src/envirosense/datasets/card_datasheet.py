"""The questions of a datasheet, answered from what this dataset knows of itself [Gebru2021]."""

from collections.abc import Mapping
from typing import Any, Final

from envirosense.datasets.card_sections import table
from envirosense.datasets.dataset import Dataset

UNKNOWN: Final = "not stated"
_LABELS: Final = "labels"


def datasheet_section(
    dataset: Dataset, stats: Mapping[str, Any], facts: Mapping[str, object], licence: str
) -> str:
    """Motivation, composition, collection, preprocessing, uses, distribution and maintenance.

    Args:
        dataset: a finished dataset.
        stats: its statistics.
        facts: what the maker says; of these `purpose` and `contact` are answers here.
        licence: its identifier.
    """
    is_real = dataset.manifest.origin == "real"
    said = {name: str(facts.get(name) or UNKNOWN) for name in ("purpose", "contact")}
    answers = [
        ("Motivation: what was it made for, by whom?", f"{said['purpose']}; contact: {said['contact']}"),
        ("Composition: what is an instance?", _composition(dataset, stats)),
        ("Is anything missing?", _missing(dataset)),
        ("Is it about people?", _people(is_real=is_real)),
        ("Collection: how was it acquired?", _collection(dataset, is_real=is_real)),
        ("Preprocessing: what was cleaned or labelled?", _preprocessing(dataset, is_real=is_real)),
        ("Uses: what for, and what not?", _uses(is_real=is_real)),
        ("Distribution: under what terms?", _distribution(dataset, licence)),
        ("Maintenance: how is it mended and grown?", _maintenance(is_real=is_real)),
    ]
    return "## Datasheet\n\n" + table(("question", "answer"), answers)


def _composition(dataset: Dataset, stats: Mapping[str, Any]) -> str:
    coverage = stats["coverage"]
    n_groups = sum(coverage["groups_by_split"].values())
    return (
        f"An episode: one group (site or home) over a stretch of time. {dataset.manifest.counts['ok']:,} of "
        f"{n_groups:,} groups, {coverage['events']:,} events; see Splits and Coverage"
    )


def _missing(dataset: Dataset) -> str:
    failed = dataset.manifest.counts["failed"]
    lost = f"{failed:,} episodes failed and are listed without data; " if failed else ""
    return lost + "a null is a value that was not measured"


def _people(*, is_real: bool) -> str:
    return f"{UNKNOWN}: look before it is passed on" if is_real else "no: nobody in it exists"


def _collection(dataset: Dataset, *, is_real: bool) -> str:
    if is_real:
        return "recorded by devices and imported; the source is in How it was made"
    version = dataset.manifest.code_version
    return f"simulated by EnviroSense {version} from seed {dataset.manifest.seed}; see How it was made"


def _preprocessing(dataset: Dataset, *, is_real: bool) -> str:
    if not is_real:
        return "none: readings are as the device gives them, labels come from the simulated cause"
    labelled = "as people or instruments noted them" if _LABELS in dataset.streams else "none"
    return f"names and units were mapped on import; labels: {labelled}"


def _uses(*, is_real: bool) -> str:
    wanted = "to train, tune and judge detectors and forecasts of sensor streams"
    if is_real:
        return f"{wanted}; not for rates of events beyond the time and place of the recording"
    return f"{wanted}; no proof of what one does on a real device, nor of rates of events (see Base rates)"


def _distribution(dataset: Dataset, licence: str) -> str:
    start = dataset.manifest.logical_hash[:16]
    return f"licence: {licence}; a copy is whole where `dataset verify` finds the hash `{start}...`"


def _maintenance(*, is_real: bool) -> str:
    again = "the same request makes the same bytes, and `dataset verify --repair` shards that were lost; "
    grown = "`dataset extend` and `dataset merge` make new versions and leave old files as they are"
    return grown if is_real else again + grown
