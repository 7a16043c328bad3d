"""When a person gets up, works and goes to bed, day by day."""

from dataclasses import dataclass
from math import pi, sin
from typing import Final

from envirosense.core.rng import stream
from envirosense.home.model import Home, Resident
from envirosense.home.people.lives_habits import Habits, draw_habits
from envirosense.home.people.lives_household import HouseDay, HouseDays

HOUR_S: Final = 3600.0
DAY_S: Final = 86_400.0
# all of these are assumed
LEAST_SLEEP_H: Final = 3.5
FREE_JITTER: Final = 2.5  # clock times on days off, over those of working days
WORK_JITTER: Final = 0.4  # when work begins, over getting up
AFTER_NIGHT_H: Final = 12.5  # getting up after the last night shift, and before the first
FREE_NIGHT_H: Final = 26.0  # bedtime of a night worker on a day off
SICK_SHARE: Final = 0.006  # of days begin a sickness
SICK_DAYS: Final = 3  # at most


@dataclass(frozen=True, slots=True)
class Clock:
    """Clock times of all days of one person [s since the episode's start]; lists by `HouseDays.days`.

    Attributes:
        wake_s: One more than there are days.
        bed_s: When the person means to sleep.
        work_s, work_end_s: Work or school, NaN where there is none.
        is_remote: Works at home on that day.
        unit: Chances of that day, each for one use, 0..1.
    """

    wake_s: list[float]
    bed_s: list[float]
    work_s: list[float]
    work_end_s: list[float]
    is_remote: list[bool]
    unit: list[list[float]]


def clock_of(home: Home, resident: Resident, house: HouseDays, seed: int) -> tuple[Habits, Clock]:
    """Habits of a resident and the clock times of all days."""
    habits = draw_habits(home, resident, seed)
    rng = stream(seed, "home", home.home_id, "lives", "clock", resident.resident_id)
    n = len(house.days)
    draws = rng.random((n + 1, 20)).tolist()
    clock = Clock([], [], [], [], [], [row[8:] for row in draws])
    works = _works(habits, house.days, draws)
    for number, day in enumerate(house.days):
        offset_s = day.number * DAY_S
        drift_h = habits.drift_h * sin(2.0 * pi * day.number / habits.drift_days + habits.drift_phase)
        jitter = [_bell(draws[number][at : at + 2]) * habits.jitter_h for at in (0, 2, 4)]
        earliest_s = clock.bed_s[-1] + LEAST_SLEEP_H * HOUR_S if clock.bed_s else float("-inf")
        wake_h = _wake_h(habits, resident, works[number], works[number - 1] if number else works[0])
        wake_h += drift_h + jitter[0] * (1.0 if works[number] else FREE_JITTER)
        clock.wake_s.append(max(offset_s + wake_h * HOUR_S, earliest_s))
        bed_h = _bed_h(habits, resident, works, number) + drift_h + jitter[1] * FREE_JITTER
        clock.bed_s.append(max(offset_s + bed_h * HOUR_S, clock.wake_s[-1] + 6.0 * HOUR_S))
        work_h = habits.work_h + drift_h * 0.5 + WORK_JITTER * jitter[2] if works[number] else float("nan")
        clock.work_s.append(offset_s + work_h * HOUR_S)
        length_h = habits.work_length_h + jitter[1]
        clock.work_end_s.append(clock.work_s[-1] + length_h * HOUR_S)
        clock.is_remote.append(resident.work == "remote" or draws[number][6] < habits.at_home)
    clock.wake_s.append(clock.bed_s[-1] + 7.0 * HOUR_S)
    return habits, clock


def _works(habits: Habits, days: tuple[HouseDay, ...], draws: list[list[float]]) -> list[bool]:
    """Whether each day has work; not on holidays, on the road, or in bed with a cold."""
    sick_until, works = -1, []
    for number, day in enumerate(days):
        if draws[number][7] < SICK_SHARE:
            sick_until = number + int(SICK_DAYS * draws[number][7] / SICK_SHARE)
        is_weekend_worker = any(at >= 5 for at in habits.work_days)
        is_off = day.is_away or (day.is_holiday and not is_weekend_worker)
        works.append(day.weekday in habits.work_days and not is_off and number > sick_until)
    return works


def _wake_h(habits: Habits, resident: Resident, has_work: bool, had_work: bool) -> float:
    if resident.work != "night_shift":
        return habits.wake_h + (0.0 if has_work else habits.free_wake_h)
    if has_work and had_work:
        return habits.wake_h
    return AFTER_NIGHT_H if has_work or had_work else AFTER_NIGHT_H - 2.0


def _bed_h(habits: Habits, resident: Resident, works: list[bool], number: int) -> float:
    if resident.work == "night_shift":
        return habits.sleep_h if works[number] else FREE_NIGHT_H
    is_free_next = number + 1 < len(works) and not works[number + 1]
    return habits.sleep_h + (habits.free_sleep_h if is_free_next else 0.0)


def _bell(units: list[float]) -> float:
    """Roughly normal with unit spread from a few even draws."""
    return float((sum(units) - 0.5 * len(units)) * (12.0 / len(units)) ** 0.5)
