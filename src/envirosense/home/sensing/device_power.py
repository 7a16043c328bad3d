"""Power of devices over time, from what they do: programmes, cycles, brightness."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.home.log import EventKind, EventLog
from envirosense.home.model import Device, Home
from envirosense.home.people.lives import SECOND_US

type Floats = npt.NDArray[np.float64]
type Times = npt.NDArray[np.int64]

# Of a programme: how far each part goes, and its share of the active power, which for washers is their mean.
# Shapes as published load curves show them (from memory): water is heated once or twice, drums turn and spin.
PROGRAMMES: Final[Mapping[str, tuple[tuple[float, float], ...]]] = {
    "washing_machine": ((0.06, 0.2), (0.28, 4.3), (0.62, 0.35), (0.70, 0.6), (0.90, 0.3), (1.0, 1.1)),
    "dishwasher": ((0.10, 0.12), (0.28, 2.5), (0.62, 0.12), (0.78, 2.5), (1.0, 0.05)),
    "oven": ((0.25, 1.0), (0.32, 0.03), (0.45, 1.0), (0.6, 0.03), (0.72, 1.0), (0.85, 0.03), (1.0, 1.0)),
    "kettle": ((1.0, 1.0),),
    "coffee_maker": ((0.3, 1.0), (1.0, 0.05)),
}
# Of what goes on and off by itself: seconds and share of the power (from memory, all vary by the device)
CYCLES: Final[Mapping[str, tuple[tuple[float, float], ...]]] = {
    "freezer": ((1100.0, 1.0), (2500.0, 0.04)),
    "dryer": ((1300.0, 1.25), (260.0, 0.15)),
    "space_heater": ((700.0, 1.0), (350.0, 0.01)),
    "microwave": ((22.0, 1.0), (8.0, 0.2)),
}
ALWAYS_ON: Final = frozenset({"freezer"})
SHARES: Final[Mapping[str, Mapping[str, float]]] = {  # of the active power in each state, 0 where not named
    "light": {"on": 1.0},
    "switch": {"on": 1.0},
    "appliance": {"on": 1.0},
    "fan": {"on": 1.0},
    "siren": {"on": 1.0},
    "media": {"idle": 0.25, "playing": 1.0},
    "vacuum": {"docked": 0.1},
    "camera": {"recording": 1.0},
}
SPREAD: Final = 0.06  # of a part's power between runs (assumed)


@dataclass(frozen=True, slots=True, eq=False)
class PowerCourse:
    """Power of one device, constant from one edge to the next, (edge,) each; the first edge is at 0.

    Attributes:
        t_us: When it changes.
        power_w: From then on [W].
        row: Event that switched it, -1 where it changed by itself.
    """

    t_us: Times
    power_w: Floats
    row: Times


@dataclass(frozen=True, slots=True, eq=False)
class StateRows:
    """Rows of a log by entity: changes to a state that it has, in order of time."""

    log: EventLog
    order: Times
    first: Times

    @classmethod
    def of(cls, log: EventLog, n_entities: int) -> "StateRows":
        """Of all entities of a home."""
        rows = np.flatnonzero((log.kind == EventKind.STATE_CHANGED) & (log.code >= 0))
        order = rows[np.argsort(log.entity[rows].astype(np.int16), kind="stable")]
        first = np.searchsorted(log.entity[order], np.arange(n_entities + 1))
        return cls(log, order, first)

    def __getitem__(self, entity: int) -> Times:
        """Rows of one entity."""
        return self.order[self.first[entity] : self.first[entity + 1]]


def power_course(home: Home, device: Device, entity: int, rows: StateRows, seed: int) -> PowerCourse:
    """Power of a device that one entity switches."""
    one = home.entities[entity]
    appliance = str(one.capabilities.get("appliance", ""))
    if appliance in ALWAYS_ON:
        start_us, share, row = np.zeros(1, dtype=np.int64), np.ones(1), np.full(1, -1)
    else:
        start_us, share, row = _shares(one.role, one.states, rows, entity)
    end_us = np.append(start_us[1:], _end_us(rows.log, start_us))
    draw = stream(seed, "home", "power", device.device_id)
    if appliance in PROGRAMMES:
        start_us, share, row = _programme(PROGRAMMES[appliance], start_us, end_us, share, row)
    elif appliance in CYCLES:
        start_us, share, row = _cycles(CYCLES[appliance], start_us, end_us, share, row, draw)
    uneven = 1.0 + SPREAD * draw.standard_normal(share.size) * (appliance != "")
    power_w = device.standby_w + share * np.maximum(uneven, 0.5) * (device.active_w - device.standby_w)
    return PowerCourse(start_us, np.where(share > 0.0, power_w, device.standby_w), row)


def mean_share(appliance: str) -> float:
    """Share of the power at work that what goes on and off by itself takes on average."""
    cycle = CYCLES[appliance]
    return sum(seconds * share for seconds, share in cycle) / sum(seconds for seconds, _ in cycle)


def switching_entity(home: Home, numbers: tuple[int, ...]) -> int | None:
    """Entity of a device, given all of them, whose state says what the device draws."""
    return next((number for number in numbers if home.entities[number].role in SHARES), None)


def summed(courses: list[PowerCourse]) -> PowerCourse:
    """Power of several devices together."""
    t_us = np.concatenate([one.t_us for one in courses])
    steps_w = np.concatenate([np.diff(one.power_w, prepend=0.0) for one in courses])
    row = np.concatenate([one.row for one in courses])
    order = np.argsort(t_us, kind="stable")
    return PowerCourse(t_us[order], np.cumsum(steps_w[order]), row[order])


def energy_kwh(course: PowerCourse, at_us: Times) -> Floats:
    """Energy that a course has taken since the start, shape of `at_us` [kWh]."""
    spans_h = np.diff(course.t_us) / (3600.0 * SECOND_US)
    at_edges = np.append(0.0, np.cumsum(course.power_w[:-1] * spans_h)) / 1000.0
    edge = np.searchsorted(course.t_us, at_us, side="right") - 1
    since_h = (at_us - course.t_us[edge]) / (3600.0 * SECOND_US)
    return np.asarray(at_edges[edge] + course.power_w[edge] * since_h / 1000.0, dtype=np.float64)


def _shares(role: str, states: tuple[str, ...], rows: StateRows, entity: int) -> tuple[Times, Floats, Times]:
    """Times, shares of the active power and rows of the changes, from the start on."""
    mine = rows[entity]
    share = np.array([SHARES[role].get(name, 0.0) for name in states])[rows.log.code[mine]]
    if role == "light":
        value = rows.log.value[mine].astype(np.float64)
        share = share * np.where(np.isnan(value), 1.0, value / 255.0)
    first = SHARES[role].get(states[0], 0.0)
    t_us = np.append(0, rows.log.t_us[mine])
    return t_us, np.append(first, share), np.append(-1, mine)


def _end_us(log: EventLog, start_us: Times) -> int:
    day_us = 86_400 * SECOND_US
    last_us = max(int(log.t_us[-1]) if len(log) else 0, int(start_us[-1]))
    return (last_us // day_us + 1) * day_us


def _programme(
    parts: tuple[tuple[float, float], ...], start_us: Times, end_us: Times, share: Floats, row: Times
) -> tuple[Times, Floats, Times]:
    """Runs cut into the parts of a programme that lasts as long as the run."""
    begins = np.array([0.0, *(until for until, _ in parts[:-1])])
    height = np.array([power for _, power in parts])
    runs = np.flatnonzero(share > 0.0)
    inner = start_us[runs, None] + ((end_us - start_us)[runs, None] * begins).astype(np.int64)
    level = share[runs, None] * height
    whose = np.where(begins == 0.0, row[runs, None], -1)
    rest = share <= 0.0
    t_us = np.concatenate([inner.ravel(), start_us[rest]])
    order = np.argsort(t_us, kind="stable")
    return (
        t_us[order],
        np.concatenate([level.ravel(), share[rest]])[order],
        np.concatenate([whose.ravel(), row[rest]])[order],
    )


def _cycles(
    parts: tuple[tuple[float, float], ...],
    start_us: Times,
    end_us: Times,
    share: Floats,
    row: Times,
    draw: np.random.Generator,
) -> tuple[Times, Floats, Times]:
    """Runs in which parts follow one another until the run is over; their lengths vary."""
    lengths_us = np.array([seconds for seconds, _ in parts]) * SECOND_US * draw.uniform(0.8, 1.25)
    runs = np.flatnonzero(share > 0.0)
    per_run = np.ceil((end_us - start_us)[runs] / (0.75 * lengths_us.sum())).astype(np.int64)
    run = np.repeat(np.arange(runs.size), per_run)
    uneven = lengths_us * np.clip(1.0 + 0.12 * draw.standard_normal((run.size, len(parts))), 0.5, 1.5)
    done_us = np.cumsum(uneven.ravel()).astype(np.int64).reshape(uneven.shape)
    first = np.cumsum(per_run) - per_run
    before_us = done_us - uneven.astype(np.int64)
    inner = before_us - before_us[first[run], :1] + start_us[runs][run, None]
    level = share[runs][run, None] * np.array([power for _, power in parts])
    whose = np.full(inner.shape, -1)
    whose[first, 0] = row[runs]
    inside = inner < end_us[runs][run, None]
    rest = share <= 0.0
    t_us = np.concatenate([inner[inside], start_us[rest]])
    order = np.argsort(t_us, kind="stable")
    return (
        t_us[order],
        np.concatenate([level[inside], share[rest]])[order],
        np.concatenate([whose[inside], row[rest]])[order],
    )
