"""Training to a folder, and back from it."""

import errno
import json
import pickle

import numpy as np
import pytest

from envirosense.core.errors import (
    ConfigError,
    DatasetError,
    SchemaVersionError,
    StorageError,
    UnknownNameError,
)
from envirosense.datasets.files import storing
from envirosense.factory import TWINS, GenerationRequest, generate
from envirosense.factory.executors import InlineExecutor
from envirosense.learning import evaluate, load_model, save_model, train
from envirosense.learning.report import render_report
from envirosense.testing.twins import CoinTwin

if "coin" not in TWINS:
    TWINS.register("coin")(CoinTwin)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("learning")


@pytest.fixture(scope="module")
def dataset(home):
    request = GenerationRequest(
        twin="coin", episodes=32, duration_s=900.0, dt_s=5.0, seed=4, n_groups=16, scenarios=("*",)
    )
    return generate(request, home / "data", executor=InlineExecutor())


@pytest.fixture(scope="module")
def trained(dataset, home):
    return train(dataset, home / "model", seed=2, size=30)


@pytest.fixture
def copy(trained, home, tmp_path):
    for path in (home / "model").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_a_loaded_model_scores_as_the_trained_one(trained, dataset, home):
    windows = dataset["test"].windows()
    loaded = load_model(home / "model")
    for role in ("model", "control", "threshold"):
        before, after = getattr(trained, role), getattr(loaded, role)
        assert np.array_equal(before.score(windows), after.score(windows))
    assert loaded.thresholds == trained.thresholds


def test_the_card_says_what_the_model_is(trained, dataset, home):
    card = json.loads((home / "model" / "card.json").read_text())
    assert card["dataset"]["logical_hash"] == dataset.logical_hash
    assert card["classes"] == ["heads", "normal"]
    assert "near" in card["channels"]
    assert card["versions"]["scikit-learn"]


def test_a_model_is_judged_on_groups_it_never_saw(trained, dataset, home):
    report = evaluate(home / "model", dataset, command="envirosense evaluate")
    assert report.provenance["trained_on"] == dataset.logical_hash
    groups = {split: set(np.unique(dataset[split].windows().group)) for split in dataset.splits}
    assert not groups["train"] & groups["test"]
    assert report.exposure.n_groups == len(groups["test"])
    assert report.model.pr_auc.value > 0.9


def test_the_test_split_is_not_opened_while_training(dataset, home):
    opened = []

    class Watched:
        folder, logical_hash, splits = dataset.folder, dataset.logical_hash, dataset.splits

        def __getitem__(self, split):
            opened.append(split)
            return dataset[split]

    train(Watched(), home / "watched", seed=2, size=5)
    assert opened == ["train", "validation"]


def test_the_same_seed_gives_the_same_model(trained, dataset, home):
    again = train(dataset, home / "again", seed=2, size=30)
    windows = dataset["test"].windows()
    assert np.array_equal(again.model.score(windows), trained.model.score(windows))


def test_a_damaged_model_is_refused(copy):
    data = bytearray((copy / "model.skops").read_bytes())
    data[len(data) // 2] ^= 1
    (copy / "model.skops").write_bytes(bytes(data))
    with pytest.raises(DatasetError, match="damaged"):
        load_model(copy)


def test_a_model_with_a_foreign_type_is_refused(copy):
    from hashlib import sha256

    from sklearn.preprocessing import FunctionTransformer
    from skops import io

    io.dump(FunctionTransformer(pickle.loads), copy / "model.skops")
    card = json.loads((copy / "card.json").read_text())
    card["files"]["model"]["sha256"] = sha256((copy / "model.skops").read_bytes()).hexdigest()
    (copy / "card.json").write_text(json.dumps(card))
    with pytest.raises(DatasetError, match="which a model file may not"):
        load_model(copy)


def test_a_missing_file_is_named(copy):
    (copy / "control.skops").unlink()
    with pytest.raises(DatasetError, match=r"control\.skops: missing"):
        load_model(copy)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="give the folder of a trained model"):
        load_model(tmp_path)


def test_a_broken_card_is_refused(copy):
    (copy / "card.json").write_text("{")
    with pytest.raises(DatasetError, match="not a model card"):
        load_model(copy)


def test_a_newer_model_is_refused(copy):
    card = json.loads((copy / "card.json").read_text())
    (copy / "card.json").write_text(json.dumps({**card, "schema_version": 99}))
    with pytest.raises(SchemaVersionError, match="99 is newer"):
        load_model(copy)


def test_a_dataset_without_validation_groups_is_refused(home):
    request = GenerationRequest(twin="coin", episodes=2, duration_s=300.0, n_groups=1)
    one = generate(request, home / "one", executor=InlineExecutor())
    with pytest.raises(DatasetError, match="generate at least three groups"):
        train(one, home / "none")


def test_ten_lines_train_scikit_learn(dataset):
    from sklearn.ensemble import HistGradientBoostingClassifier

    w = dataset["train"].windows()
    X, y = w.features(), w.y
    model = HistGradientBoostingClassifier(max_iter=10).fit(X, y)
    held_out = dataset["test"].windows()
    assert model.score(held_out.features(), held_out.y) > 0.8


def test_judging_what_was_trained_on_is_said(trained, dataset, home):
    held_out, known = evaluate(home / "model", dataset), evaluate(home / "model", dataset, "train")
    assert held_out.n_seen_episodes == 0
    assert "ever saw" in render_report(held_out)
    assert known.n_seen_episodes == known.exposure.n_episodes
    assert "these numbers flatter it" in known.limits[0]
    assert "ever saw" not in render_report(known)


def test_an_unknown_split_is_named(trained, dataset, home):
    with pytest.raises(UnknownNameError, match="split='tset': unknown split; did you mean 'test'"):
        evaluate(home / "model", dataset, "tset")


def test_a_model_that_cannot_be_stored_is_said_in_one_line(trained, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        save_model(trained, tmp_path / "file" / "model")


def test_a_model_half_written_over_another_is_no_model(trained, copy, monkeypatch):
    monkeypatch.setattr("envirosense.learning.model_file.write_whole", _full_disk)
    with pytest.raises(StorageError, match="No space left"):
        save_model(trained, copy)
    with pytest.raises(DatasetError, match="give the folder of a trained model"):
        load_model(copy)


def _full_disk(path, data):
    with storing(path):
        raise OSError(errno.ENOSPC, "full")


@pytest.mark.parametrize("budget", [-1.0, float("nan"), float("inf")])
def test_an_impossible_budget_is_refused(dataset, tmp_path, budget):
    with pytest.raises(ConfigError, match=r"budget_per_device_day=.*finite and not negative"):
        train(dataset, tmp_path, budget_per_device_day=budget)


def test_a_dataset_with_another_tick_is_refused(trained, home):
    request = GenerationRequest(twin="coin", episodes=6, duration_s=300.0, dt_s=10.0, n_groups=6)
    other = generate(request, home / "other tick", executor=InlineExecutor())
    with pytest.raises(DatasetError, match=r"its tick is 10 s, the model's 5 s"):
        evaluate(home / "model", other, "train")


def test_folders_may_be_given_as_text(trained, dataset, tmp_path):
    train(dataset, str(tmp_path / "model"), size=5)
    report = evaluate(str(tmp_path / "model"), dataset)
    assert report.provenance["dataset"] == dataset.folder.name
    assert str(dataset.folder) not in render_report(report)
    assert str(dataset.folder) not in (tmp_path / "model" / "card.json").read_text()


def test_a_window_longer_than_every_episode_is_refused(dataset):
    with pytest.raises(ConfigError, match=r"length_s=7200\.0: the longest episode has 900 s"):
        dataset["train"].windows(length_s=7200.0)


def test_a_view_shows_its_size_and_split(dataset):
    view = dataset["validation"]
    assert repr(view) == f"DatasetView({dataset.manifest.name!r}, {len(view)} episodes, validation)"
