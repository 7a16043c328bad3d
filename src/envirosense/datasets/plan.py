"""What a generation run will write: episodes, their splits, and the shards that hold them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, Self

from pydantic import Field, JsonValue, NonNegativeInt, PositiveInt

from envirosense.core.config import FrozenModel
from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.errors import ConfigError
from envirosense.core.fingerprint import fingerprint

SCHEMA_VERSION = 1
TARGET_SHARD_BYTES = 96 * 2**20
NAME_PATTERN = r"^[a-z][a-z0-9_]*$"


class PlannedEpisode(FrozenModel):
    """One episode and its place in the dataset."""

    index: NonNegativeInt
    split: str = Field(pattern=NAME_PATTERN)
    spec: EpisodeSpec

    @cached_property
    def episode_id(self) -> str:
        """Id of the spec, computed once; it travels with the episode to a worker."""
        return self.spec.episode_id


@dataclass(frozen=True, slots=True)
class Shard:
    """Consecutive episodes of one split: one task, one file a stream."""

    split: str
    index: int
    episodes: tuple[PlannedEpisode, ...]

    @property
    def name(self) -> str:
        """Stem of the shard's files, such as `train-00000`."""
        return f"{self.split}-{self.index:05d}"


def shard_length(n_episodes: int, bytes_per_episode: int, workers: int) -> int:
    """Episodes in a shard: near the target size, yet two shards a worker when there are enough episodes."""
    by_size = TARGET_SHARD_BYTES // max(bytes_per_episode, 1)
    return max(1, min(by_size, n_episodes // (2 * workers)))


class Plan(FrozenModel):
    """A generation run, complete before it starts; equal plans write equal datasets.

    `settings` is what was asked, as plain data: it explains a plan that differs. The shard
    length and the size estimate are not part of the identity: a resumed run keeps the
    stored ones.
    """

    name: str
    twin: str
    seed: NonNegativeInt
    code_version: str
    physics_version: str
    settings: JsonObject
    episodes: tuple[PlannedEpisode, ...]
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
        episodes: Sequence[tuple[EpisodeSpec, str]],
        settings: Mapping[str, JsonValue] | None = None,
        code_version: str,
        physics_version: str = "",
        bytes_per_episode: int = 0,
        workers: int = 1,
    ) -> Self:
        """Plan of (spec, split) pairs in dataset order; their positions become the indices."""
        planned = [
            PlannedEpisode.parse({"index": index, "split": split, "spec": spec}, f"episodes.{index}")
            for index, (spec, split) in enumerate(episodes)
        ]
        _check_distinct(planned)
        return cls.parse(
            {
                "name": name,
                "twin": twin,
                "seed": seed,
                "code_version": code_version,
                "physics_version": physics_version,
                "settings": dict(settings or {}),
                "episodes": sorted(planned, key=lambda episode: (episode.split, episode.index)),
                "episodes_per_shard": shard_length(len(episodes), bytes_per_episode, workers),
                "bytes_per_episode": bytes_per_episode,
            }
        )

    def shards(self) -> tuple[Shard, ...]:
        """Shards in order of split and episode."""
        step = self.episodes_per_shard
        return tuple(
            Shard(split, start // step, members[start : start + step])
            for split, run in groupby(self.episodes, key=lambda episode: episode.split)
            for members in (tuple(run),)
            for start in range(0, len(members), step)
        )

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Everything that decides the dataset, as plain data."""
        data = self.model_dump(mode="json", exclude={"episodes", "episodes_per_shard", "bytes_per_episode"})
        data["episodes"] = {episode.episode_id: [episode.split, episode.index] for episode in self.episodes}
        return data

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the identity."""
        return fingerprint(self.identity)

    def difference(self, other: "Plan") -> str:
        """First field in which another plan differs, with both values; "" for equal plans."""
        for field, mine, theirs in _walk("", self.identity, other.identity):
            if not field.startswith("episodes"):
                return f"{field} is {theirs!r} there, {mine!r} here"
        mine_left = [e for e in self.episodes if e.episode_id not in other.identity["episodes"]]
        if len(self.episodes) != len(other.episodes):
            return f"episodes: {len(other.episodes)} there, {len(self.episodes)} here"
        if mine_left:
            return _spec_difference(mine_left[0], other)
        return "" if self.fingerprint == other.fingerprint else "the splits of the episodes differ"


def _check_distinct(episodes: Sequence[PlannedEpisode]) -> None:
    if not episodes:
        raise ConfigError("episodes", 0, "a plan needs at least one episode")
    seen: set[str] = set()
    for episode in episodes:
        if episode.episode_id in seen:
            raise ConfigError(
                "episodes", episode.episode_id, "two episodes have the same spec; give each its own seed"
            )
        seen.add(episode.episode_id)


def _spec_difference(episode: PlannedEpisode, other: Plan) -> str:
    theirs = next((e for e in other.episodes if e.index == episode.index), None)
    if theirs is None:
        return f"episode {episode.index} is not there"
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
