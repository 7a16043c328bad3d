"""Folder an export is written to: new or empty, and left as it was where the export fails."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from envirosense.core.errors import ConfigError
from envirosense.datasets.files import flush, storing

UNFINISHED = ".unfinished"
_IGNORED = {".DS_Store", ".gitignore", ".gitattributes"}


@contextmanager
def making(path: Path | str) -> Iterator[Path]:
    """Context with a folder to fill; what was written is flushed at its end, and removed on an error.

    Raises:
        ConfigError: if the path is a file or the folder holds anything.
        StorageError: if the disk refuses.
    """
    folder = Path(path).expanduser().absolute()
    with storing(folder):
        is_new = not folder.exists()
        _check_empty(folder)
        folder.mkdir(parents=True, exist_ok=True)
        kept = {entry.name for entry in folder.iterdir()}
        (folder / UNFINISHED).touch()
        try:
            yield folder
            for written in sorted(folder.rglob("*")):
                flush(written)
            (folder / UNFINISHED).unlink()
        except BaseException:
            _clear(folder, kept, is_new)
            raise


def _check_empty(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigError("out", str(folder), "is a file; choose a folder")
    found = sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []
    if UNFINISHED in found:
        raise ConfigError("out", str(folder), "holds an export that was killed; delete it and export again")
    if foreign := [name for name in found if name not in _IGNORED]:
        raise ConfigError(
            "out", str(folder), f"holds other files ({foreign[0]}); choose a new or empty folder"
        )


def _clear(folder: Path, kept: set[str], is_new: bool) -> None:
    with suppress(OSError):  # what stopped the export is the error to report
        for entry in folder.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.name not in kept:
                entry.unlink()
        if is_new:
            folder.rmdir()
