"""Recorded logs to a dataset of origin `real`: planned, written and hashed like a simulated one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Final, Self

import pyarrow as pa
from pydantic import JsonValue

from envirosense.core.episode import EpisodeSpec, EpisodeSummary, JsonObject
from envirosense.core.errors import ConfigError
from envirosense.core.fingerprint import fingerprint
from envirosense.core.protocols import Sink
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.files import file_sha256
from envirosense.datasets.finish import finish
from envirosense.datasets.output import prepare_output
from envirosense.datasets.plan import Plan
from envirosense.datasets.recorded.annotations import (
    Event,
    annotation_batches,
    events_of_cuts,
    read_events,
)
from envirosense.datasets.recorded.channels import Channels, resolve
from envirosense.datasets.recorded.cutting import CutPlace, cut_log, cut_of
from envirosense.datasets.recorded.import_map import ImportMap
from envirosense.datasets.recorded.log_file import log_batches
from envirosense.datasets.recorded.ordering import in_order
from envirosense.datasets.recorded.spool import Spool
from envirosense.datasets.shard import write_shard

_BYTES: Final = 8  # of one value, before it is packed


def import_logs(
    wanted: ImportMap | Path | str,
    logs: Sequence[Path | str],
    out: Path | str,
    known: Mapping[str, pa.Schema] | None = None,
) -> Dataset:
    """Dataset of recorded logs, in the folder `out`; the same call goes on after a kill.

    Each log is cut into episodes by itself, as it is read; the rows wait in a file without a name beside
    `out`, so that of each group one episode is in memory, however long the logs are. Readings keep the
    unit of the channel; what was not measured is null. Without an events table every window counts as
    normal.

    Args:
        wanted: the map, or its file.
        logs: CSV or Parquet (`.parquet`) files.
        out: folder of the dataset, new or empty.
        known: streams of the twin, to check channels and units where the map names no dataset to be like.

    Raises:
        ConfigError: for a fault of the map.
        DatasetError: for the first fault of a log, with its file, line and column.
    """
    chosen = wanted if isinstance(wanted, ImportMap) else ImportMap.load(wanted)
    with Spool.beside(Path(out)) as spool:
        recorded = Recorded.read(chosen, [Path(log) for log in logs], known or {}, spool)
        with prepare_output(recorded.plan, out) as output:
            for shard in output.pending:
                write_shard(output.folder, shard, recorded.simulate)
            finish(output)
    return Dataset.open(output.folder)


@dataclass(frozen=True)
class Recorded:
    """Episodes of some logs, ready to be written; their rows lie in the spool."""

    wanted: ImportMap
    logs: tuple[Path, ...]
    channels: Channels
    cuts: tuple[CutPlace, ...]
    events: tuple[tuple[Event, ...], ...]  # of each cut
    spool: Spool

    @classmethod
    def read(
        cls, wanted: ImportMap, logs: Sequence[Path], known: Mapping[str, pa.Schema], spool: Spool
    ) -> Self:
        """Every log, read and cut."""
        if not logs:
            raise ConfigError("logs", [], "name at least one file")
        for name, times in Counter(log.name for log in logs).items():
            if times > 1:
                raise ConfigError("logs", name, "two logs have this name; rename one")
        channels = resolve(wanted, known)
        cuts = [cut for log in logs for cut in _cuts_of(log, wanted, channels, spool)]
        found: list[list[Event]] = [[] for _ in cuts]
        if wanted.events is not None:
            found = events_of_cuts(read_events(wanted), cuts, wanted)
        return cls(wanted, tuple(logs), channels, tuple(cuts), tuple(map(tuple, found)), spool)

    def _spec(self, cut: CutPlace, events: Sequence[Event]) -> EpisodeSpec:
        """Spec of an episode; its id is that of what it holds."""
        first, last = cut.lines
        told = [
            [event.kind, event.onset_us, event.clearance_us, event.ignition_us, event.severity]
            for event in events
        ]
        params: JsonObject = {
            "log": cut.place.path.name,
            "first_line": first,
            "last_line": last,
            "content": cut.digest,
            "events": fingerprint(told)[:16],
        }
        return EpisodeSpec(
            twin=self.wanted.twin,
            scenario=self.wanted.scenario,
            params=params,
            site={},
            weather={},
            sensing={
                "within_tick": self.wanted.within_tick,
                "channels": {name: one.model_dump(mode="json") for name, one in self.wanted.columns.items()},
                "streams": self._streams,
            },
            grid=cut.grid,
            world_seed=0,
            sensing_seed=0,
            group=cut.group,
        )

    @cached_property
    def _streams(self) -> str:
        """Fingerprint of the columns that are written."""
        written: dict[str, JsonValue] = {
            name: [str(field.type) + str(field.metadata) for field in schema]
            for name, schema in self.channels.schemas.items()
        }
        return fingerprint(written)[:16]

    @cached_property
    def plan(self) -> Plan:
        """Plan of all episodes."""
        wanted = self.wanted
        n_columns = sum(len(schema) for schema in self.channels.schemas.values())
        n_rows = sum(cut.n_ticks for cut in self.cuts) // len(self.cuts)
        plain = wanted.model_dump(mode="json", exclude={"like", "events"}, exclude_defaults=True)
        if wanted.events is not None:
            events = wanted.events.model_dump(mode="json", exclude_defaults=True)
            plain["events"] = {**events, "file": Path(wanted.events.file).name}
        sources = [*self.logs, *([Path(wanted.events.file)] if wanted.events is not None else [])]
        imported: list[JsonValue] = [
            {"file": source.name, "sha256": file_sha256(source), "bytes": source.stat().st_size}
            for source in sources
        ]
        return Plan.build(
            name=wanted.name,
            twin=wanted.twin,
            seed=0,
            episodes=(
                (self._spec(cut, events), wanted.split_of(cut.group))
                for cut, events in zip(self.cuts, self.events, strict=True)
            ),
            settings={"origin": "real", "imported": imported, "map": plain},
            code_version=version("envirosense"),
            bytes_per_episode=n_rows * n_columns * _BYTES,
        )

    @cached_property
    def _places(self) -> dict[str, int]:
        episodes = self.plan.episodes
        pairs = zip(episodes.fingerprints, episodes.indices.tolist(), strict=True)
        return {found[:16]: place for found, place in pairs}

    def simulate(self, spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        """Write the recorded rows of a spec."""
        number = self._places[spec.episode_id]
        kept = self.cuts[number]
        cut = cut_of(self.spool.read(kept.place), self.wanted, kept.group)
        for stream in self.channels.schemas:
            out.write(stream, self.channels.batch(stream, cut))
        if self.wanted.events is not None:
            category = spec.scenario.partition("/")[0]
            for stream, rows in annotation_batches(self.events[number], kept, category).items():
                out.write(stream, rows)
        return EpisodeSummary(episode_id=spec.episode_id, facts={"rows": len(cut.rows)})


def _cuts_of(log: Path, wanted: ImportMap, channels: Channels, spool: Spool) -> Iterator[CutPlace]:
    """Episodes of one log, group by group, their rows put aside."""
    found: dict[str, list[CutPlace]] = {}
    batches = log_batches(
        log, wanted.time, wanted.log_columns, wanted.text_columns, wanted.missing, wanted.delimiter
    )
    for cut in cut_log(in_order(batches, spool.folder) if wanted.time.sort else batches, wanted):
        channels.check(cut)
        found.setdefault(cut.group, []).append(CutPlace.of(cut, spool.add(cut.rows)))
    # A group whose first episode is over late stands where its first row does.
    return chain.from_iterable(sorted(found.values(), key=_first_line))


def _first_line(cuts: Iterable[CutPlace]) -> int:
    return min(cut.lines[0] for cut in cuts)
