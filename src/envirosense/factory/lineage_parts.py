"""Inside a dataset: which shard, file and row group hold a sample, and which episode it came from."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError, DatasetError, EnviroSenseError, UnknownNameError
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.schema import TICK
from envirosense.datasets.versions import load_version, stored_versions
from envirosense.factory.lineage_graph import Artifact

_EPISODE_ID: Final = re.compile(r"[0-9a-f]{16}")


class DatasetParts:
    """Shards, episodes and samples of a dataset as artifacts."""

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self.dataset = _opened_version(artifact)
        self._origins: dict[str, dict[str, tuple[str, ...]]] = {}  # by parent and episode

    @cached_property
    def _rows(self) -> dict[str, dict[str, Any]]:
        """Row of the episode table by episode id, without the heavy columns."""
        columns = ["episode_id", "scenario", "group", "split", "world_seed", "sensing_seed", "n_ticks"]
        heavy = ["outcome", "locations"]
        found = self.dataset.table.table([*columns, *heavy]).to_pylist()
        return {row["episode_id"]: row for row in found}

    def episode(self, prefix: str) -> Artifact:
        """Episode whose id starts so.

        Raises:
            UnknownNameError: if there is none.
            DatasetError: if there are several.
        """
        row = self._rows[self.dataset.episode(prefix).episode_id]
        kept = ("scenario", "group", "split", "world_seed", "sensing_seed", "n_ticks", "outcome")
        return Artifact(
            self._part_id("episode", row["episode_id"]),
            "episode",
            row["episode_id"],
            created_utc=self.artifact.created_utc,
            facts={name: row[name] for name in kept},
        )

    def _part_id(self, kind: str, name: str) -> str:
        return f"{kind}:{self.artifact.artifact_id.removeprefix('dataset:')}:{name}"

    @cached_property
    def _shards(self) -> dict[str, str]:
        found = {}
        for episode_id, row in self._rows.items():
            places = [one["file"] for one in json.loads(row["locations"]).values()]
            found[episode_id] = Path(places[0]).stem if places else ""
        return found

    def shard_of(self, episode_id: str) -> str:
        """Name of the shard that holds an episode; "" where it left no row."""
        return self._shards[episode_id]

    def members(self, shard: str) -> tuple[str, ...]:
        """Ids of the episodes in a shard."""
        return tuple(one for one, name in self._shards.items() if name == shard)

    def shard(self, name: str) -> Artifact:
        """A shard and its files.

        Raises:
            UnknownNameError: if there is none of that name.
        """
        files = self.dataset.manifest.files
        mine = {
            place: one.sha256 for place, one in files.items() if Path(place).stem == name and "/" in place
        }
        if not mine:
            known = {Path(place).stem for place in files if "/" in place}
            raise UnknownNameError("shard", name, known)
        return Artifact(
            self._part_id("shard", name),
            "shard",
            name,
            created_utc=self.artifact.created_utc,
            facts={"files": mine, "episodes": len(self.members(name))},
        )

    def sample(self, episode_id: str, tick: int) -> Artifact:
        """One tick of an episode, and the row groups that hold it.

        Raises:
            ConfigError: if the episode has no such tick.
        """
        n_ticks = self._rows[episode_id]["n_ticks"]
        if not 0 <= tick < n_ticks:
            raise ConfigError("tick", tick, f"episode {episode_id} has ticks 0 to {n_ticks - 1}")
        return Artifact(
            self._part_id("sample", f"{episode_id}@{tick}"),
            "sample",
            f"{episode_id}@{tick}",
            created_utc=self.artifact.created_utc,
            facts={"tick": tick, "rows_in": self._row_groups(episode_id, tick)},
        )

    def _row_groups(self, episode_id: str, tick: int) -> dict[str, dict[str, Any]]:
        """File and row group by stream; streams that were not sampled at the tick are left out."""
        found = {}
        for stream, where in json.loads(self._rows[episode_id]["locations"]).items():
            with self.dataset.files.open(where["file"]) as opened:
                column = opened.schema_arrow.get_field_index(TICK.name)
                first = where["first_row_group"]
                for group in range(first, first + where["row_groups"]) if column >= 0 else ():
                    ticks = opened.read_row_group(group, [TICK.name])[TICK.name].to_numpy()
                    if (ticks == tick).any():
                        found[stream] = {"file": where["file"], "row_group": group}
                        break
        return found

    def origins(self, episodes: Iterable[str], parent: "DatasetParts") -> dict[str, tuple[str, ...]]:
        """Episodes of a parent dataset that each of these came from.

        The same episode; else those that its specification, its summary or an entry of the settings names;
        else the one of the same world.
        """
        found = self._origins.setdefault(parent.artifact.artifact_id, {})
        wanted = set(episodes)
        if unknown := wanted - found.keys():
            table = self.dataset.table.table(["episode_id", "spec", "summary"])
            for row in table.filter(pc.is_in(table["episode_id"], pa.array(sorted(unknown)))).to_pylist():
                found[row["episode_id"]] = self._origin(row, parent)
        return {one: found[one] for one in sorted(wanted) if found.get(one)}

    def _origin(self, row: Mapping[str, Any], parent: "DatasetParts") -> tuple[str, ...]:
        one = row["episode_id"]
        if one in parent._rows:
            return (one,)
        named = tuple(_named_in(self._told(row), parent._rows, one))
        return named or parent._worlds.get(_world(row["spec"]), ())

    def _told(self, row: Mapping[str, Any]) -> Iterator[Any]:
        yield json.loads(row["spec"])
        yield json.loads(row["summary"])
        for value in self.dataset.manifest.settings.values():
            if isinstance(value, Mapping) and row["episode_id"] in value:
                yield value[row["episode_id"]]

    @cached_property
    def _worlds(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for row in self.dataset.table.table(["episode_id", "spec"]).to_pylist():
            world = _world(row["spec"])
            found[world] = (*found.get(world, ()), row["episode_id"])
        return found

    @property
    def episode_ids(self) -> tuple[str, ...]:
        """Ids of all episodes."""
        return tuple(self._rows)


def _world(spec: str) -> str:
    return EpisodeSpec.model_validate_json(spec).world_fingerprint


def _named_in(values: Iterable[Any], known: Mapping[str, Any], itself: str) -> Iterator[str]:
    """Known episode ids that stand anywhere in plain data, in order, each once."""
    texts = (text for value in values for text in _texts(value) if _EPISODE_ID.fullmatch(text))
    yield from dict.fromkeys(text for text in texts if text in known and text != itself)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


@dataclass(frozen=True, slots=True)
class Named:
    """What a person named inside a dataset: nothing more, a shard, an episode, or a tick of it."""

    shard: str = ""
    episode: str = ""
    tick: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Named":
        """Part of a dataset from `train-00000`, `0123abcd` or `0123abcd@17`.

        Raises:
            ConfigError: if it is none of these.
        """
        if not text:
            return cls()
        if re.fullmatch(r"[a-z][a-z0-9_]*-\d{5,}", text):
            return cls(shard=text)
        if found := re.fullmatch(r"([0-9a-f]{1,16})(?:@(\d+))?", text):
            return cls(episode=found[1], tick=None if found[2] is None else int(found[2]))
        fix = "name a shard (train-00000), an episode (0123abcd) or a tick of it (0123abcd@17)"
        raise ConfigError("what", text, fix)


def _opened_version(artifact: Artifact) -> Dataset:
    """Dataset of an artifact: the version of the folder that has its hash.

    Raises:
        DatasetError: if none has.
    """
    folder = Path(artifact.path)
    for version in reversed(stored_versions(folder)):
        if load_version(folder, version).logical_hash == artifact.content_hash:
            return Dataset.open(folder, version)
    raise DatasetError(f"{folder}: holds another dataset than the catalogue says; rebuild it")


def opened(artifact: Artifact) -> DatasetParts | None:
    """Parts of a dataset that is still where the catalogue says, None otherwise."""
    try:
        return DatasetParts(artifact) if artifact.kind == "dataset" and artifact.path else None
    except EnviroSenseError:
        return None
