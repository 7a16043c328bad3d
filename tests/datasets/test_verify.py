import json
import shutil

import pyarrow.parquet as pq
import pytest

from envirosense.core.errors import DatasetError
from envirosense.datasets import Dataset, recompute_logical_hash, verify
from envirosense.datasets.files import file_sha256

PLACE = "readings/train-00000.parquet"


def problems(folder):
    return {finding.file: finding.problem for finding in verify(folder).findings}


def relist(folder, place):
    """Make the manifest agree with a changed file, as a forger would."""
    data = json.loads((folder / "manifest.json").read_text())
    data["files"][place] |= {"bytes": (folder / place).stat().st_size, "sha256": file_sha256(folder / place)}
    (folder / "manifest.json").write_text(json.dumps(data))


def test_a_sound_dataset_has_no_findings(generate):
    dataset = generate()
    report = verify(dataset.folder)
    assert report.is_ok
    assert report.logical_hash == dataset.logical_hash
    assert report.n_files == 10
    report.raise_if_damaged()


def test_a_truncated_shard_is_named_with_its_fix(generate):
    folder = generate().folder
    (folder / PLACE).write_bytes((folder / PLACE).read_bytes()[:-7])
    report = verify(folder)
    assert list(problems(folder)) == [PLACE]
    with pytest.raises(
        DatasetError, match=r"readings/train-00000.parquet: .*truncated.*generate the dataset again"
    ):
        report.raise_if_damaged()


def test_a_flipped_bit_is_found(generate):
    folder = generate().folder
    data = bytearray((folder / PLACE).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / PLACE).write_bytes(data)
    assert problems(folder) == {PLACE: "checksum differs (damaged or changed)"}


def test_missing_unlisted_and_left_over_files_are_found(generate):
    folder = generate().folder
    (folder / PLACE).unlink()
    (folder / "readings" / "extra.parquet").write_text("")
    (folder / ".staging").mkdir()
    (folder / "README.md").write_text("a document needs no listing")
    assert problems(folder) == {
        PLACE: "missing",
        "readings/extra.parquet": "not listed in the manifest",
        ".staging": "left over from generation",
    }


def test_many_strangers_in_a_folder_are_one_finding(generate):
    folder = generate().folder
    for place in ("model/a/one.bin", "model/b/two.bin", "model/three.bin"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text("")
    assert problems(folder) == {"model/": "3 files are not listed in the manifest"}


def test_changed_values_behind_a_forged_checksum_are_found(generate):
    folder = generate().folder
    table = pq.read_table(folder / PLACE)
    changed = table.set_column(4, table.schema.field("ok"), [[not ok for ok in table["ok"].to_pylist()]])
    pq.write_table(changed, folder / PLACE, row_group_size=50)
    relist(folder, PLACE)
    found = verify(folder).findings
    assert any("differ from their content hash" in finding.problem for finding in found)
    assert any("logical hash differs" in finding.problem for finding in found)
    with pytest.raises(DatasetError, match="differ from their content hash"):
        recompute_logical_hash(folder)


def test_changed_columns_and_rows_behind_a_forged_checksum_are_found(generate):
    folder = generate().folder
    table = pq.read_table(folder / PLACE)
    pq.write_table(table.slice(0, 100).replace_schema_metadata({}), folder / PLACE, row_group_size=50)
    relist(folder, PLACE)
    assert problems(folder)[PLACE] == "columns differ from the manifest"
    pq.write_table(table.slice(0, 99), folder / PLACE, row_group_size=50)
    relist(folder, PLACE)
    assert any("99 rows instead of 100" in finding.problem for finding in verify(folder).findings)


def test_a_moved_dataset_is_still_sound(generate, tmp_path):
    dataset = generate()
    shutil.move(dataset.folder, tmp_path / "moved")
    assert verify(tmp_path / "moved").is_ok
    assert Dataset.open(tmp_path / "moved").logical_hash == dataset.logical_hash
