"""Ranking, alarms and events, by hand and against scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.datasets.window_events import EventTable
from envirosense.datasets.windows import Windows
from envirosense.learning import metrics


def hand_made(y, episode=None, events=(), dt_s=60.0):
    """Windows of one minute; events are (episode, onset, clearance, ignition, first detectable) in s."""
    n = len(y)
    episode = np.array(episode if episode is not None else ["a"] * n)
    start = np.concatenate([np.arange((episode == name).sum()) for name in dict.fromkeys(episode.tolist())])
    columns = np.array([event[1:] for event in events], float).reshape(-1, 4).T
    names = np.array([event[0] for event in events], dtype=np.str_)
    return Windows(
        x=np.zeros((n, 1, 1), np.float32),
        baseline=np.zeros((n, 1), np.float32),
        channels=("v",),
        units=("V",),
        dt_s=dt_s,
        stride_s=dt_s,
        y=np.array(y),
        event_id=np.where(np.array(y) == "normal", -1, 0).astype(np.int32),
        severity=np.zeros(n, np.float32),
        time_to_ignition_s=np.full(n, np.nan),
        detectable=np.array(y) != "normal",
        episode_id=episode,
        scenario=np.full(n, "s/one"),
        category=np.full(n, "s"),
        group=episode,
        start_tick=start.astype(np.int64),
        start_s=start * dt_s,
        events=EventTable(
            episode_id=names,
            event_id=np.zeros(len(events), np.int32),
            event_type=np.full(len(events), "fault"),
            scenario=np.full(len(events), "s/one"),
            group=names,
            onset_s=columns[0],
            clearance_s=columns[1],
            ignition_s=columns[2],
            first_detectable_s=columns[3],
            detectable_s=np.full(len(events), 60.0),
        ),
    )


@pytest.mark.parametrize("ties", [False, True])
def test_average_precision_agrees_with_scikit_learn(ties):
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(4)
    score, positive = rng.normal(size=300), rng.uniform(size=300) < 0.3
    score = np.round(score, 1) if ties else score
    weights = rng.integers(0, 4, 300).astype(float)
    assert metrics.average_precision(score, positive) == pytest.approx(
        average_precision_score(positive, score)
    )
    expected = average_precision_score(positive, score, sample_weight=weights)
    assert metrics.average_precision(score, positive, weights) == pytest.approx(expected)


def test_a_constant_score_ranks_at_prevalence():
    positive = np.arange(100) < 25
    assert metrics.average_precision(np.ones(100), positive) == pytest.approx(0.25)


def test_average_precision_needs_both_kinds():
    assert np.isnan(metrics.average_precision(np.ones(3), np.ones(3, bool)))


def test_the_half_hour_after_an_event_is_not_quiet():
    windows = hand_made(["normal"] * 3 + ["fault"] * 2 + ["normal"] * 40)
    quiet = metrics.quiet_windows(windows)
    assert quiet.tolist() == [True] * 3 + [False] * 2 + [False] * 30 + [True] * 10


def test_an_event_does_not_hush_another_episode():
    windows = hand_made(["fault", "normal", "normal", "normal"], episode=["a", "a", "b", "b"])
    assert metrics.quiet_windows(windows).tolist() == [False, False, True, True]


def test_exposure_counts_time_once_when_windows_overlap():
    windows = replace(hand_made(["normal"] * 10), stride_s=30.0)
    assert metrics.device_days(windows, np.ones(10, bool)) == pytest.approx(300 / 86_400)


def test_alarms_within_half_an_hour_are_one():
    windows = hand_made(["normal"] * 100)
    alarm = np.zeros(100, bool)
    alarm[[0, 10, 29, 30, 70]] = True
    quiet = metrics.quiet_windows(windows)
    assert metrics.count_false_alarms(windows, alarm, quiet) == 3
    assert metrics.count_false_alarms(windows, np.ones(100, bool), quiet) == 4


@pytest.mark.parametrize("budget", [0.5, 2.0, 10.0])
def test_the_threshold_is_the_lowest_within_the_budget(budget):
    rng = np.random.default_rng(6)
    windows = hand_made(["normal"] * 2880, episode=np.repeat(["a", "b"], 1440))
    score, quiet = rng.uniform(size=2880), np.ones(2880, bool)
    threshold = metrics.threshold_at_budget(windows, score, budget)
    allowed = int(budget * 2)
    assert metrics.count_false_alarms(windows, score > threshold, quiet) <= allowed
    lower = np.max(score[score < threshold])
    assert metrics.count_false_alarms(windows, score > lower, quiet) > allowed


def test_without_quiet_windows_nothing_may_alarm():
    assert metrics.threshold_at_budget(hand_made(["fault"] * 3), np.arange(3.0), 1.0) == np.inf


def test_an_event_is_alarmed_by_the_first_alarm_while_it_lasts():
    nan = float("nan")
    events = [("a", 120.0, 300.0, 290.0, 150.0), ("b", 60.0, nan, nan, nan)]
    classes = ["normal", "normal", "fault", "fault", "fault", "normal", "normal", "fault", "fault"]
    windows = hand_made(classes, episode=["a"] * 6 + ["b"] * 3, events=events)
    alarm = np.array([1, 0, 0, 1, 1, 1, 0, 0, 0], bool)
    found = metrics.event_outcomes(windows, alarm)
    assert found.alarmed.tolist() == [True, False]
    assert found.alarm_s[0] == 240.0
    assert found.delay_s[0] == 90.0
    assert found.lead_s[0] == 50.0


def test_confusion_counts_pairs():
    table = metrics.confusion(np.array(["a", "b", "b"]), np.array(["b", "b", "a"]), ("a", "b"))
    assert table.tolist() == [[0, 1], [1, 1]]
