"""Units: an alarm counts where something was."""

import numpy as np
import pytest

from envirosense.core.errors import DatasetError
from envirosense.learning.judging.units import threshold_for, unit_outcomes
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask
from envirosense.testing.toy_samples import toy_samples

TASK = ModelTask(name="toy", negative="normal", alarm_share=0.1)


def _samples(y: list[str], unit: list[str], group: list[str] | None = None) -> Samples:
    n = len(y)
    return Samples(
        np.zeros((n, 1)), ("a",), np.array(y), np.array(group or ["g"] * n), np.array(unit),
        np.arange(n).astype(str), np.repeat("simulated", n), np.ones(n),
    )  # fmt: skip


def test_an_alarm_beside_the_event_is_none_for_it():
    samples = _samples(["normal", "arcing", "normal"], ["u", "u", "v"])
    found = unit_outcomes(samples, np.array([True, False, False]), TASK)
    assert found.unit.tolist() == ["u", "v"]
    assert found.positive.tolist() == [True, False]
    assert found.alarmed.tolist() == [False, False]
    assert found.right.tolist() == [False, True]
    assert found.label.tolist() == ["arcing", "normal"]
    assert found.first.tolist() == [1, 2]


def test_the_commonest_positive_class_names_the_unit():
    samples = _samples(["a", "b", "b", "normal"], ["u"] * 4)
    assert unit_outcomes(samples, np.zeros(4, bool), TASK).label.tolist() == ["b"]


def test_a_unit_of_two_groups_is_refused():
    samples = _samples(["a", "b"], ["u", "u"], ["g", "h"])
    with pytest.raises(DatasetError, match="'u' is in two groups"):
        unit_outcomes(samples, np.zeros(2, bool), TASK)


def test_the_threshold_keeps_its_share_of_quiet_units():
    samples = toy_samples(3, 10, 40)
    score = samples.x[:, 0]
    threshold = threshold_for(samples, score, TASK)
    found = unit_outcomes(samples, score > threshold, TASK)
    quiet = ~found.positive
    assert found.alarmed[quiet].mean() <= 0.1
    tighter = unit_outcomes(samples, score > threshold - 0.2, TASK)
    assert tighter.alarmed[quiet].mean() > 0.1


def test_without_quiet_units_there_is_no_threshold():
    samples = _samples(["a"], ["u"])
    with pytest.raises(DatasetError, match="no unit of class 'normal'"):
        threshold_for(samples, np.ones(1), TASK)
