import json

import polars as pl
import pyarrow as pa
import pytest

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError
from envirosense.factory.collection import (
    CollectionPoint,
    Exporter,
    ExportFile,
    TrainingDataCollector,
    read_export,
    read_metadata,
)
from envirosense.factory.collection.export_files import read_rows, write_rows
from tests.factory.collection.toy_points import (
    COLUMNS,
    EXPORT,
    LONELY,
    OTHER,
    SOURCE,
    TWIN,
    ToyRecord,
    toy,
)

ODD = 'said "it, is"\nand; left — ünïcode'


def collected(folder, cycle=0, records=(), source=SOURCE):
    collector = TrainingDataCollector(TWIN, folder, cycle)
    collector.collect("toys", records, source)
    return collector


def files_below(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_every_format_reads_back_what_was_collected(tmp_path) -> None:
    records = [toy(1, target=ODD, parts=("a", "b,c"), is_big=True), toy(2, score=0.1 + 0.5, event="e1")]
    cycle = collected(tmp_path, records=records).export()
    found = read_export(cycle, EXPORT)
    assert set(found) == {"toys.json", "toys.parquet", "toys.csv", "toys.sqlite"}
    by_name = sorted(found["toys.json"], key=lambda row: row["name"])
    assert [{**ToyRecord(**record).model_dump(mode="json")} for record in records] == [
        {name: value for name, value in row.items() if name != "data_id"} for row in by_name
    ]
    assert all(rows == found["toys.json"] for rows in found.values())
    assert pl.read_parquet(cycle / "toys" / "toys.parquet").height == 2


def test_the_folder_of_a_cycle_holds_what_was_fed_and_says_who_waits(tmp_path) -> None:
    cycle = collected(tmp_path, records=[toy()]).export()
    assert cycle == tmp_path / "training_data" / "cycle_0"
    toys = {
        f"toys/{name}" for name in ("toys.json", "toys.parquet", "toys.csv", "toys.sqlite", "metadata.json")
    }
    lonely = {"lonely/lonely.json", "lonely/metadata.json"}
    assert files_below(cycle) == toys | lonely | {"lineage.parquet", "collection.json"}
    assert files_below(tmp_path / "training_data" / "aggregated") == toys | lonely
    told = read_metadata(cycle / "lonely")
    assert (told["status"], told["counts"], told["files"]["lonely.json"]["n_rows"]) == (
        "waiting", {"records": 0}, 0
    )  # fmt: skip
    assert read_export(cycle, LONELY) == {"lonely.json": []}
    report = json.loads((cycle / "collection.json").read_text())
    assert report["points"]["lonely"]["status"] == "waiting"


def test_metadata_says_what_came_in_and_why_the_rest_did_not(tmp_path) -> None:
    cycle = collected(tmp_path, records=[toy(is_big=True), toy(), toy(2, score=0.1)]).export()
    told = read_metadata(cycle / "toys")
    assert (told["schema_version"], told["cycle"], told["status"]) == (1, 0, "fed")
    assert told["counts"] == {"records": 2, "big": 1}
    assert told["points"]["toys"]["reasons"] == {"score_low": 1}
    assert told["points"]["more_toys"]["status"] == "waiting"
    assert told["sources"] == {
        "sites": ["site-1"], "n_episodes": 1, "tests": ["nightly"], "origins": {"simulated": 2}
    }  # fmt: skip
    assert {facts["n_rows"] for facts in told["files"].values()} == {2}


def test_rejected_records_are_kept_apart_with_their_reasons(tmp_path) -> None:
    cycle = collected(tmp_path, records=[toy(), toy(2, score=0.1), {"score": []}]).export()
    lines = (tmp_path / "quarantine" / "cycle_0" / "toys.jsonl").read_text().splitlines()
    found = {tuple(line["reasons"]): line for line in map(json.loads, lines)}
    assert set(found) == {
        ("score_low",),
        ("malformed:name", "malformed:score", "score_missing", "target_empty"),
    }
    assert found["score_low",]["record"]["name"] == "toy 2"
    assert len(read_export(cycle, EXPORT)["toys.json"]) == 1


def test_all_cycles_together_hold_every_record_once(tmp_path) -> None:
    collected(tmp_path, 0, [toy(), toy(1)]).export()
    collected(tmp_path, 1, [toy(1), toy(2)]).export()
    collected(tmp_path, 2, [toy()], OTHER).export()
    aggregated = tmp_path / "training_data" / "aggregated"
    names = [row["name"] for row in read_export(aggregated, EXPORT)["toys.json"]]
    assert sorted(names) == ["toy 0", "toy 0", "toy 1", "toy 2"]
    assert read_metadata(aggregated / "toys")["cycles"] == [0, 1, 2]
    assert len(read_export(tmp_path / "training_data" / "cycle_1", EXPORT)["toys.json"]) == 2


def test_an_export_made_again_is_the_same_to_the_byte(tmp_path) -> None:
    collected(tmp_path, records=[toy(), toy(1)]).export()
    before = {path: path.read_bytes() for path in (tmp_path / "training_data").rglob("*.json")}
    collected(tmp_path, records=[toy(1), toy()]).export()
    assert {path: path.read_bytes() for path in (tmp_path / "training_data").rglob("*.json")} == before


def test_files_of_every_format_are_there_and_empty_while_nobody_feeds_them(tmp_path) -> None:
    cycle = collected(tmp_path).export()
    names = ("toys.json", "toys.parquet", "toys.csv", "toys.sqlite")
    assert read_export(cycle, EXPORT) == {name: [] for name in names}
    assert pl.read_parquet(cycle / "toys" / "toys.parquet").columns == COLUMNS.names
    (cycle / "toys" / "toys.csv").unlink()
    with pytest.raises(DatasetError, match="export the cycle again"):
        read_export(cycle, EXPORT)


def test_metadata_that_leaves_a_file_out_is_refused(tmp_path) -> None:
    cycle = collected(tmp_path).export()
    path = cycle / "toys" / "metadata.json"
    told = json.loads(path.read_text())
    del told["files"]["toys.csv"]
    path.write_text(json.dumps(told))
    with pytest.raises(DatasetError, match=r"toys\.csv: not the file"):
        read_export(cycle, EXPORT)


@pytest.mark.parametrize("name", ["toys.json", "toys.parquet", "toys.csv", "toys.sqlite"])
def test_a_file_that_was_touched_is_noticed_and_exported_again(tmp_path, name) -> None:
    collector = collected(tmp_path, records=[toy(), toy(1)])
    cycle = collector.export()
    (cycle / "toys" / name).write_bytes((cycle / "toys" / name).read_bytes()[:-3])
    with pytest.raises(DatasetError, match="export the cycle again"):
        read_export(cycle, EXPORT)
    assert read_export(collector.export(), EXPORT)


def test_a_crash_between_files_and_metadata_is_noticed(tmp_path) -> None:
    cycle = collected(tmp_path, records=[toy()]).export()
    old = (cycle / "toys" / "metadata.json").read_bytes()
    collector = collected(tmp_path, records=[toy(), toy(1)])
    collector.export()
    (cycle / "toys" / "metadata.json").write_bytes(
        old
    )  # new files, old metadata: where a kill would leave it
    with pytest.raises(DatasetError, match="not the file"):
        read_export(cycle, EXPORT)
    assert len(read_export(collector.export(), EXPORT)["toys.json"]) == 2


def test_an_empty_target_stops_the_export_and_leaves_the_last_one(tmp_path) -> None:
    collector = collected(tmp_path, records=[toy()])
    cycle = collector.export()
    collector.collect("more_toys", [toy(1, target="")], SOURCE)  # a point without filters
    with pytest.raises(DatasetError, match="empty target 'target'"):
        collector.export()
    assert len(read_export(cycle, EXPORT)["toys.json"]) == 1


@pytest.mark.parametrize("name", ["rows.parquet", "rows.csv", "rows.sqlite"])
def test_rows_that_do_not_fit_the_columns_are_refused(tmp_path, name) -> None:
    file = ExportFile(name, lambda _: [], COLUMNS, "rows")
    with pytest.raises(DatasetError, match="colour"):
        write_rows(tmp_path / name, file, [dict.fromkeys(COLUMNS.names) | {"colour": "red"}])


def test_values_of_another_type_are_refused(tmp_path) -> None:
    file = ExportFile("rows.parquet", lambda _: [], COLUMNS)
    with pytest.raises(DatasetError, match="does not fit"):
        write_rows(tmp_path / "rows.parquet", file, [dict.fromkeys(COLUMNS.names) | {"score": "high"}])


def test_a_file_that_does_not_read_back_is_not_given_out(tmp_path) -> None:
    file = ExportFile("rows.csv", lambda _: [], pa.schema([("blob", pa.binary())]))  # CSV knows no bytes
    with pytest.raises(DatasetError, match="does not read back"):
        write_rows(tmp_path / "rows.csv", file, [{"blob": b"a"}])


@pytest.mark.parametrize("name", ["rows.json", "rows.parquet", "rows.csv", "rows.sqlite"])
@pytest.mark.parametrize("text", ["\r\n", "\0", '"', ",", "null", "NaN", "\ufeff", " ", "\u2028"])
def test_odd_texts_come_back_as_they_were(tmp_path, name, text) -> None:
    file = ExportFile(name, lambda _: [], COLUMNS, "rows")
    rows = [dict.fromkeys(COLUMNS.names) | {"data_id": text, "event": text, "parts": [text]}]
    write_rows(tmp_path / name, file, rows)
    assert read_rows(tmp_path / name, file) == rows


@pytest.mark.parametrize("name", ["rows.json", "rows.parquet", "rows.csv", "rows.sqlite"])
def test_nothing_is_different_from_an_empty_text(tmp_path, name) -> None:
    file = ExportFile(name, lambda _: [], COLUMNS, "rows")
    blank = dict.fromkeys(COLUMNS.names)
    rows = [
        blank,
        blank | {"name": "", "parts": []},
        blank | {"name": "NULL", "score": -0.0, "is_big": False},
    ]
    write_rows(tmp_path / name, file, rows)
    assert read_rows(tmp_path / name, file) == rows


def test_a_newer_file_is_refused_by_name(tmp_path) -> None:
    cycle = collected(tmp_path, records=[toy()]).export()
    path = cycle / "toys" / "metadata.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": 99}))
    with pytest.raises(SchemaVersionError, match="99"):
        read_export(cycle, EXPORT)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_metadata(cycle / "nothing")


def test_a_file_without_its_columns_is_refused() -> None:
    with pytest.raises(ConfigError, match="needs its columns"):
        ExportFile("rows.csv", lambda _: [])
    with pytest.raises(ConfigError, match="name of its table"):
        ExportFile("rows.sqlite", lambda _: [], COLUMNS)
    with pytest.raises(ConfigError, match="unknown format"):
        ExportFile("rows.xls", lambda _: [])


def test_a_point_names_its_event() -> None:
    point = CollectionPoint("toys", ToyRecord, (), Exporter("toys", ()), event="a.b")
    assert point.event_of({"a": {"b": "e1"}}) == "e1"
    assert point.event_of({"a": None}) is None
