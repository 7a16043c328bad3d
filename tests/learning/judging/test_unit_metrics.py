"""Intervals of unit metrics: groups are what is drawn."""

import numpy as np
import pytest

from envirosense.learning.judging.unit_metrics import resampled
from envirosense.learning.judging.units import UnitOutcomes


def units(positive, alarmed, group):
    n = len(group)
    names = np.array([f"u{at:03d}" for at in range(n)])
    label = np.where(positive, "event", "normal")
    return UnitOutcomes(names, np.asarray(group), label, positive, alarmed, np.arange(n))


def test_at_one_the_interval_is_that_of_the_groups_that_have_a_case():
    group = np.repeat(["a", "b", "c", "d", "quiet"], 50)
    positive = group != "quiet"
    found = resampled(units(positive, positive.copy(), group), seed=0)
    assert found["recall"].value == found["precision"].value == 1.0
    assert found["recall"].n == 200
    assert found["recall"].low == pytest.approx(0.025 ** (1 / 4))  # closed form of Clopper and Pearson
    assert found["recall"].high == 1.0
    assert found["false_alarms"].value == 0.0
    assert found["false_alarms"].n == 50
    assert found["false_alarms"].high == pytest.approx(1 - 0.025)
