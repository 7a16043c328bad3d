"""An ONNX file as a model of the loop: it can be judged, versioned, promoted and rolled back like ours."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.learning.foreign.readings import checked_scores
from envirosense.learning.models.bundle import ModelBundle, OnnxEstimator
from envirosense.learning.models.card import ModelCard, ModelFile

_FILE: Final = "model.onnx"


def onnx_bundle(
    path: Path | str,
    *,
    task: str,
    classes: Sequence[str],
    negative: str,
    features: Sequence[str],
    threshold: float,
    trainer: str = "foreign@1",
    **card: Any,
) -> ModelBundle:
    """Model of samples from an ONNX file: float32 (sample, feature) to probabilities as its last output.

    It is asked twice before it is let in: where everything is zero, and where everything is unknown.

    Raises:
        ConfigError: if the negative class is not among the classes, or the threshold is not finite.
        DatasetError: if the file cannot be read, or what it answers is no probability of each class.
        MissingExtraError: without onnxruntime.
    """
    path = Path(path)
    named = tuple(classes)
    if negative not in named or len(set(named)) != len(named):
        raise ConfigError("negative", negative, f"must be among different classes ({', '.join(named)})")
    if not np.isfinite(threshold):
        raise ConfigError("threshold", threshold, "must be finite")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from None
    estimator = OnnxEstimator(data, path)
    probe = np.stack([np.zeros(len(features)), np.full(len(features), np.nan)])
    try:
        found = estimator.predict_proba(probe)
    except Exception as error:  # onnxruntime has no common base class of its errors
        raise DatasetError(f"{path}: cannot score {len(features)} features ({error})") from None
    checked_scores(found, len(probe), named, str(path))
    file = ModelFile(name=_FILE, format="onnx", sha256=hashlib.sha256(data).hexdigest(), n_bytes=len(data))
    told = ModelCard(
        task=task, classes=named, negative=negative, features=tuple(features), threshold=float(threshold),
        trainer=trainer, file=file, **card,
    )  # fmt: skip
    return ModelBundle(told, data, estimator)
