"""Trainers: something that makes a model of samples, by one contract for all of them."""

import platform
from abc import ABC, abstractmethod
from importlib.metadata import version
from typing import Any, ClassVar, Final, Protocol

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import DatasetError
from envirosense.core.registry import Registry
from envirosense.learning.detectors import one_thread
from envirosense.learning.judging.units import threshold_for
from envirosense.learning.models.bundle import ModelBundle, bundle_of
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask

type Floats = npt.NDArray[np.float64]

CONTRACT: Final = 1
N_TREES: Final = 100  # assumed: more change no score by more than its interval on sets of this size


class Trainer(Protocol):
    """What the loop needs of a trainer.

    It chooses the alarm threshold on `validation` with `judging.units.threshold_for`, fits on `train` alone,
    takes every draw from `rng`, takes NaN for unknown, and lets each sample count by its weight.
    """

    name: str
    version: str
    contract: int

    def train(
        self, train: Samples, validation: Samples, task: ModelTask, rng: np.random.Generator
    ) -> ModelBundle:
        """The model, fitted.

        Raises:
            DatasetError: if the samples cannot be learned from.
        """
        ...


TRAINERS: Final[Registry[type[Trainer]]] = Registry("trainer", "envirosense.trainers")


def balanced_weights(samples: Samples) -> Floats:
    """Weight of each sample, scaled so that every class weighs the same and the mean is one."""
    _, member = np.unique(samples.y, return_inverse=True)
    total = np.bincount(member, weights=samples.weight)
    return np.asarray(samples.weight * len(samples) / (len(total) * total[member]), dtype=np.float64)


def require_learnable(train: Samples, task: ModelTask) -> None:
    """Refuse samples that no classifier can be fitted on.

    Raises:
        DatasetError: if there is one class, no negative class, or a feature that is infinite.
    """
    if len(train.classes) < 2 or task.negative not in train.classes:
        raise DatasetError(
            f"training samples hold only {', '.join(train.classes) or 'nothing'}: add samples of "
            f"{task.negative!r} and of at least one other class"
        )
    endless = (np.abs(train.x) > np.finfo(np.float32).max).any(axis=0)
    if endless.any():
        name = train.features[int(np.argmax(endless))]
        raise DatasetError(f"feature {name} holds values that no 32-bit number can; leave them NaN")


class TreeTrainer(ABC):
    """Base of the tree ensembles: fit, choose the threshold, write the card."""

    name: ClassVar[str]
    version: ClassVar[str] = "1"
    contract: ClassVar[int] = CONTRACT

    def train(
        self, train: Samples, validation: Samples, task: ModelTask, rng: np.random.Generator
    ) -> ModelBundle:
        """The model, fitted on `train`, with a threshold from `validation`."""
        require_learnable(train, task)
        estimator = self._untrained(int(rng.integers(2**31)))
        with one_thread():
            estimator.fit(train.x, train.y, sample_weight=self._weights(train))
            scores = np.asarray(estimator.predict_proba(validation.x), dtype=np.float64)
        alarm = 1.0 - scores[:, estimator.classes_.tolist().index(task.negative)]
        return bundle_of(
            estimator,
            task=task.name,
            negative=task.negative,
            features=train.features,
            threshold=threshold_for(validation, alarm, task),
            trainer=f"{self.name}@{self.version}",
            trained_on=(train.content_hash, validation.content_hash),
            facts={"versions": _versions()},
        )

    @abstractmethod
    def _untrained(self, seed: int) -> Any:
        """Classifier of scikit-learn, not fitted."""

    @abstractmethod
    def _weights(self, train: Samples) -> Floats | None:
        """Weight of each sample in fitting, (sample,); None for equal ones."""


class ForestTrainer(TreeTrainer):
    """Extremely randomised trees; classes weigh the same."""

    name = "forest"

    def _untrained(self, seed: int) -> Any:
        from sklearn.ensemble import ExtraTreesClassifier

        return ExtraTreesClassifier(n_estimators=N_TREES, min_samples_leaf=2, random_state=seed, n_jobs=1)

    def _weights(self, train: Samples) -> Floats:
        return balanced_weights(train)


class BoostingTrainer(TreeTrainer):
    """Gradient boosting of histograms; samples count by their own weight alone.

    Equal weights are not handed on: they make scikit-learn's binning a hundred times slower and change
    nothing.
    """

    name = "boosting"

    def _untrained(self, seed: int) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier

        return HistGradientBoostingClassifier(max_iter=N_TREES, early_stopping=False, random_state=seed)

    def _weights(self, train: Samples) -> Floats | None:
        return None if np.ptp(train.weight) == 0 else train.weight


def _versions() -> dict[str, str]:
    packages = ("envirosense", "numpy", "scikit-learn", "skops")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}
