"""Columns by what a format has to write: numbers, flags, texts, times, bytes, lists.

A column of another type is refused before anything is written.
"""

import json
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from envirosense.core.errors import DatasetError
from envirosense.datasets.hashing import canonical_type

type Kind = Literal["number", "flag", "text", "time", "bytes", "plane", "list", "null"]

CANONICAL_NAN = {4: 0x7FC00000, 8: 0x7FF8000000000000}  # bits of the one NaN that text can hold, by width
_SOURCE_METADATA = b"PARQUET:"  # what the Parquet reader adds to a field


def kind_of(data_type: pa.DataType) -> Kind | None:
    """Kind of a column, None for one that only Parquet and Arrow hold."""
    kind = canonical_type(data_type)
    if pa.types.is_integer(kind) or pa.types.is_float32(kind) or pa.types.is_float64(kind):
        return "number"
    if pa.types.is_fixed_size_binary(kind):
        return "plane"
    if pa.types.is_list(kind):
        return "list" if kind_of(kind.value_type) in ("number", "flag", "text") else None
    names: dict[Any, Kind] = {
        pa.lib.Type_BOOL: "flag",
        pa.lib.Type_STRING: "text",
        pa.lib.Type_BINARY: "bytes",
        pa.lib.Type_TIMESTAMP: "time",
        pa.lib.Type_NA: "null",
    }
    return names.get(kind.id)


def check_columns(stream: str, schema: pa.Schema, what: str) -> None:
    """Refuse a stream with a column that has no kind.

    Raises:
        DatasetError: naming stream, column, type and what to do.
    """
    for field in schema:
        if kind_of(field.type) is None:
            raise DatasetError(
                f"column {field.name!r} of stream {stream!r} is {field.type}, which {what} cannot hold; "
                "leave the stream out or export to parquet or arrow"
            )


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Schema without what the Parquet reader adds to its fields."""
    fields = []
    for field in schema:
        facts = {k: v for k, v in (field.metadata or {}).items() if not k.startswith(_SOURCE_METADATA)}
        fields.append(field.with_metadata(facts or None))
    return pa.schema(fields, schema.metadata)


def canonical_schema(schema: pa.Schema) -> pa.Schema:
    """The schema with types as the hash knows them: no dictionaries, no 64-bit or view variants."""
    return pa.schema([field.with_type(canonical_type(field.type)) for field in schema], schema.metadata)


def canonical_batch(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Rows with the types of a canonical schema."""
    columns = [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def restored(columns: Sequence[pa.Array | pa.ChunkedArray], schema: pa.Schema) -> pa.Table:
    """Table of a schema from columns whose types may be other variants of the schema's."""
    pairs = zip(columns, schema, strict=True)
    return pa.Table.from_arrays([_cast(column, field.type) for column, field in pairs], schema=schema)


def _cast(column: pa.Array | pa.ChunkedArray, wanted: pa.DataType) -> pa.Array | pa.ChunkedArray:
    if column.type == wanted:
        return column
    if pa.types.is_fixed_size_binary(wanted):
        column = column.cast(pa.binary())
    return column.cast(wanted)


def times_as_text(column: pa.Array) -> pa.Array:
    """Timestamps as ISO 8601 text, null where null."""
    text = column.cast(pa.string())
    return pc.utf8_replace_slice(text, 10, 11, "T")


def numbers_from_text(texts: Sequence[str | None], data_type: pa.DataType) -> pa.Array:
    """Numbers or times from their text; every float is rounded once, to its own width."""
    return pa.array(texts, pa.string()).cast(data_type)


def lists_as_json(column: pa.Array) -> list[str | None]:
    """Each list as JSON text, None where null; NaN and infinities are texts within.

    Raises:
        DatasetError: for a NaN with bits that text cannot hold.
    """
    values = column.flatten()
    if pa.types.is_floating(values.type):
        check_plain_nans(values)
        items = [_float_item(value) for value in values.to_pylist()]
    else:
        items = values.to_pylist()
    lengths = pc.list_value_length(column).to_pylist()
    found: list[str | None] = []
    first = 0
    for length in lengths:
        found.append(None if length is None else json.dumps(items[first : first + length]))
        first += length or 0
    return found


def _float_item(value: float | None) -> float | str | None:
    if value is None or np.isfinite(value):
        return value
    return "NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def check_plain_nans(values: pa.Array) -> None:
    """Refuse floats with a NaN whose bits are not the usual ones."""
    if odd_nans(values).any():
        raise DatasetError(
            "a list holds a NaN with unusual bits, which text cannot hold; use parquet or arrow"
        )


def odd_nans(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Where valid floats are NaN with unusual bits, (row,)."""
    width = values.type.byte_width
    found = values.fill_null(0).to_numpy(zero_copy_only=False)
    return np.asarray(np.isnan(found) & (found.view(f"u{width}") != CANONICAL_NAN[width]))


def lists_from_items(lists: Sequence[Sequence[Any] | None], data_type: pa.DataType) -> pa.Array:
    """Lists from their parsed items; numbers may be their texts."""
    kind = canonical_type(data_type)
    items = [item for one in lists for item in one or ()]
    if kind_of(kind.value_type) == "number":
        values = numbers_from_text([None if item is None else str(item) for item in items], kind.value_type)
    else:
        values = pa.array(items, kind.value_type)
    lengths = [None if one is None else len(one) for one in lists]
    ends = np.cumsum([0, *(length or 0 for length in lengths)])
    offsets = [None if length is None else int(end) for length, end in zip(lengths, ends, strict=False)]
    return pa.ListArray.from_arrays(pa.array([*offsets, int(ends[-1])], pa.int32()), values, type=kind)
