"""A small home lived in by hand-made people: stays drawn at random, sensors that see them, rules that run."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.engine.occurrences import Occurrences
from envirosense.home.engine.run import run_rules
from envirosense.home.log import EventLog, Origin
from envirosense.home.model import Home
from envirosense.home.patterns.candidates import moves
from envirosense.home.patterns.model import Planted
from envirosense.home.patterns.planting import plant
from envirosense.home.people.lives import AWAY, DAY_US, SECOND_US, Lives
from envirosense.home.surroundings.context import Context

HOUR_US = 3600 * SECOND_US


@dataclass(frozen=True)
class Lived:
    home: Home
    lives: Lives
    context: Context
    planted: Planted
    log: EventLog
    occurrences: Occurrences
    n_days: int


def lives_by_hand(home: Home, n_days: int, seed: int) -> Lives:
    """Asleep from 23 to 7; on working days the first is away from 8 to 17:30; all go out at times."""
    names = ("sleep", "relax", "watch_tv", "away_work")
    rows: list[tuple[int, int, int, int, int]] = []
    rooms = [number for number, area in enumerate(home.areas) if not area.is_outdoor]
    sofa, entry = home.area_index["living_room"], home.area_index["entryway"]
    for resident, one in enumerate(home.residents):
        rng = stream(seed, "test", "lives", resident)
        bed = home.area_index[one.bedroom]
        for day in range(n_days):
            at = day * DAY_US
            wake = at + int((7 + rng.normal(0, 0.3)) * HOUR_US)
            sleep = at + int((23 + rng.normal(0, 0.3)) * HOUR_US)
            rows.append((resident, bed, 0, at, wake))
            t = wake
            leaves = at + int((8 + rng.normal(0, 0.2)) * HOUR_US) if resident == 0 and day % 7 < 5 else None
            if leaves is None and rng.random() < 0.7:
                leaves = at + int(rng.uniform(10, 16) * HOUR_US)
            while t < sleep:
                if leaves is not None and t >= leaves:
                    works = resident == 0 and day % 7 < 5
                    until = at + (17.5 + rng.normal(0, 0.5)) * HOUR_US
                    back = int(until) if works else t + int(rng.uniform(0.5, 2) * HOUR_US)
                    rows.append((resident, AWAY, 3, t, back))
                    rows.append((resident, entry, 1, back, back + 60 * SECOND_US))
                    t, leaves = back + 60 * SECOND_US, None
                    continue
                is_evening = t > at + 19 * HOUR_US
                watches = is_evening and rng.random() < 0.5
                area = sofa if watches else int(rng.choice(rooms))
                length = int(rng.lognormal(np.log(600 if not watches else 2400), 1.0) * SECOND_US)
                end = min(t + max(length, 30 * SECOND_US), sleep)
                rows.append((resident, area, 2 if watches else 1, t, end))
                t = end
            rows.append((resident, bed, 0, t, (day + 1) * DAY_US))
    table = np.array(sorted(rows, key=lambda row: (row[3], row[0])), dtype=np.int64)
    who, area, what = (table[:, place].astype(np.int32) for place in range(3))
    order = np.arange(len(rows), dtype=np.int32)
    start, end = table[:, 3], table[:, 4]
    return Lives(names, who, what, start, end, who, area, start, end, order)


def context_by_hand(n_days: int) -> Context:
    """Sun up from about 7:30 to 17:00 at first and for five hours more after ninety days; a Monday first."""
    hour = np.arange(n_days * 96) / 4.0
    local, day = hour % 24, hour // 24
    half = 4.75 + 2.5 * day / 90
    up = half - np.abs(local - 12.25)
    flat = (np.ones(hour.size),)
    weekday = (day % 7).astype(np.int8)
    return Context(local, weekday, day < 0, *flat * 6, up * 8, *flat * 3)


def stimuli_by_hand(
    home: Home, lives: Lives, context: Context, reserved: frozenset[int], seed: int
) -> Stimuli:
    """Motion and presence of who enters, doors, people, the sun, television in the evening, lamps."""
    rows: list[tuple[np.ndarray, int, int]] = []

    def pulse(start: np.ndarray, end: np.ndarray, number: int, on: int, off: int = 0) -> None:
        rows.append((start, number, on))
        rows.append((end, number, off))

    rng = stream(seed, "test", "stimuli")
    for number, one in enumerate(home.entities):
        here = lives.stay_area == home.area_index.get(one.area_id or "", AWAY - 1)
        start, end = lives.stay_start_us[here], lives.stay_end_us[here]
        if one.role in ("motion", "occupancy"):
            late = rng.uniform(0.3, 3, start.size) * SECOND_US
            pulse(start + late.astype(int), np.maximum(end, start + 45 * SECOND_US), number, 1)
        if one.role == "light" and number not in reserved:
            keep = rng.random(start.size) < 0.4
            late = (rng.lognormal(1.0, 0.6, start.size) * SECOND_US).astype(int)
            pulse((start + late)[keep], end[keep], number, 1)
        if one.role == "media" and number not in reserved:
            keep = lives.activity[lives.stay_activity[here]] == 2
            pulse(start[keep] + 20 * SECOND_US, end[keep], number, 2)
        if one.role == "appliance" and one.capabilities["appliance"] == "tv":
            keep = lives.activity[lives.stay_activity[here]] == 2
            pulse(start[keep] + 3 * SECOND_US, end[keep], number, 1)
        if one.role == "door":
            steps = moves(lives)
            ends = [home.area_index.get(str(end), AWAY) for end in one.capabilities["between"]]  # type: ignore[attr-defined]
            through = np.isin(steps.origin, ends) & np.isin(steps.target, ends)
            through |= (ends[1] == AWAY) & ((steps.origin == AWAY) | (steps.target == AWAY))
            pulse(steps.t_us[through], steps.t_us[through] + 12 * SECOND_US, number, 1)
        if one.role == "person":
            names = [each.resident_id for each in home.residents]
            out = (lives.stay_area == AWAY) & (
                lives.stay_resident == names.index(str(one.capabilities["resident"]))
            )
            pulse(
                lives.stay_end_us[out] + 5 * SECOND_US, lives.stay_start_us[out] + 60 * SECOND_US, number, 1
            )
        if one.role == "sun":
            dark = np.concatenate([[True], context.is_dark])
            turn = np.flatnonzero(dark[1:] != dark[:-1])
            rows += [(np.array([t * 900 * SECOND_US]), number, int(not context.is_dark[t])) for t in turn]
    t_us = np.concatenate([times for times, _, _ in rows]).astype(np.int64)
    entity = np.concatenate([np.full(times.size, number) for times, number, _ in rows])
    code = np.concatenate([np.full(times.size, code) for times, _, code in rows])
    order = np.argsort(t_us, kind="stable")
    n = t_us.size
    return Stimuli(
        t_us[order],
        entity[order].astype(np.int32),
        code[order].astype(np.int16),
        np.full(n, np.nan, dtype=np.float32),
        np.full(n, Origin.DEVICE, dtype=np.int8),
        np.full(n, -1, dtype=np.int16),
    )


@pytest.fixture(scope="session")
def lived_in(small_home: Home) -> Callable[..., Lived]:
    """Makes a history of the small home; the same arguments give the same one back."""
    made: dict[tuple[str, int, int], Lived] = {}

    def make(level: str = "standard", seed: int = 1, n_days: int = 90) -> Lived:
        key = (level, seed, n_days)
        if key not in made:
            lives = lives_by_hand(small_home, n_days, seed)
            context = context_by_hand(n_days)
            planted = plant(small_home, lives, n_days, level, seed)
            base = stimuli_by_hand(small_home, lives, context, planted.reserved, seed)
            log, occurrences = run_rules(
                small_home, planted.rules, Stimuli.merged(base, planted.stimuli), context, n_days, seed
            )
            made[key] = Lived(small_home, lives, context, planted, log, occurrences, n_days)
        return made[key]

    return make
