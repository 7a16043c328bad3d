"""WebDataset: tar files of samples, one sample an episode, `key.stream.npz` and `key.json`.

The key is the episode id. Each `.npz` holds an array a column; a column with nulls has
`column.is_null` beside it, one of bytes `column.offsets`.
"""

import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from envirosense.core.episode import JsonObject
from envirosense.core.errors import DatasetError
from envirosense.datasets.episode import Episode
from envirosense.datasets.formats.arrays import (
    Anything,
    ColumnArrays,
    array_name,
    from_arrays,
    objects,
    stored_fields,
    to_arrays,
)
from envirosense.datasets.formats.base import RowFormat, RowWriter, Schemas
from envirosense.datasets.formats.columns import canonical_batch, canonical_schema, kind_of, restored
from envirosense.datasets.formats.documents import EpisodeEntry

SHARD_BYTES: Final = 256 * 2**20  # a new tar begins at the first sample after so much
_ID_LENGTH: Final = 16  # of an episode's id
IS_NULL: Final = ".is_null"
OFFSETS: Final = ".offsets"


class WebDatasetFormat(RowFormat):
    """Tar files `split-00000.tar` of whole episodes; the largest stream of one must fit in memory."""

    name = "webdataset"
    title = "PyTorch input pipelines that stream from object stores"

    def check_schemas(self, schemas: Schemas) -> None:
        """Refuse streams that a tar cannot hold, also for their names."""
        super().check_schemas(schemas)
        for stream in schemas:
            name = f"{'0' * _ID_LENGTH}.{stream}.npz"
            if len(name.encode()) > tarfile.LENGTH_NAME:
                most = tarfile.LENGTH_NAME - len(name.encode()) + len(stream.encode())
                raise DatasetError(
                    f"stream {stream!r}: a tar (USTAR) names a stream with at most {most} bytes; "
                    "leave it out with --streams, or use another format"
                )

    def writer(self, folder: Path, schemas: Schemas, compression: str) -> RowWriter:
        """Writer of tar files."""
        return _TarWriter(folder, schemas)

    def table(self, folder: Path, entry: EpisodeEntry, stream: str, schema: pa.Schema) -> pa.Table:
        """Rows of one stream of an episode."""
        place = entry.streams[stream].place
        with (folder / str(place["file"])).open("rb") as opened:
            opened.seek(int(str(place["at"])))
            data = opened.read(int(str(place["bytes"])))
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            found = {
                array_name(field, schema): _column_arrays(arrays, field, array_name(field, schema))
                for field in stored_fields(schema)
            }
        return restored(from_arrays(found, schema, entry.episode_id), schema)


def npz_bytes(rows: pa.Table) -> bytes:
    """Rows with canonical types as the bytes of an `.npz`; the same for the same rows."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as packed:
        for name, array in _named_arrays(rows):
            if f"{name}.npy" in packed.NameToInfo:
                raise DatasetError(f"two columns would become the array {name!r}; use another format")
            with packed.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _named_arrays(rows: pa.Table) -> Iterator[tuple[str, Anything]]:
    for field in stored_fields(rows.schema):
        name = array_name(field, rows.schema)
        values, is_null = to_arrays(rows, field)
        if kind_of(field.type) == "bytes":
            yield name + OFFSETS, np.cumsum([0, *map(len, values)], dtype=np.int64)
            values = np.concatenate([np.empty(0, np.uint8), *values])
        yield name, values.astype(np.str_) if values.dtype.hasobject else values
        if is_null is not None:
            yield name + IS_NULL, is_null


def _column_arrays(arrays: Mapping[str, Anything], field: pa.Field, name: str) -> ColumnArrays:
    values = arrays[name]
    if kind_of(field.type) == "bytes":
        values = objects(np.split(values, arrays[name + OFFSETS][1:-1]))
    elif values.dtype.kind == "U":
        values = values.astype(object)
    return ColumnArrays(values, arrays.get(name + IS_NULL))


class _TarWriter(RowWriter):
    def __init__(self, folder: Path, schemas: Schemas) -> None:
        self._folder = folder
        self._schemas = {name: canonical_schema(schema) for name, schema in schemas.items()}
        self._tars: dict[str, tarfile.TarFile] = {}
        self._counts: dict[str, int] = {}

    def _opened(self, split: str) -> tarfile.TarFile:
        if split not in self._tars:
            number = self._counts.get(split, 0)
            path = self._folder / f"{split}-{number:05d}.tar"
            self._tars[split] = tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115
            self._counts[split] = number + 1
        return self._tars[split]

    def _add_member(self, split: str, name: str, data: bytes) -> JsonObject:
        opened, info = self._opened(split), tarfile.TarInfo(name)
        info.size = len(data)  # the rest of the header stays the same whoever writes it and when
        at = opened.offset + tarfile.BLOCKSIZE
        opened.addfile(info, io.BytesIO(data))
        return {"file": Path(str(opened.name)).name, "at": at, "bytes": len(data)}

    def add(self, episode: Episode, stream: str, batches: Iterable[pa.RecordBatch]) -> JsonObject:
        """Append a stream to the sample of its episode; its member's place."""
        schema = self._schemas[stream]
        rows = pa.Table.from_batches([canonical_batch(batch, schema) for batch in batches], schema)
        return self._add_member(episode.split, f"{episode.episode_id}.{stream}.npz", npz_bytes(rows))

    def end_episode(self, entry: EpisodeEntry) -> None:
        """Close the sample, and the tar if it is large enough."""
        said = {**entry.facts, "spec": entry.spec, "summary": entry.summary}
        self._add_member(entry.split, f"{entry.episode_id}.json", json.dumps(said).encode())
        if self._tars[entry.split].offset >= SHARD_BYTES:
            self._tars.pop(entry.split).close()

    def close(self) -> None:
        """Finish every tar."""
        for opened in self._tars.values():
            opened.close()
