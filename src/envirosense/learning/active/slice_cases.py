"""Units as rows with the conditions they happened under, and boxes in those conditions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.learning.samples import Bools, Floats, Samples, Texts

type Column = Floats | Texts

CLASS: Final = "class"  # the true class as a condition
SCENARIO: Final = "scenario"
_PLAIN: Final = (CLASS, SCENARIO)  # their values speak for themselves


@dataclass(frozen=True, slots=True)
class Condition:
    """Where one variable lies: a half-open or open range of numbers, or one value.

    Attributes:
        low: Values above it, or -inf.
        high: Values up to it, or inf.
    """

    variable: str
    low: float = -np.inf
    high: float = np.inf
    value: str | None = None

    def holds(self, column: Column) -> Bools:
        """Which rows it holds for; never where unknown."""
        if self.value is not None:
            return np.asarray(column == self.value)
        numbers = np.asarray(column, dtype=np.float64)
        return (numbers > self.low) & (numbers <= self.high)

    def in_words(self, unit: str = "") -> str:
        """Such as `wind_speed above 9 m/s`."""
        if self.value is not None:
            return self.value if self.variable in _PLAIN else f"{self.variable} {self.value}"
        name, tail = _without_unit(self.variable, unit), f" {unit}" if unit else ""
        if np.isinf(self.low):
            return f"{name} up to {self.high:g}{tail}"
        if np.isinf(self.high):
            return f"{name} above {self.low:g}{tail}"
        return f"{name} {self.low:g} to {self.high:g}{tail}"


def _without_unit(name: str, unit: str) -> str:
    """The name without the suffix that repeats its unit."""
    suffix = "_" + re.sub(r"\W+", "_", unit)
    return name.removesuffix(suffix) if unit and name != suffix else name


type Box = tuple[Condition, ...]  # at most one per variable


@dataclass(frozen=True, slots=True)
class Cases:
    """Rows to find slices of, each a unit (of one class).

    Attributes:
        wrong: Whether the model was wrong on it, (case,).
        group: What is held out together, (case,).
        columns: Conditions by name, numbers or texts, (case,) each.
        loss: How wrong it was, 0..1, where that is known, (case,); what a surrogate learns from.
    """

    wrong: Bools
    group: Texts
    columns: Mapping[str, Column]
    loss: Floats | None = None

    def __len__(self) -> int:
        return len(self.wrong)

    def select(self, chosen: Bools) -> "Cases":
        """Some of the rows."""
        columns = {name: column[chosen] for name, column in self.columns.items()}
        loss = None if self.loss is None else self.loss[chosen]
        return replace(self, wrong=self.wrong[chosen], group=self.group[chosen], columns=columns, loss=loss)

    def with_columns(self, names: Sequence[str]) -> "Cases":
        """The same rows with some of the conditions."""
        return replace(self, columns={name: self.columns[name] for name in names})

    def inside(self, box: Box) -> Bools:
        """Which rows lie in a box, (case,)."""
        held = np.ones(len(self), dtype=np.bool_)
        for condition in box:
            held &= condition.holds(self.columns[condition.variable])
        return held


def cases_of(
    samples: Samples,
    wrong: Bools,
    slice_by: Sequence[str] | None = None,
    least_share: float = 0.5,
    loss: Floats | None = None,
) -> Cases:
    """One row for each unit and class: wrong where at least `least_share` of its samples are.

    Rows of one unit are no independent witnesses, so they count once. Numbers are the median over the unit,
    texts those of its first sample.

    Args:
        samples: What was judged.
        wrong: Whether the model was wrong, (sample,).
        slice_by: Conditions to look at, `class` being the true class; all by default.
        least_share: Share of a unit's samples.
        loss: How wrong it was, 0..1, (sample,); a case has the mean.

    Raises:
        ConfigError: if `wrong` is of another length, or a condition is not there.
    """
    wrong = np.asarray(wrong, dtype=np.bool_)
    if wrong.shape != (len(samples),):
        raise ConfigError("wrong", wrong.shape, f"must have one value per sample, {len(samples)}")
    available: dict[str, Any] = {CLASS: samples.y, **samples.slices}
    names = tuple(available) if slice_by is None else tuple(slice_by)
    for name in names:
        if name not in available:
            raise UnknownNameError("slice_by", name, available)
    if not len(samples):
        return Cases(wrong, samples.group, {name: _column(available[name]) for name in names}, loss)
    _, unit = np.unique(samples.unit, return_inverse=True)
    _, kind = np.unique(samples.y, return_inverse=True)
    _, first, row = np.unique(unit * (int(kind.max()) + 1) + kind, return_index=True, return_inverse=True)
    share = np.bincount(row, wrong) / np.bincount(row)
    columns = {name: _per_row(_column(available[name]), row, first) for name in names}
    mean_loss = None if loss is None else np.bincount(row, loss) / np.bincount(row)
    return Cases(share >= least_share, samples.group[first], columns, mean_loss)


def _column(values: Any) -> Column:
    """Numbers as floats, all else as texts."""
    found = np.asarray(values)
    if found.dtype.kind in "iuf":
        return np.asarray(found, dtype=np.float64)
    return np.asarray(found, dtype=np.str_)


def _per_row(column: Column, row: npt.NDArray[np.intp], first: npt.NDArray[np.intp]) -> Column:
    if column.dtype.kind != "f":
        return column[first]
    order = np.lexsort((column, row))  # NaN comes last within a row
    known = np.bincount(row, ~np.isnan(column)).astype(np.intp)
    starts = np.concatenate([[0], np.cumsum(np.bincount(row))[:-1]]).astype(np.intp)
    middle = np.asarray(column, dtype=np.float64)[order][starts + np.maximum(known - 1, 0) // 2]
    return np.where(known > 0, middle, np.nan)
