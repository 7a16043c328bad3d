"""A person's days: what has its hour, and free time in between."""

from collections.abc import Callable
from functools import partial
from math import isnan
from typing import Final

from envirosense.core.rng import stream
from envirosense.home.model import Home, Resident
from envirosense.home.people import lives_deeds as deeds
from envirosense.home.people.lives_clock import DAY_S, HOUR_S, Clock, clock_of
from envirosense.home.people.lives_course import Course
from envirosense.home.people.lives_deeds import BEDTIME_S, LEAVING_S, Today
from envirosense.home.people.lives_household import HouseDay, HouseDays

type Appointment = tuple[float, Callable[[], None]]  # when [s], and what is done then

# all of these are assumed
COOK_SHARE: Final = 0.55  # of dinners are cooked by the first adult, that share of the rest by the second ...
HOMEWORK: Final = 0.7
HOMEWORK_AFTER_H: Final = 0.8
LUNCH_S: Final = 2700.0
GUEST_COOK_H: Final = 0.8  # cooking for guests begins so long before they come
GUEST_MEAL_H: Final = 2.0  # guests who come this near to dinner get it
AWAKE_S: Final = 60.0  # who is up longer than this needs no getting up


def course_of(home: Home, resident: Resident, house: HouseDays, seed: int) -> Course:
    """Activities of one resident from before the episode's start to past its end."""
    habits, clock = clock_of(home, resident, house, seed)
    rng = stream(seed, "home", home.home_id, "lives", "course", resident.resident_id)
    course = Course(habits, house, clock.wake_s[0], rng)
    share = _cook_share(home, resident)
    for number, day in enumerate(house.days):
        if course.at_s > clock.bed_s[number]:
            continue  # on the road
        today = _today(resident, course, clock, day, number, share)
        course.outgoing = today.unit[9]
        if course.at_s < clock.wake_s[number] + AWAKE_S:
            deeds.get_up(today)
        for at_s, keep in sorted(_appointments(today), key=lambda one: one[0]):
            course.free_until(at_s)
            keep()
        if course.at_s < (house.days[number].number + 2) * DAY_S:
            course.free_until(today.bed_s - BEDTIME_S)
            deeds.sleep(today, clock.wake_s[number + 1])
    return course


def _cook_share(home: Home, resident: Resident) -> tuple[float, float]:
    """Part of 0..1 in which the day's cook is this resident; it does not hang on who comes later."""
    if resident.kind == "child":
        return (2.0, 2.0)
    adults = [one.resident_id for one in home.residents if one.kind != "child"]
    left = (1.0 - COOK_SHARE) ** adults.index(resident.resident_id)
    return (1.0 - left, 1.0 - left * (1.0 - COOK_SHARE))


def _today(
    resident: Resident,
    course: Course,
    clock: Clock,
    day: HouseDay,
    number: int,
    share: tuple[float, float],
) -> Today:
    return Today(
        resident=resident,
        course=course,
        house=day,
        midnight_s=day.number * DAY_S,
        bed_s=clock.bed_s[number],
        work_s=clock.work_s[number],
        work_end_s=clock.work_end_s[number],
        is_remote=clock.is_remote[number],
        unit=clock.unit[number],
        cooks=share[0] <= day.cook < share[1],
    )


def _appointments(today: Today) -> list[Appointment]:
    """What the day holds; sorted by the caller."""
    if today.house.trip_until >= 0:
        return [(today.at_s(today.house.leave_h), lambda: deeds.travel(today))]
    found: list[Appointment] = []
    if not isnan(today.work_s):
        found += _work(today)
    habits, house = today.course.habits, today.house
    if today.unit[0] < habits.lunch:
        found.append((today.at_s(habits.lunch_h), lambda: deeds.lunch(today)))
    if not isnan(house.outing_h) and today.unit[1] < habits.together:
        found.append((today.at_s(house.outing_h), lambda: deeds.outing(today)))
    if not isnan(house.guests_h):
        if today.cooks:
            found.append((today.at_s(house.guests_h - GUEST_COOK_H), lambda: deeds.cook_for_guests(today)))
        found.append((today.at_s(house.guests_h), lambda: deeds.guests(today)))
    if isnan(house.guests_h) or abs(house.guests_h - house.dinner_h) > GUEST_MEAL_H:
        cook_s = today.course.usual_s("cook") if today.cooks else 0.0
        found.append((today.at_s(house.dinner_h) - cook_s, lambda: deeds.dinner(today)))
    for routine, unit in zip(habits.weekly, today.unit[10:], strict=False):
        if routine.weekday == house.weekday and unit < routine.kept:
            found.append((today.at_s(routine.at_h), partial(deeds.errand, today, routine)))
    if not isnan(house.evening_h) and isnan(house.guests_h) and today.unit[2] < habits.together:
        found.append((today.at_s(house.evening_h), lambda: deeds.evening(today)))
    return found


def _work(today: Today) -> list[Appointment]:
    habits = today.course.habits
    if today.is_remote:
        lunch_s = today.at_s(habits.lunch_h)
        afternoon_s = max(lunch_s + LUNCH_S, today.work_s)
        return [
            (today.work_s, lambda: deeds.desk(today, min(lunch_s, today.work_end_s))),
            (afternoon_s, lambda: deeds.desk(today, today.work_end_s)),
        ]
    found: list[Appointment] = [(today.leave_s - LEAVING_S, lambda: deeds.work_away(today))]
    if today.resident.work == "school" and today.unit[3] < HOMEWORK:
        home_s = today.work_end_s + 60.0 * habits.commute_min + HOMEWORK_AFTER_H * HOUR_S
        found.append((home_s, lambda: deeds.homework(today)))
    return found
