"""Sink that keeps an episode in memory."""

from collections import defaultdict
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import DatasetError, UnknownNameError
from envirosense.datasets.frames import LOW_PLANE, FrameLayout, Frames, table_frames
from envirosense.datasets.schema import Keys, keyed_schema
from envirosense.datasets.store import check_same_schema, check_stream_name


class MemorySink:
    """Sink that keeps its batches; with a spec it adds the keys and reads like a stored episode."""

    def __init__(self, spec: EpisodeSpec | None = None, unwanted: Collection[str] = ()) -> None:
        """Empty sink; streams that are `unwanted` are not kept."""
        self._spec = spec
        self._unwanted = frozenset(unwanted)
        self._batches: defaultdict[str, list[pa.RecordBatch]] = defaultdict(list)

    def wants(self, stream: str) -> bool:
        """Whether the stream is kept."""
        return stream not in self._unwanted

    def write(self, stream: str, batch: pa.RecordBatch) -> None:
        """Append rows to a stream; the first batch fixes the stream's schema."""
        check_stream_name(stream)
        if not self.wants(stream):
            return
        batches = self._batches[stream]
        if batches:
            check_same_schema(stream, batches[0].schema, batch.schema)
        else:
            keyed_schema(batch.schema)
        batches.append(batch)

    @property
    def spec(self) -> EpisodeSpec:
        """What the episode was asked to be."""
        if self._spec is None:
            raise DatasetError("this sink was made without a spec; use MemorySink(spec)")
        return self._spec

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the streams written, sorted."""
        return tuple(sorted(self._batches))

    def table(self, stream: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows of one stream in the order written."""
        if stream not in self._batches:
            raise UnknownNameError("stream", stream, self._batches)
        table = pa.Table.from_batches(self._batches[stream])
        if self._spec is not None:
            table = Keys(self._spec, self._spec.episode_id).added(table)
        return table if columns is None else table.select(list(columns))

    def frames(self, stream: str = "thermal") -> Frames:
        """Frames (frame, row, column) of raw counts; `frame_values` gives them in a unit."""
        return table_frames(self.table(stream))

    def frame_values(self, stream: str = "thermal") -> npt.NDArray[np.float32]:
        """Frames (frame, row, column) in the unit of the stream's frames, kelvin for `thermal`."""
        layout = FrameLayout.of(self.table(stream).schema.field(LOW_PLANE))
        return self.frames(stream) * np.float32(layout.scale) + np.float32(layout.offset)
