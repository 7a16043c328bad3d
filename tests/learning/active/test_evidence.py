"""Weak slices from an evaluation and from feedback."""

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.learning.active.evidence import (
    ModelOutputs,
    counts_of_rows,
    slices_of_evaluation,
    slices_of_feedback,
)
from envirosense.learning.feedback import FeedbackCount
from envirosense.learning.intervals import proportion
from envirosense.learning.judging.evaluator import ModelEvaluator
from envirosense.learning.judging.results import ModelEvaluation, Reliability, SliceScore
from envirosense.learning.tasks import ModelTask

from .conftest import damp_fire, errors, planted_samples

TASK = ModelTask(name="made-up", negative="normal", slice_by=("scenario", "humidity_pct"))


class Flawed:
    """Says the truth, except where it is told to be wrong."""

    negative = "normal"
    threshold = 0.5

    def __init__(self, samples, wrong):
        self.classes = samples.classes
        self._wrong = dict(zip(samples.sample_id.tolist(), wrong.tolist(), strict=True))

    def score(self, samples):
        truth = np.stack([samples.y == name for name in self.classes], axis=1)
        wrong = np.array([self._wrong[one] for one in samples.sample_id.tolist()])
        column = self.classes.index("normal")
        said = np.where(wrong, ~truth[:, column], truth[:, column])
        other = np.delete(np.arange(len(self.classes)), column)[0]
        found = np.zeros(truth.shape)
        found[:, column] = said
        found[~said, other] = 1.0
        return found


def test_an_evaluation_names_its_weak_slice_with_its_range(rng):
    samples = planted_samples(rng, n=800)
    wrong = errors(rng, samples, 0.04, (samples.slices["humidity_pct"] > 80, 0.35))
    found = ModelEvaluator(TASK, samples).evaluate(Flawed(samples, wrong))
    best = slices_of_evaluation(found, 0.05, 0.05)[0]
    assert best.words.startswith("humidity_pct ")
    assert " to 100 %: error ." in best.words
    low, high = best.ranges["humidity_pct"]
    assert low == pytest.approx(80, abs=3)
    assert high == pytest.approx(100, abs=1)
    assert best.error > 0.25 > 0.1 > best.error_outside


def test_an_evaluation_without_a_weak_slice_names_none(rng):
    samples = planted_samples(rng, n=800)
    found = ModelEvaluator(TASK, samples).evaluate(Flawed(samples, errors(rng, samples, 0.1)))
    assert slices_of_evaluation(found, 0.01, 0.05) == ()


def stored(share_a, share_b, n=200):
    """An evaluation as it is read back from JSON: shares and numbers, no units."""

    def metrics(missed, n):
        return {"recall": proportion(n - missed, n), "false_alarms": proportion(0, 0)}

    parts = {"clear": round(share_a * n), "wet": round(share_b * n)}
    slices = [SliceScore(f"road {name}", "road", n, metrics(missed, n)) for name, missed in parts.items()]
    reliability = Reliability((), (), (), 0.0, 0.0)
    overall = metrics(sum(parts.values()), 2 * n)
    return ModelEvaluation("made-up", "m", "h", 2 * n, 2 * n, 9, overall, tuple(slices), reliability, 1.0, 1)


def test_a_stored_evaluation_is_judged_by_its_counts():
    (found,) = slices_of_evaluation(stored(0.05, 0.3), 0.05, 0.05)
    assert found.ranges == {"road": "wet"}
    assert found.words == "road wet: error .30 against .05"
    assert slices_of_evaluation(stored(0.1, 0.1), 0.05, 0.05) == ()


def test_feedback_names_the_class_and_the_sensor_that_err():
    rows = [{"class": "arc", "sensor": "probe-1", "outcome": "confirmed"}] * 60
    rows += [{"class": "fire", "sensor": "probe-2", "outcome": "confirmed"}] * 60
    rows += [{"class": "fire", "sensor": "probe-3", "outcome": "false"}] * 15
    rows += [{"class": "fire", "sensor": "probe-3", "outcome": "missed"}] * 15
    found = slices_of_feedback(*counts_of_rows(rows), 0.05, 0.05)
    assert [one.ranges for one in found] == [{"sensor": "probe-3"}, {"class": "fire"}]
    assert found[0].words == "sensor probe-3: error 1 against .00, by 30 reports"
    assert found[1].n_cases == 90


def test_feedback_at_random_names_nothing():
    even = {name: FeedbackCount(confirmed=40, false=5, missed=5) for name in ("arc", "fire", "leak")}
    assert slices_of_feedback(even, {}, 0.05, 0.05) == ()


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"class": "arc", "sensor": "p"}, "feedback.0.outcome"),
        ({"class": "arc", "outcome": "false"}, "feedback.0.sensor"),
        ({"class": "arc", "sensor": "p", "outcome": "maybe"}, "use confirmed, false, missed"),
    ],
)
def test_a_row_of_feedback_that_is_none_is_refused_by_name(row, told):
    with pytest.raises(ConfigError, match=told):
        counts_of_rows([row])


def test_outputs_are_wrong_by_class_or_by_alarm(rng):
    samples = planted_samples(rng, n=50)
    scores = Flawed(samples, np.zeros(50, dtype=bool)).score(samples)
    by_alarm = ModelOutputs(samples, scores, samples.classes, threshold=0.5, negative="normal")
    assert not by_alarm.wrong.any()
    by_class = ModelOutputs(samples, scores, samples.classes)
    np.testing.assert_array_equal(by_class.wrong, ~np.isin(samples.y, ["normal", samples.classes[0]]))
    np.testing.assert_allclose(by_class.loss, by_class.wrong)  # all or nothing squared


def test_doubt_is_where_a_strategy_would_ask(rng):
    samples = planted_samples(rng, n=200)
    sure = np.where(damp_fire(samples), 0.5, 0.99)
    outputs = ModelOutputs(samples, np.stack([sure, 1 - sure], axis=1), ("fire", "normal"))
    doubtful = outputs.doubtful("entropy", 0.1, rng)
    assert damp_fire(samples)[doubtful].all()


def test_outputs_that_do_not_fit_are_refused(rng):
    samples = planted_samples(rng, n=10)
    with pytest.raises(ConfigError, match=r"must be \(10, 2\)"):
        ModelOutputs(samples, np.ones((9, 2)), ("a", "b"))
    with pytest.raises(ConfigError, match="not finite"):
        ModelOutputs(samples, np.full((10, 2), np.nan), ("a", "b"))
    with pytest.raises(ConfigError, match="negative"):
        ModelOutputs(samples, np.ones((10, 2)) / 2, ("a", "b"), threshold=0.5)
