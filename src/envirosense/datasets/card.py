"""Card of a dataset: README.md with a Hugging Face header, stats.json and croissant.json.

All three lie outside the logical hash and can be written again at any time.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from envirosense.datasets.card_sections import (
    base_rates_section,
    columns_section,
    coverage_section,
    limits_section,
    loading_section,
    origin_section,
    quality_section,
    recorded_limits_section,
    split_order,
    splits_section,
    summary_section,
)
from envirosense.datasets.croissant import write_croissant
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.datasheet import datasheet_section, licence
from envirosense.datasets.files import write_whole
from envirosense.datasets.quality import QualityReport, read_quality
from envirosense.datasets.stats import write_stats
from envirosense.datasets.structure_checks import role_of

README: Final = "README.md"
_ORIGIN_TAGS: Final = {"simulated": ("simulation", "synthetic"), "real": ("measurements",)}
_EPISODES_CONFIG: Final = "episodes"
_SIZES: Final = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"),
                 (10**7, "1M<n<10M"), (10**8, "10M<n<100M"), (10**9, "100M<n<1B"))  # fmt: skip


def hugging_face_header(dataset: Dataset, facts: Mapping[str, object]) -> dict[str, Any]:
    """YAML front matter: one config a stream, one data file pattern a split."""
    rows = sum(stream.rows for stream in dataset.manifest.streams.values())
    return {
        "license": licence(dataset, facts),
        "pretty_name": title(dataset, facts),
        "tags": [*_ORIGIN_TAGS[dataset.manifest.origin], "sensors", "time-series", dataset.manifest.twin],
        "task_categories": ["tabular-classification", "time-series-forecasting"],
        "size_categories": [next((name for limit, name in _SIZES if rows < limit), "1B<n<10B")],
        "configs": _configs(dataset),
    }


def title(dataset: Dataset, facts: Mapping[str, object]) -> str:
    """Name of the dataset with that of its twin."""
    return f"{facts.get('title', dataset.manifest.twin)}: {dataset.manifest.name}"


def _configs(dataset: Dataset) -> list[dict[str, Any]]:
    files = dataset.manifest.files
    readings = [name for name in dataset.streams if role_of(dataset.schema(name)) == "reading"]
    first = "readings" if "readings" in readings else next(iter(readings), None)
    configs: list[dict[str, Any]] = []
    for stream in sorted(dataset.streams, key=lambda name: (name != first, name)):
        splits = [split for split in split_order(dataset.splits) if _has_rows(files, f"{stream}/{split}-")]
        data_files = [{"split": split, "path": f"{stream}/{split}-*.parquet"} for split in splits]
        if data_files:
            default = {"default": True} if stream == first else {}
            configs.append({"config_name": stream, **default, "data_files": data_files})
    episodes = [{"split": _EPISODES_CONFIG, "path": "episodes.parquet"}]
    return [*configs, {"config_name": _EPISODES_CONFIG, "data_files": episodes}]


def _has_rows(files: Mapping[str, Any], start: str) -> bool:
    """Whether a split has rows; a loader cannot make a split of none."""
    return any(place.startswith(start) and file.rows for place, file in files.items())


def card_text(
    dataset: Dataset, stats: Mapping[str, Any], facts: Mapping[str, object], quality: QualityReport | None
) -> str:
    """README.md: header and sections, Markdown."""
    header = yaml.safe_dump(
        hugging_face_header(dataset, facts), sort_keys=False, allow_unicode=True, width=100
    )
    held = stats["coverage"]["episodes_by"]["scenario"]
    is_recorded = dataset.manifest.origin == "real"
    run = _run_facts(dataset.folder)
    sections: Sequence[str] = (
        f"# {title(dataset, facts)}",
        summary_section(dataset, stats, facts),
        origin_section(dataset, facts, run),
        loading_section(dataset),
        splits_section(dataset, stats),
        coverage_section(stats),
        quality_section(quality, dataset.folder.name),
        base_rates_section(facts, held),
        recorded_limits_section(dataset) if is_recorded else limits_section(facts, held),
        datasheet_section(dataset, stats, facts, run, quality),
        columns_section(dataset, stats),
    )
    return f"---\n{header}---\n\n" + "\n\n".join(filter(None, sections)) + "\n"


def _run_facts(folder: Path) -> dict[str, Any]:
    path = folder / "run.json"
    facts: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
    return facts


def write_card(
    dataset: Dataset, facts: Mapping[str, object] | None = None, quality: QualityReport | None = None
) -> Path:
    """Path of the README.md written, beside stats.json and croissant.json.

    Args:
        dataset: a finished dataset.
        facts: what the twin says of itself, `Twin.describe()`: `title`, `summary`, `limits`
            (texts, also by name), `what_it_is` (in place of the general sentences), `sources` (texts),
            `versions` (name to version), `license`; for the datasheet also `purpose`, `contact`,
            `distribution`, `maintenance`.
        quality: a report to show; by default the stored one.
    """
    known = facts or {}
    stats = write_stats(dataset)
    report = quality or read_quality(dataset.folder)
    current = report if report and report.logical_hash == dataset.logical_hash else None
    write_croissant(dataset, title(dataset, known), licence(dataset, known))
    path = dataset.folder / README  # last: where it is, the others are too
    write_whole(path, card_text(dataset, stats, known, current).encode())
    return path
