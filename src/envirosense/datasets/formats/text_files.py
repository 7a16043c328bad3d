"""Rows as text: one file a stream and split; each episode's rows are one span of bytes in it."""

from abc import abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, ClassVar

import pyarrow as pa

from envirosense.core.episode import JsonObject
from envirosense.datasets.episode import Episode
from envirosense.datasets.formats.base import RowFormat, RowWriter, Schemas
from envirosense.datasets.formats.columns import canonical_batch, canonical_schema
from envirosense.datasets.formats.documents import EpisodeEntry
from envirosense.datasets.formats.odd_values import OddValues, add_odd, as_place, find_odd, with_odd


class TextFormat(RowFormat):
    """Base of formats whose rows are lines of text."""

    suffix: ClassVar[str]
    between: ClassVar[bytes] = b""  # two batches of rows
    footer: ClassVar[bytes] = b""

    @abstractmethod
    def header(self, schema: pa.Schema) -> bytes:
        """First bytes of a file."""

    @abstractmethod
    def encoded(self, batch: pa.RecordBatch) -> bytes | pa.Buffer:
        """Rows of canonical types as text."""

    @abstractmethod
    def decoded(self, data: bytes, schema: pa.Schema) -> pa.Table:
        """Rows from the span of an episode."""

    def writer(self, folder: Path, schemas: Schemas, compression: str) -> RowWriter:
        """Writer of text files."""
        return _TextWriter(self, folder, schemas)

    def table(self, folder: Path, entry: EpisodeEntry, stream: str, schema: pa.Schema) -> pa.Table:
        """Rows of one stream of an episode."""
        place = entry.streams[stream].place
        with (folder / stream / f"{entry.split}.{self.suffix}").open("rb") as opened:
            opened.seek(int(str(place["at"])))
            table = self.decoded(opened.read(int(str(place["bytes"]))), schema)
        return with_odd(table, place)


class _TextWriter(RowWriter):
    def __init__(self, kind: TextFormat, folder: Path, schemas: Schemas) -> None:
        self._kind = kind
        self._folder = folder
        self._schemas = {name: canonical_schema(schema) for name, schema in schemas.items()}
        self._files: dict[tuple[str, str], BinaryIO] = {}
        self._started: set[tuple[str, str]] = set()  # those that hold rows

    def _opened(self, split: str, stream: str) -> BinaryIO:
        if (split, stream) not in self._files:
            path = self._folder / stream / f"{split}.{self._kind.suffix}"
            path.parent.mkdir(exist_ok=True)
            self._files[split, stream] = path.open("wb")
            self._files[split, stream].write(self._kind.header(self._schemas[stream]))
        return self._files[split, stream]

    def add(self, episode: Episode, stream: str, batches: Iterable[pa.RecordBatch]) -> JsonObject:
        """Append the rows of a stream; their span."""
        key, first_row = (episode.split, stream), 0
        odd: OddValues = {}
        opened, at = self._opened(*key), None
        for batch in batches:
            if not batch.num_rows:
                continue
            plain = canonical_batch(batch, self._schemas[stream])
            if key in self._started:
                opened.write(self._kind.between)
            self._started.add(key)
            at = opened.tell() if at is None else at
            opened.write(self._kind.encoded(plain))
            add_odd(odd, find_odd(plain, first_row))
            first_row += batch.num_rows
        at = opened.tell() if at is None else at
        return {"at": at, "bytes": opened.tell() - at, **as_place(odd)}

    def close(self) -> None:
        """Write the footers."""
        for opened in self._files.values():
            with opened:
                opened.write(self._kind.footer)
