"""What is taken of a dataset for a union: rows of its episode table, read a thousand at a time."""

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from sys import intern

import numpy as np
import pyarrow as pa

from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode_table import EpisodeTable
from envirosense.datasets.finish import EPISODE_COLUMNS
from envirosense.datasets.hashing import FAILED, LogicalHash
from envirosense.datasets.schema import stream_schema
from envirosense.datasets.shard import FileRecord


@dataclass(frozen=True)
class Part:
    """What is taken of a dataset: rows of its episode table, and the shards that hold exactly these."""

    dataset: Dataset
    episodes: EpisodeTable
    splits: Mapping[str, str] | None = None  # by group, where they are not those of the table

    @cached_property
    def stems(self) -> list[str]:
        """Stem of the shard that each episode lies in; see `shard_of`."""
        return stems_of(self.episodes)

    @property
    def shards(self) -> tuple[str, ...]:
        """Stems of the shards, such as `train-00000`, sorted."""
        return tuple(sorted({stem for stem in self.stems if stem}))


@dataclass(frozen=True, slots=True)
class Renamed:
    """Rows of a part as they stand in a union."""

    part: Part
    names: Mapping[str, str]  # new stem of every shard
    first_index: int | None  # None where positions and names stay

    @property
    def next_index(self) -> int:
        """First position behind these rows."""
        numbers = self.part.episodes.short["index"].to_numpy()
        if self.first_index is None:
            return int(numbers.max(initial=-1)) + 1
        return self.first_index + len(numbers)

    def files(self) -> Iterator[tuple[str, str, FileRecord]]:
        """Path of each file of the shards inside the union, that inside its own dataset, its record."""
        for place, record in self.part.dataset.manifest.files.items():
            stream, _, file = place.partition("/")
            if (stem := Path(file).stem) in self.names:
                yield f"{stream}/{self.names[stem]}.parquet", place, record

    def pieces(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Rows by position, a thousand at a time, whole or some columns of them."""
        order = np.argsort(self.part.episodes.short["index"].to_numpy(), kind="stable")
        schema, first = stream_schema(EPISODE_COLUMNS), self.first_index
        chosen = schema.names if columns is None else list(columns)
        wanted = pa.schema([schema.field(name) for name in chosen], schema.metadata)
        for piece in self.part.episodes.part(order).pieces(chosen):
            yield self._changed(piece.cast(wanted), first)
            first = None if first is None else first + piece.num_rows

    def _changed(self, rows: pa.Table, first: int | None) -> pa.Table:
        columns = rows.schema.names
        if self.part.splits is not None and "split" in columns:
            own = [self.part.splits[one] for one in rows["group"].to_pylist()]
            rows = _with_column(rows, "split", pa.array(own, pa.string()))
        if first is not None and "index" in columns:
            numbers = np.arange(first, first + rows.num_rows)
            rows = _with_column(rows, "index", pa.array(numbers, pa.int64()))
        if first is not None and "locations" in columns:
            places = [_relocated(text, self.names) for text in rows["locations"].to_pylist()]
            rows = _with_column(rows, "locations", pa.array(places, pa.string()))
        return rows


def _with_column(rows: pa.Table, name: str, column: pa.Array) -> pa.Table:
    at = rows.schema.get_field_index(name)
    return rows.set_column(at, rows.schema.field(at), column)


def _relocated(locations: str, names: Mapping[str, str]) -> str:
    found = json.loads(locations)
    for stream, place in found.items():
        place["file"] = f"{stream}/{names[Path(place['file']).stem]}.parquet"
    return json.dumps(found)


def stems_of(episodes: EpisodeTable) -> list[str]:
    """Stem of the shard that each episode lies in; see `shard_of`."""
    return [
        intern(shard_of(text))
        for piece in episodes.pieces(["locations"])
        for text in piece["locations"].to_pylist()
    ]


def shard_of(locations: str) -> str:
    """Stem of the shard that an episode lies in, from its `locations`; "" for one that left no rows."""
    found = json.loads(locations)
    return Path(next(iter(found.values()))["file"]).stem if found else ""


@dataclass(slots=True)
class Said:
    """What an episode table says, short enough to be held for all episodes."""

    ids: array[int] = field(default_factory=lambda: array("Q"))
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)  # episodes by split and outcome
    hashes: LogicalHash = field(default_factory=LogicalHash)

    def add(self, episode_id: str, split: str, outcome: str, hashes: str) -> None:
        """Take in one row."""
        self.ids.append(int(episode_id, 16))
        self.outcomes[split, outcome] += 1
        if outcome == "failed":
            self.hashes.add(episode_id, FAILED)
        for stream, found in json.loads(hashes).items():
            self.hashes.add(episode_id, stream, found)

    @property
    def counts(self) -> dict[str, int]:
        """Episodes, usable and failed ones."""
        found = {wanted: sum(n for (_, one), n in self.outcomes.items() if one == wanted)
                 for wanted in ("ok", "failed")}  # fmt: skip
        return {"episodes": self.outcomes.total(), **found}

    @property
    def usable(self) -> dict[str, int]:
        """Episodes that did not fail, by split."""
        return {split: self.outcomes[split, "ok"] for split in sorted({one for one, _ in self.outcomes})}


def said_by(parts: Iterable[Renamed]) -> Said:
    """What the rows of some parts say."""
    said, names = Said(), ("episode_id", "split", "outcome", "content_hashes", "group")
    for part in parts:
        for piece in part.pieces(names):
            for row in zip(*(piece[name].to_pylist() for name in names[:-1]), strict=True):
                said.add(*row)
    return said
