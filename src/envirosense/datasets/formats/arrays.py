"""Columns as NumPy arrays, for formats that know arrays and no Arrow.

The two byte planes of a camera become one array `frame` (frame, row, column) of 16-bit counts.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.errors import DatasetError
from envirosense.datasets.formats.columns import kind_of, lists_as_json, lists_from_items
from envirosense.datasets.frames import HIGH_PLANE, LOW_PLANE, FrameLayout, Frames, plane_bytes, split_planes
from envirosense.datasets.hashing import canonical_type
from envirosense.datasets.schema import EPISODE_ID

FRAME = "frame"

type Anything = npt.NDArray[Any]


class ColumnArrays(NamedTuple):
    """A column: its values (row, ...), and where they are null, None where nowhere."""

    values: Anything  # text: objects; bytes: objects, each an array of bytes
    is_null: npt.NDArray[np.bool_] | None = None


def has_frames(schema: pa.Schema) -> bool:
    """Whether the planes of a stream are stored as frames."""
    if FRAME in schema.names or not {LOW_PLANE, HIGH_PLANE} <= set(schema.names):
        return False
    planes = [schema.field(name) for name in (LOW_PLANE, HIGH_PLANE)]
    return all(b"shape" in (plane.metadata or {}) and not plane.nullable for plane in planes)


def stored_fields(schema: pa.Schema) -> list[pa.Field]:
    """Fields that become arrays of their own: no episode id, and one plane for both."""
    left_out = {EPISODE_ID.name, *((HIGH_PLANE,) if has_frames(schema) else ())}
    return [field for field in schema if field.name not in left_out]


def array_name(field: pa.Field, schema: pa.Schema) -> str:
    """Name of a field's array."""
    return FRAME if field.name == LOW_PLANE and has_frames(schema) else str(field.name)


def to_arrays(rows: pa.Table, field: pa.Field) -> ColumnArrays:
    """Arrays of one stored field of rows with canonical types."""
    if field.name == LOW_PLANE and has_frames(rows.schema):
        return ColumnArrays(_joined(rows[LOW_PLANE], rows[HIGH_PLANE], FrameLayout.of(field)))
    column = rows[field.name].combine_chunks()
    is_null = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
    return ColumnArrays(_values(column), is_null)


def _joined(low: pa.ChunkedArray, high: pa.ChunkedArray, layout: FrameLayout) -> Frames:
    """Frames of planes, arithmetic on whole planes: three times as fast as `join_planes`."""
    lows, highs = (plane_bytes(plane.combine_chunks(), layout.n_bytes) for plane in (low, high))
    frames = np.left_shift(highs, 8, dtype=np.uint16)
    frames |= lows
    return frames.reshape(len(frames), layout.height, layout.width)


def _values(column: pa.Array) -> Anything:
    match kind_of(column.type):
        case "number":
            filler = np.nan if pa.types.is_floating(column.type) else 0
            return np.asarray(column.fill_null(filler).to_numpy(zero_copy_only=False))
        case "time":
            return np.asarray(column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False))
        case "flag":
            return np.asarray(column.fill_null(False).to_numpy(zero_copy_only=False))
        case "plane":
            width = column.type.byte_width
            whole = b"".join(one or bytes(width) for one in column.to_pylist())
            return np.frombuffer(whole, np.uint8).reshape(len(column), width)
        case "bytes":
            return objects([np.frombuffer(one or b"", np.uint8) for one in column.to_pylist()])
        case "list":
            return objects([text or "" for text in lists_as_json(column)])
        case "text":
            texts = [text or "" for text in column.to_pylist()]
            if any("\0" in text for text in texts):
                raise DatasetError(
                    "a text holds a NUL character, which HDF5 and NumPy cut off; use another format"
                )
            return objects(texts)
    return np.zeros(len(column), np.uint8)  # a column of nulls


def objects(values: Sequence[Any]) -> Anything:
    """Values as an array of objects, also where they are arrays of one length."""
    found = np.empty(len(values), object)
    for at, value in enumerate(values):
        found[at] = value
    return found


def from_arrays(found: Mapping[str, ColumnArrays], schema: pa.Schema, episode_id: str) -> list[pa.Array]:
    """Columns of a schema, in its order, from the arrays of its stored fields."""
    n_rows = max((len(one.values) for one in found.values()), default=0)
    columns = []
    for field in schema:
        if field.name == EPISODE_ID.name:
            columns.append(pa.repeat(pa.scalar(episode_id, pa.string()), n_rows))
        elif has_frames(schema) and field.name in (LOW_PLANE, HIGH_PLANE):
            planes = split_planes(np.asarray(found[FRAME].values))
            columns.append(planes[field.name == HIGH_PLANE])
        else:
            columns.append(_column(found[field.name], canonical_type(field.type)))
    return columns


def _column(found: ColumnArrays, data_type: pa.DataType) -> pa.Array:
    values, is_null = found
    match kind_of(data_type):
        case "time":
            return pa.array(values, pa.int64(), mask=is_null).cast(data_type)
        case "plane" | "bytes":
            cells = [np.asarray(one, np.uint8).tobytes() for one in values]
            return pa.array(_with_nulls(cells, is_null), data_type)
        case "text":
            return pa.array(_with_nulls(list(values), is_null), data_type)
        case "list":
            texts = _with_nulls(list(values), is_null)
            parsed = [None if one is None else json.loads(one, parse_float=str) for one in texts]
            return lists_from_items(parsed, data_type)
        case "null":
            return pa.nulls(len(values))
    return pa.array(np.ascontiguousarray(values), data_type, mask=is_null)


def _with_nulls(values: list[Any], is_null: npt.NDArray[np.bool_] | None) -> list[Any]:
    if is_null is None:
        return values
    return [None if none else one for one, none in zip(values, is_null, strict=True)]
