"""Lines of equal value on a grid, as an SVG path, and where to name them."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from envirosense.core.protocols import Array

type Segment = tuple[tuple[float, float], tuple[float, float]]

_STEPS = (1.0, 2.0, 5.0)


def round_levels(low: float, high: float, most: int) -> tuple[float, ...]:
    """Values 1, 2, 5 times powers of ten within a range; whole powers only where there would be too many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    fine = [step * 10.0**k for k in powers for step in _STEPS if low < step * 10.0**k < high]
    coarse = [10.0**k for k in powers if low < 10.0**k < high]
    return tuple(fine if len(fine) <= most else coarse or fine[::2])


def contour(values: Array, x_m: Array, y_m: Array, level: float) -> list[Segment]:
    """Pieces of the line of one value through a grid (x, y), interpolated in the logarithm."""
    logs = np.log(np.maximum(values, 1e-300)) - math.log(level)
    found: list[Segment] = []
    above = logs > 0.0
    corners = above[:-1, :-1].astype(int) + above[1:, :-1] + above[1:, 1:] + above[:-1, 1:]
    for i, j in np.argwhere((corners > 0) & (corners < 4)):
        ends = _crossings(logs, x_m, y_m, int(i), int(j))
        found += [(ends[k], ends[k + 1]) for k in range(0, len(ends) - 1, 2)]
    return found


def _crossings(logs: Array, x_m: Array, y_m: Array, i: int, j: int) -> list[tuple[float, float]]:
    """Where the line crosses the edges of a cell, in order around it."""
    around = ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1), (i, j))
    ends = []
    for (a, b), (c, d) in pairwise(around):
        here, there = float(logs[a, b]), float(logs[c, d])
        if (here > 0.0) != (there > 0.0):
            share = here / (here - there)
            x, y = x_m[a] + share * (x_m[c] - x_m[a]), y_m[b] + share * (y_m[d] - y_m[b])
            ends.append((float(x), float(y)))
    return ends


def label_place(
    segments: Sequence[Segment], from_m: tuple[float, float], slope: float
) -> tuple[float, float]:
    """Middle of the piece nearest to a slanting line down from a point, so that names stand in a row."""
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in segments]
    return min(
        middles, key=lambda m: abs(m[0] - from_m[0] - slope * (from_m[1] - m[1])) + 100.0 * (m[1] > from_m[1])
    )
