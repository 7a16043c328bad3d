"""Hourly statistics as Home Assistant's recorder keeps them for sensors with a state class."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.homeassistant.seen import Seen
from envirosense.home.model import Entity, Home

type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]
type Ints = npt.NDArray[np.int64]

HOUR_US: Final = 3_600_000_000
SHORT_US: Final = 300_000_000  # a period of the short-term table
TOTAL: Final = ("total", "total_increasing")  # state classes with a sum


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """Of one sensor, (period,) each: mean, low and high of a measurement, state and total of a meter.

    Attributes:
        start_us: When the period begins, microseconds since 1970.
        mean: Weighted by time, over the part of the period in which the sensor answered.
        low: Least value.
        high: Greatest value.
        state: Meter at the end of the period.
        total: What has gone through it since its first report.
    """

    start_us: Ints
    mean: Floats | None = None
    low: Floats | None = None
    high: Floats | None = None
    state: Floats | None = None
    total: Floats | None = None


def statistics_of(
    home: Home, history: Seen, first_us: int, last_us: int, period_us: int
) -> dict[int, Statistics]:
    """Statistics of each sensor with a state class by its number, over the whole periods in between.

    Sensors that never reported are left out, and periods in which one did not answer.
    """
    edges = np.arange(first_us, last_us + 1, period_us, dtype=np.int64)
    wanted = [n for n, one in enumerate(home.entities) if one.state_class and one.is_numeric]
    rows = np.flatnonzero(history.is_state)
    rows = rows[np.argsort(history.log.entity[rows], kind="stable")]
    bounds = np.searchsorted(history.log.entity[rows], np.array([[n, n + 1] for n in wanted]))
    found = {}
    for number, (low, high) in zip(wanted, bounds, strict=True):
        mine = rows[low:high]
        is_valid = history.log.code[mine] >= 0
        if edges.size < 2 or not is_valid.any():
            continue
        value = np.round(history.log.value[mine].astype(np.float64), home.entities[number].decimals)
        made = _of_sensor(home.entities[number], history.time_us[mine], value, is_valid, edges)
        if made.start_us.size:
            found[number] = made
    return found


def _of_sensor(entity: Entity, time_us: Ints, value: Floats, is_valid: Bools, edges: Ints) -> Statistics:
    if entity.state_class in TOTAL:
        return _meter(time_us, value, is_valid, edges)
    return _measurement(time_us, value, is_valid, edges)


def _measurement(time_us: Ints, value: Floats, is_valid: Bools, edges: Ints) -> Statistics:
    answered_us = _integral(time_us, is_valid.astype(np.float64), edges)
    summed = _integral(time_us, np.where(is_valid, value, 0.0), edges)
    has = answered_us > 0.0
    known = np.append(np.where(is_valid, value, np.nan), np.nan)
    spans = _spans(time_us, edges)
    return Statistics(
        start_us=edges[:-1][has],
        mean=summed[has] / answered_us[has],
        low=np.fmin.reduceat(known, spans)[::2][has],
        high=np.fmax.reduceat(known, spans)[::2][has],
    )


def _meter(time_us: Ints, value: Floats, is_valid: Bools, edges: Ints) -> Statistics:
    has = _integral(time_us, is_valid.astype(np.float64), edges) > 0.0
    times, values = time_us[is_valid], value[is_valid]
    steps = np.diff(values, prepend=values[0])
    total = np.cumsum(np.where(steps < 0.0, values, steps))  # a meter that falls has begun anew
    last = np.searchsorted(times, edges[1:], side="left")[has] - 1
    return Statistics(start_us=edges[:-1][has], state=values[last], total=total[last])


def _integral(time_us: Ints, value: Floats, edges: Ints) -> Floats:
    """Integral of a value that holds until the next one over each period, (period,) [value x us]."""
    since_us = (time_us - time_us[0]).astype(np.float64)
    cumulated = np.concatenate([[0.0], np.cumsum(value[:-1] * np.diff(since_us))])
    place = np.searchsorted(time_us, edges, side="right") - 1
    held = np.maximum(place, 0)
    at_edge = cumulated[held] + value[held] * (edges - time_us[held])
    return np.diff(np.where(place < 0, 0.0, at_edge))


def _spans(time_us: Ints, edges: Ints) -> Ints:
    """First row in effect and end of the rows of each period, interleaved, for `reduceat`."""
    first = np.maximum(np.searchsorted(time_us, edges[:-1], side="right") - 1, 0)
    end = np.searchsorted(time_us, edges[1:], side="left")
    return np.stack([first, end], axis=1).reshape(-1)
