"""A trained model on disk: skops files behind a type allow-list, and a JSON card that describes them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from envirosense.core.errors import DatasetError, SchemaVersionError
from envirosense.datasets.files import storing, write_whole
from envirosense.learning.detectors import ThresholdDetector, WindowDetector
from envirosense.learning.models.skops_types import ALLOWED_TYPES

SCHEMA_VERSION: Final = 1
CARD: Final = "card.json"
_LEARNED: Final = ("model", "control")


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """The detector, the two it is compared with, the thresholds of all three, and the card."""

    model: WindowDetector
    control: WindowDetector
    threshold: ThresholdDetector
    thresholds: Mapping[str, float]
    card: Mapping[str, Any]


def save_model(trained: TrainedModel, folder: Path | str) -> Path:
    """The folder, after writing the model files and then the card that names their checksums.

    Raises:
        StorageError: if the folder cannot be written.
    """
    from skops import io

    folder = Path(folder).expanduser()
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CARD).unlink(missing_ok=True)  # the card of an earlier model must not outlive its files
    files = {}
    for role, detector in (("model", trained.model), ("control", trained.control)):
        path = folder / f"{role}.skops"
        data = io.dumps(detector.estimator, compression=8, compresslevel=6)
        write_whole(path, data)
        files[role] = {"file": path.name, "sha256": hashlib.sha256(data).hexdigest()}
    card = {
        "schema_version": SCHEMA_VERSION,
        **trained.card,
        "learner": trained.model.learner,
        "size": trained.model.size,
        "classes": list(trained.model.classes),
        "channels": list(trained.model.channels),
        "thresholds": dict(trained.thresholds),
        "baseline_sigma": [
            None if not np.isfinite(value) else value for value in trained.threshold.sigma.tolist()
        ],
        "files": files,
    }
    write_whole(folder / CARD, (json.dumps(card, indent=1, allow_nan=False) + "\n").encode())
    return folder


def load_model(folder: Path | str) -> TrainedModel:
    """The trained model in a folder.

    Raises:
        DatasetError: if a file is missing, damaged, or holds a type that is not on the list.
        SchemaVersionError: if a newer version wrote it.
    """
    folder = Path(folder).expanduser()
    card = _read_card(folder)
    detectors = {}
    for role in _LEARNED:
        detector = WindowDetector(card["learner"], card["size"])
        detector.channels = tuple(card["channels"])
        detector.estimator = _load_estimator(folder, card["files"][role])
        detectors[role] = detector
    threshold = ThresholdDetector()
    threshold.channels = tuple(card["channels"])
    threshold.sigma = np.array([np.inf if value is None else value for value in card["baseline_sigma"]])
    return TrainedModel(detectors["model"], detectors["control"], threshold, card["thresholds"], card)


def _read_card(folder: Path) -> dict[str, Any]:
    path = folder / CARD
    try:
        card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = int(card["schema_version"])
    except OSError as error:
        raise DatasetError(
            f"{path}: cannot be read ({error.strerror}); give the folder of a trained model"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise DatasetError(f"{path}: not a model card; train again") from None
    if version > SCHEMA_VERSION:
        raise SchemaVersionError(path, version, SCHEMA_VERSION)
    return card


def _load_estimator(folder: Path, entry: Mapping[str, str]) -> Any:
    from skops import io

    path = folder / entry["file"]
    if not path.is_file():
        raise DatasetError(f"{path}: missing; train again")
    if hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
        raise DatasetError(f"{path}: damaged (checksum differs from {CARD}); train again")
    unknown = sorted(set(io.get_untrusted_types(file=path)) - ALLOWED_TYPES)
    if unknown:
        raise DatasetError(
            f"{path}: holds the type {unknown[0]}, which a model file may not; refuse it or train again"
        )
    return io.load(path, trusted=sorted(ALLOWED_TYPES & set(io.get_untrusted_types(file=path))))
