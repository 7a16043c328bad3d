"""False alarms are counted against what theory allows: about five standard errors of a share."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.learning.retraining.drift import feature_drift
from envirosense.learning.retraining.sequential import calibrated_cusum
from envirosense.learning.samples import Samples


def batch(rng, n_groups=8, each=10, shift=0.0, group_sigma=1.0, n_features=4, name="g"):
    """Rows whose groups differ; `shift` moves the first feature."""
    group = np.repeat(np.arange(n_groups), each)
    x = (
        rng.normal(size=(len(group), n_features))
        + group_sigma * rng.normal(size=(n_groups, n_features))[group]
    )
    x[:, 0] += shift
    texts = np.array([f"{name}{at}" for at in group])
    unit = np.array([f"{name}-{at}" for at in range(len(group))])
    return Samples(
        x=x, features=tuple("abcdefgh"[:n_features]), y=np.full(len(group), "quiet"), group=texts, unit=unit,
        sample_id=unit, origin=np.full(len(group), "simulated"), weight=np.ones(len(group)),
    )  # fmt: skip


def test_batches_without_drift_keep_the_budget_over_all_features_together() -> None:
    rng, alpha, repeats = stream(1, "drift", "stable"), 0.1, 200
    found = [
        bool(feature_drift(batch(rng), batch(rng, name="h"), seed, alpha, n_permutations=39).found)
        for seed in range(repeats)
    ]
    assert np.mean(found) <= alpha + 5 * np.sqrt(alpha * (1 - alpha) / repeats)
    assert np.mean(found) >= alpha - 5 * np.sqrt(alpha * (1 - alpha) / repeats) - 1 / 40


def test_rows_taken_for_independent_would_break_the_budget() -> None:
    """The control: with every row its own group the same batches alarm most of the time."""
    rng = stream(1, "drift", "stable")
    found = []
    for seed in range(20):
        pair = [replace(one, group=one.unit) for one in (batch(rng), batch(rng, name="h"))]
        found.append(bool(feature_drift(*pair, seed, 0.1, n_permutations=39).found))
    assert np.mean(found) > 0.6


def test_a_feature_that_moves_is_named_and_measured() -> None:
    rng = stream(2, "drift", "moved")
    report = feature_drift(batch(rng, 20), batch(rng, 20, shift=4.0, name="h"), seed=1)
    assert [one.feature for one in report.found] == ["a"]
    assert report.found[0].distance_iqr == pytest.approx(4.0 / (1.349 * np.sqrt(2)), rel=0.4)
    assert "a (KS 0." in str(report.found[0])


def test_a_feature_that_falls_silent_has_drifted() -> None:
    rng = stream(3, "drift", "silent")
    current = batch(rng, 20, name="h")
    current.x[:, 2] = np.nan
    report = feature_drift(batch(rng, 20), current, seed=1)
    assert [one.feature for one in report.found] == ["c"]
    assert report.found[0].distance_iqr is None


def test_too_few_groups_are_said_to_tell_nothing() -> None:
    rng = stream(4, "drift", "few")
    report = feature_drift(batch(rng, 3), batch(rng, 3, shift=50.0, name="h"), seed=1)
    assert not report.can_tell
    assert report.least_p == pytest.approx(1 / 20)
    assert not report.found


def test_batches_that_cannot_be_compared_are_refused() -> None:
    rng = stream(5, "drift", "bad")
    good = batch(rng)
    with pytest.raises(ConfigError, match="are not in both"):
        feature_drift(good, batch(rng, n_features=3), seed=1)
    with pytest.raises(ConfigError, match="holds no samples"):
        feature_drift(good, good.select(np.zeros(len(good), dtype=bool)), seed=1)
    with pytest.raises(ConfigError, match="permutations resolve"):
        feature_drift(good, good, seed=1, alpha=0.001, n_permutations=49)


@pytest.mark.parametrize("law", ["normal", "exponential", "coin"])
def test_a_cumulative_sum_keeps_its_rate_of_false_alarms(law: str) -> None:
    rng, rate = stream(7, "drift", "sum", law), 500.0
    draw = {
        "normal": lambda size: rng.normal(3.0, 2.0, size),
        "exponential": lambda size: rng.exponential(2.0, size),
        "coin": lambda size: (rng.random(size) < 0.1).astype(float),
    }[law]
    n_streams, n_values, worst = 100, 2000, []
    for _ in range(4):
        watch = calibrated_cusum(draw(400), rate)
        worst.append(watch.alarms(draw((n_values, n_streams))).sum())
    counted, allowed = sum(worst), rate * 4 * n_streams * n_values / 1e6
    assert counted <= allowed + 5 * np.sqrt(allowed)


def test_the_threshold_agrees_with_the_closed_form_of_siegmund() -> None:
    """Mean run (exp(2kb) - 2kb - 1) / 2k^2 with b = h + 1.166, halved for two sides."""
    from envirosense.learning.retraining.sequential import _between

    z = stream(8, "drift", "siegmund").normal(size=20_000)
    z = (z - z.mean()) / z.std()
    for threshold in (3.0, 4.0, 5.0):
        b, k = threshold + 1.166, 0.5
        closed = (np.exp(2 * k * b) - 2 * k * b - 1) / (2 * k * k) / 2
        assert _between(z, k, threshold) == pytest.approx(closed, rel=0.25)


def test_a_shift_is_found_within_the_delay_that_the_threshold_says() -> None:
    rng = stream(9, "drift", "delay")
    watch = calibrated_cusum(rng.normal(size=500), 100.0)
    found = watch.alarms(rng.normal(0.75, 1.0, (400, 50)))
    delay = found.argmax(axis=0) + 1
    assert found.any(axis=0).all()
    assert np.mean(delay) <= 1.5 * watch.threshold / (0.75 - watch.slack)


def test_a_reference_that_says_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="needs 20 more values"):
        calibrated_cusum(np.arange(10.0), 10.0)
    with pytest.raises(ConfigError, match="must be finite and vary"):
        calibrated_cusum(np.ones(50), 10.0)
    with pytest.raises(ConfigError, match="more values to tell a slack of"):
        calibrated_cusum(np.arange(50.0), 10.0)
    with pytest.raises(ConfigError, match="false_alarms_per_million=0"):
        calibrated_cusum(np.arange(500.0), 0.0)
