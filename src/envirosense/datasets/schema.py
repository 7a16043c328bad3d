"""Columns with unit and description, and the key columns every stream carries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError, EpisodeError


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a stream; unit "1" is dimensionless, "" has no unit (text, flags)."""

    name: str
    type: pa.DataType
    unit: str
    description: str
    nullable: bool = True
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def arrow(self) -> pa.Field:
        """Arrow field; unit, description and the extra metadata are its metadata."""
        facts = {"unit": self.unit, "description": self.description, **self.metadata}
        return pa.field(self.name, self.type, self.nullable, facts)


EPISODE_ID = Column(
    "episode_id", pa.string(), "", "first 16 hexadecimal digits of the spec fingerprint", False
)
TICK = Column("tick", pa.int64(), "1", "index on the time grid of the episode", False)
TIME_UTC = Column("time_utc", pa.timestamp("us", "UTC"), "", "time of the tick", False)


def stream_schema(columns: Iterable[Column], metadata: Mapping[str, str] | None = None) -> pa.Schema:
    """Schema of a stream as a twin writes it.

    Raises:
        ConfigError: for a name given twice or a column without description.
    """
    seen: set[str] = set()
    fields = []
    for column in columns:
        if column.name in seen:
            raise ConfigError(
                "column", column.name, "given twice; every column of a stream needs its own name"
            )
        if not column.description:
            raise ConfigError("column", column.name, "has no description; say in a few words what it holds")
        seen.add(column.name)
        fields.append(column.arrow)
    return pa.schema(fields, metadata)


def keyed_schema(schema: pa.Schema) -> pa.Schema:
    """Schema as stored: `episode_id` first, and `time_utc` after `tick` where there is one.

    Raises:
        EpisodeError: if the twin wrote a column that the store adds.
    """
    taken = {EPISODE_ID.name, TIME_UTC.name} & set(schema.names)
    if taken:
        raise EpisodeError(f"column {min(taken)!r} is added by the store; the twin must not write it")
    fields = list(schema)
    if TICK.name in schema.names:
        fields.insert(schema.get_field_index(TICK.name) + 1, TIME_UTC.arrow)
    return pa.schema([EPISODE_ID.arrow, *fields], schema.metadata)


def tick_times(spec: EpisodeSpec, ticks: pa.ChunkedArray) -> pa.Array:
    """Times of ticks of an episode, timestamp[us, UTC]; the same rounding as `TimeGrid.time_utc`."""
    start = np.datetime64(spec.grid.start_utc.replace(tzinfo=None), "us")
    offset_s = ticks.to_numpy() * spec.grid.dt_s
    return pa.array(start + np.rint(offset_s * 1e6).astype("timedelta64[us]"), TIME_UTC.type)


def with_keys(
    table: pa.Table, spec: EpisodeSpec, episode_id: str, stored: pa.Schema | None = None
) -> pa.Table:
    """The table with its key columns; `stored` is its `keyed_schema` where that is known."""
    schema = keyed_schema(table.schema) if stored is None else stored
    columns: dict[str, Any] = dict(zip(table.column_names, table.columns, strict=True))
    columns[EPISODE_ID.name] = pa.repeat(pa.scalar(episode_id, pa.string()), table.num_rows)
    if TICK.name in columns:
        columns[TIME_UTC.name] = tick_times(spec, columns[TICK.name])
    return pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)


def describe_columns(schema: pa.Schema) -> list[dict[str, Any]]:
    """Name, type, unit, description and further metadata of every column, as plain data."""
    described = []
    for column in schema:
        facts = {key.decode(): value.decode() for key, value in (column.metadata or {}).items()}
        facts.pop("PARQUET:field_id", None)
        described.append(
            {"name": column.name, "type": str(column.type), "nullable": column.nullable, **facts}
        )
    return described
