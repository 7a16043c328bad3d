"""What was asked for, kept in a folder: what importance weights are made from."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from envirosense.core.config import config_error
from envirosense.core.errors import DatasetError
from envirosense.datasets.files import storing, write_whole
from envirosense.factory.weak_spots import WeakSpot

ASKED: Final = "asked.json"


class AskedHistory:
    """Spots and numbers of episodes, oldest first."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / ASKED
        self.asked = _read(self.path)

    def note(self, plan: Sequence[tuple[WeakSpot | None, int]]) -> None:
        """Add what was run; the file is written whole."""
        self.asked = [*self.asked, *((spot, int(count)) for spot, count in plan if count)]
        rows = [
            {"episodes": count, "spot": None if spot is None else spot.model_dump(mode="json")}
            for spot, count in self.asked
        ]
        with storing(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.path, (json.dumps({"schema_version": 1, "asked": rows}, indent=1) + "\n").encode())


def _read(path: Path) -> list[tuple[WeakSpot | None, int]]:
    if not path.exists():
        return []
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["asked"]
        return [
            (None if row["spot"] is None else WeakSpot.model_validate(row["spot"]), int(row["episodes"]))
            for row in rows
        ]
    except ValidationError as error:
        raise config_error(error, str(path), WeakSpot) from None
    except (ValueError, KeyError, TypeError):
        raise DatasetError(f"{path}: no record of what was asked for; remove it to begin anew") from None
