"""The same worlds under other sensors: truth stays, readings change."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.protocols import Resenser, Sink, Twin
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode
from envirosense.datasets.hashing import StreamHasher
from envirosense.datasets.memory import MemorySink
from envirosense.datasets.packed_specs import PackedSpecs
from envirosense.datasets.plan import Plan
from envirosense.datasets.planned_episodes import PlannedEpisodes
from envirosense.factory.executors import worker_count
from envirosense.factory.generator import run_plan
from envirosense.factory.progress import ProgressReporter
from envirosense.factory.twins import TWINS
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.instruments.sensor_change import SensorChange

FIXED: Final = (b"truth", b"event")  # roles of the streams that must not change


class WorldDiffers(DatasetError):
    """Simulated again, a world is not the one that was stored."""


def resense(
    dataset: Dataset | Path | str,
    configuration: SensorConfiguration | SensorChange | Sequence[SensorChange] | Mapping[str, Any],
    out: Path | str,
    *,
    sensing_seed: int | None = None,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: ProgressReporter | None = None,
    allow_failures: bool = False,
) -> Dataset:
    """Dataset of the same worlds, labels and splits, sensed by another array.

    Every world is simulated again and its truth compared with the stored one, stream by stream. Noise is that
    of the stored episode: what did not change in the configuration keeps its noise.

    Args:
        dataset: a finished dataset, or its folder.
        configuration: a whole guardian, or what changes on the guardian of each episode.
        out: folder of the new dataset; the same call resumes a stopped run.
        sensing_seed: another seed for every sensor's noise; that of each episode when None.
        workers: worker processes; one per core by default.
        executor: runs the episodes instead of worker processes of ours.
        progress: hears how far the run is.
        allow_failures: whether a dataset with failed episodes is good enough.

    Raises:
        ConfigError: if the twin cannot do this, or nothing would change.
        WorldDiffers: if the first world is not the stored one; nothing is written then.
        GenerationFailed: if later ones are not.
    """
    source = dataset if isinstance(dataset, Dataset) else Dataset.open(dataset)
    sensing = _plain(configuration)
    name = source.manifest.twin
    twin = TWINS[name]()
    if not isinstance(twin, Resenser):
        raise ConfigError("twin", name, "cannot sense its worlds again")
    specs = PackedSpecs(twin.resensed(episode.spec, sensing, sensing_seed) for episode in source)
    usable = source.short.filter(pc.equal(source.short["outcome"], "ok"))
    stored = {specs.fingerprint(n)[:16]: one for n, one in enumerate(usable["episode_id"].to_pylist())}
    if all(here == there for here, there in stored.items()):
        raise ConfigError("configuration", sensing, "changes nothing; the dataset would be the same")
    count = worker_count(workers)
    plan = _plan(source, PlannedEpisodes(specs, usable["split"].to_pylist()), sensing, sensing_seed, count)
    make_twin = Resensing(name, source.folder, stored)
    first = specs[0]
    make_twin().simulate(first, MemorySink(first))  # a changed physics shows before anything is written
    return run_plan(plan, make_twin, out, count, executor, progress, allow_failures)


def _plain(configuration: object) -> dict[str, Any]:
    """The configuration as plain data: a guardian, or {"changes": [...]}."""
    if isinstance(configuration, SensorChange):
        configuration = (configuration,)
    if isinstance(configuration, SensorConfiguration):
        unsaid = {"ideal_stream", "stages_stream", "status_stream"} - configuration.model_fields_set
        return configuration.model_dump(mode="json", exclude=unsaid)
    if isinstance(configuration, Mapping):
        parsed = configuration if "changes" in configuration or "sensors" in configuration else None
        if parsed is None:
            fix = "must be a guardian with `sensors`, or hold `changes`"
            raise ConfigError("configuration", sorted(configuration), fix)
        return dict(configuration)
    if isinstance(configuration, Sequence) and all(isinstance(one, SensorChange) for one in configuration):
        return {"changes": [one.model_dump(mode="json") for one in configuration]}
    raise ConfigError(
        "configuration", type(configuration).__name__, "must be a guardian or changes of sensors"
    )


def _plan(
    source: Dataset,
    episodes: PlannedEpisodes,
    sensing: Mapping[str, Any],
    sensing_seed: int | None,
    workers: int,
) -> Plan:
    manifest = source.manifest
    n_bytes = sum(facts.bytes for facts in manifest.streams.values())
    return Plan.build(
        name=f"{manifest.name}_resensed",
        twin=manifest.twin,
        seed=manifest.seed,
        episodes=episodes,
        settings={
            **manifest.settings,
            "resensed_from": manifest.logical_hash,
            "sensing": dict(sensing),
            "sensing_seed": sensing_seed,
        },
        code_version=version("envirosense"),
        physics_version=manifest.physics_version,
        bytes_per_episode=n_bytes // max(len(episodes), 1),
        workers=workers,
    )


@dataclass(frozen=True)
class Resensing:
    """Makes the twin that a worker runs: the dataset's own, held to the dataset's truth."""

    twin: str
    folder: Path
    stored: Mapping[str, str]  # id of the stored episode by that of the new one

    def __call__(self) -> "CheckedTwin":
        """Twin of this worker."""
        return CheckedTwin(TWINS[self.twin](), self.folder, self.stored)

    def for_episodes(self, ids: Collection[str]) -> "Resensing":
        """The same for some episodes."""
        return Resensing(self.twin, self.folder, {one: self.stored[one] for one in ids})

    @property
    def preload(self) -> tuple[str, ...]:
        """Modules whose import readies a worker."""
        return tuple(getattr(TWINS[self.twin], "preload", ()))


class CheckedTwin:
    """A twin whose worlds must be those of a dataset."""

    def __init__(self, twin: Twin, folder: Path, stored: Mapping[str, str]) -> None:
        self._twin = twin
        self._folder = folder
        self._stored = stored

    @cached_property
    def _dataset(self) -> Dataset:
        return Dataset.open(self._folder)

    def simulate(self, spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        """Run a spec.

        Raises:
            WorldDiffers: if its truth is not the stored one.
        """
        watched = TruthWatch(out)
        summary = self._twin.simulate(spec, watched)
        stored = self._dataset.episode(self._stored[spec.episode_id])
        for stream, found in watched.hashes.items():
            if found != _stored_hash(stored, stream, watched.schemas[stream]):
                raise WorldDiffers(
                    f"episode {stored.episode_id}: stream {stream!r} of its world is not the stored one; "
                    "sense it with the version that made the dataset, or generate it anew"
                )
        return summary

    def __getattr__(self, name: str) -> Any:
        return getattr(self._twin, name)


def _stored_hash(episode: Episode, stream: str, schema: pa.Schema) -> str:
    """Content hash of a stored stream without its keys."""
    hasher = StreamHasher(schema)
    hasher.update(episode.table(stream, schema.names))
    return hasher.hexdigest()


class TruthWatch:
    """A sink that hashes the streams of truth and events on their way to another."""

    def __init__(self, out: Sink) -> None:
        self._out = out
        self._hashers: dict[str, StreamHasher] = {}
        self.schemas: dict[str, pa.Schema] = {}

    def write(self, stream: str, batch: pa.RecordBatch) -> None:
        """Append rows to a stream."""
        self._out.write(stream, batch)
        if (batch.schema.metadata or {}).get(b"role") not in FIXED:
            return
        if stream not in self._hashers:
            self._hashers[stream] = StreamHasher(batch.schema)
            self.schemas[stream] = batch.schema
        self._hashers[stream].update(pa.Table.from_batches([batch]))

    @property
    def hashes(self) -> dict[str, str]:
        """Content hash of every stream of truth and events, without keys."""
        return {stream: hasher.hexdigest() for stream, hasher in self._hashers.items()}
