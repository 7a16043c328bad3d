"""Columns with unit and description, and the key columns every stream carries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
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
_ID_FIELD, _TIME_FIELD = EPISODE_ID.arrow, TIME_UTC.arrow


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
        fields.insert(schema.get_field_index(TICK.name) + 1, _TIME_FIELD)
    return pa.schema([_ID_FIELD, *fields], schema.metadata)


def tick_times(spec: EpisodeSpec, ticks: npt.NDArray[np.int64]) -> pa.Array:
    """Times of ticks of an episode, timestamp[us, UTC]; the same rounding as `TimeGrid.time_utc`."""
    start = np.datetime64(spec.grid.start_utc.replace(tzinfo=None), "us")
    times = start + np.rint(ticks * spec.grid.dt_s * 1e6).astype("timedelta64[us]")
    return pa.Array.from_buffers(TIME_UTC.type, len(times), [None, pa.py_buffer(times)])


class Keys:
    """Key columns of one episode; what many streams share is made once."""

    def __init__(self, spec: EpisodeSpec, episode_id: str) -> None:
        self._spec = spec
        self._episode_id = pa.scalar(episode_id, pa.string())
        self._ids = pa.repeat(self._episode_id, 0)
        self._ticks = np.empty(0, np.int64)
        self._times = tick_times(spec, self._ticks)

    def added(self, table: pa.Table) -> pa.Table:
        """The table with its key columns, in the order of its `keyed_schema`."""
        if len(self._ids) < table.num_rows:
            self._ids = pa.repeat(self._episode_id, table.num_rows)
        keyed = table.add_column(0, _ID_FIELD, self._ids.slice(0, table.num_rows))
        tick = keyed.schema.get_field_index(TICK.name)
        if tick < 0:
            return keyed
        return keyed.add_column(tick + 1, _TIME_FIELD, self._times_of(keyed.column(tick).to_numpy()))

    def _times_of(self, ticks: npt.NDArray[np.int64]) -> pa.Array:
        if not np.array_equal(ticks, self._ticks):
            self._ticks, self._times = ticks.copy(), tick_times(self._spec, ticks)
        return self._times


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
