"""Report on a dataset's quality: rules of its twin, checks that hold for all, labels against truth.

One episode is in memory at a time, and frames a row group at a time.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from envirosense.core.errors import DatasetError
from envirosense.core.protocols import EpisodeReader
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode_checks import EpisodeCheck
from envirosense.datasets.files import storing, write_whole
from envirosense.datasets.quality_walk import walk
from envirosense.datasets.rejections import SCHEMA
from envirosense.datasets.rules import Rule, Severity

QUALITY = "quality.json"
REJECTED = "rejected.parquet"
SCHEMA_VERSION = 1

type Relabel = Callable[[EpisodeReader], pa.Table]


@dataclass(frozen=True, slots=True)
class RuleResult:
    """How one rule fared; `n_checked` counts values or rows, and 0 means it did not apply."""

    name: str
    severity: Severity
    note: str
    n_checked: int
    n_failed: int
    reasons: Mapping[str, int]  # reason code to number of rows
    examples: tuple[str, ...]  # keys of the first rows that failed

    @property
    def is_passed(self) -> bool:
        """Whether nothing failed."""
        return not self.n_failed

    @property
    def pass_rate(self) -> float:
        """Share of what was checked that passed; 1 where nothing was."""
        return max(0.0, 1.0 - self.n_failed / self.n_checked) if self.n_checked else float(self.is_passed)

    def __str__(self) -> str:
        state = "ok" if self.is_passed else self.severity
        text = f"{state:<8}{self.name:<28}{self.n_checked:>14,} checked {self.n_failed:>10,} failed"
        why = "; ".join(f"{reason} x{n}" for reason, n in self.reasons.items())
        where = f" (first: {self.examples[0]})" if self.examples else ""
        return text + (f"  {why}{where}" if why else "")


@dataclass(frozen=True, slots=True)
class QualityReport:
    """Outcome of every rule on a whole dataset."""

    dataset: str
    logical_hash: str
    n_episodes: int
    results: tuple[RuleResult, ...]
    failed_rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by episode id, errors only
    rejected: pa.Table = field(default_factory=SCHEMA.empty_table, compare=False, repr=False)  # row by row

    @property
    def errors(self) -> tuple[RuleResult, ...]:
        """Rules of severity error that failed."""
        return tuple(r for r in self.results if r.severity == "error" and not r.is_passed)

    @property
    def warnings(self) -> tuple[RuleResult, ...]:
        """Rules of severity warning that failed."""
        return tuple(r for r in self.results if r.severity == "warning" and not r.is_passed)

    @property
    def is_ok(self) -> bool:
        """Whether no error was found."""
        return not self.errors

    @property
    def episode_pass_rate(self) -> float:
        """Share of the episodes in which no rule of severity error failed."""
        return 1.0 - len(self.failed_rules) / self.n_episodes if self.n_episodes else 1.0

    def __getitem__(self, name: str) -> RuleResult:
        return next(result for result in self.results if result.name == name)

    def to_json(self) -> dict[str, Any]:
        """Report as plain data."""
        return {
            "schema_version": SCHEMA_VERSION,
            "dataset": self.dataset,
            "logical_hash": self.logical_hash,
            "episodes": self.n_episodes,
            "is_ok": self.is_ok,
            "episode_pass_rate": self.episode_pass_rate,
            "rules": [
                {
                    "name": r.name,
                    "severity": r.severity,
                    "note": r.note,
                    "checked": r.n_checked,
                    "failed": r.n_failed,
                    "pass_rate": r.pass_rate,
                    "reasons": dict(r.reasons),
                    "examples": list(r.examples),
                }
                for r in self.results
            ],
            "failed_rules": {episode: list(names) for episode, names in self.failed_rules.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Report from plain data."""
        results = tuple(
            RuleResult(
                r["name"],
                r["severity"],
                r["note"],
                r["checked"],
                r["failed"],
                r["reasons"],
                tuple(r["examples"]),
            )
            for r in data["rules"]
        )
        failed = {episode: tuple(names) for episode, names in data["failed_rules"].items()}
        return cls(data["dataset"], data["logical_hash"], data["episodes"], results, failed)

    def write(self, folder: Path) -> Path:
        """The file quality.json of a dataset folder, and rejected.parquet where rows were rejected."""
        path, rejected = folder / QUALITY, folder / REJECTED
        if self.rejected.num_rows:
            sink = pa.BufferOutputStream()
            pq.write_table(self.rejected, sink, compression="zstd")
            write_whole(rejected, sink.getvalue().to_pybytes())
        else:
            with storing(rejected):
                rejected.unlink(missing_ok=True)
        write_whole(path, (json.dumps(self.to_json(), indent=1) + "\n").encode())
        return path

    def __str__(self) -> str:
        verdict = "passed" if self.is_ok else f"{len(self.errors)} rules failed"
        head = f"{self.dataset}: {verdict}, {len(self.warnings)} warnings, {self.n_episodes} episodes"
        return "\n".join([head, *(str(result) for result in self.results)])


def read_quality(folder: Path) -> QualityReport | None:
    """Report stored beside a dataset, None where there is none.

    Raises:
        DatasetError: if the file is damaged.
    """
    path = folder / QUALITY
    if not path.exists():
        return None
    try:
        return QualityReport.from_json(json.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError):
        raise DatasetError(f"{path}: damaged; run `envirosense dataset validate {folder}` again") from None


def validate(
    dataset: Dataset,
    rules: Iterable[Rule] = (),
    relabel: Relabel | None = None,
    checks: Iterable[EpisodeCheck] = (),
    on_episode: Callable[[int, int], None] | None = None,
) -> QualityReport:
    """Report on every rule and built-in check.

    Args:
        dataset: a finished dataset.
        rules: the twin's rules, `rules_of(dataset.manifest.twin)`.
        relabel: computes labels again from an episode's stored truth; `Twin.relabel`.
        checks: what only the twin can check, `Twin.checks()` where it has any.
        on_episode: hears how many are checked, and of how many.
    """
    tallies = walk(dataset, tuple(rules), relabel, tuple(checks), on_episode)
    results = tuple(
        RuleResult(t.name, t.severity, t.note, t.n_checked, t.n_failed, dict(t.reasons), tuple(t.examples))
        for t in tallies
    )
    failed = _failed_rules(tallies_episodes=((t.name, t.episodes) for t in tallies if t.severity == "error"))
    rejected = pa.concat_tables([t.rejections.table() for t in tallies])
    return QualityReport(dataset.manifest.name, dataset.logical_hash, len(dataset), results, failed, rejected)


def _failed_rules(tallies_episodes: Iterator[tuple[str, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, episodes in tallies_episodes:
        for episode in episodes:
            found[episode] = (*found.get(episode, ()), name)
    return dict(sorted(found.items()))
