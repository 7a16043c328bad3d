"""Forms of a dataset in memory: one object a stream, such as a list of dictionaries."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import pyarrow as pa

from envirosense.core.episode import JsonObject
from envirosense.datasets.dataset import DatasetView
from envirosense.datasets.episode import Episode
from envirosense.datasets.formats.base import (
    Format,
    Tally,
    Told,
    all_episodes,
    chosen_schemas,
    plain_batches,
    silent,
)
from envirosense.datasets.formats.columns import canonical_batch, canonical_schema, restored
from envirosense.datasets.formats.documents import EpisodeEntry, ExportFacts
from envirosense.datasets.formats.export import Export


@dataclass(frozen=True)
class Held[T]:
    """A dataset in memory; `held["readings"]` has the rows of all episodes, in dataset order."""

    facts: ExportFacts
    entries: tuple[EpisodeEntry, ...]
    streams: Mapping[str, T]

    def __getitem__(self, stream: str) -> T:
        return self.streams[stream]


class MemoryFormat[T](Format):
    """A form in memory."""

    in_memory: ClassVar[bool] = True

    @abstractmethod
    def from_table(self, table: pa.Table) -> T:
        """Rows in this form, from a table with canonical types."""

    @abstractmethod
    def to_table(self, rows: T, schema: pa.Schema) -> pa.Table:
        """The table again, its types canonical or variants of them."""

    def write(
        self, view: DatasetView, *, streams: Sequence[str] | None = None, on_episode: Told = silent
    ) -> Held[T]:
        """A dataset or a view of one, whole in memory; `episodes` gives one episode at a time.

        Raises:
            ConfigError: for an unknown stream, or nothing to take.
            MissingExtraError: if the library is not installed.
        """
        schemas, tally, entries = chosen_schemas(view, streams), Tally(), list[EpisodeEntry]()
        tables: dict[str, list[pa.Table]] = {name: [] for name in schemas}
        rows = dict.fromkeys(schemas, 0)
        for done, episode in enumerate(all_episodes(view), start=1):
            places: dict[str, JsonObject] = {}
            for name, table in _tables(episode, schemas):
                tables[name].append(table)
                places[name] = {"first_row": rows[name]}
                rows[name] += table.num_rows
            entries.append(EpisodeEntry.of(episode, places))
            tally.add(entries[-1])
            on_episode(done, len(view.table))
        held = {
            name: self.from_table(pa.concat_tables([canonical_schema(schemas[name]).empty_table(), *found]))
            for name, found in tables.items()
        }
        return Held(tally.facts(self.name, view, schemas), tuple(entries), held)

    def episodes(
        self, view: DatasetView, *, streams: Sequence[str] | None = None
    ) -> Iterator[tuple[Episode, dict[str, T]]]:
        """Usable episodes with their streams in this form, one at a time."""
        schemas = chosen_schemas(view, streams)
        for episode in view:
            yield episode, {name: self.from_table(table) for name, table in _tables(episode, schemas)}

    def read(self, held: Held[T]) -> Export:
        """The episodes again."""
        schemas = {name: columns.schema for name, columns in held.facts.streams.items()}

        @cache
        def whole(stream: str) -> pa.Table:
            return restored(self.to_table(held[stream], schemas[stream]).columns, schemas[stream])

        def load(entry: EpisodeEntry, stream: str) -> pa.Table:
            found = entry.streams[stream]
            return whole(stream).slice(int(str(found.place["first_row"])), found.rows)

        return Export(held.facts, held.entries, load)


def _tables(episode: Episode, schemas: Mapping[str, pa.Schema]) -> Iterator[tuple[str, pa.Table]]:
    for name in episode.streams:
        if name in schemas:
            plain = canonical_schema(schemas[name])
            batches = [canonical_batch(batch, plain) for batch in plain_batches(episode, name, schemas[name])]
            yield name, pa.Table.from_batches(batches, plain)


class DictsFormat(MemoryFormat[list[dict[str, Any]]]):
    """A list of dictionaries a stream, one a row."""

    name = "dicts"
    title = "plain Python, tests, templates"

    def from_table(self, table: pa.Table) -> list[dict[str, Any]]:
        """Rows as dictionaries."""
        rows: list[dict[str, Any]] = table.to_pylist()
        return rows

    def to_table(self, rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
        """The table again."""
        return pa.Table.from_pylist(rows, canonical_schema(schema))
