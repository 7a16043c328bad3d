"""How right a model should be on samples that nobody has labelled, told from its own calibrated scores."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import DatasetError
from envirosense.core.rng import stream
from envirosense.learning.intervals import Estimate, by_group
from envirosense.learning.models.bundle import Scorer, alarm_score
from envirosense.learning.samples import Samples

type Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LabelFreeEstimate:
    """What is expected of the alarms of a model on unlabelled samples, sample by sample.

    Attributes:
        right: Share of samples with an alarm exactly where something is.
        precision: Share of the alarms that are right.
        recall: Share of the positive samples that are alarmed on.
    """

    right: Estimate
    precision: Estimate
    recall: Estimate


def label_free_estimate(
    model: Scorer, validation: Samples, unlabelled: Samples, seed: int = 0
) -> LabelFreeEstimate:
    """Expected performance on samples whose classes are not looked at.

    Alarm scores are turned into probabilities on the labelled validation samples (isotonic
    regression) and summed over the unlabelled ones, as in confidence-based performance estimation.
    It sees how features move towards or away from what the model is sure of. It holds while the same
    features mean the same classes; where that changes, and where a class becomes more common
    without its features moving, only labels tell. Intervals are over groups and leave out the error
    of the calibration itself.

    Raises:
        DatasetError: if the validation samples hold one class only, or there is nothing to judge.
    """
    positive = np.asarray(validation.y != model.negative)
    if positive.all() or not positive.any() or not len(unlabelled):
        raise DatasetError("an estimate needs validation samples of both kinds, and samples to judge")
    chance = _calibrated(alarm_score(model, validation), positive)
    scores = alarm_score(model, unlabelled)
    p = np.asarray(chance.predict(scores), dtype=np.float64)
    alarm = (scores > model.threshold).astype(np.float64)
    hit = alarm * p

    def shared(part: Floats, whole: Floats, name: str) -> Estimate:
        rng = stream(seed, "label free", name)
        return by_group(lambda weight: _ratio(weight, part, whole), unlabelled.group, rng)

    return LabelFreeEstimate(
        right=shared(hit + (1 - alarm) * (1 - p), np.ones(len(p)), "right"),
        precision=shared(hit, alarm, "precision"),
        recall=shared(hit, p, "recall"),
    )


@dataclass(frozen=True, slots=True)
class Expectation:
    """How right a model should be on new samples, and how right it was on the validation samples."""

    new: Estimate
    validation: float

    def __str__(self) -> str:
        said = f"{self.new.value:.1%}" if self.new.value is not None else "an unknown share"
        if self.new.low is not None and self.new.high is not None:
            said += f" ({self.new.low:.1%} to {self.new.high:.1%})"
        return (
            f"by its own scores, labels unseen, the model should be right on {said} of the new samples, "
            f"{self.validation:.1%} of the validation samples"
        )


def expectation(model: Scorer | None, validation: Samples, new: Samples, seed: int) -> Expectation | None:
    """What a model's scores promise on new samples; None where that cannot be told."""
    if model is None or validation.features != new.features:
        return None
    try:
        found = label_free_estimate(model, validation, new, seed).right
        alarm = alarm_score(model, validation) > model.threshold
    except DatasetError:  # nothing new, validation of one class, or a model of other features
        return None
    return Expectation(found, float(np.mean(alarm == (validation.y != model.negative))))


def _ratio(weight: Floats, part: Floats, whole: Floats) -> float:
    total = float((weight * whole).sum())
    return float((weight * part).sum()) / total if total else float("nan")


def _calibrated(score: Floats, positive: npt.NDArray[np.bool_]) -> Any:
    from sklearn.isotonic import IsotonicRegression

    return IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(score, positive)
