"""Reader of a finished dataset."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa

from envirosense.core.errors import DatasetError, UnknownNameError
from envirosense.datasets.episode import Episode, Files
from envirosense.datasets.episode_table import EpisodeTable
from envirosense.datasets.manifest import MANIFEST, Manifest
from envirosense.datasets.shard import STAGING
from envirosense.datasets.versions import load_version

if TYPE_CHECKING:
    from envirosense.datasets.windows import Windows


class DatasetView:
    """Some episodes of a dataset; iterating gives the usable ones, in dataset order."""

    def __init__(self, files: Files, episodes: pa.Table | EpisodeTable) -> None:
        self.files = files
        self.table = episodes if isinstance(episodes, EpisodeTable) else EpisodeTable.in_memory(episodes)

    @cached_property
    def episodes(self) -> pa.Table:
        """Episode table, one row an episode, failed ones included; the whole of it is read into memory.

        `table` reads the long texts of an episode when they are asked for, `short` has no long texts.
        """
        return self.table.table()

    @property
    def short(self) -> pa.Table:
        """Episode table without specifications, summaries, hashes and places of the rows."""
        return self.table.short

    @property
    def folder(self) -> Path:
        """Folder of the dataset."""
        return self.files.folder

    @property
    def manifest(self) -> Manifest:
        """Manifest of the whole dataset."""
        return self.files.manifest

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the streams, sorted."""
        return tuple(sorted(self.manifest.streams))

    def schema(self, stream: str) -> pa.Schema:
        """Schema of a stream; units and descriptions are in the field metadata."""
        return self.files.schema(stream)

    def _rows(self, outcome: str) -> Iterator[dict[str, Any]]:
        is_wanted = np.asarray(self.short["outcome"].to_pylist()) == outcome
        return (self.table.row(int(row)) for row in np.flatnonzero(is_wanted))

    def __iter__(self) -> Iterator[Episode]:
        return (Episode(self.files, row) for row in self._rows("ok"))

    def __len__(self) -> int:
        return int(self.short["outcome"].to_pylist().count("ok"))

    def __repr__(self) -> str:
        splits = ", ".join(sorted(set(self.short["split"].to_pylist())))
        return f"DatasetView({self.manifest.name!r}, {len(self)} episodes, {splits})"

    @property
    def failed(self) -> tuple[Episode, ...]:
        """Episodes that could not be simulated; they have a reason and no streams."""
        return tuple(Episode(self.files, row) for row in self._rows("failed"))

    def where(self, **equals: str) -> "DatasetView":
        """Episodes whose columns of the episode table equal the values given.

        Raises:
            UnknownNameError: for a column that is not there.
        """
        keep = np.ones(len(self.table), dtype=bool)
        for name, value in equals.items():
            if name not in self.table.schema.names:
                raise UnknownNameError("column", name, self.table.schema.names)
            column = self.table.table([name])[name]
            keep &= np.array([found == value for found in column.to_pylist()], dtype=bool)
        return DatasetView(self.files, self.table.part(np.flatnonzero(keep)))

    def tables(self, stream: str, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Rows of one stream, one table an episode, so that memory stays bounded."""
        return (episode.table(stream, columns) for episode in self)

    def episode(self, prefix: str) -> Episode:
        """Episode whose id starts with the prefix.

        Raises:
            UnknownNameError: if there is none.
            DatasetError: if there are several.
        """
        ids: list[str] = self.short["episode_id"].to_pylist()
        found = [row for row, episode_id in enumerate(ids) if episode_id.startswith(prefix)]
        if not found:
            raise UnknownNameError("episode", prefix, ids)
        if len(found) > 1:
            listing = ", ".join(ids[row] for row in found[:4]) + (", ..." if len(found) > 4 else "")
            raise DatasetError(
                f"episode={prefix!r}: {len(found)} episodes start so ({listing}); give more digits"
            )
        return Episode(self.files, self.table.row(found[0]))

    def windows(
        self, length_s: float = 60.0, stride_s: float = 60.0, baseline_s: float = 3600.0
    ) -> "Windows":
        """Windows of fixed length with their labels; see `windows.make_windows`."""
        from envirosense.datasets.windows import make_windows

        return make_windows(self, length_s, stride_s, baseline_s)


class Dataset(DatasetView):
    """A whole dataset; `dataset["train"]` is the view of one split."""

    @classmethod
    def open(cls, path: Path | str, version: int | None = None) -> Self:
        """Dataset in a folder, as it is or as it was at an earlier version.

        Raises:
            DatasetError: if there is none, it is unfinished or damaged, or has no such version.
            SchemaVersionError: if a newer version wrote it.
        """
        folder = Path(path).expanduser().absolute()
        if (folder / STAGING).exists() and not (folder / MANIFEST).exists():
            raise DatasetError(
                f"{folder}: dataset is not finished; run the same generate command again to resume"
            )
        manifest = Manifest.load(folder) if version is None else load_version(folder, version)
        files = Files(folder, manifest)
        return cls(files, EpisodeTable.stored(files))

    @property
    def logical_hash(self) -> str:
        """Hash of what the dataset says, whatever its split, shards and files."""
        return self.manifest.logical_hash

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits, sorted."""
        return tuple(sorted(self.manifest.splits))

    def __getitem__(self, split: str) -> DatasetView:
        if split not in self.manifest.splits:
            raise UnknownNameError("split", split, self.manifest.splits)
        return self.where(split=split)

    def summary(self) -> str:
        """Printable overview: what it is, its splits, scenarios and streams."""
        m = self.manifest
        lines = [
            f"{m.name}: {m.counts['ok']} episodes ({m.counts['failed']} failed)",
            f"twin     {m.twin}, " + (f"seed {m.seed}" if m.origin == "simulated" else "recorded"),
            f"hash     {m.logical_hash}",
            *([f"version  {m.version}, grown from {m.parent_hash[:16]}"] if m.version > 1 else []),
            f"hours    {self.duration_s / 3600.0:.2f}",
            "splits   " + ", ".join(f"{name} {n}" for name, n in sorted(m.splits.items())),
            "streams",
        ]
        for name, facts in sorted(m.streams.items()):
            size = f"{facts.rows:>12,} rows {len(facts.columns):>4} columns {facts.bytes / 1e6:>10.2f} MB"
            lines.append(f"  {name:<14} {size}")
        return "\n".join(lines)

    @property
    def duration_s(self) -> float:
        """Simulated time of the usable episodes [s]."""
        rows = self.short.select(["outcome", "dt_s", "n_ticks"]).to_pylist()
        return float(sum(row["dt_s"] * row["n_ticks"] for row in rows if row["outcome"] == "ok"))

    def __repr__(self) -> str:
        return f"Dataset({self.manifest.name!r}, {len(self)} episodes, {', '.join(self.splits)})"
