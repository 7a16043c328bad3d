"""Rows to files and back: JSON, Parquet, CSV and SQLite, each read again before it gets its name."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from envirosense.core.errors import DatasetError, SchemaVersionError
from envirosense.factory.collection.point import ExportFile, FileFormat, Row

SCHEMA_VERSION: Final = 1
_VERSION_KEY: Final = b"schema_version"


def write_rows(path: Path, file: ExportFile, rows: list[Row]) -> None:
    """Write rows and read them again.

    Raises:
        DatasetError: if a target is empty, the columns are not those of the file, or what is read differs.
    """
    _check_rows(file, rows)
    wanted = _as_stored(file, rows)
    _WRITERS[file.format](path, file, wanted)
    if read_rows(path, file) != wanted:
        raise DatasetError(f"{file.name}: does not read back as it was written; report this as a bug")


def read_rows(path: Path, file: ExportFile) -> list[Row]:
    """Rows of a file that `write_rows` wrote.

    Raises:
        DatasetError: if it cannot be read.
        SchemaVersionError: if a newer version wrote it.
    """
    try:
        found, version = _READERS[file.format](path, file)
    except (OSError, ValueError, KeyError, TypeError, sqlite3.Error, pa.ArrowException) as error:
        raise DatasetError(f"{path}: not a readable {file.name} ({error}); export the cycle again") from None
    if version > SCHEMA_VERSION:
        raise SchemaVersionError(path, version, SCHEMA_VERSION)
    return found


def _check_rows(file: ExportFile, rows: list[Row]) -> None:
    for at, row in enumerate(rows):
        if file.schema is not None and set(row) != set(file.schema.names):
            odd = sorted(set(row) ^ set(file.schema.names))
            raise DatasetError(f"{file.name}: row {at} has other columns than the file: {', '.join(odd)}")
        for target in file.targets:
            if row.get(target) in (None, "", [], {}):
                raise DatasetError(f"{file.name}: row {at} has an empty target {target!r}; filter it out")


def _as_stored(file: ExportFile, rows: list[Row]) -> list[Row]:
    """The rows as the file's types have them."""
    stored: list[Row]
    try:
        if file.schema is None:
            stored = json.loads(json.dumps(rows, allow_nan=False))
        else:
            stored = pa.Table.from_pylist(rows, file.schema).to_pylist()
    except (ValueError, TypeError, pa.ArrowException) as error:
        raise DatasetError(f"{file.name}: a row does not fit the file's types ({error})") from None
    return stored


def _write_json(path: Path, file: ExportFile, rows: list[Row]) -> None:
    document = {"schema_version": SCHEMA_VERSION, file.stem: rows}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")


def _read_json(path: Path, file: ExportFile) -> tuple[list[Row], int]:
    document = json.loads(path.read_text("utf-8"))
    return document[file.stem], int(document["schema_version"])


def _write_parquet(path: Path, file: ExportFile, rows: list[Row]) -> None:
    assert file.schema is not None
    schema = file.schema.with_metadata({_VERSION_KEY: str(SCHEMA_VERSION).encode()})
    pq.write_table(pa.Table.from_pylist(rows, schema), path, compression="zstd")


def _read_parquet(path: Path, file: ExportFile) -> tuple[list[Row], int]:
    table = pq.read_table(path, partitioning=None)
    return table.to_pylist(), int((table.schema.metadata or {})[_VERSION_KEY])


def _write_csv(path: Path, file: ExportFile, rows: list[Row]) -> None:
    """Quoted is a text, unquoted a number or a flag, and nothing at all a null."""
    assert file.schema is not None
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, quoting=csv.QUOTE_NOTNULL, lineterminator="\n")
        writer.writerow(file.schema.names)
        writer.writerows([_csv_cell(row[name]) for name in file.schema.names] for row in rows)


def _csv_cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, bool | list) else value


def _read_csv(path: Path, file: ExportFile) -> tuple[list[Row], int]:
    import pyarrow.csv as pa_csv

    assert file.schema is not None
    is_list = {one.name for one in file.schema if pa.types.is_list(one.type)}
    types = {one.name: pa.string() if one.name in is_list else one.type for one in file.schema}
    options = pa_csv.ConvertOptions(
        column_types=types, strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]
    )
    parse = pa_csv.ParseOptions(newlines_in_values=True)
    table = pa_csv.read_csv(io.BytesIO(path.read_bytes()), convert_options=options, parse_options=parse)
    if table.column_names != file.schema.names:
        raise ValueError(f"columns {', '.join(table.column_names)}")
    rows = table.to_pylist()
    lists = [{name: json.loads(row[name]) for name in is_list if row[name] is not None} for row in rows]
    return [row | found for row, found in zip(rows, lists, strict=True)], SCHEMA_VERSION


def _write_sqlite(path: Path, file: ExportFile, rows: list[Row]) -> None:
    assert file.schema is not None
    path.unlink(missing_ok=True)
    columns = ", ".join(f'"{one.name}" {_sql_type(one.type)}' for one in file.schema)
    places = ", ".join("?" * len(file.schema))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        database.execute(f'CREATE TABLE "{file.table}" ({columns})')
        database.executemany(
            f'INSERT INTO "{file.table}" VALUES ({places})',
            [[_sql_cell(row[name]) for name in file.schema.names] for row in rows],
        )


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_floating(kind):
        return "REAL"
    return "INTEGER" if pa.types.is_integer(kind) or pa.types.is_boolean(kind) else "TEXT"


def _sql_cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _read_sqlite(path: Path, file: ExportFile) -> tuple[list[Row], int]:
    assert file.schema is not None
    names = ", ".join(f'"{name}"' for name in file.schema.names)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        version = int(database.execute("PRAGMA user_version").fetchone()[0])
        found = database.execute(f'SELECT {names} FROM "{file.table}" ORDER BY rowid').fetchall()
    return [
        {one.name: _from_sql(value, one.type) for one, value in zip(file.schema, row, strict=True)}
        for row in found
    ], version


def _from_sql(value: Any, kind: pa.DataType) -> Any:
    if value is not None and pa.types.is_boolean(kind):
        return bool(value)
    if value is not None and (pa.types.is_list(kind) or pa.types.is_struct(kind)):
        return json.loads(value)
    return value


_WRITERS: Final[Mapping[FileFormat, Callable[[Path, ExportFile, list[Row]], None]]] = {
    "json": _write_json,
    "parquet": _write_parquet,
    "csv": _write_csv,
    "sqlite": _write_sqlite,
}
_READERS: Final[Mapping[FileFormat, Callable[[Path, ExportFile], tuple[list[Row], int]]]] = {
    "json": _read_json,
    "parquet": _read_parquet,
    "csv": _read_csv,
    "sqlite": _read_sqlite,
}
