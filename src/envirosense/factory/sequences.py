"""Cuts a dataset into temporal sequences: windows of equal length in ticks, see `sequence_store`."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.lib.stride_tricks import sliding_window_view

from envirosense.core.errors import ConfigError, DatasetError, StorageError
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode
from envirosense.datasets.files import size_text, storing, write_whole
from envirosense.datasets.formats.target import making
from envirosense.datasets.schema import stream_schema
from envirosense.datasets.window_channels import Channels, episode_channels
from envirosense.datasets.window_events import WindowLabels, episode_events, window_labels
from envirosense.datasets.window_sources import stored_streams
from envirosense.datasets.windows import label_tables
from envirosense.factory.quotas import require_count
from envirosense.factory.sequence_store import COLUMNS, FACTS, SequenceFacts, TemporalSequences

_CHUNK_BYTES: Final = 2**25  # copied at a time

type Starts = npt.NDArray[np.int64]


def stride_of(length: int, overlap: int) -> int:
    """Ticks between the starts of two sequences.

    Raises:
        ConfigError: if a length is below one tick, or the overlap leaves no step forward.
    """
    require_count("sequence_length", length)
    if isinstance(overlap, bool) or not isinstance(overlap, int) or not 0 <= overlap < length:
        fix = f"must be a whole number, at least 0 and below the sequence's {length} ticks"
        raise ConfigError("overlap", overlap, fix)
    return length - overlap


def sequence_count(n_ticks: int, length: int, stride: int) -> int:
    """Whole sequences in an episode."""
    return max(0, (n_ticks - length) // stride + 1)


def cut_sequences(
    dataset: Dataset, out: Path | str, length: int, overlap: int = 0, count: int | None = None
) -> TemporalSequences:
    """Sequences of a dataset, written to a new folder; none spans two episodes, so none spans two splits.

    Args:
        dataset: a finished dataset; its channels and tick must be equal in all episodes.
        out: new or empty folder.
        length: ticks of a sequence.
        overlap: ticks that a sequence shares with the one before it.
        count: how many, the first in dataset order; all that fit for None.

    Raises:
        ConfigError: if fewer fit than are asked for, or none does; the message says how many do.
        StorageError: if the disk refuses or is too small.
    """
    stride = stride_of(length, overlap)
    parts = _parts(dataset, length, stride, count)
    with making(out) as folder:
        splits = {split: sum(n for _, n in held) for split, held in parts.items()}
        first = _channels(next(iter(dataset)))
        _require_space(folder, sum(splits.values()) * length * len(first.names) * 4)
        dt_s = next(iter(dataset)).spec.grid.dt_s
        for split, held in parts.items():
            _write_split(folder, split, held, (length, stride, dt_s), first)
        facts = SequenceFacts(
            dataset=str(dataset.folder), dataset_hash=dataset.logical_hash, length=length, overlap=overlap,
            stride=stride, dt_s=dt_s, channels=first.names, units=first.units, splits=splits,
        )  # fmt: skip
        write_whole(folder / FACTS, (facts.model_dump_json(indent=1) + "\n").encode())
    return TemporalSequences.open(out)


def cut_once(dataset: Dataset, out: Path, length: int, overlap: int, count: int | None) -> TemporalSequences:
    """Sequences of a dataset, those that are in the folder already if they are the ones asked for.

    Raises:
        ConfigError: if the folder holds something else.
    """
    if not (out / FACTS).exists():
        return cut_sequences(dataset, out, length, overlap, count)
    found = TemporalSequences.open(out)
    facts = found.facts
    held = sum(
        n for kept in _parts(dataset, length, stride_of(length, overlap), count).values() for _, n in kept
    )
    asked = (dataset.logical_hash, length, overlap, held)
    if (facts.dataset_hash, facts.length, facts.overlap, len(found)) != asked:
        raise ConfigError("out", str(out), "holds other sequences; choose another folder or delete this one")
    return found


def _parts(
    dataset: Dataset, length: int, stride: int, count: int | None
) -> dict[str, list[tuple[Episode, int]]]:
    """Episodes and how many sequences each gives, by split; splits and episodes without any are left out."""
    held = [(episode, sequence_count(episode.spec.grid.n, length, stride)) for episode in dataset]
    require_enough(sum(n for _, n in held), [one.spec.grid.n for one, _ in held], length, count)
    left = sum(n for _, n in held) if count is None else count
    parts: dict[str, list[tuple[Episode, int]]] = {}
    for episode, n in held:
        taken = min(n, left)
        left -= taken
        if taken:
            parts.setdefault(episode.split, []).append((episode, taken))
    return parts


def require_enough(held: int, ticks: Sequence[int], length: int, count: int | None) -> None:
    """Refuse more sequences than the episodes hold.

    Raises:
        ConfigError: saying how many they hold.
    """
    if count is not None:
        require_count("num_sequences", count)
    if not held:
        longest = max(ticks, default=0)
        raise ConfigError(
            "sequence_length", length, f"the longest episode has {longest} ticks; ask for fewer"
        )
    if count is not None and count > held:
        fix = (
            f"{len(ticks)} episodes of {sum(ticks)} ticks hold {held}; ask for fewer, raise num_episodes, "
            "lengthen the episodes, or let sequences overlap more"
        )
        raise ConfigError("num_sequences", count, fix)


def _require_space(folder: Path, n_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if n_bytes > free:
        raise StorageError(
            f"{folder}: needs about {size_text(n_bytes)} but {size_text(free)} are free; "
            "ask for fewer sequences or less overlap"
        )


def _channels(episode: Episode) -> Channels:
    grid = episode.spec.grid
    return episode_channels(stored_streams(episode), grid.n, grid.dt_s)


def _write_split(
    folder: Path, split: str, held: list[tuple[Episode, int]], cut: tuple[int, int, float], first: Channels
) -> None:
    length, stride, dt_s = cut
    shape = sum(n for _, n in held), length, len(first.names)
    row = 0
    with (
        storing(folder),
        pq.ParquetWriter(folder / f"{split}.parquet", stream_schema(COLUMNS), compression="zstd") as index,
    ):
        array = np.lib.format.open_memmap(folder / f"{split}.npy", "w+", np.float32, shape)
        for episode, n in held:
            found, grid = _channels(episode), episode.spec.grid
            if (found.names, found.units, grid.dt_s) != (first.names, first.units, dt_s):
                raise DatasetError("episodes differ in channels or tick; cut them apart")
            starts = np.arange(n, dtype=np.int64) * stride
            for some, values in _pieces(found, starts, length):
                array[row + some.start : row + some.stop] = values
            index.write_table(_index_rows(episode, starts, length))
            row += n
        array.flush()


def _pieces(
    channels: Channels, starts: Starts, length: int
) -> Iterator[tuple[slice, npt.NDArray[np.float32]]]:
    """Some sequences at a time, so that memory does not grow with the overlap."""
    view = sliding_window_view(channels.values, length, axis=0).swapaxes(1, 2)
    step = max(1, _CHUNK_BYTES // (4 * length * max(1, len(channels.names))))
    for low in range(0, len(starts), step):
        some = slice(low, min(low + step, len(starts)))
        yield some, view[starts[some]]


def _index_rows(episode: Episode, starts: Starts, length: int) -> pa.Table:
    spec, n = episode.spec, len(starts)
    found = _labels(episode, starts, length)
    columns = {
        "episode_id": [episode.episode_id] * n,
        "scenario": [episode.scenario] * n,
        "group": [episode.group] * n,
        "start_tick": starts,
        "stop_tick": starts + length,
        "start_s": starts * spec.grid.dt_s,
        "class_label": found.y.tolist(),
        "event_id": found.event_id,
        "severity": found.severity,
        "detectable": found.detectable,
    }
    return pa.Table.from_pydict(columns, stream_schema(COLUMNS))


def _labels(episode: Episode, starts: Starts, length: int) -> WindowLabels:
    tables = label_tables(episode)
    events = episode_events(tables, episode.scenario, episode.group, episode.episode_id)
    return window_labels(tables.get("labels"), events, starts, length, episode.spec.grid.dt_s)
