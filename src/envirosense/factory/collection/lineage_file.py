"""Where every collected record came from: one Parquet file a cycle, and questions answered from it.

A database with a row for each record would grow with the data; here the columns that are asked for are read
alone, and the rest of a row group only where something in it was meant.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError
from envirosense.datasets.files import commit, storing
from envirosense.factory.collection.point import CollectionPoint
from envirosense.factory.collection.records import Collected

LINEAGE: Final = "lineage.parquet"
TRAINING_DATA: Final = "training_data"
SCHEMA_VERSION: Final = 1
ROW_GROUP: Final = 65_536  # rows: a question about one site reads one or two
_VERSION_KEY: Final = b"schema_version"

RELATIONSHIP: Final = pa.struct([("target_data_id", pa.string()), ("relationship_type", pa.string())])
LINEAGE_SCHEMA: Final = pa.schema(
    [
        ("data_id", pa.string()),
        ("data_type", pa.string()),  # the collection point
        ("source_cycle", pa.int32()),
        ("source_site_id", pa.string()),
        ("source_episode_id", pa.string()),
        ("source_test_id", pa.string()),
        ("event_id", pa.string()),  # null where it is about no event
        ("transformations", pa.list_(pa.string())),
        ("relationships", pa.list_(RELATIONSHIP)),
        ("metadata", pa.string()),  # JSON
    ]
)
_SOURCES: Final = ("source_site_id", "source_episode_id", "source_test_id")
_STEPS: Final = "transformations.list.element"
_TARGETS: Final = "relationships.list.element.target_data_id"
_KINDS: Final = "relationships.list.element.relationship_type"
_REPEATED: Final = ["data_type", *_SOURCES, "event_id", "metadata", _STEPS, _KINDS]  # kept as codes of values

type Bools = npt.NDArray[np.bool_]


def lineage_table(collected: Iterable[Collected], points: Mapping[str, CollectionPoint],
                  filters: Mapping[str, str]) -> pa.Table:  # fmt: skip
    """Lineage of accepted records; `filters` has the name of each point's filter."""
    rows = [
        {
            "data_id": one.data_id,
            "data_type": one.point,
            "source_cycle": one.cycle,
            "source_site_id": one.source.site,
            "source_episode_id": one.source.episode_id,
            "source_test_id": one.source.test,
            "event_id": points[one.point].event_of(one.record),
            "transformations": [*one.source.made_by, filters[one.point]],
            "relationships": [
                {"target_data_id": other, "relationship_type": "derived_from"}
                for other in one.source.derived_from
            ],
            "metadata": json.dumps({"origin": one.origin}),
        }
        for one in collected
    ]
    return pa.Table.from_pylist(rows, LINEAGE_SCHEMA)


def write_lineage(path: Path, table: pa.Table, row_group: int = ROW_GROUP) -> None:
    """Write a lineage table, sorted by where records come from, whole or not at all."""
    order = [(name, "ascending") for name in (*_SOURCES, "data_id")]
    sorted_table = table.cast(LINEAGE_SCHEMA).sort_by(order)
    marked = sorted_table.replace_schema_metadata({_VERSION_KEY: str(SCHEMA_VERSION).encode()})
    temporary = path.with_name(f".{path.name}.tmp")
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(
            marked,
            temporary,
            row_group_size=row_group,
            use_dictionary=_REPEATED,
            compression={**dict.fromkeys(_REPEATED, "zstd"), "data_id": "none", _TARGETS: "none"},
        )
    commit(temporary, path)


def query_lineage(
    folder: Path | str,
    *,
    cycle: int | None = None,
    source: str | None = None,
    event: str | None = None,
    data_id: str | None = None,
    derived_from: str | None = None,
) -> pa.Table:
    """Lineage of the records that all of the questions are true of, as `LINEAGE_SCHEMA`.

    Args:
        folder: of the loop, as given to the collector.
        cycle: number of the cycle in which they were collected; all cycles without.
        source: site, episode or test that they come from.
        event: event that they are about.
        data_id: their own name: what is upstream of one record.
        derived_from: data id that they were made of: what is downstream of one record.

    Raises:
        ConfigError: if nothing was exported there.
        DatasetError: if a file cannot be read.
    """
    asked = {"source": source, "event_id": event, "data_id": data_id, "relationships": derived_from}
    questions = {name: value for name, value in asked.items() if value is not None}
    found = [_asked(path, questions) for path in _files(Path(folder), cycle)]
    return pa.concat_tables(found).cast(LINEAGE_SCHEMA)


def _files(folder: Path, cycle: int | None) -> list[Path]:
    name = "cycle_*" if cycle is None else f"cycle_{cycle}"
    paths = sorted((folder / TRAINING_DATA).glob(f"{name}/{LINEAGE}"))
    if not paths:
        what = "cycle" if cycle is not None else "folder"
        value = cycle if cycle is not None else str(folder)
        raise ConfigError(what, value, f"no lineage below {folder / TRAINING_DATA}; collect and export first")
    return paths


def _asked(path: Path, questions: Mapping[str, str]) -> pa.Table:
    try:
        with pq.ParquetFile(path, read_dictionary=_REPEATED) as opened:
            version = int((opened.schema_arrow.metadata or {}).get(_VERSION_KEY, b"1"))
            if version > SCHEMA_VERSION:
                raise SchemaVersionError(path, version, SCHEMA_VERSION)
            pieces = [_asked_in(opened, group, questions) for group in range(opened.num_row_groups)]
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"{path}: not a readable lineage ({error}); export the cycle again") from None
    kept = [piece for piece in pieces if piece is not None]
    return pa.concat_tables(kept).cast(LINEAGE_SCHEMA) if kept else LINEAGE_SCHEMA.empty_table()


def _asked_in(opened: pq.ParquetFile, group: int, questions: Mapping[str, str]) -> pa.Table | None:
    if not questions:
        return opened.read_row_group(group)
    chosen: Bools | None = None
    for name, value in questions.items():
        columns = [one for one in (_SOURCES if name == "source" else (name,))
                   if _may_hold(opened, group, one, value)]  # fmt: skip
        if not columns:
            return None
        table = opened.read_row_group(group, columns=columns)
        hits = np.any([_equal(table[one], value) for one in columns], axis=0)
        chosen = hits if chosen is None else chosen & hits
        if not chosen.any():
            return None
    return opened.read_row_group(group).filter(pa.array(chosen))


def _may_hold(opened: pq.ParquetFile, group: int, name: str, value: str) -> bool:
    """False where the statistics of a row group rule a value out."""
    if name == "relationships":
        return True
    statistics = opened.metadata.row_group(group).column(LINEAGE_SCHEMA.get_field_index(name)).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(statistics.min <= value <= statistics.max)


def _equal(column: pa.ChunkedArray, value: str) -> Bools:
    """Rows whose value, or one of whose relationships, is the one asked for."""
    if pa.types.is_list(column.type):
        hits = np.zeros(len(column), dtype=bool)
        column = column.combine_chunks()
        targets = pc.struct_field(pc.list_flatten(column), "target_data_id")
        parents = pc.list_parent_indices(column).to_numpy()
        hits[parents[pc.equal(targets, value).to_numpy(zero_copy_only=False)]] = True
        return hits
    found: Bools = pc.fill_null(pc.equal(column, value), False).to_numpy()
    return found
