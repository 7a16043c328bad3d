"""Detectors: the contract, and that the control is a control."""

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.learning.detectors import (
    ThresholdDetector,
    WindowDetector,
    alarm_score,
    shuffled_labels,
    trainable,
)
from envirosense.learning.metrics import average_precision, quiet_windows
from envirosense.testing.detectors import check_detector


@pytest.mark.parametrize(
    "make",
    [lambda: WindowDetector("forest", 20), lambda: WindowDetector("boosting", 10), ThresholdDetector],
    ids=["forest", "boosting", "threshold"],
)
def test_our_detectors_keep_the_contract(make, train_windows, test_windows):
    check_detector(make, train_windows, test_windows)


class Constant(ThresholdDetector):
    """Says the same of every window."""

    def score(self, windows):
        return np.full((len(windows), 2), 0.5)


class Noise(ThresholdDetector):
    """Says anything."""

    def score(self, windows):
        event = np.random.default_rng(len(windows)).uniform(size=len(windows))
        return np.stack([1 - event, event], axis=1)


class Cheat(ThresholdDetector):
    """Reads the labels."""

    def score(self, windows):
        return np.stack([~windows.is_event, windows.is_event], axis=1).astype(float)


@pytest.mark.parametrize("kind", [Constant, Noise, Cheat])
def test_the_contract_catches_constants_noise_and_cheats(kind, train_windows, test_windows):
    with pytest.raises(AssertionError):
        check_detector(kind, train_windows, test_windows)


class MoodyMembers(ThresholdDetector):
    """Members that say something else whenever they are asked."""

    mood = np.random.default_rng(0)

    def score_members(self, windows):
        event = self.mood.uniform(size=(2, len(windows)))
        return np.stack([1 - event, event], axis=2)


class OneClassMembers(ThresholdDetector):
    """Members that know one class."""

    def score_members(self, windows):
        return np.ones((2, len(windows), 1))


@pytest.mark.parametrize("kind", [MoodyMembers, OneClassMembers])
def test_the_contract_is_about_members_too(kind, train_windows, test_windows):
    with pytest.raises(AssertionError, match="members"):
        check_detector(kind, train_windows, test_windows)


def test_the_trees_of_a_forest_agree_with_it_on_average(fitted, test_windows):
    members = fitted["model"].score_members(test_windows)
    assert members.shape == (40, len(test_windows), 2)
    assert np.allclose(members.mean(axis=0), fitted["model"].score(test_windows))


def separation(detector, windows):
    used = quiet_windows(windows) | (windows.is_event & windows.detectable)
    return average_precision(alarm_score(detector, windows)[used], windows.is_event[used]), used


def test_shuffled_labels_teach_nothing(train_windows, test_windows):
    found = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        control = WindowDetector("forest", 20).fit(shuffled_labels(train_windows, rng), rng)
        precision, used = separation(control, test_windows)
        found.append(precision)
    chance = test_windows.is_event[used].mean()
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    # the step sum is biased upwards at small n, hence the 0.1
    assert abs(np.mean(found) - chance) < 5 * error + 0.1
    assert np.mean(found) < 0.6


def test_true_labels_teach(fitted, test_windows):
    precision, _ = separation(fitted["model"], test_windows)
    assert precision > 0.95


def test_shuffling_keeps_the_classes_and_the_readings(train_windows):
    chosen, shuffled = trainable(train_windows), shuffled_labels(train_windows, np.random.default_rng(1))
    assert sorted(shuffled.y) == sorted(chosen.y)
    assert shuffled.x is not None
    assert np.array_equal(shuffled.x, chosen.x, equal_nan=True)
    assert len(trainable(shuffled)) == len(shuffled)


def test_windows_of_events_out_of_sight_are_not_learned(train_windows):
    chosen = trainable(train_windows)
    assert len(chosen) < len(train_windows)
    assert not (chosen.is_event & ~chosen.detectable).any()


def test_the_threshold_rule_counts_robust_sigmas(train_windows):
    rule = ThresholdDetector().fit(train_windows, np.random.default_rng(0))
    normal = train_windows.select(~train_windows.is_event)
    z = rule.sigmas(normal)[:, train_windows.channels.index("near")]
    assert np.median(np.abs(z[z != 0])) == pytest.approx(1 / 1.4826, rel=1e-3)


def test_other_channels_are_refused(fitted, test_windows):
    fewer = test_windows.select(np.arange(2))
    object.__setattr__(fewer, "channels", (*fewer.channels[1:], "new"))
    for detector in fitted.values():
        with pytest.raises(DatasetError, match=r"channels differ .*'new'"):
            detector.score(fewer)


def test_normal_windows_alone_cannot_train(train_windows):
    normal = train_windows.select(~train_windows.is_event)
    with pytest.raises(DatasetError, match="add normal and event episodes"):
        WindowDetector().fit(normal, np.random.default_rng(0))


def test_an_unfitted_detector_says_so():
    with pytest.raises(DatasetError, match="call fit first"):
        _ = WindowDetector().classes


def test_an_unknown_learner_is_refused():
    with pytest.raises(ConfigError, match="use forest or boosting"):
        WindowDetector("oracle")
