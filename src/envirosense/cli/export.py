"""`dataset export`: a dataset, or part of one, in another format."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from envirosense.cli.output import AsJson, report

if TYPE_CHECKING:
    from envirosense.datasets.formats import ExportCheck, ExportFacts, FileFormat

_FORMAT_HELP = "arrow, csv, hdf5, json, jsonl, parquet, sqlite, webdataset, or one of an installed package."


def export(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of a dataset; of an export to check.")
    ],
    format_name: Annotated[str | None, typer.Option("--format", help=_FORMAT_HELP)] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the export: new or empty.")] = None,
    split: Annotated[str | None, typer.Option(help="Only this split.")] = None,
    streams: Annotated[str | None, typer.Option(help="Only these streams, with commas.")] = None,
    episodes: Annotated[
        str | None, typer.Option(help="Only episodes whose id or scenario fits, such as 'fire/*,3fa*'.")
    ] = None,
    compression: Annotated[str, typer.Option(help="arrow: lz4, zstd; hdf5: gzip, bitshuffle.")] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Read the export back and compare hashes; alone, check DIR.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a dataset for another tool; what is written reads back to the same logical hash."""
    from envirosense.core.errors import ConfigError
    from envirosense.datasets import Dataset
    from envirosense.datasets.formats import select

    if format_name is None and out is None and check:
        _refuse_with_check(split=split, streams=streams, episodes=episodes, compression=compression or None)
        _report_check(folder, _checked(folder), as_json)
        return
    if format_name is None or out is None:
        missing = "format" if format_name is None else "out"
        raise ConfigError(missing, None, "say --format NAME and --out DIR, or --check alone for an export")
    kind = file_format(format_name)
    view = select(Dataset.open(folder), split, _names("episodes", episodes) or ())
    chosen = _names("streams", streams)
    began_s = time.perf_counter()
    with _progress(f"exporting to {format_name}") as told:
        facts = kind.write(view, out, streams=chosen, compression=compression, on_episode=told)
    seconds = time.perf_counter() - began_s
    checked = _checked(out) if check else None
    _report_export(out, facts, seconds, checked, as_json)
    if checked is not None and not checked.is_ok:
        raise typer.Exit(1)


def _refuse_with_check(**options: str | None) -> None:
    """Refuse options that a check of an export does not go by.

    Raises:
        ConfigError: for the first of them.
    """
    from envirosense.core.errors import ConfigError

    for name, value in options.items():
        if value is not None:
            fix = "--check alone reads a whole export back; leave this out, or say --format and --out"
            raise ConfigError(name, value, fix)


def file_format(name: str) -> "FileFormat":
    """Format on disk of a name.

    Raises:
        UnknownNameError: for another name, also of a format in memory.
    """
    from envirosense.core.errors import UnknownNameError
    from envirosense.datasets.formats import FORMATS, FileFormat

    known = {found: kind for found, kind in FORMATS.items() if issubclass(kind, FileFormat)}
    if name not in known:
        raise UnknownNameError("format", name, known)
    return known[name]()


def _names(option: str, text: str | None) -> list[str] | None:
    from envirosense.core.errors import ConfigError

    if text is None:
        return None
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise ConfigError(option, text, "names nothing; leave the option out for all")
    return found


def _checked(folder: Path) -> "ExportCheck":
    from envirosense.datasets.formats import check_export

    with _progress("reading back") as told:
        return check_export(folder, told)


def _report_check(folder: Path, found: "ExportCheck", as_json: bool) -> None:
    facts = found.export.facts
    data = {
        "path": str(folder),
        "format": facts.format,
        "ok": found.is_ok,
        "faults": found.findings,
        "whole": facts.is_whole,
        "part": facts.part,
        "part_hash": found.found_hash,
        "dataset_hash": facts.dataset_hash,
    }
    report(data, str(found), as_json)
    if not found.is_ok:
        raise typer.Exit(1)


def _report_export(
    out: Path, facts: "ExportFacts", seconds: float, checked: "ExportCheck | None", as_json: bool
) -> None:
    n_bytes = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    data = {
        "path": str(out),
        "format": facts.format,
        "compression": facts.compression,
        "episodes": facts.n_episodes,
        "failed": facts.failed,
        "streams": sorted(facts.streams),
        "bytes": n_bytes,
        "seconds": round(seconds, 3),
        "whole": facts.is_whole,
        "part": facts.part,
        "part_hash": facts.part_hash,
        "dataset_hash": facts.dataset_hash,
        "checked": None if checked is None else checked.is_ok,
        "faults": [] if checked is None else checked.findings,
    }
    size = f"{facts.n_episodes} episodes, {len(facts.streams)} streams, {n_bytes / 1e6:.1f} MB"
    said = [f"{out}: {facts.format}, {size}", facts.part if checked is None else str(checked)]
    if checked is None:
        said.append(f"hash {facts.part_hash}; --check reads it back")
    report(data, "\n".join(said), as_json)


@contextmanager
def _progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; elsewhere a line every few seconds."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console, said_s = Console(stderr=True), time.monotonic()
    columns = TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def told(done: int, total: int) -> None:
            nonlocal said_s
            bar.update(task, completed=done, total=total)
            if not console.is_terminal and time.monotonic() - said_s >= 5.0:
                said_s = time.monotonic()
                typer.echo(f"{title}: {done}/{total} episodes", err=True)

        yield told
