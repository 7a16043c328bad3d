"""Tables of Home Assistant's recorder in SQLite, by schema version; a test holds them to the real ones."""

from types import MappingProxyType
from typing import Final

SCHEMA_OF: Final = MappingProxyType({"2025.1.4": 48, "2025.4.4": 50})  # by those packages
VERSIONS: Final = tuple(SCHEMA_OF)

_STATISTIC: Final = """
    id INTEGER NOT NULL, created CHAR(0), created_ts FLOAT, metadata_id INTEGER, start CHAR(0),
    start_ts FLOAT, mean FLOAT,{mean_weight} min FLOAT, max FLOAT, last_reset CHAR(0), last_reset_ts FLOAT,
    state FLOAT, sum FLOAT, PRIMARY KEY (id),
    FOREIGN KEY(metadata_id) REFERENCES statistics_meta (id) ON DELETE CASCADE"""
_TABLES: Final = MappingProxyType(
    {
        "event_data": "data_id INTEGER NOT NULL, hash BIGINT, shared_data TEXT, PRIMARY KEY (data_id)",
        "event_types": "event_type_id INTEGER NOT NULL, event_type VARCHAR(64), PRIMARY KEY (event_type_id)",
        "events": """
    event_id INTEGER NOT NULL, event_type CHAR(0), event_data CHAR(0), origin CHAR(0), origin_idx SMALLINT,
    time_fired CHAR(0), time_fired_ts FLOAT, context_id CHAR(0), context_user_id CHAR(0),
    context_parent_id CHAR(0), data_id INTEGER, context_id_bin BLOB, context_user_id_bin BLOB,
    context_parent_id_bin BLOB, event_type_id INTEGER, PRIMARY KEY (event_id),
    FOREIGN KEY(data_id) REFERENCES event_data (data_id),
    FOREIGN KEY(event_type_id) REFERENCES event_types (event_type_id)""",
        "migration_changes": """
    migration_id VARCHAR(255) NOT NULL, version SMALLINT NOT NULL, PRIMARY KEY (migration_id)""",
        "recorder_runs": """
    run_id INTEGER NOT NULL, start DATETIME NOT NULL, "end" DATETIME, closed_incorrect BOOLEAN NOT NULL,
    created DATETIME NOT NULL, PRIMARY KEY (run_id)""",
        "schema_changes": """
    change_id INTEGER NOT NULL, schema_version INTEGER, changed DATETIME NOT NULL, PRIMARY KEY (change_id)""",
        "state_attributes": """
    attributes_id INTEGER NOT NULL, hash BIGINT, shared_attrs TEXT, PRIMARY KEY (attributes_id)""",
        "states": """
    state_id INTEGER NOT NULL, entity_id CHAR(0), state VARCHAR(255), attributes CHAR(0), event_id SMALLINT,
    last_changed CHAR(0), last_changed_ts FLOAT, last_reported_ts FLOAT, last_updated CHAR(0),
    last_updated_ts FLOAT, old_state_id INTEGER, attributes_id INTEGER, context_id CHAR(0),
    context_user_id CHAR(0), context_parent_id CHAR(0), origin_idx SMALLINT, context_id_bin BLOB,
    context_user_id_bin BLOB, context_parent_id_bin BLOB, metadata_id INTEGER, PRIMARY KEY (state_id),
    FOREIGN KEY(old_state_id) REFERENCES states (state_id),
    FOREIGN KEY(attributes_id) REFERENCES state_attributes (attributes_id),
    FOREIGN KEY(metadata_id) REFERENCES states_meta (metadata_id)""",
        "states_meta": "metadata_id INTEGER NOT NULL, entity_id VARCHAR(255), PRIMARY KEY (metadata_id)",
        "statistics": _STATISTIC,
        "statistics_meta": """
    id INTEGER NOT NULL, statistic_id VARCHAR(255), source VARCHAR(32), unit_of_measurement VARCHAR(255),
    has_mean BOOLEAN, has_sum BOOLEAN, name VARCHAR(255),{mean_type} PRIMARY KEY (id)""",
        "statistics_runs": "run_id INTEGER NOT NULL, start DATETIME NOT NULL, PRIMARY KEY (run_id)",
        "statistics_short_term": _STATISTIC,
    }
)
_INDEXES: Final = (
    ("ix_event_data_hash", "event_data (hash)"),
    ("ix_event_types_event_type", "event_types (event_type)"),
    ("ix_events_context_id_bin", "events (context_id_bin)"),
    ("ix_events_data_id", "events (data_id)"),
    ("ix_events_event_type_id_time_fired_ts", "events (event_type_id, time_fired_ts)"),
    ("ix_events_time_fired_ts", "events (time_fired_ts)"),
    ("ix_recorder_runs_start_end", 'recorder_runs (start, "end")'),
    ("ix_state_attributes_hash", "state_attributes (hash)"),
    ("ix_states_attributes_id", "states (attributes_id)"),
    ("ix_states_context_id_bin", "states (context_id_bin)"),
    ("ix_states_last_updated_ts", "states (last_updated_ts)"),
    ("ix_states_meta_entity_id", "states_meta (entity_id)"),
    ("ix_states_metadata_id_last_updated_ts", "states (metadata_id, last_updated_ts)"),
    ("ix_states_old_state_id", "states (old_state_id)"),
    ("ix_statistics_meta_statistic_id", "statistics_meta (statistic_id)"),
    ("ix_statistics_runs_start", "statistics_runs (start)"),
    ("ix_statistics_short_term_start_ts", "statistics_short_term (start_ts)"),
    ("ix_statistics_short_term_statistic_id_start_ts", "statistics_short_term (metadata_id, start_ts)"),
    ("ix_statistics_start_ts", "statistics (start_ts)"),
    ("ix_statistics_statistic_id_start_ts", "statistics (metadata_id, start_ts)"),
)
_UNIQUE: Final = frozenset(
    {
        "ix_event_types_event_type",
        "ix_states_meta_entity_id",
        "ix_statistics_meta_statistic_id",
        "ix_statistics_short_term_statistic_id_start_ts",
        "ix_statistics_statistic_id_start_ts",
    }
)
_SINCE_50: Final = MappingProxyType(  # columns that came after schema 48
    {"mean_weight": " mean_weight FLOAT,", "mean_type": " mean_type SMALLINT NOT NULL,"}
)


def table_statements(schema: int) -> tuple[str, ...]:
    """SQL that makes the empty tables of a schema version, 48 or 50."""
    added = {name: text if schema >= 50 else "" for name, text in _SINCE_50.items()}
    return tuple(f"CREATE TABLE {name} ({columns.format(**added)})" for name, columns in _TABLES.items())


def index_statements() -> tuple[str, ...]:
    """SQL that makes the indexes, the same in both versions."""
    return tuple(
        f"CREATE {'UNIQUE ' if name in _UNIQUE else ''}INDEX {name} ON {on}" for name, on in _INDEXES
    )
