"""SQLite: one database, a table a stream, `episodes` to join with, `columns` with the units.

Null is NULL. SQLite has no NaN: it is NULL there too, and `episodes.jsonl` remembers which
were NaN. Float columns have no declared type, or SQLite would turn -0.0 into 0.0.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from envirosense.core.episode import JsonObject
from envirosense.core.errors import DatasetError, StorageError
from envirosense.datasets.episode import Episode
from envirosense.datasets.formats.base import RowFormat, RowWriter, Schemas
from envirosense.datasets.formats.columns import (
    canonical_batch,
    canonical_schema,
    kind_of,
    lists_as_json,
    lists_from_items,
    numbers_from_text,
    restored,
    times_as_text,
)
from envirosense.datasets.formats.documents import EpisodeEntry
from envirosense.datasets.formats.odd_values import OddValues, add_odd, any_nan, as_place, find_odd, with_odd
from envirosense.datasets.schema import EPISODE_ID, describe_columns

FILE: Final = "dataset.sqlite"
EPISODES: Final = "episodes"
COLUMNS: Final = "columns"
_COPIED: Final = ("episode_id", "scenario", "category", "group", "split", "outcome")


class SqliteFormat(RowFormat):
    """One database; bytes as BLOB, lists as JSON, times as ISO 8601 in UTC, flags as 0 and 1."""

    name = "sqlite"
    title = "SQL without a server"

    def check_schemas(self, schemas: Schemas) -> None:
        """Refuse names that SQLite or this layout gives another meaning."""
        super().check_schemas(schemas)
        for taken in {EPISODES, COLUMNS} & schemas.keys():
            raise DatasetError(f"stream {taken!r}: sqlite needs the name for a table; leave the stream out")
        for stream, schema in schemas.items():
            known = {"rowid"}  # the reader's key; SQLite does not tell capitals from small letters
            for name in schema.names:
                if name.lower() in known:
                    raise DatasetError(
                        f"column {name!r} of stream {stream!r}: sqlite cannot use the name; export otherwise"
                    )
                known.add(name.lower())

    def writer(self, folder: Path, schemas: Schemas, compression: str) -> RowWriter:
        """Writer of one database."""
        return _SqliteWriter(folder / FILE, schemas)

    def table(self, folder: Path, entry: EpisodeEntry, stream: str, schema: pa.Schema) -> pa.Table:
        """Rows of one stream of an episode."""
        place = entry.streams[stream].place
        first = int(str(place["first_row"]))
        names = ", ".join(_quoted(name) for name in schema.names)
        with closing(_opened(folder)) as database:
            rows = database.execute(
                f"SELECT {names} FROM {_quoted(stream)} WHERE rowid BETWEEN ? AND ? ORDER BY rowid",
                (first, first + entry.streams[stream].rows - 1),
            ).fetchall()
        columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in schema]
        plain = canonical_schema(schema)
        pairs = zip(columns, plain, strict=True)
        table = restored([_from_sql(column, field.type) for column, field in pairs], schema)
        return with_odd(table, place)


def _opened(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{(folder / FILE).as_uri()}?mode=ro", uri=True)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _to_sql(column: pa.Array) -> list[Any]:
    match kind_of(column.type):
        case "time":
            column = times_as_text(column)
        case "list":
            return lists_as_json(column)
    values: list[Any] = column.to_pylist()
    return values


def _from_sql(values: list[Any], data_type: pa.DataType) -> pa.Array:
    match kind_of(data_type):
        case "time":
            return numbers_from_text(values, data_type)
        case "flag":
            return pa.array([None if one is None else _flag(one) for one in values], data_type)
        case "list":
            lists = [None if one is None else json.loads(one, parse_float=str) for one in values]
            return lists_from_items(lists, data_type)
    return pa.array(values, data_type)


def _flag(value: object) -> bool:
    if value not in (0, 1):
        raise ValueError(f"a flag is {value!r}, neither 0 nor 1")
    return value == 1


def _declared(field: pa.Field) -> str:
    match kind_of(field.type):
        case "number":
            return "" if pa.types.is_floating(field.type) else " INTEGER"
        case "flag":
            return " INTEGER"
        case "bytes" | "plane":
            return " BLOB"
    return " TEXT"


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OverflowError:
        raise DatasetError(
            f"{path}: SQLite cannot hold an integer above 2**63 - 1; use another format"
        ) from None
    except sqlite3.Error as error:
        raise StorageError(
            f"{path}: cannot be written ({error}); free disk space or use another folder"
        ) from error


class _SqliteWriter(RowWriter):
    def __init__(self, path: Path, schemas: Schemas) -> None:
        self._path = path
        self._schemas = {name: canonical_schema(schema) for name, schema in schemas.items()}
        self._n_rows = dict.fromkeys(schemas, 0)
        with _writing(path):
            self._database = sqlite3.connect(path)
            self._database.execute("PRAGMA journal_mode = OFF")  # an export is whole or removed
            self._database.execute("PRAGMA synchronous = OFF")  # flushed at the end
            self._create(schemas)

    def _create(self, schemas: Schemas) -> None:
        copied = ", ".join(f"{_quoted(name)} TEXT" for name in _COPIED)
        self._database.execute(f"CREATE TABLE {EPISODES} ({copied})")
        facts = ("stream", "name", "type", "unit", "description")
        self._database.execute(f"CREATE TABLE {COLUMNS} ({', '.join(f'{name} TEXT' for name in facts)})")
        for stream, schema in schemas.items():
            fields = ", ".join(f"{_quoted(field.name)}{_declared(field)}" for field in schema)
            self._database.execute(f"CREATE TABLE {_quoted(stream)} ({fields})")
            rows = [(stream, *(str(one.get(n, "")) for n in facts[1:])) for one in describe_columns(schema)]
            self._database.executemany(f"INSERT INTO {COLUMNS} VALUES (?, ?, ?, ?, ?)", rows)

    def add(self, episode: Episode, stream: str, batches: Iterable[pa.RecordBatch]) -> JsonObject:
        """Append the rows of a stream; its first row."""
        schema, first, n = self._schemas[stream], self._n_rows[stream] + 1, 0
        odd: OddValues = {}
        places = ", ".join("?" * len(schema))
        for batch in batches:
            plain = canonical_batch(batch, schema)
            add_odd(odd, find_odd(plain, n, any_nan))
            rows = zip(*map(_to_sql, plain.columns), strict=True)
            with _writing(self._path):
                self._database.executemany(f"INSERT INTO {_quoted(stream)} VALUES ({places})", rows)
            n += batch.num_rows
        self._n_rows[stream] += n
        return {"first_row": first, **as_place(odd)}

    def end_episode(self, entry: EpisodeEntry) -> None:
        """Add its row to `episodes`."""
        places = ", ".join("?" * len(_COPIED))
        row = [entry.facts[name] for name in _COPIED]
        with _writing(self._path):
            self._database.execute(f"INSERT INTO {EPISODES} VALUES ({places})", row)

    def close(self) -> None:
        """Index the streams by episode and commit."""
        with closing(self._database), _writing(self._path):
            for stream, schema in self._schemas.items():
                if EPISODE_ID.name in schema.names:
                    index, key = _quoted(f"{stream}_by_episode"), _quoted(EPISODE_ID.name)
                    self._database.execute(f"CREATE INDEX {index} ON {_quoted(stream)} ({key})")
            self._database.commit()
