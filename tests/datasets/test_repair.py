"""Damaged files come back with the same bytes, or the reason why they cannot is said."""

import json
import shutil
import tracemalloc

import pyarrow.parquet as pq
import pytest

from envirosense.core.errors import ConfigError, DatasetError, EpisodeError, StorageError
from envirosense.datasets import verify
from envirosense.datasets.file_list import FileList
from envirosense.datasets.files import file_sha256, write_whole
from envirosense.datasets.lock import FolderLock
from envirosense.datasets.manifest import Manifest
from envirosense.datasets.output import lock_path
from envirosense.datasets.repair import Maker, _relist, repair
from envirosense.datasets.shard import FileRecord
from envirosense.datasets.verify import REPAIR
from envirosense.datasets.versions import VERSIONS

PLACE = "readings/train-00000.parquet"
OTHER = "thermal/test-00000.parquet"


@pytest.fixture
def maker(twin):
    return Maker(twin.simulate, "0", "")


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def forge(folder, place):
    """Change rows and make the manifest agree with the file."""
    table = pq.read_table(folder / place)
    pq.write_table(table.slice(0, table.num_rows - 1), folder / place, row_group_size=50)
    data = json.loads((folder / "manifest.json").read_text())
    data["files"][place] |= {"bytes": (folder / place).stat().st_size, "sha256": file_sha256(folder / place)}
    (folder / "manifest.json").write_text(json.dumps(data))


@pytest.mark.parametrize(
    "damage",
    [truncate, flip, lambda path: path.unlink(), lambda path: path.write_bytes(b"")],
    ids=["truncated", "flipped_bit", "missing", "empty"],
)
def test_damaged_shards_come_back_with_the_same_bytes(generate, twin, maker, damage):
    folder = generate(plan=twin.make_plan(n=400)).folder
    before = contents(folder)
    damage(folder / PLACE)
    damage(folder / OTHER)
    report = repair(folder, maker)
    assert report.is_ok
    assert sorted(report.repaired) == [PLACE, OTHER]
    assert contents(folder) == before
    assert report.logical_hash == verify(folder).logical_hash


def test_only_the_damaged_streams_of_damaged_shards_are_simulated(generate, maker, twin):
    folder = generate().folder
    (folder / PLACE).unlink()
    episodes, asked = [], set()

    def simulate(spec, out):
        episodes.append(spec.params["index"])
        asked.update(name for name in ("readings", "thermal", "events") if out.wants(name))
        return twin.simulate(spec, out)

    assert repair(folder, Maker(simulate, "0", "")).is_ok
    assert episodes == [1, 2]  # the first two of the split
    assert asked == {"readings"}


def test_a_failed_episode_of_the_shard_stays_failed(generate, twin, maker):
    def simulate(spec, out):
        summary = twin.simulate(spec, out)
        if spec.params["index"] == 2:
            raise EpisodeError("no wood left")
        return summary

    folder = generate(plan=twin.make_plan(n=400), simulate=simulate).folder
    before = contents(folder)
    (folder / PLACE).unlink()
    assert repair(folder, maker).is_ok
    assert contents(folder) == before


def test_a_whole_dataset_is_left_alone(generate, maker):
    folder = generate().folder
    before = contents(folder)
    report = repair(folder, maker)
    assert report.is_ok
    assert report.repaired == ()
    assert contents(folder) == before


def test_rows_changed_behind_a_forged_checksum_are_made_again(generate, maker):
    folder = generate().folder
    sound = contents(folder)
    forge(folder, PLACE)
    assert repair(folder, maker).is_ok
    assert (folder / PLACE).read_bytes() == sound[(folder / PLACE).relative_to(folder)]
    stated = json.loads((folder / "manifest.json").read_text())
    assert stated == json.loads(next(data for path, data in sound.items() if path.name == "manifest.json"))


def test_equal_rows_in_other_bytes_are_stated_in_the_manifest(generate, maker):
    """A new version of the Parquet writer may write the same rows in another way."""
    folder = generate().folder
    data = json.loads((folder / "manifest.json").read_text())
    data["files"][PLACE]["sha256"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(data))
    report = repair(folder, maker)
    assert report.is_ok
    assert report.repaired == (PLACE,)


def test_every_manifest_that_lists_a_file_states_what_it_is_now(generate):
    folder = generate().folder
    there = Manifest.load(folder)
    (folder / VERSIONS).mkdir()
    old, lost = (folder / VERSIONS / f"manifest-{n:04d}.json" for n in (1, 2))
    write_whole(old, there.pieces())
    lost.write_text("{")  # no reason to leave the others as they are
    record = FileRecord(rows=there.files[PLACE].rows, bytes=7, sha256="0" * 64)
    _relist(folder, {PLACE: record, "readings/other.parquet": record})
    for found in (Manifest.load(folder), Manifest.read(old)):
        sizes = [file.bytes for place, file in found.files.items() if place.startswith("readings/")]
        assert found.files[PLACE] == record
        assert found.streams["readings"].bytes == sum(sizes)
        assert found.restated({PLACE: there.files[PLACE]}) == there
    assert lost.read_text() == "{"


def test_a_manifest_of_many_files_is_restated_in_little_memory(generate):
    folder = generate().folder
    n = 20_000
    file = FileRecord(rows=10, bytes=100, sha256="a" * 64)
    many = FileList((f"readings/train-{number:05d}.parquet", file) for number in range(n))
    write_whole(folder / "manifest.json", Manifest.load(folder).model_copy(update={"files": many}).pieces())
    place = f"readings/train-{n - 1:05d}.parquet"
    tracemalloc.start()
    _relist(folder, {place: file.model_copy(update={"bytes": 101})})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500 * n
    assert Manifest.load(folder).streams["readings"].bytes == 100 * n + 1


@pytest.mark.parametrize(
    ("code", "physics", "said"),
    [
        ("9", "", "made by envirosense 0, physics without a version, here is envirosense 9"),
        ("0", "7", "physics without a version, here is envirosense 0, physics 7"),
    ],
)
def test_other_versions_are_refused_by_name(generate, twin, code, physics, said):
    folder = generate().folder
    truncate(folder / PLACE)
    before = contents(folder)
    report = repair(folder, Maker(twin.simulate, code, physics))
    assert not report.is_ok
    assert [finding.file for finding in report.left] == [PLACE]
    assert said in report.left[0].fix
    assert contents(folder) == before


def test_rows_that_come_out_different_are_never_put_in(generate, twin):
    folder = generate().folder
    truncate(folder / PLACE)
    before = contents(folder)

    def other(spec, out):
        return twin.simulate(spec.model_copy(update={"world_seed": spec.world_seed + 1}), out)

    report = repair(folder, Maker(other, "0", ""))
    assert "comes out different" in report.left[0].fix
    assert contents(folder) == before


def test_an_episode_that_fails_now_is_named(generate):
    folder = generate().folder
    truncate(folder / PLACE)

    def broken(spec, out):
        raise ValueError("no wood left")

    report = repair(folder, Maker(broken, "0", ""))
    assert "cannot be simulated again (no wood left)" in report.left[0].fix


def test_what_nothing_can_make_again_says_why(generate):
    folder = generate().folder
    truncate(folder / PLACE)
    report = repair(folder, "recorded data cannot be made again")
    assert str(report.left[0]).endswith("recorded data cannot be made again")


def test_a_lost_episode_table_is_said_with_the_way_out(generate, maker):
    folder = generate().folder
    flip(folder / "episodes.parquet")
    with pytest.raises(DatasetError, match=r"specs of all episodes are in it.*from the settings in manifest"):
        repair(folder, maker)


def test_a_table_that_does_not_agree_with_the_manifest_is_not_trusted(generate, maker):
    folder = generate().folder
    (folder / PLACE).unlink()
    data = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(data | {"logical_hash": "0" * 64}))
    assert any("state different hashes" in finding.fix for finding in repair(folder, maker).left)


def test_a_full_disk_keeps_what_was_there(generate, maker, monkeypatch):
    folder = generate().folder
    truncate(folder / PLACE)
    kept = (folder / PLACE).read_bytes()

    def full(finals):
        raise StorageError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr("envirosense.datasets.repair.commit_all", full)
        with pytest.raises(StorageError):
            repair(folder, maker)
    assert (folder / PLACE).read_bytes() == kept
    assert {finding.file for finding in verify(folder).findings} == {PLACE, REPAIR}
    assert repair(folder, maker).is_ok
    assert not (folder / REPAIR).exists()


def test_only_one_repairs_at_a_time_and_none_while_a_run_writes(generate, maker):
    folder = generate().folder
    (folder / ".staging").mkdir()
    for path in (folder / REPAIR / "lock", lock_path(folder)):
        lock = FolderLock(path)
        lock.acquire()
        with pytest.raises(ConfigError, match="is writing here"):
            repair(folder, maker)
        lock.release()
    report = repair(folder, maker)
    assert report.is_ok
    assert report.repaired == (".staging",)


def test_documents_are_written_anew_from_the_data(generate, maker):
    folder = generate().folder
    for name in ("stats.json", "croissant.json"):
        (folder / name).write_text("{")

    def describe(dataset):
        for name in ("README.md", "stats.json", "croissant.json"):
            (dataset.folder / name).write_text('{"a": 1}')

    assert {one.file for one in verify(folder).findings} == {"README.md", "stats.json", "croissant.json"}
    report = repair(folder, maker, describe)
    assert report.is_ok
    assert report.repaired == ("README.md", "croissant.json", "stats.json")


def test_run_facts_that_are_damaged_cannot_be_made_again(generate, maker):
    folder = generate().folder
    (folder / "run.json").write_text("{")
    (left,) = repair(folder, maker).left
    assert str(left) == "run.json: empty or damaged; delete it, it only says cost and dates"


def test_one_of_two_episode_tables_mends_the_other(generate, maker):
    folder = generate().folder
    own = folder / "versions" / "episodes-00001.parquet"
    own.parent.mkdir()
    shutil.copy(folder / "episodes.parquet", own)
    shutil.copy(folder / "manifest.json", own.with_name("manifest-00001.json"))
    for path in (own, folder / "episodes.parquet"):
        before = contents(folder)
        flip(path)
        assert repair(folder, maker).repaired == (path.relative_to(folder).as_posix(),)
        assert contents(folder) == before
