"""Everything that sensors of numbers tell over an episode."""

from typing import Final

import numpy as np

from envirosense.core.rng import stream
from envirosense.home.log import NO_CAUSE, OF_FIRST, EventKind, EventLog, Origin
from envirosense.home.model import Home
from envirosense.home.people.lives import DAY_US, Lives
from envirosense.home.sensing.device_power import StateRows
from envirosense.home.sensing.numeric_sensors import JITTER_US, KINDS, report_rule
from envirosense.home.sensing.numeric_truth import HomeTruth
from envirosense.home.sensing.report_kernels import Float32s, Levels, Times, reports
from envirosense.home.sensing.rooms import RoomSeries
from envirosense.home.surroundings.context import Context

OWN_WARMTH_C: Final = 0.7  # by which the electronics of a device on the mains warm its thermometer (assumed)
_NO_LEVELS: Final = Levels(
    np.empty(0, np.int64), np.empty(0, np.float64), np.empty(0, np.int64), np.empty(0, np.int64)
)


def numeric_reports(
    home: Home, rooms: RoomSeries, lives: Lives, log: EventLog, context: Context, n_days: int, seed: int
) -> EventLog:
    """Reports of all entities that give a number, in order of time.

    Causes name rows of `log` as `OF_FIRST` says: `EventLog.merged(log, reports)` puts them right.
    """
    truth = HomeTruth(home, rooms, lives, StateRows.of(log, len(home.entities)), context, n_days, seed)
    numbers = [at for at, one in enumerate(home.entities) if one.is_numeric and one.role in KINDS]
    told = [_reports(truth, at) for at in numbers]
    sizes = [len(one[0]) for one in told]
    t_us = np.concatenate([np.empty(0, np.int64), *(one[0] for one in told)])
    value = np.concatenate([np.empty(0, np.float32), *(one[1] for one in told)])
    row = np.concatenate([np.empty(0, np.int64), *(one[2] for one in told)])
    entity = np.repeat(np.array(numbers, dtype=np.int32), sizes)
    inside = np.flatnonzero(t_us < n_days * DAY_US)
    order = inside[np.argsort(t_us[inside], kind="stable")]
    n = order.size
    return EventLog(
        t_us=t_us[order],
        entity=entity[order],
        kind=np.full(n, EventKind.STATE_CHANGED, dtype=np.int8),
        code=np.zeros(n, dtype=np.int16),
        value=value[order],
        origin=np.full(n, Origin.DEVICE, dtype=np.int8),
        person=np.full(n, -1, dtype=np.int16),
        cause=np.where(row[order] >= 0, OF_FIRST - row[order], NO_CAUSE),
        rule=np.full(n, -1, dtype=np.int32),
    )


def _reports(truth: HomeTruth, entity: int) -> tuple[Times, Float32s, Times]:
    """Times, values and rows of the log that they follow from."""
    one = truth.home.entities[entity]
    device = truth.home.device_by_id.get(one.device_id or "")
    is_warm = one.role == "temperature" and device is not None and not device.is_battery_powered
    names = (truth.seed, "home", "numbers")
    rule = report_rule(one, stream(*names, "part", one.entity_id), warmth=OWN_WARMTH_C if is_warm else 0.0)
    slow = truth.slow(entity)
    if rule.noise == 0.0 and rule.noise_share == 0.0:
        normals = np.zeros(slow.size, dtype=np.float32)
    else:
        normals = stream(*names, "noise", one.entity_id).standard_normal(slow.size, dtype=np.float32)
    t_us, value, row = reports(slow, normals, truth.levels(entity) or _NO_LEVELS, rule)
    t_us += stream(*names, "way", one.entity_id).integers(0, JITTER_US, t_us.size)
    return t_us, value, row
