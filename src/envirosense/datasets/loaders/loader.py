"""Reader of a dataset for training: batches in a shuffled order that can be left and taken up anywhere."""

import copy
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.fingerprint import fingerprint
from envirosense.datasets.episode import Episode
from envirosense.datasets.loaders.batch import Batch, Rows, joined
from envirosense.datasets.loaders.classes import dataset_classes
from envirosense.datasets.loaders.held import HeldEpisode, Selection, hold
from envirosense.datasets.loaders.order import EpochOrder, Share
from envirosense.datasets.loaders.state import LoaderState
from envirosense.datasets.window_sources import stored_streams
from envirosense.datasets.windows import cut_episode

if TYPE_CHECKING:
    from envirosense.datasets.dataset import DatasetView

CHUNK_EPISODES: Final = 16  # held at a time; an hour of 100 channels at 1 Hz takes 1.4 MB
_DIGITS: Final = 16  # of a fingerprint in a saved state


class WindowLoader:
    """Windows of a dataset or split in batches, epoch after epoch, read as they are needed.

    Iterating goes through the rest of the epoch that the loader stands in; iterating again takes the next
    epoch. The order is a function of the seed and the epoch alone, so a saved `state()` is a few numbers and
    `restore` needs to read nothing that came before.
    """

    def __init__(
        self,
        view: "DatasetView",
        length_s: float = 60.0,
        stride_s: float = 60.0,
        batch_size: int = 32,
        seed: int = 0,
        shuffle: bool = True,
        drop_last: bool = False,
        channels: Sequence[str] | None = None,
        *,
        classes: Sequence[str] | None = None,
        chunk_episodes: int = CHUNK_EPISODES,
    ) -> None:
        """Loader at the start of epoch 0.

        Args:
            view: the episodes; failed ones are left out.
            length_s: length of a window [s].
            stride_s: time between the starts of two windows [s].
            batch_size: windows in a batch.
            seed: of the order; nothing else is drawn.
            shuffle: whether the windows are mixed; otherwise they come as `view.windows()` has them.
            drop_last: whether a last batch that is not full is left out.
            channels: names of the channels to read; other streams stay unread. All by default.
            classes: what `target` counts; "normal" and the event types of the whole dataset by default.
            chunk_episodes: episodes whose windows are mixed and held in memory together.

        Raises:
            ConfigError: if a number cannot be used, or there is no whole batch in an epoch.
            DatasetError: if there is no usable episode, or their ticks differ.
        """
        for name, value in (("batch_size", batch_size), ("chunk_episodes", chunk_episodes)):
            if value < 1:
                raise ConfigError(name, value, "must be at least 1")
        self.view = view
        self.length_s, self.stride_s = float(length_s), float(stride_s)
        self.batch_size, self.seed, self.shuffle, self.drop_last = batch_size, seed, shuffle, drop_last
        self.chunk_episodes = chunk_episodes if shuffle else 1
        self._rows = np.flatnonzero(np.asarray(view.short["outcome"].to_pylist()) == "ok")
        self.dt_s, self._counts = self._count_windows()
        self._selection = Selection({name: view.schema(name) for name in view.streams}, channels)
        self.classes = tuple(dataset_classes(view) if classes is None else classes)
        self._share = Share()
        self._of = self._identity()
        self._held: dict[int, HeldEpisode] = {}
        self.seek(0)
        if drop_last and not len(self):
            fix = f"the {self._order.n_windows} windows fill no batch; make it smaller or keep the last one"
            raise ConfigError("batch_size", batch_size, fix)

    def _count_windows(self) -> tuple[float, npt.NDArray[np.int64]]:
        """Tick [s], and how many windows each episode has, (episode,)."""
        table = self.view.short.take(self._rows)
        dt_s, n_ticks = table["dt_s"].to_numpy(), table["n_ticks"].to_numpy()
        if not len(dt_s):
            raise DatasetError("no usable episode in the selection; choose another split or selection")
        if len(set(dt_s.tolist())) > 1:
            raise DatasetError("episodes differ in tick; load them apart")
        tick_s = float(dt_s[0])
        cuts = {
            n: len(cut_episode(n, tick_s, self.length_s, self.stride_s).starts) for n in set(n_ticks.tolist())
        }
        if not any(cuts.values()):
            fix = f"the longest episode has {max(cuts) * tick_s:g} s; use a shorter window"
            raise ConfigError("length_s", self.length_s, fix)
        return tick_s, np.array([cuts[n] for n in n_ticks.tolist()], dtype=np.int64)

    def _identity(self) -> dict[str, JsonValue]:
        """What decides the sequence of batches beside the place in it."""
        ids = self.view.short.take(self._rows)["episode_id"].to_pylist()
        return {
            "dataset": self.view.manifest.logical_hash[:_DIGITS],
            "episodes": fingerprint(ids)[:_DIGITS],
            "channels": fingerprint(list(self._selection.channels))[:_DIGITS],
            "classes": fingerprint(list(self.classes))[:_DIGITS],
            "length_s": self.length_s,
            "stride_s": self.stride_s,
            "batch_size": self.batch_size,
            "seed": self.seed,
            "shuffle": self.shuffle,
            "drop_last": self.drop_last,
            "chunk_episodes": self.chunk_episodes,
            "share": [self._share.index, self._share.count],
        }

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels, last axis of `x`."""
        return self._selection.channels

    @property
    def shape(self) -> tuple[int, int]:
        """Ticks and channels of one window."""
        return round(self.length_s / self.dt_s), len(self.channels)

    @property
    def epoch(self) -> int:
        """Epoch that the loader stands in."""
        return self._order.epoch

    def __len__(self) -> int:
        """Batches of the epoch that the loader stands in; known without reading an episode."""
        whole, rest = divmod(self._order.n_windows, self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    @property
    def n_held(self) -> int:
        """Episodes in memory now, at most `chunk_episodes`."""
        return len(self._held)

    def __repr__(self) -> str:
        share = f", part {self._share.index} of {self._share.count}" if self._share.count > 1 else ""
        return f"WindowLoader(epoch {self.epoch}, batch {self._batch} of {len(self)}{share})"

    def with_shard(self, index: int, count: int) -> Self:
        """Loader of part `index` of `count` of the episodes, for one of several readers.

        The parts share no window and hold all of them together; which episodes are in a part changes from
        epoch to epoch, and so may its number of batches. It stands at the start of this loader's epoch.
        """
        if not 0 <= index < count:
            raise ConfigError("index", index, f"must be at least 0 and below count={count}")
        part = copy.copy(self)
        part._share = self._share.part(index, count)
        part._of = part._identity()
        part._held = {}
        part.seek(self.epoch)
        return part

    def seek(self, epoch: int, batch: int = 0) -> None:
        """Go to a place: the next batch is `batch` of `epoch`."""
        if epoch < 0:
            raise ConfigError("epoch", epoch, "must not be negative")
        self._order = EpochOrder(
            self.seed, epoch, self._counts, self.chunk_episodes, self.shuffle, self._share
        )
        if not 0 <= batch <= len(self):
            raise ConfigError("batch", batch, f"epoch {epoch} has {len(self)} batches")
        self._batch, self._is_over = batch, False

    def set_epoch(self, epoch: int) -> None:
        """Go to the start of an epoch, unless the loader already stands in it: a restored place is kept."""
        if epoch != self.epoch or self._is_over:
            self.seek(epoch)

    def state(self) -> dict[str, Any]:
        """Place after the last batch given, as a small JSON-able dict."""
        return self.state_at(self.epoch, self._batch)

    def state_at(self, epoch: int, batch: int) -> dict[str, Any]:
        """State of a loader that gave `batch` batches of `epoch`.

        For a framework that reads ahead: after the batch `b` that your loop saw last, the place is
        `state_at(b.epoch, b.number + 1)`.
        """
        return LoaderState(of=self._of, epoch=epoch, batch=batch).model_dump(mode="json")

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where a state was saved.

        Raises:
            ConfigError: if the state is of another sequence, naming what differs.
        """
        saved = LoaderState.checked(state, self._of)
        self.seek(saved.epoch, saved.batch)

    def __iter__(self) -> Iterator[Batch]:
        if self._is_over:
            self.seek(self.epoch + 1)
        return self._rest(self.epoch)

    def _rest(self, epoch: int) -> Iterator[Batch]:
        while self.epoch == epoch and self._batch < len(self):
            batch = self._read(self._batch)
            self._batch += 1
            yield batch
        if self.epoch == epoch:
            self._is_over = True
            self._held.clear()

    def _read(self, number: int) -> Batch:
        order, first = self._order, number * self.batch_size
        pieces = []
        for chunk, start, stop in order.pieces(first, min(first + self.batch_size, order.n_windows)):
            episode, window = (column[start:stop] for column in order.chunk(chunk))
            self._let_go(order.members(chunk))
            pieces.append(Rows.of([self._episode(at) for at in episode.tolist()], window))
        return joined(pieces, self.channels, self.classes, order.epoch, number)

    def _let_go(self, keep: npt.NDArray[np.int64]) -> None:
        for position in self._held.keys() - set(keep.tolist()):
            del self._held[position]

    def _episode(self, position: int) -> HeldEpisode:
        if position not in self._held:
            episode = Episode(self.view.files, self.view.table.row(int(self._rows[position])))
            self._held[position] = hold(
                episode, stored_streams(episode), self._selection, self.length_s, self.stride_s
            )
        return self._held[position]

    def __getstate__(self) -> dict[str, Any]:
        """For a worker process: everything but the episodes in memory."""
        return {**self.__dict__, "_held": {}}
