"""Temporal sequences: windows of equal length in ticks as one array a split, with where each comes from.

```
SEQUENCES/
  sequences.json      length, overlap, stride, channels with units, tick, counts, dataset and its logical hash
  train.npy           float32, (window, time, channel); NaN where nothing was sampled
  train.parquet       one row a window, in the array's order; see COLUMNS
  validation.npy ...
```
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from envirosense.core.config import FrozenModel
from envirosense.core.errors import DatasetError, SchemaVersionError, UnknownNameError
from envirosense.datasets.schema import EPISODE_ID, Column

FACTS: Final = "sequences.json"
SCHEMA_VERSION: Final = 1

COLUMNS: Final = (
    EPISODE_ID,
    Column("scenario", pa.string(), "", "scenario, category/name", False),
    Column("group", pa.string(), "", "site or home", False),
    Column("start_tick", pa.int64(), "1", "first tick of the window", False),
    Column("stop_tick", pa.int64(), "1", "tick after the last", False),
    Column("start_s", pa.float64(), "s", "seconds since the episode's start", False),
    Column("class_label", pa.string(), "", "type of the most severe event in the window, or normal", False),
    Column("event_id", pa.int32(), "1", "that event within the episode, -1 for none", False),
    Column("severity", pa.float32(), "1", "greatest in the window, 0 to 1", False),
    Column("detectable", pa.bool_(), "", "some sensor could see the event by the window's end", False),
)


class SequenceFacts(FrozenModel):
    """What a folder of sequences holds: `sequences.json`."""

    schema_version: int = SCHEMA_VERSION
    dataset: str  # folder it was cut from
    dataset_hash: str
    length: int  # ticks
    overlap: int  # ticks
    stride: int  # ticks
    dt_s: float
    channels: tuple[str, ...]
    units: tuple[str, ...]
    splits: dict[str, int]  # windows, by split


@dataclass(frozen=True, slots=True)
class TemporalSequences:
    """Sequences on disk; `sequences["train"]` is the array of a split, read as it is used."""

    folder: Path
    facts: SequenceFacts

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Sequences in a folder.

        Raises:
            DatasetError: if there are none, or they are unfinished or damaged.
            SchemaVersionError: if a newer version wrote them.
        """
        folder = Path(path).expanduser().absolute()
        try:
            facts = SequenceFacts.model_validate_json((folder / FACTS).read_bytes())
        except OSError:
            raise DatasetError(f"{folder}: no finished sequences here (no {FACTS}); check the path") from None
        except ValidationError:
            raise DatasetError(f"{folder / FACTS}: damaged; cut the sequences again") from None
        if facts.schema_version > SCHEMA_VERSION:
            raise SchemaVersionError(folder / FACTS, facts.schema_version, SCHEMA_VERSION)
        return cls(folder, facts)

    def __len__(self) -> int:
        return sum(self.facts.splits.values())

    def __getitem__(self, split: str) -> npt.NDArray[np.float32]:
        """Readings of a split, (window, time, channel), mapped from the file."""
        path = self._place(split, "npy")
        try:
            found: npt.NDArray[np.float32] = np.load(path, mmap_mode="r")
        except (OSError, EOFError, ValueError) as error:
            raise DatasetError(f"{path}: damaged or missing ({error}); cut the sequences again") from None
        return found

    def index(self, split: str) -> pa.Table:
        """Where each window of a split comes from, in the array's order."""
        path = self._place(split, "parquet")
        try:
            return pq.read_table(path)
        except (OSError, pa.ArrowException) as error:
            raise DatasetError(f"{path}: damaged or missing ({error}); cut the sequences again") from None

    def _place(self, split: str, ending: str) -> Path:
        if split not in self.facts.splits:
            raise UnknownNameError("split", split, self.facts.splits)
        return self.folder / f"{split}.{ending}"
