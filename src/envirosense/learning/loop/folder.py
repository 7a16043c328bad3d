"""A loop on disk: every step of a cycle leaves one file, so that a killed loop goes on where it was."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from envirosense.core.errors import ConfigError
from envirosense.datasets.catalog import catalog_url
from envirosense.datasets.files import storing, write_whole
from envirosense.learning.loop.config import LoopConfig
from envirosense.learning.samples import Samples

CONFIG: Final = "loop.json"
_CHANGEABLE: Final = {"trainer", "trainer_timeout_s"}  # a trainer that failed may be mended


class LoopFolder:
    """Paths of a loop, and steps that are done once."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).expanduser().absolute()

    @property
    def url(self) -> str:
        """URL of the catalogue that the loop and its models are in: the one beside its folder."""
        return catalog_url(self.root)

    @property
    def test(self) -> Path:
        """Frozen test samples."""
        return self.root / "test.parquet"

    @property
    def validation(self) -> Path:
        """Samples for thresholds and weak spots."""
        return self.root / "validation.parquet"

    def dataset(self, name: str) -> Path:
        """Folder of a dataset."""
        return self.root / "data" / name

    def cycle(self, number: int) -> Path:
        """Folder of a cycle."""
        return self.root / f"cycle_{number}"

    def claim(self, config: LoopConfig) -> None:
        """Make the folder of this loop, or find it.

        Raises:
            ConfigError: if it holds another loop, or something else.
        """
        path = self.root / CONFIG
        if path.exists():
            there = read_config(self.root)
            fields = LoopConfig.model_fields
            differing = [name for name in fields if getattr(there, name) != getattr(config, name)]
            if set(differing) <= _CHANGEABLE:
                return self._write(config) if differing else None
            if differing:
                name = next(one for one in differing if one not in _CHANGEABLE)
                raise ConfigError(
                    name,
                    getattr(config, name),
                    f"the loop in {self.root} was begun with {getattr(there, name)!r}; "
                    "say the same, or choose another folder",
                )
        if self.root.exists() and any(not _is_left_over(one) for one in self.root.iterdir()):
            raise ConfigError("out", str(self.root), "is not empty and holds no loop; choose another folder")
        return self._write(config)

    def _write(self, config: LoopConfig) -> None:
        with storing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
        write_whole(self.root / CONFIG, (config.model_dump_json(indent=1) + "\n").encode())

    def cycles_done(self) -> int:
        """Cycles that are finished, counted from the first."""
        number = 0
        while (self.cycle(number + 1) / "cycle.json").exists():
            number += 1
        return number

    def samples(self, path: Path, make: Callable[[], Samples]) -> Samples:
        """Samples of a file, which is made where it is not there yet."""
        if not path.exists():
            make().save(path)
        return Samples.load(path)

    def step(self, path: Path, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Plain data of a file, which is made where it is not there yet."""
        if not path.exists():
            data = json.dumps(make(), indent=1, allow_nan=False, default=str) + "\n"
            with storing(path.parent):
                path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data.encode())
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found


def _is_left_over(path: Path) -> bool:
    """Whether it is a file that a killed process was about to write."""
    return path.name.startswith(".") and path.name.endswith(".tmp")


def read_config(root: Path) -> LoopConfig:
    """Configuration of the loop in a folder.

    Raises:
        ConfigError: if there is none, or it cannot be read.
    """
    path = root / CONFIG
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ConfigError("folder", str(root), f"holds no loop ({CONFIG} is missing or damaged)") from None
    return LoopConfig.parse(told, str(path))
