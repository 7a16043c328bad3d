"""Cuts of a frozen test set by class, condition and origin: the same cuts for every model."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.learning.judging.units import UnitOutcomes
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask

type Bools = npt.NDArray[np.bool_]

_PARTS: Final = 4  # of a numeric condition, of equal count
_MOST_VALUES: Final = 60  # of a condition in words


def slices_of(samples: Samples, units: UnitOutcomes, task: ModelTask) -> Iterator[tuple[str, str, Bools]]:
    """Name in words, variable and units, (unit,), of every slice."""
    for label in np.unique(units.label[units.positive]):
        yield f"class {label}", "class", np.asarray(units.positive & (units.label == label))
    origin = samples.origin[units.first]
    if len(np.unique(origin)) > 1:
        for name in np.unique(origin):
            yield f"origin {name}", "origin", np.asarray(origin == name)
    for variable in task.slice_by:
        if variable in samples.slices:
            yield from _by_condition(variable, samples, units)


def _by_condition(variable: str, samples: Samples, units: UnitOutcomes) -> Iterator[tuple[str, str, Bools]]:
    values = samples.slices[variable][units.first]
    if values.dtype.kind not in "fiu":
        known = np.unique(values)
        for value in known[known != ""][:_MOST_VALUES] if known.dtype.kind == "U" else known:
            yield f"{variable} {value}", variable, np.asarray(values == value)
        return
    number = values.astype(np.float64)
    finite = number[np.isfinite(number)]
    if not finite.size:
        return
    edges = np.unique(np.quantile(finite, np.linspace(0.0, 1.0, _PARTS + 1)))
    unit = samples.slice_units.get(variable, "")
    for low, high in pairwise(edges):
        inside = (number >= low) & ((number < high) | (high == edges[-1]) & (number <= high))
        yield f"{variable} {low:.3g} to {high:.3g} {unit}".rstrip(), variable, np.asarray(inside)
