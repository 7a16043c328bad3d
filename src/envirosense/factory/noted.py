"""Episodes with a note: what a derived dataset knows of each, written as the episode is simulated."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Protocol, Self

import pyarrow as pa
from pydantic import JsonValue

from envirosense.core.episode import EpisodeSpec, EpisodeSummary, JsonObject
from envirosense.core.protocols import Sink, Twin
from envirosense.datasets.packed_specs import PackedSpecs
from envirosense.datasets.plan import Plan
from envirosense.datasets.planned_episodes import Places, PlannedEpisodes
from envirosense.datasets.splits import assign_splits
from envirosense.factory.planning import estimate
from envirosense.factory.request import GenerationRequest
from envirosense.factory.twins import TwinFactory, twin_for

type Seen = Mapping[str, pa.Table]


class Note(Protocol):
    """What is added to an episode, from its spec and some of its streams; it travels to the workers."""

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the streams it looks at."""
        ...

    def facts(self, spec: EpisodeSpec, seen: Seen) -> JsonObject:
        """What the summary of the episode says besides, for the episode table."""
        ...

    def rows(self, spec: EpisodeSpec, seen: Seen) -> Mapping[str, pa.RecordBatch]:
        """Streams of its own, by name."""
        ...

    def for_episodes(self, ids: Collection[str]) -> Self:
        """What it needs to know of some episodes, without that of the others."""
        ...


@dataclass(frozen=True)
class Noting:
    """Makes the twin that a worker runs: another one, whose episodes get a note."""

    make_twin: TwinFactory
    note: Note

    def __call__(self) -> "NotedTwin":
        """Twin of this worker."""
        return NotedTwin(self.make_twin(), self.note)

    def for_episodes(self, ids: Collection[str]) -> "Noting":
        """The same with the notes of some episodes."""
        return Noting(twin_for(self.make_twin, ids), self.note.for_episodes(ids))

    @property
    def preload(self) -> tuple[str, ...]:
        """Modules whose import readies a worker."""
        return modules_of(self.make_twin)


def modules_of(make_twin: TwinFactory) -> tuple[str, ...]:
    """Modules whose import readies a worker for a twin."""
    return make_twin.__module__, *getattr(make_twin, "preload", ())


class NotedTwin:
    """A twin whose episodes get a note."""

    def __init__(self, twin: Twin, note: Note) -> None:
        self._twin = twin
        self._note = note

    def simulate(self, spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        """Run a spec and add the note to its streams and its summary."""
        watch = Watch(out, self._note.streams)
        summary = self._twin.simulate(spec, watch)
        for stream, rows in self._note.rows(spec, watch.seen).items():
            out.write(stream, rows)
        facts: dict[str, Any] = {**summary.facts, **self._note.facts(spec, watch.seen)}
        return summary.model_copy(update={"facts": facts})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._twin, name)


class Watch:
    """A sink that keeps some streams, on their way to another sink or to none."""

    def __init__(self, out: Sink | None, streams: Sequence[str]) -> None:
        self._out = out
        self._streams = frozenset(streams)
        self._batches: defaultdict[str, list[pa.RecordBatch]] = defaultdict(list)

    def wants(self, stream: str) -> bool:
        """Whether the stream is kept here or handed on."""
        return self._out is not None or stream in self._streams

    def write(self, stream: str, batch: pa.RecordBatch) -> None:
        """Append rows to a stream."""
        if self._out is not None:
            self._out.write(stream, batch)
        if stream in self._streams:
            self._batches[stream].append(batch)

    @property
    def seen(self) -> dict[str, pa.Table]:
        """The streams kept, whole; those that nothing was written to are missing."""
        return {stream: pa.Table.from_batches(batches) for stream, batches in self._batches.items()}


def derived_plan(
    request: GenerationRequest,
    twin: Twin,
    specs: Sequence[EpisodeSpec],
    indices: Places,
    kinds: Sequence[str],
    settings: Mapping[str, JsonValue],
    workers: int,
) -> Plan:
    """Plan of given specs, split by group so that each split holds its part of every kind.

    Args:
        request: what was asked for.
        twin: whose specs they are.
        specs: in any order.
        indices: position of each in the dataset.
        kinds: kind (class, strategy) of each spec.
        settings: what was asked for besides, for the plan and the card.
        workers: worker processes.
    """
    packed = PackedSpecs.of(specs)
    split = assign_splits(packed.groups, seed=request.seed, categories=kinds)
    size = estimate(request, twin).gigabytes
    return Plan.build(
        name=request.name,
        twin=request.twin,
        seed=request.seed,
        episodes=PlannedEpisodes(packed, [split[group] for group in packed.groups], indices),
        settings={**request.model_dump(mode="json"), **settings},
        code_version=version("envirosense"),
        physics_version=str(twin.describe().get("physics_version", "")),
        bytes_per_episode=int(size * 1e9 / request.episodes),
        workers=workers,
    )
