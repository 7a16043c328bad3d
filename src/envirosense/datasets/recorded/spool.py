"""Rows of logs set aside on disk while a dataset is planned, so that memory holds one episode of them."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from envirosense.datasets.files import storing
from envirosense.datasets.recorded.log_table import Ints, LogTable, Words


@dataclass(frozen=True, slots=True)
class Place:
    """Where some rows of a log lie in a spool."""

    path: Path  # of the log
    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    offset: int  # of the first row, in bytes
    n_rows: int


class Spool:
    """A file without a name beside the dataset, which ends with the process; use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with storing(folder):
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by `__exit__`)
        self._n_bytes = 0
        self._codes: dict[str, int] = {}  # of every name
        self._names: list[str] = []

    @classmethod
    def beside(cls, out: Path) -> Self:
        """Spool on the disk that a folder, which may not be there yet, will be on."""
        absolute = out.expanduser().absolute()
        return cls(next(one for one in (absolute, *absolute.parents) if one.is_dir()))

    def add(self, table: LogTable) -> Place:
        """Write rows behind those that are there."""
        place = Place(table.path, tuple(table.numbers), tuple(table.texts), self._n_bytes, len(table))
        rows = np.empty(len(table), _kind(place))
        rows["line"], rows["time_us"] = table.line, table.time_us
        for at, column in enumerate(table.numbers.values()):
            rows["numbers"][:, at] = column
        for at, words in enumerate(table.texts.values()):
            rows["texts"][:, at] = [self._code(word) for word in words]
        with storing(self.folder):
            self._file.seek(self._n_bytes)
            self._file.write(rows.tobytes())
            self._file.flush()
        self._n_bytes += rows.nbytes
        return place

    def _code(self, word: str) -> int:
        if word not in self._codes:
            self._codes[word] = len(self._names)
            self._names.append(word)
        return self._codes[word]

    def read(self, place: Place, first: int = 0, most: int | None = None) -> LogTable:
        """Rows of a place from `first` on, at most `most` of them."""
        kind = _kind(place)
        n_rows = place.n_rows - first if most is None else min(most, place.n_rows - first)
        with storing(self.folder):
            self._file.seek(place.offset + first * kind.itemsize)
            rows = np.frombuffer(self._file.read(n_rows * kind.itemsize), kind)
        return LogTable(
            place.path,
            rows["line"].copy(),
            rows["time_us"].copy(),
            {name: rows["numbers"][:, at].copy() for at, name in enumerate(place.numbers)},
            {name: self._words(rows["texts"][:, at]) for at, name in enumerate(place.texts)},
        )

    def _words(self, codes: Ints) -> Words:
        return np.array([self._names[code] for code in codes], object)

    def blocks(self, place: Place, n_rows: int) -> Iterator[LogTable]:
        """Rows of a place, some at a time."""
        for first in range(0, place.n_rows, n_rows):
            yield self.read(place, first, n_rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _kind(place: Place) -> np.dtype[np.void]:
    return np.dtype(
        [
            ("line", "<i8"),
            ("time_us", "<i8"),
            ("numbers", "<f8", (len(place.numbers),)),
            ("texts", "<i8", (len(place.texts),)),
        ]
    )
