"""Episodes of two splits that come from one: the same world by their specifications, or the same original."""

import json
from array import array
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from envirosense.core.episode import ID_DIGITS
from envirosense.datasets.episode import Episode
from envirosense.datasets.tally import Failure

_PARENT: Final = "parent_episode_id"  # in whatever fact of a summary says what an episode was made from

type _Ids = npt.NDArray[np.uint64]


class Worlds:
    """World and parent of the episodes fed to it, 25 bytes each."""

    def __init__(self, has_worlds: bool = True) -> None:
        self._has_worlds = has_worlds  # recorded episodes have none of their own
        self._ids, self._parents, self._worlds = array("Q"), array("Q"), array("Q")
        self._names: list[str] = []
        self._splits = array("B")

    def __len__(self) -> int:
        return len(self._ids)

    def update(self, episode: Episode) -> None:
        """Append an episode."""
        own = int(episode.episode_id, 16)
        self._ids.append(own)
        self._parents.append(_parent(episode.summary) or own)
        self._worlds.append(_world(episode) if self._has_worlds else own)
        if episode.split not in self._names:
            self._names.append(episode.split)
        self._splits.append(self._names.index(episode.split))

    def failures(self) -> Iterator[Failure]:
        """Episodes of one origin in different splits, each with one of another split."""
        ids, parents, worlds = (
            np.array(side, np.uint64) for side in (self._ids, self._parents, self._worlds)
        )
        splits = np.array(self._splits, np.uint8)
        for keys, reason in ((worlds, "same_world"), (_origins(ids, parents), "same_origin")):
            for members in _shared(keys, splits):
                for one in members.tolist():
                    other = int(members[splits[members] != splits[one]][0])
                    here, there = (f"{int(ids[n]):016x} in {self._names[splits[n]]}" for n in (one, other))
                    yield Failure(f"{here} ~ {there}: {reason.replace('_', ' ')}", reason, here[:ID_DIGITS])


def overlaps(episodes: pa.Table, has_worlds: bool) -> Iterator[tuple[int, list[Failure]]]:
    """How many groups there are, and which stand in two splits; the same of worlds."""
    for name in ("group", "world_seed") if has_worlds else ("group",):
        pairs = episodes.select([name, "split"]).group_by([name, "split"], use_threads=False)
        owners = pairs.aggregate([]).group_by(name, use_threads=False).aggregate([("split", "list")])
        shared = owners.filter(pc.greater(pc.list_value_length(owners["split_list"]), 1)).to_pylist()
        reason = f"{name.removesuffix('_seed')}_in_two"
        yield (
            owners.num_rows,
            [
                Failure(f"{name} {row[name]} in {', '.join(sorted(row['split_list']))}", reason)
                for row in shared
            ],
        )


def _parent(summary: dict[str, Any]) -> int:
    """Episode that one was made from, 0 for none."""
    facts = summary.get("facts", {}).values()
    return next((int(fact[_PARENT], 16) for fact in facts if isinstance(fact, dict) and fact.get(_PARENT)), 0)


def _world(episode: Episode) -> int:
    spec = episode.spec
    told = [spec.scenario, spec.world_seed, spec.params, spec.site, spec.grid.start_utc.isoformat()]
    text = json.dumps(told, sort_keys=True)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def _origins(ids: _Ids, parents: _Ids) -> _Ids:
    """First episode of each one's chain of parents, also where that is in no dataset of ours."""
    order = np.argsort(ids)
    found = parents
    for _ in range(len(ids)):  # as often as the longest chain is long
        places = order[np.minimum(np.searchsorted(ids, found, sorter=order), max(len(ids) - 1, 0))]
        further = np.where(ids[places] == found, parents[places], found)
        if np.array_equal(further, found):
            break
        found = further
    return found


def _shared(keys: _Ids, splits: npt.NDArray[np.uint8]) -> Iterator[npt.NDArray[np.intp]]:
    """Places of equal keys that stand in more than one split."""
    order = np.lexsort((splits, keys))
    starts = np.flatnonzero(np.diff(keys[order], prepend=~keys[order[:1]]) != 0)
    for members in np.split(order, starts[1:]) if len(order) else ():
        if len(members) > 1 and splits[members[0]] != splits[members[-1]]:
            yield members
