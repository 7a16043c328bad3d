"""Trailing statistics: what a window knows of the windows before it. Causal, NaN where nothing is known."""

from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

EVERY: Final = 10  # windows for which one median of the past stands; saves work, not seen in the results


def past_median(values: npt.NDArray[np.floating], oldest: int, newest: int, least: int) -> Floats:
    """Median of the rows from `oldest` to `newest` rows before, same shape; of at least `least` rows.

    One median stands for ten rows in a row: that of the first of them.
    """
    from envirosense.datasets.window_features import nan_median

    out = np.full(values.shape, np.nan)
    for row in range(0, len(values), EVERY):
        past = values[max(row - oldest, 0) : max(row - newest + 1, 0)]
        if len(past) >= least:
            out[row : row + EVERY] = nan_median(past.reshape(len(past), -1).astype(np.float32)).reshape(
                values.shape[1:]
            )
    return out


def last_mean(values: Floats, n: int) -> Floats:
    """Mean of the last `n` rows, the row itself among them; NaN counts as nothing, (row, ...)."""
    known = np.isfinite(values)
    total = _last_sum(np.where(known, values, 0.0), n)
    count = _last_sum(known.astype(np.float64), n)
    return np.where(count > 0, total / np.maximum(count, 1.0), np.nan)


def last_spread(values: Floats, n: int) -> Floats:
    """Standard deviation of the last `n` rows, (row, ...)."""
    first = np.isfinite(values).argmax(axis=0) if len(values) else None
    centre = 0.0 if first is None else np.nan_to_num(np.take_along_axis(values, first[None], axis=0)[0])
    away = values - centre  # a first value, known from then on; keeps the difference of squares exact enough
    return np.sqrt(np.maximum(last_mean(away**2, n) - last_mean(away, n) ** 2, 0.0))


def last_max(values: Floats, n: int) -> Floats:
    """Greatest known value of the last `n` rows, (row, ...); NaN where none is known."""
    filled = np.where(np.isfinite(values), values, -np.inf)
    ahead = np.full((n, *values.shape[1:]), -np.inf)
    view = np.lib.stride_tricks.sliding_window_view(np.concatenate([ahead, filled]), n, axis=0)
    top = view.max(axis=-1)[1:]
    return np.where(np.isfinite(top), top, np.nan)


def last_covariance(one: Floats, other: Floats, n: int) -> Floats:
    """Covariance over the last `n` rows of `one` with `other`, shapes that broadcast."""
    together = last_mean(one * other, n)
    return np.asarray(together - last_mean(one, n) * last_mean(other, n))


def _last_sum(values: Floats, n: int) -> Floats:
    total = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
    end = np.arange(1, len(values) + 1)
    return np.asarray(total[end] - total[np.maximum(end - n, 0)])
