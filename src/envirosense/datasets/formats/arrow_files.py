"""Arrow IPC (Feather version 2): columns as they are in memory, to be mapped without reading."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from envirosense.core.episode import JsonObject
from envirosense.datasets.episode import Episode
from envirosense.datasets.formats.base import RowFormat, RowWriter, Schemas
from envirosense.datasets.formats.columns import canonical_batch, canonical_schema, restored
from envirosense.datasets.formats.documents import EpisodeEntry


class ArrowFormat(RowFormat):
    """One Arrow file a stream and split, a record batch a row group."""

    name = "arrow"
    title = "Arrow, polars, pandas, DuckDB, R; memory maps"
    compressions = ("none", "lz4", "zstd")
    holds_any_column = True

    def writer(self, folder: Path, schemas: Schemas, compression: str) -> RowWriter:
        """Writer of Arrow files."""
        return _ArrowWriter(folder, schemas, compression)

    def table(self, folder: Path, entry: EpisodeEntry, stream: str, schema: pa.Schema) -> pa.Table:
        """Rows of one stream of an episode."""
        place = entry.streams[stream].place
        first, n = int(str(place["first_batch"])), int(str(place["batches"]))
        with pa.memory_map(str(folder / stream / f"{entry.split}.arrow")) as mapped:
            opened = pa.ipc.open_file(mapped)
            table = pa.Table.from_batches([opened.get_batch(at) for at in range(first, first + n)])
        return restored(table.columns, schema)


class _ArrowWriter(RowWriter):
    def __init__(self, folder: Path, schemas: Schemas, compression: str) -> None:
        self._folder = folder
        self._schemas = {name: canonical_schema(schema) for name, schema in schemas.items()}
        codec = None if compression == "none" else compression
        self._options = pa.ipc.IpcWriteOptions(compression=codec, use_threads=False)
        self._files: dict[tuple[str, str], pa.RecordBatchFileWriter] = {}
        self._batches: dict[tuple[str, str], int] = {}

    def add(self, episode: Episode, stream: str, batches: Iterable[pa.RecordBatch]) -> JsonObject:
        """Append the rows of a stream; its record batches."""
        key, schema = (episode.split, stream), self._schemas[stream]
        if key not in self._files:
            path = self._folder / stream / f"{episode.split}.arrow"
            path.parent.mkdir(exist_ok=True)
            self._files[key] = pa.ipc.new_file(path, schema, options=self._options)
        first = self._batches.get(key, 0)
        for batch in batches:
            self._files[key].write_batch(canonical_batch(batch, schema))
            self._batches[key] = self._batches.get(key, 0) + 1
        return {"first_batch": first, "batches": self._batches.get(key, 0) - first}

    def close(self) -> None:
        """Write the footers."""
        for opened in self._files.values():
            opened.close()
