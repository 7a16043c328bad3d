"""Parameter vectors of scenarios: drawn, jittered, encoded for a learner, and weighed against even draws.

A vector is a row of columns by name, numbers or texts, as conditions of samples are; a parameter that a
scenario does not have is unknown (NaN) there.
"""

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.core.rng import derived_seed, stream
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.active.slice_cases import CLASS, SCENARIO, Column
from envirosense.learning.samples import Bools, Floats
from envirosense.scenarios.distributions import is_number
from envirosense.scenarios.parameters import ParameterSpace

type Columns = Mapping[str, Any]  # columns by name, all as long
type Spaces = Mapping[str, ParameterSpace]
type Asked = Sequence[tuple[WeakSpot | None, int]]

_APART: Final = 0.5  # where an unknown number counts as lying, in 0..1


def n_rows(columns: Columns) -> int:
    """Rows of the columns."""
    return len(next(iter(columns.values()))) if columns else 0


def rows(columns: Columns, chosen: Bools | npt.NDArray[np.intp]) -> dict[str, Column]:
    """Some of the rows."""
    return {name: column[chosen] for name, column in columns.items()}


def stacked(pieces: Sequence[Columns]) -> dict[str, Column]:
    """All rows of several sets with the same columns."""
    return {name: _joined([piece[name] for piece in pieces]) for name in pieces[0]}


def _joined(columns: Sequence[Column]) -> Column:
    found: Any = np.concatenate(columns)
    return cast(Column, found)


@dataclass(frozen=True, slots=True)
class Encoding:
    """Turns vectors into numbers: ranges by which numbers are scaled to 0..1, and options of texts."""

    ranges: Mapping[str, tuple[float, float]]
    options: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, columns: Columns) -> "Encoding":
        """Encoding of all that occurs in some rows; the class is no parameter."""
        ranges, options = {}, {}
        for name, column in columns.items():
            if name == CLASS:
                continue
            if column.dtype.kind != "f":
                options[name] = tuple(np.unique(column).tolist())
            elif not np.isnan(np.asarray(column, dtype=np.float64)).all():
                ranges[name] = (float(np.nanmin(column)), float(np.nanmax(column)))
        return cls(ranges, options)

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each column of the matrix; several in a row for a text."""
        return (*self.ranges, *(name for name, found in self.options.items() for _ in found))

    def matrix(self, columns: Columns) -> Floats:
        """Numbers over their range and a flag per option, (row, column); NaN where unknown."""
        made = [
            (np.asarray(columns[name], dtype=np.float64) - low) / ((high - low) or 1.0)
            for name, (low, high) in self.ranges.items()
        ]
        made += [
            (columns[name] == one).astype(np.float64) for name, found in self.options.items() for one in found
        ]
        return np.stack(made, axis=1) if made else np.empty((n_rows(columns), 0))

    def places(self, columns: Columns) -> Floats:
        """The matrix for distances: what is unknown lies in the middle."""
        found = self.matrix(columns)
        return np.where(np.isnan(found), _APART, found)


def drawn(spaces: Spaces, like: Columns, n: int, seed: int) -> dict[str, Column]:
    """Vectors as even draws give them, `n` rows: seen conditions, with the scenario's parameters drawn anew.

    Args:
        spaces: Of scenarios; those without one keep the parameters that were seen.
        like: Rows of even draws, for what no space holds, such as the weather.
        n: Rows.
        seed: Of the draws.
    """
    rng = stream(seed, "candidates", "like")
    found = rows(like, rng.integers(n_rows(like), size=n))
    found = {name: column.copy() for name, column in found.items()}
    if SCENARIO not in found:
        return found
    for at, scenario in enumerate(found[SCENARIO].tolist()):
        if scenario in spaces:
            values = spaces[scenario].draw(_streams(derived_seed(seed, "candidate", at)))
            _set(found, at, values)
    return found


def _streams(seed: int) -> Any:
    return lambda name: stream(seed, name)


def _set(columns: dict[str, Column], at: int, values: Mapping[str, float | str]) -> None:
    """Put parameters into a row, where there is a column of their kind."""
    for name, value in values.items():
        column = columns.get(name)
        if column is not None and is_number(value) == (column.dtype.kind == "f"):
            column[at] = value


def jittered(columns: Columns, encoding: Encoding, share: float, spaces: Spaces,
             rng: np.random.Generator) -> dict[str, Column]:  # fmt: skip
    """The rows with numbers moved by a normal step of `share` of their range, kept within it.

    Rows that a scenario's own space then refuses are left out.
    """
    found: dict[str, Column] = {name: column.copy() for name, column in columns.items()}
    for name, (low, high) in encoding.ranges.items():
        step = share * (high - low) * rng.standard_normal(n_rows(columns))
        found[name] = np.clip(np.asarray(columns[name], dtype=np.float64) + step, low, high)
    allowed = np.array([_is_allowed(found, at, spaces) for at in range(n_rows(found))], dtype=np.bool_)
    return rows(found, allowed)


def _is_allowed(columns: Columns, at: int, spaces: Spaces) -> bool:
    """Whether no parameter of a row leaves what its scenario can draw."""
    space = spaces.get(str(columns[SCENARIO][at])) if SCENARIO in columns else None
    if space is None:
        return True
    values: dict[str, Any] = {name: columns[name][at].item() for name in space.parameters if name in columns}
    try:
        fits = all(
            space.parameters[name].distribution.allows(value, values) for name, value in values.items()
        )
    except ConfigError:
        return False
    return fits and all(one.holds(values) for one in space.constraints if one.weights.keys() <= values.keys())


def within(spot: WeakSpot, columns: Columns) -> Bools:
    """Which rows lie in a weak spot, (row,); of a parameter given as a spread nothing is asked."""
    held = np.ones(n_rows(columns), dtype=np.bool_)
    if SCENARIO in columns and spot.scenario != "*":
        known = np.unique(columns[SCENARIO]).tolist()
        held &= np.isin(columns[SCENARIO], fnmatch.filter(known, spot.scenario))
    for name, value in spot.parameters.items():
        if name not in columns or isinstance(value, Mapping):
            continue
        column = columns[name]
        if isinstance(value, list | tuple):
            numbers = np.asarray(column, dtype=np.float64)
            held &= (numbers >= value[0]) & (numbers <= value[1])
        else:
            held &= np.asarray(column == value)
    return held


def importance_weights(columns: Columns, asked: Asked, natural: Columns) -> Floats:
    """Density of even draws over that of all draws asked for, (row,): what undoes the choice of spots.

    Draws from a spot are taken as spread in it like even draws are; a spot's share of those comes from
    `natural`. The mixture of all rounds is one density, so no weight exceeds the inverse of the share of even
    draws, and their mean over all rows is about 1.

    Args:
        columns: Rows of all rounds together.
        asked: What they were asked from.
        natural: Rows of even draws.

    Raises:
        ConfigError: if no even draws were asked for: what lies outside all spots has no weight then.
    """
    total = sum(count for _, count in asked)
    even = sum(count for spot, count in asked if spot is None)
    if not even:
        raise ConfigError("asked", "no even draws", "importance weights need a share of even draws")
    density = np.full(n_rows(columns), even / total)
    n = n_rows(natural)
    for spot, count in asked:
        if spot is not None and count:
            usual = (float(within(spot, natural).sum()) + 0.5) / (n + 1.0)  # never 0: the spot can be drawn
            density += within(spot, columns) * (count / total / usual)
    return 1.0 / density
