"""A place in the thermal picture that warms and stays warm, seen against hours of the same picture.

Drifting cloud, the sun's disk and passing bodies move; a heated fitting does not. So a rise is judged pixel
by pixel, as the mean and as the least of many windows, and only then is the warmest place looked for.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.pole.detectors.fire_alarm.trailing import EVERY

type Float32s = npt.NDArray[np.float32]
type Floats = npt.NDArray[np.float64]

HALF_HOUR: Final = (40, 10)  # windows: oldest and newest of the past that a rise is measured against; assumed
THREE_HOURS: Final = (180, 10)  # assumed
LEAST: Final = 10  # windows of a past
SPOT, RING = 3, 7  # pixels across: a fitting, and what is around it
LOOKS: Final = (
    "contrast", "contrast_rise_30", "contrast_rise_180", "warm", "warm_rise_30", "warm_rise_180",
    "mean10_rise_30", "mean10_rise_180", "least10", "least10_rise_30", "least10_rise_180", "least30_rise_180",
    "least10_warm_rise_180",
)  # fmt: skip


def contrast_k(picture_k: Float32s) -> Float32s:
    """Mean of each 3x3 spot over the ring of 7x7 around it, shape of the input [K]."""
    from scipy.ndimage import uniform_filter

    size = (1,) * (picture_k.ndim - 2)
    spot = uniform_filter(picture_k, (*size, SPOT, SPOT), mode="nearest")
    whole = uniform_filter(picture_k, (*size, RING, RING), mode="nearest")
    ring = (whole * RING**2 - spot * SPOT**2) / (RING**2 - SPOT**2)
    return np.asarray(spot - ring, dtype=np.float32)


def warmth_k(picture_k: Float32s) -> Float32s:
    """Mean of each 3x3 spot over the median of its picture, shape of the input [K]."""
    from scipy.ndimage import uniform_filter

    spot = uniform_filter(picture_k, (1, SPOT, SPOT), mode="nearest")
    return np.asarray(spot - np.median(picture_k, axis=(1, 2), keepdims=True), dtype=np.float32)


def picture_history(picture_k: Float32s, n_windows: int) -> tuple[Floats, tuple[str, ...]]:
    """Looks at the picture, (window, look) [K], and their names; NaN without a camera or a past."""
    names = tuple(f"picture.{look}" for look in LOOKS)
    if not len(picture_k):
        return np.full((n_windows, len(LOOKS)), np.nan), names
    contrast, warm = contrast_k(picture_k), warmth_k(picture_k)
    found = np.full((n_windows, len(LOOKS)), np.nan)
    for first in range(0, n_windows, EVERY):
        rows = slice(first, min(first + EVERY, n_windows))
        found[rows] = _looks(contrast, warm, first, rows.stop)
    return found, names


def _past(values: Float32s, row: int, span: tuple[int, int]) -> Float32s:
    """Median picture of the past; NaN where it is too short."""
    past = values[max(row - span[0], 0) : max(row - span[1], 0)]
    past = past[np.isfinite(past[:, 0, 0])]
    if len(past) < LEAST:
        return np.full(values.shape[1:], np.nan, dtype=np.float32)
    return np.asarray(np.median(past[:: max(1, len(past) // 30)], axis=0))  # thirty of them tell the median


def _looks(contrast: Float32s, warm: Float32s, first: int, stop: int) -> Floats:
    short, long = (_past(contrast, first, span) for span in (HALF_HOUR, THREE_HOURS))
    warm_short, warm_long = (_past(warm, first, span) for span in (HALF_HOUR, THREE_HOURS))
    now, now_warm = contrast[first:stop], warm[first:stop]
    rows = range(first, stop)
    mean10 = np.stack([contrast[max(row - 9, 0) : row + 1].mean(axis=0) for row in rows])
    least10 = np.stack([contrast[max(row - 9, 0) : row + 1].min(axis=0) for row in rows])
    least30 = np.stack([contrast[max(row - 29, 0) : row + 1].min(axis=0) for row in rows])
    least10_warm = np.stack([warm[max(row - 9, 0) : row + 1].min(axis=0) for row in rows])
    every = (
        now, now - short, now - long, now_warm, now_warm - warm_short, now_warm - warm_long,
        mean10 - short, mean10 - long, least10, least10 - short, least10 - long, least30 - long,
        least10_warm - warm_long,
    )  # fmt: skip
    return np.stack([look.reshape(len(look), -1).max(axis=1) for look in every], axis=1)
