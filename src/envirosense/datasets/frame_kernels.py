"""Reductions of uint16 frames stored as two byte planes."""

from dataclasses import dataclass
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
    ("local_rise", False),
)
TRAILING_S: Final = 1800.0  # memory of the picture that a rise is measured against  # assumed


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
def _local_rise(counts, reference, weight, rows, height, width):  # type: ignore[no-untyped-def]
    """Greatest 3x3 mean rise over the reference less the picture's mean rise; then moves the reference."""
    total = np.float32(0.0)
    for i in range(counts.size):
        total += np.float32(counts[i]) - reference[i]
    for r in range(height):
        at = r * width
        for c in range(1, width - 1):
            rise = np.float32(0.0)
            for k in range(-1, 2):
                rise += np.float32(counts[at + c + k]) - reference[at + c + k]
            rows[at + c] = rise
    greatest = np.float32(-1e9)
    for r in range(1, height - 1):
        at = r * width
        for c in range(1, width - 1):
            rise = rows[at + c - width] + rows[at + c] + rows[at + c + width]
            greatest = max(greatest, rise)
    for i in range(counts.size):
        reference[i] += weight * (np.float32(counts[i]) - reference[i])
    return greatest / np.float32(9.0) - total / np.float32(counts.size)


@njit(cache=True, nogil=True, error_model="numpy")
def _summarise(lows, highs, height, width, previous, reference, weights, out):  # type: ignore[no-untyped-def]
    size = height * width
    rows = np.zeros(size, np.float32)
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
        is_first = weights[frame] >= 1.0
        out[frame, 6] = np.nan if is_first else step
        rise = _local_rise(counts, reference, weights[frame], rows, height, width)
        out[frame, 7] = 0.0 if is_first else rise
        previous[:] = counts


@dataclass(frozen=True, slots=True)
class FrameMemory:
    """What the summaries of an episode's frames remember between blocks."""

    previous: npt.NDArray[np.uint16]  # (pixel,) the last frame
    reference: npt.NDArray[np.float32]  # (pixel,) trailing mean picture [count]
    n_frames: int
    last_s: float  # time of the last frame


def fresh_memory(n_pixels: int) -> FrameMemory:
    """Memory before the first frame of an episode."""
    return FrameMemory(np.zeros(n_pixels, np.uint16), np.zeros(n_pixels, np.float32), 0, 0.0)


def summarise_frames(
    lows: npt.NDArray[np.uint8],
    highs: npt.NDArray[np.uint8],
    height: int,
    width: int,
    time_s: npt.NDArray[np.float64],
    memory: FrameMemory,
) -> tuple[npt.NDArray[np.float64], FrameMemory]:
    """Reductions of each frame, (frame, len(SUMMARY)) [count], and the memory for the next block.

    `hot_spot` is the hottest pixel minus the ring around it; `max_step` the greatest rise of a pixel
    since the frame before, NaN in the first frame of an episode; `local_rise` the greatest rise of
    3x3 pixels over the trailing mean picture, less the rise of the picture as a whole.
    """
    out = np.empty((len(lows), len(SUMMARY)))
    previous, reference = memory.previous.copy(), memory.reference.copy()
    elapsed_s = np.diff(time_s, prepend=memory.last_s)
    seen = memory.n_frames + np.arange(len(lows))
    weights = np.maximum(1.0 / (seen + 1), -np.expm1(-elapsed_s / TRAILING_S)).astype(np.float32)
    weights[seen == 0] = 1.0
    _summarise(lows, highs, height, width, previous, reference, weights, out)
    last_s = float(time_s[-1]) if len(lows) else memory.last_s
    return out, FrameMemory(previous, reference, memory.n_frames + len(lows), last_s)
