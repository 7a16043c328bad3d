"""Hottest places of thermal frames that no single bad pixel decides: lone pixels out, means of 3x3."""

from itertools import product

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array

type Counts = npt.NDArray[np.uint16]
type PixelMask = npt.NDArray[np.bool_]

_AROUND = tuple(place for place in product(range(3), range(3)) if place != (1, 1))


def without_lone_pixels(frames: Counts) -> Counts:
    """Frames with every pixel held between the least and the greatest of its eight neighbours, same shape.

    A hot, dead or blinking pixel takes its nearest neighbour's value; a spot of two pixels or more stays.
    """
    high, low = frames.copy(), frames.copy()
    high.fill(0)
    low.fill(np.iinfo(frames.dtype).max)
    for window in _windows(np.pad(frames, ((0, 0), (1, 1), (1, 1)), mode="reflect"), _AROUND):
        np.maximum(high, window, out=high)
        np.minimum(low, window, out=low)
    return np.clip(frames, low, high)


def means_3x3(frames: Counts) -> Array:
    """Mean of each pixel's 3x3 surroundings without lone pixels, same shape [count]; edges are repeated."""
    calm = np.pad(without_lone_pixels(frames), ((0, 0), (1, 1), (1, 1)), mode="edge")
    total = np.zeros(frames.shape, dtype=np.uint32)
    for window in _windows(calm, tuple(product(range(3), range(3)))):
        total += window
    return total / 9.0


def _windows(padded: Counts, places: tuple[tuple[int, int], ...]) -> list[Counts]:
    height, width = padded.shape[1] - 2, padded.shape[2] - 2
    return [padded[:, row : row + height, column : column + width] for row, column in places]


def hottest_place(means: Array, mask: PixelMask | None) -> tuple[int, int]:
    """Row and column of the greatest mean of one frame, inside `mask` if there is one."""
    inside = means if mask is None else np.where(mask, means, -np.inf)
    row, column = np.unravel_index(int(inside.argmax()), means.shape)
    return int(row), int(column)
