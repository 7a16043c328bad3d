"""Series of any length as a path no finer than the screen: least and greatest value per pixel column."""

import numpy as np

from envirosense.core.protocols import Array
from envirosense.pole.page.scales import Axis

HEIGHT = 1000  # of the drawing's own coordinates, both ways
_GAP = 3.5  # times the usual spacing that breaks a line


def envelope_path(t_s: Array, values: Array, x: Axis, y: Axis, columns: int) -> str:
    """SVG path of a series in a 1000 by 1000 box; NaN and long gaps break it."""
    known = np.isfinite(values)
    t_s, values = t_s[known], values[known]
    if not t_s.size:
        return ""
    across = x.share(t_s)
    starts = _breaks(t_s)
    if t_s.size > 2 * columns:
        across, values, starts = _column_extremes(across, values, starts, columns)
    px = np.rint(HEIGHT * across * 10) / 10
    py = np.rint(HEIGHT * (1.0 - y.share(values))).astype(np.int64)
    return "".join(
        f"{'M' if start else 'L'}{a:g} {b}"
        for a, b, start in zip(px.tolist(), py.tolist(), starts.tolist(), strict=True)
    )


def _breaks(t_s: Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    starts = np.zeros(t_s.size, dtype=bool)
    starts[0] = True
    if t_s.size > 2:
        steps = np.diff(t_s)
        starts[1:] = steps > _GAP * np.median(steps)
    return starts


def _column_extremes(
    across: Array, values: Array, starts: np.ndarray[tuple[int], np.dtype[np.bool_]], columns: int
) -> tuple[Array, Array, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Least then greatest value of every column, at the column's middle; a break starts a new piece."""
    column = np.minimum((across * columns).astype(np.int64), columns - 1)
    piece = np.cumsum(starts) * columns + column
    first = np.flatnonzero(np.diff(piece, prepend=-1))
    low, high = np.minimum.reduceat(values, first), np.maximum.reduceat(values, first)
    middle = (column[first] + 0.5) / columns
    begins = np.logical_or.reduceat(starts, first)
    order = np.stack([begins, np.zeros_like(begins)], axis=1).reshape(-1)
    return np.repeat(middle, 2), np.stack([low, high], axis=1).reshape(-1), order


def dots_path(t_s: Array, values: Array, x: Axis, y: Axis, most: int) -> str:
    """SVG path of round-capped points for a quantity that wraps around, at most `most` of them."""
    known = np.flatnonzero(np.isfinite(values))
    known = known[:: max(1, -(-known.size // most))]
    px = np.rint(HEIGHT * x.share(t_s[known]) * 10) / 10
    py = np.rint(HEIGHT * (1.0 - y.share(values[known]))).astype(np.int64)
    return "".join(f"M{a:g} {b}h0" for a, b in zip(px.tolist(), py.tolist(), strict=True))
