"""People, what they have switched on, and open windows as sources that come and go in rooms."""

from typing import Final

import numpy as np

from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.model import Home
from envirosense.home.people.lives import SECOND_US, Lives
from envirosense.home.sensing.room_plan import RoomPlan
from envirosense.physics.rooms.rooms_kernels import Ints

type Changes = tuple[Ints, Ints, Ints, Ints]  # steps or times, rooms, kinds, and by how many

CARRIED: Final = ("clean", "dress", "get_ready", "read", "laundry")  # what is switched on goes along
STORES: Final = ("pantry", "storage")  # things are fetched from there, however long that takes


def room_changes(
    home: Home, plan: RoomPlan, lives: Lives, windows: Stimuli | None, window_kind: int, dt_s: float, n: int
) -> Changes:
    """Steps, rooms, kinds and numbers by which sources come and go, in order of time.

    Kinds are those of `activity_loads.load_table`, then an open window and the plants of a room.
    """
    rooms = np.arange(plan.areas.size)
    plants = np.zeros_like(rooms), rooms, np.full_like(rooms, window_kind + 1), np.ones_like(rooms)
    parts = [
        *_people(home, plan, lives),
        *_window_changes(home, plan, windows, window_kind),
        plants,
    ]
    times_us, where, kinds, by = (np.concatenate(column) for column in zip(*parts, strict=True))
    step = np.rint(times_us / (dt_s * SECOND_US)).astype(np.int64)
    order = np.argsort(step, kind="stable")
    order = order[step[order] < n]
    return step[order], where[order], kinds[order], by[order]


def _people(home: Home, plan: RoomPlan, lives: Lives) -> list[Changes]:
    """Bodies where they are, and stoves, showers and screens where the activity has its place."""
    n_kinds = len(lives.activity_names)
    n_people = int(lives.stay_resident.max(initial=0)) + 1
    is_child = np.zeros(n_people, dtype=np.int64)
    for number, resident in enumerate(home.residents[:n_people]):
        is_child[number] = resident.kind == "child"
    activity = lives.activity[lives.stay_activity].astype(np.int64)
    room = np.where(lives.stay_area >= 0, plan.room_of[lives.stay_area], -1)
    goes_along = np.array([name in CARRIED for name in lives.activity_names])[activity]
    place = np.where(goes_along, room, _places(home, plan, lives, room)[lives.stay_activity])
    parts: list[Changes] = []
    for kind, where in ((activity + n_kinds * is_child[lives.stay_resident], room),
                        (activity + 2 * n_kinds, place)):  # fmt: skip
        rows = np.flatnonzero((where >= 0) & (room >= 0))
        for times_us, by in ((lives.stay_start_us, 1), (lives.stay_end_us, -1)):
            parts.append((times_us[rows], where[rows], kind[rows], np.full(rows.size, by)))
    return parts


def _places(home: Home, plan: RoomPlan, lives: Lives, room: Ints) -> Ints:
    """Room in which most of an activity is spent, -1 for none, (activity,)."""
    n_rooms, n = plan.areas.size, lives.activity.size
    key = lives.stay_activity * (n_rooms + 1) + room + 1
    is_store = np.array([home.areas[number].kind in STORES for number in plan.areas])
    lasts_us = (lives.stay_end_us - lives.stay_start_us) * np.where(
        np.append(is_store, False)[room], 1e-6, 1.0
    )
    spent_us = np.bincount(key, weights=lasts_us, minlength=n * (n_rooms + 1))
    return spent_us.reshape(n, n_rooms + 1).argmax(axis=1) - 1


def _window_changes(home: Home, plan: RoomPlan, windows: Stimuli | None, kind: int) -> list[Changes]:
    """Times, rooms, kinds and numbers of windows that open and close, a part for each."""
    parts: list[Changes] = []
    for entity in home.with_role("window") if windows is not None else ():
        area_id = home.entities[entity].area_id
        room = int(plan.room_of[home.area_index[area_id]]) if area_id else -1
        if windows is None or room < 0:
            continue
        rows = np.flatnonzero(windows.entity == entity)
        is_on = windows.code[rows] == home.entities[entity].code("on")
        by = np.diff(is_on, prepend=False).astype(np.int64)
        parts.append(
            (windows.t_us[rows], np.full(rows.size, room), np.full(rows.size, kind), np.where(is_on, by, -by))
        )
    return parts
