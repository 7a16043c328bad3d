"""Rankings compared over few units: a real fall is seen, and chance is left alone."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.learning.judging.evaluator import ModelEvaluator
from envirosense.learning.judging.ranking import Ranking, is_ranked_worse
from envirosense.learning.tasks import ModelTask
from envirosense.testing.toy_samples import FormulaModel, toy_samples

TASK = ModelTask(name="toy", negative="normal", slice_by=("kind",), gated=("pr_auc",))
N_UNITS = 60


def ranking(rng, skill, truth):
    positive, unit, group = truth
    return Ranking(rng.normal(size=len(unit)) + skill * positive, positive, unit, group)


def truth(rng, n_groups=10):
    unit = np.repeat(np.arange(N_UNITS), 3)
    positive = np.repeat(rng.permutation(N_UNITS) < N_UNITS // 3, 3)
    return positive, unit, np.array([f"g{at % n_groups}" for at in unit])


def share_found(skill, n_groups=10, n=200):
    found = 0
    for at in range(n):
        rng = stream(at, "ranking test")
        same = truth(rng, n_groups)
        before, after = ranking(rng, 2.0, same), ranking(rng, skill, same)
        found += is_ranked_worse(before, after, np.ones(N_UNITS, dtype=bool), 0.05)
    return found / n


@pytest.mark.parametrize("n_groups", [2, 10])
def test_models_as_good_as_each_other_are_seldom_called_worse(n_groups):
    assert share_found(2.0, n_groups, n=80) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 80)


def test_a_great_fall_is_found_nearly_always():
    assert share_found(0.5, n=40) > 0.9


def test_units_are_drawn_where_all_are_of_one_group():
    assert share_found(0.5, n_groups=1, n=20) > 0.8
    alone = truth(stream(1, "ranking test"))
    one = ranking(stream(1, "ranking test"), 2.0, alone)
    assert not is_ranked_worse(one, one, np.arange(N_UNITS) == 3, 0.05)
    assert not is_ranked_worse(one, one, np.zeros(N_UNITS, dtype=bool), 0.05)


def test_the_answer_is_always_the_same():
    same = truth(stream(1, "ranking test"))
    before, after = (ranking(stream(at, "ranking test"), 1.0, same) for at in (2, 3))
    chosen = np.ones(N_UNITS, dtype=bool)
    assert len({is_ranked_worse(before, after, chosen, 0.05) for _ in range(3)}) == 1
    assert not is_ranked_worse(before, before, chosen, 0.05)


@dataclass(frozen=True)
class FarBlind(FormulaModel):
    """Draws its scores in the far half."""

    def score(self, samples):
        event = super().score(samples)[:, 0].copy()
        far = samples.slices["kind"] == "far"
        event[far] = stream(5, "blind").random(int(far.sum()))
        return np.stack([event, 1.0 - event], axis=1)


def test_a_ranking_that_is_lost_in_a_slice_of_few_units_is_a_regression():
    evaluator = ModelEvaluator(TASK, toy_samples(3, 10, 12, shift=4.0))
    before, after = evaluator.evaluate(FormulaModel()), evaluator.evaluate(FarBlind())
    (far,) = (one for one in before.slices if one.name == "kind far")
    assert TASK.least_units <= far.n_units < TASK.enough_units
    assert "kind far" in {one.where for one in evaluator.compare(before, after).regressions}
    assert "kind near" not in {one.where for one in evaluator.compare(before, after).regressions}
    unpaired = evaluator.compare(replace(before, ranking=None), after)
    assert {one.where for one in unpaired.regressions} <= {"overall"}
    assert "ranking" not in before.to_json()
