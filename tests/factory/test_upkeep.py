"""Stored datasets kept whole by the factory: its twins repair, its workers re-shard."""

import json

import pytest

from envirosense.core.errors import ConfigError
from envirosense.datasets import verify
from envirosense.factory import generate
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.upkeep import repair, reshard


@pytest.fixture
def stored(request_coin, tmp_path):
    request = request_coin(options={"fail": [1]})
    return generate(request, tmp_path / "stored", executor=InlineExecutor(), allow_failures=True)


def damage(folder):
    shard = next((folder / "images").glob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:50])
    return shard


def test_the_twin_of_a_dataset_repairs_it(stored):
    shard = damage(stored.folder)
    report = repair(stored.folder)
    assert report.is_ok
    assert report.repaired == (shard.relative_to(stored.folder).as_posix(),)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"origin": "real"}, "recorded data cannot be made again"),
        ({"twin": "away"}, "twin 'away', which is not"),
    ],
)
def test_what_has_no_twin_says_so(stored, change, said):
    damage(stored.folder)
    path = stored.folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    (left,) = repair(stored.folder).left
    assert said in left.fix


def test_workers_write_the_same_dataset_in_other_shards(stored, tmp_path):
    new = reshard(stored.folder, tmp_path / "new", 3, workers=1)
    assert new.logical_hash == stored.logical_hash
    assert verify(new.folder).is_ok
    told = json.loads((new.folder / "run.json").read_text())
    assert told["resharded_from"] == {"folder": str(stored.folder), "logical_hash": stored.logical_hash}
    assert list(told["failures"]) == [stored.failed[0].episode_id]
    assert reshard(stored, tmp_path / "new", 3).logical_hash == stored.logical_hash


def test_a_folder_with_something_else_is_refused(stored, request_coin, tmp_path):
    generate(request_coin(seed=9), tmp_path / "other", executor=InlineExecutor())
    with pytest.raises(ConfigError, match="holds another dataset"):
        reshard(stored, tmp_path / "other", 3, executor=InlineExecutor())
