"""Generated series with the truth about them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.errors import UnknownNameError
from envirosense.datasets.loaders.optional import framework
from envirosense.datasets.schema import TICK, TIME_UTC, Column, stream_schema
from envirosense.factory.time_series.patterns import Shape
from envirosense.factory.time_series.spec import SeriesSpec

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

type Floats = npt.NDArray[np.float64]

_EVENT_ID: Final = Column("event_id", pa.int32(), "1", "number of the event, by onset", False)
_EVENT_TYPE: Final = Column("event_type", pa.string(), "", "name of the event, or parameter.name of a burst")
_EVENTS: Final = stream_schema((
    _EVENT_ID,
    _EVENT_TYPE,
    Column("parameter", pa.string(), "", "parameter that it moves; one row for each"),
    Column("amount", pa.float64(), "", "greatest effect, in the unit of the parameter"),
    Column("onset_s", pa.float64(), "s", "it begins"),
    Column("clearance_s", pa.float64(), "s", "it is over"),
    Column("shape", pa.string(), "", "step, ramp or decay"),
))  # fmt: skip
_LABELS: Final = stream_schema((
    TICK,
    _EVENT_ID,
    _EVENT_TYPE,
    Column("progress", pa.float64(), "1", "share of its time that is over"),
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Happening:
    """One event as it happened; it may begin before the first tick or end after the last."""

    event_type: str
    onset_s: float
    lasts_s: float
    shape: Shape
    effects: Mapping[str, float]
    ticks: slice

    def progress(self, t_s: Floats) -> Floats:
        """Share of its time that is over, at its ticks."""
        return (t_s[self.ticks] - self.onset_s) / self.lasts_s


@dataclass(frozen=True, slots=True)
class TimeSeries:
    """Values, (time,), by parameter; what they are made of; what happened."""

    spec: SeriesSpec
    values: Mapping[str, Floats]
    parts: Mapping[str, Mapping[str, Floats]]  # by parameter; with the base they add up to the value
    happenings: tuple[Happening, ...]  # by onset

    def __getitem__(self, parameter: str) -> Floats:
        if parameter not in self.values:
            raise UnknownNameError("parameter", parameter, self.values)
        return self.values[parameter]

    @property
    def table(self) -> pa.Table:
        """Values: tick, time_utc and a column a parameter; units and descriptions are in the metadata."""
        columns = [
            Column(name, pa.float64(), one.unit, one.description or name, False)
            for name, one in self.spec.parameters.items()
        ]
        return self._table(columns, [self.values[column.name] for column in columns])

    @property
    def truth(self) -> pa.Table:
        """What each value is made of: a column `parameter.part` for each part."""
        named = list(self._parts())
        columns = [
            Column(f"{name}.{part}", pa.float64(), unit, text, False) for name, part, unit, text in named
        ]
        return self._table(columns, [self.parts[name][part] for name, part, *_ in named])

    def _parts(self) -> Iterator[tuple[str, str, str, str]]:
        for name, one in self.spec.parameters.items():
            for part in self.parts[name]:
                yield name, part, one.unit, f"{part} in {name}"

    def _table(self, columns: list[Column], arrays: list[Floats]) -> pa.Table:
        grid = self.spec.grid
        times = pa.array(grid.time_utc).cast(TIME_UTC.type)
        schema = stream_schema((TICK, TIME_UTC, *columns))
        return pa.table([pa.array(np.arange(grid.n)), times, *map(pa.array, arrays)], schema=schema)

    @property
    def events(self) -> pa.Table:
        """What happened: a row for each event and parameter that it moves."""
        rows = [
            {
                "event_id": at,
                "event_type": one.event_type,
                "parameter": parameter,
                "amount": amount,
                "onset_s": one.onset_s,
                "clearance_s": one.onset_s + one.lasts_s,
                "shape": one.shape,
            }
            for at, one in enumerate(self.happenings)
            for parameter, amount in one.effects.items()
        ]
        return pa.Table.from_pylist(rows, _EVENTS)

    @property
    def labels(self) -> pa.Table:
        """Events at every tick at which they are under way, by event."""
        t_s, tables = self.spec.grid.t_s, [_LABELS.empty_table()]
        for at, one in enumerate(self.happenings):
            tick = np.arange(one.ticks.start, one.ticks.stop)
            types = [one.event_type] * tick.size
            columns = [tick, np.full(tick.size, at, np.int32), types, one.progress(t_s)]
            tables.append(pa.table(columns, schema=_LABELS))
        return pa.concat_tables(tables)

    def to_pandas(self) -> "pd.DataFrame":
        """Values as a DataFrame indexed by time; `attrs["units"]` has the units.

        Raises:
            MissingExtraError: if pandas is not installed.
        """
        framework("pandas", "pandas")
        frame = self.table.drop_columns([TICK.name]).to_pandas().set_index(TIME_UTC.name)
        frame.attrs["units"] = {name: one.unit for name, one in self.spec.parameters.items()}
        return frame

    def to_polars(self) -> "pl.DataFrame":
        """Values as a polars DataFrame.

        Raises:
            MissingExtraError: if polars is not installed.
        """
        found: pl.DataFrame = framework("polars", "polars").from_arrow(self.table)
        return found
