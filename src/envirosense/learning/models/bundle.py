"""A model that can score: its card and what was learned, read without ever unpickling."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError
from envirosense.datasets.files import storing, write_whole
from envirosense.learning.models.card import CARD, SCHEMA_VERSION, ModelCard, ModelFile
from envirosense.learning.models.onnx_session import onnx_session
from envirosense.learning.models.skops_bytes import settled
from envirosense.learning.models.skops_types import ALLOWED_TYPES
from envirosense.learning.samples import Samples

type Floats = npt.NDArray[np.float64]

_SKOPS: Final = "model.skops"
_THREADS: Final = 1  # the same sums on any machine; `detectors.one_thread` would load what compiles windows


class Scorer(Protocol):
    """What evaluation needs of a model of samples."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Class of each column of a score."""
        ...

    @property
    def negative(self) -> str:
        """The class that raises no alarm."""
        ...

    @property
    def threshold(self) -> float:
        """Alarm where one minus the score of `negative` is above it."""
        ...

    def score(self, samples: Samples) -> Floats:
        """Score of each class, (sample, class), rows summing to one."""
        ...


def alarm_score(scorer: Scorer, samples: Samples) -> Floats:
    """One minus the score of the negative class, (sample,)."""
    return 1.0 - scorer.score(samples)[:, scorer.classes.index(scorer.negative)]


@dataclass(frozen=True, slots=True, eq=False)
class ModelBundle:
    """A model in memory, with its bytes as they are stored."""

    card: ModelCard
    data: bytes
    estimator: Any

    @property
    def classes(self) -> tuple[str, ...]:
        """Class of each column of a score."""
        return self.card.classes

    @property
    def negative(self) -> str:
        """The class that raises no alarm."""
        return self.card.negative

    @property
    def threshold(self) -> float:
        """Alarm where one minus the score of `negative` is above it."""
        return self.card.threshold

    @property
    def model_id(self) -> str:
        """Content address."""
        return self.card.model_id

    def score(self, samples: Samples) -> Floats:
        """Class probabilities, (sample, class).

        Raises:
            DatasetError: if the samples have other features than the model eats.
        """
        require_features(self.card.features, samples.features)
        if not len(samples):
            return np.empty((0, len(self.classes)))
        with threadpool_limits(_THREADS):
            return np.asarray(self.estimator.predict_proba(samples.x), dtype=np.float64)

    def score_members(self, samples: Samples) -> Floats:
        """Class probabilities of each member of an ensemble, (member, sample, class); else of one member."""
        require_features(self.card.features, samples.features)
        members = getattr(self.estimator, "estimators_", None)
        if members is None or not len(samples):
            return self.score(samples)[None]
        x = np.asarray(samples.x, dtype=np.float32)
        with threadpool_limits(_THREADS):
            return np.stack([np.asarray(one.predict_proba(x), dtype=np.float64) for one in members])

    def save(self, folder: Path | str) -> Path:
        """The folder, after writing the file and then the card that names its checksum."""
        folder = Path(folder)
        with storing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / CARD).unlink(missing_ok=True)  # the card of an earlier model must not outlive its file
        write_whole(folder / self.card.file.name, self.data)
        text = json.dumps(self.card.model_dump(mode="json"), indent=1, allow_nan=False) + "\n"
        write_whole(folder / CARD, text.encode())
        return folder


def require_features(trained: tuple[str, ...], given: tuple[str, ...]) -> None:
    """Refuse samples whose features differ from those that a model eats.

    Raises:
        DatasetError: naming the first that are missing or new.
    """
    if trained == given:
        return
    missing, new = sorted(set(trained) - set(given))[:3], sorted(set(given) - set(trained))[:3]
    raise DatasetError(f"features differ from the model's (missing {missing}, new {new}); train again")


def bundle_of(estimator: Any, *, task: str, negative: str, features: tuple[str, ...], threshold: float,
              trainer: str, **card: Any) -> ModelBundle:  # fmt: skip
    """Bundle of a fitted scikit-learn classifier.

    Raises:
        ConfigError: if the negative class was not learned, the threshold is not finite, or it holds a type
            that a model file may not.
    """
    from skops import io

    classes = tuple(str(name) for name in estimator.classes_)
    if negative not in classes:
        raise ConfigError("negative", negative, f"is not among the classes {', '.join(classes)}")
    if not np.isfinite(threshold):
        raise ConfigError("threshold", threshold, "must be finite")
    data = settled(io.dumps(estimator))
    refused = sorted(set(io.get_untrusted_types(data=data)) - ALLOWED_TYPES)
    if refused:
        known = ", ".join(sorted(ALLOWED_TYPES))
        raise ConfigError(
            "estimator", refused[0], f"may not be in a model file; beyond what skops trusts itself: {known}"
        )
    file = ModelFile(name=_SKOPS, format="skops", sha256=hashlib.sha256(data).hexdigest(), n_bytes=len(data))
    told = ModelCard(
        task=task, classes=classes, negative=negative, features=features, threshold=float(threshold),
        trainer=trainer, file=file, **card,
    )  # fmt: skip
    return ModelBundle(told, data, estimator)


def load_bundle(folder: Path | str) -> ModelBundle:
    """Model of a folder.

    Raises:
        DatasetError: if card or file are missing, damaged, or hold a type that is not on the list.
        SchemaVersionError: if a newer version wrote it.
        MissingExtraError: if the file needs a package that is not installed.
    """
    folder = Path(folder)
    card = read_card(folder)
    path = folder / card.file.name
    if not path.is_file():
        raise DatasetError(f"{path}: missing; train again or take another version")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != card.file.sha256:
        raise DatasetError(f"{path}: damaged (checksum differs from {CARD}); train again")
    estimator = _skops(data, path) if card.file.format == "skops" else OnnxEstimator(data, path)
    return ModelBundle(card, data, estimator)


def read_card(folder: Path) -> ModelCard:
    """Card of a model's folder.

    Raises:
        DatasetError: if there is none, or it is damaged.
        SchemaVersionError: if a newer version wrote it.
    """
    path = folder / CARD
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        version = int(told["schema_version"])
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror}); give the folder of a model") from None
    except (ValueError, KeyError, TypeError):
        raise DatasetError(f"{path}: not the card of a model") from None
    if version > SCHEMA_VERSION:
        raise SchemaVersionError(path, version, SCHEMA_VERSION)
    card = ModelCard.parse(told, str(path))
    if Path(card.file.name).name != card.file.name:
        raise DatasetError(f"{path}: the model file must lie beside it, not at {card.file.name!r}")
    return card


def _skops(data: bytes, path: Path) -> Any:
    from skops import io

    try:
        found = set(io.get_untrusted_types(data=data))
        unknown = sorted(found - ALLOWED_TYPES)
        if unknown:
            raise DatasetError(f"{path}: holds the type {unknown[0]}, which a model file may not; refused")
        return io.loads(data, trusted=sorted(ALLOWED_TYPES & found))
    except DatasetError:
        raise
    except Exception as error:  # a file may be wrong in any way; whatever it is, it is no model
        raise DatasetError(f"{path}: cannot be read as a model ({type(error).__name__}: {error})") from None


class OnnxEstimator:
    """Classifier of an ONNX file with one float input and an output of probabilities (sample, class)."""

    def __init__(self, data: bytes, path: Path) -> None:
        self._session = onnx_session(data, path)
        self._input = self._session.get_inputs()[0].name
        self._output = self._session.get_outputs()[-1].name

    def predict_proba(self, x: Floats) -> Floats:
        """Class probabilities, (sample, class)."""
        (found,) = self._session.run([self._output], {self._input: np.asarray(x, dtype=np.float32)})
        return np.asarray(found, dtype=np.float64)
