"""Tables and indexes of an empty database of the recorder, as JSON: run where Home Assistant is installed."""

import json
import sys
from contextlib import closing

from homeassistant.components.recorder import db_schema
from sqlalchemy import create_engine, text

TABLE, KEYS = "PRAGMA table_info({})", "PRAGMA foreign_key_list({})"


def main() -> None:
    """Print the schema version, and by table its columns, indexes and foreign keys."""
    engine = create_engine("sqlite://")
    db_schema.Base.metadata.create_all(engine)
    with closing(engine.connect()) as opened:
        names = [row[0] for row in opened.execute(text("SELECT name FROM sqlite_master WHERE type='table'"))]
        indexes = "SELECT name, sql FROM sqlite_master WHERE type='index' AND sql IS NOT NULL"
        found = {
            "schema": db_schema.SCHEMA_VERSION,
            "columns": {
                name: [list(row) for row in opened.execute(text(TABLE.format(name)))] for name in names
            },
            "keys": {
                name: sorted(map(list, (row[2:7] for row in opened.execute(text(KEYS.format(name))))))
                for name in names
            },
            "indexes": sorted(" ".join(row[1].split()) for row in opened.execute(text(indexes))),
        }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
