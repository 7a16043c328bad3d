"""One batch of windows, as a training loop eats it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import DatasetError
from envirosense.datasets.loaders.held import HeldEpisode

type Texts = npt.NDArray[np.str_]
type Value = npt.NDArray[np.generic] | int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Batch:
    """Readings (window, time, channel) and labels (window,); NaN where nothing was sampled."""

    x: npt.NDArray[np.float32]
    y: Texts  # type of the most severe active event, or "normal"
    target: npt.NDArray[np.int64]  # position of y in `classes`
    event_id: npt.NDArray[np.int32]  # of that event, -1 for none
    severity: npt.NDArray[np.float32]  # greatest in the window, 0..1
    time_to_ignition_s: npt.NDArray[np.float64]  # NaN where censored or no event
    detectable: npt.NDArray[np.bool_]  # some sensor could see the event by the window's end
    episode_id: Texts
    scenario: Texts
    group: Texts
    start_tick: npt.NDArray[np.int64]
    channels: tuple[str, ...]
    classes: tuple[str, ...]
    epoch: int
    number: int  # of the batch in its epoch

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.x.shape))
        return f"Batch(epoch {self.epoch}, number {self.number}, x {shape}, {len(self.classes)} classes)"

    def arrays(self) -> dict[str, Value]:
        """The numbers of the batch by name, without texts; `epoch` and `number` are plain integers."""
        return {name: getattr(self, name) for name in (*ARRAYS, "epoch", "number")}


ARRAYS: Mapping[str, type[np.generic]] = {
    "x": np.float32,
    "target": np.int64,
    "event_id": np.int32,
    "severity": np.float32,
    "time_to_ignition_s": np.float64,
    "detectable": np.bool_,
    "start_tick": np.int64,
}
TEXTS = ("episode_id", "scenario", "group")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Windows of held episodes, copied out, so that the episodes can be let go."""

    columns: Mapping[str, npt.NDArray[np.generic]]

    @classmethod
    def of(cls, episodes: Sequence[HeldEpisode], windows: npt.NDArray[np.int64]) -> "Rows":
        """Window `windows[i]` of `episodes[i]`, row by row."""
        pairs = list(zip(episodes, windows.tolist(), strict=True))
        columns: dict[str, npt.NDArray[np.generic]] = {
            "x": np.stack([episode.window(window) for episode, window in pairs]),
            "start_tick": np.array([episode.starts[window] for episode, window in pairs], np.int64),
        }
        for name in ("y", "event_id", "severity", "time_to_ignition_s", "detectable"):
            columns[name] = np.array([getattr(episode.labels, name)[window] for episode, window in pairs])
        for name in TEXTS:
            columns[name] = np.array([getattr(episode, name) for episode in episodes], np.str_)
        return cls(columns)


def joined(
    pieces: Sequence[Rows], channels: tuple[str, ...], classes: tuple[str, ...], epoch: int, number: int
) -> Batch:
    """Batch of all rows, in order.

    Raises:
        DatasetError: if a row's class is none of the classes.
    """
    columns = {name: np.concatenate([piece.columns[name] for piece in pieces]) for name in pieces[0].columns}
    positions = {name: position for position, name in enumerate(classes)}
    unknown = sorted(set(columns["y"].tolist()) - set(classes))
    if unknown:
        raise DatasetError(f"class {unknown[0]!r} is none of classes={list(classes)}; add it")
    target = np.array([positions[name] for name in columns["y"].tolist()], dtype=np.int64)
    plain = {name: columns[name].astype(kind, copy=False) for name, kind in ARRAYS.items() if name in columns}
    texts = {name: columns[name].astype(np.str_, copy=False) for name in ("y", *TEXTS)}
    return Batch(
        **{**plain, **texts}, target=target, channels=channels, classes=classes, epoch=epoch, number=number
    )
