import json
import os

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from envirosense.core.errors import (
    ConfigError,
    DatasetError,
    EpisodeError,
    SchemaVersionError,
    StorageError,
    UnknownNameError,
)
from envirosense.datasets import (
    TICK,
    Column,
    Dataset,
    MemorySink,
    finish,
    prepare_output,
    stream_schema,
    verify,
    write_shard,
)
from envirosense.datasets.frames import FrameLayout
from envirosense.datasets.planned_episodes import PlannedEpisodes
from envirosense.datasets.store import SCALAR_GROUP_ROWS, EpisodeSink, ShardFiles


def test_streams_come_back_as_written(generate, twin):
    dataset = generate()
    for episode in dataset:
        memory = MemorySink(episode.spec)
        twin.simulate(episode.spec, memory)
        for stream in memory.streams:
            assert episode.row_count(stream) == memory.table(stream).num_rows
            assert episode.table(stream).equals(memory.table(stream), check_metadata=True)
        np.testing.assert_array_equal(episode.frames(), memory.frames())
        layout = FrameLayout.of(episode.schema("thermal").field("frame_lo"))
        values = episode.frame_values()
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values, memory.frame_values())
        np.testing.assert_allclose(values, layout.values(episode.frames()), rtol=1e-6)


def test_ticks_get_the_times_of_the_grid(generate):
    episode = next(iter(generate()))
    times = episode.table("readings", ["time_utc"])["time_utc"].to_numpy()
    np.testing.assert_array_equal(times, episode.spec.grid.time_utc)


@pytest.mark.parametrize("block", [1, 7, 60, 3600])
def test_bytes_do_not_depend_on_block_size(generate, twin, block):
    plan = twin.make_plan(2, n=700)
    one = generate("one", plan, lambda spec, out: twin.simulate(spec, out, block=150))
    other = generate("other", plan, lambda spec, out: twin.simulate(spec, out, block=block))
    assert other.manifest.files == one.manifest.files


def test_scalars_are_packed_so_that_every_reader_understands_them(generate):
    dataset = generate()
    path = dataset.folder / "readings" / "train-00000.parquet"
    group = pq.ParquetFile(path).metadata.row_group(0)
    columns = {group.column(index).path_in_schema: group.column(index) for index in range(group.num_columns)}
    assert columns["air_c"].compression == "LZ4"
    for name in ("tick", "time_utc"):
        assert (columns[name].compression, columns[name].is_stats_set) == ("UNCOMPRESSED", True)
        assert "DELTA_BINARY_PACKED" in columns[name].encodings
    ours = pq.read_table(path)
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT tick, air_c FROM read_parquet('{path}')").fetchall()
    assert rows == list(zip(ours["tick"].to_pylist(), ours["air_c"].to_pylist(), strict=True))
    theirs = pl.read_parquet(path)
    assert {name: theirs[name].to_list() for name in ours.column_names} == ours.to_pydict()


def test_row_groups_never_mix_episodes_and_stay_small(generate, twin):
    dataset = generate(plan=twin.make_plan(3, n=SCALAR_GROUP_ROWS + 10))
    for place, limit in (("readings/train-00000.parquet", 3600), ("thermal/train-00000.parquet", 300)):
        file = pq.ParquetFile(dataset.folder / place)
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group)
            assert len(rows) <= limit
            assert len(set(rows["episode_id"].to_pylist())) == 1


def test_sink_memory_stays_within_a_row_group(twin, tmp_path):
    spec = twin.make_spec(1, n=20_000)
    files = ShardFiles(tmp_path, "s")
    sink = EpisodeSink(spec, files)
    most = 0

    class Watching:
        def write(self, stream: str, batch: pa.RecordBatch) -> None:
            nonlocal most
            sink.write(stream, batch)
            most = max(most, sum(pending.n_waiting for pending in sink._pending.values()))

    twin.simulate(spec, Watching(), block=50)
    assert sink.close()["readings"].rows == 20_000
    assert most < SCALAR_GROUP_ROWS + 300 + 50
    files.discard()
    assert not list(tmp_path.iterdir())


def test_shard_layout_and_split_leave_the_logical_hash_alone(generate, twin):
    plan = twin.make_plan(6, per_shard=1)
    other_splits = [episode.model_copy(update={"split": "train"}) for episode in plan.episodes]
    other = plan.model_copy(
        update={"episodes": PlannedEpisodes.packed(other_splits), "episodes_per_shard": 4}
    )
    assert generate("a", plan).logical_hash == generate("b", other).logical_hash


def test_other_data_have_another_logical_hash(generate, twin):
    assert generate("a", twin.make_plan(4)).logical_hash != generate("b", twin.make_plan(5)).logical_hash


def failing(twin, index, *, after_rows):
    def simulate(spec, out):
        if spec.params["index"] == index and not after_rows:
            raise ValueError("no wood left\nsecond line")
        summary = twin.simulate(spec, out)
        if spec.params["index"] == index:
            raise ValueError("no wood left\nsecond line")
        return summary

    return simulate


@pytest.mark.parametrize("after_rows", [False, True], ids=["at_once", "after_rows_reached_the_disk"])
def test_a_failed_episode_is_recorded_and_leaves_no_row(generate, twin, after_rows):
    dataset = generate(
        plan=twin.make_plan(6, n=400, per_shard=4), simulate=failing(twin, 2, after_rows=after_rows)
    )
    (failed,) = dataset.failed
    assert (failed.spec.params["index"], failed.reason) == (2, "ValueError: no wood left")
    assert failed.streams == ()
    assert len(dataset) == 5
    assert failed.episode_id not in pq.read_table(dataset.folder / "readings")["episode_id"].to_pylist()
    assert failed.table("readings").num_rows == 0
    assert verify(dataset.folder).findings == ()
    assert (
        "no wood left" in json.loads((dataset.folder / "run.json").read_text())["failures"][failed.episode_id]
    )


def test_the_other_episodes_of_a_failed_ones_shard_are_unchanged(generate, twin):
    plan = twin.make_plan(6, n=400, per_shard=4)
    clean, dirty = generate("a", plan), generate("b", plan, failing(twin, 2, after_rows=True))
    for episode in dirty:
        assert episode.content_hashes == clean.episode(episode.episode_id).content_hashes
    assert dirty.logical_hash != clean.logical_hash


def test_an_outcome_of_failed_counts_as_a_failure(generate, twin):
    def simulate(spec, out):
        summary = twin.simulate(spec, out)
        return summary.model_copy(update={"outcome": "failed", "reason": "unstable"})

    dataset = generate(simulate=simulate)
    assert (len(dataset), len(dataset.failed), dataset.failed[0].reason) == (0, 6, "unstable")


def test_rerunning_a_finished_plan_changes_nothing(generate, twin):
    first = generate()
    before = (first.folder / "manifest.json").stat().st_mtime_ns
    with prepare_output(twin.make_plan(), first.folder) as output:
        assert output.is_finished
        assert output.pending == ()
        assert finish(output).logical_hash == first.logical_hash
    assert (first.folder / "manifest.json").stat().st_mtime_ns == before


def test_another_plan_is_refused_naming_the_field(generate, twin):
    dataset = generate()
    other = twin.make_plan(seed=8)
    with pytest.raises(ConfigError, match=r"seed is 7 there, 8 here.*choose another folder"):
        prepare_output(other, dataset.folder)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seed": 8}, "seed is 7 there, 8 here"),
        ({"settings": {"scenarios": ["x"]}}, r"settings.scenarios is \['fire/\*'\] there, \['x'\] here"),
        ({"code_version": "1"}, "code_version is '0' there, '1' here"),
    ],
)
def test_an_unfinished_other_plan_is_refused_naming_the_field(twin, tmp_path, changes, said):
    with prepare_output(twin.make_plan(), tmp_path / "out") as output:
        write_shard(output.folder, output.pending[0], twin.simulate)
    with pytest.raises(ConfigError, match=said):
        prepare_output(twin.make_plan(**changes), tmp_path / "out")


def test_a_changed_spec_is_named(twin):
    one, other = twin.make_plan(3), twin.make_plan(3, n=60)
    assert one.difference(other) == "episode 0: grid.n is 60 there, 50 here"
    assert one.difference(twin.make_plan(4)) == "episodes: 4 there, 3 here"
    assert one.difference(twin.make_plan(3, per_shard=9)) == ""


def test_a_resumed_run_keeps_its_shard_length(twin, tmp_path):
    with prepare_output(twin.make_plan(per_shard=2), tmp_path / "out") as output:
        write_shard(output.folder, output.pending[0], twin.simulate)
    with prepare_output(twin.make_plan(per_shard=3), tmp_path / "out") as output:
        assert output.plan.episodes_per_shard == 2


def test_foreign_files_are_refused(twin, tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(ConfigError, match=r"out=.*thesis.tex.*choose a new or empty folder"):
        prepare_output(twin.make_plan(), tmp_path)
    with pytest.raises(ConfigError, match="is a file"):
        prepare_output(twin.make_plan(), tmp_path / "thesis.tex")


def test_a_second_run_is_refused_while_one_is_writing(twin, tmp_path):
    with (
        prepare_output(twin.make_plan(), tmp_path / "out"),
        pytest.raises(ConfigError, match=f"process {os.getpid()} is writing here"),
    ):
        prepare_output(twin.make_plan(), tmp_path / "out")
    prepare_output(twin.make_plan(), tmp_path / "out").close()


def test_too_little_space_is_refused_before_the_start(twin, tmp_path):
    with pytest.raises(StorageError, match=r"needs about .* GB but .* [GM]B are free"):
        prepare_output(twin.make_plan(bytes_per_episode=10**15), tmp_path / "out")
    prepare_output(twin.make_plan(seed=99), tmp_path / "out").close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_named(twin, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match=r"cannot be written \(Permission denied\); make it writable"):
        prepare_output(twin.make_plan(), tmp_path / "out")
    tmp_path.chmod(0o700)


def test_a_folder_below_a_file_is_named(twin, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"file/out.*cannot be written"):
        prepare_output(twin.make_plan(), tmp_path / "file" / "out")


def test_finish_refuses_a_missing_shard(twin, tmp_path):
    with (
        prepare_output(twin.make_plan(), tmp_path / "out") as output,
        pytest.raises(DatasetError, match="shard test-00000 is not written"),
    ):
        finish(output)
    with pytest.raises(DatasetError, match=r"not finished; run the same generate command again"):
        Dataset.open(tmp_path / "out")


def test_a_changed_schema_within_an_episode_fails_the_episode(generate, twin):
    def simulate(spec, out):
        for kind in (pa.int32(), pa.int64()):
            out.write(
                "x",
                pa.record_batch([pa.array([1], kind)], schema=stream_schema([Column("a", kind, "1", "a")])),
            )

    assert (
        generate(simulate=simulate).failed[0].reason
        == "EpisodeError: stream 'x' changes its columns (a differs)"
    )


@pytest.mark.parametrize("per_shard", [1, 6], ids=["between_shards", "within_a_shard"])
def test_a_stream_that_differs_between_episodes_stops_the_run(generate, twin, per_shard):
    def simulate(spec, out):
        kind = pa.int32() if spec.world_seed == 1 else pa.int64()
        out.write(
            "x", pa.record_batch([pa.array([1], kind)], schema=stream_schema([Column("a", kind, "1", "a")]))
        )
        return twin.EpisodeSummary(episode_id="")

    with pytest.raises(DatasetError, match="stream 'x' differs between"):
        generate(plan=twin.make_plan(per_shard=per_shard), simulate=simulate)


@pytest.mark.parametrize("sink", [MemorySink(), None], ids=["memory", "disk"])
def test_bad_batches_are_refused(twin, tmp_path, sink):
    out = sink or EpisodeSink(twin.make_spec(0), ShardFiles(tmp_path, "s"))
    with pytest.raises(EpisodeError, match=r"stream name '\.\./x'"):
        out.write("../x", pa.record_batch({"a": [1]}))
    with pytest.raises(EpisodeError, match="'episode_id' is added by the store"):
        out.write("x", pa.record_batch({"episode_id": ["1"]}))


def test_nulls_in_a_column_without_nulls_fail_the_episode(generate):
    schema = stream_schema([TICK])

    def simulate(spec, out):
        out.write("x", pa.record_batch([pa.array([None], pa.int64())], schema=schema))

    dataset = generate(simulate=simulate)
    assert len(dataset.failed) == 6


def test_memory_sink_without_spec_adds_nothing(twin):
    sink = MemorySink()
    twin.simulate(twin.make_spec(1), sink)
    assert sink.table("readings").schema.names == ["tick", "air_c", "ok"]
    assert sink.table("readings", ["ok"]).num_columns == 1
    with pytest.raises(UnknownNameError, match="did you mean 'readings'"):
        sink.table("reading")
    with pytest.raises(DatasetError, match="without a spec"):
        _ = sink.spec


def test_a_disk_error_while_committing_is_a_storage_error(twin, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with prepare_output(twin.make_plan(), tmp_path / "out") as output:
        monkeypatch.setattr(os, "replace", refuse)
        with pytest.raises(StorageError, match=r"No space left on device.*free disk space.*resume"):
            write_shard(output.folder, output.pending[0], twin.simulate)
        assert not list((tmp_path / "out" / ".staging" / "tmp").iterdir())
        assert not list(output.records())


def test_a_newer_dataset_is_refused_by_name(generate):
    folder = generate().folder
    data = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(data | {"schema_version": 99}))
    with pytest.raises(SchemaVersionError, match="schema version 99 is newer than 1"):
        Dataset.open(folder)


def test_views_hold_their_episodes(generate):
    dataset = generate()
    assert dataset.splits == ("test", "train")
    assert [episode.split for episode in dataset["train"]] == ["train"] * 4
    assert len(dataset["test"]) == 2
    assert [len(table) for table in dataset.tables("readings")] == [50] * 6
    assert len(dataset.where(group="site-0")) == 2
    with pytest.raises(UnknownNameError, match="did you mean 'train'"):
        dataset["trian"]
    with pytest.raises(UnknownNameError, match="unknown column"):
        dataset.where(colour="red")


def test_an_episode_is_found_by_a_unique_prefix(generate):
    dataset = generate()
    episode = next(iter(dataset))
    assert dataset.episode(episode.episode_id[:8]).spec == episode.spec
    with pytest.raises(DatasetError, match="6 episodes start so"):
        dataset.episode("")
    with pytest.raises(UnknownNameError, match="unknown episode"):
        dataset.episode("zzzz")
    with pytest.raises(UnknownNameError, match="unknown stream; did you mean 'readings'"):
        episode.table("reading")
    with pytest.raises(UnknownNameError, match="unknown column; did you mean 'air_c'"):
        episode.table("readings", ["air_k"])
    assert pa.Table.from_batches(episode.batches("readings")).num_rows == 50


def test_summary_names_splits_and_streams(generate):
    text = generate().summary()
    assert "test 2, train 4" in text
    assert "thermal" in text


def test_a_damaged_shard_is_named_on_reading(generate):
    dataset = generate()
    place = dataset.folder / "readings" / "train-00000.parquet"
    place.write_bytes(place.read_bytes()[:-100])
    with pytest.raises(
        DatasetError, match=r"train-00000.parquet: damaged or missing.*generate the dataset again"
    ):
        list(dataset.tables("readings"))
