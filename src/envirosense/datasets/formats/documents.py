"""What lies beside the rows of every export: `export.json` and `episodes.jsonl`.

`export.json` says of which dataset and which part of it, with the schema of every stream;
`episodes.jsonl` has one line an episode: spec, summary, split, and where its rows are.
"""

import base64
import hashlib
import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from sys import intern
from typing import Annotated, Any, Final, Self, overload

import pyarrow as pa
from pydantic import Field, ValidationError

from envirosense.core.config import FrozenModel
from envirosense.core.episode import JsonObject
from envirosense.core.errors import DatasetError, SchemaVersionError
from envirosense.datasets.episode import Episode
from envirosense.datasets.hashing import FAILED
from envirosense.datasets.schema import describe_columns

EXPORT = "export.json"
EPISODE_LINES = "episodes.jsonl"
SCHEMA_VERSION = 1
FILE_NAME: Final = (
    r"^[^./\\\x00][^/\\\x00]*$"  # of a stream or split: it names files and stays inside the folder
)

type FileName = Annotated[str, Field(pattern=FILE_NAME)]


class StreamPlace(FrozenModel):
    """Rows of one stream of one episode: how many, their hash, and where the format put them."""

    rows: int
    content_hash: str
    place: JsonObject


class EpisodeEntry(FrozenModel):
    """One line of `episodes.jsonl`."""

    episode_id: str
    index: int
    scenario: str
    category: str
    group: str
    split: FileName
    outcome: str
    reason: str
    importance_weight: float
    spec: JsonObject
    summary: JsonObject
    streams: dict[FileName, StreamPlace]

    @classmethod
    def of(cls, episode: Episode, places: Mapping[str, JsonObject]) -> Self:
        """Entry of a stored episode whose rows a format has written."""
        row = episode.row
        streams = {
            name: StreamPlace(
                rows=episode.row_count(name), content_hash=episode.content_hashes[name], place=place
            )
            for name, place in places.items()
        }
        same = ("episode_id", "index", "scenario", "category", "group", "split", "outcome", "reason")
        return cls(
            **{name: row[name] for name in same},
            importance_weight=row["importance_weight"],
            spec=json.loads(row["spec"]),
            summary=json.loads(row["summary"]),
            streams=streams,
        )

    @property
    def facts(self) -> dict[str, str]:
        """What a format repeats for its own users."""
        same = ("episode_id", "scenario", "category", "group", "split", "outcome")
        return {name: getattr(self, name) for name in same}

    @property
    def hash_entries(self) -> list[tuple[str, ...]]:
        """What it adds to the logical hash, as stated."""
        if self.outcome == FAILED:
            return [(self.episode_id, FAILED)]
        return [(self.episode_id, name, found.content_hash) for name, found in self.streams.items()]


class StreamColumns(FrozenModel):
    """Columns of a stream: as plain data for a reader, and exactly, as an Arrow schema in base64."""

    columns: tuple[dict[str, Any], ...]
    metadata: dict[str, str] = Field(default_factory=dict)
    arrow: str

    @classmethod
    def of(cls, schema: pa.Schema) -> Self:
        """Columns of a schema."""
        return cls(
            columns=tuple(describe_columns(schema)),
            metadata={key.decode(): value.decode() for key, value in (schema.metadata or {}).items()},
            arrow=base64.b64encode(schema.serialize()).decode(),
        )

    @cached_property
    def schema(self) -> pa.Schema:
        """The exact schema."""
        return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(self.arrow)))


class ExportedFile(FrozenModel):
    """One file of an export."""

    bytes: int
    sha256: str


class ExportFacts(FrozenModel):
    """What an export holds: `export.json`."""

    schema_version: int = SCHEMA_VERSION
    format: str
    compression: str
    name: str  # of the dataset
    twin: str
    seed: int
    code_version: str
    dataset_hash: str  # logical hash of the whole dataset
    part_hash: str  # logical hash of what is here; the same where everything is
    splits: dict[str, int]  # usable episodes here, by split
    failed: int
    streams: dict[FileName, StreamColumns]
    files: dict[str, ExportedFile] = Field(default_factory=dict)  # by path inside the export

    @property
    def is_whole(self) -> bool:
        """Whether it says all that the dataset says."""
        return self.part_hash == self.dataset_hash

    @property
    def n_episodes(self) -> int:
        """Usable episodes."""
        return sum(self.splits.values())

    @property
    def part(self) -> str:
        """What is here, in words."""
        if self.is_whole:
            return "the whole dataset"
        splits = ", ".join(f"{name} {n}" for name, n in sorted(self.splits.items()))
        return f"part of the dataset: episodes {splits}; streams {', '.join(sorted(self.streams))}"

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Facts of an export folder.

        Raises:
            SchemaVersionError: if a newer version wrote it.
            DatasetError: if there is none, it is unfinished or damaged.
        """
        path = folder / EXPORT
        try:
            data = json.loads(path.read_bytes())
            version = int(data["schema_version"])
            if version > SCHEMA_VERSION:
                raise SchemaVersionError(path, version, SCHEMA_VERSION)
            return cls.model_validate(data)
        except OSError:
            raise DatasetError(f"{folder}: no finished export here (no {EXPORT}); check the path") from None
        except (ValueError, KeyError, TypeError) as error:
            raise DatasetError(f"{path}: damaged ({first_fault(error)}); export again") from None


def first_fault(error: Exception) -> str:
    """One line that says what an error is about."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False)[0]
        return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
    return (str(error).splitlines() or [type(error).__name__])[0]


class EpisodeLines:
    """Writer of `episodes.jsonl`, one line at a time."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / EPISODE_LINES).open("wb")

    def add(self, entry: EpisodeEntry) -> None:
        """Append an episode."""
        line = json.dumps(entry.model_dump(mode="json"), ensure_ascii=False)
        self._file.write(line.encode() + b"\n")

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class StoredEntries(Sequence[EpisodeEntry]):
    """Entries of an export, each read from its line when it is asked for."""

    def __init__(self, folder: Path, facts: ExportFacts) -> None:
        """Entries of a folder, every line looked at once.

        Raises:
            DatasetError: if the file is not the one that was written.
        """
        self._path = folder / EPISODE_LINES
        self._starts = array("q", [0])
        self.outcomes: list[str] = []
        stated, hashed = facts.files.get(EPISODE_LINES), hashlib.sha256()
        try:
            with self._path.open("rb") as lines:
                for line in lines:
                    hashed.update(line)
                    self._starts.append(self._starts[-1] + len(line))
        except OSError as error:
            raise DatasetError(f"{self._path}: missing ({first_fault(error)}); export again") from None
        if stated is None or hashed.hexdigest() != stated.sha256:
            raise DatasetError(f"{self._path}: changed since the export; export again")
        self.outcomes = [intern(entry.outcome) for entry in self]

    def _entry(self, line: bytes) -> EpisodeEntry:
        try:
            return EpisodeEntry.model_validate_json(line)
        except ValidationError as error:
            raise DatasetError(f"{self._path}: damaged ({first_fault(error)}); export again") from None

    @overload
    def __getitem__(self, place: int) -> EpisodeEntry: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[EpisodeEntry, ...]: ...
    def __getitem__(self, place: int | slice) -> EpisodeEntry | tuple[EpisodeEntry, ...]:
        if isinstance(place, slice):
            return tuple(self[one] for one in range(len(self))[place])
        at = range(len(self))[place]
        with self._path.open("rb") as lines:
            lines.seek(self._starts[at])
            return self._entry(lines.read(self._starts[at + 1] - self._starts[at]))

    def __iter__(self) -> Iterator[EpisodeEntry]:
        with self._path.open("rb") as lines:
            yield from map(self._entry, lines)

    def __len__(self) -> int:
        return len(self._starts) - 1
