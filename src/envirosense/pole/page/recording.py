"""What a page shows of an episode, read from its streams; frames pass one row group at a time."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode
from envirosense.datasets.frames import FrameLayout, frame_planes, table_frames
from envirosense.datasets.quality_walk import row_groups
from envirosense.pole.page.device import camera_range_c
from envirosense.pole.page.hotspots import PixelMask, means_3x3

N_PICTURES = 12


@dataclass(frozen=True, slots=True)
class Series:
    """A quantity over time."""

    t_s: Array
    values: Array
    unit: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Thermal:
    """A camera's episode: reductions of every frame, and some pictures."""

    t_s: Array
    hottest_c: Array  # greatest mean of 3x3 pixels, lone pixels left out
    affected_c: Array | None  # the same on the event's component
    median_c: Array
    coldest_c: Array  # least mean of 3x3 pixels
    picture_t_s: Array  # (picture,)
    pictures_c: Array  # (picture, row, column)
    means_c: Array  # 3x3 means of the pictures
    key: int  # picture to show large
    mask: PixelMask | None  # pixels of the event's component
    range_c: tuple[float, float] | None  # what the camera can report


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an event in one stage."""

    event_id: int
    stage: str
    start_s: float
    end_s: float
    level: int


@dataclass(frozen=True, slots=True)
class Recording:
    """An episode ready to be shown."""

    dataset: Dataset
    episode: Episode
    tables: dict[str, pa.Table]
    thermal: Thermal | None
    spans: tuple[Span, ...]
    utc_offset_h: float | None
    stages: tuple[str, ...]

    @property
    def duration_s(self) -> float:
        """Length of the episode [s]."""
        return self.episode.spec.grid.duration_s

    @property
    def dt_s(self) -> float:
        """Tick [s]."""
        return self.episode.spec.grid.dt_s

    def rows(self, stream: str) -> list[dict[str, Any]]:
        """Rows of a small stream; none where it is missing."""
        found: list[dict[str, Any]] = self.tables[stream].to_pylist() if stream in self.tables else []
        return found

    def has(self, stream: str, column: str) -> bool:
        """Whether a column was recorded."""
        return stream in self.tables and column in self.tables[stream].column_names

    def series(self, stream: str, column: str) -> Series:
        """Column of a tick stream."""
        table = self.tables[stream]
        facts = table.schema.field(column).metadata or {}
        values = table[column].cast(pa.float64()).fill_null(math.nan).to_numpy()
        t_s = table["tick"].to_numpy() * self.dt_s
        return Series(t_s, values, facts.get(b"unit", b"").decode(), facts.get(b"description", b"").decode())


def read_recording(dataset: Dataset, episode_id: str) -> Recording:
    """Recording of the episode whose id starts with `episode_id`."""
    episode = dataset.episode(episode_id)
    cameras = [name for name in episode.streams if frame_planes(dataset.schema(name))]
    tables = {name: episode.table(name) for name in episode.streams if name not in cameras}
    spans = _spans(tables["labels"], episode.spec.grid.dt_s) if "labels" in tables else ()
    with_frames = [name for name in cameras if episode.locations[name]["rows"]]
    thermal = _thermal(dataset, episode, with_frames[0], tables) if with_frames else None
    stages = tuple(dict.fromkeys(span.stage for span in spans))
    return Recording(dataset, episode, tables, thermal, spans, _utc_offset_h(episode, tables), stages)


def _utc_offset_h(episode: Episode, tables: dict[str, pa.Table]) -> float | None:
    """Local standard time minus UTC, from the recorded local hour; None where it was not recorded."""
    if "regimes" not in tables or "hour_local" not in tables["regimes"].column_names:
        return None
    local_h = tables["regimes"]["hour_local"][0].as_py()
    start = episode.spec.grid.start_utc
    offset_h = local_h - (start.hour + start.minute / 60 + start.second / 3600)
    return float(round(4 * ((offset_h + 12) % 24 - 12)) / 4)


def _spans(labels: pa.Table, dt_s: float) -> tuple[Span, ...]:
    tick, owner = labels["tick"].to_numpy(), labels["event_id"].to_numpy()
    stage = np.asarray(labels["stage"].to_pylist(), dtype=object)
    level = labels["level"].to_numpy()
    order = np.lexsort((tick, owner))
    if not order.size:
        return ()
    tick, owner, stage, level = tick[order], owner[order], stage[order], level[order]
    is_new = (np.diff(owner) != 0) | (stage[1:] != stage[:-1]) | (np.diff(tick) > 1)
    starts = np.concatenate([[0], np.flatnonzero(is_new) + 1])
    ends = np.append(starts[1:], tick.size)
    return tuple(
        Span(int(owner[a]), str(stage[a]), float(tick[a] * dt_s), float((tick[b - 1] + 1) * dt_s),
             int(level[a:b].max()))
        for a, b in zip(starts, ends, strict=True)
    )  # fmt: skip


def _thermal(dataset: Dataset, episode: Episode, stream: str, tables: dict[str, pa.Table]) -> Thermal:
    """One pass over the frames; of the pictures, the nearest to the key frame gives way to it."""
    layout = FrameLayout.of(dataset.schema(stream).field(frame_planes(dataset.schema(stream))[0]))
    mask = _mask(tables, layout)
    n = episode.locations[stream]["rows"]
    wanted = np.unique(np.rint(np.linspace(0, n - 1, min(N_PICTURES, n))).astype(np.int64))
    key_s = _key_instant_s(tables)
    times, reduced, pictures = [], [], []
    key: tuple[float, int, npt.NDArray[np.uint16] | None] = (-math.inf, 0, None)
    done = 0
    for piece in row_groups(dataset, episode, stream):
        frames = table_frames(piece)
        t_s = piece["tick"].to_numpy() * episode.spec.grid.dt_s
        values = _reduced(frames, mask)
        worth = values[0] if key_s is None else -np.abs(t_s - key_s)
        best = int(worth.argmax())
        if float(worth[best]) > key[0]:
            key = (float(worth[best]), done + best, frames[best].copy())
        times.append(t_s)
        reduced.append(values)
        pictures.append(frames[wanted[(wanted >= done) & (wanted < done + len(frames))] - done])
        done += len(frames)
    chosen, t_s = np.concatenate(pictures), np.concatenate(times)
    near = int(np.abs(wanted - key[1]).argmin())
    if key[2] is not None:
        wanted[near], chosen[near] = key[1], key[2]
    hottest_c, affected_c, median_c, coldest_c = _celsius(np.concatenate(reduced, axis=1), layout)
    return Thermal(
        t_s=t_s,
        hottest_c=hottest_c,
        affected_c=None if mask is None else affected_c,
        median_c=median_c,
        coldest_c=coldest_c,
        picture_t_s=t_s[wanted],
        pictures_c=_celsius(chosen, layout),
        means_c=_celsius(means_3x3(chosen), layout),
        key=near,
        mask=mask,
        range_c=camera_range_c(episode.spec.sensing),
    )


def _reduced(frames: npt.NDArray[np.uint16], mask: PixelMask | None) -> Array:
    """Hottest 3x3 mean, the same in the mask, median pixel, coldest 3x3 mean; (4, frame) [count]."""
    means = means_3x3(frames)
    flat = means.reshape(len(frames), -1)
    inside = flat if mask is None else flat[:, mask.reshape(-1)]
    median = np.median(frames.reshape(len(frames), -1), axis=1)
    return np.stack([flat.max(axis=1), inside.max(axis=1), median, flat.min(axis=1)])


def _celsius(counts: Array | npt.NDArray[np.uint16], layout: FrameLayout) -> Array:
    return layout.offset + layout.scale * counts.astype(np.float64) - ZERO_CELSIUS_K


def _key_instant_s(tables: dict[str, pa.Table]) -> float | None:
    """When the gravest event is gravest [s]; None without an event."""
    events = tables["events"].to_pylist() if "events" in tables else []
    known = [event for event in events if isinstance(event.get("peak_s"), float)]
    return float(max(known, key=lambda event: event.get("level") or 0)["peak_s"]) if known else None


def _mask(tables: dict[str, pa.Table], layout: FrameLayout) -> PixelMask | None:
    """Pixels of all events together, (row, column)."""
    masks = tables["masks"]["mask"].to_pylist() if "masks" in tables else []
    if not masks:
        return None
    bits = [np.unpackbits(np.frombuffer(mask, np.uint8))[: layout.n_bytes] for mask in masks]
    union = np.bitwise_or.reduce(bits).astype(bool).reshape(layout.height, layout.width)
    return union if union.any() else None
