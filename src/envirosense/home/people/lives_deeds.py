"""What a person does at the hours that have their own: meals, work, evenings, guests, the way to bed."""

from dataclasses import dataclass
from typing import Final

from envirosense.home.model import Resident
from envirosense.home.people.lives_clock import HOUR_S
from envirosense.home.people.lives_course import Course
from envirosense.home.people.lives_habits import Routine
from envirosense.home.people.lives_household import HouseDay

# all of these are assumed
LATE_H: Final = 0.75  # who comes home later than this after dinner eats alone
LATE_DINNER: Final = 0.7
MISSES_DINNER: Final = 0.08
LUNCH_COOK_S: Final = 780.0
BEDTIME_S: Final = 1500.0  # before sleep: bathroom, undressing
MOST_HURRY: Final = 0.5  # of the usual time is enough where work waits
LEAVING_S: Final = 420.0  # before the door: shoes, bag


@dataclass(frozen=True, slots=True)
class Today:
    """One day of one person; times in seconds since the episode's start, NaN for what there is not.

    Attributes:
        bed_s: When the person means to sleep.
        is_remote: Whether work is done at home.
        unit: Chances of the day, each for one use, 0..1.
        cooks: Whether dinner is made by this person.
    """

    resident: Resident
    course: Course
    house: HouseDay
    midnight_s: float
    bed_s: float
    work_s: float
    work_end_s: float
    is_remote: bool
    unit: list[float]
    cooks: bool

    @property
    def leave_s(self) -> float:
        """When the person leaves for work; NaN for a day at home [s]."""
        return float("nan") if self.is_remote else self.work_s - 60.0 * self.course.habits.commute_min

    def at_s(self, hour: float) -> float:
        """An hour of the day in seconds since the episode's start."""
        return self.midnight_s + hour * HOUR_S

    def before_leaving(self, end_s: float) -> float:
        """`end_s`, or when the person must go if that is still to come and earlier."""
        bounds = [self.leave_s - LEAVING_S, self.bed_s - BEDTIME_S]
        return min([end_s, *(at for at in bounds if at > self.course.at_s)])


def get_up(today: Today) -> None:
    """Out of bed and ready for the day, quicker where work waits."""
    habits, course = today.course.habits, today.course
    names = ["wake_up", "toilet"]
    if today.unit[4] < habits.shower_morning:
        names.append("shower")
    names.append("dress")
    if today.unit[5] < habits.breakfast:
        names.append("breakfast")
    lengths_s = [course.usual_s(name) for name in names]
    left_s = today.leave_s - LEAVING_S - course.at_s
    hurry = max(left_s / sum(lengths_s), MOST_HURRY) if left_s < sum(lengths_s) else 1.0
    for name, length_s in zip(names, lengths_s, strict=True):
        course.do(name, hurry * length_s)


def work_away(today: Today) -> None:
    """To work or school and back, with a shop on the way home now and then."""
    course, habits = today.course, today.course.habits
    course.until("get_ready", max(today.leave_s, course.at_s + 0.3 * LEAVING_S))
    place = "away_school" if today.resident.work == "school" else "away_work"
    commute_s = 60.0 * habits.commute_min
    course.do(
        "away_commute", max(course.usual_s("away_commute") * habits.commute_min / 26.0, 0.5 * commute_s)
    )
    course.until(place, max(today.work_end_s, course.at_s + HOUR_S))
    if today.unit[6] < habits.errand:
        course.do_usual("away_shopping")
    course.do(
        "away_commute", max(course.usual_s("away_commute") * habits.commute_min / 26.0, 0.5 * commute_s)
    )


def desk(today: Today, end_s: float) -> None:
    """Work at home with breaks, up to a time."""
    course = today.course
    while end_s - course.at_s > 600.0:
        course.do("work_home", min(course.usual_s("work_home"), end_s - course.at_s))
        if end_s - course.at_s > 1800.0:
            course.do("relax", 0.3 * course.usual_s("relax"))


def homework(today: Today) -> None:
    """What school left to do."""
    length_s = today.course.usual_s("homework")
    today.course.until("homework", today.before_leaving(today.course.at_s + length_s))


def lunch(today: Today) -> None:
    """A quick meal around noon, for who is at home."""
    course = today.course
    if course.at_s > today.at_s(course.habits.lunch_h) + LATE_H * HOUR_S:
        return
    if today.resident.kind != "child":
        course.do("cook", LUNCH_COOK_S)
    course.do("eat", 0.6 * course.usual_s("eat"))


def dinner(today: Today) -> None:
    """The household's dinner; who comes late eats alone or not at all."""
    course, dinner_s = today.course, today.at_s(today.house.dinner_h)
    if course.at_s > dinner_s + LATE_H * HOUR_S:
        if today.before_leaving(course.at_s + HOUR_S) >= course.at_s + HOUR_S and course.chance(LATE_DINNER):
            course.do("cook", LUNCH_COOK_S)
            course.do("eat", 0.7 * course.usual_s("eat"))
        return
    if today.cooks:
        course.until("cook", max(dinner_s, course.at_s + LUNCH_COOK_S))
    elif course.chance(MISSES_DINNER):
        return
    course.do_usual("eat")
    if today.cooks != course.chance(0.25):
        course.do_usual("dishes")


def evening(today: Today) -> None:
    """Before the television with the others."""
    house = today.house
    if today.course.at_s < today.at_s(house.evening_h) + HOUR_S:
        end_s = today.at_s(house.evening_h + house.evening_length_h)
        today.course.until("watch_tv", today.before_leaving(end_s))


def outing(today: Today) -> None:
    """Out with the others."""
    house, course = today.house, today.course
    if course.at_s < today.at_s(house.outing_h) + 0.5 * HOUR_S:
        course.do("get_ready", LEAVING_S)
        end_s = today.at_s(house.outing_h + house.outing_length_h)
        course.until("away_leisure", max(today.before_leaving(end_s), course.at_s + HOUR_S))


def errand(today: Today, routine: Routine) -> None:
    """Something done every week."""
    course, at_s = today.course, today.at_s(routine.at_h)
    end_s = today.before_leaving(at_s + routine.length_h * HOUR_S)
    if course.at_s < at_s + LATE_H * HOUR_S and end_s - course.at_s > 0.5 * HOUR_S:
        course.until(routine.activity, end_s)


def cook_for_guests(today: Today) -> None:
    """Ready when they come."""
    today.course.until("cook", today.at_s(today.house.guests_h))


def guests(today: Today) -> None:
    """At home for the guests."""
    house = today.house
    end_s = today.at_s(house.guests_h + house.guests_length_h)
    if end_s - today.course.at_s > HOUR_S:
        today.course.until("guests_visit", today.before_leaving(end_s))


def travel(today: Today) -> None:
    """Away with the household until the last day of the trip."""
    course = today.course
    course.do("get_ready", LEAVING_S)
    course.until("away_vacation", (today.house.trip_until * 24.0 + today.house.return_h) * HOUR_S)


def sleep(today: Today, wake_s: float) -> None:
    """The way to bed and the night, with the time that one has to get up in it."""
    course, habits = today.course, today.course.habits
    if course.at_s > today.bed_s + 4.0 * HOUR_S:
        return  # came home on a later day
    if today.unit[7] < habits.shower_evening:
        course.do_usual("shower")
    course.do_usual("get_ready", "go_to_bed")
    wake_s = max(wake_s, course.at_s + 2.0 * HOUR_S)
    night_s = wake_s - course.at_s
    shares = [
        share for share, chance in ((0.55, 1.0), (0.8, 0.3)) if course.chance(habits.night_toilet * chance)
    ]
    for share in shares:
        course.until("sleep", wake_s - (1.0 - share) * night_s * (0.7 + 0.6 * today.unit[8]))
        course.do_usual("night_toilet")
    course.until("sleep", wake_s)
