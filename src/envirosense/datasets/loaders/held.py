"""One episode in memory, ready to be cut: its channels as one array, labels per window."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.errors import DatasetError, UnknownNameError
from envirosense.datasets.frames import frame_planes
from envirosense.datasets.schema import TICK
from envirosense.datasets.window_channels import channel_columns, episode_channels
from envirosense.datasets.window_events import WindowLabels, episode_events, window_labels
from envirosense.datasets.window_sources import Columns, StreamSource, WindowSource
from envirosense.datasets.windows import cut_episode, label_tables


@dataclass(frozen=True, slots=True, eq=False)
class HeldEpisode:
    """Channels (time, channel) of one episode and the labels of its windows."""

    values: npt.NDArray[np.float32]
    starts: npt.NDArray[np.int64]  # first tick of each window
    length: int  # ticks of a window
    labels: WindowLabels
    episode_id: str
    scenario: str
    group: str

    def window(self, number: int) -> npt.NDArray[np.float32]:
        """Readings of one window, (time, channel)."""
        start = int(self.starts[number])
        return self.values[start : start + self.length]


class Selection:
    """Channels to read, and the columns they are made of; other streams stay unread."""

    def __init__(self, schemas: Mapping[str, pa.Schema], channels: Sequence[str] | None = None) -> None:
        """Channels of streams with these schemas; all of them by default.

        Raises:
            UnknownNameError: for a channel that no stream has.
            DatasetError: if there is none at all.
        """
        homes = {
            channel: (stream, column)
            for stream in sorted(schemas)
            for channel, column in channel_columns(stream, schemas[stream]).items()
        }
        self.channels = tuple(homes if channels is None else dict.fromkeys(channels))
        for name in self.channels:
            if name not in homes:
                raise UnknownNameError("channel", name, homes)
        if not self.channels:
            raise DatasetError("channels: none to read; name one, or generate with a sensor")
        self._columns: dict[str, set[str]] = {}
        for name in self.channels:
            stream, column = homes[name]
            self._columns.setdefault(stream, {TICK.name}).add(column)

    def values(
        self, streams: Mapping[str, StreamSource], n_ticks: int, dt_s: float
    ) -> npt.NDArray[np.float32]:
        """The chosen channels of an episode on its ticks, (time, channel).

        Raises:
            DatasetError: if the episode lacks one of them.
        """
        wanted = {
            name: _Narrowed(source, self._columns[name])
            for name, source in streams.items()
            if name in self._columns
        }
        found = episode_channels(wanted, n_ticks, dt_s)
        missing = sorted(set(self.channels) - set(found.names))
        if missing:
            raise DatasetError(f"channel {missing[0]!r} is not in every episode; choose channels that are")
        if found.names == self.channels:
            return found.values
        return np.ascontiguousarray(found.values[:, [found.names.index(name) for name in self.channels]])


class _Narrowed:
    """Some columns of a stream; of pictures, all."""

    def __init__(self, source: StreamSource, columns: set[str]) -> None:
        self._source = source
        whole = source.schema
        self._is_whole = bool(frame_planes(whole))
        chosen = [field for field in whole if field.name in columns]
        self.schema = whole if self._is_whole else pa.schema(chosen, whole.metadata)

    def batches(self, columns: Columns = None) -> Iterable[pa.RecordBatch]:
        """Rows in tick order."""
        return self._source.batches(columns if self._is_whole else self.schema.names)


def hold(
    episode: WindowSource,
    streams: Mapping[str, StreamSource],
    selection: Selection,
    length_s: float,
    stride_s: float,
) -> HeldEpisode:
    """Episode read into memory, to be cut into windows of `length_s` every `stride_s`."""
    spec, tables = episode.spec, label_tables(episode)
    cut = cut_episode(spec.grid.n, spec.grid.dt_s, length_s, stride_s)
    events = episode_events(tables, spec.scenario, spec.group, spec.episode_id)
    return HeldEpisode(
        values=selection.values(streams, spec.grid.n, spec.grid.dt_s),
        starts=cut.starts,
        length=cut.length,
        labels=window_labels(tables.get("labels"), events, cut.starts, cut.length, spec.grid.dt_s),
        episode_id=spec.episode_id,
        scenario=spec.scenario,
        group=spec.group,
    )
