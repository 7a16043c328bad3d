"""A Python object as a detector: anything that gives class probabilities for an array."""

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, DatasetError, EnviroSenseError
from envirosense.datasets.windows import Windows
from envirosense.learning.detectors import check_channels, one_thread, trainable
from envirosense.learning.foreign.readings import (
    View,
    checked_members,
    checked_scores,
    require_classes,
    require_view,
    shown,
)

type Floats = npt.NDArray[np.float64]
type Scores = Callable[[Any], Any]
type Training = Callable[[Any, npt.NDArray[np.str_], np.random.Generator], Any]


class PythonDetector:
    """Detector around a model of yours.

    Attributes:
        view: What the model is shown: `features` (window, feature) or `raw` (window, time, channel).
        channels: Channels that it was fitted on; windows with others are refused. Empty: any.
    """

    def __init__(
        self,
        model: Any = None,
        classes: Sequence[str] = (),
        *,
        view: View = "features",
        train: Training | None = None,
        members: Scores | None = None,
        channels: Sequence[str] = (),
        name: str = "python",
        version: str = "1",
    ) -> None:
        """Around a trained `model`, around `train` that makes one, or around both.

        Args:
            model: has `predict_proba(x)`, or is such a function; the result is (window, class).
            classes: of its columns; taken from its `classes_` where it has them.
            view: what `x` is.
            train: `train(x, y, rng)` returns a new model; without it `fit` leaves the model as it is.
            members: function of `x` that gives (member, window, class), where the model is an ensemble.
            channels: that a trained model must be given.
            name: of the detector.
            version: of the detector.
        """
        require_view(view)
        if model is None and train is None:
            raise ConfigError("model", None, "give a trained model, or train, or both")
        self.name, self.version, self.view = name, version, view
        self.channels = tuple(channels)
        self._classes = tuple(classes)
        self._train, self._members = train, members
        self._model: Any = None
        if model is not None:
            self._take(model)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class of each column of `score`.

        Raises:
            DatasetError: if there is no model yet.
        """
        self._trained()
        return self._classes

    def fit(self, train: Windows, rng: np.random.Generator) -> Self:
        """The detector, with a model trained on the trainable windows where it can be trained."""
        if self._train is not None:
            chosen = trainable(train)
            with one_thread():
                self._take(self._train(shown(chosen, self.view), chosen.y, rng))
            self.channels = train.channels
        return self

    def score(self, windows: Windows) -> Floats:
        """Class probabilities, (window, class).

        Raises:
            DatasetError: if the channels are others, or the model fails or gives no probabilities.
        """
        return checked_scores(self._asked(self._trained(), windows), len(windows), self.classes, self.name)

    def score_members(self, windows: Windows) -> Floats:
        """Class probabilities of each member, (member, window, class); of one member without `members`."""
        if self._members is None or not len(windows):
            return self.score(windows)[None]
        return checked_members(self._asked(self._members, windows), len(windows), self.classes, self.name)

    def _asked(self, ask: Any, windows: Windows) -> Any:
        if self.channels:
            check_channels(self.channels, windows.channels)
        if not len(windows):
            return np.empty((0, len(self.classes)))
        try:
            with one_thread():
                return getattr(ask, "predict_proba", ask)(shown(windows, self.view))
        except EnviroSenseError:
            raise
        except Exception as error:  # a foreign model may fail in any way
            raise DatasetError(f"{self.name}: cannot score ({type(error).__name__}: {error})") from error

    def _take(self, model: Any) -> None:
        named = getattr(model, "classes_", None)
        if named is not None:
            self._classes = tuple(str(one) for one in named)
        require_classes(self._classes)
        self._model = model

    def _trained(self) -> Any:
        if self._model is None:
            raise DatasetError(f"{self.name} is not fitted; call fit first")
        return self._model
