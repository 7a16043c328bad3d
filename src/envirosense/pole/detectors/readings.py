"""Readings of windows by channel name: means, rises over the baseline, lasting values."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.datasets.windows import Windows

type Floats = npt.NDArray[np.float64]

RARE: Final = 0.999  # share of the normal windows that stay below a noise level; assumed
LEAST_FOR_RARE: Final = 50  # normal windows from which a level may be learned; assumed


class Readings:
    """Channels of windows; a channel that the device lacks is NaN."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._place = {name: at for at, name in enumerate(windows.channels)}

    def __len__(self) -> int:
        return len(self._windows)

    def values(self, channel: str) -> Floats:
        """Samples, (window, time)."""
        place = self._place.get(channel)
        if place is None:
            return np.full(self._windows.x.shape[:2], np.nan)
        return self._windows.x[:, :, place].astype(np.float64)

    def baseline(self, channel: str) -> Floats:
        """Median of the windows of the hour before, (window,); NaN in an episode's first window."""
        place = self._place.get(channel)
        if place is None:
            return np.full(len(self), np.nan)
        return self._windows.baseline[:, place].astype(np.float64)

    def mean(self, channel: str) -> Floats:
        """Mean, (window,)."""
        return reduced(np.mean, self.values(channel))

    def rise(self, channel: str) -> Floats:
        """Mean over the baseline, (window,)."""
        return np.asarray(self.mean(channel) - self.baseline(channel))

    def lasting_rise(self, channel: str) -> Floats:
        """Least value over the baseline, (window,): what lasts through the window."""
        return np.asarray(reduced(np.min, self.values(channel)) - self.baseline(channel))

    def growth(self, channel: str) -> Floats:
        """Mean as a multiple of the baseline, (window,); NaN where the baseline is not above 0."""
        below = self.baseline(channel)
        return np.asarray(self.mean(channel) / np.where(below > 0.0, below, np.nan))


def reduced(law: Callable[..., Any], values: Floats) -> Floats:
    """A reduction such as `np.mean` of the known samples of each row, (row,); NaN where a row has none."""
    has = np.isfinite(values)
    if has.all() and values.shape[1]:
        return np.asarray(law(values, axis=1), dtype=np.float64)
    rows = zip(values, has, strict=True)
    return np.array([float(law(row[ok])) if ok.any() else np.nan for row, ok in rows], dtype=np.float64)


def greatest(pieces: Iterable[Floats]) -> Floats:
    """Greatest known value, element by element; NaN where none is known."""
    whole: Floats = np.stack([np.where(np.isfinite(piece), piece, -np.inf) for piece in pieces])
    top = whole.max(axis=0)
    return np.where(np.isfinite(top), top, np.nan)


def known(values: Floats) -> Floats:
    """The values with 0 for what is not known: no evidence."""
    return np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)


def noise_level(values: Floats) -> float:
    """Level that normal values pass once in a thousand; 0 where too few are known to say."""
    finite = values[np.isfinite(values)]
    return float(np.quantile(finite, RARE)) if finite.size >= LEAST_FOR_RARE else 0.0
