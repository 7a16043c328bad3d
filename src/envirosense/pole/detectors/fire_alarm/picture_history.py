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
MEDIAN_OF: Final = 10  # pictures of it that tell its median well enough
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
    found = np.full((n_windows, len(LOOKS)), np.nan)
    known = np.flatnonzero(np.isfinite(picture_k[:, 0, 0])) if len(picture_k) else np.empty(0, dtype=np.intp)
    if known.size:  # after the first picture every window has one
        first = int(known[0])
        found[first:] = _history(picture_k[first:])
    return found, names


def _history(picture_k: Float32s) -> Floats:
    contrast, warm = contrast_k(picture_k), warmth_k(picture_k)
    lasting = (
        last_picture_mean(contrast, 10),
        last_least(contrast, 10),
        last_least(contrast, 30),
        last_least(warm, 10),
    )
    found = np.empty((len(contrast), len(LOOKS)))
    for row in range(0, len(contrast), EVERY):
        rows = slice(row, row + EVERY)
        found[rows] = _looks(contrast, warm, tuple(one[rows] for one in lasting), row)
    return found


def last_least(pictures: Float32s, n: int) -> Float32s:
    """Least value of each pixel over the last `n` pictures, shape of the input; fewer at the start."""
    from scipy.ndimage import minimum_filter1d

    return np.asarray(minimum_filter1d(pictures, n, axis=0, mode="nearest", origin=(n - 1) // 2))


def last_picture_mean(pictures: Float32s, n: int) -> Float32s:
    """Mean of each pixel over the last `n` pictures, shape of the input; fewer at the start."""
    total = np.cumsum(pictures, axis=0, dtype=np.float64)
    total[n:] -= total[:-n].copy()
    count = np.minimum(np.arange(1, len(pictures) + 1), n)
    return np.asarray(total / count[:, None, None], dtype=np.float32)


def _past(values: Float32s, row: int, span: tuple[int, int]) -> Float32s:
    """Median picture of the past; NaN where it is too short."""
    past = values[max(row - span[0], 0) : max(row - span[1] + 1, 0)]
    if len(past) < LEAST:
        return np.full(values.shape[1:], np.nan, dtype=np.float32)
    ordered = np.sort(past[:: max(1, len(past) // MEDIAN_OF)], axis=0)  # thrice as fast as np.median
    n = len(ordered)
    return np.asarray((ordered[(n - 1) // 2] + ordered[n // 2]) / np.float32(2.0))


def _looks(contrast: Float32s, warm: Float32s, lasting: tuple[Float32s, ...], row: int) -> Floats:
    """Greatest pixel of every look for the ten windows from `row` on, (window, look)."""
    short, long = (_past(contrast, row, span) for span in (HALF_HOUR, THREE_HOURS))
    warm_short, warm_long = (_past(warm, row, span) for span in (HALF_HOUR, THREE_HOURS))
    now, now_warm = contrast[row : row + EVERY], warm[row : row + EVERY]
    mean10, least10, least30, least10_warm = lasting
    every = (
        now, now - short, now - long, now_warm, now_warm - warm_short, now_warm - warm_long,
        mean10 - short, mean10 - long, least10, least10 - short, least10 - long, least30 - long,
        least10_warm - warm_long,
    )  # fmt: skip
    return np.stack([look.reshape(len(look), -1).max(axis=1) for look in every], axis=1)
