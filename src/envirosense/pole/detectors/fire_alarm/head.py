"""One half of the fire alarm: boosted trees on its looks, and evidence from their scores."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import DatasetError
from envirosense.learning.detectors import one_thread

type Float32s = npt.NDArray[np.float32]
type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]

TREES: Final = 150
LEAST: Final = 1e-6  # of a probability, keeps its logarithm finite
RARE: Final = 0.99  # of the quiet windows score below what a window must reach to stay in the lesson


class Head:
    """Learns twice: smoke comes in gusts, and a window of a fire between two gusts looks like any other.

    The first fit scores each half of the episodes by what the other half taught; fire windows that score as
    quiet ones do teach nothing and are left out of the second.
    """

    def __init__(self, memory: int) -> None:
        """Head whose evidence is the mean over `memory` windows."""
        self.memory: Final = memory
        self.n_kept = 0
        self._estimator: Any = None

    def fit(self, looks: Float32s, is_fire: Bools, episode_id: npt.NDArray[np.str_], seed: int) -> None:
        """Fit on windows (window, look).

        Raises:
            DatasetError: if either fires or quiet windows are missing in one half of the episodes.
        """
        half = np.unique(episode_id, return_inverse=True)[1] % 2
        score = np.empty(len(is_fire))
        for one in (0, 1):
            known = is_fire[half != one]
            if known.all() or not known.any():
                raise DatasetError("too few episodes: half of them lack fires that are seen, or quiet time")
            score[half == one] = _chance(_fitted(looks[half != one], known, seed), looks[half == one])
        stays = ~is_fire | (score > np.quantile(score[~is_fire], RARE))
        self.n_kept = int((stays & is_fire).sum())
        if not self.n_kept:
            raise DatasetError("no fire window looks different from the quiet ones: add episodes")
        self._estimator = _fitted(looks[stays], is_fire[stays], seed)

    def evidence(self, looks: Float32s) -> Floats:
        """Mean log odds of fire over the last windows of one episode, (window,)."""
        if self._estimator is None:
            raise DatasetError("the fire alarm is not fitted; call fit first")
        share = np.clip(_chance(self._estimator, looks), LEAST, 1.0 - LEAST)
        total = np.concatenate([[0.0], np.cumsum(np.log(share / (1.0 - share)))])
        end = np.arange(1, share.size + 1)
        return np.asarray((total[end] - total[np.maximum(end - self.memory, 0)]) / self.memory)


def _fitted(looks: Float32s, is_fire: Bools, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    with one_thread():
        trees = HistGradientBoostingClassifier(max_iter=TREES, early_stopping=False, random_state=seed)
        return trees.fit(looks, is_fire)


def _chance(estimator: Any, looks: Float32s) -> Floats:
    if not len(looks):
        return np.empty(0)
    with one_thread():
        return np.asarray(estimator.predict_proba(looks)[:, 1], dtype=np.float64)
