"""What a balanced set says of its episodes: class, and the stream of its samples."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.errors import EpisodeError
from envirosense.datasets.schema import TICK, Column, stream_schema
from envirosense.factory.classes import ClassDefinitions
from envirosense.factory.noted import Seen
from envirosense.factory.quotas import Unit

FACT: Final = "balance"  # name in the summary of an episode
STREAM: Final = "samples"
SAMPLES: Final = stream_schema(
    (TICK, Column("class_label", pa.string(), "", "class of the tick", False)),
    {"role": "label", "description": "The ticks that make up the balanced set, with their class."},
)


@dataclass(frozen=True, slots=True)
class BalanceNote:
    """Adds its class to the summary of each episode, and the stream of its samples.

    `wanted` is by episode id: its `class`, and its `samples`, how many of which class.
    """

    definitions: ClassDefinitions
    wanted: Mapping[str, JsonObject]
    unit: Unit
    streams: tuple[str, ...] = ("labels",)

    def facts(self, spec: EpisodeSpec, seen: Seen) -> JsonObject:
        """Class of the episode, from the labels as simulated."""
        wanted = self.wanted[spec.episode_id]
        if self.unit == "samples":
            return {FACT: wanted}
        kind = wanted["class"]
        found = self.definitions.of_episode(seen.get("labels"), spec.scenario)
        if found != kind:
            raise EpisodeError(f"its class is {found!r}, but it was {kind!r} when it was chosen")
        return {FACT: {"class": kind}}

    def for_episodes(self, ids: Collection[str]) -> "BalanceNote":
        """The same for some episodes."""
        return replace(self, wanted={one: self.wanted[one] for one in ids})

    def rows(self, spec: EpisodeSpec, seen: Seen) -> Mapping[str, pa.RecordBatch]:
        """The samples: of each class as many ticks as wanted, evenly spread over those it has."""
        if self.unit == "episodes":
            return {}
        samples: Any = self.wanted[spec.episode_id]["samples"]
        places = self.definitions.of_ticks(seen.get("labels"), spec.scenario, spec.grid.n)
        ticks = [
            spread(np.flatnonzero(places == self.definitions.names.index(name)), n)
            for name, n in samples.items()
        ]
        names = np.repeat(list(samples), list(samples.values()))
        every = np.concatenate(ticks)
        order = np.argsort(every)
        columns = [pa.array(every[order], pa.int64()), pa.array(names[order].tolist(), pa.string())]
        return {STREAM: pa.RecordBatch.from_arrays(columns, schema=SAMPLES)}


def spread(ticks: npt.NDArray[np.intp], n: int) -> npt.NDArray[np.intp]:
    """`n` of the ticks, evenly spread.

    Raises:
        EpisodeError: if there are fewer.
    """
    if len(ticks) < n:
        raise EpisodeError(f"it has {len(ticks)} ticks of a class, but had {n} when it was chosen")
    return ticks[np.arange(n) * len(ticks) // max(n, 1)]
