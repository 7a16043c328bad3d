"""What the fire alarm looks at: readings on their ticks, and the thermal picture once a window."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.datasets.frames import HIGH_PLANE, LOW_PLANE, FrameLayout, plane_bytes
from envirosense.datasets.window_channels import Channels, episode_channels
from envirosense.datasets.window_sources import StreamSource
from envirosense.datasets.windows import Windows

type Float32s = npt.NDArray[np.float32]

WINDOW_S: Final = 60.0
STEP_S: Final = 10.0
STEPS: Final = round(WINDOW_S / STEP_S)  # in a window
CAMERA: Final = "thermal"
ROUNDED_ABOUT_K: Final = np.float32(250.0)


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """Readings of one episode, on steps of ten seconds whatever its tick.

    Attributes:
        channels: Mean of the samples in each step, (step, channel), NaN where there was none.
        picture_k: Mean picture of each window, (window, row, column); the last known one where a window has
            none, and no row at all without a camera [K].
    """

    channels: Channels
    picture_k: Float32s

    @property
    def n_windows(self) -> int:
        """Whole windows in the episode."""
        return len(self.channels.values) // STEPS

    def steps_of(self, channel: str) -> Float32s:
        """Values of a channel by window, (window, step); NaN for a channel the device lacks."""
        shape = (self.n_windows, STEPS)
        if channel not in self.channels.names:
            return np.full(shape, np.nan, dtype=np.float32)
        column = self.channels.values[:, self.channels.names.index(channel)]
        return column[: shape[0] * shape[1]].reshape(shape)


def episode_signals(streams: Mapping[str, StreamSource], n_ticks: int, dt_s: float) -> Signals:
    """Signals of an episode whose streams can be read.

    Raises:
        ConfigError: for a tick that does not fit into a step a whole number of times.
    """
    window_ticks = STEPS * _step_ticks(dt_s)
    channels = _stepped(episode_channels(streams, n_ticks, dt_s), dt_s)
    return Signals(channels, window_pictures(streams.get(CAMERA), n_ticks // window_ticks, window_ticks))


def window_signals(windows: Windows, streams: Mapping[str, StreamSource]) -> Signals:
    """Signals of one episode that is already cut into windows of a minute that follow one another.

    Raises:
        ConfigError: if windows are of another length, overlap, or leave gaps, or for an odd tick.
    """
    if windows.length_s != WINDOW_S or windows.stride_s != WINDOW_S:
        raise ConfigError(
            "windows", (windows.length_s, windows.stride_s), f"must be {WINDOW_S:g} s long and apart"
        )
    n, window_ticks, n_channels = windows.x.shape
    channels = Channels(windows.channels, windows.units, windows.x.reshape(n * window_ticks, n_channels))
    pictures = window_pictures(streams.get(CAMERA), n, window_ticks)
    return Signals(_stepped(channels, windows.dt_s), pictures)


def _step_ticks(dt_s: float) -> int:
    ticks = round(STEP_S / dt_s)
    if ticks < 1 or abs(ticks * dt_s - STEP_S) > 1e-9:
        raise ConfigError("dt_s", dt_s, f"the fire alarm needs whole ticks in {STEP_S:g} s")
    return ticks


def _stepped(channels: Channels, dt_s: float) -> Channels:
    """Mean of the known ticks of each step, (step, channel)."""
    ticks = _step_ticks(dt_s)
    if ticks == 1:
        return channels
    n = len(channels.values) // ticks
    x = channels.values[: n * ticks].reshape(n, ticks, -1)
    known = np.isfinite(x)
    total = np.where(known, x, 0.0).sum(axis=1, dtype=np.float64)
    count = known.sum(axis=1)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
    return Channels(channels.names, channels.units, mean)


def window_pictures(source: StreamSource | None, n_windows: int, window_ticks: int) -> Float32s:
    """Mean frame of each window, (window, row, column) [K]; an empty array without frames."""
    if source is None:
        return np.empty((0, 0, 0), dtype=np.float32)
    layout = FrameLayout.of(source.schema.field(LOW_PLANE))
    total = np.zeros((n_windows, layout.height, layout.width), dtype=np.float32)
    count = np.zeros(n_windows, dtype=np.int64)
    for batch in source.batches(["tick", LOW_PLANE, HIGH_PLANE]):
        window = batch.column("tick").to_numpy() // window_ticks
        low, high = (plane_bytes(batch.column(name), layout.n_bytes) for name in (LOW_PLANE, HIGH_PLANE))
        for place in np.flatnonzero(window < n_windows):
            counts = low[place].astype(np.float32) + np.float32(256.0) * high[place]
            total[window[place]] += counts.reshape(layout.height, layout.width)
            count[window[place]] += 1
    return _rounded(np.asarray(_held(total, count) * layout.scale + layout.offset, dtype=np.float32))


def _rounded(picture_k: Float32s) -> Float32s:
    """To a hundredth of a kelvin: two bytes hold a pixel, and what is finer is the camera's noise."""
    hundredths = np.round((picture_k - ROUNDED_ABOUT_K) * np.float32(100))
    return np.asarray(hundredths / np.float32(100) + ROUNDED_ABOUT_K, dtype=np.float32)


def _held(total: Float32s, count: npt.NDArray[np.int64]) -> Float32s:
    """Means, with the last known picture where a window has none; NaN before the first."""
    known = np.flatnonzero(count)
    if not known.size:
        return np.empty((0, *total.shape[1:]), dtype=np.float32)
    last = np.searchsorted(known, np.arange(len(count)), side="right") - 1
    chosen = known[np.maximum(last, 0)]
    pictures = np.asarray(total[chosen] / count[chosen, None, None], dtype=np.float32)
    pictures[last < 0] = np.nan  # what the first one will show is not known yet
    return pictures
