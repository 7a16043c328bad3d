"""Running summary of one column: counts and moments exact, quantiles from an even thinning."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

QUANTILES: Final = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
BARS: Final = 20  # of a histogram, evenly between the least and the greatest value
_KEPT: Final = 65_536  # samples for the quantiles; standard error of the median 0.2 % in probability
_PIECES: Final = 256  # that hold them
_TEXTS: Final = 64  # distinct texts counted one by one


class NumberSummary:
    """Count, unknown share, extremes, mean, deviation and quantiles of numbers fed in pieces.

    Quantiles use every k-th known value, k doubling as needed, so they are the same for any cut.
    """

    def __init__(self) -> None:
        self._n_rows = self._n = 0
        self._mean = self._m2 = 0.0
        self._low, self._high = np.inf, -np.inf
        self._stride = 1
        self._kept: list[Floats] = []
        self._n_kept = 0

    def update(self, values: Floats) -> None:
        """Append values; NaN counts as unknown."""
        self._n_rows += len(values)
        known = values[np.isfinite(values)]
        if not known.size:
            return
        self._keep(known)
        mean = float(known.mean())
        step, total = mean - self._mean, self._n + known.size
        self._m2 += float(((known - mean) ** 2).sum()) + step**2 * self._n * known.size / total
        self._mean += step * known.size / total
        self._n = total
        self._low, self._high = min(self._low, float(known.min())), max(self._high, float(known.max()))

    def _keep(self, known: Floats) -> None:
        first = -self._n % self._stride  # values at multiples of the stride, counted over all pieces
        if first >= known.size:
            return
        self._kept.append(known[first :: self._stride].copy())  # a view would hold all of the values
        self._n_kept += len(self._kept[-1])
        if len(self._kept) > _PIECES:
            self._kept = [np.concatenate(self._kept)]
        while self._n_kept > _KEPT:
            thinned = np.concatenate(self._kept)[::2]
            self._kept, self._n_kept, self._stride = [thinned], len(thinned), 2 * self._stride

    def result(self) -> dict[str, Any]:
        """Summary as plain data; a column without a known value has counts only."""
        counts = {
            "rows": self._n_rows,
            "count": self._n,
            "null_share": _share(self._n_rows - self._n, self._n_rows),
        }
        if not self._n:
            return counts
        kept = np.concatenate(self._kept)
        levels = np.quantile(kept, QUANTILES)
        return {
            **counts,
            "min": self._low,
            "max": self._high,
            "mean": self._mean,
            "std": float(np.sqrt(self._m2 / self._n)),
            "quantiles": {
                f"p{100 * q:02.0f}": float(level) for q, level in zip(QUANTILES, levels, strict=True)
            },
            "quantile_samples": self._n_kept,
            "histogram": _histogram(kept, np.ones(len(kept), dtype=np.int64), self._low, self._high),
        }


class TextSummary:
    """Count, unknown share and values of a text or flag column."""

    def __init__(self) -> None:
        self._n_rows = self._n = 0
        self._values: dict[str, int] = {}
        self._is_long = False

    def update(self, values: list[tuple[object, int]], n_rows: int) -> None:
        """Append distinct values with their counts, null excluded."""
        self._n_rows += n_rows
        for value, count in values:
            self._n += count
            key = str(value).lower() if isinstance(value, bool) else str(value)
            if key in self._values or len(self._values) < _TEXTS:
                self._values[key] = self._values.get(key, 0) + count
            else:
                self._is_long = True

    def result(self) -> dict[str, Any]:
        """Summary as plain data; values are left out of columns with very many."""
        counts = {
            "rows": self._n_rows,
            "count": self._n,
            "null_share": _share(self._n_rows - self._n, self._n_rows),
        }
        return counts if self._is_long else {**counts, "values": dict(sorted(self._values.items()))}


class CodeSummary:
    """Summary of frame counts through their histogram; quantiles are exact."""

    def __init__(self, scale: float, offset: float) -> None:
        self._scale, self._offset = scale, offset
        self._histogram = np.zeros(2**16, dtype=np.int64)

    def update(self, counts: npt.NDArray[np.uint16]) -> None:
        """Append counts of any shape."""
        self._histogram += np.bincount(counts.reshape(-1), minlength=2**16)

    def result(self) -> dict[str, Any]:
        """Summary as plain data, in the unit of the frames."""
        n = int(self._histogram.sum())
        if not n:
            return {"rows": 0, "count": 0, "null_share": 0.0}
        codes = np.flatnonzero(self._histogram)
        weights = self._histogram[codes]
        values = np.asarray(self._offset + self._scale * codes, dtype=np.float64)
        mean = float((values * weights).sum() / n)
        ranks = np.searchsorted(np.cumsum(weights), np.ceil(np.array(QUANTILES) * n))
        return {
            "rows": n,
            "count": n,
            "null_share": 0.0,
            "min": float(values[0]),
            "max": float(values[-1]),
            "mean": mean,
            "std": float(np.sqrt(((values - mean) ** 2 * weights).sum() / n)),
            "quantiles": {
                f"p{100 * q:02.0f}": float(values[rank]) for q, rank in zip(QUANTILES, ranks, strict=True)
            },
            "quantile_samples": n,
            "histogram": _histogram(values, weights, float(values[0]), float(values[-1])),
        }


def _histogram(values: Floats, weights: npt.NDArray[np.int64], low: float, high: float) -> dict[str, Any]:
    """Ends of the bars and how many of the quantile samples each holds; one bar where all are equal."""
    edges = np.linspace(low, high, BARS + 1) if high > low else np.array([low, low])
    bars = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(bars, weights=weights, minlength=len(edges) - 1)
    return {"edges": edges.tolist(), "counts": counts.astype(np.int64).tolist()}


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
