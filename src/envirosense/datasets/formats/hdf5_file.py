"""HDF5: one file, `/split/stream/column`, rows of all episodes of the split one after another.

`/split/episodes` names the episodes in order; rows of episode i of a stream are
`first_rows[i]:first_rows[i + 1]`. Nulls of a column, where there are any, are flags in
`is_null/column`. Units and descriptions are attributes.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from envirosense.core.episode import JsonObject
from envirosense.core.errors import DatasetError, MissingExtraError
from envirosense.datasets.episode import Episode
from envirosense.datasets.formats.arrays import (
    ColumnArrays,
    array_name,
    from_arrays,
    stored_fields,
    to_arrays,
)
from envirosense.datasets.formats.base import RowFormat, RowWriter, Schemas
from envirosense.datasets.formats.columns import canonical_batch, canonical_schema, kind_of, restored
from envirosense.datasets.formats.documents import EpisodeEntry
from envirosense.datasets.frames import FrameLayout
from envirosense.datasets.store import FRAME_GROUP_ROWS, SCALAR_GROUP_ROWS

if TYPE_CHECKING:
    import h5py

FILE: Final = "dataset.h5"
EPISODES: Final = "episodes"
FIRST_ROWS: Final = "first_rows"
IS_NULL: Final = "is_null"
_CHUNK_BYTES: Final = 512 * 1024  # 50 frames of 80 x 60
_COPIED: Final = ("episode_id", "scenario", "category", "group", "outcome")


class Hdf5Format(RowFormat):
    """One HDF5 file; frames as (frame, row, column) arrays in uncompressed chunks by default."""

    name = "hdf5"
    title = "MATLAB, Julia, h5py; random access to frames"
    compressions = ("none", "gzip", "bitshuffle")

    def check_schemas(self, schemas: Schemas) -> None:
        """Refuse names that HDF5 or this layout gives another meaning."""
        super().check_schemas(schemas)
        if EPISODES in schemas:
            raise DatasetError(f"stream {EPISODES!r}: hdf5 needs the name; leave the stream out")
        for stream, schema in schemas.items():
            taken = [name for name in schema.names if "/" in name or name in (IS_NULL, FIRST_ROWS, ".")]
            if taken:
                raise DatasetError(
                    f"column {taken[0]!r} of stream {stream!r}: hdf5 cannot use the name; use another format"
                )

    def writer(self, folder: Path, schemas: Schemas, compression: str) -> RowWriter:
        """Writer of one HDF5 file."""
        return _Hdf5Writer(_h5py().File(folder / FILE, "w"), schemas, _filters(compression))

    def table(self, folder: Path, entry: EpisodeEntry, stream: str, schema: pa.Schema) -> pa.Table:
        """Rows of one stream of an episode."""
        place = entry.streams[stream].place
        first = int(str(place["first_row"]))
        rows = slice(first, first + entry.streams[stream].rows)
        with _opened(folder) as opened:
            group = opened[f"{entry.split}/{stream}"]
            found = {
                array_name(field, schema): _read(group, array_name(field, schema), rows)
                for field in stored_fields(schema)
            }
        return restored(from_arrays(found, schema, entry.episode_id), schema)


def _h5py() -> Any:
    try:
        import h5py
    except ImportError:
        raise MissingExtraError("h5py", "hdf5") from None
    return h5py


def _opened(folder: Path) -> "h5py.File":
    h5py = _h5py()
    _filter_plugin()  # the error of a read says so where a filter is missing
    return h5py.File(folder / FILE, "r")


@cache
def _filter_plugin() -> Any:
    """Module with further filters, which importing it registers; None where it is not installed."""
    try:
        return import_module("hdf5plugin")
    except ImportError:
        return None


def _filters(compression: str) -> dict[str, Any]:
    if compression == "gzip":
        return {"compression": "gzip", "compression_opts": 1, "shuffle": True}
    if compression == "bitshuffle":
        if _filter_plugin() is None:
            raise MissingExtraError("hdf5plugin", "hdf5plugin")
        return dict(_filter_plugin().Bitshuffle())
    return {}


def _read(group: "h5py.Group", name: str, rows: slice) -> ColumnArrays:
    stored = group[name]
    values = (stored.asstr() if _h5py().check_string_dtype(stored.dtype) else stored)[rows]
    flags = group.get(f"{IS_NULL}/{name}")
    return ColumnArrays(values, None if flags is None else flags[rows])


class _Hdf5Writer(RowWriter):
    def __init__(self, opened: "h5py.File", schemas: Schemas, filters: Mapping[str, Any]) -> None:
        self._file = opened
        self._schemas = {name: canonical_schema(schema) for name, schema in schemas.items()}
        self._filters = filters
        self._groups: dict[tuple[str, str], h5py.Group] = {}
        self._arrays: dict[tuple[str, str], Any] = {}  # by group and name; looking one up takes its time
        self._ends: dict[tuple[str, str], int] = {}  # rows by split and stream
        self._first_rows: dict[tuple[str, str], list[int]] = {}
        self._copied: dict[str, list[dict[str, str]]] = {}

    def add(self, episode: Episode, stream: str, batches: Iterable[pa.RecordBatch]) -> JsonObject:
        """Append the rows of a stream; its first row."""
        key, schema = (episode.split, stream), self._schemas[stream]
        group = self._group(*key)
        first = end = self._ends.get(key, 0)
        for batch in batches:
            rows = pa.Table.from_batches([canonical_batch(batch, schema)])
            if rows.num_rows:
                self._append(group, rows, end)
            end += rows.num_rows
        self._ends[key] = end
        return {"first_row": first}

    def end_episode(self, entry: EpisodeEntry) -> None:
        """Note where the rows of the episode end."""
        known = self._copied.setdefault(entry.split, [])
        known.append(entry.facts)
        for stream in self._schemas:
            key = (entry.split, stream)
            firsts = self._first_rows.setdefault(key, [0] * len(known))
            firsts.append(self._ends.get(key, 0))

    def _group(self, split: str, stream: str) -> "h5py.Group":
        if (split, stream) in self._groups:
            return self._groups[split, stream]
        group, schema = self._file.create_group(f"{split}/{stream}"), self._schemas[stream]
        self._groups[split, stream] = group
        _describe(group, schema.metadata)
        for field in stored_fields(schema):
            shape, dtype = _shape_of(field, schema)
            name = array_name(field, schema)
            created = self._created(group, name, shape, dtype)
            _describe(created, field.metadata)
            if kind_of(field.type) == "time":
                created.attrs["unit"] = f"{field.type.unit} since 1970-01-01 UTC"
        return group

    def _created(self, group: "h5py.Group", name: str, shape: tuple[int, ...], dtype: Any) -> Any:
        row_bytes = max(int(np.prod(shape)) * np.dtype(dtype).itemsize, 1)
        rows = _chunk_rows(row_bytes, FRAME_GROUP_ROWS if len(shape) == 2 else SCALAR_GROUP_ROWS)
        options = {} if np.dtype(dtype).hasobject else self._filters
        return group.create_dataset(
            name, (0, *shape), dtype, chunks=(rows, *shape), maxshape=(None, *shape), **options
        )

    def _append(self, group: "h5py.Group", rows: pa.Table, first: int) -> None:
        for field in stored_fields(rows.schema):
            name = array_name(field, rows.schema)
            values, is_null = to_arrays(rows, field)
            stored = self._array(group, name)
            stored.resize(first + len(values), axis=0)
            if kind_of(field.type) == "bytes":  # h5py takes cells of one length for a matrix
                for at, cell in enumerate(values, start=first):
                    stored[at] = cell
            else:
                stored[first:] = values
            if is_null is not None:
                flags = self._array(group, f"{IS_NULL}/{name}")
                flags.resize(first + len(values), axis=0)
                flags[first:] = is_null

    def _array(self, group: "h5py.Group", name: str) -> Any:
        """Array of a stream; flags of nulls are made when the first null is met."""
        key = group.name, name
        if key not in self._arrays:
            found = group.get(name)
            self._arrays[key] = self._created(group, name, (), np.bool_) if found is None else found
        return self._arrays[key]

    def close(self) -> None:
        """Write the episodes of each split, and give every flag its full length."""
        text = _h5py().string_dtype()
        for split, episodes in self._copied.items():
            for name in _COPIED:
                values = [facts[name] for facts in episodes]
                self._file.create_dataset(f"{split}/{EPISODES}/{name}", data=values, dtype=text)
        for (split, stream), firsts in self._first_rows.items():
            group = self._group(split, stream)
            group.create_dataset(FIRST_ROWS, data=np.array(firsts, np.int64))
            for flags in group.get(IS_NULL, {}).values():
                flags.resize(self._ends.get((split, stream), 0), axis=0)
        self._file.close()


def _chunk_rows(row_bytes: int, group_rows: int) -> int:
    """Rows of a chunk: a divisor of the rows that come at once, so that few chunks are touched twice."""
    most = max(min(_CHUNK_BYTES // row_bytes, group_rows), 1)
    return next(rows for rows in range(most, 0, -1) if group_rows % rows == 0)


def _describe(item: Any, facts: Mapping[bytes, bytes] | None) -> None:
    for key, value in (facts or {}).items():
        item.attrs[key.decode()] = value.decode()


def _shape_of(field: pa.Field, schema: pa.Schema) -> tuple[tuple[int, ...], Any]:
    """Shape of a row and type of a field's array."""
    h5py = _h5py()
    if array_name(field, schema) != field.name:
        layout = FrameLayout.of(field)
        return (layout.height, layout.width), np.uint16
    match kind_of(field.type):
        case "plane":
            return (field.type.byte_width,), np.uint8
        case "text" | "list":
            return (), h5py.string_dtype()
        case "bytes":
            return (), h5py.vlen_dtype(np.uint8)
        case "flag":
            return (), np.bool_
        case "time":
            return (), np.int64
        case "null":
            return (), np.uint8
    return (), field.type.to_pandas_dtype()
