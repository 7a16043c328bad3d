"""Where windows read from: an episode in memory, or one on disk a row group at a time."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from envirosense.core.episode import EpisodeSpec

if TYPE_CHECKING:
    from envirosense.datasets.episode import Episode


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

    def batches(self) -> Iterable[pa.RecordBatch]:
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

    def batches(self) -> Iterable[pa.RecordBatch]:
        """The batches it was written in."""
        return self._table.to_batches()


class StoredStream:
    """Stream of a stored episode; one row group is in memory at a time."""

    def __init__(self, path: Path, first_row_group: int, row_groups: int) -> None:
        self._path = path
        self._row_groups = range(first_row_group, first_row_group + row_groups)

    @property
    def schema(self) -> pa.Schema:
        """Columns and role."""
        with self._open() as opened:
            return opened.schema_arrow

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Row group by row group."""
        from envirosense.datasets.episode import damaged

        with self._open() as opened:
            for row_group in self._row_groups:
                try:
                    rows = opened.read_row_group(row_group, use_threads=False)
                except (OSError, pa.ArrowException) as error:
                    raise damaged(self._path, error) from None
                yield from rows.to_batches()

    def _open(self) -> pq.ParquetFile:
        from envirosense.datasets.episode import damaged

        try:
            return pq.ParquetFile(self._path)
        except (OSError, pa.ArrowException) as error:
            raise damaged(self._path, error) from None


def memory_streams(episode: WindowSource) -> Mapping[str, StreamSource]:
    """Streams of an episode that is in memory."""
    return {name: TableStream(episode.table(name)) for name in episode.streams}


def stored_streams(folder: Path, episode: "Episode") -> Mapping[str, StreamSource]:
    """Streams of an episode of the dataset in `folder`."""
    return {
        name: StoredStream(folder / place["file"], place["first_row_group"], place["row_groups"])
        for name, place in episode.locations.items()
    }
