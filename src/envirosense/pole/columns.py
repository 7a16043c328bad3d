"""Column types of the pole's streams, and rows made from arrays."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from envirosense.datasets import Column

F32, F64, I8, I32, TEXT, FLAG = pa.float32(), pa.float64(), pa.int8(), pa.int32(), pa.string(), pa.bool_()
SPLIT = {"encoding": "BYTE_STREAM_SPLIT"}  # numbers that hardly ever repeat
OWN_KEY = {"key": "own"}  # tells rows of one tick apart
PLAIN = {"encoding": "PLAIN"}  # numbers of few values over long stretches


def course(name: str, kind: pa.DataType, unit: str, description: str) -> Column:
    """A quantity of the world over time, never null."""
    return Column(name, kind, unit, description, False, SPLIT)


def batch(schema: pa.Schema, columns: Mapping[str, Any]) -> pa.RecordBatch:
    """Rows of a stream from arrays or lists by column name; NaN in a nullable number is null."""
    arrays = []
    for field in schema:
        values = columns[field.name]
        if isinstance(values, np.ndarray) and field.nullable and values.dtype.kind == "f":
            arrays.append(pa.array(values, field.type, from_pandas=True))
        elif isinstance(values, pa.Array):
            arrays.append(values)
        else:
            arrays.append(pa.array(values, field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
