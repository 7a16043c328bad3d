"""A field drawn on a grid of points: lazily, for viewing, and for queries between the points."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Position

type Query = Callable[[Position], npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class InterpolationError:
    """How far the interpolated field lies from the exact one at some points."""

    greatest: float
    rms: float
    exact_rms: float  # of the exact values, to hold the others against

    @property
    def relative(self) -> float:
        """RMS error over the RMS of the field; 0 for a field that is 0."""
        return self.rms / self.exact_rms if self.exact_rms > 0.0 else 0.0


class GriddedField:
    """One kind of query on the nodes of a rectangular grid; a node is asked once, when first needed."""

    def __init__(self, query: Query, axes_m: Sequence[Sequence[float]]) -> None:
        """Grid on rising coordinates east, north and up; an axis of one point is a plane.

        Raises:
            ConfigError: if an axis is empty, not finite or does not rise.
        """
        self._query = query
        self.axes_m = tuple(np.asarray(axis, dtype=np.float64) for axis in axes_m)
        if len(self.axes_m) != 3:
            raise ConfigError("axes_m", len(self.axes_m), "needs three axes: east, north, up")
        for name, axis in zip(("east", "north", "up"), self.axes_m, strict=True):
            if (
                axis.ndim != 1
                or axis.size == 0
                or not np.all(np.isfinite(axis))
                or np.any(np.diff(axis) <= 0)
            ):
                raise ConfigError(f"axes_m.{name}", axis.tolist(), "needs finite coordinates that rise")
        self._nodes: dict[tuple[int, int, int], npt.NDArray[Any]] = {}

    @property
    def shape(self) -> tuple[int, int, int]:
        """Nodes along each axis."""
        nx, ny, nz = (axis.size for axis in self.axes_m)
        return nx, ny, nz

    @property
    def n_drawn(self) -> int:
        """Nodes asked so far."""
        return len(self._nodes)

    def node(self, i: int, j: int, k: int) -> npt.NDArray[Any]:
        """The exact field at a node, in the query's own shape."""
        if (i, j, k) not in self._nodes:
            x, y, z = (axis[n] for axis, n in zip(self.axes_m, (i, j, k), strict=True))
            self._nodes[i, j, k] = self._query((float(x), float(y), float(z)))
        return self._nodes[i, j, k]

    def values(self) -> npt.NDArray[Any]:
        """The field at every node, (east, north, up, ...) with the query's shape behind."""
        nodes = [self.node(*index) for index in np.ndindex(self.shape)]
        return np.stack(nodes).reshape(*self.shape, *nodes[0].shape)

    def at(self, at: Position) -> npt.NDArray[Any]:
        """Trilinear interpolation at a point, in the query's shape; asks at most eight nodes.

        Raises:
            ConfigError: if the point lies outside the grid.
        """
        places = [self._place(axis, value) for axis, value in zip(self.axes_m, at, strict=True)]
        total: npt.NDArray[Any] | float = 0.0
        for corner in np.ndindex(2, 2, 2):
            weight = 1.0
            for (_, share), up in zip(places, corner, strict=True):
                weight *= share if up else 1.0 - share
            if weight > 0.0:
                i, j, k = (low + up for (low, _), up in zip(places, corner, strict=True))
                total = total + weight * self.node(i, j, k)
        return np.asarray(total)

    def _place(self, axis_m: npt.NDArray[np.float64], value_m: float) -> tuple[int, float]:
        if not axis_m[0] <= value_m <= axis_m[-1]:
            raise ConfigError(
                "at", value_m, f"lies outside the grid; stay within {axis_m[0]} to {axis_m[-1]} m"
            )
        if axis_m.size == 1:
            return 0, 0.0
        low = min(int(np.searchsorted(axis_m, value_m, side="right")) - 1, axis_m.size - 2)
        return low, float((value_m - axis_m[low]) / (axis_m[low + 1] - axis_m[low]))

    def error(self, points: Sequence[Position]) -> InterpolationError:
        """Interpolated less exact at some points, over all the query's values."""
        exact = np.stack([self._query(at) for at in points])
        off = np.abs(np.stack([self.at(at) for at in points]) - exact)
        return InterpolationError(
            float(off.max()), float(np.sqrt(np.mean(off**2))), float(np.sqrt(np.mean(np.abs(exact) ** 2)))
        )
