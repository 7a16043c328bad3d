"""Feedback counted."""

import pytest

from envirosense.core.errors import ConfigError
from envirosense.learning.feedback import FeedbackCount, FeedbackRecord, feedback_counts


def records(confirmed):
    changes = [
        {},
        {"said": "tails", "score": 0.5},
        {"verdict": "false", "event_type": "tails", "sensors": ["near", "far"]},
        {"verdict": "missed", "score": 0.35, "sensors": []},
        {"verdict": "missed", "score": None},
    ]
    return [
        FeedbackRecord.parse({**confirmed, "start_s": 60.0 * at, "end_s": 60.0 * at + 30, **change})
        for at, change in enumerate(changes)
    ]


def test_verdicts_are_counted_by_class_and_sensor(confirmed):
    counts = feedback_counts(records(confirmed))
    assert counts.total == FeedbackCount(2, 1, 2, misclassified=1, uncertain=2)
    assert counts.by_class == {"heads": FeedbackCount(2, 0, 2, 1, 2), "tails": FeedbackCount(false=1)}
    assert counts.by_sensor == {"far": FeedbackCount(false=1), "near": FeedbackCount(2, 1, 1, 1, 1)}
    assert counts.total.n_errors == 4
    assert counts.total.precision.value == pytest.approx(2 / 3)
    assert counts.total.recall.value == pytest.approx(1 / 2)
    assert counts.by_class["tails"].recall.value is None
    assert str(counts).splitlines()[1].split() == ["all", "2", "1", "2", "1", "2"]
    assert str(counts).splitlines()[2].startswith("class heads")


def test_the_last_word_counts(confirmed):
    first = FeedbackRecord.parse(confirmed)
    second = FeedbackRecord.parse({**confirmed, "verdict": "false"})
    assert feedback_counts([first, second]).total == FeedbackCount(false=1)


def test_bounds_out_of_order_are_refused(confirmed):
    with pytest.raises(ConfigError, match="two scores in order"):
        feedback_counts(records(confirmed), uncertain=(0.7, 0.3))
