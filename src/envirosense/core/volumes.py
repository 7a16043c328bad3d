"""Boxes of space that a sensor samples, and means of a field over them.

A mean is a tensor Gauss-Legendre sum; its error is the difference from the rule of the next order.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError

type Field = Callable[[tuple[float, float, float]], npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Volume:
    """Box with edges east, north and up; an edge of zero length makes it a plane, a line or a point."""

    centre_m: tuple[float, float, float]
    size_m: tuple[float, float, float]

    def __post_init__(self) -> None:
        """Refuse what is no box.

        Raises:
            ConfigError: if a coordinate is not finite or an edge is negative.
        """
        if not np.all(np.isfinite(self.centre_m)):
            raise ConfigError("centre_m", self.centre_m, "needs three finite coordinates")
        if not np.all(np.isfinite(self.size_m)) or min(self.size_m) < 0.0:
            raise ConfigError("size_m", self.size_m, "needs three finite edges >= 0 m")

    def nodes(self, order: int) -> Iterator[tuple[tuple[float, float, float], float]]:
        """Points and weights (sum 1) of the rule with `order` points along each edge of some length."""
        rules = [_rule(c, s, order) for c, s in zip(self.centre_m, self.size_m, strict=True)]
        for (x, wx), (y, wy), (z, wz) in itertools.product(*rules):
            yield (x, y, z), wx * wy * wz


def _rule(centre_m: float, size_m: float, order: int) -> list[tuple[float, float]]:
    if size_m == 0.0:
        return [(centre_m, 1.0)]
    points, weights = np.polynomial.legendre.leggauss(order)
    return [
        (centre_m + 0.5 * size_m * float(p), 0.5 * float(w)) for p, w in zip(points, weights, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class VolumeMean:
    """Mean of a field over a volume and how far the next finer rule lies from it."""

    value: npt.NDArray[Any]
    error: float  # greatest difference, in the unit of the value


def mean_over(volume: Volume, field: Field, order: int = 2) -> npt.NDArray[Any]:
    """Mean of a field over a volume, shape of the field's answer; exact for cubics at order 2."""
    total: npt.NDArray[Any] | None = None
    for at, weight in volume.nodes(order):
        part = weight * field(at)
        total = part if total is None else total + part
    assert total is not None
    return total


def mean_with_error(volume: Volume, field: Field, order: int = 2) -> VolumeMean:
    """Mean of a field over a volume with its error against the next finer rule."""
    coarse, fine = (mean_over(volume, field, n) for n in (order, order + 1))
    return VolumeMean(fine, float(np.max(np.abs(fine - coarse), initial=0.0)))
