"""Hash of what a stream says, whatever file, row group or Parquet version holds it.

A column contributes its name, type, values (little-endian, nulls zeroed), the positions of
its nulls, the lengths of its texts or lists, and its unit and (for frames) shape, scale and
offset. The hash of a stream is BLAKE3, which takes a third of the time of SHA-256 on camera
frames; the hash of a dataset, made of those, is SHA-256, as are the checksums of files.
"""

import hashlib
import re
from array import array
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby, pairwise
from os import SEEK_END
from pathlib import Path
from tempfile import SpooledTemporaryFile, gettempdir
from typing import Literal, NamedTuple
from weakref import finalize

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from blake3 import blake3

from envirosense.core.errors import DatasetError
from envirosense.datasets.files import storing

FAILED = "failed"
_MEANING = (b"unit", b"shape", b"scale", b"offset")  # field metadata that say what a number is worth
_NOTHING = blake3().digest()
_DIGEST = re.compile("[0-9a-f]{64}")
_SAID_IN_MEMORY = 2**26  # bytes of a logical hash: 100,000 episodes of 18 streams

type Rows = npt.NDArray[np.int64]


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


class _Form(NamedTuple):
    """How the values of a type become bytes."""

    type: pa.DataType  # canonical
    kind: Literal["number", "flag", "text", "list", "null", "other"]
    head: bytes  # start of what a column's digest is made of
    width: int = 0  # bytes of a number


@cache
def _form(data_type: pa.DataType) -> _Form:
    kind = canonical_type(data_type)
    head = f"{kind}\x1f".encode()
    if pa.types.is_list(kind):
        return _Form(kind, "list", head)
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return _Form(kind, "text", head)
    if pa.types.is_boolean(kind):
        return _Form(kind, "flag", head)
    if pa.types.is_null(kind):
        return _Form(kind, "null", head)
    try:
        return _Form(kind, "number", head, kind.byte_width)
    except (AttributeError, ValueError):
        return _Form(kind, "other", head)


class ColumnHasher:
    """Running hash of one column, fed in pieces of any length."""

    __slots__ = ("_form", "_items", "_lengths", "_n_rows", "_nulls", "_values")

    def __init__(self, form: _Form) -> None:
        self._form = form
        self._n_rows = 0
        self._values: blake3 | None = None  # the three are made when they are first fed
        self._nulls: blake3 | None = None
        self._lengths: blake3 | None = None
        self._items = ColumnHasher(_form(form.type.value_type)) if form.kind == "list" else None

    def update(self, array: pa.Array) -> None:
        """Append the values of an array."""
        n_rows, form = len(array), self._form
        if not n_rows:
            return
        plain = array if array.type == form.type else array.cast(form.type)
        nulls = np.flatnonzero(plain.is_null()) if plain.null_count else None
        if nulls is not None:
            self._nulls = _fed(self._nulls, (nulls + self._n_rows).astype("<i8").view(np.uint8))
        self._n_rows += n_rows
        if form.kind == "number":
            self._values = _fed(self._values, _number_bytes(plain, form.width, nulls))
        elif form.kind == "flag":
            self._values = _fed(self._values, _flag_bytes(plain, nulls))
        elif form.kind == "text":
            self._update_text(plain if nulls is None else plain.fill_null(pa.scalar(b"", form.type)))
        elif self._items is not None:
            self._lengths = _fed(self._lengths, _list_lengths(plain).view(np.uint8))
            self._items.update(plain.flatten())
        elif form.kind == "other":
            raise DatasetError(
                f"a column of type {form.type} has no content hash; "
                "use numbers, text, binary or lists of them"
            )

    def _update_text(self, array: pa.Array) -> None:
        _, offset_buffer, data = array.buffers()
        offsets = np.frombuffer(offset_buffer, "<i4")[array.offset : array.offset + len(array) + 1]
        self._lengths = _fed(self._lengths, (offsets[1:] - offsets[:-1]).view(np.uint8))
        if data is not None:
            self._values = _fed(self._values, data.slice(offsets[0], offsets[-1] - offsets[0]))

    def digest(self) -> bytes:
        """Digest of everything fed so far."""
        parts = [self._form.head, b"%d\x1f" % self._n_rows]
        fed = (self._values, self._nulls, self._lengths)
        parts += [_NOTHING if part is None else part.digest() for part in fed]
        if self._items is not None:
            parts.append(self._items.digest())
        return blake3(b"".join(parts)).digest()


def _fed(hasher: blake3 | None, data: npt.NDArray[np.uint8] | pa.Buffer) -> blake3:
    return blake3(data) if hasher is None else hasher.update(data)


def _list_lengths(array: pa.Array) -> npt.NDArray[np.int32]:
    import pyarrow.compute as pc

    return np.asarray(pc.list_value_length(array).fill_null(0).to_numpy(), dtype="<i4")


def _number_bytes(array: pa.Array, width: int, nulls: Rows | None) -> npt.NDArray[np.uint8] | pa.Buffer:
    """Values as bytes, (row x width,), zero where null."""
    data = array.buffers()[1].slice(array.offset * width, len(array) * width)
    if nulls is None:
        return data
    values = np.frombuffer(data, np.uint8).reshape(len(array), width).copy()
    values[nulls] = 0
    return values.reshape(-1)


def _flag_bytes(array: pa.Array, nulls: Rows | None) -> npt.NDArray[np.uint8]:
    """One byte a flag, (row,), zero where null."""
    first, last = array.offset, array.offset + len(array)
    packed = np.frombuffer(array.buffers()[1], np.uint8)[first // 8 : (last + 7) // 8]
    flags = np.unpackbits(packed, bitorder="little")[first % 8 :][: last - first]
    if nulls is not None:
        flags[nulls] = 0
    return flags


def _meaning(field: pa.Field) -> bytes:
    """What turns a column's numbers into quantities: 1 in K is not 1 in degC."""
    facts = field.metadata or {}
    return b"".join(b"\x1f" + key + b"=" + facts[key] for key in _MEANING if key in facts)


class _Hashed(NamedTuple):
    """One column of a stream as the hash sees it."""

    name: str
    form: _Form
    meaning: bytes


class StreamHasher:
    """Running content hash of one stream of one episode."""

    def __init__(self, schema: pa.Schema) -> None:
        columns = tuple(_Hashed(field.name, _form(field.type), _meaning(field)) for field in schema)
        self._begin(columns, [column.name for column in columns])

    def _begin(self, columns: tuple[_Hashed, ...], names: list[str]) -> None:
        self._columns, self._names = columns, names
        self._hashers = [ColumnHasher(column.form) for column in columns]

    def again(self) -> "StreamHasher":
        """Hasher of another stream with the same columns."""
        other = StreamHasher.__new__(StreamHasher)
        other._begin(self._columns, self._names)
        return other

    def update(self, rows: pa.Table) -> None:
        """Append rows; where they are cut does not matter."""
        same = rows.column_names == self._names
        columns = rows.columns if same else [rows[name] for name in self._names]
        for hasher, column in zip(self._hashers, columns, strict=True):
            for chunk in column.chunks:
                hasher.update(chunk)

    def hexdigest(self) -> str:
        """Content hash; the order of the columns does not matter."""
        whole = blake3()
        for column, hasher in sorted(
            zip(self._columns, self._hashers, strict=True), key=lambda pair: pair[0].name
        ):
            whole.update(f"{column.name}\x1f".encode() + hasher.digest() + column.meaning)
        return whole.hexdigest()


def content_hash(table: pa.Table) -> str:
    """Content hash of a whole stream of one episode."""
    hasher = StreamHasher(table.schema)
    hasher.update(table)
    return hasher.hexdigest()


class LogicalHash:
    """Hash of a dataset, fed with what it holds in any order.

    Its lines are (episode_id, stream, content hash) or (episode_id, "failed"), sorted. Until then an episode
    takes 40 bytes, and 36 more a stream that are in memory only as long as all are few.
    """

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, bool], int] = {}  # what lines say besides id and content hash
        self._last = ""  # episode whose lines come now
        self._ids, self._id_ends = bytearray(), array("q", [0])
        self._said = SpooledTemporaryFile(max_size=_SAID_IN_MEMORY)  # noqa: SIM115  closed with this object
        self._said_ends = array("q", [0])
        finalize(self, self._said.close)

    def add(self, episode_id: str, *said: str) -> None:
        """Take in one line.

        Raises:
            StorageError: if there are many and the disk for temporary files is full.
        """
        has_digest = len(said) > 1 and _DIGEST.fullmatch(said[-1]) is not None
        kind = "\x1f".join(said[:-1] if has_digest else said), has_digest
        number = self._kinds.setdefault(kind, len(self._kinds))
        if episode_id != self._last or not len(self):
            self._last = episode_id
            self._ids += episode_id.encode()
            self._id_ends.append(len(self._ids))
            self._said_ends.append(self._said_ends[-1])
        line = number.to_bytes(4) + (bytes.fromhex(said[-1]) if has_digest else b"")
        with storing(Path(gettempdir())):
            self._said.write(line)
        self._said_ends[-1] += len(line)

    def __len__(self) -> int:
        return len(self._said_ends) - 1

    def hexdigest(self) -> str:
        """Hash of everything taken in."""
        whole, between = hashlib.sha256(), ""
        kinds = list(self._kinds)
        for episode_id, said in self._by_id():
            for line in sorted(_lines(said, kinds)):
                whole.update(f"{between}{episode_id}\x1f{line}".encode())
                between = "\n"
        return whole.hexdigest()

    def _by_id(self) -> Iterator[tuple[str, bytes]]:
        """Each episode with all that is said of it, sorted by id."""
        ends = np.frombuffer(self._id_ends.tobytes(), np.int64)
        widest = max(int(np.diff(ends).max(initial=1)), 1)
        texts = (bytes(self._ids[first:last]) for first, last in pairwise(self._id_ends))
        ids = np.fromiter(texts, f"S{widest}", len(self))
        with storing(Path(gettempdir())):
            for episode_id, places in groupby(np.argsort(ids, kind="stable"), key=lambda place: ids[place]):
                yield episode_id.decode(), b"".join(map(self._said_at, places))
            self._said.seek(0, SEEK_END)  # where the next line goes

    def _said_at(self, place: int) -> bytes:
        first, last = self._said_ends[place], self._said_ends[place + 1]
        self._said.seek(first)
        return self._said.read(last - first)


def _lines(packed: bytes, kinds: list[tuple[str, bool]]) -> Iterator[str]:
    place = 0
    while place < len(packed):
        said, has_digest = kinds[int.from_bytes(packed[place : place + 4])]
        place += 4
        if has_digest:
            said += "\x1f" + packed[place : place + 32].hex()
            place += 32
        yield said


def logical_hash(entries: Iterable[tuple[str, ...]]) -> str:
    """Hash of a dataset from (episode_id, stream, content hash), or (episode_id, "failed"), in any order."""
    found = LogicalHash()
    for episode_id, *said in entries:
        found.add(episode_id, *said)
    return found.hexdigest()
