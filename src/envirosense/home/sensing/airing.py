"""What people do about rooms that are too warm: when they look, and the window contacts that it moves."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.rng import stream
from envirosense.home.behaviour.spans import Spans, Times
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.model import Home
from envirosense.home.people.lives import AWAY, DAY_US, SECOND_US, Lives
from envirosense.home.sensing.room_plan import RoomPlan
from envirosense.physics.rooms.airing_kernels import ASLEEP, AWAKE, LEAVES, Flags, RoomHabits
from envirosense.physics.rooms.rooms import open_doors_m3_s
from envirosense.physics.rooms.rooms_kernels import Ints

WINDOW_PER_H: Final = 8.0  # air changes through an open window (from memory: 5-15, tilted 1-4)
WINDOW_M_H: Final = 200.0  # air in an hour through its area, where that is less (from memory) [m3/h/m2]
TOO_WARM_C: Final = (24.3, 26.3)  # from which a room is aired, by room; assumed
DRAWN: Final = 0.45  # of the sun that drawn curtains let through; assumed
LOOK_US: Final = 30 * 60 * SECOND_US  # between two looks in one stay; assumed
GLANCE_US: Final = 120 * SECOND_US  # in a shorter stay nobody notices; assumed
ERRAND_US: Final = 300 * SECOND_US  # away for less is no leaving; assumed
HAND_S: Final = 60.0  # until a window is moved; assumed
NIGHT: Final = ("sleep", "night_toilet")


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """When somebody looks whether it is too warm, (look,) in order of time.

    Attributes:
        t_us: Microseconds since the episode's start.
        kind: `LEAVES`, `AWAKE` or `ASLEEP`.
        resident: Who looks.
    """

    t_us: Times
    kind: Ints
    resident: Ints


def looks(lives: Lives, n_days: int) -> Looks:
    """Looks of all people at the whole home: wherever they begin to stay, every half hour, on leaving."""
    rows = np.flatnonzero(lives.stay_area != AWAY)
    start_us, end_us, who = lives.stay_start_us[rows], lives.stay_end_us[rows], lives.stay_resident[rows]
    home = Spans.union(start_us, end_us, rows, ERRAND_US)
    leaves = home.end_us < n_days * DAY_US
    in_bed = np.array([name in NIGHT for name in lives.activity_names])
    kind = np.where(in_bed[lives.activity[lives.stay_activity[rows]]], ASLEEP, AWAKE)
    lasts_us = end_us - start_us
    n = np.where(lasts_us >= GLANCE_US, 1 + lasts_us // LOOK_US, 0)
    nth = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
    t_us = np.append(np.repeat(start_us, n) + nth * LOOK_US, home.end_us[leaves] - 60 * SECOND_US)
    kind = np.append(np.repeat(kind, n), np.full(int(leaves.sum()), LEAVES))
    resident = np.append(np.repeat(who, n), lives.stay_resident[home.last[leaves]])
    order = np.argsort(t_us, kind="stable")
    order = order[(t_us[order] >= 0) & (t_us[order] < n_days * DAY_US - 60 * SECOND_US)]
    return Looks(t_us[order], kind[order].astype(np.int64), resident[order].astype(np.int64))


def room_habits(home: Home, plan: RoomPlan, found: Looks, step_us: float, seed: int) -> RoomHabits:
    """Windows, curtains and doors for the kernel; a room's limit hangs on its name alone."""
    low_c, high_c = TOO_WARM_C
    areas = [home.areas[number] for number in plan.areas]
    draws = [stream(seed, "home", "rooms", "too warm", area.area_id).random() for area in areas]
    window_m2 = np.array([area.window_m2 for area in areas])
    return RoomHabits(
        look_step=np.rint(found.t_us / step_us).astype(np.int64),
        look_kind=found.kind,
        too_warm_c=low_c + (high_c - low_c) * np.array(draws),
        aired_per_h=np.minimum(WINDOW_PER_H, WINDOW_M_H * window_m2 / plan.network.volume_m3),
        drawn=DRAWN,
        door_m3_s=open_doors_m3_s(plan.network, 1.1 * step_us / SECOND_US, WINDOW_PER_H),
    )


def airing_stimuli(
    home: Home,
    plan: RoomPlan,
    windows: Stimuli,
    found: Looks,
    aired: Flags,
    reserved: frozenset[int],
    seed: int,
) -> tuple[Stimuli, frozenset[int]]:
    """All openings of the contacts that airing moves, with those of `windows`, and which contacts they are.

    A room's first free contact is at the window that is opened for warmth; `aired` is (look, room).
    """
    parts = [Stimuli.of(np.empty(0), 0, 0, 0)]
    entities = []
    for room, area in enumerate(plan.areas):
        free = [one for one in home.with_role("window", home.areas[area].area_id) if one not in reserved]
        moved = np.flatnonzero(np.diff(aired[:, room], prepend=False))
        if free and moved.size:
            entities.append(free[0])
            parts.append(_contact(home, free[0], windows, found, moved, seed))
    return Stimuli.merged(*parts), frozenset(entities)


def _contact(home: Home, entity: int, windows: Stimuli, found: Looks, moved: Ints, seed: int) -> Stimuli:
    """One contact: open while it stands open for warmth or by `windows`."""
    one = home.entities[entity]
    late_s = stream(seed, "home", "rooms", "airing", one.entity_id).random(moved.size)
    t_us = np.maximum.accumulate(found.t_us[moved] + (late_s * HAND_S * SECOND_US).astype(np.int64))
    t_us, who = t_us + np.arange(t_us.size), found.resident[moved]
    rows = np.flatnonzero(windows.entity == entity)
    is_on = windows.code[rows] == one.code("on")
    start_us = np.concatenate([t_us[::2], windows.t_us[rows[is_on]]])
    ends = [_closed(t_us[1::2], t_us[::2].size), _closed(windows.t_us[rows[~is_on]], int(is_on.sum()))]
    opens = np.concatenate([who[::2], windows.person[rows[is_on]]])
    shuts = [who[1::2], windows.person[rows[~is_on]]]
    closers = np.concatenate([np.resize(np.append(part, -1), n) for part, n in zip(
        shuts, (t_us[::2].size, int(is_on.sum())), strict=True)])  # fmt: skip
    spans = Spans.union(start_us, np.concatenate(ends), np.arange(start_us.size))
    is_shut = spans.end_us < NEVER_US
    return Stimuli.of(
        np.concatenate([spans.start_us, spans.end_us[is_shut]]),
        entity,
        np.repeat([one.code("on"), one.code("off")], [len(spans), int(is_shut.sum())]),
        Origin.DEVICE,
        np.concatenate([opens[spans.first], closers[spans.last[is_shut]]]),
    )


NEVER_US: Final = 2**62


def _closed(end_us: Times, n: int) -> Times:
    """Ends of `n` spans, the last one without end where nothing shuts it."""
    return np.append(end_us, NEVER_US)[:n]
