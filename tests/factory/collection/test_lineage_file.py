import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError
from envirosense.core.rng import stream
from envirosense.factory.collection import (
    LINEAGE_SCHEMA,
    RecordSource,
    TrainingDataCollector,
    query_lineage,
    write_lineage,
)
from envirosense.factory.collection.lineage_file import LINEAGE, TRAINING_DATA
from tests.factory.collection.toy_points import OTHER, SOURCE, TWIN, toy


@pytest.fixture
def folder(tmp_path):
    first = TrainingDataCollector(TWIN, tmp_path, 0)
    first.collect("toys", [toy(event="e1"), toy(1, event="e2"), toy(2, score=0.0)], SOURCE)
    first.export()
    made_of = first.accepted("toys")[0].data_id
    second = TrainingDataCollector(TWIN, tmp_path, 1, origin="real")
    second.collect("toys", [toy(event="e1")], OTHER)
    source = RecordSource("site-3", "89abcdef", derived_from=(made_of,))
    second.collect("more_toys", [toy(3)], source)
    second.export()
    return tmp_path


def names(table):
    return sorted(zip(table["source_site_id"].to_pylist(), table["event_id"].to_pylist(), strict=True))


def test_every_accepted_record_has_its_row(folder) -> None:
    table = query_lineage(folder)
    assert table.schema == LINEAGE_SCHEMA
    assert names(query_lineage(folder, cycle=0)) == [("site-1", "e1"), ("site-1", "e2")]
    assert table.num_rows == 4
    row = query_lineage(folder, cycle=0).to_pylist()[0]
    assert row["transformations"][0] == "finder@2"
    assert row["transformations"][1].startswith("filter:toys@")
    assert (row["source_test_id"], row["source_episode_id"]) == ("nightly", "0123abcd")


def test_questions_by_source_event_and_record(folder) -> None:
    assert names(query_lineage(folder, event="e1")) == [("site-1", "e1"), ("site-2", "e1")]
    assert names(query_lineage(folder, event="e1", cycle=1)) == [("site-2", "e1")]
    for source in ("site-1", "0123abcd", "nightly"):
        assert query_lineage(folder, source=source).num_rows == 2
    assert query_lineage(folder, source="site-1", event="e2").num_rows == 1
    assert query_lineage(folder, source="site-9").num_rows == 0
    assert '"real"' in query_lineage(folder, source="site-2")["metadata"][0].as_py()


def test_from_a_record_to_what_was_made_of_it_and_back(folder) -> None:
    child = query_lineage(folder, source="site-3").to_pylist()[0]
    (link,) = child["relationships"]
    assert link["relationship_type"] == "derived_from"
    parent = query_lineage(folder, data_id=link["target_data_id"]).to_pylist()
    assert [one["source_site_id"] for one in parent] == ["site-1"]
    assert query_lineage(folder, derived_from=link["target_data_id"]).to_pylist() == [child]


def test_answers_are_those_of_a_plain_search_over_many_row_groups(tmp_path) -> None:
    rng = stream(3, "tests", "lineage")
    n = 9_000
    sites = [f"site-{one}" for one in rng.integers(0, 30, n)]
    events = [None if one == 0 else f"event-{one}" for one in rng.integers(0, 40, n)]
    ids = [f"{one:016x}" for one in range(n)]
    columns = {name: pa.nulls(n, LINEAGE_SCHEMA.field(name).type) for name in LINEAGE_SCHEMA.names}
    columns |= {
        "data_id": pa.array(ids),
        "source_site_id": pa.array(sites),
        "event_id": pa.array(events),
        "relationships": pa.array(
            [[] if one % 7 else [{"target_data_id": f"{one // 7:016x}", "relationship_type": "derived_from"}]
             for one in range(n)],
            LINEAGE_SCHEMA.field("relationships").type,
        ),
    }  # fmt: skip
    path = tmp_path / TRAINING_DATA / "cycle_0" / LINEAGE
    write_lineage(path, pa.table(columns), row_group=1_000)
    assert pq.ParquetFile(path).num_row_groups == 9
    found = query_lineage(tmp_path, source="site-7", event="event-3")
    wanted = [
        one
        for one, site, event in zip(ids, sites, events, strict=True)
        if (site, event) == ("site-7", "event-3")
    ]
    assert sorted(found["data_id"].to_pylist()) == wanted
    assert query_lineage(tmp_path, derived_from=f"{1000:016x}")["data_id"].to_pylist() == [ids[7000]]
    assert query_lineage(tmp_path, data_id=ids[-1])["source_site_id"].to_pylist() == [sites[-1]]


def test_bad_questions_and_files_are_refused(folder) -> None:
    with pytest.raises(ConfigError, match="cycle=7"):
        query_lineage(folder, cycle=7)
    with pytest.raises(ConfigError, match="collect and export first"):
        query_lineage(folder / "elsewhere")
    path = folder / TRAINING_DATA / "cycle_0" / LINEAGE
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({b"schema_version": b"9"}), path)
    with pytest.raises(SchemaVersionError, match="9"):
        query_lineage(folder)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(DatasetError, match="not a readable lineage"):
        query_lineage(folder)
