"""Where windows read from: an episode in memory, or one on disk a row group at a time."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from envirosense.core.episode import EpisodeSpec
from envirosense.datasets.episode import Episode, damaged

type Columns = list[str] | None  # None: all


class WindowSource(Protocol):
    """What a window is cut from: a finished episode."""

    @property
    def spec(self) -> EpisodeSpec:
        """What the episode was asked to be."""
        ...

    @property
    def streams(self) -> Collection[str]:
        """Names of the streams it has."""
        ...

    def table(self, stream: str) -> pa.Table:
        """All rows of one stream, in tick order."""
        ...


class StreamSource(Protocol):
    """One stream of an episode, read in pieces."""

    @property
    def schema(self) -> pa.Schema:
        """Columns and role."""
        ...

    def batches(self, columns: Columns = None) -> Iterable[pa.RecordBatch]:
        """Rows in tick order, a bounded number at a time."""
        ...


class TableStream:
    """Stream held in memory."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    @property
    def schema(self) -> pa.Schema:
        """Columns and role."""
        return self._table.schema

    def batches(self, columns: Columns = None) -> Iterable[pa.RecordBatch]:
        """The batches it was written in."""
        table = self._table if columns is None else self._table.select(columns)
        batches: list[pa.RecordBatch] = table.to_batches()
        return batches


class Footers:
    """Footers and schemas of the Parquet files of a dataset, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._footers: dict[str, pq.FileMetaData] = {}
        self._schemas: dict[str, pa.Schema] = {}

    def open(self, place: str) -> pq.ParquetFile:
        """Parquet file at a place inside the dataset.

        Raises:
            DatasetError: if it is missing or damaged.
        """
        path = self._folder / place
        try:
            opened = pq.ParquetFile(path, metadata=self._footers.get(place))
        except (OSError, pa.ArrowException) as error:
            raise damaged(path, error) from None
        self._footers[place] = opened.metadata
        return opened

    def schema(self, place: str) -> pa.Schema:
        """Schema of a file."""
        if place not in self._schemas:
            with self.open(place) as opened:
                self._schemas[place] = opened.schema_arrow
        return self._schemas[place]

    def batches(self, place: str, row_groups: range, columns: Columns) -> Iterator[pa.RecordBatch]:
        """Rows of some row groups of a file, one group in memory at a time."""
        with self.open(place) as opened:
            for row_group in row_groups:
                try:
                    rows = opened.read_row_group(row_group, columns, use_threads=False)
                except (OSError, pa.ArrowException) as error:
                    raise damaged(self._folder / place, error) from None
                yield from rows.to_batches()


class StoredStream:
    """Stream of a stored episode."""

    def __init__(self, footers: Footers, place: str, row_groups: range) -> None:
        self._footers = footers
        self._place = place
        self._row_groups = row_groups

    @property
    def schema(self) -> pa.Schema:
        """Columns and role."""
        return self._footers.schema(self._place)

    def batches(self, columns: Columns = None) -> Iterator[pa.RecordBatch]:
        """Row group by row group."""
        return self._footers.batches(self._place, self._row_groups, columns)


def memory_streams(episode: WindowSource) -> Mapping[str, StreamSource]:
    """Streams of an episode that is in memory."""
    return {name: TableStream(episode.table(name)) for name in episode.streams}


def stored_streams(footers: Footers, episode: Episode) -> Mapping[str, StreamSource]:
    """Streams of a stored episode."""
    return {
        name: StoredStream(
            footers,
            place["file"],
            range(place["first_row_group"], place["first_row_group"] + place["row_groups"]),
        )
        for name, place in episode.locations.items()
    }
