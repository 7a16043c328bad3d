"""Reductions of uint16 frames stored as two byte planes."""

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

# name, and whether it is a level (takes the offset of the frame's scale) or a difference
SUMMARY: Final = (
    ("min", True),
    ("median", True),
    ("p99_9", True),
    ("max", True),
    ("std", False),
    ("hot_spot", False),
    ("max_step", False),
)


@njit(cache=True, nogil=True, error_model="numpy")
def _order_statistic(low, high, histogram, rank):  # type: ignore[no-untyped-def]
    """Count of the pixel that has `rank` pixels before it in sorted order."""
    before = 0
    top = 0
    while before + histogram[top] <= rank:
        before += histogram[top]
        top += 1
    fine = np.zeros(256, np.int64)
    for i in range(low.size):
        if high[i] == top:
            fine[low[i]] += 1
    bottom = 0
    while before + fine[bottom] <= rank:
        before += fine[bottom]
        bottom += 1
    return top * 256 + bottom


@njit(cache=True, nogil=True, error_model="numpy")
def _neighbourhood_mean(counts, at, height, width):  # type: ignore[no-untyped-def]
    """Mean of the 7x7 pixels around `at` without the 3x3 at its centre."""
    row, column = at // width, at % width
    total = 0.0
    n = 0
    for r in range(max(row - 3, 0), min(row + 4, height)):
        for c in range(max(column - 3, 0), min(column + 4, width)):
            if abs(r - row) > 1 or abs(c - column) > 1:
                total += counts[r * width + c]
                n += 1
    return total / max(n, 1)


@njit(cache=True, nogil=True, error_model="numpy")
def _summarise(lows, highs, height, width, previous, has_previous, out):  # type: ignore[no-untyped-def]
    size = height * width
    counts = np.empty(size, np.uint16)
    histogram = np.zeros(256, np.int64)
    for frame in range(lows.shape[0]):
        low, high = lows[frame], highs[frame]
        histogram[:] = 0
        total = np.int64(0)
        squares = np.int64(0)
        least = np.int64(65535)
        most = np.int64(0)
        step = np.int64(-65535)
        for i in range(size):
            count = np.int64(low[i]) | (np.int64(high[i]) << 8)
            rise = count - np.int64(previous[i])
            total += count
            squares += count * count
            if rise > step:
                step = rise
            if count < least:
                least = count
            if count > most:
                most = count
            counts[i] = count
        for i in range(size):
            histogram[high[i]] += 1
        at = 0
        while counts[at] != most:
            at += 1
        mean = total / size
        out[frame, 0] = least
        out[frame, 1] = _order_statistic(low, high, histogram, size // 2)
        out[frame, 2] = _order_statistic(low, high, histogram, int(0.999 * (size - 1)))
        out[frame, 3] = most
        out[frame, 4] = np.sqrt(max(squares / size - mean * mean, 0.0))
        out[frame, 5] = most - _neighbourhood_mean(counts, at, height, width)
        out[frame, 6] = step if has_previous or frame > 0 else np.nan
        previous[:] = counts


def summarise_frames(
    lows: npt.NDArray[np.uint8],
    highs: npt.NDArray[np.uint8],
    height: int,
    width: int,
    previous: npt.NDArray[np.uint16],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint16]]:
    """Reductions of each frame, (frame, len(SUMMARY)) [count], and the last frame to carry on with.

    `hot_spot` is the hottest pixel minus the ring around it, `max_step` the greatest rise of a pixel
    since the frame before; it is NaN in the first frame of an episode (`previous` empty).
    """
    out = np.empty((len(lows), len(SUMMARY)))
    carry = previous.copy() if previous.size else np.zeros(height * width, np.uint16)
    _summarise(lows, highs, height, width, carry, previous.size > 0, out)
    return out, carry
