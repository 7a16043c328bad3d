import json
import sqlite3
from contextlib import closing

import pytest

from envirosense.home.homeassistant.recorder_schema import SCHEMA_OF, index_statements, table_statements
from tests.home.homeassistant.ha_cases import by_home_assistant


def schema_of(statements):
    """Columns, foreign keys and indexes of an empty database made by these statements."""
    with closing(sqlite3.connect(":memory:")) as database:
        for statement in statements:
            database.execute(statement)
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        indexes = "SELECT sql FROM sqlite_master WHERE type='index' AND sql IS NOT NULL"
        columns = {name: database.execute(f"PRAGMA table_info({name})").fetchall() for name in names}
        keys = {name: database.execute(f"PRAGMA foreign_key_list({name})").fetchall() for name in names}
        return {
            "columns": {name: [list(row) for row in rows] for name, rows in columns.items()},
            "keys": {name: sorted(list(row[2:7]) for row in rows) for name, rows in keys.items()},
            "indexes": sorted(" ".join(row[0].split()) for row in database.execute(indexes)),
        }


@pytest.mark.slow
@pytest.mark.parametrize("version", SCHEMA_OF)
def test_the_tables_are_those_of_home_assistant(version):
    real = json.loads(by_home_assistant(version, "tests/ha/empty_database.py"))
    assert real.pop("schema") == SCHEMA_OF[version]
    assert schema_of((*table_statements(SCHEMA_OF[version]), *index_statements())) == real


def test_later_columns_are_left_out_of_the_older_schema():
    old, new = (schema_of(table_statements(schema))["columns"] for schema in (48, 50))
    names = [{(table, row[1]) for table, rows in one.items() for row in rows} for one in (old, new)]
    assert names[1] - names[0] == {
        ("statistics", "mean_weight"),
        ("statistics_short_term", "mean_weight"),
        ("statistics_meta", "mean_type"),
    }
