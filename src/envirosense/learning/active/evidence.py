"""What can be said about a model, as weak slices: its scores, an evaluation, or feedback from the field."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.learning.active.slice_cases import CLASS, Cases
from envirosense.learning.active.slices import Range, WeakSlice, error_words, holm, p_value
from envirosense.learning.active.strategies import STRATEGIES
from envirosense.learning.feedback import FeedbackCount
from envirosense.learning.judging.results import ModelEvaluation, SliceScore
from envirosense.learning.samples import Bools, Floats, Samples

SENSOR: Final = "sensor"
OUTCOMES: Final = ("confirmed", "false", "missed")
_RANGE: Final = re.compile(r"(-?[\d.]+(?:e[+-]?\d+)?) to (-?[\d.]+(?:e[+-]?\d+)?)(?: .*)?")


@dataclass(frozen=True, slots=True, eq=False)
class ModelOutputs:
    """Samples and what a model said of them.

    Attributes:
        samples: Held-out, or scored by models that did not see them.
        scores: Probability of each class, (sample, class).
        classes: Of the columns.
        threshold: With `negative`, an alarm is what counts; without, the likeliest class.
        negative: The class that raises no alarm.
        members: Scores of the members of an ensemble, (member, sample, class).
    """

    samples: Samples
    scores: Floats
    classes: tuple[str, ...]
    threshold: float | None = None
    negative: str | None = None
    members: Floats | None = None

    def __post_init__(self) -> None:
        """Refuse scores that do not fit."""
        if self.scores.shape != (len(self.samples), len(self.classes)):
            expected = (len(self.samples), len(self.classes))
            raise ConfigError("scores", self.scores.shape, f"must be {expected}: (sample, class)")
        if not np.isfinite(self.scores).all():
            raise ConfigError("scores", "not finite", "give a probability for every sample and class")
        if self.threshold is not None and self.negative not in self.classes:
            raise ConfigError("negative", self.negative, f"choose from {', '.join(self.classes)}")

    @property
    def wrong(self) -> Bools:
        """Where the alarm, or the likeliest class, is not the truth, (sample,)."""
        if self.threshold is None or self.negative is None:
            return np.asarray(np.asarray(self.classes)[self.scores.argmax(axis=1)] != self.samples.y)
        alarm = 1.0 - self.scores[:, self.classes.index(self.negative)] > self.threshold
        return np.asarray(alarm != (self.samples.y != self.negative))

    @property
    def loss(self) -> Floats:
        """Square of one less the probability of the true class, (sample,): 0 for sure and right."""
        place = {name: at for at, name in enumerate(self.classes)}
        true = np.asarray([place.get(name, -1) for name in self.samples.y.tolist()])
        given = self.scores[np.arange(len(true)), np.maximum(true, 0)]
        return np.where(true < 0, 1.0, (1.0 - given) ** 2)

    def doubtful(self, strategy: str, share: float, rng: np.random.Generator) -> Bools:
        """The share of the samples that a strategy would rather ask for, (sample,)."""
        utilities = STRATEGIES[strategy](self.scores, self.members, self.samples.x, self.samples.x[:0], rng)
        return np.asarray(utilities > np.quantile(utilities, 1.0 - share))


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Samples and whether the model was wrong on them, as `feedback_samples` and `feedback_errors` give."""

    samples: Samples
    wrong: Bools


# --- an evaluation


def slices_of_evaluation(
    evaluation: ModelEvaluation, alpha: float, least_gap: float
) -> tuple[WeakSlice, ...]:
    """Slices of an evaluation whose units are wrong more often than the others, surest first.

    The cuts were not made by looking at errors, so all units test them; Holm's correction is over all slices.
    """
    found = []
    for one in evaluation.slices:
        counts = _counts_of_slice(evaluation, one)
        if counts is not None:
            found.append((one, *counts))
    kept = []
    for (one, n, error, outside, _), p in zip(found, holm([each[4] for each in found]), strict=True):
        if p <= alpha and error - outside >= least_gap:
            words = error_words(one.name, error, outside)
            kept.append(WeakSlice(words, _ranges_of(one), n, n, error, outside, p))
    return tuple(sorted(kept, key=lambda one: (one.p, -one.excess)))


def _counts_of_slice(evaluation: ModelEvaluation, one: SliceScore) -> tuple[int, float, float, float] | None:
    """Units in a slice, their error, that of the others, and the p-value of the difference."""
    units, inside = evaluation.units, one.chosen
    if units is not None and inside is not None:
        if not inside.any() or inside.all():
            return None
        cases = Cases(~units.right, units.group, {})
        outside = float(cases.wrong[~inside].mean())
        return int(inside.sum()), float(cases.wrong[inside].mean()), outside, p_value(cases, inside)
    wrong, n = _errors(one.metrics)
    all_wrong, n_all = _errors(evaluation.overall)
    if not n or n_all <= n:
        return None
    p = _fisher(wrong, n, all_wrong - wrong, n_all - n)
    return n, wrong / n, max(all_wrong - wrong, 0) / (n_all - n), p


def _errors(metrics: Mapping[Any, Any]) -> tuple[int, int]:
    """Wrong units and units, from the shares of a stored evaluation."""
    missed, false = metrics["recall"], metrics["false_alarms"]
    wrong = (1.0 - missed.value) * missed.n if missed.value is not None else 0.0
    wrong += false.value * false.n if false.value is not None else 0.0
    return round(wrong), missed.n + false.n


def _fisher(wrong: int, n: int, wrong_out: int, n_out: int) -> float:
    from scipy.stats import fisher_exact

    table = [[wrong, n - wrong], [max(wrong_out, 0), max(n_out - max(wrong_out, 0), 0)]]
    return float(fisher_exact(table, alternative="greater").pvalue)


def _ranges_of(one: SliceScore) -> dict[str, Range]:
    """Range or value of a slice, read from its name."""
    told = one.name.removeprefix(one.variable).strip()
    match = _RANGE.fullmatch(told)
    return {one.variable: (float(match[1]), float(match[2])) if match else told}


# --- feedback


def counts_of_rows(
    rows: Iterable[Mapping[str, Any]],
) -> tuple[dict[str, FeedbackCount], dict[str, FeedbackCount]]:
    """Counts by class and by sensor of rows with `class`, `sensor` and `outcome`.

    Raises:
        ConfigError: for a row without one of them, or another outcome than confirmed, false, missed.
    """
    tally: dict[str, dict[str, dict[str, int]]] = {CLASS: {}, SENSOR: {}}
    for place, row in enumerate(rows):
        for name in (CLASS, SENSOR, "outcome"):
            if name not in row:
                raise ConfigError(f"feedback.{place}.{name}", None, "required field is missing; add it")
        if row["outcome"] not in OUTCOMES:
            raise ConfigError(f"feedback.{place}.outcome", row["outcome"], f"use {', '.join(OUTCOMES)}")
        for name, found in tally.items():
            one = found.setdefault(str(row[name]), dict.fromkeys(OUTCOMES, 0))
            one[row["outcome"]] += 1
    by_class, by_sensor = ({key: FeedbackCount(**one) for key, one in tally[name].items()} for name in tally)
    return by_class, by_sensor


def slices_of_feedback(
    by_class: Mapping[str, FeedbackCount],
    by_sensor: Mapping[str, FeedbackCount],
    alpha: float,
    least_gap: float,
) -> tuple[WeakSlice, ...]:
    """Classes and sensors whose alarms are wrong more often than the others', surest first.

    Verdicts are taken as independent. Holm's correction is over all classes and sensors.
    """
    found = [
        (variable, name, *counts)
        for variable, parts in ((CLASS, by_class), (SENSOR, by_sensor))
        for name, counts in _against_others(parts)
    ]
    kept = []
    for (variable, name, n, error, outside, _), p in zip(found, holm([one[5] for one in found]), strict=True):
        if p <= alpha and error - outside >= least_gap:
            where = name if variable == CLASS else f"{variable} {name}"
            words = f"{error_words(where, error, outside)}, by {n} reports"
            kept.append(WeakSlice(words, {variable: name}, n, n, error, outside, p, origin="feedback"))
    return tuple(sorted(kept, key=lambda one: (one.p, -one.excess)))


def _against_others(
    parts: Mapping[str, FeedbackCount],
) -> Sequence[tuple[str, tuple[int, float, float, float]]]:
    totals = {name: (one.n_errors, one.confirmed + one.false + one.missed) for name, one in parts.items()}
    wrong_all, n_all = (sum(one[at] for one in totals.values()) for at in (0, 1))
    return [
        (
            name,
            (
                n,
                wrong / n,
                (wrong_all - wrong) / (n_all - n),
                _fisher(wrong, n, wrong_all - wrong, n_all - n),
            ),
        )
        for name, (wrong, n) in totals.items()
        if 0 < n < n_all
    ]
