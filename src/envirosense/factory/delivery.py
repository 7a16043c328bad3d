"""A finished dataset in the format that was asked for."""

from pathlib import Path
from typing import Final

from envirosense.core.errors import ConfigError, DatasetError, UnknownNameError
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.formats import FORMATS, Export, FileFormat

STORE: Final = "parquet"  # the dataset itself


def require_format(name: str, out: Path) -> None:
    """Refuse a format that cannot be delivered, before anything is simulated.

    Raises:
        UnknownNameError: for a format that is not registered.
        ConfigError: for one in memory, or a target that holds something else.
    """
    if name not in FORMATS:
        raise UnknownNameError("output_format", name, FORMATS)
    if name == STORE:
        return
    if not issubclass(FORMATS[name], FileFormat):
        fix = f"is a form in memory; generate {STORE}, then FORMATS[{name!r}]().write(Dataset.open(path))"
        raise ConfigError("output_format", name, fix)
    target = export_folder(out, name)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        _finished(target, name)


def export_folder(out: Path, name: str) -> Path:
    """Folder of the export of a dataset in `out`: beside it, with the format's name added."""
    return out.parent / f"{out.name}-{name}"


def delivered(dataset: Dataset, name: str) -> Path:
    """Folder of the dataset in a format: its own, or that of an export beside it; one that is there is kept.

    Raises:
        ConfigError: if the export's folder holds something else.
        StorageError: if the disk refuses.
    """
    if name == STORE:
        return dataset.folder
    target = export_folder(dataset.folder, name)
    if target.exists() and any(target.iterdir()):
        found = _finished(target, name)
        if found.facts.is_whole and found.facts.dataset_hash == dataset.logical_hash:
            return target
        raise ConfigError("out", str(target), "holds an export of another dataset; choose another folder")
    kind = FORMATS[name]
    assert issubclass(kind, FileFormat)
    kind().write(dataset, target)
    return target


def _finished(target: Path, name: str) -> Export:
    """The export in a folder, which must be finished and of a format."""
    try:
        found = Export.open(target)
    except DatasetError as error:
        fix = f"is not a finished export ({error}); delete it or choose another folder"
        raise ConfigError("out", str(target), fix) from None
    if found.facts.format != name:
        raise ConfigError(
            "out", str(target), f"holds an export to {found.facts.format}; choose another folder"
        )
    return found
