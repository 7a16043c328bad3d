"""A fitted forest as an ONNX file that scores as it does, unknown values included."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from envirosense.core.errors import ConfigError, DatasetError, MissingExtraError
from envirosense.datasets.files import storing, write_whole
from envirosense.datasets.window_features import feature_names
from envirosense.learning.detectors import WindowDetector
from envirosense.learning.foreign.onnx_model import OnnxCard, OnnxDetector

_INPUT = "features"
_TREES = "TreeEnsembleClassifier"
_UNKNOWN = "nodes_missing_value_tracks_true"


def forest_to_onnx(forest: Any, n_features: int) -> bytes:
    """ONNX file of a fitted scikit-learn forest classifier: float32 (sample, feature) to `probabilities`.

    skl2onnx 1.20 leaves out where a tree sends an unknown value, and scores differ by up to 0.7 with NaN;
    it is put in here. Boosting is refused: skl2onnx 1.20 cannot convert it with onnx 1.23.

    Raises:
        ConfigError: if it is no forest.
        MissingExtraError: without skl2onnx.
    """
    trees: list[Any] = [getattr(one, "tree_", None) for one in getattr(forest, "estimators_", ())]
    if not trees or None in trees or not hasattr(forest, "classes_"):
        raise ConfigError("forest", type(forest).__name__, "only forests of trees are converted")
    try:
        from onnx import helper
        from skl2onnx import convert_sklearn
        from skl2onnx.common.data_types import FloatTensorType
    except ImportError:
        raise MissingExtraError("skl2onnx", "onnx") from None
    kind = FloatTensorType([None, n_features])
    model = convert_sklearn(forest, initial_types=[(_INPUT, kind)], options={"zipmap": False})
    node = next((one for one in model.graph.node if one.op_type == _TREES), None)
    if node is None:
        raise DatasetError(f"skl2onnx made no {_TREES} of {type(forest).__name__}; use version 1.20")
    told = {one.name: one for one in node.attribute}
    places = zip(told["nodes_treeids"].ints, told["nodes_nodeids"].ints, strict=True)
    left = [np.asarray(tree.missing_go_to_left, dtype=np.int64) for tree in trees]
    if _UNKNOWN in told:
        node.attribute.remove(told[_UNKNOWN])
    node.attribute.append(helper.make_attribute(_UNKNOWN, [int(left[tree][at]) for tree, at in places]))
    return bytes(model.SerializeToString())


def save_onnx_detector(detector: WindowDetector, path: Path | str) -> OnnxDetector:
    """The fitted forest of a detector as `NAME.onnx`, with `NAME.json` beside it.

    Raises:
        ConfigError: if it is not a forest.
        DatasetError: if it is not fitted.
    """
    path = Path(path).with_suffix(".onnx")
    card = OnnxCard(
        name=detector.name,
        version=detector.version,
        classes=detector.classes,
        channels=detector.channels,
        unknown="nan",
    )
    data = forest_to_onnx(detector.estimator, len(feature_names(detector.channels)))
    with storing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)
    text = json.dumps(card.model_dump(mode="json"), indent=1) + "\n"
    write_whole(path.with_suffix(".json"), text.encode())
    return OnnxDetector(path)
