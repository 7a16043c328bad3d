"""How each reading stands against its own hours: level, scatter, rise, and what lasts."""

import warnings
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.pole.detectors.fire_alarm.signals import Signals
from envirosense.pole.detectors.fire_alarm.trailing import last_max, last_mean, last_spread, past_median

type Floats = npt.NDArray[np.float64]

LOOKS: Final = (
    "mean",
    "spread",
    "rise_60",
    "peak_60",
    "rise_180",
    "mean10_rise_180",
    "peak30_180",
    "spread30",
)
HOUR: Final = (60, 1, 10)  # windows: oldest, newest, fewest
THREE_HOURS: Final = (180, 10, 20)


def channel_history(signals: Signals, channels: tuple[str, ...]) -> tuple[Floats, tuple[str, ...]]:
    """Looks at each channel, (window, channel x look), in its unit, and their names."""
    x = np.stack([signals.steps_of(name) for name in channels], axis=2).astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a window without a sample stays NaN
        mean, peak, spread = np.nanmean(x, axis=1), np.nanmax(x, axis=1), np.nanstd(x, axis=1)
    hour, long = past_median(mean, *HOUR), past_median(mean, *THREE_HOURS)
    looks = (
        mean, spread, mean - hour, peak - hour, mean - long, last_mean(mean, 10) - long,
        last_max(peak - long, 30), last_spread(mean, 30),
    )  # fmt: skip
    names = tuple(f"{channel}.{look}" for channel in channels for look in LOOKS)
    return np.stack(looks, axis=2).reshape(len(mean), len(names)), names
