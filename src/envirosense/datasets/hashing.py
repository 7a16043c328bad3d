"""Hash of what a stream says, whatever file, row group or Parquet version holds it.

A column contributes its name, type, values (little-endian, nulls zeroed), the positions of
its nulls, the lengths of its texts or lists, and its unit and (for frames) shape, scale and
offset. SHA-256 is the fastest of the standard
library's cryptographic hashes where the processor has SHA instructions.
"""

import hashlib
from collections.abc import Iterable
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.errors import DatasetError

FAILED = "failed"
_MEANING = (b"unit", b"shape", b"scale", b"offset")  # field metadata that say what a number is worth


@cache
def canonical_type(data_type: pa.DataType) -> pa.DataType:
    """The type that counts for the hash: no dictionary, no 64-bit or view variants of text, binary, list."""
    if pa.types.is_dictionary(data_type):
        return canonical_type(data_type.value_type)
    if pa.types.is_large_string(data_type) or pa.types.is_string_view(data_type):
        return pa.string()
    if pa.types.is_large_binary(data_type) or pa.types.is_binary_view(data_type):
        return pa.binary()
    if pa.types.is_list(data_type) or pa.types.is_large_list(data_type):
        return pa.list_(pa.field("item", canonical_type(data_type.value_type)))
    return data_type


class ColumnHasher:
    """Running hash of one column, fed in pieces of any length."""

    def __init__(self, data_type: pa.DataType) -> None:
        self._type = canonical_type(data_type)
        self._values, self._nulls, self._lengths = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
        self._n_rows = 0
        self._items = ColumnHasher(self._type.value_type) if pa.types.is_list(self._type) else None

    def update(self, array: pa.Array) -> None:
        """Append the values of an array."""
        if not len(array):
            return
        plain = array if array.type == self._type else array.cast(self._type)
        nulls = np.flatnonzero(plain.is_null()) if plain.null_count else np.empty(0, np.int64)
        if nulls.size:
            self._nulls.update((nulls + self._n_rows).astype("<i8"))
        self._n_rows += len(plain)
        if self._items is not None:
            self._lengths.update(_list_lengths(plain))
            self._items.update(plain.flatten())
        elif pa.types.is_string(self._type) or pa.types.is_binary(self._type):
            self._update_text(plain)
        elif not pa.types.is_null(self._type):
            self._values.update(_fixed_bytes(plain, nulls))

    def _update_text(self, array: pa.Array) -> None:
        filled = array.cast(pa.large_binary()).fill_null(b"")
        _, offset_buffer, data = filled.buffers()
        offsets = np.frombuffer(offset_buffer, "<i8")[filled.offset : filled.offset + len(filled) + 1]
        self._lengths.update(np.diff(offsets))
        if data is not None:
            self._values.update(memoryview(data)[offsets[0] : offsets[-1]])

    def digest(self) -> bytes:
        """Digest of everything fed so far."""
        whole = hashlib.sha256(f"{self._type}\x1f{self._n_rows}\x1f".encode())
        for part in (self._values, self._nulls, self._lengths):
            whole.update(part.digest())
        if self._items is not None:
            whole.update(self._items.digest())
        return whole.digest()


def _list_lengths(array: pa.Array) -> npt.NDArray[np.int64]:
    import pyarrow.compute as pc

    return np.asarray(pc.list_value_length(array).fill_null(0).cast(pa.int64()).to_numpy(), dtype="<i8")


def _fixed_bytes(array: pa.Array, nulls: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Values as bytes (row x width,), zero where null."""
    plain = array.cast(pa.uint8()) if pa.types.is_boolean(array.type) else array
    try:
        width = plain.type.byte_width
    except (AttributeError, ValueError):
        raise DatasetError(
            f"a column of type {array.type} has no content hash; use numbers, text, binary or lists of them"
        ) from None
    rows = slice(plain.offset, plain.offset + len(plain))
    values = np.frombuffer(plain.buffers()[1], np.uint8)[rows.start * width : rows.stop * width]
    if nulls.size:
        values = values.reshape(len(plain), width).copy()
        values[nulls] = 0
    return values.reshape(-1)


def _meaning(field: pa.Field) -> bytes:
    """What turns a column's numbers into quantities: 1 in K is not 1 in degC."""
    facts = field.metadata or {}
    return b"".join(b"\x1f" + key + b"=" + facts[key] for key in _MEANING if key in facts)


class StreamHasher:
    """Running content hash of one stream of one episode."""

    def __init__(self, schema: pa.Schema) -> None:
        self._columns = {field.name: ColumnHasher(field.type) for field in schema}
        self._meanings = {field.name: _meaning(field) for field in schema}

    def update(self, rows: pa.Table) -> None:
        """Append rows; where they are cut does not matter."""
        for name, hasher in self._columns.items():
            for chunk in rows[name].chunks:
                hasher.update(chunk)

    def hexdigest(self) -> str:
        """Content hash; the order of the columns does not matter."""
        whole = hashlib.sha256()
        for name in sorted(self._columns):
            whole.update(f"{name}\x1f".encode() + self._columns[name].digest() + self._meanings[name])
        return whole.hexdigest()


def content_hash(table: pa.Table) -> str:
    """Content hash of a whole stream of one episode."""
    hasher = StreamHasher(table.schema)
    hasher.update(table)
    return hasher.hexdigest()


def logical_hash(entries: Iterable[tuple[str, ...]]) -> str:
    """Hash of a dataset from (episode_id, stream, content hash), or (episode_id, "failed"), in any order."""
    lines = sorted("\x1f".join(entry) for entry in entries)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
