"""A Python object as a detector."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.datasets.window_features import window_mean
from envirosense.learning.foreign import PythonDetector
from envirosense.testing.detectors import check_detector

CLASSES = ("heads", "normal")
NEAR = 8  # after eight numbers of the small camera


def forest(x, y, rng):
    return ExtraTreesClassifier(20, random_state=int(rng.integers(2**31))).fit(x, y)


def level_of(x):
    """Logistic in the mean of one channel, whatever else is there."""
    heads = 1 / (1 + np.exp(-(window_mean(x)[:, NEAR] - 1.5)))
    return np.stack([heads, 1 - heads], axis=1)


def from_level(**options):
    return PythonDetector(level_of, CLASSES, view="raw", **options)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PythonDetector(train=forest),
        from_level,
        lambda: from_level(members=lambda x: np.stack([level_of(x), level_of(0.9 * x)])),
    ],
    ids=["trained", "function", "ensemble"],
)
def test_python_models_keep_the_contract(make, train_windows, test_windows):
    check_detector(make, train_windows, test_windows)


def noise(x):
    event = np.random.default_rng(len(x)).uniform(size=len(x))
    return np.stack([event, 1 - event], axis=1)


@pytest.mark.parametrize("model", [noise, lambda x: np.full((len(x), 2), 0.5)], ids=["noise", "constant"])
def test_noise_and_constants_fail_the_contract(model, train_windows, test_windows):
    with pytest.raises(AssertionError):
        check_detector(lambda: PythonDetector(model, CLASSES), train_windows, test_windows)


def test_members_are_about_the_same_classes(train_windows, test_windows):
    def lopsided(x):
        return np.ones((3, len(x), 1))

    with pytest.raises(DatasetError, match="python: scores are"):
        check_detector(lambda: from_level(members=lopsided), train_windows, test_windows)


def test_what_it_learns_from_could_be_seen_and_what_it_is_shown_stays_as_it_was(train_windows):
    seen = {}

    def spy(x, y, rng):
        seen["n"] = len(y)
        with pytest.raises(ValueError, match="read-only"):
            x[:] = 0.0
        return level_of

    fitted = PythonDetector(classes=CLASSES, train=spy, view="raw").fit(
        train_windows, np.random.default_rng(0)
    )
    assert seen["n"] == (~train_windows.is_event | train_windows.detectable).sum()
    assert fitted.classes == CLASSES


@pytest.mark.parametrize(
    ("model", "match"),
    [
        (lambda x: np.ones(len(x)), "scores are"),
        (lambda x: np.full((len(x), 3), 1 / 3), "scores are"),
        (lambda x: np.full((len(x), 2), np.nan), "no number"),
        (lambda x: np.full((len(x), 2), 0.4), "sum to one"),
        (lambda x: np.tile([1.5, -0.5], (len(x), 1)), "negative"),
        (lambda x: ["a"], "no table of numbers"),
        (lambda x: 1 / 0, "ZeroDivisionError"),
    ],
    ids=["flat", "classes", "nan", "sum", "negative", "words", "raises"],
)
def test_rubbish_is_refused_with_the_reason(model, match, test_windows):
    with pytest.raises(DatasetError, match=match):
        PythonDetector(model, CLASSES).score(test_windows)


def test_rounded_scores_sum_to_one_again(test_windows):
    scores = PythonDetector(lambda x: level_of(x).round(3), CLASSES, view="raw").score(test_windows)
    assert np.allclose(scores.sum(axis=1), 1.0, atol=1e-12)
    assert PythonDetector(level_of, CLASSES).score(test_windows.select(np.arange(0))).shape == (0, 2)


def test_other_channels_are_refused(train_windows, test_windows):
    fitted = PythonDetector(train=forest).fit(train_windows, np.random.default_rng(0))
    with pytest.raises(DatasetError, match="channels differ"):
        fitted.score(test_windows.without_readings())
    with pytest.raises(DatasetError, match="channels differ"):
        from_level(channels=["far"]).score(test_windows)


def test_settings_that_cannot_be_used_are_refused(train_windows):
    with pytest.raises(ConfigError, match="use features or raw"):
        PythonDetector(level_of, CLASSES, view="pictures")
    with pytest.raises(ConfigError, match="give a trained model"):
        PythonDetector()
    for classes in ((), ("heads", "tails"), ("normal", "normal")):
        with pytest.raises(ConfigError, match="'normal'"):
            PythonDetector(level_of, classes)
    with pytest.raises(DatasetError, match="call fit first"):
        PythonDetector(train=forest).score(train_windows)
