"""Where a defect can be planted, and the record of one that was."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode
from envirosense.datasets.rule_checks import column_floats
from envirosense.datasets.rules import Rule
from envirosense.datasets.structure_checks import is_number, role_of
from envirosense.testing.dataset_editing import DatasetEditor

type Floats = npt.NDArray[np.float64]
type Place = tuple[Episode, str]  # episode and stream

FEWEST: Final = 40  # samples that a place must have
_APART: Final = 0.5  # what moves the median by more than this share of the larger one is another number


@dataclass(frozen=True, slots=True)
class Planted:
    """What was planted, and where."""

    kind: str
    folder: Path
    episode_id: str  # "" where it is the whole dataset's
    stream: str
    what: str


class NoPlaceError(ValueError):
    """The dataset has no place where a defect of this kind would be one."""


@dataclass(slots=True)
class Plot:
    """Where a defect is about to be planted."""

    editor: DatasetEditor
    rng: np.random.Generator
    rules: tuple[Rule, ...]

    @property
    def dataset(self) -> Dataset:
        """The copy."""
        return self.editor.dataset

    def places(self, *roles: str) -> list[Place]:
        """Streams of these roles in every episode that has rows of them, in a random order."""
        found = [
            (episode, stream)
            for episode in self.dataset
            for stream in episode.streams
            if role_of(self.dataset.schema(stream)) in roles and episode.row_count(stream) >= FEWEST
        ]
        return shuffled(found, self.rng)

    def channels(self, place: Place) -> list[tuple[str, Floats]]:
        """Columns of numbers that are known at enough rows, in a random order; faulty sensors left out."""
        episode, stream = place
        table, faulty = self.editor.table(episode, stream), faulty_sensors(self.editor, episode)
        columns = [f.name for f in table.schema if is_number(f) and f.name.partition(".")[0] not in faulty]
        named = [(name, column_floats(table[name])[0]) for name in columns]
        usable = [(name, values) for name, values in named if np.isfinite(values).sum() >= FEWEST / 2]
        return shuffled(usable, self.rng)

    def planted(self, kind: str, place: Place, what: str) -> Planted:
        """Record of a defect."""
        return Planted(kind, self.dataset.folder, place[0].episode_id, place[1], what)


def faulty_sensors(editor: DatasetEditor, episode: Episode) -> set[str]:
    """Sensors that the dataset itself calls faulty."""
    spans = [
        editor.table(episode, stream)
        for stream in episode.streams
        if {"sensor_id", "begin_s", "end_s"} <= set(editor.dataset.schema(stream).names)
    ]
    return {sensor for table in spans for sensor in table["sensor_id"].to_pylist()}


def moves(before: Floats, after: Floats) -> bool:
    """Whether the medians are quite different numbers."""
    one, other = np.nanmedian(before), np.nanmedian(after)
    return bool(abs(one - other) > _APART * max(abs(one), abs(other)))


def with_column(table: pa.Table, name: str, values: Any) -> pa.Table:
    """The table with other values in a column, NaN where the column knew nothing becoming null."""
    at, field = table.schema.get_field_index(name), table.schema.field(name)
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        values = pa.array(values, pa.float64(), from_pandas=True)
    if isinstance(values, np.ndarray | list):
        values = pa.array(values)
    return table.set_column(at, field, values.cast(field.type, safe=False))


def shuffled[T](items: Sequence[T], rng: np.random.Generator) -> list[T]:
    """Items in a random order."""
    return [items[i] for i in rng.permutation(len(items))]
