import numpy as np
import pytest

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.rng import stream
from envirosense.learning.deployment.ab import ABTest, Outcome, block_differences, two_sample
from envirosense.learning.deployment.betting import log_evidence
from envirosense.learning.deployment.deployment import ModelDeployment


@pytest.fixture
def live(registry, three):
    deployment = ModelDeployment(registry, "pump-window")
    deployment.promote(three[0], reason="first", who="ann")
    return deployment


@pytest.fixture
def test(live, three):
    found = ABTest(live, units_per_group=5)
    found.start(three[1], share=0.5, reason="try", who="ann")
    return found


def outcomes(test, rates, n_groups=400, units=5, seed=1):
    """Outcomes of groups with rates of their own around that of the version that serves them."""
    rng = stream(seed, "ab tests", "outcomes")
    found = []
    for group, version in test.deployment.route([f"home{n}" for n in range(n_groups)]).items():
        rate = np.clip(rates[version.label] + rng.normal(0, 0.1), 0, 1)
        found += [Outcome(group, version.label, bool(hit)) for hit in rng.random(units) < rate]
    return found


def test_the_better_one_wins_and_serves_everywhere(test, three):
    found = outcomes(test, {three[0]: 0.6, three[1]: 0.8})
    verdict = test.verdict(found)
    assert verdict.winner == "challenger"
    assert verdict.challenger_right == pytest.approx(0.8, abs=0.05)
    assert verdict.n_champion + verdict.n_challenger == 400
    row = test.conclude(found)
    assert test.deployment.serving().label == three[1]
    assert test.deployment.canary() is None
    assert (row.kind, row.who) == ("promote", "ab-test")
    assert row.verdict["facts"]["winner"] == "challenger"


def test_a_worse_challenger_is_taken_out(test, three):
    row = test.conclude(outcomes(test, {three[0]: 0.8, three[1]: 0.6}))
    assert row.kind == "rollback"
    assert "the champion is better" in row.reason
    assert test.deployment.serving().label == three[0]
    assert test.deployment.canary() is None


def test_without_a_difference_it_goes_on(test, three):
    assert test.conclude(outcomes(test, {three[0]: 0.7, three[1]: 0.7})) is None
    assert test.deployment.canary().kind == "ab"


def test_groups_with_few_outcomes_wait(test, three):
    found = outcomes(test, {three[0]: 0.6, three[1]: 0.8}, units=4)
    verdict = test.verdict(found)
    assert verdict.n_waiting == 400
    assert verdict.winner is None
    assert "400 groups wait" in verdict.reason
    assert test.conclude(found) is None


def test_outcomes_of_the_wrong_version_are_refused(test, three):
    group, version = next(iter(test.deployment.route(["home1"]).items()))
    other = next(label for label in three if label != version.label)
    with pytest.raises(DatasetError, match="is routed to"):
        test.verdict([Outcome(group, other, True)])


def test_it_needs_a_trial_and_sensible_settings(live, three):
    with pytest.raises(ConfigError, match="start one"):
        ABTest(live).verdict([])
    with pytest.raises(ConfigError, match="both versions serve"):
        ABTest(live).start(three[1], share=1.0, reason="r", who="ann")
    with pytest.raises(ConfigError, match="units_per_group"):
        ABTest(live, units_per_group=0)
    with pytest.raises(ConfigError, match="alpha"):
        ABTest(live, alpha=0.0)


def means(n, rate, spread, units, rng):
    return rng.binomial(units, np.clip(rng.normal(rate, spread, n), 0, 1)) / units


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_equal_versions_get_a_winner_at_most_alpha_of_the_time(share):
    """400 tests of 20 looks at 400 groups whose rates differ: 5 %, either side."""
    named = 0
    for seed in range(400):
        rng = stream(seed, "ab tests", "null")
        before = means(round(400 * (1 - share)), 0.7, 0.2, 5, rng)
        after = means(round(400 * share), 0.7, 0.2, 5, rng)
        blocks = block_differences(before, after, share)
        at = np.unique(np.linspace(0, len(blocks) - 1, 21).astype(int)[1:])
        named += bool((log_evidence(blocks)[at] >= np.log(20)).any())
    assert named / 400 <= 0.05


def test_blocks_hold_both_sides_in_the_ratio_of_the_shares():
    before, after = np.array([0.0] * 9 + [1.0] * 10), np.array([1.0, 0.5, 0.5])
    np.testing.assert_allclose(block_differences(before, after, 0.1), [1.0, -0.5])
    np.testing.assert_allclose(block_differences(after, before, 0.9), [-1.0, 0.5])
    assert block_differences(before, after[:0], 0.5).size == 0


def test_a_look_at_all_groups_is_the_last_step_of_the_walk():
    rng = stream(1, "ab tests", "look")
    before, after = means(90, 0.6, 0.1, 5, rng), means(10, 0.9, 0.1, 5, rng)
    evidence = np.exp(log_evidence(block_differences(before, after, 0.1)))
    assert two_sample(before, after, share=0.1).evidence == pytest.approx(evidence[-1])
    assert two_sample(before[:45], after[:5], share=0.1).evidence == pytest.approx(evidence[4])
