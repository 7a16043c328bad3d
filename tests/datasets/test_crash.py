"""What a killed process or a full disk leaves behind, and the resumed run."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError, StorageError
from envirosense.datasets import Output, prepare_output, verify, write_shard
from envirosense.datasets.files import write_whole
from envirosense.datasets.lock import FolderLock


def run_apart(mode: str, folder: Path) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).with_name("crash_run.py")
    return subprocess.run(
        [sys.executable, str(script), mode, str(folder)], capture_output=True, text=True, check=False
    )


def test_a_killed_run_resumes_to_the_same_dataset_without_orphans(generate, twin, tmp_path):
    whole = generate("whole", twin.make_plan(n=400))
    killed = run_apart("kill", tmp_path / "killed")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    journal = {path.stem for path in (tmp_path / "killed" / ".staging" / "journal").iterdir()}
    assert journal == {"test-00000", "train-00000"}

    with prepare_output(twin.make_plan(n=400), tmp_path / "killed") as output:
        assert [shard.name for shard in output.pending] == ["train-00001"]
        assert not (tmp_path / "killed" / ".staging" / "tmp").exists()
    resumed = generate("killed", twin.make_plan(n=400))
    assert resumed.logical_hash == whole.logical_hash
    assert resumed.manifest.files == whole.manifest.files
    assert verify(resumed.folder).findings == ()
    assert not list(resumed.folder.glob(".*"))


def test_a_full_disk_is_one_line_and_loses_nothing(generate, twin, tmp_path):
    full = run_apart("full", tmp_path / "out")
    assert full.returncode == 1
    assert full.stderr.count("\n") == 1
    assert str(tmp_path / "out") in full.stderr
    assert "free disk space" in full.stderr
    assert not list((tmp_path / "out").glob("*/*.parquet"))
    resumed = generate("out", twin.make_plan(n=400))
    assert resumed.logical_hash == generate("whole", twin.make_plan(n=400)).logical_hash


def write_all(output: Output, twin: ModuleType) -> None:
    for shard in output.pending:
        write_shard(output.folder, shard, twin.simulate)


def test_a_full_tmpfs_is_reported_by_name(twin, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("mounting is not allowed here")
    try:
        plan = twin.make_plan(40, n=3000, per_shard=10)
        with prepare_output(plan, small / "out") as output:
            with pytest.raises(StorageError, match=r"small/out.*No space left.*free disk space"):
                write_all(output, twin)
            assert not list((small / "out" / ".staging" / "tmp").iterdir())
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_shard_whose_file_was_lost_is_written_again(generate, twin, tmp_path):
    whole = generate("whole")
    with prepare_output(twin.make_plan(), tmp_path / "out") as output:
        for shard in output.pending:
            write_shard(output.folder, shard, twin.simulate)
    (tmp_path / "out" / "readings" / "train-00000.parquet").write_bytes(b"PAR1")
    with prepare_output(twin.make_plan(), tmp_path / "out") as output:
        assert [shard.name for shard in output.pending] == ["train-00000"]
    assert generate("out").logical_hash == whole.logical_hash


def test_another_plan_leaves_no_orphan_of_a_shard_killed_while_it_was_committed(generate, twin, tmp_path):
    folder = tmp_path / "out"
    old, new = twin.make_plan(6, per_shard=1), twin.make_plan(6, per_shard=6, seed=8)
    with prepare_output(old, folder) as output:
        shard = output.pending[1]
        write_shard(folder, shard, twin.simulate)
    (folder / ".staging" / "journal" / f"{shard.name}.json").unlink()
    assert list(folder.glob(f"*/{shard.name}.parquet"))
    assert shard.name not in {one.name for one in new.shards()}
    assert verify(generate("out", new).folder).findings == ()


def test_a_damaged_journal_entry_means_its_shard_is_written_again(generate, twin, tmp_path):
    with prepare_output(twin.make_plan(), tmp_path / "out") as output:
        write_all(output, twin)
    (tmp_path / "out" / ".staging" / "journal" / "train-00000.json").write_text("{}")
    with prepare_output(twin.make_plan(), tmp_path / "out") as output:
        assert [shard.name for shard in output.pending] == ["train-00000"]
    assert generate("out").logical_hash == generate("whole").logical_hash


def test_a_dataset_finished_by_another_process_in_the_last_moment_is_kept(
    generate, twin, tmp_path, monkeypatch
):
    class LateLock(FolderLock):
        """Taken just after another process has finished its dataset here."""

        def acquire(self):
            monkeypatch.undo()
            monkeypatch.setenv("ENVIROSENSE_HOME", str(tmp_path / "home"))
            generate("out")
            super().acquire()

    monkeypatch.setattr("envirosense.datasets.output.FolderLock", LateLock)
    with pytest.raises(ConfigError, match="holds another dataset"):
        prepare_output(twin.make_plan(seed=8), tmp_path / "out")
    assert verify(generate("out").folder).findings == ()


def test_a_finished_dataset_that_lost_a_file_is_not_called_finished(generate, tmp_path):
    generate()
    shard = tmp_path / "out" / "readings" / "train-00000.parquet"
    shard.write_bytes(shard.read_bytes()[:100])
    with pytest.raises(DatasetError, match=r"readings/train-00000\.parquet: missing or truncated; restore"):
        generate()


def test_a_plan_of_a_newer_version_is_refused_by_name(twin, tmp_path):
    prepare_output(twin.make_plan(), tmp_path / "out").close()
    plan = tmp_path / "out" / ".staging" / "plan.json"
    plan.write_text('{"schema_version": 99, "a_new_field": 1}')
    with pytest.raises(SchemaVersionError, match="99 is newer"):
        prepare_output(twin.make_plan(), tmp_path / "out")


def test_a_folder_name_that_is_too_long_is_one_line(twin, tmp_path):
    with pytest.raises(StorageError, match=r"cannot be written .*name too long"):
        prepare_output(twin.make_plan(), tmp_path / ("x" * 300))


def test_a_document_that_cannot_be_written_is_named_itself(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"file/quality\.json: cannot be written \(Not a directory\)"):
        write_whole(tmp_path / "file" / "quality.json", b"{}")
