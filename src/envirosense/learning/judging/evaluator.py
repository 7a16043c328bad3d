"""A model on a frozen test set of groups that no training ever sees, and against the running version."""

from collections.abc import Iterator
from time import perf_counter
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import DatasetError
from envirosense.core.rng import stream
from envirosense.learning.intervals import Estimate, by_group
from envirosense.learning.judging.calibration import reliability
from envirosense.learning.judging.comparison import compared
from envirosense.learning.judging.ranking import Ranking
from envirosense.learning.judging.results import Comparison, ModelEvaluation, SliceScore
from envirosense.learning.judging.slicing import slices_of
from envirosense.learning.judging.unit_metrics import exact, resampled
from envirosense.learning.judging.units import UnitOutcomes, unit_outcomes
from envirosense.learning.metrics import average_precision
from envirosense.learning.models.bundle import ModelBundle, Scorer
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import Metric, ModelTask

type Floats = npt.NDArray[np.float64]

_TIMED: Final = 15  # samples scored alone
_FEW_GROUPS: Final = 5


class ModelEvaluator:
    """Judges models of a task on samples that stay the same.

    Args:
        task: what the models are for.
        test: held-out samples; hold no group that any model was trained on.
        seed: of the bootstrap over groups.

    Raises:
        DatasetError: if the samples hold one class only, or none.
    """

    def __init__(self, task: ModelTask, test: Samples, seed: int = 0) -> None:
        kinds = set(test.y.tolist())
        if task.negative not in kinds or len(kinds) < 2:
            raise DatasetError(
                f"the test set holds only the classes {sorted(kinds)}: "
                f"it needs {task.negative!r} and at least one other; generate more held-out groups"
            )
        self.task, self.test, self.seed = task, test, seed
        self.test_hash = test.content_hash
        self._positive = np.asarray(test.y != task.negative)
        self._member = np.unique(test.unit, return_inverse=True)[1]

    def evaluate(self, model: Scorer, model_id: str = "") -> ModelEvaluation:
        """Metrics of a model with intervals, overall and by slice.

        Raises:
            DatasetError: if its scores are no probabilities, or it was trained on a group of the test set.
        """
        stored = model if isinstance(model, ModelBundle) else None
        if stored is not None:
            self._require_unseen(stored)
        classes = model.score(self.test)
        require_probabilities(classes, len(self.test), len(model.classes))
        score = 1.0 - classes[:, model.classes.index(model.negative)]
        is_right = np.asarray(np.asarray(model.classes)[classes.argmax(axis=1)] == self.test.y)
        units = unit_outcomes(self.test, score > model.threshold, self.task)
        return ModelEvaluation(
            task=self.task.name,
            model_id=model_id or (stored.model_id if stored else type(model).__name__),
            test_hash=self.test_hash,
            n_samples=len(self.test),
            n_units=len(units),
            n_groups=len(self.test.groups),
            overall=self._overall(score, is_right, units),
            slices=tuple(self._slices(score, is_right, units)),
            reliability=reliability(score, self._positive),
            latency_ms=self._latency_ms(model),
            n_bytes=stored.card.file.n_bytes if stored else 0,
            limits=_limits(self.test, units),
            units=units,
            ranking=Ranking(score, self._positive, self._member, self.test.group),
        )

    def compare(self, champion: ModelEvaluation, challenger: ModelEvaluation) -> Comparison:
        """What the challenger gains, and what falls too far.

        Raises:
            DatasetError: if the two were judged on different samples.
        """
        return compared(champion, challenger, self.task)

    def _require_unseen(self, model: ModelBundle) -> None:
        seen = sorted(set(model.card.facts.get("groups", ())) & set(self.test.groups))
        if seen:
            raise DatasetError(
                f"group {seen[0]!r} of the test set was trained on; judge the model on groups it never saw"
            )

    def _overall(
        self, score: Floats, is_right: npt.NDArray[np.bool_], units: UnitOutcomes
    ) -> dict[Metric, Estimate]:
        group, right = self.test.group, is_right.astype(np.float64)
        return {
            "accuracy": by_group(
                lambda weight: float((weight * right).sum() / weight.sum()),
                group,
                stream(self.seed, "judging", "accuracy", "bootstrap"),
            ),
            **resampled(units, self.seed),
            "pr_auc": by_group(
                lambda weight: average_precision(score, self._positive, weight),
                group,
                stream(self.seed, "judging", "pr_auc", "bootstrap"),
            ),
        }

    def _slices(
        self, score: Floats, is_right: npt.NDArray[np.bool_], units: UnitOutcomes
    ) -> Iterator[SliceScore]:
        for name, variable, chosen in slices_of(self.test, units, self.task):
            rows = chosen[self._member]
            ranked = average_precision(score[rows], self._positive[rows])
            n = int(rows.sum())
            metrics: dict[Metric, Estimate] = {
                "accuracy": Estimate(float(is_right[rows].mean()) if n else None, n=n),
                **exact(units.select(chosen)),
                "pr_auc": Estimate(ranked if np.isfinite(ranked) else None, n=n),
            }
            yield SliceScore(name, variable, int(chosen.sum()), metrics, chosen)

    def _latency_ms(self, model: Scorer) -> float:
        took_s = []
        for at in np.linspace(0, len(self.test) - 1, _TIMED).astype(int):
            one = self.test.select(np.array([at]))
            began_s = perf_counter()
            model.score(one)
            took_s.append(perf_counter() - began_s)
        return float(np.median(took_s)) * 1e3


def require_probabilities(classes: Floats, n_samples: int, n_classes: int) -> None:
    """Refuse scores that are not one probability for each sample and class.

    Raises:
        DatasetError: saying what is wrong with them.
    """
    if classes.shape != (n_samples, n_classes):
        raise DatasetError(f"scores are {classes.shape}, not ({n_samples}, {n_classes}): (sample, class)")
    if not np.all(np.isfinite(classes)):
        raise DatasetError("scores are not finite; a model must say something whatever is missing")
    if np.any(classes < -1e-6) or not np.allclose(classes.sum(axis=1), 1.0, atol=1e-4):
        raise DatasetError("scores are no probabilities: each row must be positive and sum to one")


def _limits(test: Samples, units: UnitOutcomes) -> tuple[str, ...]:
    found = []
    n_groups, n_positive = len(test.groups), int(units.positive.sum())
    if n_groups < _FEW_GROUPS:
        found.append(f"{n_groups} held-out groups: intervals are too narrow.")
    if min(n_positive, len(units) - n_positive) < 2 * _FEW_GROUPS:
        found.append(
            f"{n_positive} positive and {len(units) - n_positive} negative units: too few to judge by."
        )
    if set(test.origin.tolist()) == {"simulated"}:
        found.append("Every number is about simulated data; nothing here was measured on a device.")
    return tuple(found)
