"""Catalogue of datasets and models; it can be rebuilt from manifests at any time."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from envirosense.core.errors import DatasetError, SchemaVersionError, StorageError
from envirosense.core.settings import settings
from envirosense.datasets.manifest import MANIFEST, Manifest

SCHEMA_VERSION = 1
_RUN = "run.json"

_tables = sa.MetaData()
schema_row = sa.Table("catalog_schema", _tables, sa.Column("version", sa.Integer, primary_key=True))
artifacts = sa.Table(
    "artifacts",
    _tables,
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
    _tables,
    sa.Column("activity_id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("code_version", sa.String, nullable=False),
    sa.Column("started_utc", sa.String),
    sa.Column("finished_utc", sa.String),
    sa.Column("facts", sa.JSON, nullable=False),
)
edges = sa.Table(
    "edges",
    _tables,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("relation", sa.String, primary_key=True),
    sa.Column("target", sa.String, primary_key=True),
)
models = sa.Table(
    "models",
    _tables,
    sa.Column("model_id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("path", sa.String, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
deployments = sa.Table(
    "deployments",
    _tables,
    sa.Column("deployment_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("model_id", sa.String, nullable=False),
    sa.Column("target", sa.String, nullable=False),
    sa.Column("at_utc", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
)


def catalog_url(beside: Path) -> str:
    """URL of the catalogue used for an output folder."""
    chosen = settings()
    if chosen.catalog_url:
        return chosen.catalog_url
    home = (chosen.home or beside.parent / ".envirosense").expanduser().absolute()
    return f"sqlite:///{home / 'catalog.sqlite'}"


class Catalog:
    """An open catalogue; use it as a context manager."""

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(url)
        with self._reporting():
            if self._url.database and self._url.get_backend_name() == "sqlite":
                Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
            self._engine = sa.create_engine(self._url)
            try:
                self._check_version()
            except BaseException:
                self._engine.dispose()  # a pooled connection would outlive this catalogue
                raise

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        place = self._url.render_as_string(hide_password=True)
        try:
            yield
        except (OSError, SQLAlchemyError) as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise StorageError(
                f"{place}: catalogue cannot be used ({reason}); datasets are unharmed: "
                "set ENVIROSENSE_HOME to a writable folder and rebuild the catalogue"
            ) from error

    def _check_version(self) -> None:
        """Make the tables, or refuse those of a newer version before touching them."""
        with self._engine.begin() as connection:
            if sa.inspect(connection).has_table(schema_row.name):
                found = connection.execute(sa.select(sa.func.max(schema_row.c.version))).scalar() or 0
                if found > SCHEMA_VERSION:
                    place = self._url.render_as_string(hide_password=True)
                    raise SchemaVersionError(place, found, SCHEMA_VERSION)
            # Each statement is safe by itself: two runs that end together may both get here.
            for table in _tables.sorted_tables:
                connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
            is_new = ~sa.exists(sa.select(schema_row.c.version))
            version = sa.select(sa.literal(SCHEMA_VERSION)).where(is_new)
            connection.execute(schema_row.insert().from_select(["version"], version))

    def __enter__(self) -> "Catalog":
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    def replace(self, *rows: tuple[sa.Table, dict[str, Any]]) -> None:
        """Enter rows in one transaction, each in place of the one with the same key."""
        with self._reporting(), self._engine.begin() as connection:
            for table, row in rows:
                key = [column == row[column.name] for column in table.primary_key]
                connection.execute(table.delete().where(*key))
                connection.execute(table.insert().values(**row))

    def clear_datasets(self) -> None:
        """Forget every dataset and how it was made."""
        with self._reporting(), self._engine.begin() as connection:
            generated = sa.select(activities.c.activity_id).where(activities.c.kind == "generate")
            connection.execute(edges.delete().where(edges.c.target.in_(generated)))
            connection.execute(activities.delete().where(activities.c.kind == "generate"))
            connection.execute(artifacts.delete().where(artifacts.c.kind == "dataset"))

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        """All rows of a table, by key."""
        with self._reporting(), self._engine.begin() as connection:
            found = connection.execute(sa.select(table).order_by(*table.primary_key))
            return [dict(row) for row in found.mappings()]


def register_dataset(manifest: Manifest, path: Path, url: str | None = None) -> str:
    """Id of the catalogue entry made for a finished dataset; entering it again changes nothing."""
    folder = path.absolute()
    with Catalog(url or catalog_url(folder)) as catalog:
        return _register(catalog, manifest, folder)


def _register(catalog: Catalog, manifest: Manifest, folder: Path) -> str:
    run = _run_facts(folder)
    artifact_id = f"dataset:{manifest.logical_hash[:16]}:{folder}"
    activity_id = f"generate:{manifest.plan_fingerprint[:16]}:{folder}"
    catalog.replace(
        (
            artifacts,
            {
                "artifact_id": artifact_id,
                "kind": "dataset",
                "name": manifest.name,
                "path": str(folder),
                "content_hash": manifest.logical_hash,
                "created_utc": run.get("finished_utc"),
                "facts": {"twin": manifest.twin, "counts": manifest.counts, "splits": manifest.splits},
            },
        ),
        (
            activities,
            {
                "activity_id": activity_id,
                "kind": "generate",
                "code_version": manifest.code_version,
                "started_utc": run.get("started_utc"),
                "finished_utc": run.get("finished_utc"),
                "facts": {"seed": manifest.seed, "settings": manifest.settings},
            },
        ),
        (edges, {"source": artifact_id, "relation": "was_generated_by", "target": activity_id}),
    )
    return artifact_id


def _run_facts(folder: Path) -> dict[str, Any]:
    try:
        facts = json.loads((folder / _RUN).read_bytes())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def rebuild(folder: Path | str, url: str | None = None) -> tuple[str, ...]:
    """Ids of the datasets found under a folder, which are now all the datasets in its catalogue."""
    root = Path(folder).expanduser().absolute()
    with Catalog(url or catalog_url(root / "dataset")) as catalog:
        found = list(_manifests(root))
        catalog.clear_datasets()
        return tuple(_register(catalog, manifest, where) for manifest, where in found)


def _manifests(root: Path) -> Iterator[tuple[Manifest, Path]]:
    """Every readable manifest under a folder; a JSON file of that name need not be ours."""
    for path in sorted(root.rglob(MANIFEST)):
        with suppress(DatasetError):
            yield Manifest.load(path.parent), path.parent
