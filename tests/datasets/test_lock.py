"""One writer a folder, named to the second; and what a changed request is told."""

import pytest

from envirosense.core.errors import ConfigError
from envirosense.datasets import prepare_output, write_shard
from envirosense.datasets.lock import FolderLock, holds


def test_a_ticket_is_good_while_its_lock_is_held(tmp_path):
    path = tmp_path / "run" / "lock"
    lock, next_lock = FolderLock(path), FolderLock(path)
    lock.acquire()
    assert holds(path, lock.ticket)
    lock.release()
    assert not holds(path, lock.ticket)
    next_lock.acquire()
    assert next_lock.ticket != lock.ticket
    assert holds(path, next_lock.ticket)
    assert not holds(tmp_path / "elsewhere", lock.ticket)
    next_lock.release()


def test_a_holder_on_another_machine_is_named_with_it(tmp_path):
    lock = FolderLock(tmp_path / "lock")
    lock.acquire()
    for said, expected in (("12 node7 x", "process 12 on node7 is"), ("", "process unknown is")):
        (tmp_path / "lock").write_text(said)
        with pytest.raises(ConfigError, match=expected):
            FolderLock(tmp_path / "lock").acquire()
    lock.release()


def test_a_changed_request_shows_the_difference_and_names_the_way_to_more_episodes(generate, twin, tmp_path):
    generate("done")
    with prepare_output(twin.make_plan(), tmp_path / "half") as output:
        write_shard(output.folder, output.pending[0], twin.simulate)
    before = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    more = twin.make_plan(8)
    for folder, said in (("done", "holds another dataset"), ("half", "unfinished run of another plan")):
        with pytest.raises(ConfigError, match=rf"{said} \(episodes: 6 there, 8 here\)") as caught:
            prepare_output(more, tmp_path / folder)
        assert "envirosense dataset extend" in str(caught.value)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == before
