"""The contract every detector must keep."""

from collections.abc import Callable

import numpy as np

from envirosense.datasets.window_events import NORMAL
from envirosense.datasets.windows import Windows
from envirosense.learning.detectors import Detector, alarm_score
from envirosense.learning.metrics import average_precision, quiet_windows


def check_detector(make: Callable[[], Detector], train: Windows, held_out: Windows) -> None:
    """Fail if detectors that `make` gives break the contract on these windows.

    Both sets need normal windows and windows of detectable events, of different groups.

    Raises:
        AssertionError: saying what broke.
    """
    fitted = make()
    before = train.x.copy()
    assert fitted.fit(train, np.random.default_rng(1)) is fitted, "fit must return the detector"
    assert np.array_equal(before, train.x, equal_nan=True), "fit must not change its windows"
    _check_scores(fitted, held_out)
    again = make().fit(train, np.random.default_rng(1))
    assert np.array_equal(again.score(held_out), fitted.score(held_out)), "same windows and rng, same scores"
    _check_blindness(fitted, held_out)
    _check_members(fitted, held_out)
    _check_skill(fitted, held_out)


def _check_scores(detector: Detector, windows: Windows) -> None:
    scores = detector.score(windows)
    assert NORMAL in detector.classes, f"{NORMAL!r} must be one of the classes"
    assert scores.shape == (len(windows), len(detector.classes)), "scores must be (window, class)"
    assert np.all(np.isfinite(scores)), "scores must be finite, whatever is missing"
    assert np.allclose(scores.sum(axis=1), 1.0), "the scores of a window must sum to one"


def _check_blindness(detector: Detector, windows: Windows) -> None:
    """A window's score may depend on its readings alone."""
    scores = detector.score(windows)
    relabelled = windows.relabelled(np.arange(len(windows))[::-1])
    assert np.array_equal(detector.score(relabelled), scores), "scores must not depend on labels"
    half = np.arange(0, len(windows), 2)
    alone = detector.score(windows.select(half))
    assert np.allclose(alone, scores[half]), "the score of a window must not depend on the others scored"


def _check_members(detector: Detector, windows: Windows) -> None:
    """An ensemble may say what each member thinks; what it says must be about the same classes."""
    ask = getattr(detector, "score_members", None)
    if ask is None:
        return
    members = ask(windows)
    shape = (len(windows), len(detector.classes))
    assert members.shape == (len(members), *shape), "members must be (member, window, class)"
    assert np.all(np.isfinite(members)), "scores of members must be finite, whatever is missing"
    assert np.allclose(members.sum(axis=2), 1.0), "the scores of a member must sum to one"
    relabelled = windows.relabelled(np.arange(len(windows))[::-1])
    assert np.array_equal(ask(relabelled), members), "scores of members must not depend on labels"


def _check_skill(detector: Detector, windows: Windows) -> None:
    used = quiet_windows(windows) | (windows.is_event & windows.detectable)
    positive, score = windows.is_event[used], alarm_score(detector, windows)[used]
    found = average_precision(score, positive)
    assert found > positive.mean(), f"PR-AUC {found:.2f} is no better than guessing ({positive.mean():.2f})"
