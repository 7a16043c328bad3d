"""What a format is: something a dataset is turned into and read back from without a changed bit."""

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa

from envirosense.core.episode import JsonObject
from envirosense.core.errors import ConfigError, DatasetError, UnknownNameError
from envirosense.datasets.dataset import DatasetView
from envirosense.datasets.episode import Episode
from envirosense.datasets.files import file_sha256, write_whole
from envirosense.datasets.formats.columns import check_columns, plain_schema
from envirosense.datasets.formats.documents import (
    EPISODE_LINES,
    EXPORT,
    FILE_NAME,
    EpisodeEntry,
    EpisodeLines,
    ExportedFile,
    ExportFacts,
    StreamColumns,
)
from envirosense.datasets.formats.target import making
from envirosense.datasets.hashing import LogicalHash
from envirosense.datasets.manifest import MANIFEST
from envirosense.datasets.verify import DOCUMENTS

if TYPE_CHECKING:
    from envirosense.datasets.formats.export import Export

_NOT_COUNTED = DOCUMENTS - {MANIFEST, EPISODE_LINES}  # dated, or made anew by other commands

type Schemas = Mapping[str, pa.Schema]
type Told = Callable[[int, int], None]  # episodes done, episodes in all
type Placed = tuple[Episode, dict[str, JsonObject]]


def silent(_done: int, _total: int) -> None:
    """Say nothing about progress."""


class Format(ABC):
    """A form of a dataset, on disk or in memory."""

    name: ClassVar[str]
    title: ClassVar[str]  # for whom, in a few words


class RowWriter(ABC):
    """Writer of one export, fed stream by stream."""

    @abstractmethod
    def add(self, episode: Episode, stream: str, batches: Iterable[pa.RecordBatch]) -> JsonObject:
        """Write the rows of one stream of an episode; what the reader needs to find them."""

    def end_episode(self, entry: EpisodeEntry) -> None:  # noqa: B027  most formats have nothing to add
        """Every stream of the episode is written."""

    @abstractmethod
    def close(self) -> None:
        """Finish every file."""


class FileFormat(Format):
    """A format on disk: a folder of its own files beside `export.json` and `episodes.jsonl`."""

    compressions: ClassVar[tuple[str, ...]] = ("none",)  # the first is the default
    holds_any_column: ClassVar[bool] = False

    @abstractmethod
    def entries(
        self, view: DatasetView, target: Path, schemas: Schemas, compression: str, on_episode: Told
    ) -> Iterator[EpisodeEntry]:
        """Entry of each episode, once its rows are written into a prepared folder."""

    @abstractmethod
    def table(self, folder: Path, entry: EpisodeEntry, stream: str, schema: pa.Schema) -> pa.Table:
        """Rows of one stream of an episode."""

    def check_schemas(self, schemas: Schemas) -> None:
        """Refuse streams that the format cannot hold, before anything is written."""
        for name, schema in schemas.items():
            if not self.holds_any_column:
                check_columns(name, schema, self.name)

    def write(
        self,
        view: DatasetView,
        folder: Path | str,
        *,
        streams: Sequence[str] | None = None,
        compression: str = "",
        on_episode: Told = silent,
    ) -> ExportFacts:
        """Facts of a new export of a dataset or a view of one, written episode by episode.

        Nothing is left behind where it fails.

        Raises:
            ConfigError: for an unknown stream or compression, nothing to export, a target that is not empty.
            DatasetError: if the dataset is damaged, or the format cannot hold one of its columns.
            StorageError: if the disk refuses.
        """
        chosen = compression or self.compressions[0]
        if chosen not in self.compressions:
            raise UnknownNameError("compression", chosen, self.compressions)
        schemas = chosen_schemas(view, streams)
        _check_names(view, schemas)
        self.check_schemas(schemas)
        with making(folder) as target:
            facts = self._write_all(view, target, schemas, chosen, on_episode)
            facts = facts.model_copy(update={"files": files_in(target), "compression": chosen})
            write_whole(target / EXPORT, (facts.model_dump_json(indent=1) + "\n").encode())
        return facts

    def _write_all(
        self, view: DatasetView, target: Path, schemas: Schemas, compression: str, on_episode: Told
    ) -> ExportFacts:
        lines, tally = EpisodeLines(target), Tally()
        with closing(lines):
            for entry in self.entries(view, target, schemas, compression, on_episode):
                lines.add(entry)
                tally.add(entry)
        return tally.facts(self.name, view, schemas)

    def read(self, folder: Path | str) -> "Export":
        """The export in a folder.

        Raises:
            DatasetError: if there is none, it is damaged, or of another format.
        """
        from envirosense.datasets.formats.export import Export

        found = Export.open(folder)
        if found.facts.format != self.name:
            raise DatasetError(f"{folder}: is an export to {found.facts.format}, not to {self.name}")
        return found


class RowFormat(FileFormat):
    """A format on disk that is written stream by stream, as the episodes come."""

    @abstractmethod
    def writer(self, folder: Path, schemas: Schemas, compression: str) -> RowWriter:
        """Writer into a prepared folder."""

    def entries(
        self, view: DatasetView, target: Path, schemas: Schemas, compression: str, on_episode: Told
    ) -> Iterator[EpisodeEntry]:
        """Entry of each episode, once its rows are written."""
        total = len(view.table)
        with closing(self.writer(target, schemas, compression)) as writer:
            for done, episode in enumerate(all_episodes(view), start=1):
                names = [name for name in episode.streams if name in schemas]
                places = {
                    name: writer.add(episode, name, plain_batches(episode, name, schemas[name]))
                    for name in names
                }
                entry = EpisodeEntry.of(episode, places)
                if entry.outcome == "ok":
                    writer.end_episode(entry)
                yield entry
                on_episode(done, total)


def files_in(folder: Path) -> dict[str, ExportedFile]:
    """Size and checksum of every file of an export but hidden ones, and documents such as a card."""
    found = {}
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder).as_posix()
        if path.is_file() and not place.startswith(".") and place not in _NOT_COUNTED:
            found[place] = ExportedFile(bytes=path.stat().st_size, sha256=file_sha256(path))
    return found


class Tally:
    """What the facts of an export are counted from."""

    def __init__(self) -> None:
        self._hashed = LogicalHash()
        self._splits: Counter[str] = Counter()
        self._failed = 0

    def add(self, entry: EpisodeEntry) -> None:
        """Count an episode."""
        for said in entry.hash_entries:
            self._hashed.add(*said)
        if entry.outcome == "ok":
            self._splits[entry.split] += 1
        else:
            self._failed += 1

    def facts(self, name: str, view: DatasetView, schemas: Schemas) -> ExportFacts:
        """Facts of what was counted."""
        manifest = view.manifest
        return ExportFacts(
            format=name,
            compression="none",
            name=manifest.name,
            twin=manifest.twin,
            seed=manifest.seed,
            code_version=manifest.code_version,
            dataset_hash=manifest.logical_hash,
            part_hash=self._hashed.hexdigest(),
            splits=dict(sorted(self._splits.items())),
            failed=self._failed,
            streams={name: StreamColumns.of(schema) for name, schema in schemas.items()},
        )


def chosen_schemas(view: DatasetView, streams: Sequence[str] | None) -> dict[str, pa.Schema]:
    """Schemas of the streams to export, by name; all of them for None.

    Raises:
        UnknownNameError: for a stream that the dataset does not have.
        ConfigError: if there is no episode to export.
    """
    if not len(view.table):
        raise ConfigError("episodes", 0, "no episode is left to export; choose others")
    names = view.streams if streams is None else tuple(sorted(set(streams)))
    return {name: plain_schema(view.schema(name)) for name in names}


def _check_names(view: DatasetView, schemas: Schemas) -> None:
    """Refuse streams and splits whose names would put a file outside the folder."""
    for name in sorted({*schemas, *view.short["split"].to_pylist()}):
        if not re.search(FILE_NAME, name):
            raise DatasetError(f"stream or split {name!r}: cannot name a file; the dataset is damaged")


def all_episodes(view: DatasetView) -> Iterator[Episode]:
    """Episodes in dataset order, failed ones among them."""
    return (Episode(view.files, view.table.row(row)) for row in range(len(view.table)))


def plain_batches(episode: Episode, stream: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Rows of a stream, a row group at a time, with a schema free of what the reader added."""
    for batch in episode.batches(stream):
        yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)
