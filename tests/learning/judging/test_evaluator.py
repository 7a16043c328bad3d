"""Judging: a model that knows nothing looks like one, and a planted fall is found."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from envirosense.core.errors import DatasetError
from envirosense.core.rng import stream
from envirosense.learning.judging.evaluator import ModelEvaluator
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask
from envirosense.testing.toy_samples import ConstantModel, FormulaModel, NoiseModel, toy_samples

TASK = ModelTask(name="toy", negative="normal", slice_by=("wind_m_s", "kind"), alarm_share=0.2)


@pytest.fixture(scope="module")
def evaluator() -> ModelEvaluator:
    return ModelEvaluator(TASK, toy_samples(5, 40, 40), seed=1)


@dataclass(frozen=True)
class Deaf(FormulaModel):
    """Forgets a share of the positive units that it would have found."""

    share: float = 0.0
    only_far: bool = False

    def score(self, samples: Samples):
        score = super().score(samples)
        names, member = np.unique(samples.unit, return_inverse=True)
        drawn = stream(3, "deaf").random(len(names))[member] < self.share
        hit = drawn & (samples.y != "normal")
        if self.only_far:
            hit &= samples.slices["kind"] == "far"
        score[hit] = [0.0, 1.0]
        return score


def test_a_model_that_knows_something_beats_noise_and_a_constant(evaluator):
    good, noise, flat = (evaluator.evaluate(one) for one in (FormulaModel(), NoiseModel(), ConstantModel()))
    prevalence = float((evaluator.test.y != "normal").mean())
    assert good.overall["pr_auc"].low > prevalence + 0.2
    assert abs(noise.overall["pr_auc"].value - prevalence) < 0.05
    assert flat.overall["recall"].value == 0.0
    assert flat.overall["precision"].value is None
    assert flat.overall["pr_auc"].value == pytest.approx(prevalence)
    assert good.reliability.brier < noise.reliability.brier


def test_metrics_are_those_of_the_counts(evaluator):
    found = evaluator.evaluate(FormulaModel(), "m")
    units = found.units
    hit = (units.positive & units.alarmed).sum()
    assert found.value("recall") == pytest.approx(hit / units.positive.sum())
    assert found.value("precision") == pytest.approx(hit / units.alarmed.sum())
    assert found.value("f1") == pytest.approx(2 * hit / (units.positive.sum() + units.alarmed.sum()))
    quiet = ~units.positive
    assert found.value("false_alarms") == pytest.approx((quiet & units.alarmed).sum() / quiet.sum())
    for estimate in found.overall.values():
        assert estimate.low <= estimate.value <= estimate.high
    assert found.model_id == "m"
    assert found.latency_ms > 0


def test_the_harder_half_is_a_slice_of_its_own(evaluator):
    slices = {one.name: one for one in evaluator.evaluate(FormulaModel()).slices}
    assert slices["kind far"].metrics["recall"].value < slices["kind near"].metrics["recall"].value - 0.1
    assert sum(name.startswith("wind_m_s") for name in slices) == 4
    assert next(iter(slices)) == "class event"
    assert slices["class event"].metrics["false_alarms"].value is None


def test_slices_are_the_same_for_every_model(evaluator):
    one, other = evaluator.evaluate(FormulaModel()), evaluator.evaluate(NoiseModel())
    assert [s.name for s in one.slices] == [s.name for s in other.slices]
    assert [s.n_units for s in one.slices] == [s.n_units for s in other.slices]


@pytest.mark.parametrize(("share", "is_refused"), [(0.06 / 0.94, True), (0.02, False)])
def test_a_planted_fall_of_six_percent_is_a_regression(evaluator, share, is_refused):
    before = evaluator.evaluate(FormulaModel(), "before")
    after = evaluator.evaluate(Deaf(share=share + 0.01 * is_refused), "after")
    found = evaluator.compare(before, after)
    overall = [one for one in found.regressions if one.where == "overall" and one.metric == "recall"]
    assert bool(overall) == is_refused
    assert found.gains["recall"] < 0


def test_a_fall_in_one_slice_alone_is_found(evaluator):
    before = evaluator.evaluate(FormulaModel())
    after = evaluator.evaluate(Deaf(share=0.1, only_far=True))
    found = evaluator.compare(before, after)
    assert "kind far" in {one.where for one in found.regressions}
    assert "kind near" not in {one.where for one in found.regressions}
    assert "in kind far (" in " ".join(map(str, found.regressions))


def test_a_model_is_no_regression_of_itself(evaluator):
    one = evaluator.evaluate(FormulaModel())
    assert evaluator.compare(one, one).regressions == ()


def test_more_false_alarms_than_agreed_are_a_regression(evaluator):
    before, after = evaluator.evaluate(FormulaModel()), evaluator.evaluate(FormulaModel(threshold=0.2))
    assert {one.metric for one in evaluator.compare(before, after).regressions} >= {"false_alarms"}


def test_few_units_are_shown_and_not_judged():
    task = TASK.model_copy(update={"least_units": 10_000})
    small = ModelEvaluator(task, toy_samples(5, 40, 40), seed=1)
    found = small.compare(small.evaluate(FormulaModel()), small.evaluate(Deaf(share=0.5, only_far=True)))
    assert {one.where for one in found.regressions} == {"overall"}


def test_other_samples_are_not_compared(evaluator):
    other = ModelEvaluator(TASK, toy_samples(6, 10, 10))
    with pytest.raises(DatasetError, match="different samples"):
        evaluator.compare(evaluator.evaluate(FormulaModel()), other.evaluate(FormulaModel()))


def test_one_class_is_refused():
    samples = toy_samples(5, 4, 4)
    with pytest.raises(DatasetError, match="needs 'normal' and at least one other"):
        ModelEvaluator(TASK, samples.select(samples.y == "event"))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda s: s[:-1], "not"),
        (lambda s: s * np.nan, "not finite"),
        (lambda s: s * 2, "no probabilities"),
    ],
)
def test_scores_that_are_no_probabilities_are_refused(evaluator, broken, said):
    @dataclass(frozen=True)
    class Rubbish(FormulaModel):
        def score(self, samples: Samples):
            return broken(super().score(samples))

    with pytest.raises(DatasetError, match=said):
        evaluator.evaluate(Rubbish())


def test_plain_data_holds_no_arrays(evaluator):
    import json

    told = evaluator.evaluate(FormulaModel()).to_json()
    assert json.loads(json.dumps(told))["overall"]["recall"]["value"] > 0
    assert "units" not in told


def test_shuffled_truth_leaves_nothing_to_find(evaluator):
    test = evaluator.test
    names, member = np.unique(test.unit, return_inverse=True)
    order = stream(2, "shuffle").permutation(len(names))
    first = np.unique(test.unit, return_index=True)[1]
    shuffled = replace(test, y=test.y[first][order][member])
    found = ModelEvaluator(TASK, shuffled).evaluate(FormulaModel())
    assert found.overall["pr_auc"].value < float((shuffled.y != "normal").mean()) + 0.05


def test_more_false_alarms_within_what_the_task_allows_are_none(evaluator):
    task = TASK.model_copy(update={"alarm_share": 0.5})
    lenient = ModelEvaluator(task, evaluator.test, seed=1)
    before, after = (lenient.evaluate(FormulaModel(threshold=at)) for at in (0.6, 0.55))
    assert after.value("false_alarms") > before.value("false_alarms")
    assert "false_alarms" not in {one.metric for one in lenient.compare(before, after).regressions}
