"""JSON and JSON lines: an object a row, in strict JSON.

JSON has no NaN: it is the text "NaN", infinities are "Infinity" and "-Infinity"; null is null.
Numbers have the fewest digits that give the same float back.
"""

import json
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from envirosense.datasets.formats.columns import (
    canonical_schema,
    kind_of,
    lists_as_json,
    lists_from_items,
    numbers_from_text,
    restored,
    times_as_text,
)
from envirosense.datasets.formats.csv_files import base64_texts, bytes_from_base64
from envirosense.datasets.formats.text_files import TextFormat

_NOT_FINITE = {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}


class JsonLinesFormat(TextFormat):
    """One file of JSON lines a stream and split; bytes as base64, times as ISO 8601 in UTC."""

    name = "jsonl"
    title = "log pipelines, BigQuery, Elasticsearch, jq"
    suffix = "jsonl"
    _after_row = "\n"

    def header(self, schema: pa.Schema) -> bytes:
        """Nothing."""
        return b""

    def encoded(self, batch: pa.RecordBatch) -> bytes | pa.Buffer:
        """Rows as objects."""
        pieces: list[pa.Array | pa.Scalar] = []
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            pieces.append(pa.scalar(("," if pieces else "{") + json.dumps(name) + ":"))
            pieces.append(pc.fill_null(_json_texts(column), "null"))
        pieces.append(pa.scalar("}" + self._after_row))
        rows = pc.binary_join_element_wise(*pieces, pa.scalar(""))
        return self._joined(rows)

    def _joined(self, rows: pa.StringArray) -> bytes | pa.Buffer:
        return "".join(rows.to_pylist()).encode()

    def _parsed(self, data: bytes) -> list[dict[str, object]]:
        # numbers stay texts, so that a float32 is rounded once
        return [json.loads(line, parse_float=str, parse_int=str) for line in data.splitlines()]

    def decoded(self, data: bytes, schema: pa.Schema) -> pa.Table:
        """Rows from objects."""
        rows, plain = self._parsed(data), canonical_schema(schema)
        columns = [_from_json([row[field.name] for row in rows], field.type) for field in plain]
        return restored(columns, schema)


class JsonFormat(JsonLinesFormat):
    """One JSON array a stream and split."""

    name = "json"
    title = "web pages, small sets, anything that has no other reader"
    suffix = "json"
    between = b",\n"
    footer = b"\n]\n"
    _after_row = ""

    def header(self, schema: pa.Schema) -> bytes:
        """Begin of the array."""
        return b"[\n"

    def _joined(self, rows: pa.StringArray) -> bytes:
        return ",\n".join(rows.to_pylist()).encode()

    def _parsed(self, data: bytes) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(b"[" + data + b"]", parse_float=str, parse_int=str)
        return found


def _json_texts(column: pa.Array) -> pa.Array:
    """JSON of each value, null where null."""
    match kind_of(column.type):
        case "bytes" | "plane":
            return _quoted(base64_texts(column))
        case "list":
            return pa.array(lists_as_json(column), pa.string())
        case "time":
            return _quoted(times_as_text(column))
        case "text":
            return _mapped(column, lambda text: json.dumps(text, ensure_ascii=False))
        case "null":
            return pa.nulls(len(column), pa.string())
    texts = column.cast(pa.string())
    if pa.types.is_floating(column.type) and not pc.all(pc.is_finite(column)).as_py():
        return _mapped(texts, lambda text: _NOT_FINITE.get(text, text))
    return texts


def _quoted(texts: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise('"', texts, '"', "")


def _mapped(texts: pa.Array, change: Callable[[str], str]) -> pa.Array:
    """Texts changed one distinct value at a time, null where null."""
    coded = texts.dictionary_encode()
    changed = pa.array([change(text) for text in coded.dictionary.to_pylist()], pa.string())
    return changed.take(coded.indices)


def _from_json(values: list[object], data_type: pa.DataType) -> pa.Array:
    match kind_of(data_type):
        case "number" | "time":
            return numbers_from_text(values, data_type)  # type: ignore[arg-type]
        case "bytes" | "plane":
            return bytes_from_base64(values)  # type: ignore[arg-type]
        case "list":
            return lists_from_items(values, data_type)  # type: ignore[arg-type]
        case "null":
            return pa.nulls(len(values))
    return pa.array(values, data_type)
