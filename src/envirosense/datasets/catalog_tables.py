"""Tables of the catalogue."""

import sqlalchemy as sa

SCHEMA_VERSION = 2
ADDED = {2: (("edges", "at_utc"),)}  # columns of text that a version added to older tables

TABLES = sa.MetaData()
schema_row = sa.Table("catalog_schema", TABLES, sa.Column("version", sa.Integer, primary_key=True))
artifacts = sa.Table(
    "artifacts",
    TABLES,
    sa.Column("artifact_id", sa.String, primary_key=True),  # kind:logical hash
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("path", sa.String, nullable=False),
    sa.Column("content_hash", sa.String, nullable=False),
    sa.Column("created_utc", sa.String),
    sa.Column("facts", sa.JSON, nullable=False),
)
activities = sa.Table(
    "activities",
    TABLES,
    sa.Column("activity_id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("code_version", sa.String, nullable=False),
    sa.Column("started_utc", sa.String),
    sa.Column("finished_utc", sa.String),
    sa.Column("facts", sa.JSON, nullable=False),
)
edges = sa.Table(
    "edges",
    TABLES,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("relation", sa.String, primary_key=True),
    sa.Column("target", sa.String, primary_key=True),
    sa.Column("at_utc", sa.String),
)
runs = sa.Table(
    "runs",
    TABLES,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("command", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("fingerprint", sa.String, nullable=False),  # of what was asked
    sa.Column("path", sa.String, nullable=False),
    sa.Column("started_utc", sa.String, nullable=False),
    sa.Column("finished_utc", sa.String),
    sa.Column("outcome", sa.String, nullable=False),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("quality", sa.JSON, nullable=False),
)
alerts = sa.Table(
    "alerts",
    TABLES,
    sa.Column("rule", sa.String, primary_key=True),
    sa.Column("subject", sa.String, primary_key=True),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("changed_utc", sa.String, nullable=False),
    sa.Column("message", sa.JSON, nullable=False),
    sa.Column("untold", sa.JSON, nullable=False),  # sinks that have not taken the message yet
)
models = sa.Table(
    "models",
    TABLES,
    sa.Column("model_id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("path", sa.String, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
deployments = sa.Table(
    "deployments",
    TABLES,
    sa.Column("deployment_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("model_id", sa.String, nullable=False),
    sa.Column("target", sa.String, nullable=False),
    sa.Column("at_utc", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
)
