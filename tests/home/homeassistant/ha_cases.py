"""A few minutes and a few days of the small home for the tests of what Home Assistant is given."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from envirosense.home.log import EventKind, EventLog, Origin
from envirosense.home.model import UNAVAILABLE

ROOT = Path(__file__).parents[3]
ENVIRONMENTS = {"2025.1.4": ".venv-ha-3.12", "2025.4.4": ".venv-ha-3.13"}
START_UTC = datetime(2026, 1, 4, 23, tzinfo=UTC)  # midnight in Berlin
START_US = int(START_UTC.timestamp()) * 1_000_000
SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
NAN = float("nan")


def log_of(rows):
    """Log of (second, entity, kind, code, value, origin, person, cause)."""
    t_s, entity, kind, code, value, origin, person, cause = zip(*rows, strict=True)
    return EventLog(
        np.rint(np.array(t_s) * SECOND_US).astype(np.int64),
        np.array(entity, dtype=np.int32),
        np.array(kind, dtype=np.int8),
        np.array(code, dtype=np.int16),
        np.array(value, dtype=np.float32),
        np.array(origin, dtype=np.int8),
        np.array(person, dtype=np.int16),
        np.array(cause, dtype=np.int64),
        np.full(len(rows), -1, dtype=np.int32),
    )


def first(home, role):
    """Number of the first entity of a role."""
    return home.with_role(role)[0]


def evening(home):
    """Motion, an automation that turns on a light, and a person who asks for another one."""
    motion, light, other = first(home, "motion"), *home.with_role("light")[:2]
    warm, door = first(home, "temperature"), first(home, "door")
    return log_of([
        (10.0, motion, EventKind.STATE_CHANGED, 1, NAN, Origin.DEVICE, -1, -1),
        (10.1, light, EventKind.AUTOMATION_TRIGGERED, 0, NAN, Origin.AUTOMATION, -1, 0),
        (10.3, light, EventKind.STATE_CHANGED, 1, 200.0, Origin.AUTOMATION, -1, 1),
        (20.0, warm, EventKind.STATE_CHANGED, 0, 21.26, Origin.DEVICE, -1, -1),
        (30.0, other, EventKind.VOICE_COMMAND, 0, NAN, Origin.APP, 1, -1),
        (30.2, other, EventKind.STATE_CHANGED, 1, NAN, Origin.APP, 1, 4),
        (40.0, light, EventKind.STATE_CHANGED, 1, 80.0, Origin.PERSON, 0, -1),
        (50.0, warm, EventKind.STATE_CHANGED, 0, 21.31, Origin.DEVICE, -1, -1),
        (60.0, warm, EventKind.STATE_CHANGED, UNAVAILABLE, NAN, Origin.FAULT, -1, -1),
        (70.0, light, EventKind.STATE_CHANGED, 0, NAN, Origin.PERSON, 0, -1),
        (80.0, warm, EventKind.STATE_CHANGED, 0, 22.0, Origin.DEVICE, -1, -1),
        (90.0, door, EventKind.STATE_CHANGED, 1, NAN, Origin.PERSON, 0, -1),
        (95.0, door, EventKind.STATE_CHANGED, 1, NAN, Origin.PERSON, 0, -1),
    ])  # fmt: skip


def some_days(home, days, per_day=400, seed=7):
    """Days in which entities change at random, meters rise, and now and then something does not answer."""
    rng = np.random.default_rng(seed)
    n = days * per_day
    entity = rng.integers(0, len(home.entities), n).astype(np.int32)
    order = np.argsort(entity, kind="stable")
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n) - np.searchsorted(entity[order], entity[order])
    n_states = np.array([len(one.states) for one in home.entities])[entity]
    is_meter = np.array([one.state_class == "total_increasing" for one in home.entities])[entity]
    is_silent = rng.random(n) < 0.02
    value = np.where(is_meter, 0.37 * rank, rng.normal(20.0, 2.0, n))
    code = np.where(n_states > 0, (rank + 1) % np.maximum(n_states, 1), 0)
    return EventLog(
        t_us=np.sort(rng.integers(1, days * 24 * HOUR_US, n)),
        entity=entity,
        kind=np.zeros(n, np.int8),
        code=np.where(is_silent, UNAVAILABLE, code).astype(np.int16),
        value=np.where(is_silent | (n_states > 0), NAN, value).astype(np.float32),
        origin=np.zeros(n, np.int8),
        person=np.full(n, -1, np.int16),
        cause=np.full(n, -1, np.int64),
        rule=np.full(n, -1, np.int32),
    )


class ByHand:
    """An automation that is what its configuration says."""

    def __init__(self, config, scripts=None, scenes=()):
        self._parts = config, scripts or {}, scenes

    def config(self):
        return self._parts[0]

    def script_configs(self):
        return self._parts[1]

    def scene_configs(self):
        return self._parts[2]


HALL_LIGHT = ByHand(
    {
        "id": "hall_light_on_motion",
        "alias": "Hall light on motion",
        "triggers": [{"trigger": "state", "entity_id": "binary_sensor.hall_motion", "to": "on"}],
        "conditions": [],
        "actions": [{"action": "light.turn_on", "target": {"entity_id": "light.hall_light"}}],
        "mode": "single",
    },
    scripts={"good_night": {"alias": "Good night", "sequence": [{"delay": {"seconds": 1}}]}},
    scenes=({"id": "cosy", "name": "Cosy", "entities": {"light.hall_light": "on"}},),
)


def by_home_assistant(version, *arguments):
    """What a program prints in the environment of a Home Assistant; skips where there is none."""
    python = ROOT / ENVIRONMENTS[version] / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no Home Assistant {version} here: scripts/make-ha.sh makes it")
    return subprocess.run(
        [str(python), *map(str, arguments)], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
