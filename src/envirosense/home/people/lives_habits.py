"""A person's habits: clock times, likings and how firmly they are kept; all ranges are assumed."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.home.model import Home, Resident
from envirosense.home.people.lives_table import PARTS, activities

type Weights = list[list[list[float]]]

TASTE: Final = 0.6  # spread of the logarithm of a liking for an activity
NIGHT_SHIFT_H: Final = (22.0, 8.0)  # start and length [homes.md 1.2]
NIGHT_WAKE_H, NIGHT_SLEEP_H = 14.5, 31.5  # of who works through the night
SLEEP_H: Final = {"adult": (6.2, 9.3), "senior": (6.5, 9.5), "child": (8.5, 11.0)}  # habitual, least and most
BEDTIME_TOO_EARLY_H: Final = 12.0  # an hour of sleep below this is after midnight


ROUTINE_KEPT: Final = (0.55, 0.95)  # share of the weeks in which a weekly errand is done


@dataclass(frozen=True, slots=True)
class Routine:
    """Something done once a week away from home, in a share of the weeks."""

    activity: str
    weekday: int
    at_h: float
    length_h: float
    kept: float


@dataclass(frozen=True, slots=True)
class Habits:
    """What one person usually does.

    Attributes:
        wake_h, sleep_h: Of a working day; `sleep_h` is past 24 where it is after midnight.
        free_wake_h, free_sleep_h: How much later on days off, and before them.
        jitter_h: Spread of clock times from day to day on working days; three times that on days off.
        drift_h, drift_days, drift_phase: Slow change of all clock times.
        work_h, work_length_h: When work or school begins, and how long it takes.
        work_days: Weekdays with work.
        at_home: Share of an office worker's days that are worked at home.
        commute_min: One way.
        shower_morning, shower_evening, breakfast, lunch, errand: Share of the days with it; the last is a
            shop on the way home.
        together: Share of common evenings and outings that are joined.
        night_toilet: How often a night, about.
        tempo: Factor of the length of all activities.
        bustle: Factor of the number of visits to other rooms.
        toilet_h: Time between two visits to the toilet.
        weekly: Groceries, and what weekends are for.
        weights: Running sums of the weights in free time, by (part of the day, last activity, next).
    """

    wake_h: float
    sleep_h: float
    free_wake_h: float
    free_sleep_h: float
    jitter_h: float
    drift_h: float
    drift_days: float
    drift_phase: float
    work_h: float
    work_length_h: float
    work_days: tuple[int, ...]
    at_home: float
    commute_min: float
    shower_morning: float
    shower_evening: float
    breakfast: float
    lunch_h: float
    lunch: float
    errand: float
    together: float
    night_toilet: float
    tempo: float
    bustle: float
    toilet_h: float
    weekly: tuple[Routine, ...]
    weights: Weights


def draw_habits(home: Home, resident: Resident, seed: int) -> Habits:
    """Habits of one resident, whoever else lives there."""
    unit = stream(seed, "home", home.home_id, "lives", "habits", resident.resident_id).random(32)

    def between(place: int, low: float, high: float) -> float:
        return float(low + (high - low) * unit[place])

    wake_h, sleep_h = resident.wake_h % 24.0, resident.sleep_h % 24.0
    sleep_h += 24.0 if sleep_h < BEDTIME_TOO_EARLY_H else 0.0
    if resident.work == "night_shift":
        wake_h, sleep_h = NIGHT_WAKE_H + between(0, -1.0, 1.0), NIGHT_SLEEP_H + between(1, -0.5, 0.5)
    least_h, most_h = SLEEP_H[resident.kind]
    sleep_h = min(max(sleep_h, wake_h + 24.0 - most_h), wake_h + 24.0 - least_h)
    commute_min, is_child = between(2, 20.0, 45.0), resident.kind == "child"
    commute_min *= 0.6 if resident.work == "school" else 1.0
    morning = unit[3] < 0.6 and not is_child
    return Habits(
        wake_h=wake_h,
        sleep_h=sleep_h,
        free_wake_h=between(4, 0.2, 0.8) if resident.kind == "senior" else between(4, 0.6, 2.2),
        free_sleep_h=between(5, 0.0, 0.3) if resident.kind == "senior" else between(5, 0.3, 1.5),
        jitter_h=between(6, 0.06, 0.35),
        drift_h=between(7, 0.1, 0.5),
        drift_days=between(8, 50.0, 140.0),
        drift_phase=between(9, 0.0, 2.0 * np.pi),
        work_h=_work_h(resident, wake_h, commute_min / 60.0, float(unit[10])),
        work_length_h=_work_length_h(resident, float(unit[11])),
        work_days=_work_days(resident, unit[12:19]),
        at_home=between(19, -0.2, 0.4) if resident.work == "office" else 0.0,
        commute_min=commute_min,
        shower_morning=between(20, 0.75, 0.98) if morning else 0.08,
        shower_evening=0.06 if morning else between(20, 0.4, 0.85),
        breakfast=0.9 if is_child else between(21, 0.4, 1.0),
        lunch_h=between(22, 11.8, 13.4),
        lunch=between(23, 0.5, 0.95),
        errand=0.0 if is_child else between(24, 0.05, 0.3),
        together=between(25, 0.4, 0.95),
        night_toilet={"child": 0.1, "adult": between(26, 0.05, 0.5), "senior": between(26, 0.5, 1.3)}[
            resident.kind
        ],
        tempo=between(27, 0.75, 1.35),
        bustle=between(28, 0.5, 2.0),
        toilet_h=between(29, 2.0, 4.5),
        weekly=_weekly(home, resident, seed),
        weights=_weights(home, resident, seed),
    )


def _work_h(resident: Resident, wake_h: float, commute_h: float, share: float) -> float:
    if resident.work == "night_shift":
        return NIGHT_SHIFT_H[0]
    if resident.work == "remote":
        return wake_h + 0.8 + 0.8 * share
    return wake_h + commute_h + 0.7 + 0.6 * share


def _work_length_h(resident: Resident, share: float) -> float:
    if resident.work == "school":
        return 5.5 + 2.0 * share
    return NIGHT_SHIFT_H[1] if resident.work == "night_shift" else 7.5 + 1.7 * share


def _work_days(resident: Resident, unit: npt.NDArray[np.float64]) -> tuple[int, ...]:
    """Monday to Friday, but for those on shifts, who work any five days."""
    if resident.work == "none":
        return ()
    if resident.work == "night_shift":
        return tuple(sorted(np.argsort(unit)[:5].tolist()))
    return (0, 1, 2, 3, 4)


def _weekly(home: Home, resident: Resident, seed: int) -> tuple[Routine, ...]:
    """The week's shopping on Friday or Saturday, and an outing on one day of the weekend."""
    unit = stream(seed, "home", home.home_id, "lives", "weekly", resident.resident_id).random(8)
    kept = ROUTINE_KEPT[0] + (ROUTINE_KEPT[1] - ROUTINE_KEPT[0]) * unit[:2]
    works = resident.work not in ("none", "remote")
    shopping_h = float(9.0 + 2.5 * unit[3]) if unit[2] < 0.5 or not works else float(17.8 + unit[3])
    shopping = Routine("away_shopping", 5 if unit[2] < 0.5 else 4, shopping_h, 1.0, float(kept[0]))
    day = 5 if unit[4] < 0.4 else 6
    outing = Routine(
        "away_leisure", day, 9.5 + 5.5 * float(unit[5]), 1.5 + 2.5 * float(unit[6]), float(kept[1])
    )
    return (outing,) if resident.kind == "child" else (shopping, outing)


def _weights(home: Home, resident: Resident, seed: int) -> Weights:
    table = activities()
    rng = stream(seed, "home", home.home_id, "lives", "likings", resident.resident_id)
    liking = np.exp(TASTE * rng.standard_normal((len(table), len(PARTS))))
    free = np.array([[one.free.get(part, 0.0) for part in PARTS] for one in table.values()])
    free *= np.array([[resident.kind in one.who] for one in table.values()])
    follows = np.array([[one.after.get(last, 1.0) for one in table.values()] for last in table])
    np.fill_diagonal(follows, 0.0)  # the same again would be the same going on
    kinds = {area.kind for area in home.areas}
    outdoors = kinds & {"garden", "patio", "balcony"}
    free *= np.array([[0.0 if name == "garden" and not outdoors else 1.0] for name in table])
    sums = np.cumsum((free * liking).T[:, None, :] * follows[None], axis=2)
    return [[row.tolist() for row in part] for part in sums]
