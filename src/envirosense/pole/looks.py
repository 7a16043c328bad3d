"""Readings as somebody looks at them: means over the seconds of a look, whatever the tick."""

from typing import Final

import numpy as np

from envirosense.core.protocols import Array

LOOK_S: Final = 10.0  # a look that tells; assumed


def look_ticks(dt_s: float) -> int:
    """Ticks of one look, at least one."""
    return max(1, round(LOOK_S / dt_s))


def look_means(values: Array, dt_s: float) -> Array:
    """Mean of each whole look, (look, channel), one that ends at every tick from the first whole one on.

    Fewer ticks than a look make one row. Along the first axis of any shape.
    """
    length = min(look_ticks(dt_s), values.shape[0])
    if length <= 1:
        return values
    return np.asarray(np.lib.stride_tricks.sliding_window_view(values, length, axis=0).mean(axis=-1))


class LookMeans:
    """Mean of the look that ends at each tick, over blocks of ticks; before the first there was nothing."""

    def __init__(self, dt_s: float) -> None:
        self._dt_s, self._before = dt_s, look_ticks(dt_s) - 1
        self._last: Array | None = None

    def of(self, block: Array) -> Array:
        """Means at the ticks of the next block, of its shape."""
        if not self._before or not block.size:
            return block
        if self._last is None:
            self._last = np.zeros((self._before, *block.shape[1:]))
        values = np.concatenate([self._last, block])
        self._last = values[-self._before :]
        return look_means(values, self._dt_s)
