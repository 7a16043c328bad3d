"""What commands print: aligned text, or JSON."""

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from rich.table import Table

_FILE_COLUMNS: Final = 120  # width where stdout is no terminal

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def say(text: str = "") -> None:
    """Print to stdout."""
    typer.echo(text)


def say_json(value: object) -> None:
    """Print plain data as JSON; what JSON does not know is written as its text."""
    typer.echo(json.dumps(value, indent=1, default=str, allow_nan=False))


def say_table(found: "Table") -> None:
    """Print a table as wide as the terminal."""
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else _FILE_COLUMNS).print(found)


def report(value: Mapping[str, object], text: str, as_json: bool) -> None:
    """Print the data, or the text that says the same."""
    if as_json:
        say_json(value)
    else:
        say(text)


def table(rows: Iterable[Mapping[str, object]]) -> str:
    """Rows as aligned columns under their keys; numbers to the right."""
    found = list(rows)
    if not found:
        return ""
    columns = list(found[0])
    cells = [[_cell(row[column]) for column in columns] for row in found]
    is_number = [all(isinstance(row[column], int | float) for row in found) for column in columns]
    widths = [max(len(name), *(len(row[at]) for row in cells)) for at, name in enumerate(columns)]
    lines = [_line(columns, widths, is_number), *(_line(row, widths, is_number) for row in cells)]
    return "\n".join(lines)


def facts(pairs: Mapping[str, object], columns: int | None = None) -> str:
    """Names and values, one pair a line; long values go on below themselves where `columns` is given."""
    width = max(map(len, pairs))
    lines = (f"{name:<{width}}  {_cell(value)}" for name, value in pairs.items())
    return "\n".join(lines if columns is None else (_wrapped(line, width + 2, columns) for line in lines))


def columns_of_terminal() -> int:
    """Width of the terminal, or what COLUMNS says."""
    return shutil.get_terminal_size((_FILE_COLUMNS, 24)).columns


def _wrapped(line: str, indent: int, columns: int) -> str:
    return textwrap.fill(
        line, max(columns, indent + 20), subsequent_indent=" " * indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "-" if value is None else str(value)


def _line(cells: Sequence[str], widths: Sequence[int], is_number: Sequence[bool]) -> str:
    padded = (
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, is_number, strict=True)
    )
    return "  ".join(padded).rstrip()
