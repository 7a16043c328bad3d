"""Generic features of a window: what any channel of any twin can say about itself."""

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from envirosense.datasets.windows import Windows

type Floats = npt.NDArray[np.float64]
type Float32s = npt.NDArray[np.float32]

FEATURES: Final = ("mean", "std", "min", "max", "change", "slope_per_s", "mean_rise", "max_rise")
_WINDOWS_AT_ONCE: Final = 256  # bounds the working memory


def feature_names(channels: tuple[str, ...]) -> tuple[str, ...]:
    """Names `channel.feature`, channel by channel."""
    return tuple(f"{channel}.{feature}" for channel in channels for feature in FEATURES)


def nan_median(values: Float32s) -> Float32s:
    """Median over axis 0 without NaN, (channel,); NaN where a channel has no value."""
    ordered = np.sort(values, axis=0)  # NaN sorts last
    n = np.isfinite(values).sum(axis=0)
    low, high = np.maximum(n - 1, 0) // 2, n // 2
    columns = np.arange(values.shape[1])
    middle = 0.5 * (ordered[low, columns] + ordered[np.minimum(high, len(values) - 1), columns])
    return np.where(n > 0, middle, np.nan).astype(np.float32)


def window_mean(x: Float32s) -> Float32s:
    """Mean over time without NaN, (window, channel)."""
    known = np.isfinite(x)
    n = known.sum(axis=1)
    total = np.where(known, x, 0.0).sum(axis=1, dtype=np.float64)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan).astype(np.float32)


def window_features(windows: "Windows") -> Floats:
    """Features (window, channel x feature), in the order of `feature_names`; NaN where unknown.

    `change` is last minus first value, `mean_rise` and `max_rise` are against the trailing
    baseline of the episode. Units are the channel's, `slope_per_s` per second.
    """
    blocks = [slice(at, at + _WINDOWS_AT_ONCE) for at in range(0, len(windows), _WINDOWS_AT_ONCE)]
    pieces = [_features(windows.x[block], windows.baseline[block], windows.dt_s) for block in blocks]
    return np.concatenate(pieces) if pieces else np.empty((0, len(windows.channels) * len(FEATURES)))


def _features(x: Float32s, baseline: Float32s, dt_s: float) -> Floats:
    values = x.astype(np.float64)
    known = np.isfinite(values)
    n = known.sum(axis=1)
    filled = np.where(known, values, 0.0)
    mean = filled.sum(axis=1) / np.maximum(n, 1)
    centred = np.where(known, values - mean[:, None], 0.0)
    spread = np.sqrt((centred**2).sum(axis=1) / np.maximum(n, 1))
    low = np.where(known, values, np.inf).min(axis=1)
    high = np.where(known, values, -np.inf).max(axis=1)
    first, last = _ends(filled, known)
    table = np.stack(
        [
            mean,
            spread,
            low,
            high,
            last - first,
            _slope(centred, known, dt_s),
            mean - baseline,
            high - baseline,
        ],
        axis=2,
    )
    return np.where((n > 0)[:, :, None], table, np.nan).reshape(len(x), -1)


def _ends(filled: Floats, known: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    first = known.argmax(axis=1)[:, None]
    last = known.shape[1] - 1 - known[:, ::-1].argmax(axis=1)[:, None]
    return np.take_along_axis(filled, first, 1)[:, 0], np.take_along_axis(filled, last, 1)[:, 0]


def _slope(centred: Floats, known: npt.NDArray[np.bool_], dt_s: float) -> Floats:
    t_s = (np.arange(centred.shape[1]) * dt_s)[None, :, None]
    n = np.maximum(known.sum(axis=1), 1)
    away_s = np.where(known, t_s - (np.where(known, t_s, 0.0).sum(axis=1) / n)[:, None], 0.0)
    scale = (away_s**2).sum(axis=1)
    return (away_s * centred).sum(axis=1) / np.where(scale > 0, scale, 1.0)
