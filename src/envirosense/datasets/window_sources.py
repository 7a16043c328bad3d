"""Where windows read from: an episode in memory, or one on disk a row group at a time."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

import pyarrow as pa

from envirosense.core.episode import EpisodeSpec
from envirosense.datasets.episode import Episode

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


class StoredStream:
    """Stream of a stored episode."""

    def __init__(self, episode: Episode, stream: str) -> None:
        self._episode = episode
        self._stream = stream

    @property
    def schema(self) -> pa.Schema:
        """Columns and role."""
        return self._episode.schema(self._stream)

    def batches(self, columns: Columns = None) -> Iterator[pa.RecordBatch]:
        """Row group by row group."""
        return self._episode.batches(self._stream, columns)


def memory_streams(episode: WindowSource) -> Mapping[str, StreamSource]:
    """Streams of an episode that is in memory."""
    return {name: TableStream(episode.table(name)) for name in episode.streams}


def stored_streams(episode: Episode) -> Mapping[str, StreamSource]:
    """Streams of a stored episode."""
    return {name: StoredStream(episode, name) for name in episode.streams}
