"""One pass over a dataset that feeds every quality rule and check."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from envirosense.core.protocols import EpisodeReader
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode
from envirosense.datasets.frames import frame_planes
from envirosense.datasets.hashing import StreamHasher
from envirosense.datasets.label_checks import check_event_links, check_labels
from envirosense.datasets.rule_checks import Outcome, check_frames, check_rule, column_floats
from envirosense.datasets.rules import FRAME_VALUES, Rule, Severity
from envirosense.datasets.schema import describe_columns
from envirosense.datasets.structure_checks import (
    check_finite,
    check_gaps,
    check_keys,
    check_stuck,
    check_ticks,
    check_units,
    is_number,
    leaked_columns,
    role_of,
)

_EXAMPLES: Final = 5


@dataclass(slots=True)
class Tally:
    """Running outcome of one rule or check."""

    name: str
    severity: Severity
    note: str
    n_checked: int = 0
    n_failed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    episodes: set[str] = field(default_factory=set)

    def add(self, outcomes: Iterable[Outcome], episode_id: str, stream: str, table: pa.Table) -> None:
        """Count outcomes over rows of an episode's stream."""
        for outcome in outcomes:
            self.n_checked += outcome.n_checked
            if len(outcome.failed):
                self._fail(outcome, episode_id, stream, table)

    def _fail(self, outcome: Outcome, episode_id: str, stream: str, table: pa.Table) -> None:
        self.n_failed += len(outcome.failed)
        self.reasons[outcome.reason] += len(outcome.failed)
        self.episodes.add(episode_id)
        for row in outcome.failed[: _EXAMPLES - len(self.examples)]:
            self.examples.append(
                f"{episode_id} {stream} {_row_name(table, int(row))} {outcome.detail}".rstrip()
            )

    def count(self, n_checked: int, failures: Iterable[tuple[str, str, str]] = ()) -> None:
        """Count a check that is not about rows; failures are (example, reason, episode id or "")."""
        self.n_checked += n_checked
        for example, reason, episode_id in failures:
            self.n_failed += 1
            self.reasons[reason] += 1
            if len(self.examples) < _EXAMPLES:
                self.examples.append(example)
            if episode_id:
                self.episodes.add(episode_id)


def _row_name(table: pa.Table, row: int) -> str:
    keys = [name for name in ("tick", "event_id", "sensor_id") if name in table.column_names]
    named = " ".join(f"{name} {table[name][row].as_py()}" for name in keys) if row < table.num_rows else ""
    return named or f"row {row}"


_CHECKS: Final[tuple[tuple[str, Severity, str], ...]] = (
    (
        "schema",
        "error",
        "columns are those of the manifest, with unit and description; units match the names",
    ),
    ("keys", "error", "no null in a key column, no key twice"),
    ("ticks", "error", "ticks inside the episode and rising, times on the grid"),
    ("gaps", "error", "one row a tick in streams of readings"),
    ("finite", "error", "no NaN or infinity; unknown is null"),
    ("empty_episode", "error", "every usable episode has readings"),
    ("duplicate_episode", "error", "no two episodes with equal readings"),
    ("split_overlap", "error", "no group in two splits"),
    ("label_columns", "error", "no label or truth column among readings"),
    ("label_events", "error", "every label belongs to an event and lies between its onset and clearance"),
    ("label_truth", "error", "labels equal those computed again from the stored truth"),
    ("stuck_channel", "warning", "no channel repeats one value for long after having varied"),
    ("constant_column", "warning", "every channel of readings varies over the dataset"),
)


class _Walk:
    """State of one pass."""

    def __init__(self, dataset: Dataset, rules: tuple[Rule, ...]) -> None:
        self.dataset = dataset
        self.schemas = {stream: dataset.schema(stream) for stream in dataset.streams}
        self.tallies = {name: Tally(name, severity, note) for name, severity, note in _CHECKS}
        self.rules: defaultdict[str, list[Rule]] = defaultdict(list)
        for rule in rules:
            self.rules[rule.stream].append(rule)
            self.tallies[rule.name] = Tally(rule.name, rule.severity, rule.note)
        self.contents: dict[str, str] = {}
        self.extremes: dict[tuple[str, str], tuple[float, float]] = {}

    def episode(self, episode: Episode, relabel: Callable[[EpisodeReader], pa.Table] | None) -> None:
        """Feed one episode."""
        for stream in episode.streams:
            planes = frame_planes(self.schemas[stream])
            table = episode.table(stream, [name for name in self.schemas[stream].names if name not in planes])
            self._structure(episode, stream, table)
            for rule in self.rules[stream]:
                if rule.columns != (FRAME_VALUES,):
                    self.tallies[rule.name].add(check_rule(rule, table), episode.episode_id, stream, table)
            if planes:
                self._frames(episode, stream)
        self._identity(episode)
        self._labels(episode, relabel)

    def _structure(self, episode: Episode, stream: str, table: pa.Table) -> None:
        role, key = role_of(self.schemas[stream]), (episode.episode_id, stream, table)
        self.tallies["keys"].add(check_keys(table), *key)
        self.tallies["ticks"].add(check_ticks(table, episode.spec), *key)
        self.tallies["finite"].add(check_finite(table), *key)
        if role == "reading":
            self.tallies["gaps"].add(check_gaps(table, episode.spec), *key)
            self.tallies["stuck_channel"].add(check_stuck(table), *key)
            self._note_extremes(stream, table)

    def _note_extremes(self, stream: str, table: pa.Table) -> None:
        for column in filter(is_number, table.schema):
            values = column_floats(table[column.name])[0]
            known = values[np.isfinite(values)]
            low, high = self.extremes.get((stream, column.name), (np.inf, -np.inf))
            if known.size:
                low, high = min(low, float(known.min())), max(high, float(known.max()))
            self.extremes[stream, column.name] = (low, high)

    def _frames(self, episode: Episode, stream: str) -> None:
        rules = [rule for rule in self.rules[stream] if rule.columns == (FRAME_VALUES,)]
        for piece in row_groups(self.dataset, episode, stream) if rules else ():
            for rule in rules:
                self.tallies[rule.name].add(check_frames(rule, piece), episode.episode_id, stream, piece)

    def _identity(self, episode: Episode) -> None:
        """Empty and duplicate episodes."""
        readings = [name for name in episode.streams if role_of(self.schemas[name]) == "reading"]
        readings = readings or [name for name in episode.streams if role_of(self.schemas[name]) == "frames"]
        one = episode.episode_id
        contents = [_content(episode, name) for name in readings]
        is_empty = not any(contents)
        self.tallies["empty_episode"].count(1, [(one, "no_rows", one)] if is_empty else ())
        if is_empty:
            return
        content = "".join(contents)
        other = self.contents.setdefault(content, one)
        self.tallies["duplicate_episode"].count(
            1, [(f"{one} = {other}", "equal", one)] if other != one else ()
        )

    def _labels(self, episode: Episode, relabel: Callable[[EpisodeReader], pa.Table] | None) -> None:
        if "labels" not in episode.streams:
            return
        labels, key = episode.table("labels"), (episode.episode_id, "labels")
        if "events" in episode.streams:
            links = check_event_links(labels, episode.table("events"), episode.spec.grid.dt_s)
            self.tallies["label_events"].add(links, *key, labels)
        if relabel is not None:
            self._relabel(episode, labels, relabel)

    def _relabel(
        self, episode: Episode, labels: pa.Table, relabel: Callable[[EpisodeReader], pa.Table]
    ) -> None:
        tally, one = self.tallies["label_truth"], episode.episode_id
        try:
            recomputed = relabel(episode)
        except Exception as error:  # a damaged truth is a finding, whatever it makes the twin raise
            tally.count(labels.num_rows, [(f"{one} {error}", f"relabel_raised_{type(error).__name__}", one)])
            return
        tally.add(check_labels(labels, recomputed), one, "labels", labels)

    def whole(self) -> None:
        """Checks of the dataset as one."""
        for stream, schema in self.schemas.items():
            found = [(f"{stream}.{name}", reason, "") for name, reason in check_units(schema)]
            if describe_columns(schema) != list(self.dataset.manifest.streams[stream].columns):
                found.append((stream, "not_as_in_manifest", ""))
            self.tallies["schema"].count(len(schema), found)
        leaked = [(f"{stream}.{name}", "answer_column", "") for stream, name in leaked_columns(self.schemas)]
        n_columns = sum(len(s) for s in self.schemas.values() if role_of(s) in ("reading", "frames"))
        self.tallies["label_columns"].count(n_columns, leaked)
        groups = _splits_of_groups(self.dataset)
        overlap = [(f"{g} in {', '.join(sorted(s))}", "overlap", "") for g, s in groups.items() if len(s) > 1]
        self.tallies["split_overlap"].count(len(groups), overlap)
        constant = [
            (f"{stream}.{name}", "never_known" if low > high else "constant", "")
            for (stream, name), (low, high) in self.extremes.items()
            if low >= high
        ]
        self.tallies["constant_column"].count(len(self.extremes), constant)


def _content(episode: Episode, stream: str) -> str:
    """Content hash of a stream but for whose and when it is, read a row group at a time; "" without rows."""
    columns = [c for c in episode.schema(stream) if c.name not in ("episode_id", "time_utc")]
    hasher, n_rows = StreamHasher(pa.schema(columns)), 0
    for batch in episode.batches(stream, [column.name for column in columns]):
        hasher.update(pa.Table.from_batches([batch]))
        n_rows += batch.num_rows
    return hasher.hexdigest() if n_rows else ""


def _splits_of_groups(dataset: Dataset) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    rows = dataset.episodes.select(["group", "split"]).to_pylist()
    for row in rows:
        found[row["group"]].add(row["split"])
    return found


def row_groups(dataset: Dataset, episode: Episode, stream: str) -> Iterator[pa.Table]:
    """Rows of one stream of an episode, one row group at a time."""
    place = episode.locations[stream]
    first = place["first_row_group"]
    for group in range(first, first + place["row_groups"]):
        yield dataset.files.read(place["file"], range(group, group + 1), None)


def walk(
    dataset: Dataset, rules: tuple[Rule, ...], relabel: Callable[[EpisodeReader], pa.Table] | None
) -> list[Tally]:
    """Tallies of every check and rule after one pass over the dataset."""
    state = _Walk(dataset, rules)
    for episode in dataset:
        state.episode(episode, relabel)
    state.whole()
    return list(state.tallies.values())
