"""A fresh database of Home Assistant's recorder, written without Home Assistant."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.homeassistant.recorder_rows import (
    attribute_rows,
    event_rows,
    insert,
    insert_chunks,
    state_rows,
)
from envirosense.home.homeassistant.recorder_schema import index_statements, table_statements
from envirosense.home.homeassistant.seen import Seen
from envirosense.home.homeassistant.statistics import HOUR_US, SHORT_US, Statistics, statistics_of
from envirosense.home.model import Home

DATABASE: Final = "home-assistant_v2.db"
_S_PER_US: Final = 1e-6
_ARITHMETIC, _NO_MEAN = 1, 0  # kinds of mean since schema 50

type Ints = npt.NDArray[np.int64]


def write_recorder(path: Path, home: Home, history: Seen, schema: int) -> dict[str, int]:
    """Number of rows by table of a database that was not there before.

    Raises:
        FileExistsError: if there is a file of that name: a database in use is never touched.
        OSError: if it cannot be written whole; nothing is left of it then.
    """
    path.touch(exist_ok=False)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = OFF")  # nobody else knows the file yet
            database.execute("PRAGMA synchronous = OFF")
            database.execute("PRAGMA cache_size = -262144")  # KiB: indexes are sorted in memory
            database.execute("PRAGMA temp_store = MEMORY")
            database.execute("BEGIN")
            counts = _fill(database, home, history, schema)
            database.execute("COMMIT")
    except sqlite3.OperationalError as error:  # the disk is full, or nothing may be written there
        path.unlink()
        raise OSError(f"{path}: {error}") from None
    except BaseException:
        path.unlink()
        raise
    return counts


def _fill(database: sqlite3.Connection, home: Home, history: Seen, schema: int) -> dict[str, int]:
    for statement in table_statements(schema):
        database.execute(statement)
    attribute_of = _write_attributes(database, home, history)
    counts = {
        "states": _write_states(database, home, history, attribute_of),
        "events": _write_events(database, home, history),
        **_write_statistics(database, home, history, schema),
    }
    _write_runs(database, history, schema)
    for statement in index_statements():
        database.execute(statement)
    return counts


def _write_attributes(database: sqlite3.Connection, home: Home, history: Seen) -> Ints:
    """Id of the recorded attributes of each event, (event,)."""
    rows, attribute_of = attribute_rows(home, history)
    insert(database, "state_attributes", ("attributes_id", "hash", "shared_attrs"), rows)
    return attribute_of


def _write_states(database: sqlite3.Connection, home: Home, history: Seen, attribute_of: Ints) -> int:
    names = [(number + 1, entity.entity_id) for number, entity in enumerate(home.entities)]
    insert(database, "states_meta", ("metadata_id", "entity_id"), names)
    return insert_chunks(database, "states", state_rows(home, history, attribute_of))


def _write_events(database: sqlite3.Connection, home: Home, history: Seen) -> int:
    types, data, chunks = event_rows(home, history)
    insert(database, "event_types", ("event_type_id", "event_type"), types)
    insert(database, "event_data", ("data_id", "hash", "shared_data"), data)
    return insert_chunks(database, "events", chunks)


def _write_statistics(database: sqlite3.Connection, home: Home, history: Seen, schema: int) -> dict[str, int]:
    """Hourly statistics, and of each sensor the last five minutes, where Home Assistant goes on from."""
    first_us, last_us = _whole_hours(history)
    hourly = statistics_of(home, history, first_us, last_us, HOUR_US)
    latest = statistics_of(home, history, last_us - SHORT_US, last_us, SHORT_US)
    meta_of = {number: place + 1 for place, number in enumerate(hourly)}
    columns = ["id", "statistic_id", "source", "unit_of_measurement", "has_mean", "has_sum"]
    rows: list[tuple[object, ...]] = []
    for number, meta in meta_of.items():
        entity, is_total = home.entities[number], hourly[number].total is not None
        row = (meta, entity.entity_id, "recorder", entity.unit, int(not is_total), int(is_total))
        rows.append((*row, _NO_MEAN if is_total else _ARITHMETIC) if schema >= 50 else row)
    insert(database, "statistics_meta", (*columns, "mean_type") if schema >= 50 else columns, rows)
    return {
        "statistic_ids": len(meta_of),
        "statistics": _write_periods(database, "statistics", hourly, meta_of, HOUR_US),
        "statistics_short_term": _write_periods(database, "statistics_short_term", latest, meta_of, SHORT_US),
    }


def _write_periods(
    database: sqlite3.Connection,
    table: str,
    found: dict[int, Statistics],
    meta_of: dict[int, int],
    period_us: int,
) -> int:
    names = ("metadata_id", "created_ts", "start_ts", "mean", "min", "max", "state", "sum")
    count = 0
    for number, of_one in found.items():
        n = of_one.start_us.size
        told = (of_one.mean, of_one.low, of_one.high, of_one.state, of_one.total)
        columns = [
            [meta_of[number]] * n,
            ((of_one.start_us + period_us) * _S_PER_US).tolist(),
            (of_one.start_us * _S_PER_US).tolist(),
            *([None] * n if column is None else column.tolist() for column in told),
        ]
        insert(database, table, names, zip(*columns, strict=True))
        count += n
    return count


def _whole_hours(history: Seen) -> tuple[int, int]:
    """Start of the first and end of the last whole hour of the history, microseconds since 1970."""
    first, last = int(history.time_us[0]), int(history.time_us[-1])
    return first - first % HOUR_US, last - last % HOUR_US


def _write_runs(database: sqlite3.Connection, history: Seen, schema: int) -> None:
    """One run of the recorder over the whole history, and up to where statistics were made."""
    start, end = _written(int(history.time_us[0])), _written(int(history.time_us[-1]))
    last_period = _written(_whole_hours(history)[1] - SHORT_US)
    insert(
        database,
        "recorder_runs",
        ("run_id", "start", "end", "closed_incorrect", "created"),
        [(1, start, end, 0, start)],
    )
    insert(database, "schema_changes", ("change_id", "schema_version", "changed"), [(1, schema, start)])
    insert(database, "statistics_runs", ("run_id", "start"), [(1, last_period)])


def _written(time_us: int) -> str:
    """A moment as the recorder writes it into its columns of dates."""
    moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=time_us)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")
