"""Every look at the triggers and what came of it: one line each, only ever appended."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, Self

from envirosense.core.errors import DatasetError
from envirosense.datasets.catalog import recorded_utc
from envirosense.datasets.files import flush, storing

type Status = Literal["quiet", "refused", "failed", "trained"]

HISTORY: Final = "history.jsonl"
UNREADABLE: Final = "unreadable"  # fact of a run whose collection may be looked at again


def recorded_time(now: datetime | None = None) -> datetime:
    """Time of a record: the clock's unless given."""
    return datetime.fromisoformat(recorded_utc(now))


@dataclass(frozen=True, slots=True)
class RetrainingRun:
    """One look, and the training that followed.

    Attributes:
        number: Counts from 1.
        at_utc: When.
        collection: What had been collected, such as `cycle_3`.
        status: `quiet` where no trigger fired, `refused` where the data did not do, `failed` where the
            trainer gave no model, `trained` where there is a new evaluated version.
        reasons: Why, in words.
        decision: Of the triggers; plain data.
        manual: The reason given by hand.
        version: Label of the new version.
        evaluation: Of the new version on the frozen test set, overall; metric to value.
        facts: What else is worth keeping: the verdict on the data, the end of the trainer's stderr,
            regressions.
    """

    number: int
    at_utc: str
    collection: str
    status: Status
    reasons: tuple[str, ...]
    decision: Mapping[str, Any] = field(default_factory=dict)
    manual: str = ""
    version: str | None = None
    evaluation: Mapping[str, float | None] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def at(self) -> datetime:
        """When."""
        return datetime.fromisoformat(self.at_utc)

    @property
    def is_unreadable(self) -> bool:
        """Whether its collection could not be read, and may be looked at again."""
        return bool(self.facts.get(UNREADABLE))

    def __str__(self) -> str:
        made = f" {self.version}" if self.version else ""
        return f"run {self.number} ({self.collection}): {self.status}{made}; {'; '.join(self.reasons)}"

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)

    @classmethod
    def parse(cls, told: Mapping[str, Any]) -> Self:
        """Run of plain data."""
        known = {one.name for one in fields(cls)}
        given = {name: value for name, value in told.items() if name in known}
        return cls(**{**given, "reasons": tuple(told["reasons"])})


class RunHistory:
    """The runs of one folder."""

    def __init__(self, folder: Path) -> None:
        self.path: Final = folder / HISTORY

    def runs(self) -> tuple[RetrainingRun, ...]:
        """Oldest first; a last line that a crash tore is no run.

        Raises:
            DatasetError: if a line before the last is none.
        """
        if not self.path.exists():
            return ()
        lines = self.path.read_bytes().split(b"\n")[:-1]
        found = []
        for number, line in enumerate(lines, 1):
            try:
                found.append(RetrainingRun.parse(json.loads(line)))
            except (ValueError, KeyError, TypeError):
                raise DatasetError(
                    f"{self.path}: line {number} is no run; restore the file or move it away"
                ) from None
        return tuple(found)

    def append(self, run: RetrainingRun) -> None:
        """Add a run; it survives a power cut when this returns."""
        with storing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._mend()
            with self.path.open("ab") as opened:
                opened.write((json.dumps(run.to_json(), allow_nan=False) + "\n").encode())
                opened.flush()
                os.fsync(opened.fileno())
            flush(self.path.parent)

    def _mend(self) -> None:
        """Cut off a line that a crash tore."""
        if self.path.exists():
            whole, _, torn = self.path.read_bytes().rpartition(b"\n")
            if torn:
                os.truncate(self.path, len(whole) + 1 if whole else 0)

    def last(self, *status: Status) -> RetrainingRun | None:
        """The last run of a status."""
        return next((one for one in reversed(self.runs()) if one.status in status), None)

    def answer(self, collection: str) -> RetrainingRun | None:
        """What came of a collection: the last run that trained on it, or else the last that could read it."""
        read = [one for one in self.runs() if one.collection == collection and not one.is_unreadable]
        trained = [one for one in read if one.status == "trained"]
        return next(reversed(trained or read), None)
