"""Rows of a recorded log as columns: those of a piece of a file, or of one episode."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]
type Words = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class LogTable:
    """Columns of a log that a map asks for; `line` leads each row back to the file."""

    path: Path
    line: Ints  # (row,), rows of a Parquet file counted from 1
    time_us: Ints  # (row,), microseconds since 1970 in UTC
    numbers: dict[str, Floats]  # NaN where nothing was measured
    texts: dict[str, Words]

    def __len__(self) -> int:
        return len(self.line)

    def take(self, rows: npt.NDArray[np.integer[Any]] | slice) -> "LogTable":
        """Some rows, in the order given."""
        return LogTable(
            self.path,
            self.line[rows],
            self.time_us[rows],
            {name: column[rows] for name, column in self.numbers.items()},
            {name: column[rows] for name, column in self.texts.items()},
        )


def joined(tables: Sequence[LogTable]) -> LogTable:
    """Rows of several tables of one log, one after the other."""
    first = tables[0]
    return LogTable(
        first.path,
        np.concatenate([one.line for one in tables]),
        np.concatenate([one.time_us for one in tables]),
        {name: np.concatenate([one.numbers[name] for one in tables]) for name in first.numbers},
        {name: np.concatenate([one.texts[name] for one in tables]) for name in first.texts},
    )
