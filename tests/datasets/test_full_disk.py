"""A disk that refuses at any point of a run: one line, nothing lost, and the same dataset afterwards."""

import errno
import os

import pytest

from envirosense.core.errors import StorageError
from envirosense.datasets import verify
from envirosense.datasets.output import prepare_output


class Disk:
    """Counts what is asked of the disk, and refuses once."""

    def __init__(self, monkeypatch, refused=None, number=errno.ENOSPC):
        self.asked = 0
        self._refused = refused
        self._number = number
        for name in ("replace", "fsync"):
            monkeypatch.setattr(os, name, self._wrapped(getattr(os, name)))

    def _wrapped(self, call):
        def act(*args, **kwargs):
            self.asked += 1
            if self.asked - 1 == self._refused:
                raise OSError(self._number, os.strerror(self._number))
            return call(*args, **kwargs)

        return act


@pytest.mark.parametrize(
    "apart", [pytest.param(7, id="some"), pytest.param(1, id="every", marks=pytest.mark.slow)]
)
def test_a_disk_that_refuses_at_any_point_loses_nothing(generate, twin, tmp_path, monkeypatch, apart):
    plan = twin.make_plan(4, n=20, per_shard=2)
    with monkeypatch.context() as patch:
        disk = Disk(patch)
        whole = generate("whole", plan)
    assert disk.asked > 20
    for step in range(0, disk.asked, apart):
        number = (errno.ENOSPC, errno.EROFS, errno.EIO)[step % 3]
        with monkeypatch.context() as patch:
            Disk(patch, step, number)
            with pytest.raises(StorageError) as caught:
                generate(f"out{step}", plan)
        said = str(caught.value)
        assert "\n" not in said
        assert str(tmp_path / f"out{step}") in said
        assert os.strerror(number) in said
        stored = len(list((tmp_path / f"out{step}" / ".staging" / "journal").glob("[!.]*.json")))
        with prepare_output(plan, tmp_path / f"out{step}") as output:
            assert len(output.pending) <= len(plan.shards()) - stored
        resumed = generate(f"out{step}", plan)
        assert resumed.manifest == whole.manifest
        assert verify(resumed.folder).is_ok
        assert not list(resumed.folder.glob(".*"))


def test_half_written_documents_of_dead_processes_are_dropped_and_those_of_living_ones_kept(
    generate, twin, tmp_path
):
    folder = generate().folder
    dead, alive, other = (
        folder / name for name in (".a.json.999999999.tmp", f".b.{os.getpid()}.tmp", ".c.tmp")
    )
    for path in (dead, alive, other):
        path.write_text("{")
    (folder / ".d.1.tmp").write_text("process 1 is never ours")
    prepare_output(twin.make_plan(), folder).close()
    assert sorted(path.name for path in folder.glob(".*")) == sorted([alive.name, other.name, ".d.1.tmp"])
