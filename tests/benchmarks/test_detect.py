"""`make bench-detect` asks the question that it says: fires, held-out sites, alarms that are counted once."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from envirosense.learning import metrics

DETECT = Path(__file__).parents[2] / "benchmarks" / "detect"


def imported(name: str) -> Any:
    """A module of the benchmark."""
    sys.path.insert(0, str(DETECT))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(DETECT))


@pytest.fixture(scope="module")
def windows() -> Any:
    """Half an hour of a strong fire and of an ordinary pole."""
    sets, streamed = imported("sets"), import_module("envirosense.learning.streamed")
    place = sets.Place("test", 5, 4)
    specs = [
        sets.spec_of(place, name, 0, 1800.0) for name in ("fire/lignin_decomposition", "normal/diurnal_cycle")
    ]
    pieces = [streamed.simulated_windows(spec, streamed.Cutting()) for spec in specs]
    return imported("task").fire_task(type(pieces[0]).concat(pieces))


def test_only_fires_are_asked_for(windows: Any) -> None:
    task = imported("task")
    assert set(windows.y.tolist()) == {"normal", task.FIRE}
    assert set(windows.events.event_type.tolist()) <= set(task.FIRE_TYPES)
    assert not windows.is_event[windows.category == "normal"].any()


def test_evidence_needs_more_than_one_window() -> None:
    task = imported("task")

    class Detector:
        classes = (task.FIRE, "normal")

    score = np.full((40, 2), 0.01)
    score[20, 0] = 0.99
    score[30:, 0] = 0.99
    found = task.evidence(Detector, np.c_[score[:, 0], 1.0 - score[:, 0]])
    assert found.argmax() == 39
    assert found[20] < 0.0 < found[39]


def test_a_threshold_keeps_the_false_alarms_it_was_given(windows: Any) -> None:
    task, score = imported("task"), np.random.default_rng(3).standard_normal(len(windows))
    quiet = metrics.quiet_windows(windows)
    for allowed in (0, 1):
        threshold = task.threshold_for(windows, score, allowed)
        assert metrics.count_false_alarms(windows, score > threshold, quiet) <= allowed


def test_negative_days_hold_look_alikes_at_their_rates_and_no_fire() -> None:
    sets = imported("sets")
    days = sets.negative_days(sets.Place("test", 3, 10), 3000)
    shares = sets.shares(days)
    assert days == sets.negative_days(sets.Place("test", 3, 10), 3000)
    assert not any(name.startswith(("fire/", "electrical/")) for name in shares)
    rate = sets.SCENARIOS["lookalike/barbecue"].rate.per_pole_year / sets.DAYS_PER_YEAR
    assert 0.0 < shares["lookalike/barbecue"] <= rate + 5.0 * np.sqrt(rate / 3000)


def test_training_tuning_and_test_stand_on_different_sites() -> None:
    sets = imported("sets")
    sites = [
        {repr(sets.spec_of(place, "normal/diurnal_cycle", i, 600.0).site) for i in range(6)}
        for place in (sets.Place("train", 1, 20), sets.Place("test", 3, 20))
    ]
    assert not sites[0] & sites[1]
