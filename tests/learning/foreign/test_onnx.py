"""ONNX files: as detectors, as models of the loop, and as equals of the skops file they stem from."""

import json

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError
from envirosense.learning.detectors import WindowDetector
from envirosense.learning.foreign import (
    OnnxCard,
    OnnxDetector,
    forest_to_onnx,
    onnx_bundle,
    save_onnx_detector,
)
from envirosense.learning.models.bundle import bundle_of, load_bundle
from envirosense.learning.samples import Samples
from envirosense.testing.detectors import check_detector


@pytest.fixture(scope="module")
def forest(train_windows):
    return WindowDetector("forest", 40).fit(train_windows, np.random.default_rng(3))


@pytest.fixture
def stored(forest, tmp_path):
    save_onnx_detector(forest, tmp_path / "forest.onnx")
    return tmp_path / "forest.onnx"


def with_card(path, **changes):
    card = path.with_suffix(".json")
    card.write_text(json.dumps({**json.loads(card.read_text()), **changes}))
    return path


def test_an_onnx_file_keeps_the_contract(stored, train_windows, test_windows):
    check_detector(lambda: OnnxDetector(stored), train_windows, test_windows)


def test_the_file_scores_as_the_forest_does(stored, forest, test_windows):
    assert np.isnan(test_windows.features()).any()
    assert np.abs(OnnxDetector(stored).score(test_windows) - forest.score(test_windows)).max() < 1e-5


def samples_with_holes(n, share, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 12)) * 10.0 ** rng.integers(-3, 4, 12)
    y = np.where(x[:, 0] > 0, "arcing", np.where(x[:, 1] > 0, "smoke", "normal"))
    x[rng.uniform(size=x.shape) < share] = np.nan
    names = np.array([f"e{at:04d}@0" for at in range(n)])
    return Samples(
        x=x, features=tuple(f"f{at}" for at in range(12)), y=y, group=names, unit=names, sample_id=names,
        origin=np.full(n, "simulated"), weight=np.ones(n),
    )  # fmt: skip


@pytest.mark.parametrize("kind", [ExtraTreesClassifier, RandomForestClassifier])
@pytest.mark.parametrize("learned_with_holes", [True, False])
def test_the_onnx_twin_of_a_skops_file_scores_as_it_does(kind, learned_with_holes, tmp_path):
    train = samples_with_holes(400, 0.1 if learned_with_holes else 0.0, 1)
    estimator = kind(30, random_state=0).fit(train.x, train.y)
    facts = {"task": "t", "negative": "normal", "features": train.features, "threshold": 0.5}
    bundle_of(estimator, trainer="forest@1", **facts).save(tmp_path / "skops")
    (tmp_path / "forest.onnx").write_bytes(forest_to_onnx(estimator, len(train.features)))
    twin = onnx_bundle(tmp_path / "forest.onnx", classes=estimator.classes_, **facts)
    twin.save(tmp_path / "onnx")
    test = samples_with_holes(2000, 0.1 if learned_with_holes else 0.0, 2)
    skops, onnx = (load_bundle(tmp_path / name).score(test) for name in ("skops", "onnx"))
    assert np.abs(skops - onnx).max() < 1e-5
    assert twin.card.trainer == "foreign@1"
    assert twin.card.file.format == "onnx"


def test_unknown_values_are_refused_replaced_or_passed_as_the_card_says(stored, forest, test_windows):
    with pytest.raises(DatasetError, match=r"hold unknown values; set unknown"):
        OnnxDetector(with_card(stored, unknown="refuse")).score(test_windows)
    filled = OnnxDetector(with_card(stored, unknown=-1.0)).score(test_windows)
    wanted = forest.estimator.predict_proba(np.nan_to_num(test_windows.features(), nan=-1.0))
    assert np.abs(filled - wanted).max() < 1e-5


def raw_model(output):
    """Network on raw windows (window, time, channel): logistic in the mean of channel 8; two members."""
    from onnx import TensorProto, helper

    def constant(name, values, kind=TensorProto.FLOAT):
        values = np.asarray(values)
        return helper.make_tensor(name, kind, values.shape, values.ravel())

    nodes = [
        helper.make_node("Gather", ["x", "place"], ["near"], axis=2),
        helper.make_node("ReduceMean", ["near", "time"], ["level"], keepdims=0),  # (window, 1)
        helper.make_node("Sub", ["level", "limit"], ["over"]),
        helper.make_node("Neg", ["over"], ["under"]),
        helper.make_node("Concat", ["over", "under"], ["logits"], axis=1),
        helper.make_node("Softmax", ["logits"], [output], axis=1),
        helper.make_node("Unsqueeze", [output, "zero"], ["one"]),
        helper.make_node("Concat", ["one", "one"], ["members"], axis=0),
    ]
    constants = [
        constant("place", [8], TensorProto.INT64),
        constant("time", [1], TensorProto.INT64),
        constant("zero", [0], TensorProto.INT64),
        constant("limit", [1.5]),
    ]
    of = {"x": ["n", "t", "c"], output: ["n", 2], "members": [2, "n", 2]}
    told = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in of.items()}
    graph = helper.make_graph(nodes, "level", [told["x"]], [told[output], told["members"]], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def raw_detector(tmp_path, windows, **changes):
    path = tmp_path / "level.onnx"
    path.write_bytes(raw_model("scores").SerializeToString())
    card = {
        "name": "level", "classes": ["heads", "normal"], "channels": windows.channels, "view": "raw",
        "ticks": 12, "dt_s": 5.0, "unknown": 0.0, "output": "scores", "members": "members", **changes,
    }  # fmt: skip
    path.with_suffix(".json").write_text(json.dumps(card))
    return OnnxDetector(path)


def test_a_network_on_raw_windows_keeps_the_contract(tmp_path, train_windows, test_windows):
    check_detector(lambda: raw_detector(tmp_path, train_windows), train_windows, test_windows)
    detector = raw_detector(tmp_path, train_windows, output="")
    assert detector.score_members(test_windows).shape == (2, len(test_windows), 2)
    assert np.array_equal(detector.score_members(test_windows)[0], detector.score(test_windows))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"ticks": 60}, "made for 60 ticks a window, not 12"),
        ({"dt_s": 1.0}, "made for a tick of 1 s, not 5 s"),
        ({"channels": ["near"]}, "channels differ"),
        ({"classes": ["a", "b", "normal"]}, r"scores are \(\d+, 2\)"),
        ({"view": "features", "ticks": None}, "cannot score arrays"),
    ],
    ids=["ticks", "tick", "channels", "classes", "view"],
)
def test_windows_it_was_not_made_for_are_refused(changes, match, tmp_path, test_windows):
    with pytest.raises(DatasetError, match=match):
        raw_detector(tmp_path, test_windows, **changes).score(test_windows)


@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"classes": ["a", "b"]}, ConfigError, "'normal'"),
        ({"output": "logit"}, ConfigError, r"no such output \(label, probabilities\)"),
        ({"units": "kg"}, ConfigError, "unknown field"),
        ({"schema_version": 2}, SchemaVersionError, "newer"),
    ],
    ids=["classes", "output", "field", "version"],
)
def test_cards_that_cannot_be_right_are_refused(changes, error, match, stored):
    with pytest.raises(error, match=match):
        OnnxDetector(with_card(stored, **changes))


def test_damaged_and_missing_files_are_refused(stored, tmp_path):
    with pytest.raises(DatasetError, match=r"none\.json: cannot be read"):
        OnnxDetector(tmp_path / "none.onnx")
    stored.write_bytes(stored.read_bytes()[:200])
    with pytest.raises(DatasetError, match="cannot be read as ONNX"):
        OnnxDetector(stored)
    stored.unlink()
    with pytest.raises(DatasetError, match=r"forest\.onnx: cannot be read"):
        OnnxDetector(stored)
    stored.with_suffix(".json").write_text("{")
    with pytest.raises(DatasetError, match="not JSON"):
        OnnxCard.load(stored.with_suffix(".json"))


def test_only_forests_are_converted(train_windows):
    boosting = WindowDetector("boosting", 3).fit(train_windows, np.random.default_rng(0))
    with pytest.raises(ConfigError, match="only forests of trees are converted"):
        forest_to_onnx(boosting.estimator, 10)


def test_a_model_that_has_no_answer_for_unknown_values_is_not_let_into_the_loop(tmp_path):
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("Softmax", ["x"], ["p"], axis=1)], "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 2])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", 2])],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    told = {"task": "t", "negative": "normal", "threshold": 0.5}
    with pytest.raises(DatasetError, match="1 of 2 windows have a score that is no number"):
        onnx_bundle(path, classes=("normal", "smoke"), features=("a", "b"), **told)
    with pytest.raises(DatasetError, match="cannot score 3 features"):
        onnx_bundle(path, classes=("normal", "smoke"), features=("a", "b", "c"), **told)
    with pytest.raises(ConfigError, match="negative"):
        onnx_bundle(path, classes=("fire", "smoke"), features=("a", "b"), **told)
