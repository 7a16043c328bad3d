from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envirosense.scenarios import EventLabels, EventSubtype, EventType, latched
from envirosense.testing.planted_world import planted_grid

GRID = planted_grid(duration_s=80.0, dt_s=10.0)


def flags(text):
    return np.array([letter == "x" for letter in text])


def event(active, severity=None, ignited="........"):
    return EventLabels(
        event_type=EventType.FIRE_PRECURSOR,
        event_subtype=EventSubtype.PYROLYSIS,
        component="bolt",
        active=flags(active),
        stage_names=("heating",),
        stage=np.zeros(8, dtype=np.int8),
        severity=np.zeros(8) if severity is None else np.array(severity),
        progress=np.zeros(8),
        ignited=flags(ignited),
        source_strength=1.0,
        source_strength_unit="W",
    )


def test_onset_and_clearance_of_an_event_with_a_gap():
    labels = event("..xx.x..")
    assert labels.onset_s(GRID) == 20.0
    assert labels.clearance_s(GRID) == 60.0


def test_an_event_that_is_not_over_has_no_clearance():
    assert event("...xxxxx").clearance_s(GRID) is None
    assert event("xxxxxxx.").clearance_s(GRID) == 70.0
    assert event("xxxxxxx.").onset_s(GRID) == 0.0


def test_an_event_that_never_was_has_no_times():
    labels = event("........", [1.0] * 8)
    assert (labels.onset_s(GRID), labels.peak_s(GRID), labels.clearance_s(GRID)) == (None, None, None)


def test_the_peak_is_the_first_greatest_severity_while_active():
    assert event("..xxxx..", [0.9, 0, 0.1, 0.5, 0.5, 0.2, 0, 1.0]).peak_s(GRID) == 30.0
    assert event(".....x..", [0.0] * 8).peak_s(GRID) == 50.0


def test_time_to_ignition_counts_down_and_is_censored_without_one():
    labels = event("..xxxxxx", ignited=".....xxx")
    assert labels.ignition_s(GRID) == 50.0
    np.testing.assert_array_equal(labels.time_to_ignition_s(GRID), [50, 40, 30, 20, 10, 0, 0, 0])
    censored = event("..xxxxxx")
    assert censored.ignition_s(GRID) is None
    assert np.isnan(censored.time_to_ignition_s(GRID)).all()
    assert censored.time_to_ignition_s(GRID).shape == (8,)


def test_levels_come_from_severity():
    np.testing.assert_array_equal(
        event("xxxxxxxx", [0, 0.2, 0.4, 0.6, 0.8, 1, 0.1, 0]).level, [1, 2, 3, 4, 5, 5, 1, 1]
    )


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.text("x.", min_size=8, max_size=8), st.lists(st.floats(0, 1), min_size=8, max_size=8))
def test_onset_peak_and_clearance_are_in_order(active, severity):
    labels = event(active, severity)
    onset_s, peak_s, clearance_s = (f(GRID) for f in (labels.onset_s, labels.peak_s, labels.clearance_s))
    if onset_s is None:
        assert "x" not in active
    else:
        assert onset_s <= peak_s < (GRID.duration_s if clearance_s is None else clearance_s)


@pytest.mark.parametrize(("before", "after"), [("..x..x..", "..xxxxxx"), ("........", "........")])
def test_latched_stays_true(before, after):
    np.testing.assert_array_equal(latched(flags(before)), flags(after))


def test_labels_are_frozen():
    with pytest.raises(AttributeError):
        event("........").active = flags("xxxxxxxx")
    assert replace(event("........"), component="clamp").component == "clamp"
