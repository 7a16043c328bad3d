"""One half of the fire alarm: boosted trees on its looks, and evidence from their scores."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import DatasetError
from envirosense.learning.detectors import one_thread

type Float32s = npt.NDArray[np.float32]
type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]

MEMBERS: Final = 4  # each sees other looks at a split; their mean depends less on single windows
TREES: Final = 150
SURE: Final = 13.8  # greatest log odds that one window may say: a chance of a millionth


class Head:
    """Mean of a few boosted ensembles; fitted on windows, asked about whole episodes."""

    def __init__(self, memory: int) -> None:
        """Head whose evidence is the mean over `memory` windows."""
        self.memory: Final = memory
        self._members: tuple[Any, ...] = ()

    def fit(self, looks: Float32s, is_fire: Bools, seed: int) -> None:
        """Fit on windows (window, look).

        Raises:
            DatasetError: if there are no fires, or nothing else.
        """
        from sklearn.ensemble import HistGradientBoostingClassifier

        if is_fire.all() or not is_fire.any():
            raise DatasetError(
                "the fire alarm needs fires that its sensors see, and quiet time: add episodes"
            )
        with one_thread():
            self._members = tuple(
                HistGradientBoostingClassifier(
                    learning_rate=0.06,
                    max_iter=TREES,
                    max_leaf_nodes=15,
                    min_samples_leaf=40,
                    l2_regularization=1.0,
                    max_features=0.2,
                    early_stopping=False,
                    random_state=seed + member,
                ).fit(looks, is_fire)
                for member in range(MEMBERS)
            )

    def evidence(self, looks: Float32s) -> Floats:
        """Mean log odds of fire over the last windows of one episode, (window,); a short history is weak.

        Raises:
            DatasetError: if it is not fitted.
        """
        if not self._members:
            raise DatasetError("the fire alarm is not fitted; call fit first")
        if not len(looks):
            return np.empty(0)
        with one_thread():
            odds = np.mean([member.decision_function(looks) for member in self._members], axis=0)
        total = np.concatenate([[0.0], np.cumsum(np.clip(odds, -SURE, SURE))])
        end = np.arange(1, odds.size + 1)
        return np.asarray((total[end] - total[np.maximum(end - self.memory, 0)]) / self.memory)
