"""Windows: equal cuts of episodes as plain arrays, ready for a detector.

Only streams whose schema metadata say `role = reading` or `role = frames` are read into `x`, so a
label or truth column cannot get in. A window never spans two episodes.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.datasets.window_channels import Channels, episode_channels
from envirosense.datasets.window_events import (
    NORMAL,
    WINDOW_COLUMNS,
    EventTable,
    episode_events,
    window_labels,
)
from envirosense.datasets.window_sources import (
    StreamSource,
    WindowSource,
    memory_streams,
    stored_streams,
)

if TYPE_CHECKING:
    from envirosense.datasets.dataset import DatasetView

type Float32s = npt.NDArray[np.float32]
type Float64s = npt.NDArray[np.float64]
type Texts = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Windows:
    """Readings (window, time, channel) with one label per window; NaN where nothing was sampled."""

    x: Float32s  # (window, time, channel), unit per channel
    baseline: Float32s  # (window, channel): median of the earlier windows of the episode, NaN for the first
    channels: tuple[str, ...]
    units: tuple[str, ...]
    dt_s: float
    stride_s: float
    y: Texts  # type of the most severe active event, or "normal"
    event_id: npt.NDArray[np.int32]  # of that event, -1 for none
    severity: Float32s  # greatest in the window, 0..1
    time_to_ignition_s: Float64s  # at the window's last labelled tick; NaN where censored or no event
    detectable: npt.NDArray[np.bool_]  # some sensor could see the event by the window's end
    episode_id: Texts
    scenario: Texts
    category: Texts
    group: Texts
    start_tick: npt.NDArray[np.int64]
    start_s: Float64s
    events: EventTable

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        size = f"{len(self)} of {self.length_s:g} s, {len(self.channels)} channels"
        return f"Windows({size}, classes: {', '.join(np.unique(self.y).tolist())})"

    @property
    def length_s(self) -> float:
        """Length of one window [s]."""
        return float(self.x.shape[1] * self.dt_s)

    @property
    def end_s(self) -> Float64s:
        """Seconds since the episode's start at which a window is complete, (window,) [s]."""
        return self.start_s + self.length_s

    @property
    def is_event(self) -> npt.NDArray[np.bool_]:
        """Whether an event is active in the window, (window,)."""
        return np.asarray(self.y != NORMAL)

    def features(self) -> Float64s:
        """Generic features, (window, feature); names from `feature_names()`."""
        from envirosense.datasets.window_features import window_features

        return window_features(self)

    def feature_names(self) -> tuple[str, ...]:
        """Names `channel.feature` of the columns of `features()`."""
        from envirosense.datasets.window_features import feature_names

        return feature_names(self.channels)

    def flatten(self) -> Float32s:
        """The raw samples, (window, time x channel)."""
        return self.x.reshape(len(self), -1)

    def select(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> "Windows":
        """The windows of a mask or an index, with the events of their episodes."""
        cut = {
            field.name: value[chosen]
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), np.ndarray)
        }
        kept = self.events.of_episodes(np.unique(cut["episode_id"]))
        return Windows(
            **cut,
            channels=self.channels,
            units=self.units,
            dt_s=self.dt_s,
            stride_s=self.stride_s,
            events=kept,
        )

    def without_readings(self) -> "Windows":
        """The same windows, labels and times with no channel left: what scores are judged against."""
        return replace(self, x=self.x[:, :, :0], baseline=self.baseline[:, :0], channels=(), units=())

    def relabelled(self, order: npt.NDArray[np.intp]) -> "Windows":
        """The same readings, each window with the labels of window `order` (for a shuffled-label control)."""
        labels = ("y", "event_id", "severity", "time_to_ignition_s", "detectable")
        return replace(self, **{name: getattr(self, name)[order] for name in labels})

    @classmethod
    def concat(cls, pieces: Sequence[Self]) -> Self:
        """All windows of several sets with the same channels."""
        if not pieces:
            raise DatasetError(
                "no windows: the selection holds no episode; choose another split or selection"
            )
        first = pieces[0]
        if any(piece.channels != first.channels or piece.dt_s != first.dt_s for piece in pieces):
            raise DatasetError("episodes differ in channels or tick; window them apart")
        joined = {
            field.name: np.concatenate([getattr(piece, field.name) for piece in pieces])
            for field in fields(cls)
            if isinstance(getattr(first, field.name), np.ndarray)
        }
        return cls(
            **joined,
            channels=first.channels,
            units=first.units,
            dt_s=first.dt_s,
            stride_s=first.stride_s,
            events=EventTable.concat([piece.events for piece in pieces]),
        )


@dataclass(frozen=True, slots=True)
class Cut:
    """Where windows of one episode start and how long they are, in ticks."""

    length: int
    stride: int
    starts: npt.NDArray[np.int64]  # (window,)


def cut_episode(n_ticks: int, dt_s: float, length_s: float, stride_s: float) -> Cut:
    """Starts of the whole windows of an episode of `n_ticks`.

    Raises:
        ConfigError: if a window or stride is shorter than one tick, or has no end.
    """
    for field, value in (("length_s", length_s), ("stride_s", stride_s)):
        if not dt_s <= value < math.inf:
            raise ConfigError(field, value, f"must be at least one tick of {dt_s:g} s, and finite")
    length, stride = round(length_s / dt_s), round(stride_s / dt_s)
    return Cut(length, stride, np.arange(0, n_ticks - length + 1, stride, dtype=np.int64))


def trailing_baseline(level: Float32s, cut: Cut, baseline_ticks: int) -> Float32s:
    """Median of the levels of the windows that ended before each window began, (window, channel).

    Looks back `baseline_ticks`; NaN where nothing earlier exists. Causal: a later sample never
    changes an earlier baseline.
    """
    from envirosense.datasets.window_features import nan_median

    baseline = np.full_like(level, np.nan)
    ends = cut.starts + cut.length
    last = np.searchsorted(ends, cut.starts, side="right")
    first = np.searchsorted(cut.starts, cut.starts - baseline_ticks, side="left")
    for window in range(len(cut.starts)):
        if last[window] > first[window]:
            baseline[window] = nan_median(level[first[window] : last[window]])
    return baseline


def windows_of_episode(
    episode: WindowSource,
    length_s: float = 60.0,
    stride_s: float = 60.0,
    baseline_s: float = 3600.0,
    streams: Mapping[str, StreamSource] | None = None,
) -> Windows:
    """Windows of one episode, in time order; without `streams` it is read from memory."""
    from envirosense.datasets.window_features import window_mean

    if not 0 <= baseline_s < math.inf:
        raise ConfigError("baseline_s", baseline_s, "must be finite and not negative")
    spec = episode.spec
    tables = label_tables(episode)
    _require_labels(episode, tables)
    cut = cut_episode(spec.grid.n, spec.grid.dt_s, length_s, stride_s)
    sources = memory_streams(episode) if streams is None else streams
    channels = episode_channels(sources, spec.grid.n, spec.grid.dt_s)
    x = _cut_values(channels, cut)
    events = episode_events(tables, spec.scenario, spec.group, spec.episode_id)
    labels = window_labels(tables.get("labels"), events, cut.starts, cut.length, spec.grid.dt_s)
    n = len(cut.starts)
    return Windows(
        x=x,
        baseline=trailing_baseline(window_mean(x), cut, round(baseline_s / spec.grid.dt_s)),
        channels=channels.names,
        units=channels.units,
        dt_s=spec.grid.dt_s,
        stride_s=cut.stride * spec.grid.dt_s,
        y=labels.y,
        event_id=labels.event_id,
        severity=labels.severity,
        time_to_ignition_s=labels.time_to_ignition_s,
        detectable=labels.detectable,
        episode_id=np.full(n, spec.episode_id),
        scenario=np.full(n, spec.scenario),
        category=np.full(n, spec.scenario.partition("/")[0]),
        group=np.full(n, spec.group),
        start_tick=cut.starts,
        start_s=cut.starts.astype(np.float64) * spec.grid.dt_s,
        events=events,
    )


def make_windows(
    view: "DatasetView", length_s: float = 60.0, stride_s: float = 60.0, baseline_s: float = 3600.0
) -> Windows:
    """Windows of the usable episodes of a dataset or split, cut one episode at a time.

    Args:
        view: the episodes; their streams and tick must be equal.
        length_s: length of a window [s].
        stride_s: time between the starts of two windows [s].
        baseline_s: how far the trailing baseline looks back inside the episode [s].

    Raises:
        DatasetError: if there is no usable episode.
        ConfigError: if every episode is shorter than a window.
    """
    found = Windows.concat(
        [
            windows_of_episode(episode, length_s, stride_s, baseline_s, stored_streams(episode))
            for episode in view
        ]
    )
    if not len(found):
        longest_s = max(episode.spec.grid.n * episode.spec.grid.dt_s for episode in view)
        raise ConfigError(
            "length_s", length_s, f"the longest episode has {longest_s:g} s; use a shorter window"
        )
    return found


def _require_labels(episode: WindowSource, tables: Mapping[str, pa.Table]) -> None:
    """Refuse an episode whose events say nothing that a window could be labelled with."""
    missing = WINDOW_COLUMNS - set(tables["events"].column_names) if "events" in tables else set()
    if missing:
        raise DatasetError(
            f"episode {episode.spec.episode_id}: has no labels of windows (its events have no "
            f"{', '.join(sorted(missing))}), so no window detector can be trained or judged; read its "
            f"streams with episode.table(name), of {', '.join(sorted(episode.streams))}"
        )


def _cut_values(channels: Channels, cut: Cut) -> Float32s:
    if not len(cut.starts):  # the episode is shorter than a window
        return np.empty((0, cut.length, len(channels.names)), dtype=np.float32)
    view = np.lib.stride_tricks.sliding_window_view(channels.values, cut.length, axis=0)
    return np.ascontiguousarray(view[cut.starts].swapaxes(1, 2))


def label_tables(episode: WindowSource) -> Mapping[str, pa.Table]:
    """Streams of an episode that its windows are labelled from, by name."""
    return {
        name: episode.table(name) for name in ("events", "labels", "observability") if name in episode.streams
    }
