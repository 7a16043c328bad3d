"""What a generation run will write: episodes, their splits, and the shards that hold them."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from pydantic import JsonValue, NonNegativeInt, PositiveInt

from envirosense.core.config import FrozenModel
from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.errors import SchemaVersionError
from envirosense.core.fingerprint import canonical_json
from envirosense.datasets.planned_episodes import NAME_PATTERN, PlannedEpisode, PlannedEpisodes

SCHEMA_VERSION = 1
TARGET_SHARD_BYTES = 96 * 2**20
MOST_EPISODES = 1000  # of a shard: its journal entry is in memory whole, about 10 kB an episode
_NOT_ASKED: Final = frozenset(
    {"episodes", "episodes_per_shard", "bytes_per_episode"}
)  # no part of the identity

__all__ = ["NAME_PATTERN", "SCHEMA_VERSION", "Plan", "PlannedEpisode", "Shard", "shard_length"]


@dataclass(frozen=True, slots=True)
class Shard:
    """Consecutive episodes of one split: one task, one file a stream."""

    split: str
    index: int
    episodes: Sequence[PlannedEpisode]

    @property
    def name(self) -> str:
        """Stem of the shard's files, such as `train-00000`."""
        return f"{self.split}-{self.index:05d}"


def shard_length(n_episodes: int, bytes_per_episode: int, workers: int) -> int:
    """Episodes in a shard: near the target size, yet two shards a worker when there are enough episodes."""
    by_size = TARGET_SHARD_BYTES // max(bytes_per_episode, 1)
    return max(1, min(by_size, n_episodes // (2 * workers), MOST_EPISODES))


class Plan(FrozenModel):
    """A generation run, complete before it starts; equal plans write equal datasets.

    `settings` is what was asked, as plain data: it explains a plan that differs. The shard
    length and the size estimate are not part of the identity: a resumed run keeps the
    stored ones. Specs are held packed: an episode takes some hundred bytes.
    """

    name: str
    twin: str
    seed: NonNegativeInt
    code_version: str
    physics_version: str
    settings: JsonObject
    episodes: PlannedEpisodes
    episodes_per_shard: PositiveInt
    bytes_per_episode: NonNegativeInt = 0
    schema_version: int = SCHEMA_VERSION

    @classmethod
    def build(
        cls,
        *,
        name: str,
        twin: str,
        seed: int,
        episodes: Iterable[tuple[EpisodeSpec, str]] | PlannedEpisodes,
        settings: Mapping[str, JsonValue] | None = None,
        code_version: str,
        physics_version: str = "",
        bytes_per_episode: int = 0,
        workers: int = 1,
    ) -> Self:
        """Plan of (spec, split) pairs in dataset order; their positions become the indices."""
        planned = PlannedEpisodes.of(episodes)
        planned.check_distinct()
        return cls.parse(
            {
                "name": name,
                "twin": twin,
                "seed": seed,
                "code_version": code_version,
                "physics_version": physics_version,
                "settings": dict(settings or {}),
                "episodes": planned,
                "episodes_per_shard": shard_length(len(planned), bytes_per_episode, workers),
                "bytes_per_episode": bytes_per_episode,
            }
        )

    def shards(self) -> tuple[Shard, ...]:
        """Shards in order of split and episode."""
        step = self.episodes_per_shard
        return tuple(
            Shard(split, number, self.episodes[first : min(first + step, places.stop)])
            for split, places in self.episodes.runs()
            for number, first in enumerate(range(places.start, places.stop, step))
        )

    @cached_property
    def asked(self) -> dict[str, Any]:
        """Everything that decides the dataset but the episodes, as plain data."""
        return self.model_dump(mode="json", exclude=set(_NOT_ASKED))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of everything that decides the dataset, in the form of `core.fingerprint`."""
        hashed = hashlib.sha256()
        for text in self._canonical():
            hashed.update(text.encode())
        return hashed.hexdigest()

    def _canonical(self) -> Iterator[str]:
        """Canonical JSON in pieces: all that was asked, and `{id: [split, index]}` as `episodes`."""
        for place, key in enumerate(sorted([*self.asked, "episodes"])):
            yield ("," if place else "{") + f"{canonical_json(key)}:"
            if key != "episodes":
                yield canonical_json(self.asked[key])
                continue
            opening = "{"
            for episode_id, split, index in self.episodes.by_id():
                yield f'{opening}"{episode_id}":["{split}",{index}]'
                opening = ","
            yield "}"
        yield "}"

    def difference(self, other: "Plan") -> str:
        """First field in which another plan differs, with both values; "" for equal plans."""
        for field, mine, theirs in _walk("", self.asked, other.asked):
            return f"{field} is {theirs!r} there, {mine!r} here"
        if len(self.episodes) != len(other.episodes):
            return f"episodes: {len(other.episodes)} there, {len(self.episodes)} here"
        known = set(other.episodes.fingerprints)
        for place, found in enumerate(self.episodes.fingerprints):
            if found not in known:
                return _spec_difference(self.episodes[place], other)
        return "" if self.fingerprint == other.fingerprint else "the splits of the episodes differ"

    def pieces(self) -> Iterator[bytes]:
        """JSON of the plan, one line an episode, so that it is written and read in bounded memory."""
        head = self.model_dump_json(exclude={"episodes"})
        yield f'{head[:-1]},"episodes":[\n'.encode()
        last = len(self.episodes) - 1
        for place, (index, split) in enumerate(zip(self.episodes.indices, self.episodes.splits, strict=True)):
            spec = self.episodes.spec_text(place)
            yield f'{{"index":{index},"split":"{split}","spec":{spec}}}{"," * (place < last)}\n'.encode()
        yield b"]}\n"

    @classmethod
    def read(cls, path: Path) -> Self:
        """Plan in a file of `pieces`, or of its JSON in any other form.

        Raises:
            SchemaVersionError: if a newer version wrote it.
            ValueError, KeyError, TypeError: if it is damaged.
        """
        with path.open("rb") as rows:
            head = next(rows, b"")
            is_by_line = head.endswith(b'"episodes":[\n')
            data = json.loads(head + b"]}" if is_by_line else b"".join([head, *rows]))
            if (found := int(data["schema_version"])) > SCHEMA_VERSION:
                raise SchemaVersionError(path, found, SCHEMA_VERSION)
            if is_by_line:
                data["episodes"] = PlannedEpisodes.packed(_planned(rows))
        return cls.model_validate(data)


def _planned(rows: Iterable[bytes]) -> Iterator[PlannedEpisode]:
    for row in rows:
        if row == b"]}\n":
            return
        yield PlannedEpisode.model_validate_json(row.rstrip(b",\n"))
    raise ValueError("it has no end")


def _spec_difference(episode: PlannedEpisode, other: Plan) -> str:
    places = np.flatnonzero(other.episodes.indices == episode.index)
    if not len(places):
        return f"episode {episode.index} is not there"
    theirs = other.episodes[int(places[0])]
    pairs = _walk("", episode.spec.model_dump(mode="json"), theirs.spec.model_dump(mode="json"))
    field, here, there = next(iter(pairs), ("spec", "", ""))
    return f"episode {episode.index}: {field} is {there!r} there, {here!r} here"


def _walk(prefix: str, mine: Any, theirs: Any) -> list[tuple[str, Any, Any]]:
    """Leaves that differ between two plain values, as (path, mine, theirs)."""
    if not (isinstance(mine, dict) and isinstance(theirs, dict)):
        return [] if mine == theirs else [(prefix, mine, theirs)]
    found = []
    for key in sorted(mine.keys() | theirs.keys()):
        found += _walk(f"{prefix}.{key}" if prefix else key, mine.get(key), theirs.get(key))
    return found
