"""Sink of an episode on disk: row groups of one shard's Parquet files."""

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from envirosense.core.config import FrozenModel
from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import DatasetError, EpisodeError
from envirosense.datasets.files import storing
from envirosense.datasets.frames import frame_planes
from envirosense.datasets.hashing import StreamHasher
from envirosense.datasets.schema import TICK, TIME_UTC, Keys, keyed_schema

SCALAR_GROUP_ROWS = 3600  # one hour of 1 Hz rows
FRAME_GROUP_ROWS = 300  # 2.9 MB of 80 x 60 frames
SPLIT = "BYTE_STREAM_SPLIT"
PLAIN = "PLAIN"  # numbers of few values, which the codec alone packs better and faster
RISING = "DELTA_BINARY_PACKED"  # ticks and their times: a row group of them takes a few hundred bytes
_TOLD = (SPLIT, RISING)  # encodings that the writer has to be told
_TICKS = {TICK.name: TICK.type, TIME_UTC.name: TIME_UTC.type}
SAMPLE_ROWS = 32  # frames that decide whether a plane is worth compressing
WORTH_PACKING = 0.6  # at most this share of the raw size; a saving of 15 % would double the time of writing
SAME_COLUMNS = "a twin must write every episode of a dataset with the same columns"


def row_group_rows(schema: pa.Schema) -> int:
    """Rows of a row group of a stream."""
    return FRAME_GROUP_ROWS if frame_planes(schema) else SCALAR_GROUP_ROWS


def parquet_writer(path: Path, schema: pa.Schema, sample: pa.Table | None = None) -> pq.ParquetWriter:
    """Writer with our codecs: LZ4 and dictionaries for scalars, frame planes plain.

    LZ4 writes scalars in 0.6 of the time of zstd-1 for 6 % more bytes. Columns of
    numbers that hardly repeat are split into byte streams, ticks are stored as their differences;
    `sample` decides whether a plane whose codec is `auto` is worth compressing.
    """
    columns = [_stored(field) for field in schema]
    codecs = {one.leaf: _codec(one, sample) for one in columns}
    levels = {leaf: 1 for leaf, codec in codecs.items() if codec == "zstd"}
    repeating = [one.leaf for one in columns if not one.encoding]
    return pq.ParquetWriter(
        path,
        schema,
        compression=codecs,
        compression_level=levels or None,
        use_dictionary=repeating or False,
        column_encoding={one.leaf: one.encoding for one in columns if one.encoding in _TOLD} or None,
        write_statistics=[one.leaf for one in columns if one.encoding in ("", RISING)],
    )


class _Stored(NamedTuple):
    """How one column is stored."""

    name: str
    leaf: str  # path of its values in the Parquet schema
    encoding: str  # "" is a dictionary
    codec: str


def _stored(field: pa.Field) -> _Stored:
    is_list = pa.types.is_list(field.type) or pa.types.is_large_list(field.type)
    leaf = f"{field.name}.list.element" if is_list else str(field.name)
    if _TICKS.get(field.name) == field.type:
        return _Stored(field.name, leaf, RISING, "none")
    facts = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    encoding = PLAIN if "shape" in facts else facts.get("encoding", "")
    return _Stored(field.name, leaf, encoding, facts.get("codec", "lz4"))


def _codec(column: _Stored, sample: pa.Table | None) -> str:
    if column.codec != "auto":
        return column.codec
    if sample is None or not sample.num_rows:
        return "zstd"
    raw = b"".join(sample[column.name].slice(0, SAMPLE_ROWS).to_pylist())
    packed = pa.Codec("zstd", compression_level=1).compress(raw)
    return "zstd" if len(packed) < WORTH_PACKING * len(raw) else "none"


class StreamFile:
    """One temporary Parquet file of a shard."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self.schema = schema
        self.n_row_groups = 0
        self.n_rows = 0
        self._writer: pq.ParquetWriter | None = None

    def _opened(self, sample: pa.Table | None = None) -> pq.ParquetWriter:
        if self._writer is None:
            self._writer = parquet_writer(self.path, self.schema, sample)
        return self._writer

    def append(self, rows: pa.Table) -> None:
        """Write rows as one row group."""
        with storing(self.path):
            self._opened(rows).write_table(rows, row_group_size=rows.num_rows)
        self.n_row_groups += 1
        self.n_rows += rows.num_rows

    def close(self) -> None:
        """Write the footer."""
        with storing(self.path):
            self._opened().close()

    def discard(self) -> None:
        """Drop the file, whatever state it is in."""
        if self._writer is not None:
            try:
                self._writer.close()
            except (OSError, pa.ArrowException):
                self._writer.is_open = False  # or its finaliser would try once more
        with suppress(OSError):  # what stopped the shard is the error to report
            self.path.unlink()


class StreamLayout:
    """What the columns of a stream say about how it is stored."""

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema  # as the twin writes it
        self.stored = keyed_schema(schema)
        self.group_rows = row_group_rows(schema)
        self.hasher = StreamHasher(self.stored)  # fed nothing


class ShardFiles:
    """Temporary files of one shard, one a stream, opened when a stream first appears."""

    def __init__(self, folder: Path, stem: str) -> None:
        self._folder = folder
        self._stem = stem
        self._layouts: dict[str, StreamLayout] = {}
        self.streams: dict[str, StreamFile] = {}

    def layout(self, name: str, schema: pa.Schema) -> StreamLayout:
        """Layout of a stream, the same object while its columns stay the same."""
        found = self._layouts.get(name)
        if found is None or not found.schema.equals(schema, check_metadata=True):
            check_stream_name(name)
            found = self._layouts[name] = StreamLayout(schema)
        return found

    def stream(self, name: str, schema: pa.Schema) -> StreamFile:
        """File of a stream.

        Raises:
            DatasetError: if an earlier episode wrote the stream with another schema.
        """
        if name not in self.streams:
            self.streams[name] = StreamFile(self._folder / f"{self._stem}.{name}.parquet", schema)
        opened = self.streams[name]
        if opened.schema is not schema and not opened.schema.equals(schema, check_metadata=True):
            difference = schema_difference(opened.schema, schema)
            raise DatasetError(f"stream {name!r} differs between two episodes ({difference}); {SAME_COLUMNS}")
        return opened

    def discard(self) -> None:
        """Drop every file."""
        for opened in self.streams.values():
            opened.discard()
        self.streams.clear()


def schema_difference(mine: pa.Schema, theirs: pa.Schema) -> str:
    """First column in which two schemas differ, in words."""
    for name in dict.fromkeys([*mine.names, *theirs.names]):
        if name not in mine.names or name not in theirs.names:
            return f"{name} only in one"
        if not mine.field(name).equals(theirs.field(name), check_metadata=True):
            return f"{name} differs"
    return "order or metadata differs"


class StreamRecord(FrozenModel):
    """What an episode left in a stream, and where."""

    rows: int
    content_hash: str
    first_row_group: int
    row_groups: int


class _Pending:
    """Rows of one stream not yet written."""

    def __init__(self, name: str, layout: StreamLayout) -> None:
        self.name = name
        self.layout = layout
        self.hasher = layout.hasher.again()
        self.batches: list[pa.RecordBatch] = []
        self.n_waiting = 0
        self.n_rows = 0
        self.n_row_groups = 0


class EpisodeSink:
    """Sink of one episode of a shard; holds at most one row group a stream in memory.

    Adds `episode_id`, and `time_utc` to streams with a `tick`. A batch handed over must not
    be changed afterwards.
    """

    def __init__(self, spec: EpisodeSpec, files: ShardFiles, episode_id: str = "") -> None:
        self._keys = Keys(spec, episode_id or spec.episode_id)
        self._files = files
        self._pending: dict[str, _Pending] = {}
        self.has_written = False

    def write(self, stream: str, batch: pa.RecordBatch) -> None:
        """Append rows to a stream; the first batch fixes the stream's schema.

        Raises:
            EpisodeError: if a later batch has another schema.
        """
        pending = self._pending.get(stream) or self._open(stream, batch.schema)
        check_same_schema(stream, pending.layout.schema, batch.schema)
        pending.batches.append(batch)
        pending.n_waiting += batch.num_rows
        while pending.n_waiting >= pending.layout.group_rows:
            self._flush(pending, pending.layout.group_rows)

    def _open(self, stream: str, schema: pa.Schema) -> _Pending:
        self._pending[stream] = _Pending(stream, self._files.layout(stream, schema))
        return self._pending[stream]

    def _flush(self, pending: _Pending, n_rows: int) -> None:
        waiting = pa.Table.from_batches(pending.batches, pending.layout.schema)
        rows = self._keys.added(waiting.slice(0, n_rows))
        self.has_written = True
        self._files.stream(pending.name, pending.layout.stored).append(rows)
        pending.hasher.update(rows)
        pending.n_row_groups += 1
        pending.n_rows += n_rows
        pending.n_waiting -= n_rows
        pending.batches = waiting.slice(n_rows).to_batches()

    def close(self) -> dict[str, StreamRecord]:
        """Write what is left; what the episode wrote, by stream."""
        for pending in self._pending.values():
            if pending.n_waiting:
                self._flush(pending, pending.n_waiting)
        return {name: self._record(pending) for name, pending in sorted(self._pending.items())}

    def _record(self, pending: _Pending) -> StreamRecord:
        target = self._files.stream(pending.name, pending.layout.stored)
        return StreamRecord(
            rows=pending.n_rows,
            content_hash=pending.hasher.hexdigest(),
            first_row_group=target.n_row_groups - pending.n_row_groups,
            row_groups=pending.n_row_groups,
        )


def check_same_schema(stream: str, first: pa.Schema, later: pa.Schema) -> None:
    """Refuse a batch whose schema is not that of the stream's first one."""
    if later is not first and not later.equals(first, check_metadata=True):
        raise EpisodeError(f"stream {stream!r} changes its columns ({schema_difference(first, later)})")


def check_stream_name(stream: str) -> None:
    """Refuse a name that cannot be a folder of the dataset."""
    if not (stream.isidentifier() and stream.islower() and stream.isascii()):
        raise EpisodeError(f"stream name {stream!r}: use lower-case letters, digits and underscores")
