"""The episode table of a dataset: short columns in memory, long texts read when an episode is asked for.

A specification, a summary and the places of all streams take about ten thousand bytes an episode.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.datasets.episode import Files
from envirosense.datasets.manifest import EPISODES
from envirosense.datasets.versions import episodes_of

LONG: Final = ("params", "spec", "summary", "content_hashes", "locations")
_GROUPS_KEPT: Final = 12  # row groups of the table, of a thousand episodes each
_PIECE_ROWS: Final = 1000

type Places = npt.NDArray[np.int64]


class _Source(Protocol):
    """Whole rows of an episode table, by their place in it."""

    def row(self, place: int) -> dict[str, Any]:
        """One row."""
        ...

    def rows(self, places: Places, columns: Sequence[str] | None) -> pa.Table:
        """Some rows, whole or some columns of them."""
        ...

    @property
    def schema(self) -> pa.Schema:
        """Columns of whole rows."""
        ...


class _InMemory:
    """A table that is in memory as it is."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self.schema: pa.Schema = table.schema

    def row(self, place: int) -> dict[str, Any]:
        """One row."""
        found: dict[str, Any] = self._table.slice(place, 1).to_pylist()[0]
        return found

    def rows(self, places: Places, columns: Sequence[str] | None) -> pa.Table:
        """Some rows."""
        table = self._table if columns is None else self._table.select(list(columns))
        return table.take(pa.array(places))


class _OnDisk:
    """The table of a dataset folder; the row groups that were asked for last are in memory."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._kept: dict[tuple[int, tuple[str, ...] | None], pa.Table] = {}
        with files.open(EPISODES) as opened:
            self.schema: pa.Schema = opened.schema_arrow
            sizes = [opened.metadata.row_group(n).num_rows for n in range(opened.metadata.num_row_groups)]
        self._starts = np.cumsum([0, *sizes])

    def _group(self, number: int, columns: Sequence[str] | None = None) -> pa.Table:
        key = (number, None if columns is None else tuple(columns))
        found = self._kept.get(key)
        if found is None:
            found = self._files.read(EPISODES, range(number, number + 1), columns)
            while len(self._kept) >= _GROUPS_KEPT:
                self._kept.pop(next(iter(self._kept)), None)
            self._kept[key] = found
        return found

    def row(self, place: int) -> dict[str, Any]:
        """One row."""
        number = int(np.searchsorted(self._starts, place, side="right")) - 1
        found: dict[str, Any] = self._group(number).slice(place - int(self._starts[number]), 1).to_pylist()[0]
        return found

    def rows(self, places: Places, columns: Sequence[str] | None) -> pa.Table:
        """Some rows; row groups are read one by one where few are asked for."""
        numbers = np.searchsorted(self._starts, places, side="right") - 1
        wanted = np.unique(numbers)
        if 0 < len(wanted) <= _GROUPS_KEPT:
            groups = [self._group(int(number), columns) for number in wanted]
            first = np.cumsum([0, *(group.num_rows for group in groups)])[np.searchsorted(wanted, numbers)]
            read = pa.concat_tables(groups)
            own = read if columns is None else read.select(list(columns))
            return own.take(pa.array(first + places - self._starts[numbers]))
        every = self._files.read(EPISODES, range(len(self._starts) - 1), columns)
        table = every if columns is None else every.select(list(columns))
        return table.take(pa.array(places))

    def __getstate__(self) -> dict[str, Any]:
        """For another process: without the rows in memory."""
        return {**self.__dict__, "_kept": {}}


class EpisodeTable:
    """Rows of the episode table, all or some of them."""

    def __init__(self, source: _Source, places: Places, short: pa.Table) -> None:
        self._source, self._places = source, places
        self.short = short  # every row without the `LONG` columns

    @classmethod
    def in_memory(cls, table: pa.Table) -> Self:
        """Rows of a table that is in memory."""
        kept = [name for name in table.schema.names if name not in LONG]
        return cls(_InMemory(table), np.arange(table.num_rows), table.select(kept))

    @classmethod
    def stored(cls, files: Files) -> Self:
        """Rows of a dataset folder, in dataset order."""
        source = _OnDisk(files)
        n_groups = len(source._starts) - 1
        kept = [name for name in source.schema.names if name not in LONG]
        short = files.read(EPISODES, range(n_groups), kept).select(kept)
        numbered = short.append_column("_place", pa.array(np.arange(short.num_rows)))
        own = episodes_of(files.manifest, numbered).sort_by("index")
        return cls(source, own["_place"].to_numpy(), own.drop_columns("_place"))

    @property
    def schema(self) -> pa.Schema:
        """Columns of whole rows."""
        return self._source.schema

    def __len__(self) -> int:
        return len(self._places)

    def row(self, place: int) -> dict[str, Any]:
        """One row, whole."""
        return self._source.row(int(self._places[place]))

    def part(self, places: npt.NDArray[np.integer[Any]]) -> "EpisodeTable":
        """Some rows."""
        return EpisodeTable(self._source, self._places[places], self.short.take(pa.array(places)))

    def pieces(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """All rows, a thousand at a time, whole or some columns of them."""
        for first in range(0, len(self), _PIECE_ROWS):
            yield self._source.rows(self._places[first : first + _PIECE_ROWS], columns)

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows as an Arrow table, whole or some columns of them."""
        return self._source.rows(self._places, columns)
