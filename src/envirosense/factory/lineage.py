"""Where a sample, shard or dataset came from, and what was made of it.

Datasets enter the catalogue by themselves when they are finished. Shards, episodes and samples have no rows
there: they are read from the dataset when somebody asks, so a catalogue stays small whatever the data.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from envirosense.core.errors import DatasetError, UnknownNameError
from envirosense.core.fingerprint import fingerprint
from envirosense.datasets.catalog import (
    GENERATED_BY,
    USED,
    Catalog,
    catalog_url,
    content_key,
    edge_row,
    versions_rows,
)
from envirosense.datasets.catalog_tables import activities, artifacts, edges
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.manifest import MANIFEST, Manifest
from envirosense.factory.lineage_graph import Activity, Artifact, Direction, Lineage
from envirosense.factory.lineage_parts import Named
from envirosense.factory.lineage_walk import Records, Walk


class LineageTracker:
    """Records what was made of what, and answers questions about it.

    Args:
        url: of the catalogue; see `beside`.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    @classmethod
    def beside(cls, folder: Path | str) -> Self:
        """Tracker on the catalogue that an output folder uses."""
        return cls(catalog_url(Path(folder).expanduser().absolute()))

    @contextmanager
    def activity(
        self, kind: str, used: Iterable[Artifact | Dataset] = (), facts: Mapping[str, Any] | None = None
    ) -> Iterator["Recording"]:
        """Context of something that runs: it is recorded, with its times, when the block ends well.

        What made the same artifacts of the same content before, such as a step that was killed later on and
        done again, stays recorded as it was; what makes nothing is recorded each time.

        Args:
            kind: a verb such as `train`.
            used: what it reads.
            facts: settings, seeds, outcomes; plain data.
        """
        started = datetime.now(UTC).isoformat()
        recording = Recording(list(used))
        yield recording
        finished = datetime.now(UTC).isoformat()
        told = {**(facts or {}), **recording.facts}
        made = [one.artifact_id for one in recording.made]
        name = fingerprint([kind, started, made, [_content_of(one) for one in recording.inputs]])
        activity_id = f"{kind}:{name[:16]}"
        row = {
            "activity_id": activity_id,
            "kind": kind,
            "code_version": version("envirosense"),
            "started_utc": started,
            "finished_utc": finished,
            "facts": told,
        }
        with Catalog(self._url) as catalog:
            if _is_recorded(catalog, kind, {_content_of(one) for one in recording.inputs}, set(made)):
                return
            catalog.replace(
                (activities, row),
                *(edge_row(activity_id, USED, _content_of(one), started) for one in recording.inputs),
                *((artifacts, _artifact_row(one, finished)) for one in recording.made),
                *(edge_row(one, GENERATED_BY, activity_id, finished) for one in made),
            )

    def upstream(self, what: str | Path) -> Lineage:
        """Everything that something was made from, back to requests and seeds.

        Args:
            what: folder of a dataset; `folder:part`, where part is a shard (`train-00000`), an episode
                (`0123abcd`) or a tick (`0123abcd@17`); `model:NAME@VERSION`, or another kind and name; or the
                start of a logical hash, an artifact id, a name or an episode of a dataset in the catalogue.

        Raises:
            UnknownNameError: if nothing is called so.
        """
        return self._walk(what, "up")

    def downstream(self, what: str | Path) -> Lineage:
        """Everything that was made of something; see `upstream`."""
        return self._walk(what, "down")

    def _walk(self, what: str | Path, direction: Direction) -> Lineage:
        with Catalog(_readable(self._url)) as catalog:
            records = Records(catalog)
            artifact, named = self._find(str(what), records)
            return Walk(records, direction).of(artifact, named)

    def _find(self, what: str, records: Records) -> tuple[Artifact, Named]:
        folder, part = _split(what)
        if folder is not None:
            return records.enter(versions_rows(folder)), Named.parse(part)
        known = records.known(what)
        if len({one.content_hash or one.artifact_id for one in known}) > 1:
            listing = ", ".join(one.artifact_id for one in known[:4])
            raise DatasetError(f"what={what!r}: {len(known)} artifacts are called so ({listing}); say which")
        if known:
            return known[0], Named()
        return self._find_episode(what, records)

    def _find_episode(self, what: str, records: Records) -> tuple[Artifact, Named]:
        datasets = [one for one in records.datasets() if (Path(one.path) / MANIFEST).exists()]
        prefix = what.partition("@")[0]
        for dataset in datasets:
            manifest = Manifest.load(Path(dataset.path))
            is_there = any(one.startswith(prefix) for one in manifest.spec_fingerprints)
            if is_there and manifest.logical_hash == dataset.content_hash:
                return dataset, Named.parse(what)
        kind, _, name = what.partition(":")
        if name and (of_kind := records.names(kind)):
            raise UnknownNameError(kind, name, of_kind)
        names = {one.name for one in records.datasets()} | {one.path for one in datasets}
        raise UnknownNameError("what", what, names or {"the folder of a dataset"})


class Recording:
    """What an activity uses and makes, as told while it runs."""

    def __init__(self, inputs: list[Artifact | Dataset]) -> None:
        self.inputs = inputs
        self.made: list[Artifact] = []
        self.facts: dict[str, Any] = {}

    def used(self, one: Artifact | Dataset) -> None:
        """Say that it read something."""
        self.inputs.append(one)

    def generated(
        self,
        kind: str,
        name: str,
        path: Path | str,
        content_hash: str,
        facts: Mapping[str, Any] | None = None,
    ) -> Artifact:
        """Artifact that it made; `content_hash` is a SHA-256, so that a copy is known again."""
        place = str(Path(path).expanduser().absolute())
        one = Artifact(
            f"{kind}:{content_hash[:16]}:{place}", kind, name, place, content_hash, None, dict(facts or {})
        )
        self.made.append(one)
        return one


def _content_of(one: Artifact | Dataset) -> str:
    return content_key(one.logical_hash if isinstance(one, Dataset) else one.content_hash)


def _is_recorded(catalog: Catalog, kind: str, used: set[str], made: set[str]) -> bool:
    """Whether an activity of a kind that made exactly some artifacts of some contents is there."""
    makers = {row["target"] for one in sorted(made)[:1] for row in _edges(catalog, GENERATED_BY, source=one)}
    return any(
        {row["target"] for row in _edges(catalog, USED, source=one["activity_id"])} == used
        and {row["source"] for row in _edges(catalog, GENERATED_BY, target=one["activity_id"])} == made
        for one in catalog.rows(activities, activities.c.activity_id.in_(makers), activities.c.kind == kind)
    )


def _edges(catalog: Catalog, relation: str, **ends: str) -> list[dict[str, Any]]:
    where = [edges.c[name] == value for name, value in ends.items()]
    return catalog.rows(edges, edges.c.relation == relation, *where)


def _artifact_row(one: Artifact, created_utc: str) -> dict[str, Any]:
    return {
        "artifact_id": one.artifact_id,
        "kind": one.kind,
        "name": one.name,
        "path": one.path,
        "content_hash": one.content_hash,
        "created_utc": created_utc,
        "facts": dict(one.facts),
    }


def _readable(url: str) -> str:
    """The URL, or that of an empty catalogue in memory: a question does not make a file."""
    parsed = sa.make_url(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database
    return "sqlite://" if is_file and not Path(str(parsed.database)).exists() else url


def _split(what: str) -> tuple[Path | None, str]:
    """Dataset folder and the part named in it; no folder where none of that name holds a dataset."""
    candidates = [(what, "")]
    if ":" in what:
        before, _, after = what.rpartition(":")
        candidates.append((before, after))
    for place, part in candidates:
        folder = Path(place).expanduser().absolute()
        if place and (folder / MANIFEST).exists():
            return folder, part
    return None, ""


__all__ = ["Activity", "Artifact", "Lineage", "LineageTracker", "Recording"]
