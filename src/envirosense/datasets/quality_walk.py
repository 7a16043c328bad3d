"""One pass over a dataset that feeds every quality rule and check."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

import numpy as np
import pyarrow as pa

from envirosense.core.errors import DatasetError
from envirosense.core.protocols import EpisodeReader
from envirosense.datasets.check_list import CHECKS
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.drift_checks import ShardMeans
from envirosense.datasets.duplicate_checks import Signatures
from envirosense.datasets.episode import Episode
from envirosense.datasets.episode_checks import EpisodeCheck
from envirosense.datasets.episode_tables import EpisodeTables
from envirosense.datasets.follow_checks import check_across
from envirosense.datasets.frames import frame_planes
from envirosense.datasets.hashing import StreamHasher
from envirosense.datasets.label_checks import check_event_links, check_labels
from envirosense.datasets.leakage_checks import leaks
from envirosense.datasets.near_duplicates import NearDuplicates
from envirosense.datasets.provenance_checks import Worlds, overlaps
from envirosense.datasets.rule_checks import check_frames, check_rule
from envirosense.datasets.rules import ACROSS, FRAME_VALUES, Rule
from envirosense.datasets.schema import describe_columns
from envirosense.datasets.structure_checks import (
    check_finite,
    check_gaps,
    check_keys,
    check_ticks,
    check_units,
    is_number,
    leaked_columns,
    role_of,
)
from envirosense.datasets.stuck_checks import StuckRuns
from envirosense.datasets.swap_checks import ChannelSpans
from envirosense.datasets.tally import Failure, Tally

type Relabel = Callable[[EpisodeReader], pa.Table]


class _Walk:
    """State of one pass."""

    def __init__(
        self,
        dataset: Dataset,
        rules: tuple[Rule, ...],
        relabel: Relabel | None,
        checks: tuple[EpisodeCheck, ...],
    ) -> None:
        self.dataset, self.relabel, self.checks = dataset, relabel, checks
        self.tallies = {name: Tally(name, severity, note) for name, severity, note in CHECKS}
        self.schemas = dict(self._read_schemas())
        self.rules: defaultdict[str, list[Rule]] = defaultdict(list)
        for rule in rules:
            self.rules[rule.stream].append(rule)
            self.tallies[rule.name] = Tally(rule.name, rule.severity, rule.note)
        self.tallies |= {check.name: check.tally() for check in checks}
        self.contents: dict[bytes, str] = {}  # digest of all that an episode reads, and whose it was first
        self.extremes: dict[tuple[str, str], tuple[float, float]] = {}
        readings = {name: schema for name, schema in self.schemas.items() if role_of(schema) == "reading"}
        self.stuck, self.spans = StuckRuns(), ChannelSpans()
        self.signatures = Signatures(has_worlds=dataset.manifest.origin == "simulated")
        columns = [
            (name, field.name) for name, schema in readings.items() for field in schema if is_number(field)
        ]
        self.means, self.near = ShardMeans(columns), NearDuplicates(columns)
        self.worlds = Worlds(dataset.manifest.origin == "simulated")

    def _read_schemas(self) -> Iterator[tuple[str, pa.Schema]]:
        """Schema of every stream, from its first file that can be read; the others are counted."""
        found: dict[str, pa.Schema] = {}
        for place, file in self.dataset.manifest.files.items():
            stream = place.partition("/")[0]
            try:
                with self.dataset.files.open(place) as opened:
                    n_rows = opened.metadata.num_rows
                    found.setdefault(stream, opened.schema_arrow)
            except DatasetError as error:
                failures = [Failure(str(error), "unreadable", "", stream)]
            else:
                short = Failure(f"{place}: {n_rows} rows instead of {file.rows}", "rows", "", stream)
                failures = [short] if n_rows != file.rows else []
            self.tallies["files"].count(1, failures)
        return ((stream, found[stream]) for stream in self.dataset.streams if stream in found)

    def episode(self, episode: Episode) -> None:
        """Feed one episode; one with a stream that cannot be read is counted and left out."""
        try:
            self._episode(episode)
        except DatasetError as error:
            one = episode.episode_id
            self.tallies["files"].count(0, [Failure(f"{one}: {error}", "episode_unreadable", one)])

    def _episode(self, episode: Episode) -> None:
        tables = self._tables(episode)
        for stream, table in tables.tables.items():
            self._structure(tables, stream, table)
            self._rules(tables, stream, table)
        for stream in episode.streams:
            if frame_planes(self.schemas[stream]):
                self._frames(episode, stream)
        self._identity(episode, tables)
        self._labels(episode, tables)
        for check in self.checks:
            check.count(self.tallies[check.name], episode)

    def _tables(self, episode: Episode) -> EpisodeTables:
        missing = [stream for stream in episode.streams if stream not in self.schemas]
        if missing:
            raise DatasetError(f"stream {missing[0]} cannot be read")
        tables = {}
        for stream in episode.streams:
            planes = frame_planes(self.schemas[stream])
            tables[stream] = _rows(self.dataset, episode, stream, self.schemas[stream], planes)
        return EpisodeTables(episode, tables)

    def _structure(self, tables: EpisodeTables, stream: str, table: pa.Table) -> None:
        role, key = role_of(self.schemas[stream]), (tables.episode_id, stream, table)
        self.tallies["keys"].add(check_keys(table), *key)
        self.tallies["ticks"].add(check_ticks(table, tables.spec), *key)
        self.tallies["finite"].add(check_finite(table), *key)
        if role == "reading":
            self.tallies["gaps"].add(check_gaps(table, tables.spec), *key)
            self.tallies["label_leak"].add(leaks(tables, stream), *key)
            self._note_extremes(tables, stream)
            self.stuck.update(tables, stream)
            self.spans.update(tables, stream)

    def _rules(self, tables: EpisodeTables, stream: str, table: pa.Table) -> None:
        for rule in self.rules[stream]:
            if rule.columns != (FRAME_VALUES,):
                found = check_across(rule, tables) if rule.kind in ACROSS else check_rule(rule, table)
                self.tallies[rule.name].add(found, tables.episode_id, stream, table)

    def _note_extremes(self, tables: EpisodeTables, stream: str) -> None:
        for column in tables.numbers(stream):
            values = tables.floats(stream, column)
            known = values[np.isfinite(values)]
            low, high = self.extremes.get((stream, column), (np.inf, -np.inf))
            if known.size:
                low, high = min(low, float(known.min())), max(high, float(known.max()))
            self.extremes[stream, column] = (low, high)

    def _frames(self, episode: Episode, stream: str) -> None:
        rules = [rule for rule in self.rules[stream] if rule.columns == (FRAME_VALUES,)]
        for piece in row_groups(self.dataset, episode, stream) if rules else ():
            for rule in rules:
                self.tallies[rule.name].add(check_frames(rule, piece), episode.episode_id, stream, piece)

    def _identity(self, episode: Episode, tables: EpisodeTables) -> None:
        """Empty and duplicate episodes, and what tells copies and drift."""
        readings, one = tables.streams("reading"), episode.episode_id
        contents = [_content(tables.tables[name]) for name in readings]
        if not readings:
            frames = [name for name in episode.streams if frame_planes(self.schemas[name])]
            contents = [_frame_content(self.dataset, episode, name) for name in frames]
        is_silent = readings and not any(_has_values(tables, name) for name in readings)
        reason = "no_rows" if not any(contents) else "no_values" if is_silent else ""
        self.tallies["empty_episode"].count(1, [Failure(one, reason, one)] if reason else ())
        if reason:
            return
        other = self.contents.setdefault(sha256("".join(contents).encode()).digest(), one)
        copies = [Failure(f"{one} = {other}", "equal", one)] if other != one else []
        self.tallies["duplicate_episode"].count(1, copies)
        self.worlds.update(episode)
        if not copies:
            self.signatures.update(tables, readings)
            self.near.update(tables)
        for stream in readings:
            self.means.update(tables, stream, _shard(episode, stream))

    def _labels(self, episode: Episode, tables: EpisodeTables) -> None:
        if "labels" not in tables.tables:
            return
        labels, key = tables.tables["labels"], (episode.episode_id, "labels")
        if "events" in tables.tables:
            links = check_event_links(labels, tables.tables["events"], episode.spec.grid.dt_s)
            self.tallies["label_events"].add(links, *key, labels)
        if self.relabel is not None:
            self._relabel(episode, labels, self.relabel)

    def _relabel(self, episode: Episode, labels: pa.Table, relabel: Relabel) -> None:
        tally, one = self.tallies["label_truth"], episode.episode_id
        try:
            recomputed = relabel(episode)
        except Exception as error:  # a damaged truth is a finding, whatever it makes the twin raise
            reason = f"relabel_raised_{type(error).__name__}"
            tally.count(labels.num_rows, [Failure(f"{one} {error}", reason, one, "labels")])
            return
        tally.add(check_labels(labels, recomputed), one, "labels", labels)

    def whole(self) -> None:
        """Checks of the dataset as one."""
        for stream, schema in self.schemas.items():
            found = [
                Failure(f"{stream}.{name}", reason, "", stream, name) for name, reason in check_units(schema)
            ]
            if describe_columns(schema) != list(self.dataset.manifest.streams[stream].columns):
                found.append(Failure(stream, "not_as_in_manifest", "", stream))
            self.tallies["schema"].count(len(schema), found)
        leaked = [
            Failure(f"{stream}.{name}", "answer_column", "", stream, name)
            for stream, name in leaked_columns(self.schemas)
        ]
        n_columns = sum(len(s) for s in self.schemas.values() if role_of(s) in ("reading", "frames"))
        self.tallies["label_columns"].count(n_columns, leaked)
        for n_owners, found in overlaps(self.dataset.short, self.signatures.has_worlds):
            self.tallies["split_overlap"].count(n_owners, found)
        constant = [
            Failure(f"{stream}.{name}", "never_known" if low > high else "constant", "", stream, name)
            for (stream, name), (low, high) in self.extremes.items()
            if low >= high
        ]
        self.tallies["constant_column"].count(len(self.extremes), constant)
        self.tallies["stuck_channel"].count(self.stuck.n_checked, self.stuck.failures())
        self.tallies["swapped_columns"].count(self.spans.n_checked, self.spans.failures())
        self.tallies["duplicate_block"].count(self.signatures.n_checked, self.signatures.failures())
        self.tallies["near_duplicate"].count(
            len(self.worlds), [*self.worlds.failures(), *self.near.failures()]
        )
        self.tallies["shard_drift"].count(self.means.n_checked, self.means.failures())


def _content(table: pa.Table) -> str:
    """Content hash of a table but for whose and when it is; "" without rows."""
    kept = table.drop_columns([name for name in ("episode_id", "time_utc") if name in table.column_names])
    hasher = StreamHasher(kept.schema)
    hasher.update(kept)
    return hasher.hexdigest() if kept.num_rows else ""


def _frame_content(dataset: Dataset, episode: Episode, stream: str) -> str:
    """Content hash of a stream of frames, read a row group at a time; "" without rows."""
    hasher, n_rows = None, 0
    for piece in row_groups(dataset, episode, stream):
        kept = piece.drop_columns([n for n in ("episode_id", "time_utc") if n in piece.column_names])
        hasher = hasher or StreamHasher(kept.schema)
        hasher.update(kept)
        n_rows += kept.num_rows
    return hasher.hexdigest() if hasher and n_rows else ""


def _has_values(tables: EpisodeTables, stream: str) -> bool:
    return any(np.isfinite(tables.floats(stream, name)).any() for name in tables.numbers(stream))


def _shard(episode: Episode, stream: str) -> str:
    place: str = episode.locations[stream]["file"]
    return place.rpartition("/")[2].removesuffix(".parquet")


def _rows(
    dataset: Dataset, episode: Episode, stream: str, schema: pa.Schema, left_out: Sequence[str]
) -> pa.Table:
    """Rows of one stream of an episode without the columns left out."""
    place, columns = episode.locations[stream], [name for name in schema.names if name not in left_out]
    if not place["row_groups"]:
        return schema.empty_table().select(columns)
    groups = range(place["first_row_group"], place["first_row_group"] + place["row_groups"])
    return dataset.files.read(place["file"], groups, columns).select(columns)


def row_groups(dataset: Dataset, episode: Episode, stream: str) -> Iterator[pa.Table]:
    """Rows of one stream of an episode, one row group at a time."""
    place = episode.locations[stream]
    first = place["first_row_group"]
    for group in range(first, first + place["row_groups"]):
        yield dataset.files.read(place["file"], range(group, group + 1), None)


def walk(
    dataset: Dataset,
    rules: tuple[Rule, ...],
    relabel: Relabel | None,
    checks: tuple[EpisodeCheck, ...] = (),
    on_episode: Callable[[int, int], None] | None = None,
) -> list[Tally]:
    """Tallies of every check and rule after one pass over the dataset."""
    state = _Walk(dataset, rules, relabel, checks)
    total = len(dataset)
    for done, episode in enumerate(dataset, 1):
        state.episode(episode)
        if on_episode is not None:
            on_episode(done, total)
    state.whole()
    return list(state.tallies.values())
