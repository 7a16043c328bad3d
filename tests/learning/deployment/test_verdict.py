import json
from dataclasses import dataclass

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.rng import stream
from envirosense.learning.deployment.duel import duel
from envirosense.learning.deployment.judgement import duel_of, judge, judge_versions, task_of
from envirosense.learning.deployment.verdict import judge_promotion
from envirosense.learning.judging.evaluator import ModelEvaluator
from envirosense.learning.judging.results import Comparison
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask
from tests.learning.deployment.conftest import bundle, samples

N = 4000  # units, half of them positive; the first 400 positive ones lie in the wind
TASK = ModelTask(
    name="pump-window", negative="normal", slice_by=("weather",), gated=("recall", "false_alarms")
)


def planted():
    """Units whose every model says what it is told to say."""
    names = np.array([f"e{at:05d}" for at in range(N)])
    positive = np.arange(N) < N // 2
    weather = np.where(np.arange(N) % 5 == 0, "wind", "calm")
    return Samples(
        np.arange(N, dtype=float)[:, None],
        ("row",),
        np.where(positive, "leak", "normal"),
        np.array([f"site{at % 40}" for at in range(N)]),
        names,
        names,
        np.full(N, "simulated"),
        np.ones(N),
        {"weather": weather},
    )


@dataclass
class Said:
    """A model that alarms on the rows it is told to."""

    alarm: np.ndarray
    classes = ("leak", "normal")
    negative = "normal"
    threshold = 0.5

    def score(self, asked):
        high = np.where(self.alarm[asked.x[:, 0].astype(int)], 0.9, 0.1)
        return np.stack([high, 1 - high], axis=1)


def fought(evaluator, champion, challenger):
    return judge(evaluator, champion, challenger, names=("a", "b"))


def caught(calm, windy):
    """Alarms on this share of positive units in calm and in wind, and on none else."""
    alarm = np.zeros(N, dtype=bool)
    rows = np.arange(N // 2)
    for share, chosen in ((calm, rows[rows % 5 != 0]), (windy, rows[rows % 5 == 0])):
        alarm[chosen[: round(share * len(chosen))]] = True
    return Said(alarm)


@pytest.fixture(scope="module")
def evaluator():
    return ModelEvaluator(TASK, planted())


@pytest.fixture(scope="module")
def champion():
    return caught(0.50, 0.50)


def test_a_better_model_is_promoted_and_says_why(evaluator, champion):
    found = fought(evaluator, champion, caught(0.6, 0.5))
    assert found.verdict.promote
    assert "right alone 160 to 0 times" in found.verdict.reasons[0]
    assert "No gated metric falls by more than 5%" in str(found.verdict)
    assert found.verdict.facts["duel"]["n"] == N


@pytest.mark.parametrize(("share", "is_promoted"), [(0.52, False), (0.53, True)])
def test_a_sure_gain_of_less_than_five_percent_is_not_worth_a_change(evaluator, champion, share, is_promoted):
    found = fought(evaluator, champion, caught(share, share))  # of 1,000 wrong units 40 or 60 less
    assert found.duel.promote
    assert found.verdict.promote is is_promoted
    assert found.verdict.facts["gain"] == pytest.approx(0.04 if share == 0.52 else 0.06)
    assert ("takes away 4.0% of the champion's wrong units, and 5% are asked for" in str(found.verdict)) is (
        not is_promoted
    )


@pytest.mark.parametrize(("windy", "is_promoted"), [(0.47, False), (0.48, True)])
def test_a_planted_fall_of_six_percent_in_a_slice_is_refused_and_of_four_is_not(
    evaluator, champion, windy, is_promoted
):
    found = fought(evaluator, champion, caught(0.6, windy))
    assert found.duel.promote
    assert found.verdict.promote is is_promoted
    assert any("wind" in reason for reason in found.verdict.reasons) is not is_promoted


@pytest.mark.parametrize(("share", "is_fallen"), [(0.47, True), (0.48, False)])
def test_a_planted_fall_overall_is_named(evaluator, champion, share, is_fallen):
    challenger = caught(share, share)
    found = fought(evaluator, champion, challenger)
    assert not found.verdict.promote
    fallen = [(one["where"], one["metric"]) for one in found.verdict.facts["regressions"]]
    assert (("overall", "recall") in fallen) is is_fallen


def test_more_false_alarms_are_a_fall(evaluator, champion):
    loud = caught(0.9, 0.9)
    loud.alarm[-N // 10 :] = True
    found = fought(evaluator, champion, loud)
    assert found.duel.promote
    assert not found.verdict.promote
    assert {one["metric"] for one in found.verdict.facts["regressions"]} == {"false_alarms"}
    assert "Falls too far: false alarms" in str(found.verdict)


def test_an_equal_model_stays_challenger(evaluator, champion):
    other = Said(champion.alarm[::-1].copy()[::-1])
    one, two = evaluator.evaluate(champion, "a"), evaluator.evaluate(other, "b")
    verdict = judge_promotion(TASK, one, two, evaluator.compare(one, two), duel_of(one, two))
    assert not verdict.promote
    assert "No difference" in verdict.reasons[0] or "no difference" in verdict.reasons[0]


def test_the_model_that_serves_is_no_challenger(evaluator, champion):
    one = evaluator.evaluate(champion, "a")
    verdict = judge_promotion(TASK, one, one, None, duel_of(one, one))
    assert verdict.reasons == ("It is the model that serves.",)


def test_the_comparison_is_made_where_none_is_given(evaluator, champion):
    one, two = evaluator.evaluate(champion, "a"), evaluator.evaluate(caught(0.6, 0.47), "b")
    assert not judge_promotion(TASK, one, two, duel=duel_of(one, two)).promote


def test_what_does_not_belong_together_is_refused(evaluator, champion):
    one, two = evaluator.evaluate(champion, "a"), evaluator.evaluate(caught(0.6, 0.5), "b")
    with pytest.raises(ConfigError, match="fight the challenger first"):
        judge_promotion(TASK, one, two)
    with pytest.raises(DatasetError, match="compare these"):
        judge_promotion(TASK, one, two, Comparison("x", "b", {}, ()), duel_of(one, two))


def test_a_first_model_must_beat_a_constant(evaluator):
    found = judge(evaluator, None, caught(0.6, 0.6))
    assert found.verdict.promote
    assert "better than a constant's 0.500" in found.verdict.reasons[0]
    assert found.verdict.champion is None
    coin = Said(np.arange(N) % 2 == 0)
    found = judge(evaluator, None, coin)
    assert not found.verdict.promote
    assert "not beyond a constant's" in found.verdict.reasons[0]


def test_noise_in_place_of_the_model_is_not_promoted(evaluator):
    """5 first models that are noise; each passes with 2.5 %, more than 2 of them with 1 in 7,000."""
    noise = [Said(stream(seed, "verdict tests", "noise").random(N) < 0.3) for seed in range(5)]
    assert sum(judge(evaluator, None, one).verdict.promote for one in noise) <= 2


def test_a_verdict_is_plain_data(evaluator, champion):
    told = fought(evaluator, champion, caught(0.6, 0.47)).verdict.to_json()
    again = json.loads(json.dumps(told, allow_nan=False))
    assert again["facts"]["regressions"][0]["metric"] == "recall"
    assert again["facts"]["duel"]["alpha"] == 0.05


def test_versions_of_the_registry_are_judged_by_their_task(registry):
    task = ModelTask(name="pump-window", negative="normal", most_fall=0.2)
    one = registry.add(bundle(0.3), facts={"task": task.model_dump(mode="json")})
    two = registry.add(bundle(0.5))
    assert task_of(registry, one) == task
    assert task_of(registry, two).most_fall == 0.05
    test = samples(300, seed=9)
    assert judge_versions(registry, None, one, test).verdict.promote
    found = judge_versions(registry, one, two, test, by_group=True)
    assert (found.verdict.champion, found.verdict.challenger) == (one.model_id, two.model_id)
    assert found.duel.by == "group"
    right = found.champion.units.right, found.challenger.units.right
    assert found.duel == duel(*right, group=found.champion.units.group)
