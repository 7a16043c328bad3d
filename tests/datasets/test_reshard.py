"""Shards of another length hold the same samples."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from envirosense.core.errors import ConfigError, DatasetError, EpisodeError
from envirosense.datasets import Dataset, MemorySink, finish, prepare_output, verify, write_shard
from envirosense.datasets.reshard import Player, Replay, reshard_plan
from envirosense.datasets.schema import TICK, Column, stream_schema


@pytest.fixture
def reshard(tmp_path):
    def run(dataset, length, name="new"):
        with prepare_output(reshard_plan(dataset, length), tmp_path / name) as output:
            for shard in output.pending:
                write_shard(output.folder, shard, Player(dataset).simulate)
            finish(output)
        return Dataset.open(tmp_path / name)

    return run


@pytest.mark.parametrize("length", [1, 3, 99])
def test_no_sample_changes(generate, reshard, twin, length):
    old = generate(plan=twin.make_plan(7, n=400))
    new = reshard(old, length)
    assert new.logical_hash == old.logical_hash
    assert verify(new.folder).is_ok
    assert new.manifest.plan_fingerprint == old.manifest.plan_fingerprint
    for mine, theirs in zip(new, old, strict=True):
        assert (mine.episode_id, mine.split, mine.summary) == (
            theirs.episode_id,
            theirs.split,
            theirs.summary,
        )
        for stream in theirs.streams:
            assert mine.table(stream).equals(theirs.table(stream), check_metadata=True)
    longest = max(len(set(pq.read_table(path)["episode_id"].to_pylist())) for path in new.folder.glob("*/*"))
    assert longest <= length


def test_shards_of_the_same_length_are_the_same_files(generate, reshard):
    old = generate()
    assert reshard(old, 2).manifest.files == old.manifest.files


def test_failed_episodes_stay_failed(generate, reshard, twin):
    def simulate(spec, out):
        if spec.params["index"] == 2:
            raise EpisodeError("no wood left")
        return twin.simulate(spec, out)

    old = generate(simulate=simulate)
    new = reshard(old, 3)
    assert new.logical_hash == old.logical_hash
    assert [one.reason for one in new.failed] == ["EpisodeError: no wood left"]


def test_damaged_rows_are_not_passed_on(generate, reshard):
    old = generate()
    path = old.folder / "readings" / "train-00000.parquet"
    table = pq.read_table(path)
    turned = table.set_column(4, table.schema.field("ok"), [[not ok for ok in table["ok"].to_pylist()]])
    pq.write_table(turned, path, row_group_size=50)
    with pytest.raises(DatasetError, match=r"rows of stream 'readings' are damaged; repair"):
        reshard(Dataset.open(old.folder), 3)


def test_streams_without_ticks_or_rows_are_kept(generate, reshard, twin):
    empty = stream_schema([TICK, Column("a", TICK.type, "1", "a")])

    def simulate(spec, out):
        out.write("nothing", pa.RecordBatch.from_pylist([], schema=empty))
        return twin.simulate(spec, out)

    old = generate(simulate=simulate)
    assert reshard(old, 4).logical_hash == old.logical_hash


def test_fewer_than_one_episode_is_refused(generate):
    with pytest.raises(ConfigError, match="must be at least 1"):
        reshard_plan(generate(), 0)


def test_a_dataset_that_changes_while_it_is_read_is_refused(generate):
    old = generate()
    with pytest.raises(DatasetError, match="changed while it was read"):
        Replay(old.folder, "0" * 64)()
    player = Replay(old.folder, old.logical_hash)()
    sink = MemorySink()
    episode = next(iter(old))
    player.simulate(episode.spec, sink)
    assert sink.table("readings").num_rows == episode.row_count("readings")
