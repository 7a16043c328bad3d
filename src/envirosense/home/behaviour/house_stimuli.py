"""What a household does to its house: locks, alarm, blinds, robot, sprinkler. Figures are assumed."""

from typing import Final

import numpy as np

from envirosense.home.behaviour.activity_stimuli import cleaning
from envirosense.home.behaviour.deeds import Deeds
from envirosense.home.behaviour.household import HOUR_S, STEP_US, Bools, Household
from envirosense.home.behaviour.spans import Rows, Times
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.people.lives import DAY_US, SECOND_US

NIGHT_S: Final = 2.5 * HOUR_S  # a shorter time with nobody up is no night
LOCKED_BEHIND: Final = 0.5  # share of the arrivals after which the door is locked at once
HEAT_C, GLARE_W_M2 = 24.0, 550.0  # in more, blinds are closed against the sun
FACING_DEG: Final = 70.0  # of the sun's bearing from the window's
TIMETABLE_SHARE: Final = 0.6  # of the robots, that have one
ROBOT_H: Final = (9.5, 15.0)  # when they start
ROBOT_MIN: Final = (30.0, 80.0)  # how long they clean [min]
SPRINKLER: Final = "sprinkler"
WATER_H, WATER_MIN = (5.0, 7.0), (10.0, 30.0)  # when its timer begins, and for how long [min]
WATER_C, DRY_MM = 20.0, 1.0  # only after a day as warm and as dry as this [degC], [mm]


def house_stimuli(household: Household) -> list[Stimuli]:
    """Locks, alarm panels, blinds, robots and sprinklers that are free, one part each."""
    kinds = (("lock", _lock), ("alarm", _alarm), ("cover", _cover), ("vacuum", _robot))
    parts = [make(household, entity) for role, make in kinds for entity in household.free(role)]
    valves = [one for one in household.free("switch") if SPRINKLER in household.device_type(one)]
    return parts + [_sprinkler(household, valve) for valve in valves]


def _nights(household: Household) -> tuple[Times, Rows, Times, Rows]:
    """When the last one goes to bed at home and the first one is up again, with their stays."""
    awake, present = household.awake, household.present
    if len(awake) < 2:
        none = np.empty(0, dtype=np.int64)
        return none, none, none, none
    bed_us, up_us = awake.end_us[:-1], awake.start_us[1:]
    number = present.at(bed_us)
    is_night = (up_us - bed_us > NIGHT_S * SECOND_US) & (number >= 0) & (number == present.at(up_us))
    return bed_us[is_night], awake.last[:-1][is_night], up_us[is_night], awake.first[1:][is_night]


def _lock(household: Household, entity: int) -> Stimuli:
    """Unlocked to go through the front door; locked behind the last one, at night, sometimes on coming."""
    deeds = Deeds(household, entity)
    steps, outside = household.crossings, len(household.home.areas)
    leaves, comes = steps.target == outside, steps.origin == outside
    deeds.add("leave", steps.t_us[leaves], steps.row[leaves], "unlocked", (-12.0, -3.0))
    deeds.add("come", steps.t_us[comes], steps.row[comes], "unlocked", (-12.0, -3.0))
    rows = steps.row[comes]
    shuts = deeds.draws("locks behind", rows) < LOCKED_BEHIND * deeds.share("locks behind")
    deeds.add("behind", steps.t_us[comes][shuts], rows[shuts], "locked", (8.0, 40.0))
    _away(deeds, "away", "locked", (8.0, 30.0))
    bed_us, rows, _, _ = _nights(household)
    kept = deeds.draws("night", rows) < deeds.share("night")
    deeds.add("night", bed_us[kept], rows[kept], "locked", (-900.0, -60.0))
    return deeds.done()


def _away(deeds: Deeds, what: str, state: str, spread_s: tuple[float, float]) -> Bools:
    """Something done when the last one leaves; which of the departures it was done at."""
    present = deeds.household.present
    kept = deeds.draws(what, present.last) < deeds.share(what)
    kept &= present.end_us < deeds.household.end_of_time_us
    deeds.add(what, present.end_us[kept], present.last[kept], state, spread_s)
    return kept


def _alarm(household: Household, entity: int) -> Stimuli:
    """Armed by the last one to leave and at night; disarmed by the first one to come or to get up."""
    deeds = Deeds(household, entity)
    _away(deeds, "away", "armed_away", (-30.0, -5.0))
    present = household.present
    comes = present.start_us > 0
    deeds.add("come", present.start_us[comes], present.first[comes], "disarmed", (8.0, 35.0))
    bed_us, last, up_us, first = _nights(household)
    kept = deeds.draws("night", last) < deeds.share("night")
    deeds.add("night", bed_us[kept], last[kept], "armed_home", (-300.0, -10.0))
    deeds.add("morning", up_us[kept], first[kept], "disarmed", (20.0, 300.0))
    return deeds.done()


def _cover(household: Household, entity: int) -> Stimuli:
    """Blinds: up in the morning once it is light, down after dusk, down against a hot sun."""
    deeds = Deeds(household, entity)
    for what, wanted, state in (
        ("morning", household.context.sun_elevation_deg > 0.0, "open"),
        ("evening", household.context.sun_elevation_deg < -3.0, "closed"),
    ):
        t_us, rows = _first_awake(household, wanted, entity)
        kept = deeds.draws(what, rows) < deeds.share(what)
        deeds.add(what, t_us[kept], rows[kept], state, (60.0, 2400.0))
    is_glaring = _glare(household, entity)
    t_us, rows = _first_awake(household, is_glaring, entity)
    kept = deeds.draws("glare", rows) < 0.6 * deeds.share("glare")
    deeds.add("glare", t_us[kept], rows[kept], "closed", (30.0, 900.0))
    is_over = ~is_glaring & (household.context.sun_elevation_deg > 5.0)
    t_us, rows = _first_awake(household, is_over, entity)
    after = (t_us % DAY_US) > 12 * HOUR_S * SECOND_US
    deeds.add("glare over", t_us[after], rows[after], "open", (120.0, 2400.0))
    return deeds.done()


def _first_awake(household: Household, wanted: Bools, entity: int) -> tuple[Times, Rows]:
    """Of every stretch of wanted steps the first moment with somebody up, and that stay."""
    change = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8)))
    begin, end = change[::2] * STEP_US, change[1::2] * STEP_US
    awake = household.awake
    if not len(awake) or not begin.size:
        none = np.empty(0, dtype=np.int64)
        return none, none
    following = np.minimum(np.searchsorted(awake.end_us, begin, side="right"), len(awake) - 1)
    t_us = np.maximum(begin, awake.start_us[following])
    found = (t_us < end) & (begin < awake.end_us[following])
    return t_us[found], awake.first[following][found]


def _glare(household: Household, entity: int) -> Bools:
    """Whether a hot sun stands before the window, (step,)."""
    area, context = household.area_of(entity), household.context
    azimuth_deg = household.home.areas[area].window_azimuth_deg if area is not None else 180.0
    aside_deg = np.abs((context.sun_azimuth_deg - azimuth_deg + 180.0) % 360.0 - 180.0)
    return (context.air_c > HEAT_C) & (context.ghi_w_m2 > GLARE_W_M2) & (aside_deg < FACING_DEG)


def _robot(household: Household, entity: int) -> Stimuli:
    """The timetable that some robots have: some days of the week at one time."""
    rng = household.rng("timetable", household.entity_id(entity))
    has_one, hour = rng.random() < TIMETABLE_SHARE, rng.uniform(*ROBOT_H)
    on_weekday = rng.random(7) < rng.uniform(0.3, 0.8)
    day = np.arange(household.n_days)
    weekday = household.context.weekday[household.step(day * DAY_US)]
    day = day[on_weekday[weekday] & has_one]
    start_us = day * DAY_US + round(hour * HOUR_S) * SECOND_US
    minutes = household.rng("cleaning", household.entity_id(entity)).uniform(*ROBOT_MIN, household.n_days)[
        day
    ]
    end_us = start_us + (minutes * 60.0 * SECOND_US).astype(np.int64)
    nobody = np.full(day.size, -1)
    return cleaning(household, entity, start_us, end_us, np.full(day.size, Origin.DEVICE), nobody)


def _sprinkler(household: Household, entity: int) -> Stimuli:
    """Waters on its timer in the morning after a warm and dry day."""
    rng, context = household.rng("watering", household.entity_id(entity)), household.context
    begin_us, minutes = int(rng.uniform(*WATER_H) * HOUR_S) * SECOND_US, rng.uniform(*WATER_MIN)
    per_day = DAY_US // STEP_US
    steps = slice(0, household.n_days * per_day)
    warmest_c = context.air_c[steps].reshape(household.n_days, per_day).max(axis=1)
    rain_mm = context.rain_mm_h[steps].reshape(household.n_days, per_day).mean(axis=1) * 24.0
    day = 1 + np.flatnonzero(((warmest_c > WATER_C) & (rain_mm < DRY_MM))[:-1])
    on_us = day * DAY_US + begin_us
    times = np.concatenate([on_us, on_us + int(minutes * 60.0 * SECOND_US)])
    return Stimuli.of(times, entity, np.repeat([1, 0], day.size), Origin.DEVICE)
