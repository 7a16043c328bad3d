"""Manifest: what a finished dataset is, with a checksum of every file."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Literal, Self

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, JsonValue, PositiveInt, ValidationError

from envirosense.core.config import FrozenModel
from envirosense.core.errors import DatasetError, SchemaVersionError
from envirosense.datasets.contents import Contents
from envirosense.datasets.file_list import FileList
from envirosense.datasets.fingerprints import Fingerprints
from envirosense.datasets.manifest_text import manifest_pieces, read_manifest_text
from envirosense.datasets.plan import Plan
from envirosense.datasets.schema import describe_columns
from envirosense.datasets.shard import FileRecord
from envirosense.datasets.store import SAME_COLUMNS

MANIFEST = "manifest.json"
EPISODES = "episodes.parquet"
SCHEMA_VERSION = 1

type Origin = Literal["simulated", "real"]


class StreamFacts(FrozenModel):
    """One stream of a dataset."""

    rows: int
    bytes: int
    columns: tuple[dict[str, Any], ...]  # name, type, nullable, unit, description, ...
    metadata: dict[str, str] = Field(default_factory=dict)


class Manifest(FrozenModel):
    """Identity, contents and checksums of a dataset; costs and dates are in run.json."""

    schema_version: int = SCHEMA_VERSION
    version: PositiveInt = 1  # grows with each extension; older ones stay readable
    parent_hash: str = ""  # logical hash of the version before
    origin: Origin = "simulated"
    name: str
    twin: str
    seed: int
    code_version: str
    physics_version: str
    settings: dict[str, JsonValue]
    plan_fingerprint: str
    logical_hash: str
    counts: dict[str, int]  # episodes, ok, failed
    splits: dict[str, int]  # usable episodes by split
    streams: dict[str, StreamFacts]
    spec_fingerprints: Fingerprints  # in plan order
    files: FileList  # by path inside the dataset

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Manifest of a dataset folder.

        Raises:
            SchemaVersionError: if a newer version wrote it.
            DatasetError: if there is none or it is damaged.
        """
        if not (folder / MANIFEST).is_file():
            raise DatasetError(f"{folder}: no dataset here (no {MANIFEST}); check the path")
        return cls.read(folder / MANIFEST)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Manifest in a file; see `load`."""
        try:
            data = read_manifest_text(path)
            version = int(data["schema_version"])
        except OSError as error:
            raise DatasetError(f"{path}: cannot be read ({error.strerror}); check its owner") from None
        except (ValueError, KeyError, TypeError):
            raise DatasetError(f"{path}: damaged; restore it or generate the dataset again") from None
        if version > SCHEMA_VERSION:
            raise SchemaVersionError(path, version, SCHEMA_VERSION)
        if version < SCHEMA_VERSION:
            raise DatasetError(
                f"{path}: schema version {version} is older than {SCHEMA_VERSION}; "
                f"run `envirosense dataset migrate {path.parent}`"
            )
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise DatasetError(
                f"{path}: damaged at {where}; restore it or generate the dataset again"
            ) from None

    def pieces(self) -> Iterator[bytes]:
        """JSON of the manifest in pieces, so that it is written in bounded memory."""
        head = self.model_dump(mode="json", exclude={"spec_fingerprints", "files"})
        return manifest_pieces(head, self.spec_fingerprints, self.files)

    def restated(self, changed: Mapping[str, FileRecord]) -> Self:
        """The same with other records of those of its files that are in `changed`."""
        files = FileList((place, changed.get(place, file)) for place, file in self.files.items())
        sizes = Counter[str]()
        for place, file in files.items():
            sizes[place.partition("/")[0]] += file.bytes
        streams = {
            name: facts.model_copy(update={"bytes": sizes[name]}) for name, facts in self.streams.items()
        }
        return self.model_copy(update={"files": files, "streams": streams})

    def difference(self, plan: Plan) -> str:
        """First field in which a plan differs from the one that wrote this dataset."""
        for field in ("name", "twin", "seed", "code_version", "physics_version"):
            if (there := getattr(self, field)) != (here := getattr(plan, field)):
                return f"{field} is {there!r} there, {here!r} here"
        for key in sorted(self.settings.keys() | plan.settings.keys()):
            if self.settings.get(key) != plan.settings.get(key):
                return f"{key} is {self.settings.get(key)!r} there, {plan.settings.get(key)!r} here"
        if (n_there := self.counts["episodes"]) != len(plan.episodes):
            return f"episodes: {n_there} there, {len(plan.episodes)} here"
        return "the episodes differ"


def build_manifest(plan: Plan, held: Contents, folder: Path, episodes_file: FileRecord) -> Manifest:
    """Manifest of a plan whose shards are all written, from what they hold."""
    return Manifest(
        name=plan.name,
        twin=plan.twin,
        seed=plan.seed,
        code_version=plan.code_version,
        physics_version=plan.physics_version,
        settings=plan.settings,
        origin="real" if plan.settings.get("origin") == "real" else "simulated",
        plan_fingerprint=plan.fingerprint,
        logical_hash=held.hashes.hexdigest(),
        counts=held.counts,
        splits=held.splits,
        streams=_stream_facts(folder, held.files),
        spec_fingerprints=Fingerprints(plan.episodes.fingerprints),
        files=FileList(chain([(EPISODES, episodes_file)], held.files.in_order())),
    )


def _stream_facts(folder: Path, files: FileList) -> dict[str, StreamFacts]:
    """Facts of every stream; all its files must have the same columns."""
    schemas: dict[str, tuple[str, pa.Schema]] = {}
    rows, sizes = Counter[str](), Counter[str]()
    for place, file in files.in_order():
        stream = place.partition("/")[0]
        schema = pq.read_schema(folder / place)
        first_place, first = schemas.setdefault(stream, (place, schema))
        if not first.equals(schema, check_metadata=True):
            raise DatasetError(f"stream {stream!r} differs between {place} and {first_place}; {SAME_COLUMNS}")
        rows[stream] += file.rows
        sizes[stream] += file.bytes
    return {
        stream: StreamFacts(
            rows=rows[stream],
            bytes=sizes[stream],
            columns=tuple(describe_columns(schema)),
            metadata=schema_metadata(schema),
        )
        for stream, (_, schema) in schemas.items()
    }


def schema_metadata(schema: pa.Schema) -> dict[str, str]:
    """Metadata of a stream as text, without what writers add."""
    return {
        key.decode(): value.decode()
        for key, value in (schema.metadata or {}).items()
        if not key.startswith((b"ARROW:", b"pandas"))
    }
