"""Detectors: something that is fitted on windows and scores windows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.datasets.window_events import NORMAL
from envirosense.datasets.window_features import window_mean
from envirosense.datasets.windows import Windows

type Floats = npt.NDArray[np.float64]

_MAD_TO_SIGMA: Final = 1.4826  # of a normal distribution


@runtime_checkable
class Detector(Protocol):
    """What evaluation needs of a detector."""

    name: str
    version: str

    @property
    def classes(self) -> tuple[str, ...]:
        """Class of each column of `score`; one of them is "normal"."""
        ...

    def fit(self, train: Windows, rng: np.random.Generator) -> Self:
        """The detector, fitted."""
        ...

    def score(self, windows: Windows) -> Floats:
        """Score of each class, (window, class), rows summing to one."""
        ...


def alarm_score(detector: Detector, windows: Windows) -> Floats:
    """One minus the score of normal, (window,)."""
    return 1.0 - detector.score(windows)[:, detector.classes.index(NORMAL)]


@contextmanager
def one_thread() -> Iterator[None]:
    """Context in which learners use one thread: the same sums on any machine, no fight over cores."""
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    with threadpool_limits(1):
        yield


def trainable(windows: Windows) -> Windows:
    """Windows worth learning from: an event that no sensor could see yet teaches nothing."""
    return windows.select(~windows.is_event | windows.detectable)


class WindowDetector:
    """Tree ensemble over the generic features of a window."""

    version = "1"

    def __init__(self, learner: Literal["forest", "boosting"] = "forest", size: int = 200) -> None:
        if learner not in ("forest", "boosting"):
            raise ConfigError("learner", learner, "use forest or boosting")
        self.name = f"window_{learner}"
        self.learner: Final = learner
        self.size: Final = size
        self.channels: tuple[str, ...] = ()
        self.estimator: Any = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Class of each column of `score`, sorted."""
        return tuple(str(name) for name in self._fitted().classes_)

    def fit(self, train: Windows, rng: np.random.Generator) -> Self:
        """Fitted on the trainable windows.

        The forest weighs classes equally. Boosting does not: weights make scikit-learn's binning
        a hundred times slower, and the alarm threshold is chosen afterwards anyway.

        Raises:
            DatasetError: if fewer than two classes are left, or none is normal.
        """
        chosen = trainable(train)
        known = set(chosen.y.tolist())
        if len(known) < 2 or NORMAL not in known:
            raise DatasetError(f"training windows hold only {sorted(known)}: add normal and event episodes")
        self.channels = train.channels
        self.estimator = self._untrained(int(rng.integers(2**31)))
        with one_thread():
            self.estimator.fit(chosen.features(), chosen.y)
        return self

    def _untrained(self, seed: int) -> Any:
        if self.learner == "boosting":
            from sklearn.ensemble import HistGradientBoostingClassifier

            return HistGradientBoostingClassifier(max_iter=self.size, early_stopping=False, random_state=seed)
        from sklearn.ensemble import ExtraTreesClassifier

        return ExtraTreesClassifier(
            n_estimators=self.size, min_samples_leaf=2, class_weight="balanced", random_state=seed, n_jobs=1
        )

    def score(self, windows: Windows) -> Floats:
        """Class probabilities, (window, class).

        Raises:
            DatasetError: if the windows have other channels than the training windows.
        """
        check_channels(self.channels, windows.channels)
        if not len(windows):
            return np.empty((0, len(self.classes)))
        with one_thread():
            return np.asarray(self._fitted().predict_proba(windows.features()), dtype=np.float64)

    def score_members(self, windows: Windows) -> Floats:
        """Class probabilities of each tree of a forest, (member, window, class); boosting is one member."""
        trees = getattr(self._fitted(), "estimators_", None)
        if trees is None or not len(windows):
            return self.score(windows)[None]
        check_channels(self.channels, windows.channels)
        x = windows.features().astype(np.float32)  # as the forest itself hands it to its trees
        with one_thread():
            return np.stack([np.asarray(tree.predict_proba(x), dtype=np.float64) for tree in trees])

    def importances(self, n: int = 15) -> dict[str, float]:
        """The `n` features the forest leaned on most, by mean decrease of impurity; empty for boosting."""
        from envirosense.datasets.window_features import feature_names

        weights = getattr(self._fitted(), "feature_importances_", np.empty(0))
        names = feature_names(self.channels)
        return {names[at]: float(weights[at]) for at in np.argsort(-weights, kind="stable")[:n]}

    def _fitted(self) -> Any:
        if self.estimator is None:
            raise DatasetError(f"{self.name} is not fitted; call fit first")
        return self.estimator


class ThresholdDetector:
    """Plain rule: the greatest departure of any channel from its trailing baseline, in robust sigmas.

    The sigma of a channel is 1.4826 times the median absolute departure over normal training windows.
    """

    name = "threshold"
    version = "1"
    classes: tuple[str, ...] = (NORMAL, "event")

    def __init__(self) -> None:
        self.channels: tuple[str, ...] = ()
        self.sigma: Floats = np.empty(0)

    def fit(self, train: Windows, rng: np.random.Generator) -> Self:
        """Fitted on the normal windows; draws nothing."""
        normal = train.select(~train.is_event)
        departure = np.abs(_departure(normal))
        known = np.isfinite(departure)
        median = np.array(
            [
                np.median(column[ok]) if ok.any() else np.nan
                for column, ok in zip(departure.T, known.T, strict=True)
            ]
        )
        self.channels = train.channels
        self.sigma = np.where(median > 0, median * _MAD_TO_SIGMA, np.inf)
        return self

    def sigmas(self, windows: Windows) -> Floats:
        """Departure of each channel from its baseline, (window, channel) [robust sigma]; 0 where unknown."""
        check_channels(self.channels, windows.channels)
        return np.nan_to_num(_departure(windows) / self.sigma, nan=0.0, posinf=0.0, neginf=0.0)

    def score(self, windows: Windows) -> Floats:
        """`z / (1 + z)` of the greatest departure z under `event`, (window, 2)."""
        z = np.abs(self.sigmas(windows)).max(axis=1, initial=0.0)
        return np.stack([1 / (1 + z), z / (1 + z)], axis=1)


def _departure(windows: Windows) -> Floats:
    return window_mean(windows.x).astype(np.float64) - windows.baseline


def check_channels(trained: tuple[str, ...], given: tuple[str, ...]) -> None:
    """Refuse windows whose channels differ from those a detector was fitted on.

    Raises:
        DatasetError: naming the first channels that are missing or new.
    """
    if trained == given:
        return
    missing, new = sorted(set(trained) - set(given))[:3], sorted(set(given) - set(trained))[:3]
    raise DatasetError(
        f"channels differ from the model's (missing {missing}, new {new}); "
        "use a dataset with the same sensors or train again"
    )


def shuffled_labels(train: Windows, rng: np.random.Generator) -> Windows:
    """The trainable windows with their labels permuted over all of them.

    A learner fitted on them must rank at chance; if it does not, something leaks. Permuting inside
    groups would not do: a group with more events would keep more event labels. Class and
    `detectable` move together, or the choice of trainable windows would give the truth away.
    """
    chosen = trainable(train)
    return chosen.relabelled(rng.permutation(len(chosen)))
