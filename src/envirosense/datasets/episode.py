"""Reader of one stored episode."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import DatasetError, UnknownNameError
from envirosense.datasets.frames import HIGH_PLANE, LOW_PLANE, FrameLayout, Frames, table_frames
from envirosense.datasets.manifest import EPISODES, Manifest
from envirosense.datasets.versions import episodes_path

_FOOTER_BYTES: Final = 2**23  # in the files; in memory about 70 MB


def damaged(path: Path, error: Exception) -> DatasetError:
    """Error for a file that cannot be read, with the fix."""
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return DatasetError(
        f"{path}: damaged or missing ({reason}); restore the file or generate the dataset again"
    )


class Footers:
    """Parquet footers of the files that were opened last, so that they are not read again and again.

    In memory a footer takes some eight times its size in the file, 0.8 kB a column and row group.
    """

    def __init__(self) -> None:
        self._held: dict[str, pq.FileMetaData] = {}
        self._n_bytes = 0

    def get(self, place: str) -> pq.FileMetaData | None:
        """Footer of a file, where it is still held."""
        return self._held.get(place)

    def keep(self, place: str, footer: pq.FileMetaData) -> None:
        """Hold a footer, and let go of the oldest ones when all together are too large."""
        if place in self._held:
            return
        self._held[place] = footer
        self._n_bytes += footer.serialized_size
        while self._n_bytes > _FOOTER_BYTES and len(self._held) > 1:
            oldest = self._held.pop(next(iter(self._held)), None)
            self._n_bytes -= oldest.serialized_size if oldest is not None else 0

    def __len__(self) -> int:
        return len(self._held)


@dataclass(slots=True)
class Files:
    """Open dataset folder; Parquet footers are read once as long as not too many files are open."""

    folder: Path
    manifest: Manifest
    _footers: Footers = field(default_factory=Footers)
    _schemas: dict[str, pa.Schema] = field(default_factory=dict)

    def path(self, place: str) -> Path:
        """Where a file of the dataset lies; each version of a grown dataset has its own episode table."""
        return episodes_path(self.folder, self.manifest) if place == EPISODES else self.folder / place

    def open(self, place: str) -> pq.ParquetFile:
        """Parquet file of the dataset.

        Raises:
            DatasetError: if it is missing or damaged.
        """
        path = self.path(place)
        try:
            opened = pq.ParquetFile(path, metadata=self._footers.get(place))
        except (OSError, pa.ArrowException) as error:
            raise damaged(path, error) from None
        self._footers.keep(place, opened.metadata)
        return opened

    def schema(self, stream: str) -> pa.Schema:
        """Schema of a stream.

        Raises:
            UnknownNameError: if the dataset has no such stream.
        """
        if stream not in self.manifest.streams:
            raise UnknownNameError("stream", stream, self.manifest.streams)
        if stream not in self._schemas:
            place = next(place for place in self.manifest.files if place.startswith(f"{stream}/"))
            with self.open(place) as opened:
                self._schemas[stream] = opened.schema_arrow
        return self._schemas[stream]

    def read(self, place: str, row_groups: range, columns: Sequence[str] | None) -> pa.Table:
        """Rows of some row groups of a file."""
        try:
            with self.open(place) as opened:
                return opened.read_row_groups(list(row_groups), columns=columns, use_threads=False)
        except (OSError, pa.ArrowException) as error:
            raise damaged(self.path(place), error) from None


class Episode:
    """One finished episode: its spec, its row of the episode table, its streams."""

    def __init__(self, files: Files, row: dict[str, Any]) -> None:
        self._files = files
        self.row = row
        self.episode_id: str = row["episode_id"]
        self.split: str = row["split"]
        self.group: str = row["group"]
        self.scenario: str = row["scenario"]
        self.category: str = row["category"]
        self.outcome: str = row["outcome"]
        self.reason: str = row["reason"]

    @cached_property
    def spec(self) -> EpisodeSpec:
        """What the episode was asked to be."""
        return EpisodeSpec.model_validate_json(self.row["spec"])

    @cached_property
    def summary(self) -> dict[str, Any]:
        """What the episode reported about itself."""
        summary: dict[str, Any] = json.loads(self.row["summary"])
        return summary

    @cached_property
    def content_hashes(self) -> dict[str, str]:
        """Content hash by stream."""
        hashes: dict[str, str] = json.loads(self.row["content_hashes"])
        return hashes

    @cached_property
    def locations(self) -> dict[str, dict[str, Any]]:
        """File, first row group, number of row groups and rows, by stream."""
        locations: dict[str, dict[str, Any]] = json.loads(self.row["locations"])
        return locations

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the streams it wrote, sorted."""
        return tuple(sorted(self.locations))

    def row_count(self, stream: str) -> int:
        """Rows of a stream, 0 for one it did not write, without reading them."""
        return int(self.locations.get(stream, {"rows": 0})["rows"])

    def schema(self, stream: str) -> pa.Schema:
        """Schema of a stream, without reading rows."""
        return self._files.schema(stream)

    def batches(self, stream: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Rows of one stream in tick order, at most one row group at a time."""
        place = self.locations.get(stream, {"first_row_group": 0, "row_groups": 0})
        for group in range(place["first_row_group"], place["first_row_group"] + place["row_groups"]):
            yield from self._files.read(place["file"], range(group, group + 1), columns).to_batches()

    def table(self, stream: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows of one stream, in tick order; only the episode's own row groups are read.

        Raises:
            UnknownNameError: for a stream or column the dataset does not have.
        """
        schema = self._files.schema(stream)
        for name in columns or ():
            if name not in schema.names:
                raise UnknownNameError("column", name, schema.names)
        place = self.locations.get(stream)
        if place is None or not place["row_groups"]:
            empty = schema.empty_table()
            return empty if columns is None else empty.select(list(columns))
        groups = range(place["first_row_group"], place["first_row_group"] + place["row_groups"])
        table = self._files.read(place["file"], groups, columns)
        return table if columns is None else table.select(list(columns))

    def frames(self, stream: str = "thermal") -> Frames:
        """Frames (frame, row, column) of raw 16-bit counts; `frame_values` gives them in a unit."""
        return table_frames(self.table(stream, (LOW_PLANE, HIGH_PLANE)))

    def frame_values(self, stream: str = "thermal") -> npt.NDArray[np.float32]:
        """Frames (frame, row, column) in the unit of the stream's frames, kelvin for `thermal`.

        The thermal camera counts in 0.02 K; scale, offset and unit are in the field metadata.
        """
        layout = FrameLayout.of(self.schema(stream).field(LOW_PLANE))
        return self.frames(stream) * np.float32(layout.scale) + np.float32(layout.offset)

    def __repr__(self) -> str:
        return f"Episode({self.episode_id}, {self.scenario}, {self.split}, {self.outcome})"
