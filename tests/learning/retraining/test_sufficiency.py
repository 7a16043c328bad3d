import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.learning.retraining.learning_curve import group_folds, learning_curve, mean_recall
from envirosense.learning.retraining.sufficiency import DataSufficiencyChecker, SufficiencyNeeds

REPOSITORY = Path(__file__).parents[3]
COUNTS = SufficiencyNeeds(target=None)


def check(samples, **needs):
    return DataSufficiencyChecker(COUNTS.model_copy(update=needs)).check(samples)


def test_enough_is_enough(train) -> None:
    verdict = check(train)
    assert verdict.is_enough
    assert verdict.reasons == ()
    assert verdict.expected is None


def test_every_no_says_how_much_of_what_is_missing(toy) -> None:
    samples = toy(30, 3, classes=("loud", "quiet", "quiet", "quiet", "quiet"))
    verdict = check(samples, units_per_class=10, groups=5, groups_per_class=4, least_share=0.01)
    assert not verdict.is_enough
    assert verdict.reasons == (
        "needs 4 more units of class loud (has 6)",
        "needs 2 more groups (has 3)",
        "needs class loud in 1 more groups (has it in 3)",
        "needs class quiet in 1 more groups (has it in 3)",
    )


def test_balance_is_a_share_and_its_lack_is_counted_in_units(toy) -> None:
    samples = toy(100, 10, classes=("loud", *["quiet"] * 9))
    (reason,) = check(samples, least_share=0.25).reasons
    assert reason == "needs 20 more units of class loud for a share of 25% (has 10 of 100)"
    assert (10 + 20) / (100 + 20) == 0.25
    assert check(samples, least_share=0.1).is_enough


def test_one_class_and_nothing_are_no(train) -> None:
    assert (
        "holds only quiet: needs 3 units of at least one other class"
        in check(train.select(train.y == "quiet")).reasons
    )
    assert "holds nothing" in check(train.select(train.y == "none")).reasons[0]


def test_diversity_names_the_conditions_that_are_missing(train) -> None:
    calm = train.select(train.slices["scenario"] == "calm")
    wanted = {"scenario": ("calm", "storm", "fog")}
    (reason,) = check(calm, conditions=wanted, coverage=1.0).reasons
    assert reason == "needs 2 more values of scenario (has 1 of 3; missing: storm, fog)"
    assert check(train, conditions=wanted, coverage=0.6).is_enough


def test_a_condition_that_is_a_number_is_cut_into_four(train) -> None:
    low = replace(train.select(train.slices["wind_m_s"] < 5.9), slice_units={"wind_m_s": "m/s"})
    (reason,) = check(low, conditions={"wind_m_s": (0.0, 12.0)}, coverage=1.0).reasons
    assert "missing: 6 to 9 m/s, 9 to 12 m/s" in reason
    with pytest.raises(ConfigError, match="is no condition of the samples; they have scenario, wind_m_s"):
        check(low, conditions={"gust_m_s": (0.0, 12.0)})


def test_quality_is_the_share_of_accepted_records(train) -> None:
    checker = DataSufficiencyChecker(COUNTS)
    assert checker.check(train, accepted_share=0.7).is_enough
    (reason,) = checker.check(train, accepted_share=0.5).reasons
    assert reason.startswith("needs 70% of the collected records to pass the quality filters (50% do)")


def test_noise_levels_off_and_is_said_to(toy) -> None:
    verdict = DataSufficiencyChecker(SufficiencyNeeds(target=0.8)).check(toy(60, 4, separation=0.0))
    assert not verdict.is_enough
    assert verdict.expected == pytest.approx(0.5, abs=0.15)
    assert "more of the same levels off" in verdict.reasons[0]


def test_shuffled_truth_is_never_enough(toy) -> None:
    samples = toy(60, 4, separation=4.0)
    checker = DataSufficiencyChecker(SufficiencyNeeds(target=0.8))
    assert checker.check(samples).is_enough
    order = np.random.default_rng(1).permutation(len(samples))
    assert not checker.check(samples.relabelled(order)).is_enough


def test_from_one_condition_the_loss_in_others_is_assumed_and_said(toy) -> None:
    samples = toy(60, 4, separation=4.0)
    calm = samples.select(samples.slices["scenario"] == "calm")
    needs = SufficiencyNeeds(target=0.7, conditions={"scenario": ("calm", "storm")}, unseen_loss=0.2)
    verdict = DataSufficiencyChecker(needs).check(calm)
    assert verdict.is_enough
    assert verdict.expected == pytest.approx(verdict.curve.at(1.0) - 0.1)
    (caution,) = verdict.cautions
    assert caution.startswith("only one value of scenario was seen (calm): a loss of 0.20 in the 1 others")


def test_conditions_that_were_never_seen_are_named_where_they_cost_the_target(toy) -> None:
    """In each condition the classes lie elsewhere, so that one says nothing of another."""
    samples = toy(300, 15, separation=0.0, seed=5)
    scene = np.array(["a", "b", "c"])[np.unique(samples.unit, return_inverse=True)[1] % 3]
    x = samples.x.copy()
    for at, name in enumerate("abc"):
        x[(scene == name) & (samples.y == "loud"), at] += 6.0
    turned = replace(samples, x=np.nan_to_num(x), slices={"scene": scene})
    needs = SufficiencyNeeds(target=0.85, conditions={"scene": ("a", "b", "c", "d", "e")})
    verdict = DataSufficiencyChecker(needs).check(turned)
    assert verdict.curve.at(1.0) > 0.9
    assert not verdict.is_enough
    assert "needs samples of 2 more values of scene (d, e), where it expects" in verdict.reasons[0]
    assert verdict.cautions == ()


@pytest.mark.slow
def test_more_of_the_same_is_counted_where_the_curve_still_rises(toy) -> None:
    """Many weak features: a forest learns them slowly."""
    samples = toy(60, 12, separation=0.0, seed=3)
    rng = np.random.default_rng(3)
    weak = 0.8 * (samples.y == "loud")[:, None] + rng.normal(size=(len(samples), 20))
    rising = replace(samples, x=weak, features=tuple(f"w{at}" for at in range(20)))
    curve = learning_curve(rising, 0)
    target = (curve.at(1.0) + curve.ceiling) / 2
    verdict = DataSufficiencyChecker(SufficiencyNeeds(target=target)).check(rising)
    assert curve.share_for(target) == pytest.approx(4.0)
    said = re.search(r"needs about (\d+) more groups with (\d+) more units", verdict.reasons[0])
    assert [int(one) for one in said.groups()] == pytest.approx([3 * 12, 3 * 60], abs=1)


def test_the_verdict_is_the_same_every_time(toy) -> None:
    samples, checker = toy(24, 4), DataSufficiencyChecker(SufficiencyNeeds(target=0.9))
    assert checker.check(samples) == checker.check(samples)


def test_folds_hold_whole_groups_and_share_the_classes_out(toy) -> None:
    samples = toy(300, 20, classes=("loud", "quiet", "quiet", "quiet"))
    folds = group_folds(samples, 5, 0, 0)
    for group in samples.groups:
        assert len(set(folds[samples.group == group].tolist())) == 1
    loud = np.bincount(folds[samples.y == "loud"]) / np.sum(samples.y == "loud")
    assert loud == pytest.approx(np.full(5, 0.2), abs=0.07)


def test_mean_recall_counts_classes_alike() -> None:
    truth = np.array(["a"] * 90 + ["b"] * 10)
    assert mean_recall(truth, np.full(100, "a"), np.ones(100)) == 0.5


@pytest.mark.slow
def test_verdicts_agree_with_what_training_delivers() -> None:
    """A smaller run of benchmarks/sufficiency.py: eight graded sets of at most 250 units."""
    spec = importlib.util.spec_from_file_location("sufficiency", REPOSITORY / "benchmarks" / "sufficiency.py")
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    grades = [one for one in bench.grades(24, 7) if one.n_units <= 250][:8]
    cases = [bench.case(one, 100 + at) for at, one in enumerate(grades)]
    assert sum(one.agrees for one in cases) >= 6
    assert any(one.delivers for one in cases)
    assert not all(one.delivers for one in cases)
