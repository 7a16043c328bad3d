"""Documents beside a finished dataset: quality, statistics, card."""

from collections.abc import Mapping
from pathlib import Path

from envirosense.datasets.card import write_card
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.quality import QualityReport, validate
from envirosense.datasets.rules import rules_of
from envirosense.factory.twins import TWINS


def check_quality(dataset: Dataset) -> QualityReport:
    """Outcome of the twin's quality rules and of labels against truth, which recorded data do not have."""
    twin = dataset.manifest.twin
    relabel = TWINS[twin]().relabel if dataset.manifest.origin == "simulated" else None
    return validate(dataset, rules_of(twin), relabel)


def describe_dataset(dataset: Dataset) -> Path:
    """Card of a dataset, written anew with the outcome of the quality rules; the hash does not change."""
    found = check_quality(dataset)
    found.write(dataset.folder)
    return write_card(dataset, TWINS[dataset.manifest.twin]().describe(), found)


def base_rates(dataset: Dataset) -> dict[str, float]:
    """How often each scenario of the dataset's twin happens at one device in a year, by id."""
    told = TWINS[dataset.manifest.twin]().describe().get("scenarios", {})
    known = told.items() if isinstance(told, Mapping) else ()
    return {name: float(facts["per_year"]) for name, facts in known if "per_year" in facts}
