"""Streams that a map asks for: their columns, and which column of the log fills which."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.recorded.cutting import Cut
from envirosense.datasets.recorded.import_map import ColumnMap, ImportMap
from envirosense.datasets.recorded.log_file import LogError
from envirosense.datasets.recorded.log_table import Floats
from envirosense.datasets.recorded.units import conversion
from envirosense.datasets.rewriting import unkeyed_schema
from envirosense.datasets.schema import TICK, Column
from envirosense.datasets.structure_checks import FEATURE_ROLES, role_of, unit_of

READINGS: Final = "readings"
_LAST: Final = ("deg",)  # units whose mean over a tick means nothing


@dataclass(frozen=True, slots=True)
class Filled:
    """Where a channel's numbers come from, and how they become its unit."""

    log_column: str
    factor: float
    offset: float


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """Streams as they will be written; a column that nothing fills is unknown throughout."""

    schemas: Mapping[str, pa.Schema]
    filled: Mapping[tuple[str, str], Filled]  # by stream and column
    within_tick: str

    def batch(self, stream: str, cut: Cut) -> pa.RecordBatch:
        """Rows of one stream of an episode: one a tick; none where nothing of it was recorded."""
        schema = self.schemas[stream]
        if not any(owner == stream for owner, _ in self.filled):
            return pa.RecordBatch.from_pylist([], schema=schema)
        ticks = np.arange(cut.grid.n, dtype=np.int64)
        columns = [
            pa.array(ticks) if field.name == TICK.name else self._column(stream, field, cut)
            for field in schema
        ]
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    def check(self, cut: Cut) -> None:
        """Refuse values that a channel of whole numbers cannot hold, before anything is written.

        Raises:
            LogError: for the first such column of an episode.
        """
        for stream, name in self.filled:
            field = self.schemas[stream].field(name)
            if not pa.types.is_floating(field.type):
                self._column(stream, field, cut)

    def _column(self, stream: str, field: pa.Field, cut: Cut) -> pa.Array:
        source = self.filled.get((stream, field.name))
        if source is None:
            return pa.nulls(cut.grid.n, field.type)
        how = "last" if unit_of(field) in _LAST else self.within_tick
        return _as_type(cut, source, field, cut.on_ticks(source.log_column, how))


def _as_type(cut: Cut, source: Filled, field: pa.Field, found: Floats) -> pa.Array:
    """Values in the channel's unit and type, null where unknown."""
    values = found * source.factor + source.offset
    missing = ~np.isfinite(values)
    if pa.types.is_integer(field.type) or pa.types.is_boolean(field.type):
        values = np.where(missing, 0.0, np.rint(values))
    try:
        return pa.array(values, mask=missing).cast(field.type, safe=not pa.types.is_floating(field.type))
    except pa.ArrowInvalid:
        info = f"holds values that {field.type} of channel {field.name!r} cannot; check its unit"
        raise LogError(cut.rows.path, cut.lines[0], source.log_column, info) from None


def resolve(wanted: ImportMap, known: Mapping[str, pa.Schema]) -> Channels:
    """Channels of a map.

    Args:
        wanted: the map; with `like`, all channels of that dataset are written.
        known: streams of the twin, to check names and units where there is no `like`.

    Raises:
        UnknownNameError: for a channel that is not known, or a unit.
        ConfigError: if a unit cannot become the channel's.
    """
    whole = wanted.like is not None
    found = _of_dataset(wanted) if wanted.like is not None else known
    readable = {
        name: unkeyed_schema(schema) for name, schema in found.items() if role_of(schema) in FEATURE_ROLES
    }
    homes = {
        field.name: stream
        for stream, schema in readable.items()
        if role_of(schema) == "reading"
        for field in schema
        if _is_channel(field)
    }
    taken: dict[str, dict[str, pa.Field]] = {}
    filled: dict[tuple[str, str], Filled] = {}
    for name, column in wanted.columns.items():
        stream = homes.get(column.channel)
        if stream is None:
            field, stream = _new_field(name, column, homes), READINGS
        else:
            field = readable[stream].field(column.channel)
        factor, offset = conversion(f"columns.{name}.unit", column.unit, unit_of(field) or "1")
        taken.setdefault(stream, {})[column.channel] = field
        filled[stream, column.channel] = Filled(name, factor, offset)
    streams = list(readable) if whole else []
    schemas = {
        stream: _schema(readable.get(stream), taken.get(stream, {}), whole)
        for stream in dict.fromkeys([*streams, *taken])
    }
    return Channels(dict(sorted(schemas.items())), filled, wanted.within_tick)


def _of_dataset(wanted: ImportMap) -> dict[str, pa.Schema]:
    dataset = Dataset.open(str(wanted.like))
    if dataset.manifest.twin != wanted.twin:
        raise ConfigError("like", wanted.like, f"is of twin {dataset.manifest.twin!r}, not {wanted.twin!r}")
    ticks_s = set(dataset.short["dt_s"].to_pylist())
    if ticks_s != {wanted.tick}:
        listing = ", ".join(f"{one:g} s" for one in sorted(ticks_s))
        raise ConfigError(
            "tick", wanted.tick, f"that of {wanted.like} is {listing}; its models need the same"
        )
    return {stream: dataset.schema(stream) for stream in dataset.streams}


def _is_channel(field: pa.Field) -> bool:
    kind = field.type
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return bool(is_number) and field.name != TICK.name


def _new_field(name: str, column: ColumnMap, homes: Mapping[str, str]) -> pa.Field:
    if homes and not column.new:
        error = UnknownNameError(f"columns.{name}.channel", column.channel, homes)
        raise ConfigError(
            error.field, column.channel, f"{error.fix}, or say `new: true` for a channel of your own"
        )
    if not column.unit:
        raise ConfigError(f"columns.{name}.unit", "", "say the unit; 1 for a number without one")
    told = column.description or f"column {name!r} of the log"
    return Column(column.channel, pa.float32(), column.unit, told).arrow


def _schema(known: pa.Schema | None, taken: Mapping[str, pa.Field], whole: bool) -> pa.Schema:
    """Schema of a stream: the columns taken, in the known order, all of them where `whole`."""
    if known is not None and whole and not taken:
        return known  # no row of it will be written
    own = [field for field in known or () if field.name in taken or (whole and field.name != TICK.name)]
    new = [field for name, field in taken.items() if known is None or name not in known.names]
    fields = [TICK.arrow, *(field.with_nullable(True) for field in [*own, *new])]
    return pa.schema(fields, known.metadata if known is not None else {"role": "reading"})
