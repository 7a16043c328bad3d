"""Tables of the catalogue."""

import sqlalchemy as sa

SCHEMA_VERSION = 3
ADDED = {  # columns that a version added to older tables
    2: (("edges", "at_utc"),),
    3: (
        *(("models", name) for name in ("number", "parent", "created_utc")),
        *(
            ("deployments", name)
            for name in ("task", "step", "kind", "who", "from_version", "to_version", "share", "verdict")
        ),
    ),
}

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
    sa.Column("name", sa.String, nullable=False),  # of the task
    sa.Column("path", sa.String, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("number", sa.Integer),  # of the version, within the task
    sa.Column("parent", sa.String),
    sa.Column("created_utc", sa.String),
    sa.Index("one_model_of_a_number", "name", "number", unique=True),
)
deployments = sa.Table(
    "deployments",
    TABLES,
    sa.Column("deployment_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("model_id", sa.String, nullable=False),
    sa.Column("target", sa.String, nullable=False),
    sa.Column("at_utc", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("task", sa.String),
    sa.Column("step", sa.Integer),  # 1, 2, ... of a task and target
    sa.Column("kind", sa.String),
    sa.Column("who", sa.String),
    sa.Column("from_version", sa.String),
    sa.Column("to_version", sa.String),
    sa.Column("share", sa.Float),
    sa.Column("verdict", sa.JSON(none_as_null=True)),
    sa.Index("one_deployment_follows_another", "task", "target", "step", unique=True),
)
APPEND_ONLY = tuple(  # SQLite refuses to change the log, whoever asks; other servers have rights for that
    f"CREATE TRIGGER IF NOT EXISTS deployments_no_{what.lower()} BEFORE {what} ON deployments "
    "BEGIN SELECT RAISE(ABORT, 'the log of deployments is append-only'); END"
    for what in ("UPDATE", "DELETE")
)
