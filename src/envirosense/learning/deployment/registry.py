"""Versions of models: content-addressed folders beside the catalogue, and a row for each."""

import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from envirosense.core.errors import ConfigError, DatasetError, StorageError, UnknownNameError
from envirosense.core.settings import settings
from envirosense.datasets.catalog import Catalog, catalog_url, recorded_utc
from envirosense.datasets.catalog_tables import artifacts, models
from envirosense.datasets.files import storing
from envirosense.learning.deployment.probe import Probe, probe_of
from envirosense.learning.deployment.version import ModelVersion, parse_label
from envirosense.learning.models.bundle import ModelBundle, load_bundle
from envirosense.learning.samples import Samples

_FOLDER: Final = "models"
_TRIES: Final = 50  # others may enter versions at the same moment


class ModelRegistry:
    """The versions of all tasks in one catalogue.

    Args:
        url: of the catalogue; see `beside`.
        folder: of the models; default: `models` beside the catalogue's file, or in ENVIROSENSE_HOME.
    """

    def __init__(self, url: str, folder: Path | None = None) -> None:
        self.url = url
        self.folder = (folder or _folder_of(url)).absolute()

    @classmethod
    def beside(cls, folder: Path | str) -> "ModelRegistry":
        """Registry in the catalogue that an output folder uses."""
        return cls(catalog_url(Path(folder).expanduser().absolute()))

    def add(
        self,
        bundle: ModelBundle,
        *,
        parent: str | None = None,
        facts: Mapping[str, Any] | None = None,
        probe: Samples | None = None,
    ) -> ModelVersion:
        """The version of a model: the one that it already is, or the next of its task.

        Args:
            bundle: what to enter; read back from disk and scored before it gets a number.
            parent: label of the version that it is to replace.
            facts: plain data to keep with it, such as `{"task": task.model_dump(mode="json")}`.
            probe: samples whose scores a later smoke test repeats; default: drawn rows.

        Raises:
            DatasetError: if it does not read back, or its scores are no probabilities.
        """
        path = self._store(bundle, probe)
        known = self._rows(models.c.model_id == bundle.model_id)
        if known:
            return self._version(known[0])
        for _ in range(_TRIES):
            if self._enter(bundle, path, parent, dict(facts or {})):
                break
        entered = self._rows(models.c.model_id == bundle.model_id)
        if not entered:
            raise StorageError(f"{self.url}: no number for {bundle.model_id}; run the command again")
        return self._version(entered[0])

    def version(self, label: str) -> ModelVersion:
        """The version called `NAME@NUMBER`.

        Raises:
            ConfigError: if the label is none.
            UnknownNameError: if there is no such version.
        """
        name, number = parse_label(label)
        found = self._rows(models.c.name == name, models.c.number == number)
        if not found:
            raise UnknownNameError("version", f"{name}@{number}", [one.label for one in self.versions()])
        return self._version(found[0])

    def versions(self, task: str | None = None) -> tuple[ModelVersion, ...]:
        """Versions of a task, or of all, by name and number."""
        where = (models.c.name == task,) if task else ()
        found = [self._version(row) for row in self._rows(models.c.number.is_not(None), *where)]
        return tuple(sorted(found, key=lambda one: (one.name, one.number)))

    def load(self, version: ModelVersion | str) -> ModelBundle:
        """The model of a version.

        Raises:
            DatasetError: if it is missing, damaged, or not the model that was entered.
        """
        one = self.version(version) if isinstance(version, str) else version
        bundle = load_bundle(one.path)
        if bundle.model_id != one.model_id:
            raise DatasetError(
                f"{one.path}: holds the model {bundle.model_id}, not {one.model_id} ({one}); "
                "its card was changed: train again or take another version"
            )
        return bundle

    def tested(self, version: ModelVersion | str) -> ModelBundle:
        """The model of a version, after it said of its probe rows what it said when it was entered.

        Raises:
            DatasetError: if it does not load, or says something else.
        """
        one = self.version(version) if isinstance(version, str) else version
        bundle = self.load(one)
        Probe.load(one.path).check(bundle)
        return bundle

    def _store(self, bundle: ModelBundle, probe: Samples | None) -> Path:
        """Folder of a model that reads back; the whole folder appears at once."""
        final = self.folder / bundle.model_id
        if _is_whole(final, bundle.model_id):
            return final
        staged = self.folder / f".{bundle.model_id}.{uuid.uuid4().hex[:8]}"
        try:
            bundle.save(staged)
            stored = load_bundle(staged)
            found = probe_of(bundle, probe)
            found.check(stored)
            found.save(staged)
            with storing(final):
                _put(staged, final, bundle.model_id)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        return final

    def _enter(self, bundle: ModelBundle, path: Path, parent: str | None, facts: dict[str, Any]) -> bool:
        """Whether the model got the next number."""
        task = bundle.card.task
        number = 1 + max((one.number for one in self.versions(task)), default=0)
        one = ModelVersion(task, number, bundle.model_id, path, recorded_utc(), facts, parent)
        row = {name: getattr(one, name) for name in ("name", "number", "model_id", "created_utc", "parent")}
        thing = one.artifact
        known = {name: getattr(thing, name) for name in ("artifact_id", "kind", "name", "path")}
        known |= {"content_hash": thing.content_hash, "created_utc": thing.created_utc}
        with Catalog(self.url) as catalog:
            entered = catalog.change(
                models.insert().values(**row, path=str(path), facts=facts),
                artifacts.delete().where(artifacts.c.artifact_id == thing.artifact_id),
                artifacts.insert().values(**known, facts=dict(thing.facts)),
            )
        return entered > 0

    def _rows(self, *where: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
        if not is_there(self.url):
            return []
        with Catalog(self.url) as catalog:
            return catalog.rows(models, *where)

    def _version(self, row: Mapping[str, Any]) -> ModelVersion:
        path = Path(row["path"])
        if not path.is_dir() and (self.folder / row["model_id"]).is_dir():
            path = self.folder / row["model_id"]  # the catalogue was moved with its models
        return ModelVersion(
            row["name"], row["number"], row["model_id"], path, row["created_utc"], row["facts"], row["parent"]
        )


def is_there(url: str) -> bool:
    """Whether there is a catalogue to read: a question does not make a file."""
    parsed = sa.make_url(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database
    return not is_file or Path(str(parsed.database)).exists()


def _folder_of(url: str) -> Path:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        return Path(parsed.database).parent / _FOLDER
    home = settings().home
    if home is None:
        place = parsed.render_as_string(hide_password=True)
        raise ConfigError("url", place, "is no file: set ENVIROSENSE_HOME to the folder for models")
    return home.expanduser() / _FOLDER


def _put(staged: Path, final: Path, model_id: str) -> None:
    """Give a whole folder its name, unless another process was faster; a damaged one there makes way."""
    for left in reversed(range(_TRIES)):
        try:
            staged.rename(final)
            return
        except OSError:
            if _is_whole(final, model_id):
                return
            if not left:
                raise
        aside = staged.with_name(f"{staged.name}.old{left}")
        with suppress(OSError):  # it is gone already
            final.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)


def _is_whole(folder: Path, model_id: str) -> bool:
    if not folder.is_dir():
        return False
    try:
        Probe.load(folder)
        return load_bundle(folder).model_id == model_id
    except DatasetError:
        return False
