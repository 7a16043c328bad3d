"""What every rule detector shares: strengths of evidence in, scores of classes out."""

from abc import ABC, abstractmethod
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import DatasetError
from envirosense.datasets.window_events import NORMAL
from envirosense.datasets.windows import Windows
from envirosense.learning.detectors import check_channels
from envirosense.pole.detectors.readings import Readings, known

type Floats = npt.NDArray[np.float64]


def class_scores(strengths: Floats) -> Floats:
    """Scores (window, 1 + kind) of normal and each kind, rows summing to one.

    `strengths` (window, kind) is 0 for no evidence and 1 at the alarm limit, where normal scores one half.
    """
    top = strengths.max(axis=1, initial=0.0)
    total = strengths.sum(axis=1)
    event = top / (1.0 + top)
    share = strengths / np.where(total > 0.0, total, 1.0)[:, None]
    return np.column_stack([1.0 - event, share * event[:, None]])


class RuleDetector(ABC):
    """Rules on readings alone. Fitting learns how much normal windows swing, never what an event is like."""

    name: str
    version: str = "1"
    kinds: ClassVar[tuple[str, ...]]  # event types that it tells

    def __init__(self) -> None:
        self.channels: tuple[str, ...] | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Normal first, then the event types that it tells."""
        return (NORMAL, *self.kinds)

    def fit(self, train: Windows, rng: np.random.Generator) -> Self:
        """Calibrated on the normal windows; draws nothing.

        Raises:
            DatasetError: if there is no normal window.
        """
        normal = train.select(~train.is_event)
        if not len(normal):
            raise DatasetError(f"{self.name}: no normal windows to learn the noise from; add normal episodes")
        self.channels = train.channels
        self.learn(Readings(normal))
        return self

    def strengths(self, windows: Windows) -> Floats:
        """Evidence for each kind, (window, kind): 0 none, 1 at the alarm limit."""
        return np.stack([np.maximum(known(one), 0.0) for one in self.evidence(Readings(windows))], axis=1)

    @abstractmethod
    def learn(self, normal: Readings) -> None:
        """Take the noise levels from normal readings."""

    @abstractmethod
    def evidence(self, readings: Readings) -> tuple[Floats, ...]:
        """Evidence (window,) for each of `kinds`; NaN is none."""

    def score(self, windows: Windows) -> Floats:
        """Score of each class, (window, class).

        Raises:
            DatasetError: before `fit`, or if the windows have other channels than those fitted on.
        """
        self.require_channels(windows)
        return class_scores(self.strengths(windows))

    def require_channels(self, windows: Windows) -> None:
        """Refuse windows that were not fitted for.

        Raises:
            DatasetError: before `fit`, or if the windows have other channels than those fitted on.
        """
        if self.channels is None:
            raise DatasetError(f"{self.name} is not fitted; call fit first")
        check_channels(self.channels, windows.channels)
