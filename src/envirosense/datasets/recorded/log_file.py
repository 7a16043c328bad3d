"""Rows of a recorded log, CSV or Parquet: numbers, names and times, each fault with its line and column."""

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from envirosense.core.errors import DatasetError, UnknownNameError
from envirosense.datasets.recorded.import_map import TimeMap
from envirosense.datasets.recorded.log_table import Floats, LogTable, Words, joined

type Row = tuple[int, Sequence[Any]]  # line, and one value a column asked for

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_UNIX_US: Final = {"unix_s": 1e6, "unix_ms": 1e3}
_CHUNK: Final = 50_000  # rows turned into numbers at a time
_MOST_S: Final = 9e9  # seconds since 1970 that a date can have, about the year 2255


class LogError(DatasetError):
    """A place in a log that cannot be read, with the fix."""

    def __init__(self, path: Path, line: int, column: str, problem: str) -> None:
        self.place = (path, line, column, problem)
        super().__init__(f"{path}: line {line}, column {column!r}: {problem}")

    def __reduce__(self) -> tuple[type["LogError"], tuple[Path, int, str, str]]:
        return type(self), self.place


def read_log(
    path: Path,
    time: TimeMap,
    numbers: Sequence[str],
    texts: Sequence[str],
    missing: Sequence[str],
    delimiter: str,
) -> LogTable:
    """All rows of a log with the columns asked for; see `log_batches`."""
    return joined(list(log_batches(path, time, numbers, texts, missing, delimiter)))


def log_batches(
    path: Path,
    time: TimeMap,
    numbers: Sequence[str],
    texts: Sequence[str],
    missing: Sequence[str],
    delimiter: str,
) -> Iterator[LogTable]:
    """Rows of a log with the columns asked for, some ten thousand at a time.

    Raises:
        UnknownNameError: for a column that the log does not have.
        LogError: for the first value that cannot be read.
        DatasetError: if the file cannot be read or holds no row.
    """
    rows = _rows(path, (time.column, *numbers, *texts), delimiter)
    read_time = time_reader(path, time)
    nothing = frozenset(missing)
    is_empty = True
    for chunk in _chunks(rows):
        line = [number for number, _ in chunk]
        columns = list(zip(*(row for _, row in chunk), strict=True))
        found_us = [read_time(one, value) for one, value in zip(line, columns[0], strict=True)]
        values = zip(numbers, columns[1:], strict=False)
        words = zip(texts, columns[1 + len(numbers) :], strict=True)
        yield LogTable(
            path,
            np.array(line, np.int64),
            np.array(found_us, np.int64),
            {name: _numbers(path, line, name, column, nothing) for name, column in values},
            {name: _words(path, line, name, column) for name, column in words},
        )
        is_empty = False
    if is_empty:
        raise DatasetError(f"{path}: holds no row; leave the file out")


def column_values(path: Path, name: str, delimiter: str) -> Iterator[tuple[int, Any]]:
    """Line and value of every row of one column, as it stands in the file."""
    rows = _rows(path, (name,), delimiter)
    return ((line, row[0]) for line, row in rows)


def _rows(path: Path, names: Sequence[str], delimiter: str) -> Iterator[Row]:
    return _parquet_rows(path, names) if path.suffix == ".parquet" else _csv_rows(path, names, delimiter)


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _csv_rows(path: Path, names: Sequence[str], delimiter: str) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.reader(opened, delimiter=delimiter, strict=True)
            header = [name.strip() for name in next(reader, [])]
            places = _places(path, names, header)
            for row in reader:
                if not row:
                    continue  # an empty line
                if len(row) != len(header):
                    raise DatasetError(
                        f"{path}: line {reader.line_num}: {len(row)} fields instead of {len(header)}; "
                        f"mend the line, or set the delimiter (it is {delimiter!r})"
                    )
                yield reader.line_num, [row[place].strip() for place in places]
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: byte {error.start} is not UTF-8; save the log as UTF-8") from None
    except csv.Error as error:
        raise DatasetError(f"{path}: line {reader.line_num}: {error}; mend the line") from None


def _places(path: Path, names: Sequence[str], header: Sequence[str]) -> list[int]:
    for name in names:
        if name not in header:
            raise UnknownNameError(f"{path}: column", name, header)
        if list(header).count(name) > 1:
            raise LogError(path, 1, name, "is there twice; rename one")
    return [list(header).index(name) for name in names]


def _parquet_rows(path: Path, names: Sequence[str]) -> Iterator[Row]:
    try:
        with pq.ParquetFile(path) as opened:
            _places(path, names, opened.schema_arrow.names)
            line = 0
            for batch in opened.iter_batches(_CHUNK, columns=list(dict.fromkeys(names)), use_threads=False):
                columns = [_plain(batch.column(batch.schema.get_field_index(name))) for name in names]
                for row in zip(*columns, strict=True):
                    line += 1
                    yield line, row
    except (OSError, pa.ArrowException) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DatasetError(f"{path}: cannot be read as Parquet ({reason}); check the file") from None


def _plain(column: pa.Array) -> list[Any]:
    """Values of a column; of times the microseconds, since a `datetime` has no room for more."""
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    found: list[Any] = column.to_pylist()
    return found


def _numbers(
    path: Path, line: Sequence[int], name: str, column: Sequence[Any], missing: frozenset[str]
) -> Floats:
    """Numbers of a piece of a column, NaN where missing."""
    try:
        plain = ["nan" if value is None or value in missing else value for value in column]
        found = np.array(plain, dtype=np.float64)
    except (ValueError, TypeError):
        found = np.array(
            [_number(path, one, name, value, missing) for one, value in zip(line, column, strict=True)]
        )
    endless = np.flatnonzero(np.isinf(found))
    if endless.size:
        at = int(endless[0])
        raise LogError(path, line[at], name, f"{column[at]!r} is endless; leave the field empty")
    return found


def _number(path: Path, line: int, name: str, value: Any, missing: frozenset[str]) -> float:
    if value is None or value in missing:
        return math.nan
    try:
        return float(value)
    except (ValueError, TypeError):
        hint = "write it with a point" if isinstance(value, str) and "," in value else "add it to `missing`"
        raise LogError(path, line, name, f"{value!r} is not a number; {hint}, or mend it") from None


def _words(path: Path, line: Sequence[int], name: str, column: Sequence[Any]) -> Words:
    for one, value in zip(line, column, strict=True):
        if value is None or value == "":
            raise LogError(path, one, name, "is empty; every row needs its name here")
    return np.array([str(value) for value in column], object)


def time_reader(path: Path, time: TimeMap) -> Callable[[int, Any], int]:
    """Function of line and value that gives microseconds since 1970 in UTC."""
    zone = None if time.timezone is None else ZoneInfo(time.timezone)
    scale = _UNIX_US.get(time.format)

    def fault(line: int, problem: str) -> LogError:
        return LogError(path, line, time.column, problem)

    def read(line: int, value: Any) -> int:
        if value is None or value == "":
            raise fault(line, "is empty; every row needs its time")
        if scale is not None and not isinstance(value, datetime):
            return _unix(value, scale, lambda problem: fault(line, problem))
        found = value if isinstance(value, datetime) else _parsed(str(value), time.format)
        if found is None:
            fix = "set time.format to how it is written, such as '%d.%m.%Y %H:%M:%S'"
            raise fault(line, f"{value!r} is no time in format {time.format!r}; {fix}")
        if found.tzinfo is None:
            found = _in_zone(found, zone, lambda problem: fault(line, f"{value!r} {problem}"))
        return (found - _EPOCH) // _MICROSECOND

    return read


def _unix(value: Any, scale: float, fault: Callable[[str], LogError]) -> int:
    try:
        found_us = float(value) * scale
    except (ValueError, TypeError):
        raise fault(f"{value!r} is not a number; set time.format to how it is written") from None
    if not abs(found_us) < _MOST_S * 1e6:
        raise fault(f"{value!r} is no time since 1970 in this unit; set time.format to unix_s or unix_ms")
    return round(found_us)


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if form == "iso8601" else datetime.strptime(text, form)
    except ValueError:
        return None


def _in_zone(found: datetime, zone: ZoneInfo | None, fault: Callable[[str], LogError]) -> datetime:
    if zone is None:
        raise fault("has no offset; set time.timezone, such as Europe/Berlin")
    early, late = found.replace(tzinfo=zone, fold=0), found.replace(tzinfo=zone, fold=1)
    if early.utcoffset() != late.utcoffset():
        raise fault(f"happens twice or never in {zone.key} (clocks change); log in UTC or with an offset")
    return early
