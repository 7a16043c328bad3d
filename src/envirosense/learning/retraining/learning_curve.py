"""What training on more of the same would give, told from training on less of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.learning.detectors import one_thread
from envirosense.learning.retraining.trainer import balanced_weights
from envirosense.learning.samples import Samples

type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]
type Texts = npt.NDArray[np.str_]

_SMALL: Final = 800  # samples; below it a fold of a fifth leaves too much away, and fits cost little
FRACTIONS: Final = (0.25, 0.5, 1.0)  # of the groups outside a fold
N_REPEATS: Final = 2  # partitions into folds; one alone leaves the luck of the draw
_PROBE_TREES: Final = 30
_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Mean recall of the classes on held-out groups against the share of the groups trained on.

    Attributes:
        share: Of all groups, increasing.
        score: Measured by cross-validation over groups.
        ceiling: What the curve tends to; at most one.
        slope: `score = ceiling - slope / sqrt(share)` beyond the last measured share, through the last
            two; below it the measured are joined.
    """

    share: tuple[float, ...]
    score: tuple[float, ...]
    ceiling: float
    slope: float

    def at(self, share: float) -> float:
        """Score expected with this share of the groups; above one is more than there are."""
        if share > self.share[-1]:
            return float(np.clip(self.ceiling - self.slope / np.sqrt(share), 0.0, 1.0))
        return float(np.interp(-1.0 / np.sqrt(share), -1.0 / np.sqrt(self.share), self.score))

    def share_for(self, target: float) -> float:
        """Share of today's groups that would reach a score; endless where more of the same does not."""
        if self.at(1.0) >= target:
            return 1.0
        return (self.slope / (self.ceiling - target)) ** 2 if self.ceiling > target else float("inf")


def mean_recall(truth: Texts, said: Texts, weight: Floats) -> float:
    """Mean over the true classes of the share of their weight that is said right."""
    right = truth == said
    recalls = [np.average(right[truth == name], weights=weight[truth == name]) for name in np.unique(truth)]
    return float(np.mean(recalls))


def unit_weights(samples: Samples) -> Floats:
    """Weight that makes every unit count the same, (sample,)."""
    _, member, times = np.unique(samples.unit, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / times[member], dtype=np.float64)


def learning_curve(samples: Samples, seed: int) -> LearningCurve:
    """Curve from cross-validation in which whole groups are held out and whole groups left away."""
    n_folds = min(10 if len(samples) < _SMALL else 5, len(samples.groups))
    scores = np.zeros((N_REPEATS, len(FRACTIONS)))
    for repeat in range(N_REPEATS):
        folds = group_folds(samples, n_folds, seed, repeat)
        for at, fraction in enumerate(FRACTIONS):
            rng = stream(seed, "sufficiency", "subset", repeat, at)
            scores[repeat, at] = _cross_validated(samples, folds, fraction, rng)
    measured = scores.mean(axis=0)
    share = np.array(FRACTIONS) * (1.0 - 1.0 / n_folds)
    ceiling, slope = _beyond(share, measured)
    return LearningCurve(tuple(share.tolist()), tuple(measured.tolist()), ceiling, slope)


def score_elsewhere(
    samples: Samples, cell: npt.NDArray[np.generic], curve: LearningCurve, seed: int
) -> float:
    """Mean recall expected in conditions, and groups, that training never saw.

    Each condition is left out in turn, with a third of the groups. What is lost for want of samples
    alone is given back by the curve. The rest is what conditions do; from s of them their mean is
    known to a variance of 1/s, so that the loss is taken as (1 + 1/s) / (1 + 1/(s-1)) of the measured.

    Args:
        samples: of at least two cells.
        cell: which condition each is from, (sample,).
        curve: of the same samples.
        seed: of the folds.
    """
    folds = group_folds(samples, _PARTS, seed, 0)
    rng = stream(seed, "sufficiency", "elsewhere")
    values = np.unique(cell)
    parts = (
        ((folds != fold) & (cell != value), (folds == fold) & (cell == value))
        for value in values
        for fold in range(_PARTS)
    )
    n = len(values)
    lost = curve.at((1 - 1 / _PARTS) * (1 - 1 / n)) - _scored(samples, parts, rng)
    return curve.at(1.0) - max(lost, 0.0) * (1 + 1 / n) / (1 + 1 / (n - 1))


def group_folds(samples: Samples, n_folds: int, seed: int, repeat: int) -> npt.NDArray[np.intp]:
    """Fold of each sample; a group is in one, and every fold gets its part of every class."""
    names, member = np.unique(samples.group, return_inverse=True)
    classes, label = np.unique(samples.y, return_inverse=True)
    weight = unit_weights(samples)
    held = np.zeros((len(names), len(classes)))
    np.add.at(held, (member, label), weight)
    held /= held.sum(axis=0)
    order = stream(seed, "sufficiency", "folds", repeat).permutation(len(names))
    order = order[np.argsort(-held[order].max(axis=1), kind="stable")]
    filled, fold = np.zeros((n_folds, len(classes))), np.zeros(len(names), dtype=np.intp)
    for at in order:
        fold[at] = int(np.argmin(((filled + held[at]) ** 2).sum(axis=1) - (filled**2).sum(axis=1)))
        filled[fold[at]] += held[at]
    return np.asarray(fold[member], dtype=np.intp)


def _cross_validated(
    samples: Samples, folds: npt.NDArray[np.intp], fraction: float, rng: np.random.Generator
) -> float:
    parts = (
        (_some_groups(samples.group, folds != fold, fraction, rng), folds == fold)
        for fold in np.unique(folds)
    )
    return _scored(samples, parts, rng)


def _some_groups(group: Texts, chosen: Bools, fraction: float, rng: np.random.Generator) -> Bools:
    names = np.unique(group[chosen])
    kept = rng.permutation(names)[: max(round(fraction * len(names)), 1)]
    return np.asarray(chosen & np.isin(group, kept))


def _scored(samples: Samples, parts: Iterator[tuple[Bools, Bools]], rng: np.random.Generator) -> float:
    """Mean recall over all held-out samples, each said by the probe that did not see it."""
    said = np.full(len(samples), "", dtype=samples.y.dtype)
    judged = np.zeros(len(samples), dtype=bool)
    from sklearn import config_context

    with one_thread(), config_context(assume_finite=True, skip_parameter_validation=True):
        for known, held_out in parts:
            if held_out.any():
                judged |= held_out
                said[held_out] = _probe(samples.select(known), samples.x[held_out], rng)
    weight = unit_weights(samples)
    return mean_recall(samples.y[judged], said[judged], weight[judged]) if judged.any() else 0.0


def _probe(train: Samples, x: Floats, rng: np.random.Generator) -> Texts:
    """Class that a small forest says, (sample,); the only class, or none, where it knows no other."""
    from sklearn.ensemble import ExtraTreesClassifier

    if len(train.classes) < 2:
        return np.full(len(x), train.classes[0] if train.classes else "")
    forest = ExtraTreesClassifier(
        _PROBE_TREES, min_samples_leaf=2, random_state=int(rng.integers(2**31)), n_jobs=1
    )
    forest.fit(train.x, train.y, sample_weight=balanced_weights(train))
    return np.asarray(forest.predict(x), dtype=np.str_)


def _beyond(share: Floats, score: Floats) -> tuple[float, float]:
    """Ceiling and slope of the curve through the last two points; it never falls."""
    root = 1.0 / np.sqrt(share)
    slope = max(float((score[-1] - score[-2]) / (root[-2] - root[-1])), 0.0)
    slope = min(slope, float((1.0 - score[-1]) / root[-1]))
    return float(score[-1] + slope * root[-1]), slope
