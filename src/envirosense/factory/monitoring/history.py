"""History of runs, in the catalogue: what was asked, when, how it ended, how good it was."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from envirosense.datasets.catalog import Catalog
from envirosense.datasets.catalog_tables import runs

type Outcome = Literal["running", "ok", "failed", "interrupted", "error", "lost"]

RUNNING: Final = "running"
LOST: Final = "lost"


@dataclass(frozen=True, slots=True)
class Run:
    """One run; `lost` is one that never came to its end."""

    run_id: str
    command: str
    name: str
    fingerprint: str
    path: str
    started_utc: str
    finished_utc: str | None
    outcome: str
    counts: Mapping[str, float] = field(default_factory=dict)
    quality: Mapping[str, float] = field(default_factory=dict)  # pass rate by rule


class RunHistory:
    """The runs of a catalogue."""

    def __init__(self, url: str) -> None:
        self._url = url

    def begin(self, command: str, name: str, fingerprint: str, path: Path) -> str:
        """Id of a run that begins now; an earlier one on the same folder that never ended is lost."""
        run_id, now = uuid.uuid4().hex, datetime.now(UTC).isoformat()
        stale = (runs.c.path == str(path)) & (runs.c.outcome == RUNNING)
        with Catalog(self._url) as catalog:
            catalog.change(runs.update().where(stale).values(outcome=LOST))
            row: dict[str, Any] = {
                "run_id": run_id,
                "command": command,
                "name": name,
                "fingerprint": fingerprint,
                "path": str(path),
                "started_utc": now,
                "finished_utc": None,
                "outcome": RUNNING,
                "counts": {},
                "quality": {},
            }
            catalog.replace((runs, row))
        return run_id

    def end(
        self,
        run_id: str,
        outcome: Outcome,
        counts: Mapping[str, float],
        quality: Mapping[str, float] | None = None,
    ) -> None:
        """Say how a run ended."""
        with Catalog(self._url) as catalog:
            catalog.change(
                runs.update()
                .where(runs.c.run_id == run_id)
                .values(
                    finished_utc=datetime.now(UTC).isoformat(),
                    outcome=outcome,
                    counts=dict(counts),
                    quality=dict(quality or {}),
                )
            )

    def runs(self, name: str | None = None, limit: int = 100) -> tuple[Run, ...]:
        """Runs, newest first: all, or those of one name."""
        wanted = () if name is None else (runs.c.name == name,)
        with Catalog(self._url) as catalog:
            found = [Run(**row) for row in catalog.rows(runs, *wanted)]
        return tuple(sorted(found, key=lambda run: run.started_utc, reverse=True)[:limit])
