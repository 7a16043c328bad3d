"""CSV: the first row names the columns; null is an empty field, an empty text is `""`."""

import base64
import io

import pyarrow as pa

from envirosense.datasets.formats.columns import (
    canonical_schema,
    kind_of,
    lists_as_json,
    lists_from_items,
    restored,
    times_as_text,
)
from envirosense.datasets.formats.text_files import TextFormat

_LARGEST_BLOCK = 2**30


class CsvFormat(TextFormat):
    """One CSV file a stream and split; bytes as base64, lists as JSON, times as ISO 8601 in UTC."""

    name = "csv"
    title = "spreadsheets, R, anything"
    suffix = "csv"

    def header(self, schema: pa.Schema) -> bytes:
        """Names of the columns, quoted."""
        return (",".join('"' + name.replace('"', '""') + '"' for name in schema.names) + "\n").encode()

    def encoded(self, batch: pa.RecordBatch) -> bytes | pa.Buffer:
        """Rows as lines."""
        import pyarrow.csv

        sink = pa.BufferOutputStream()
        columns = [_as_csv(column) for column in batch.columns]
        table = pa.Table.from_arrays(columns, names=batch.schema.names)
        pyarrow.csv.write_csv(table, sink, pyarrow.csv.WriteOptions(include_header=False))
        return sink.getvalue()

    def decoded(self, data: bytes, schema: pa.Schema) -> pa.Table:
        """Rows from lines."""
        import pyarrow.csv

        plain = canonical_schema(schema)
        table = pyarrow.csv.read_csv(
            io.BytesIO(data),
            pyarrow.csv.ReadOptions(
                use_threads=False,
                column_names=plain.names,
                block_size=min(max(len(data), 2**20), _LARGEST_BLOCK),
            ),
            pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(
                column_types={field.name: _read_as(field.type) for field in plain},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
        columns = [_from_csv(column, field.type) for column, field in zip(table.columns, plain, strict=True)]
        return restored(columns, schema)


def _as_csv(column: pa.Array) -> pa.Array:
    match kind_of(column.type):
        case "bytes" | "plane":
            return base64_texts(column)
        case "list":
            return pa.array(lists_as_json(column), pa.string())
        case "time":
            return times_as_text(column)
        case "null":
            return pa.nulls(len(column), pa.string())
    return column


def base64_texts(column: pa.Array) -> pa.Array:
    """Bytes as base64 texts, null where null."""
    values = column.to_pylist()
    return pa.array([None if one is None else base64.b64encode(one).decode() for one in values], pa.string())


def bytes_from_base64(texts: list[str | None]) -> pa.Array:
    """Bytes from base64 texts; anything else in a text is an error."""
    return pa.array(
        [None if one is None else base64.b64decode(one, validate=True) for one in texts], pa.binary()
    )


def _read_as(data_type: pa.DataType) -> pa.DataType:
    return data_type if kind_of(data_type) in ("number", "flag", "time") else pa.string()


def _from_csv(column: pa.ChunkedArray, data_type: pa.DataType) -> pa.Array | pa.ChunkedArray:
    import json

    match kind_of(data_type):
        case "bytes" | "plane":
            return bytes_from_base64(column.to_pylist())
        case "list":
            lists = [None if one is None else json.loads(one, parse_float=str) for one in column.to_pylist()]
            return lists_from_items(lists, data_type)
        case "null":
            return pa.nulls(len(column))
    return column
