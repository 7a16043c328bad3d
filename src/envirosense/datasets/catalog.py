"""Catalogue of datasets, models, runs and alerts; what it says of datasets can be rebuilt from manifests."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError, StorageError
from envirosense.core.settings import settings
from envirosense.datasets.catalog_tables import (
    ADDED,
    APPEND_ONLY,
    SCHEMA_VERSION,
    TABLES,
    activities,
    artifacts,
    edges,
    schema_row,
)
from envirosense.datasets.manifest import MANIFEST, Manifest
from envirosense.datasets.versions import load_version, manifest_path, stored_versions

type Rows = tuple[tuple[sa.Table, dict[str, Any]], ...]

GENERATED_BY = "was_generated_by"  # artifact to activity
USED = "used"  # activity to content
_RUN = "run.json"
_DATASET_KINDS = ("derive", "generate", "import")  # of activities, known from manifests
_HASH = re.compile(r"[0-9a-f]{64}")


def recorded_utc(now: datetime | None = None) -> str:
    """Time of a record, ISO 8601 in UTC with microseconds: the clock's unless given.

    Raises:
        ConfigError: if the time has no zone.
    """
    when = now or datetime.now(UTC)
    if when.tzinfo is None:
        raise ConfigError("now", when.isoformat(), "has no time zone; give one such as +00:00")
    return when.astimezone(UTC).isoformat(timespec="microseconds")


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
        """Make the tables, bring older ones up to date, or refuse those of a newer version untouched."""
        with self._engine.begin() as connection:
            found = 0
            if sa.inspect(connection).has_table(schema_row.name):
                found = connection.execute(sa.select(sa.func.max(schema_row.c.version))).scalar() or 0
            if found == SCHEMA_VERSION:
                return
            if found > SCHEMA_VERSION:
                place = self._url.render_as_string(hide_password=True)
                raise SchemaVersionError(place, found, SCHEMA_VERSION)
            # Each statement is safe by itself: two runs that end together may both get here.
            for table in TABLES.sorted_tables:
                connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
        for version in range(found + 1, SCHEMA_VERSION + 1):
            for table_name, column in ADDED.get(version, ()):
                self._add_column(TABLES.tables[table_name].c[column])
        with self._engine.begin() as connection:
            for table in TABLES.sorted_tables:
                for index in table.indexes:
                    connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))
            if connection.dialect.name == "sqlite":
                for trigger in APPEND_ONLY:
                    connection.execute(sa.text(trigger))
            is_new = ~sa.exists(sa.select(schema_row.c.version).where(schema_row.c.version == SCHEMA_VERSION))
            current = sa.select(sa.literal(SCHEMA_VERSION)).where(is_new)
            connection.execute(schema_row.insert().from_select(["version"], current))

    def _add_column(self, column: sa.Column[Any]) -> None:
        table, kind = column.table.name, column.type.compile(self._engine.dialect)

        def is_there() -> bool:
            return column.name in {found["name"] for found in sa.inspect(self._engine).get_columns(table)}

        if is_there():
            return
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.text(f"ALTER TABLE {table} ADD COLUMN {column.name} {kind}"))
        except SQLAlchemyError:
            if not is_there():  # else another process was faster
                raise

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
            ours = activities.c.kind.in_(_DATASET_KINDS)
            made = sa.select(activities.c.activity_id).where(ours)
            connection.execute(edges.delete().where(edges.c.target.in_(made) | edges.c.source.in_(made)))
            connection.execute(activities.delete().where(ours))
            connection.execute(artifacts.delete().where(artifacts.c.kind == "dataset"))

    def rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
        """Rows of a table that fulfil every condition, by key."""
        with self._reporting(), self._engine.begin() as connection:
            found = connection.execute(sa.select(table).where(*where).order_by(*table.primary_key))
            return [dict(row) for row in found.mappings()]

    def change(self, *statements: sa.Update | sa.Insert | sa.Delete) -> int:
        """Rows that one transaction changed; 0, and nothing is changed, for an insert whose key was taken."""
        with self._reporting():
            try:
                with self._engine.begin() as connection:
                    return sum(connection.execute(one).rowcount for one in statements)
            except IntegrityError as error:
                if "append-only" in str(error.orig):
                    raise
                return 0


def register_dataset(manifest: Manifest, path: Path, url: str | None = None) -> str:
    """Id of the catalogue entry made for a finished dataset; entering it again changes nothing."""
    folder = path.absolute()
    with Catalog(url or catalog_url(folder)) as catalog:
        rows = dataset_rows(manifest, folder)
        catalog.replace(*rows)
        return str(rows[0][1]["artifact_id"])


def dataset_rows(manifest: Manifest, folder: Path) -> Rows:
    """What the catalogue says of a dataset: the artifact first, then the activity that made it, and edges."""
    run = _run_facts(folder) if _is_newest(manifest, folder) else {}
    started, finished = run.get("started_utc"), run.get("finished_utc")
    inputs = _inputs(manifest)
    kind = "derive" if inputs else "import" if manifest.origin == "real" else "generate"
    artifact_id = f"dataset:{manifest.logical_hash[:16]}:{folder}"
    activity_id = f"{kind}:{manifest.plan_fingerprint[:16]}:{folder}"
    artifact = {
        "artifact_id": artifact_id,
        "kind": "dataset",
        "name": manifest.name,
        "path": str(folder),
        "content_hash": manifest.logical_hash,
        "created_utc": finished,
        "facts": {
            "twin": manifest.twin,
            "version": manifest.version,
            "counts": manifest.counts,
            "splits": manifest.splits,
        },
    }
    activity = {
        "activity_id": activity_id,
        "kind": kind,
        "code_version": manifest.code_version,
        "started_utc": started,
        "finished_utc": finished,
        "facts": {"seed": manifest.seed, "settings": manifest.settings},
    }
    return (
        (artifacts, artifact),
        (activities, activity),
        edge_row(artifact_id, GENERATED_BY, activity_id, finished),
        *(edge_row(activity_id, USED, content_key(one), started) for one in inputs),
    )


def versions_rows(folder: Path) -> tuple[Rows, ...]:
    """What the catalogue says of a dataset, for each of its versions, newest first."""
    versions = reversed(stored_versions(folder))
    return tuple(dataset_rows(load_version(folder, version), folder) for version in versions)


def _is_newest(manifest: Manifest, folder: Path) -> bool:
    has_next = manifest_path(folder, manifest.version + 1).exists()
    return not has_next or Manifest.load(folder).version == manifest.version


def _inputs(manifest: Manifest) -> tuple[str, ...]:
    """Logical hashes of what a dataset was made from, each once."""
    named = [one for found in parent_hashes(manifest.settings).values() for one in found]
    return tuple(dict.fromkeys([*named, *filter(None, [manifest.parent_hash])]))


def edge_row(source: str, relation: str, target: str, at_utc: str | None) -> tuple[sa.Table, dict[str, Any]]:
    """An edge of the catalogue."""
    return edges, {"source": source, "relation": relation, "target": target, "at_utc": at_utc}


def content_key(content_hash: str) -> str:
    """Target of a `used` edge: what was read, wherever a copy of it lies."""
    return f"content:{content_hash}"


def parent_hashes(settings: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Logical hashes of the datasets that one was made from, by the setting that names them.

    Such a setting is called `*_from` (`resensed_from`, `merged_from`, ...) and holds a hash, a mapping with
    `logical_hash`, or a list of them.
    """
    found = {}
    for name, value in settings.items():
        hashes = [_hash_in(one) for one in (value if isinstance(value, list | tuple) else [value])]
        if name.endswith("_from") and hashes and all(hashes):
            found[name] = tuple(hashes)
    return found


def named_parents(settings: Mapping[str, Any]) -> dict[str, str]:
    """Names that settings give the datasets one was made from, by logical hash."""
    told = [value for name, value in settings.items() if name.endswith("_from") and isinstance(value, list)]
    named = [one for value in told for one in value if isinstance(one, Mapping) and "name" in one]
    return {_hash_in(one): str(one["name"]) for one in named if _hash_in(one)}


def _hash_in(value: object) -> str:
    """The hash, "" where there is none."""
    inner = value.get("logical_hash") if isinstance(value, Mapping) else value
    return inner if isinstance(inner, str) and _HASH.fullmatch(inner) else ""


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
        found = [rows for where in _datasets(root) for rows in versions_rows(where)]
        catalog.clear_datasets()
        catalog.replace(*(row for rows in found for row in rows))
        return tuple(str(rows[0][1]["artifact_id"]) for rows in found)


def _datasets(root: Path) -> Iterator[Path]:
    """Datasets under a folder; a JSON file of that name need not be ours; hidden folders are passed by."""
    for path in sorted(root.rglob(MANIFEST)):
        if any(part.startswith(".") for part in path.relative_to(root).parts):
            continue
        with suppress(DatasetError):
            Manifest.load(path.parent)
            yield path.parent
