"""`dataset extend|merge|import|migrate`: datasets that grow, join, come from the field, and stay readable."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from envirosense.cli.generate import overview
from envirosense.cli.output import AsJson, report

if TYPE_CHECKING:
    import pyarrow as pa

    from envirosense.datasets import Dataset
    from envirosense.factory.weak_spots import Extension

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a dataset.")]


def extend(
    folder: Folder,
    config: Annotated[
        Path, typer.Option(help="What to add: changes of the dataset's request, or weak spots; YAML or JSON.")
    ],
    workers: Annotated[int | None, typer.Option(help="Worker processes; default: one per core.")] = None,
    allow_failures: Annotated[
        bool, typer.Option("--allow-failures", help="Exit with 0 even where episodes failed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add episodes as a new version; old shards stay as they are, and the same command resumes."""
    from envirosense.factory import console_progress
    from envirosense.factory.extend import extend as grow

    wanted = _extension(config)
    grown = grow(folder, wanted, workers, progress=console_progress(), allow_failures=allow_failures)
    _say(grown, as_json)


def _extension(config: Path) -> "Extension":
    from envirosense.core.config import load_yaml
    from envirosense.factory.weak_spots import Extension

    return Extension.parse(load_yaml(config), str(config))


def merge(
    first: Annotated[Path, typer.Argument(metavar="A", help="Folder of a dataset; its episodes come first.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Folder of a dataset of the same kind.")],
    out: Annotated[Path, typer.Option(help="Folder of the merged dataset: new or empty.")],
    resplit: Annotated[
        bool, typer.Option("--resplit", help="Split all groups anew instead of refusing those that disagree.")
    ] = False,
    copy: Annotated[bool, typer.Option("--copy", help="Copy the shards instead of linking them.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make one dataset of two: episodes once, groups in one split; the same command resumes."""
    from envirosense.datasets.merge import merge as join
    from envirosense.factory import describe_dataset

    merged = join(first, second, out, resplit=resplit, copy=copy)
    if not (merged.folder / "README.md").exists():  # it may have been finished before
        describe_dataset(merged)
    _say(merged, as_json)


def import_logs(
    logs: Annotated[list[Path], typer.Argument(metavar="LOG...", help="Recorded logs, CSV or Parquet.")],
    out: Annotated[Path, typer.Option(help="Folder of the dataset: new or empty.")],
    import_map: Annotated[
        Path, typer.Option("--map", help="What the columns of the logs are; YAML or JSON.")
    ],
    as_json: AsJson = False,
) -> None:
    """Make a dataset of recorded logs, so that models can be judged on them."""
    from envirosense.datasets.recorded import ImportMap
    from envirosense.datasets.recorded import import_logs as read
    from envirosense.factory import describe_dataset

    wanted = ImportMap.load(import_map)
    known = _twin_streams(wanted.twin) if wanted.like is None else {}
    real = read(wanted, logs, out, known)
    if not (real.folder / "README.md").exists():
        describe_dataset(real)
    _say(real, as_json)


def _twin_streams(twin: str) -> "dict[str, pa.Schema]":
    """Streams that a twin writes with its usual sensors, from one simulated minute."""
    from envirosense.factory import TWINS, simulate

    scenario = next(iter(TWINS[twin]().scenarios()))
    sample = simulate(twin, scenario, duration_s=60.0, dt_s=10.0)
    return {stream: sample.table(stream).schema for stream in sample.streams}


def migrate(
    folder: Folder,
    out: Annotated[Path | None, typer.Option(help="Folder for an upgraded copy; default: in place.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bring a dataset of an older schema version up to this one; whole or not at all."""
    from envirosense.datasets.manifest import SCHEMA_VERSION
    from envirosense.datasets.migrate import migrate as upgrade
    from envirosense.datasets.migrate import schema_version

    # after a kill between its last two steps the folder is gone for a moment; the upgrade brings it back
    before = schema_version(folder) if folder.exists() else None
    found = upgrade(folder, out)
    before = SCHEMA_VERSION if before is None else before
    moved = "is" if before == SCHEMA_VERSION else f"{before} ->"
    data = {**overview(found), "schema_version": SCHEMA_VERSION, "schema_version_before": before}
    report(data, f"{found.folder}: schema version {moved} {SCHEMA_VERSION}", as_json)


def _say(found: "Dataset", as_json: bool) -> None:
    manifest = found.manifest
    data = {**overview(found), "version": manifest.version, "parent_hash": manifest.parent_hash,
            "origin": manifest.origin}  # fmt: skip
    report(data, f"{found.summary()}\nin       {found.folder}", as_json)
