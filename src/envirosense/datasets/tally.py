"""Running outcome of one quality rule or check."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from envirosense.datasets.rejections import Rejections
from envirosense.datasets.rule_checks import Outcome
from envirosense.datasets.rules import Severity

_EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure that is not about rows of one table."""

    example: str
    reason: str
    episode_id: str = ""  # "" where it is the whole dataset's
    stream: str = ""
    column: str = ""
    row: int | None = None
    tick: int | None = None
    value: float | None = None


@dataclass(slots=True)
class Tally:
    """Running outcome of one rule or check."""

    name: str
    severity: Severity
    note: str
    n_checked: int = 0
    n_failed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    episodes: set[str] = field(default_factory=set)
    rejections: Rejections = field(init=False)

    def __post_init__(self) -> None:
        self.rejections = Rejections(self.name, self.severity)

    def add(self, outcomes: Iterable[Outcome], episode_id: str, stream: str, table: pa.Table) -> None:
        """Count outcomes over rows of an episode's stream."""
        for outcome in outcomes:
            self.n_checked += outcome.n_checked
            if len(outcome.failed):
                self._fail(outcome, episode_id, stream, table)

    def _fail(self, outcome: Outcome, episode_id: str, stream: str, table: pa.Table) -> None:
        self.n_failed += len(outcome.failed)
        self.reasons[outcome.reason] += len(outcome.failed)
        self.episodes.add(episode_id)
        self.rejections.add(table, outcome.failed, episode_id, stream, outcome.detail, outcome.reason)
        for row in outcome.failed[: _EXAMPLES - len(self.examples)]:
            self.examples.append(
                f"{episode_id} {stream} {_row_name(table, int(row))} {outcome.detail}".rstrip()
            )

    def count(self, n_checked: int, failures: Iterable[Failure] = ()) -> None:
        """Count a check that is not about rows of one table."""
        self.n_checked += n_checked
        for failure in failures:
            self.n_failed += 1
            self.reasons[failure.reason] += 1
            self.rejections.note(
                failure.episode_id, failure.stream, failure.reason, failure.row, failure.value,
                failure.column, failure.tick,
            )  # fmt: skip
            if len(self.examples) < _EXAMPLES:
                self.examples.append(failure.example)
            if failure.episode_id:
                self.episodes.add(failure.episode_id)


def _row_name(table: pa.Table, row: int) -> str:
    keys = [name for name in ("tick", "event_id", "sensor_id") if name in table.column_names]
    named = " ".join(f"{name} {table[name][row].as_py()}" for name in keys) if row < table.num_rows else ""
    return named or f"row {row}"
