import numpy as np
import pytest

from envirosense.home.log import EventKind, EventLog, Origin
from envirosense.home.model import UNAVAILABLE, UNKNOWN
from envirosense.home.streams.contexts import contexts
from envirosense.home.streams.state_texts import last_state_rows, state_texts


@pytest.fixture
def entities(small_home):
    return {
        "light": small_home.with_role("light")[0],
        "celsius": small_home.with_role("temperature")[0],
        "watts": small_home.with_role("battery")[0],
    }


def log_of(rows):
    """Log of (time, entity, kind, code, value, origin, cause)."""
    t, entity, kind, code, value, origin, cause = zip(*rows, strict=True)
    n = len(rows)
    return EventLog(
        np.array(t, dtype=np.int64), np.array(entity, dtype=np.int32), np.array(kind, dtype=np.int8),
        np.array(code, dtype=np.int16), np.array(value, dtype=np.float32), np.array(origin, dtype=np.int8),
        np.full(n, -1, dtype=np.int16), np.array(cause, dtype=np.int64), np.full(n, -1, dtype=np.int32),
    )  # fmt: skip


NAN = float("nan")


def test_states_are_written_as_home_assistant_writes_them(small_home, entities):
    light, celsius, watts = entities["light"], entities["celsius"], entities["watts"]
    log = log_of([
        (1, light, 0, 1, 200.0, 1, -1),
        (2, celsius, 0, 0, 21.46, 0, -1),
        (3, watts, 0, 0, 87.0, 0, -1),
        (4, light, 0, UNAVAILABLE, NAN, 4, -1),
        (5, celsius, 0, UNKNOWN, NAN, 4, -1),
        (6, light, EventKind.VOICE_COMMAND, 0, NAN, 2, -1),
        (7, celsius, 0, 0, 21.0, 0, -1),
        (8, celsius, 0, 0, -0.04, 0, -1),
    ])  # fmt: skip
    found = state_texts(small_home, log).to_pylist()
    assert found == ["on", "21.5", "87", "unavailable", "unknown", None, "21.0", "0.0"]


def test_the_state_before_is_that_of_the_same_entity(entities):
    light, celsius = entities["light"], entities["celsius"]
    log = log_of([
        (1, light, 0, 1, NAN, 1, -1),
        (2, celsius, 0, 0, 20.0, 0, -1),
        (3, light, EventKind.VOICE_COMMAND, 0, NAN, 2, -1),
        (4, light, 0, 0, NAN, 2, 2),
        (5, celsius, 0, 0, 21.0, 0, -1),
    ])  # fmt: skip
    assert last_state_rows(log).tolist() == [-1, -1, -1, 0, 1]


def test_an_automation_starts_a_context_under_that_of_its_trigger(entities):
    light, celsius = entities["light"], entities["celsius"]
    log = log_of([
        (1, light, 0, 1, NAN, Origin.DEVICE, -1),
        (2, light, EventKind.AUTOMATION_TRIGGERED, 0, NAN, Origin.AUTOMATION, 0),
        (3, celsius, EventKind.SCRIPT_STARTED, 0, NAN, Origin.AUTOMATION, 1),
        (4, light, 0, 0, NAN, Origin.AUTOMATION, 2),
        (5, light, EventKind.AUTOMATION_TRIGGERED, 0, NAN, Origin.AUTOMATION, 3),
        (6, light, 0, 1, NAN, Origin.AUTOMATION, 4),
    ])  # fmt: skip
    own, parent = contexts(log)
    assert own.tolist() == [0, 1, 1, 1, 4, 4]
    assert parent.tolist() == [-1, 0, 0, 0, 1, 1]


def test_what_a_device_does_by_itself_has_a_context_of_its_own(entities):
    light = entities["light"]
    log = log_of([
        (1, light, 0, 1, NAN, Origin.PERSON, -1),
        (2, light, 0, 0, NAN, Origin.DEVICE, 0),
        (3, light, EventKind.VOICE_COMMAND, 0, NAN, Origin.APP, -1),
        (4, light, 0, 1, NAN, Origin.APP, 2),
    ])  # fmt: skip
    own, parent = contexts(log)
    assert own.tolist() == [0, 1, 2, 2]
    assert parent.tolist() == [-1, -1, -1, -1]
