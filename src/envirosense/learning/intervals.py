"""Numbers with 95 % intervals: exact for proportions and counts, resampled by group for averages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

type Floats = npt.NDArray[np.float64]

LEVEL: Final = 0.95
N_RESAMPLES: Final = 400


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval, how many cases carry it, and why it may not be trusted."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    note: str = ""

    @property
    def is_resolved(self) -> bool:
        """Whether there was enough to say something."""
        return self.value is not None and not self.note


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def proportion(hits: int, n: int) -> Estimate:
    """Share of hits with the exact interval of Clopper and Pearson."""
    if n == 0:
        return Estimate(None, note="no cases")
    tail = (1 - LEVEL) / 2
    low = special.betaincinv(hits, n - hits + 1, tail) if hits else 0.0
    high = special.betaincinv(hits + 1, n - hits, 1 - tail) if hits < n else 1.0
    return Estimate(hits / n, float(low), float(high), n)


def poisson_rate(count: int, exposure: float) -> Estimate:
    """Events per unit of exposure with the exact Poisson interval."""
    if exposure <= 0:
        return Estimate(None, note="no exposure")
    tail = (1 - LEVEL) / 2
    low = special.gammaincinv(count, tail) / exposure if count else 0.0
    high = special.gammaincinv(count + 1, 1 - tail) / exposure
    return Estimate(count / exposure, float(low), float(high), count)


def by_group(
    statistic: Callable[[Floats], float], group: npt.NDArray[np.str_], rng: np.random.Generator
) -> Estimate:
    """Weighted statistic with a percentile bootstrap over whole groups.

    Rows of one group depend on one another, so groups are drawn, not rows.

    Args:
        statistic: takes weights (row,) and returns the value, NaN where undefined.
        group: group of each row, (row,).
        rng: for the resampling.
    """
    names, member = np.unique(group, return_inverse=True)
    value = statistic(np.ones(len(group))) if len(group) else np.nan
    if not np.isfinite(value):
        return Estimate(None, n=len(group), note="no cases")
    if len(names) < 2:
        return Estimate(float(value), n=len(group), note="one site: no interval")
    drawn = rng.integers(len(names), size=(N_RESAMPLES, len(names)))
    times = np.apply_along_axis(np.bincount, 1, drawn, minlength=len(names)).astype(np.float64)
    spread = np.array([statistic(row[member]) for row in times])
    spread = spread[np.isfinite(spread)]
    low, high = np.quantile(spread, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if spread.size else (np.nan, np.nan)
    return Estimate(float(value), _finite(low), _finite(high), len(group))


def weighted_median(values: Floats, weights: Floats) -> float:
    """Median of values repeated `weights` times; NaN where nothing is left."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    if not below.size or below[-1] <= 0:
        return float("nan")
    half = below[-1] / 2
    at = int(np.searchsorted(below, half, side="left"))
    if below[at] > half or at + 1 >= len(order):
        return float(values[order[at]])
    after = int(np.searchsorted(below, half, side="right"))
    return float((values[order[at]] + values[order[after]]) / 2)


def median_by_group(values: Floats, group: npt.NDArray[np.str_], rng: np.random.Generator) -> Estimate:
    """Median with a bootstrap over groups."""
    return by_group(lambda weights: weighted_median(values, weights), group, rng)
