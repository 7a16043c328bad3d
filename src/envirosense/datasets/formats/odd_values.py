"""Floats that a format cannot hold, kept beside the rows as runs of their bits.

Text knows one NaN only and SQLite none at all; the hash counts bits. What gets lost is
written to `episodes.jsonl` and put back by the reader.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import JsonValue

from envirosense.core.episode import JsonObject
from envirosense.datasets.formats.columns import odd_nans

type Runs = list[list[int | str]]  # first row, rows, bits in hexadecimal
type OddValues = dict[str, Runs]  # by column
type FindOdd = Callable[[pa.Array], npt.NDArray[np.bool_]]


def any_nan(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Where valid floats are NaN, (row,)."""
    return np.asarray(np.isnan(values.fill_null(0).to_numpy(zero_copy_only=False)))


def find_odd(batch: pa.RecordBatch, first_row: int, is_odd: FindOdd = odd_nans) -> OddValues:
    """Runs of odd floats of each column that has any."""
    found: OddValues = {}
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_floating(field.type) and (rows := np.flatnonzero(is_odd(column))).size:
            values = column.fill_null(0).to_numpy(zero_copy_only=False)
            found[field.name] = _runs(rows + first_row, values.view(f"u{values.itemsize}")[rows])
    return found


def _runs(rows: npt.NDArray[np.int64], bits: npt.NDArray[np.unsignedinteger]) -> Runs:
    begins = np.flatnonzero(np.diff(rows, prepend=-2) > 1)
    changes = np.flatnonzero(bits[1:] != bits[:-1]) + 1
    starts = np.union1d(begins, changes)
    lengths = np.diff([*starts, len(rows)])
    return [
        [int(rows[at]), int(length), f"{int(bits[at]):x}"] for at, length in zip(starts, lengths, strict=True)
    ]


def add_odd(known: OddValues, more: OddValues) -> None:
    """Append the runs of later rows."""
    for name, runs in more.items():
        known.setdefault(name, []).extend(runs)


def as_place(odd: OddValues) -> JsonObject:
    """Part of a stream's place that remembers them; nothing where there are none."""
    if not odd:
        return {}
    runs: JsonObject = {name: [list[JsonValue](run) for run in runs] for name, runs in odd.items()}
    return {"odd": runs}


def with_odd(table: pa.Table, place: JsonObject) -> pa.Table:
    """The table with the odd floats of a stream's place put back.

    Raises:
        ValueError: if the place is not as it was written.
    """
    found = place.get("odd", {})
    if not isinstance(found, dict):
        raise ValueError("odd values are damaged")
    for name, runs in found.items():
        at = table.schema.get_field_index(name)
        field, column = table.schema.field(at), table.column(at).combine_chunks()
        values = column.fill_null(0).to_numpy(zero_copy_only=False).copy()
        is_null = column.is_null().to_numpy(zero_copy_only=False).copy()
        bits = values.view(f"u{values.itemsize}")
        for run in runs if isinstance(runs, list) else ():
            first, length, text = map(str, run if isinstance(run, list) else ())
            rows = slice(int(first), int(first) + int(length))
            bits[rows], is_null[rows] = int(text, 16), False
        table = table.set_column(at, field, pa.array(values, field.type, mask=is_null))
    return table
