"""Statistics of a dataset: every column of every stream, and what the dataset covers.

One episode is in memory at a time, and frames a row group at a time; of frames every tenth counts.
"""

import json
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from envirosense.core.errors import DatasetError
from envirosense.datasets.coverage import Coverage
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.episode import Episode
from envirosense.datasets.files import write_whole
from envirosense.datasets.frames import FrameLayout, frame_planes, table_frames
from envirosense.datasets.moments import CodeSummary, NumberSummary, TextSummary
from envirosense.datasets.quality_walk import row_groups
from envirosense.datasets.rule_checks import column_floats
from envirosense.datasets.rules import FRAME_VALUES
from envirosense.datasets.structure_checks import KEYS, unit_of

STATS: Final = "stats.json"
SCHEMA_VERSION: Final = 1
FRAMES_APART: Final = 10  # every tenth frame is summarised: neighbours show the same scene

type Summary = NumberSummary | TextSummary | CodeSummary


def _summary(field: pa.Field) -> Summary | None:
    """Summary that fits a column; None for keys and for types that have none."""
    kind = field.type
    if field.name in KEYS and field.name != "sensor_id":
        return None
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return NumberSummary()
    is_text = pa.types.is_string(kind) or pa.types.is_boolean(kind) or pa.types.is_dictionary(kind)
    return TextSummary() if is_text else None


class _Streams:
    """Summaries of every column."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._schemas = {stream: dataset.schema(stream) for stream in dataset.streams}
        self._columns: dict[str, dict[str, Summary]] = {}
        for stream, schema in self._schemas.items():
            found = {field.name: summary for field in schema if (summary := _summary(field))}
            if planes := frame_planes(schema):
                layout = FrameLayout.of(schema.field(planes[0]))
                found[FRAME_VALUES] = CodeSummary(layout.scale, layout.offset)
            self._columns[stream] = found

    def update(self, episode: Episode) -> None:
        """Append one episode."""
        for stream in episode.streams:
            summaries = self._columns[stream]
            table = episode.table(stream, [name for name in summaries if name != FRAME_VALUES])
            for name, summary in summaries.items():
                if isinstance(summary, NumberSummary):
                    summary.update(column_floats(table[name])[0])
                elif isinstance(summary, TextSummary):
                    summary.update(_counted(table[name]), table.num_rows)
                else:
                    for piece in row_groups(self._dataset, episode, stream):
                        summary.update(table_frames(_every(piece, FRAMES_APART)))

    def result(self) -> dict[str, Any]:
        """Summaries as plain data, by stream and column."""
        return {
            stream: {
                "rows": self._dataset.manifest.streams[stream].rows,
                "columns": {
                    name: {**self._unit(stream, name), **one.result()} for name, one in found.items()
                },
            }
            for stream, found in self._columns.items()
        }

    def _unit(self, stream: str, name: str) -> dict[str, str]:
        schema = self._schemas[stream]
        if name == FRAME_VALUES:
            layout = FrameLayout.of(schema.field(frame_planes(schema)[0]))
            return {"type": "uint16", "unit": layout.unit}
        return {"type": str(schema.field(name).type), "unit": unit_of(schema.field(name))}


def _every(table: pa.Table, n: int) -> pa.Table:
    """Every n-th row."""
    return table.take(list(range(0, table.num_rows, n)))


def _counted(column: pa.ChunkedArray) -> list[tuple[object, int]]:
    known = column.drop_null()
    return [(entry["values"], entry["counts"]) for entry in pc.value_counts(known).to_pylist()]


def dataset_stats(dataset: Dataset) -> dict[str, Any]:
    """Statistics as plain data: `streams` by column, and `coverage`."""
    streams, coverage = _Streams(dataset), Coverage()
    for episode in dataset:
        streams.update(episode)
        coverage.update(episode)
    return {
        "schema_version": SCHEMA_VERSION,
        "dataset": dataset.manifest.name,
        "logical_hash": dataset.logical_hash,
        "coverage": coverage.result(dataset.manifest.counts),
        "streams": streams.result(),
    }


def write_stats(dataset: Dataset) -> dict[str, Any]:
    """Statistics, also written to stats.json of the dataset."""
    stats = dataset_stats(dataset)
    write_whole(dataset.folder / STATS, (json.dumps(stats, indent=1) + "\n").encode())
    return stats


def read_stats(dataset: Dataset) -> dict[str, Any] | None:
    """Stored statistics of this very dataset, None where there are none.

    Raises:
        DatasetError: if the file is damaged.
    """
    path = dataset.folder / STATS
    if not path.exists():
        return None
    try:
        stats: dict[str, Any] = json.loads(path.read_bytes())
    except ValueError:
        raise DatasetError(
            f"{path}: damaged; run `envirosense dataset card {dataset.folder}` again"
        ) from None
    return stats if stats.get("logical_hash") == dataset.logical_hash else None
