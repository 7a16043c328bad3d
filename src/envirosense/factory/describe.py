"""Documents beside a finished dataset: quality, statistics, card."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from envirosense.datasets.card import write_card
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode_checks import EpisodeCheck
from envirosense.datasets.quality import QualityReport, validate
from envirosense.datasets.rules import rules_of
from envirosense.factory.twins import TWINS


@runtime_checkable
class Judge(Protocol):
    """A twin with checks of its own that no rule in a file could say."""

    def checks(self) -> tuple[EpisodeCheck, ...]:
        """Checks of whole episodes."""
        ...


def check_quality(dataset: Dataset) -> QualityReport:
    """Outcome of the twin's quality rules and of labels against truth, which recorded data do not have."""
    name = dataset.manifest.twin
    if dataset.manifest.origin != "simulated":
        return validate(dataset, rules_of(name))
    twin = TWINS[name]()
    checks = twin.checks() if isinstance(twin, Judge) else ()
    return validate(dataset, rules_of(name), twin.relabel, checks)


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
