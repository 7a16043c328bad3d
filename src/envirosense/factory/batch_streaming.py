"""Batches of windows cut from episodes that are simulated as they are needed."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue, NonNegativeInt

from envirosense.core.errors import ConfigError
from envirosense.core.fingerprint import fingerprint
from envirosense.core.rng import stream
from envirosense.datasets.loaders.batch import Batch, Rows, joined
from envirosense.datasets.loaders.held import HeldEpisode, Selection, hold
from envirosense.datasets.loaders.state import SavedState
from envirosense.datasets.memory import MemorySink
from envirosense.datasets.window_sources import memory_streams
from envirosense.factory.request import GenerationRequest
from envirosense.factory.streaming import SampleStream, stream_samples

CHUNK_EPISODES: Final = 8  # simulated before their windows are mixed


class BatchState(SavedState):
    """Place in a stream of batches: the chunk that begins at `samples` is given up to `window`."""

    samples: dict[str, JsonValue]
    window: NonNegativeInt
    batch: NonNegativeInt


class BatchStream:
    """Endless iterator of batches; `close()` or leaving a `with` block stops its workers at once."""

    def __init__(
        self,
        samples: SampleStream,
        length_s: float,
        stride_s: float,
        batch_size: int,
        classes: Sequence[str],
        channels: Sequence[str] | None,
        chunk_episodes: int,
    ) -> None:
        for name, value in (("batch_size", batch_size), ("chunk_episodes", chunk_episodes)):
            if value < 1:
                raise ConfigError(name, value, "must be at least 1")
        self._samples = samples
        self._length_s, self._stride_s = float(length_s), float(stride_s)
        self._batch_size, self._chunk_episodes = batch_size, chunk_episodes
        self.classes = tuple(classes)
        self._wanted = channels
        self._selection: Selection | None = None  # known with the first episode
        self._of: dict[str, JsonValue] = {
            "length_s": self._length_s,
            "stride_s": self._stride_s,
            "batch_size": batch_size,
            "chunk_episodes": chunk_episodes,
            "classes": fingerprint(list(self.classes)),
            "channels": None if channels is None else list(channels),
        }
        self._chunk: list[tuple[HeldEpisode, int]] | None = None  # episode and window, mixed
        self._begin, self._window, self._batch = samples.state(), 0, 0

    def state(self) -> dict[str, Any]:
        """Place after the last batch given, as a small JSON-able dict."""
        state = BatchState(of=self._of, samples=self._begin, window=self._window, batch=self._batch)
        return state.model_dump(mode="json")

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where a state was saved; the episodes of its chunk are simulated again.

        Raises:
            ConfigError: if the state is of another stream, naming what differs.
        """
        saved = BatchState.checked(state, self._of)
        self._samples.restore(saved.samples)
        self._begin, self._window, self._batch = saved.samples, saved.window, saved.batch
        self._chunk = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Batch:
        """The next batch, always full."""
        before = self.state()
        try:
            pieces, missing = [], self._batch_size
            while missing:
                rows = self._next_rows(missing)
                missing -= len(rows)
                pieces.append(Rows.of([episode for episode, _ in rows], _windows(rows)))
            batch = joined(pieces, self._channels.channels, self.classes, 0, self._batch)
        except BaseException:
            self.restore(before)  # no window of the broken batch is lost
            self.close()
            raise
        self._batch += 1
        return batch

    @property
    def _channels(self) -> Selection:
        if self._selection is None:
            raise AssertionError  # set with the first chunk
        return self._selection

    def _next_rows(self, n: int) -> list[tuple[HeldEpisode, int]]:
        if self._chunk is not None and self._window >= len(self._chunk):
            self._begin, self._window, self._chunk = self._samples.state(), 0, None
        if self._chunk is None:
            self._chunk = self._mixed()
        rows = self._chunk[self._window : self._window + n]
        self._window += len(rows)
        return rows

    def _mixed(self) -> list[tuple[HeldEpisode, int]]:
        """Windows of the next episodes, in an order of their own."""
        samples = [next(self._samples) for _ in range(self._chunk_episodes)]
        held = [self._hold(sample.episode) for sample in samples]
        pairs = [(episode, window) for episode in held for window in range(len(episode.starts))]
        if not pairs:
            fix = f"the episodes have {self._samples.request.duration_s:g} s; use a shorter window"
            raise ConfigError("length_s", self._length_s, fix)
        rng = stream(self._samples.request.seed, "loader", "stream", samples[0].index)
        return [pairs[at] for at in rng.permutation(len(pairs)).tolist()]

    def _hold(self, episode: MemorySink) -> HeldEpisode:
        streams = memory_streams(episode)
        if self._selection is None:
            schemas = {name: source.schema for name, source in streams.items()}
            self._selection = Selection(schemas, self._wanted)
        return hold(episode, streams, self._selection, self._length_s, self._stride_s)

    def close(self) -> None:
        """Stop the workers; the stream keeps its place."""
        self._samples.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _windows(rows: Sequence[tuple[HeldEpisode, int]]) -> npt.NDArray[np.int64]:
    return np.array([window for _, window in rows], dtype=np.int64)


def stream_batches(
    request: GenerationRequest | Mapping[str, Any],
    length_s: float = 60.0,
    stride_s: float = 60.0,
    batch_size: int = 32,
    *,
    classes: Sequence[str],
    channels: Sequence[str] | None = None,
    chunk_episodes: int = CHUNK_EPISODES,
    split: str | None = None,
    shard: tuple[int, int] = (0, 1),
    workers: int = 0,
    executor: Executor | None = None,
) -> BatchStream:
    """Endless iterator of batches of windows, mixed within a few episodes at a time, without disk.

    Args:
        request: what to simulate; see `stream_samples`.
        length_s: length of a window [s].
        stride_s: time between the starts of two windows [s].
        batch_size: windows in a batch.
        classes: what `target` counts, such as the `classes` of the loader that validates.
        channels: names of the channels; all by default.
        chunk_episodes: episodes whose windows are mixed and held in memory together.
        split: only sites that a dataset of the request has in this split.
        shard: `(index, count)`, for one of several readers.
        workers: processes that simulate ahead; 0 simulates in the caller.
        executor: simulates instead of processes of ours.
    """
    samples = stream_samples(request, split=split, shard=shard, workers=workers, executor=executor)
    return BatchStream(samples, length_s, stride_s, batch_size, classes, channels, chunk_episodes)
