"""What was changed, cut off or left out of an export is found."""

import json
import sqlite3
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from envirosense.core.errors import (
    ConfigError,
    DatasetError,
    MissingExtraError,
    SchemaVersionError,
    StorageError,
    UnknownNameError,
)
from envirosense.datasets import Dataset, verify
from envirosense.datasets.dataset import DatasetView
from envirosense.datasets.formats import FORMATS, Export, FileFormat, check_export, select
from envirosense.datasets.formats import hdf5_file as hdf5
from envirosense.datasets.formats.columns import check_columns, kind_of
from envirosense.datasets.formats.csv_files import CsvFormat
from envirosense.datasets.formats.sqlite_file import SqliteFormat
from envirosense.datasets.formats.webdataset_tars import WebDatasetFormat, npz_bytes

ON_DISK = tuple(name for name, kind in FORMATS.items() if issubclass(kind, FileFormat))
DOCUMENTS = {"export.json", "episodes.jsonl", "manifest.json", "run.json", "episodes.parquet"}


def write(name: str, dataset: DatasetView, folder: Path, **options: Any) -> Path:
    kind: Any = FORMATS[name]()
    kind.write(dataset, folder, **options)
    return folder


def data_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in DOCUMENTS]


@pytest.mark.parametrize("name", ON_DISK)
def test_a_text_changed_in_a_file_is_found(name: str, tmp_path: Path, dataset: Dataset) -> None:
    folder = write(name, dataset, tmp_path / "out", streams=["events"])
    coding = "utf-32-le" if name == "webdataset" else "utf-8"
    old, new = "smoulder".encode(coding), "smouldeR".encode(coding)
    for path in data_files(folder):
        path.write_bytes(path.read_bytes().replace(old, new))
    found = check_export(folder)
    assert not found.is_ok
    assert any("events" in said for said in found.findings)
    assert "faults" in str(found)


@pytest.mark.parametrize("name", ON_DISK)
def test_a_file_cut_off_is_found(name: str, tmp_path: Path, dataset: Dataset) -> None:
    folder = write(name, dataset, tmp_path / "out")
    largest = max(data_files(folder), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[: largest.stat().st_size // 2])
    found = check_export(folder)
    assert not found.is_ok
    assert all("\n" not in said for said in found.findings)


@pytest.mark.parametrize("name", ON_DISK)
def test_a_missing_file_is_found(name: str, tmp_path: Path, dataset: Dataset) -> None:
    folder = write(name, dataset, tmp_path / "out")
    lost = data_files(folder)[0]
    lost.unlink()
    (folder / "stranger.txt").touch()
    findings = check_export(folder).findings
    assert f"{lost.relative_to(folder).as_posix()}: missing" in findings
    assert "stranger.txt: not of the export" in findings


def test_a_number_changed_in_a_database_is_found(tmp_path: Path, dataset: Dataset) -> None:
    folder = write("sqlite", dataset, tmp_path / "out")
    with sqlite3.connect(folder / "dataset.sqlite") as database:
        database.execute('UPDATE "values" SET x64 = 0.25 WHERE rowid = 1')
    database.close()
    findings = check_export(folder).findings
    assert [said for said in findings if "'values'" in said]
    assert "dataset.sqlite: changed" in findings


def test_facts_changed_in_a_database_are_found(tmp_path: Path, dataset: Dataset) -> None:
    folder = write("sqlite", dataset, tmp_path / "out")
    with sqlite3.connect(folder / "dataset.sqlite") as database:
        database.execute("UPDATE episodes SET split = 'train'")
    database.close()
    assert check_export(folder).findings == ("dataset.sqlite: changed",)


def test_a_pixel_changed_in_hdf5_is_found(tmp_path: Path, dataset: Dataset) -> None:
    import h5py

    folder = write("hdf5", dataset, tmp_path / "out")
    with h5py.File(folder / hdf5.FILE, "r+") as opened:
        opened["train/thermal/frame"][1, 2, 3] ^= 1
    changed, rows = check_export(folder).findings
    assert changed == "dataset.h5: changed"
    assert "'thermal'" in rows


def test_hdf5_says_where_episodes_begin_and_what_a_unit_is(tmp_path: Path, dataset: Dataset) -> None:
    import h5py

    folder = write("hdf5", dataset, tmp_path / "out")
    with h5py.File(folder / hdf5.FILE, "r") as opened:
        train = opened["train"]
        ids = train["episodes/episode_id"].asstr()[:]
        first = train["thermal/first_rows"][:]
        for at, episode in enumerate(dataset["train"]):
            frames = train["thermal/frame"][first[at] : first[at + 1]]
            assert ids[at] == episode.episode_id
            assert (frames == episode.frames()).all()
        assert train["values/x32"].attrs["unit"] == "K"
        assert train["seldom/note"].shape == (0,)
        assert list(opened["test/seldom/first_rows"]) == [0, 1]


@pytest.mark.parametrize("name", ["gzip", "none"])
def test_hdf5_with_compression_reads_the_same(name: str, tmp_path: Path, dataset: Dataset) -> None:
    folder = write("hdf5", dataset, tmp_path / "out", compression=name)
    assert check_export(folder).is_ok


def test_hdf5_with_bitshuffle_reads_the_same_or_names_the_extra(tmp_path: Path, dataset: Dataset) -> None:
    if find_spec("hdf5plugin"):
        assert check_export(write("hdf5", dataset, tmp_path / "out", compression="bitshuffle")).is_ok
        return
    with pytest.raises(MissingExtraError, match=r"envirosense\[hdf5plugin\]"):
        write("hdf5", dataset, tmp_path / "out", compression="bitshuffle")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["lz4", "zstd"])
def test_arrow_with_compression_reads_the_same(name: str, tmp_path: Path, dataset: Dataset) -> None:
    assert check_export(write("arrow", dataset, tmp_path / "out", compression=name)).is_ok


def test_an_unknown_compression_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    with pytest.raises(UnknownNameError, match="gzip"):
        write("hdf5", dataset, tmp_path / "out", compression="lzma")


def test_a_changed_document_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    folder = write("csv", dataset, tmp_path / "out")
    lines, facts = folder / "episodes.jsonl", folder / "export.json"
    whole = lines.read_bytes()
    lines.write_bytes(whole.replace(b"train", b"tests"))
    with pytest.raises(DatasetError, match="changed"):
        check_export(folder)
    lines.unlink()
    with pytest.raises(DatasetError, match="missing"):
        check_export(folder)
    lines.write_bytes(whole)
    said = json.loads(facts.read_bytes())
    facts.write_text(json.dumps({**said, "part_hash": "0" * 64}), encoding="utf-8")
    (finding,) = check_export(folder).findings
    assert "0000" in finding
    facts.write_text(json.dumps({**said, "schema_version": 99}), encoding="utf-8")
    with pytest.raises(SchemaVersionError):
        Export.open(folder)
    facts.write_text("{", encoding="utf-8")
    with pytest.raises(DatasetError, match="damaged"):
        Export.open(folder)
    facts.unlink()
    with pytest.raises(DatasetError, match="no finished export"):
        Export.open(folder)


def test_names_that_lead_out_of_the_folder_are_refused(tmp_path: Path, dataset: Dataset) -> None:
    at = dataset.episodes.schema.get_field_index("split")
    outside = pa.array(["../train"] * dataset.episodes.num_rows)
    view = DatasetView(dataset.files, dataset.episodes.set_column(at, "split", outside))
    with pytest.raises(DatasetError, match="cannot name a file"):
        write("csv", view, tmp_path / "out")
    folder = write("csv", dataset, tmp_path / "out", streams=["events"])
    facts = json.loads((folder / "export.json").read_bytes())
    for wrong in (
        {"streams": {"../events": facts["streams"]["events"]}},
        {"files": {**facts["files"], "../events": {"bytes": 0, "sha256": ""}}},
    ):
        (folder / "export.json").write_text(json.dumps({**facts, **wrong}), encoding="utf-8")
        with pytest.raises(DatasetError, match=r"damaged|outside"):
            Export.open(folder)


@pytest.mark.parametrize("names", [("co", "CO"), ("rowid", "co")])
def test_columns_that_sqlite_would_take_for_another_are_refused(names: tuple[str, str]) -> None:
    schema = pa.schema([(name, pa.int64()) for name in names])
    with pytest.raises(DatasetError, match="sqlite cannot use the name"):
        SqliteFormat().check_schemas({"readings": schema})


def test_the_rows_of_a_csv_file_with_one_column_keep_their_nulls() -> None:
    rows = pa.record_batch({"only": pa.array(["x\n\n", None, "", None])})
    kind = CsvFormat()
    assert kind.decoded(bytes(kind.encoded(rows)), rows.schema).to_batches() == [rows]


def test_a_spec_of_another_episode_is_found(dataset: Dataset) -> None:
    kind: Any = FORMATS["dicts"]()
    held = kind.write(dataset)
    first = held.entries[0]
    wrong = first.model_copy(update={"spec": {**first.spec, "world_seed": 99}})
    object.__setattr__(held, "entries", (wrong, *held.entries[1:]))
    (finding,) = check_export(kind.read(held)).findings
    assert "its spec is of episode" in finding


def test_another_format_is_told_apart(tmp_path: Path, dataset: Dataset) -> None:
    folder = write("csv", dataset, tmp_path / "out", streams=["events"])
    kind: Any = FORMATS["json"]()
    with pytest.raises(DatasetError, match="to csv, not to json"):
        kind.read(folder)


def test_an_export_that_was_killed_is_named(tmp_path: Path, dataset: Dataset) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".unfinished").touch()
    with pytest.raises(ConfigError, match="was killed"):
        write("csv", dataset, tmp_path / "out")


def test_a_target_that_cannot_be_made_is_a_storage_error(dataset: Dataset) -> None:
    with pytest.raises(StorageError, match="/proc"):
        write("csv", dataset, Path("/proc/envirosense/out"))


def test_a_parquet_export_is_a_dataset(tmp_path: Path, dataset: Dataset) -> None:
    whole = write("parquet", dataset, tmp_path / "whole")
    assert verify(whole).is_ok
    assert Dataset.open(whole).logical_hash == dataset.logical_hash
    assert Dataset.open(whole).manifest.plan_fingerprint == dataset.manifest.plan_fingerprint
    part = tmp_path / "part"
    kind: Any = FORMATS["parquet"]()
    facts = kind.write(dataset["train"], part, streams=["thermal", "events"])
    assert verify(part).is_ok
    found = Dataset.open(part)
    assert found.logical_hash == facts.part_hash != dataset.logical_hash
    assert found.manifest.settings["part_of"] == dataset.logical_hash
    assert found.streams == ("events", "thermal")
    assert found.splits == ("train",)


def test_a_damaged_dataset_is_not_copied(tmp_path: Path, awkward: Any, dataset: Dataset) -> None:
    import shutil

    copy = Path(shutil.copytree(dataset.folder, tmp_path / "copy"))
    one, two = sorted((copy / "thermal").glob("train-*.parquet"))
    one.write_bytes(two.read_bytes())
    with pytest.raises(DatasetError):
        write("parquet", Dataset.open(copy), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_text_with_nul_is_refused_by_arrays_only() -> None:
    rows = pa.table({"note": ["a\0"]})
    with pytest.raises(DatasetError, match="NUL"):
        npz_bytes(rows)


def test_a_column_of_another_type_is_named() -> None:
    schema = pa.schema([("day", pa.date32())])
    assert kind_of(pa.date32()) is None
    with pytest.raises(DatasetError, match=r"'day' of stream 'log' is date32\[day\]"):
        check_columns("log", schema, "csv")


def test_a_selection_that_fits_nothing_is_refused(dataset: Dataset) -> None:
    with pytest.raises(ConfigError, match="fire/smoulder"):
        select(dataset, None, ["x*"])
    with pytest.raises(UnknownNameError, match="train"):
        select(dataset, "trian")
    first = next(iter(dataset))
    assert [one.episode_id for one in select(dataset, None, [first.episode_id[:6] + "*"])] == [
        first.episode_id
    ]


def test_an_export_finds_its_episodes_and_columns(tmp_path: Path, dataset: Dataset) -> None:
    found = Export.open(write("jsonl", dataset, tmp_path / "out"))
    one = next(iter(found))
    assert found.episode(one.episode_id[:8]).episode_id == one.episode_id
    assert one.table("values", ["x32", "tick"]).column_names == ["x32", "tick"]
    assert one.row_count("values") == one.table("values").num_rows
    assert "jsonl" in repr(found)
    assert one.episode_id in repr(one)
    for wrong in (lambda: found.episode("zz"), lambda: found.schema("no"), lambda: one.schema("no")):
        with pytest.raises(UnknownNameError):
            wrong()


def test_json_is_strict(tmp_path: Path, dataset: Dataset) -> None:
    folder = write("json", dataset, tmp_path / "out")

    def refuse(text: str) -> None:
        raise AssertionError(text)

    rows = json.loads((folder / "values" / "train.json").read_bytes(), parse_constant=refuse)
    assert len(rows) == sum(one.row_count("values") for one in dataset["train"])
    assert {row["x64"] for row in rows} >= {"NaN", "Infinity", "-Infinity", None, 0.1}


def test_a_stream_whose_name_no_tar_can_hold_is_refused_at_once(tmp_path: Path, dataset: Dataset) -> None:
    schema = dataset.schema("events")
    with pytest.raises(DatasetError, match=r"names a stream with at most 79 bytes; leave it out"):
        WebDatasetFormat().check_schemas({"e" * 80: schema})
    WebDatasetFormat().check_schemas({"e" * 79: schema})


def test_an_export_reads_its_entries_one_at_a_time(tmp_path: Path, dataset: Dataset) -> None:
    found = Export.open(write("csv", dataset, tmp_path / "out"))
    every = list(found.entries)
    assert [found.entries[place] for place in range(len(found.entries))] == every
    assert found.entries[-1] == every[-1]
    assert list(found.entries[1:3]) == every[1:3]
    assert not isinstance(found.entries, tuple)
