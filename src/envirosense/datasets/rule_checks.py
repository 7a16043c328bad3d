"""Engine of the quality rules: one function a kind, over all rows of an episode at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.datasets.frames import FrameLayout, frame_planes, join_planes, plane_bytes
from envirosense.datasets.rules import FRAME_VALUES, Rule
from envirosense.physics.air.humidity import dew_point_k

type Floats = npt.NDArray[np.float64]
type Counts = npt.NDArray[np.uint16]
type Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Part of a rule's result: how many values were looked at, and which rows failed for one reason."""

    n_checked: int
    failed: Rows
    reason: str = ""
    detail: str = ""  # columns it is about


NO_ROWS: Final[Rows] = np.empty(0, dtype=np.intp)


def column_floats(column: pa.ChunkedArray) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Values of a numeric or time column, NaN where null, and where they are known (not null)."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    known = np.asarray(column.is_valid())
    values = column.cast(pa.float64(), safe=False).fill_null(float("nan")).to_numpy()
    return values, known


def check_rule(rule: Rule, table: pa.Table) -> Iterator[Outcome]:
    """Outcomes of a rule over rows of one episode."""
    for columns in rule.bindings(table.column_names):
        yield from _KINDS[rule.kind](rule, table, columns)


def check_frames(rule: Rule, piece: pa.Table) -> Iterator[Outcome]:
    """Outcomes of a `range` rule on the pixels of frames; a frame is one row."""
    low_name, high_name = frame_planes(piece.schema)
    layout = FrameLayout.of(piece.schema.field(low_name))
    least, greatest = _coarse_counts(piece[high_name], layout)
    coarse = list(_outside(rule, layout.values(least), layout.values(greatest), FRAME_VALUES))
    if any(len(outcome.failed) for outcome in coarse):
        counts = join_planes(piece[low_name], piece[high_name], layout).reshape(piece.num_rows, -1)
        least, greatest = counts.min(axis=1), counts.max(axis=1)
        coarse = list(_outside(rule, layout.values(least), layout.values(greatest), FRAME_VALUES))
    yield from coarse


def _coarse_counts(high: pa.ChunkedArray, layout: FrameLayout) -> tuple[Counts, Counts]:
    """Bounds of each frame's counts from the high bytes alone: half the work, and enough on clean data."""
    extremes = [
        (plane.min(axis=1), plane.max(axis=1))
        for plane in (plane_bytes(c, layout.n_bytes) for c in high.chunks if len(c))
    ]
    least, greatest = (np.concatenate(side).astype(np.uint16) for side in zip(*extremes, strict=True))
    return least * np.uint16(256), greatest * np.uint16(256) + np.uint16(255)


def _outside(rule: Rule, least: Floats, greatest: Floats, detail: str) -> Iterator[Outcome]:
    low, high = rule.bounds
    yield Outcome(int(np.isfinite(least).sum()), NO_ROWS)
    if low is not None:
        yield Outcome(0, np.flatnonzero(least < low), "below", detail)
    if high is not None:
        yield Outcome(0, np.flatnonzero(greatest > high), "above", detail)


def _check_range(rule: Rule, table: pa.Table, columns: Sequence[str]) -> Iterator[Outcome]:
    values, known = column_floats(table[columns[0]])
    yield Outcome(0, np.flatnonzero(known & np.isnan(values)), "not_a_number", columns[0])
    yield from _outside(rule, values, values, columns[0])


def _check_null(rule: Rule, table: pa.Table, columns: Sequence[str]) -> Iterator[Outcome]:
    column = table[columns[0]]
    missing = ~np.asarray(column.is_valid())
    if pa.types.is_floating(column.type):
        missing |= np.isnan(column_floats(column)[0])
    allowed = (rule.bounds[1] or 0.0) * len(missing)
    failed = np.flatnonzero(missing) if missing.sum() > allowed else NO_ROWS
    yield Outcome(len(missing), failed, "null", columns[0])


def _check_monotone(rule: Rule, table: pa.Table, columns: Sequence[str]) -> Iterator[Outcome]:
    values, known = column_floats(table[columns[0]])
    rows = np.flatnonzero(known)
    owner = row_groups(table, own_keys(table.schema))[rows]
    falls = (np.diff(values[rows]) < (rule.bounds[0] or 0.0)) & (np.diff(owner) == 0)
    failed = rows[1:][falls]
    yield Outcome(len(rows), failed, "not_rising" if rule.bounds[0] else "falls", columns[0])


def _check_le(rule: Rule, table: pa.Table, columns: Sequence[str]) -> Iterator[Outcome]:
    values = np.stack([column_floats(table[name])[0] for name in columns])
    steps = np.diff(values, axis=0)
    failed = (steps < (rule.bounds[0] or 0.0)).any(axis=0)
    yield Outcome(
        int(np.isfinite(steps).any(axis=0).sum()), np.flatnonzero(failed), "order", " <= ".join(columns)
    )


def _check_unique(rule: Rule, table: pa.Table, columns: Sequence[str]) -> Iterator[Outcome]:
    yield Outcome(table.num_rows, repeated_rows(table, columns), "repeated", ", ".join(columns))


def repeated_rows(table: pa.Table, columns: Sequence[str]) -> Rows:
    """Rows equal to an earlier row in all the columns."""
    if not table.num_rows:
        return NO_ROWS
    _, first = np.unique(row_groups(table, columns), return_index=True)
    return np.setdiff1d(np.arange(table.num_rows), first)


def own_keys(schema: pa.Schema) -> list[str]:
    """Columns by which the twin tells rows of one tick apart: `key` stands in their metadata."""
    return [field.name for field in schema if b"key" in (field.metadata or {})]


def row_groups(table: pa.Table, columns: Sequence[str]) -> npt.NDArray[np.int64]:
    """Number of each row's group, (row,): rows that are equal in all the columns share one."""
    groups = np.zeros(table.num_rows, dtype=np.int64)
    for name in columns:
        codes = _codes(table[name])
        groups = np.unique(groups * (codes.max(initial=0) + 1) + codes, return_inverse=True)[1]
    return groups


def _codes(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    coded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    combined = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    return np.asarray(combined.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _difference(*columns: Floats) -> Floats:
    """Second minus first column."""
    return columns[1] - columns[0]


def _sum(*columns: Floats) -> Floats:
    """Last column minus the sum of the others."""
    return np.asarray(columns[-1] - np.sum(columns[:-1], axis=0))


def _product(*columns: Floats) -> Floats:
    """Last column minus the product of the others."""
    return np.asarray(columns[-1] - np.prod(columns[:-1], axis=0))


def _length(*columns: Floats) -> Floats:
    """Last column minus the root of the sum of the squares of the others."""
    return np.asarray(columns[-1] - np.sqrt(np.sum(np.square(columns[:-1]), axis=0)))


def _dew_point(*columns: Floats) -> Floats:
    """Dew point [K] minus the one that air temperature [K] and relative humidity give."""
    air_k, humidity, dew_k = columns
    return np.asarray(dew_k - dew_point_k(air_k, humidity))


_RELATIONS: Final[dict[str, Callable[..., Floats]]] = {
    "difference": _difference,
    "sum": _sum,
    "product": _product,
    "length": _length,
    "dew_point": _dew_point,
}


def _check_relation(rule: Rule, table: pa.Table, columns: Sequence[str]) -> Iterator[Outcome]:
    assert rule.relation is not None, "a relation rule names its relation"
    residual = _RELATIONS[rule.relation](*(column_floats(table[name])[0] for name in columns))
    yield from _outside(rule, residual, residual, f"{rule.relation}({', '.join(columns)})")


_KINDS: Final[dict[str, Callable[[Rule, pa.Table, Sequence[str]], Iterator[Outcome]]]] = {
    "range": _check_range,
    "null": _check_null,
    "monotone": _check_monotone,
    "le": _check_le,
    "unique": _check_unique,
    "relation": _check_relation,
}
