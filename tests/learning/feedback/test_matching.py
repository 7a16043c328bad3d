"""Feedback laid over samples: classes, weights, and what nobody judged."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.learning.feedback import FeedbackRecord, feedback_errors, feedback_samples
from envirosense.learning.samples import Samples


def record(confirmed, **changes):
    return FeedbackRecord.parse({**confirmed, **changes})


def starts_s(samples):
    return [int(one.partition("@")[2]) * 5.0 for one in samples.sample_id.tolist()]


def test_judged_windows_become_real_samples_of_a_stated_weight(confirmed, samples, real, task):
    records = [
        record(confirmed),
        record(confirmed, verdict="false", event_type="tails", start_s=0.0, end_s=120.0),
    ]
    found = feedback_samples(records, samples, real, task, weight=3.0)
    assert starts_s(found) == [0.0, 60.0, 600.0, 660.0, 720.0, 780.0, 840.0]
    assert found.y.tolist() == ["normal"] * 2 + ["heads"] * 5
    assert set(found.origin.tolist()) == {"real"}
    assert found.weight.tolist() == [6.0] * 7  # of samples that weigh 2
    assert set(found.group.tolist()) == {"yard"}
    mixed = Samples.concat([samples, found])
    assert mixed.of_origin("real").content_hash == found.content_hash


def test_the_model_was_wrong_where_it_alarmed_for_nothing_missed_or_took_one_for_another(
    confirmed, samples, real, task
):
    records = [
        record(confirmed, said="heads"),
        record(confirmed, said="tails", start_s=960.0, end_s=1020.0),
        record(confirmed, verdict="false", start_s=0.0, end_s=60.0),
        record(confirmed, verdict="missed", start_s=300.0, end_s=360.0),
    ]
    wrong = feedback_errors(records, samples, real)
    at_s = starts_s(feedback_samples(records, samples, real, task))
    assert dict(zip(at_s, wrong.tolist(), strict=True)) == {
        0.0: True, 300.0: True, 960.0: True, **dict.fromkeys((600.0, 660.0, 720.0, 780.0, 840.0), False),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("span", "wanted"),
    [((630.0, 690.0), [600.0, 660.0]), ((635.0, 695.0), [660.0]), ((610.0, 612.0), [600.0])],
    ids=["half of both", "most of one", "short"],
)
def test_a_window_belongs_to_what_fills_half_of_it(span, wanted, confirmed, samples, real, task):
    found = feedback_samples([record(confirmed, start_s=span[0], end_s=span[1])], samples, real, task)
    assert starts_s(found) == wanted


def test_an_event_counts_before_a_false_alarm_and_the_last_word_before_all(confirmed, samples, real, task):
    event = record(confirmed, verdict="missed", start_s=600.0, end_s=720.0)
    false = record(confirmed, verdict="false", start_s=540.0, end_s=720.0)
    for order in ([event, false], [false, event]):
        assert feedback_samples(order, samples, real, task).y.tolist() == ["normal", "heads", "heads"]
    corrected = record(confirmed, verdict="false", start_s=600.0, end_s=720.0)
    assert feedback_samples([event, corrected], samples, real, task).y.tolist() == ["normal", "normal"]


def test_what_has_a_name_is_found_by_it(confirmed, samples, real, task, yard):
    ids = np.array([f"{yard}:habit-{at}" for at in range(len(samples))])
    named = replace(samples, sample_id=ids)
    about = record(confirmed, start_s=None, end_s=None, name="habit-3")
    found = feedback_samples([about], named, real, task)
    assert found.sample_id.tolist() == [f"{yard}:habit-3"]
    assert found.y.tolist() == ["heads"]


def test_a_name_may_hold_an_at(confirmed, samples, real, task, yard):
    name = "time_of_day/light.hall=on@0730"
    ids = np.array([f"{yard}:{name}{at or ''}" for at in range(len(samples))])
    about = record(confirmed, start_s=None, end_s=None, name=name)
    found = feedback_samples([about], replace(samples, sample_id=ids), real, task)
    assert found.sample_id.tolist() == [f"{yard}:{name}"]


def test_feedback_that_can_teach_nothing_is_refused(confirmed, samples, real, task, yard):
    with pytest.raises(DatasetError, match="no sample lies there"):
        feedback_samples([record(confirmed, start_s=None, end_s=None, name="habit")], samples, real, task)
    other = replace(samples, sample_id=np.array([f"beef@{at}" for at in range(len(samples))]))
    with pytest.raises(DatasetError, match="sample 'beef@0' is of no episode"):
        feedback_samples([record(confirmed)], other, real, task)
    for options in ({"weight": 0.0}, {"weight": float("inf")}, {"length_s": -1.0}):
        with pytest.raises(ConfigError, match="above zero"):
            feedback_samples([record(confirmed)], samples, real, task, **options)
    assert len(feedback_samples([], samples, real, task)) == 0
