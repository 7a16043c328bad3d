"""The files of a dataset as they are held for all of it: about a hundred bytes each."""

from array import array
from collections.abc import ItemsView, Iterable, Iterator, Mapping
from typing import Self

import numpy as np
import numpy.typing as npt
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from envirosense.datasets.fingerprints import DIGEST_BYTES, digest_of
from envirosense.datasets.shard import FileRecord


class FileList(Mapping[str, FileRecord]):
    """Records of files by their path inside the dataset, in the order in which they were added."""

    def __init__(self, files: Iterable[tuple[str, FileRecord]] = ()) -> None:
        self._text = bytearray()  # all paths, one behind the other
        self._ends = array("q", [0])
        self._rows, self._bytes = array("q"), array("q")
        self._digests = bytearray()
        self._sorted: tuple[npt.NDArray[np.bytes_], npt.NDArray[np.intp]] | None = None
        for place, record in files:
            self.add(place, record)

    def add(self, place: str, record: FileRecord) -> None:
        """Add a file that is not there yet."""
        self.append(place.encode(), record.rows, record.bytes, digest_of(record.sha256))

    def append(self, place: bytes, rows: int, n_bytes: int, digest: bytes) -> None:
        """Add a file that is not there yet, without its record."""
        self._text += place
        self._ends.append(len(self._text))
        self._rows.append(rows)
        self._bytes.append(n_bytes)
        self._digests += digest
        self._sorted = None

    def in_order(self) -> Iterator[tuple[str, FileRecord]]:
        """Paths and records, sorted by path."""
        _, order = self._by_place()
        return ((self._place(row).decode(), self._record(row)) for row in order.tolist())

    def _by_place(self) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.intp]]:
        """All paths, and the order that sorts them."""
        if self._sorted is None:
            places = np.fromiter(map(self._place, range(len(self))), f"S{max(self._widest, 1)}", len(self))
            self._sorted = places, np.argsort(places, kind="stable")
        return self._sorted

    @property
    def _widest(self) -> int:
        return int(np.diff(np.frombuffer(self._ends, np.int64)).max(initial=0))

    def _place(self, row: int) -> bytes:
        return bytes(self._text[self._ends[row] : self._ends[row + 1]])

    def _record(self, row: int) -> FileRecord:
        digest = self._digests[DIGEST_BYTES * row : DIGEST_BYTES * (row + 1)]
        return FileRecord.model_construct(rows=self._rows[row], bytes=self._bytes[row], sha256=digest.hex())

    def _row(self, place: object) -> int | None:
        if not isinstance(place, str) or len(wanted := place.encode()) > self._widest:
            return None
        places, order = self._by_place()
        at = int(np.searchsorted(places, np.array(wanted, places.dtype), sorter=order))
        return int(order[at]) if at < len(order) and places[order[at]] == wanted else None

    @property
    def n_bytes(self) -> int:
        """Size of all together [B]."""
        return sum(self._bytes)

    def pairs(self) -> Iterator[tuple[str, FileRecord]]:
        """Paths and records, in order."""
        return ((self._place(row).decode(), self._record(row)) for row in range(len(self)))

    def items(self) -> ItemsView[str, FileRecord]:
        """Paths and records, in order."""
        return _Items(self)

    def __getitem__(self, place: str) -> FileRecord:
        if (row := self._row(place)) is None:
            raise KeyError(place)
        return self._record(row)

    def __contains__(self, place: object) -> bool:
        return self._row(place) is not None

    def __iter__(self) -> Iterator[str]:
        return (self._place(row).decode() for row in range(len(self)))

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"FileList({len(self)})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """As a field: made from a mapping of paths to records, written as one."""
        return core_schema.no_info_plain_validator_function(
            cls._read,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda found: {place: record.model_dump(mode="json") for place, record in found.items()}
            ),
        )

    @classmethod
    def _read(cls, found: object) -> Self:
        if isinstance(found, cls):
            return found
        if not isinstance(found, Mapping):
            raise ValueError("must be a mapping of paths to records")
        records = found.items()
        return cls((str(place), FileRecord.model_validate(record)) for place, record in records)


class _Items(ItemsView[str, FileRecord]):
    """Paths and records, without a look-up of each."""

    def __init__(self, files: FileList) -> None:
        super().__init__(files)
        self._files = files

    def __iter__(self) -> Iterator[tuple[str, FileRecord]]:
        return self._files.pairs()
