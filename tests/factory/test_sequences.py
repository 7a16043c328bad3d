"""Sequences: equal windows with their origin, never across an episode or a split."""

import json

import numpy as np
import pytest

from envirosense.core.errors import (
    ConfigError,
    DatasetError,
    SchemaVersionError,
    StorageError,
    UnknownNameError,
)
from envirosense.datasets.dataset import Dataset
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.sequence_store import TemporalSequences
from envirosense.factory.sequences import cut_sequences, sequence_count, stride_of
from envirosense.factory.training_data import MLDataGenerator
from envirosense.testing.twins import CoinTwin


@pytest.fixture
def generator(tmp_path):
    def make(out="set", twin="coin", **changes):
        given = {"seed": 2, "duration_s": 100.0, "executor": InlineExecutor(), "workers": 1, **changes}
        return MLDataGenerator(twin, tmp_path / out, **given)

    return make


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    made = MLDataGenerator(
        "coin", tmp_path_factory.mktemp("whole") / "set", seed=2, duration_s=100.0, executor=InlineExecutor()
    )
    return Dataset.open(made.generate_training_dataset(["*"], 400))


@pytest.mark.parametrize(("length", "overlap"), [(10, 0), (10, 9), (30, 7), (100, 99), (1, 0)])
def test_every_window_is_the_readings_of_its_ticks(dataset, tmp_path, length, overlap):
    found = cut_sequences(dataset, tmp_path / "cut", length, overlap)
    near = found.facts.channels.index("near")
    readings = {one.episode_id: one.table("readings")["near"].to_numpy() for one in dataset}
    split_of = {one.episode_id: one.split for one in dataset}
    n = 0
    for split in found.facts.splits:
        values, index = found[split], found.index(split).to_pylist()
        assert values.shape == (len(index), length, len(found.facts.channels))
        for row, where in enumerate(index):
            assert split_of[where["episode_id"]] == split
            assert 0 <= where["start_tick"] < where["stop_tick"] <= 100
            ticks = slice(where["start_tick"], where["stop_tick"])
            assert np.array_equal(values[row, :, near], readings[where["episode_id"]][ticks])
        n += len(index)
    assert n == len(found) == 8 * ((100 - length) // (length - overlap) + 1)


def test_windows_overlap_as_asked_and_stay_in_their_episode(dataset, tmp_path):
    found = cut_sequences(dataset, tmp_path / "cut", 30, 10)
    for split in found.facts.splits:
        starts = {}
        for row in found.index(split).to_pylist():
            starts.setdefault(row["episode_id"], []).append(row["start_tick"])
        assert all(held == [0, 20, 40, 60] for held in starts.values())


def test_splits_share_no_episode_and_no_group(dataset, tmp_path):
    found = cut_sequences(dataset, tmp_path / "cut", 20)
    assert len(found.facts.splits) == 3
    for name in ("episode_id", "group"):
        held = [set(found.index(split)[name].to_pylist()) for split in found.facts.splits]
        assert sum(map(len, held)) == len(set.union(*held))


def test_the_class_is_that_of_the_ticks_and_what_is_not_sampled_is_nan(dataset, tmp_path):
    found = cut_sequences(dataset, tmp_path / "cut", 10)
    far = found.facts.channels.index("far")
    labelled = {one.episode_id: one.table("labels")["tick"].to_numpy() for one in dataset}
    kinds = set()
    for split in found.facts.splits:
        assert np.array_equal(np.isnan(found[split][0, :, far]), np.arange(10) % 5 != 0)
        for row in found.index(split).to_pylist():
            ticks = labelled[row["episode_id"]]
            active = np.any((ticks >= row["start_tick"]) & (ticks < row["stop_tick"]))
            assert (row["class_label"] == "heads") == active == (row["severity"] > 0)
            kinds.add(row["class_label"])
    assert kinds == {"heads", "normal"}


def test_no_answer_is_among_the_channels(dataset, tmp_path):
    found = cut_sequences(dataset, tmp_path / "cut", 10)
    assert set(found.facts.channels) == {"near", "far", *(c for c in found.facts.channels if "images" in c)}
    assert len(found.facts.units) == len(found.facts.channels)


def test_small_pieces_give_the_same_array(dataset, tmp_path, monkeypatch):
    whole = cut_sequences(dataset, tmp_path / "whole", 20, 19)
    monkeypatch.setattr("envirosense.factory.sequences._CHUNK_BYTES", 20_000)
    parts = cut_sequences(dataset, tmp_path / "parts", 20, 19)
    for split in whole.facts.splits:
        assert np.array_equal(whole[split], parts[split], equal_nan=True)


def test_the_generator_cuts_exactly_as_many_as_asked(generator, tmp_path):
    path = generator().generate_temporal_sequences("toss/heads", 20, 10, num_sequences=23, num_episodes=4)
    assert path == tmp_path / "set-sequences"
    found = TemporalSequences.open(path)
    assert len(found) == 23
    assert found.facts.dataset_hash == Dataset.open(tmp_path / "set").logical_hash
    assert sum(len(found[split]) for split in found.facts.splits) == 23


def test_the_same_call_keeps_what_is_there_and_another_is_refused(generator, tmp_path):
    path = generator().generate_temporal_sequences("toss/heads", 20, 10)
    before = {file.name: file.stat().st_mtime_ns for file in path.iterdir()}
    assert generator().generate_temporal_sequences("toss/heads", 20, 10) == path
    assert before == {file.name: file.stat().st_mtime_ns for file in path.iterdir()}
    with pytest.raises(ConfigError, match="holds other sequences"):
        generator().generate_temporal_sequences("toss/heads", 20, 11)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sequence_length": 101}, "the longest episode has 100 ticks"),
        ({"sequence_length": 0}, "at least one"),
        ({"overlap": 20}, "at least 0 and below the sequence's 20 ticks"),
        ({"overlap": -1}, "at least 0"),
        ({"overlap": 0.5}, "whole number"),
        ({"num_sequences": 200}, "1 episodes of 100 ticks hold 5"),
        ({"num_sequences": 0}, "at least one"),
        ({"num_episodes": 0}, "at least one"),
        ({"scenario": "toss/tail"}, "did you mean"),
    ],
)
def test_what_cannot_be_cut_is_refused_before_anything_is_simulated(
    generator, tmp_path, monkeypatch, changes, message
):
    monkeypatch.setattr(CoinTwin, "simulate", None)
    given = {"scenario": "toss/heads", "sequence_length": 20, "overlap": 0, **changes}
    with pytest.raises(ConfigError, match=message):
        generator().generate_temporal_sequences(**given)
    assert not list(tmp_path.iterdir())


def test_a_failure_leaves_nothing_behind(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "envirosense.factory.sequences.shutil.disk_usage", lambda _: type("Use", (), {"free": 9})
    )
    with pytest.raises(StorageError, match="needs about"):
        cut_sequences(dataset, tmp_path / "cut", 20)
    assert not (tmp_path / "cut").exists()


def test_a_folder_that_holds_something_is_refused(dataset, tmp_path):
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "thesis.tex").write_text("")
    with pytest.raises(ConfigError, match="holds other files"):
        cut_sequences(dataset, tmp_path / "cut", 20)


def test_damage_is_said(dataset, tmp_path):
    with pytest.raises(DatasetError, match="no finished sequences here"):
        TemporalSequences.open(tmp_path)
    found = cut_sequences(dataset, tmp_path / "cut", 20)
    with pytest.raises(UnknownNameError, match="did you mean 'train'"):
        found["trian"]
    (found.folder / "train.npy").write_bytes(b"")
    (found.folder / "train.parquet").write_bytes(b"")
    with pytest.raises(DatasetError, match="damaged or missing"):
        found["train"]
    with pytest.raises(DatasetError, match="damaged or missing"):
        found.index("train")
    facts = json.loads((found.folder / "sequences.json").read_text())
    (found.folder / "sequences.json").write_text(json.dumps(facts | {"schema_version": 99}))
    with pytest.raises(SchemaVersionError):
        TemporalSequences.open(found.folder)
    (found.folder / "sequences.json").write_text("{}")
    with pytest.raises(DatasetError, match="damaged"):
        TemporalSequences.open(found.folder)


def test_counts_of_windows():
    assert [sequence_count(100, 10, stride) for stride in (1, 10, 91)] == [91, 10, 1]
    assert sequence_count(9, 10, 1) == 0
    assert stride_of(10, 9) == 1


def test_sequences_of_the_pole(generator):
    made = generator(
        twin="pole",
        duration_s=60.0,
        dt_s=10.0,
        options={"frame_interval_s": 10, "sensors": ["temperature_humidity"]},
    )
    found = TemporalSequences.open(made.generate_temporal_sequences("normal/diurnal_cycle", 4, 3))
    ((split, n),) = found.facts.splits.items()
    assert n == 3
    assert found[split].shape == (3, 4, len(found.facts.channels))
    assert np.isfinite(found[split]).any()
