"""What a twin brings to the collector: its collection points, and the exports that they feed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import pyarrow as pa

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.registry import Registry
from envirosense.factory.collection.records import Collected
from envirosense.factory.collection.rules import FilterRule, values_at

type Row = dict[str, Any]
type FileFormat = Literal["json", "parquet", "csv", "sqlite"]

_FORMATS: Final[Mapping[str, FileFormat]] = {
    ".json": "json",
    ".parquet": "parquet",
    ".csv": "csv",
    ".sqlite": "sqlite",
}


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file of an export; the ending of its name is its format.

    Attributes:
        name: Such as `synergies.json`; the rows stand under `synergies` there.
        rows: Makes its rows of the accepted records.
        schema: Columns in order, for Parquet, CSV and SQLite; a JSON file has what the rows have.
        table: Of a database.
        targets: Columns that a model learns to say: an empty one is a defect of the export.
    """

    name: str
    rows: Callable[[Sequence[Collected]], list[Row]]
    schema: pa.Schema | None = None
    table: str = ""
    targets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a file that cannot be written."""
        ending = "." + self.name.rpartition(".")[2]
        if ending not in _FORMATS:
            raise UnknownNameError("format", ending, _FORMATS)
        if ending != ".json" and self.schema is None:
            raise ConfigError("schema", None, f"{self.name} needs its columns")
        if ending == ".sqlite" and not self.table:
            raise ConfigError("table", self.table, f"{self.name} needs the name of its table")

    @property
    def format(self) -> FileFormat:
        """How it is written."""
        return _FORMATS["." + self.name.rpartition(".")[2]]

    @property
    def stem(self) -> str:
        """Its name without the ending."""
        return self.name.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Exporter:
    """A folder of files, fed by one or more points.

    Attributes:
        folder: Below `cycle_N`, such as `gnn_synergy`.
        counts: Makes figures of the records for the metadata, such as positives and negatives.
    """

    folder: str
    files: tuple[ExportFile, ...]
    counts: Callable[[Sequence[Collected]], Mapping[str, int]] | None = None


@dataclass(frozen=True, slots=True)
class CollectionPoint:
    """A place where consumers hand in what they found.

    Attributes:
        name: Without the twin, such as `synergy_detection`.
        record: Typed model of a record.
        rules: Filters; all are asked, and all that fail are told.
        event: Path in a record of the event that it is about, for lineage; empty where there is none.
        opinions: Paths of what a model said of it: a record that differs in nothing else is the same one.
        note: What feeds it, in words.
    """

    name: str
    record: type[FrozenModel]
    rules: tuple[FilterRule, ...]
    exporter: Exporter
    event: str = ""
    opinions: tuple[str, ...] = ()
    note: str = ""
    schema_version: int = field(default=1)

    def event_of(self, record: Mapping[str, Any]) -> str | None:
        """Event that a record is about, None where it is about none."""
        found = next(values_at(record, self.event), None) if self.event else None
        return None if found is None else str(found)


COLLECTION_POINTS: Final[Registry[CollectionPoint]] = Registry(
    "collection point", "envirosense.collection_points"
)


def points_of(twin: str) -> dict[str, CollectionPoint]:
    """Points of a twin by name.

    Raises:
        UnknownNameError: if no point is registered for it.
    """
    names = [name for name in COLLECTION_POINTS if name.partition("/")[0] == twin]
    if not names:
        raise UnknownNameError("twin", twin, {name.partition("/")[0] for name in COLLECTION_POINTS})
    return {name.partition("/")[2]: COLLECTION_POINTS[name] for name in names}
