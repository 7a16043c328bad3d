"""Tables of one episode as the quality checks see them: numbers as floats made once, known faults."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from envirosense.core.episode import EpisodeSpec
from envirosense.datasets.episode import Episode
from envirosense.datasets.rule_checks import Floats, column_floats
from envirosense.datasets.structure_checks import is_number, role_of

type Stages = Mapping[tuple[str, str], Mapping[int | None, float]]  # by sensor and parameter, then channel
type Flags = npt.NDArray[np.bool_]

_SPAN: Final = ("sensor_id", "begin_s", "end_s")  # columns of a stream that says when a sensor is at fault


class EpisodeTables:
    """Streams of one episode in memory, frames left out."""

    def __init__(self, episode: Episode, tables: Mapping[str, pa.Table]) -> None:
        self.episode_id, self.split, self.group = episode.episode_id, episode.split, episode.group
        self.spec: EpisodeSpec = episode.spec
        self.tables = tables
        self._floats: dict[tuple[str, str], Floats] = {}
        self._faults: list[tuple[str, float, float]] | None = None
        self._numbers: dict[str, list[str]] = {}
        self._sensors: dict[str, frozenset[str]] = {}
        self._stages: dict[tuple[str, str], Stages] = {}

    def streams(self, *roles: str) -> list[str]:
        """Streams that play one of the roles."""
        return [name for name, table in self.tables.items() if role_of(table.schema) in roles]

    def numbers(self, stream: str) -> list[str]:
        """Columns of a stream that hold numbers, keys left out."""
        if stream not in self._numbers:
            self._numbers[stream] = [field.name for field in self.tables[stream].schema if is_number(field)]
        return self._numbers[stream]

    def floats(self, stream: str, column: str) -> Floats:
        """Values of a column, (row,), NaN where null."""
        key = (stream, column)
        if key not in self._floats:
            self._floats[key] = column_floats(self.tables[stream][column])[0]
        return self._floats[key]

    def ticks(self, stream: str) -> Floats:
        """Ticks of a stream's rows, (row,)."""
        return self.floats(stream, "tick")

    def at_fault(self, stream: str, column: str) -> Flags:
        """Rows at which the sensor of a column `sensor.channel` is known to be at fault, (row,)."""
        found = np.zeros(self.tables[stream].num_rows, dtype=bool)
        for sensor, begin_s, end_s in self._known_faults():
            if column.startswith(f"{sensor}."):
                t_s = self.ticks(stream) * self.spec.grid.dt_s
                found |= (t_s >= begin_s) & ~(t_s > end_s)
        return found

    def _known_faults(self) -> list[tuple[str, float, float]]:
        if self._faults is None:
            tables = [self.tables[name] for name in self.streams("label")]
            spans = [table for table in tables if set(_SPAN) <= set(table.column_names)]
            self._faults = [
                (row["sensor_id"], row["begin_s"], float("inf") if row["end_s"] is None else row["end_s"])
                for table in spans
                for row in table.select(list(_SPAN)).to_pylist()
            ]
        return self._faults

    def stages(self, stream: str, stage: str) -> Stages:
        """Final values of one imperfection of every sensor, from a stream of stages."""
        key = (stream, stage)
        if key not in self._stages:
            table = self.tables[stream]
            found: defaultdict[tuple[str, str], dict[int | None, float]] = defaultdict(dict)
            for row in table.filter(pc.equal(table["stage"], stage)).to_pylist():
                if row["value_end"] is not None:
                    found[row["sensor_id"], row["parameter"]][row["channel"]] = row["value_end"]
            self._stages[key] = dict(found)
        return self._stages[key]

    def stage_sensors(self, stream: str) -> frozenset[str]:
        """Sensors of which a stream of stages tells."""
        if stream not in self._sensors:
            self._sensors[stream] = frozenset(self.tables[stream]["sensor_id"].unique().to_pylist())
        return self._sensors[stream]
