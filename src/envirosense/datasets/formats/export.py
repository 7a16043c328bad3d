"""Reader of an export: the same episodes as the dataset's, whatever holds their rows."""

import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.errors import DatasetError, UnknownNameError
from envirosense.datasets.formats.base import FileFormat
from envirosense.datasets.formats.documents import (
    EPISODE_LINES,
    EXPORT,
    EpisodeEntry,
    ExportFacts,
    StoredEntries,
    first_fault,
)
from envirosense.datasets.formats.registry import FORMATS
from envirosense.datasets.frames import LOW_PLANE, FrameLayout, Frames, table_frames
from envirosense.datasets.hashing import FAILED, LogicalHash, content_hash

type Load = Callable[[EpisodeEntry, str], pa.Table]

_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    pa.ArrowException,
    sqlite3.Error,
    zipfile.BadZipFile,
)  # what the libraries raise on rows that are not as they were written


class ExportedEpisode:
    """One episode of an export."""

    def __init__(self, entry: EpisodeEntry, schemas: Mapping[str, pa.Schema], load: Load) -> None:
        self.entry = entry
        self._schemas = schemas
        self._load = load

    @property
    def episode_id(self) -> str:
        """First 16 hexadecimal digits of the spec's fingerprint."""
        return self.entry.episode_id

    @property
    def scenario(self) -> str:
        """Scenario, category/name."""
        return self.entry.scenario

    @property
    def split(self) -> str:
        """Split it belongs to."""
        return self.entry.split

    @property
    def outcome(self) -> str:
        """`ok` or `failed`."""
        return self.entry.outcome

    @property
    def reason(self) -> str:
        """Why it failed, "" otherwise."""
        return self.entry.reason

    @cached_property
    def spec(self) -> EpisodeSpec:
        """What it was asked to be.

        Raises:
            DatasetError: if it is not the spec its id was made from.
        """
        found = EpisodeSpec.parse(self.entry.spec, "spec")
        if found.episode_id != self.episode_id:
            raise DatasetError(f"episode {self.episode_id}: its spec is of episode {found.episode_id}")
        return found

    @property
    def summary(self) -> JsonObject:
        """What it reported about itself."""
        return self.entry.summary

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of its streams, sorted."""
        return tuple(sorted(self.entry.streams))

    def row_count(self, stream: str) -> int:
        """Rows of a stream, 0 for one it did not write."""
        found = self.entry.streams.get(stream)
        return 0 if found is None else found.rows

    def schema(self, stream: str) -> pa.Schema:
        """Schema of a stream.

        Raises:
            UnknownNameError: for a stream that the export does not have.
        """
        if stream not in self._schemas:
            raise UnknownNameError("stream", stream, self._schemas)
        return self._schemas[stream]

    def table(self, stream: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows of one stream, in tick order.

        Raises:
            UnknownNameError: for a stream that the export does not have.
            DatasetError: if the rows are damaged.
        """
        schema, place = self.schema(stream), self.entry.streams.get(stream)
        if place is None or not place.rows:
            table = schema.empty_table()
        else:
            table = self._load(self.entry, stream)
            if table.num_rows != place.rows:
                raise DatasetError(
                    f"stream {stream!r} of episode {self.episode_id}: "
                    f"{table.num_rows} rows instead of {place.rows}"
                )
        return table if columns is None else table.select(list(columns))

    def frames(self, stream: str = "thermal") -> Frames:
        """Frames (frame, row, column) of raw 16-bit counts; `frame_values` gives them in a unit."""
        return table_frames(self.table(stream))

    def frame_values(self, stream: str = "thermal") -> npt.NDArray[np.float32]:
        """Frames (frame, row, column) in the unit of the stream's frames, kelvin for `thermal`."""
        layout = FrameLayout.of(self.schema(stream).field(LOW_PLANE))
        return self.frames(stream) * np.float32(layout.scale) + np.float32(layout.offset)

    def __repr__(self) -> str:
        return f"ExportedEpisode({self.episode_id}, {self.scenario}, {self.split}, {self.outcome})"


class Export:
    """Episodes of an export; iterating gives the usable ones, in dataset order."""

    def __init__(self, facts: ExportFacts, entries: Sequence[EpisodeEntry], load: Load) -> None:
        self.facts = facts
        self.entries = entries
        self._schemas = {name: columns.schema for name, columns in facts.streams.items()}
        self._load = load

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """The export in a folder, whatever its format.

        Raises:
            DatasetError: if there is none, it is unfinished or damaged.
            UnknownNameError: if its format is not installed.
        """
        folder = Path(path).expanduser().absolute()
        facts = ExportFacts.load(folder)
        kind = FORMATS[facts.format]
        if not issubclass(kind, FileFormat):
            raise DatasetError(f"{folder}: format {facts.format!r} is not one on disk")
        for place in facts.files:
            if Path(place).is_absolute() or ".." in Path(place).parts:
                raise DatasetError(f"{folder / EXPORT}: names a file outside the folder ({place})")
        held = kind()
        schemas = {name: columns.schema for name, columns in facts.streams.items()}

        def load(entry: EpisodeEntry, stream: str) -> pa.Table:
            try:
                if str(entry.streams[stream].place.get("file", EPISODE_LINES)) not in facts.files:
                    raise ValueError("its file is none of the export")
                return held.table(folder, entry, stream, schemas[stream])
            except _DAMAGE as error:
                raise DatasetError(
                    f"{folder}: stream {stream!r} of episode {entry.episode_id} cannot be read "
                    f"({first_fault(error)}); export again"
                ) from None

        return cls(facts, StoredEntries(folder, facts), load)

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of its streams, sorted."""
        return tuple(sorted(self._schemas))

    def schema(self, stream: str) -> pa.Schema:
        """Schema of a stream; units and descriptions are in the field metadata.

        Raises:
            UnknownNameError: for a stream that the export does not have.
        """
        if stream not in self._schemas:
            raise UnknownNameError("stream", stream, self._schemas)
        return self._schemas[stream]

    def _episodes(self, outcome: str) -> Iterator[ExportedEpisode]:
        return (
            ExportedEpisode(entry, self._schemas, self._load)
            for entry in self.entries
            if entry.outcome == outcome
        )

    def __iter__(self) -> Iterator[ExportedEpisode]:
        return self._episodes("ok")

    def __len__(self) -> int:
        return self.facts.n_episodes

    @property
    def failed(self) -> tuple[ExportedEpisode, ...]:
        """Episodes that could not be simulated."""
        return tuple(self._episodes(FAILED))

    def episode(self, prefix: str) -> ExportedEpisode:
        """The usable episode whose id starts with the prefix.

        Raises:
            UnknownNameError: if there is none, or more than one.
        """
        found = [one for one in self if one.episode_id.startswith(prefix)]
        if len(found) != 1:
            raise UnknownNameError("episode", prefix, [one.episode_id for one in self])
        return found[0]

    def recompute_logical_hash(self) -> str:
        """Logical hash computed again from the rows read."""
        found = LogicalHash()
        for one in self._episodes(FAILED):
            found.add(one.episode_id, FAILED)
        for one in self:
            for name in one.streams:
                found.add(one.episode_id, name, content_hash(one.table(name)))
        return found.hexdigest()

    def __repr__(self) -> str:
        return f"Export({self.facts.format!r}, {len(self)} episodes, {self.facts.part})"
