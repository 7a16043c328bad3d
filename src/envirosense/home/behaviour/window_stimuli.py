"""Windows: opened to air a room, after a shower, on a warm evening; shut before rain. All assumed."""

from typing import Final

import numpy as np

from envirosense.home.behaviour.household import HOUR_S, Floats, Household
from envirosense.home.behaviour.spans import NO_SPAN, Rows, Spans, Times
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.people.lives import DAY_US, SECOND_US

AIRING: Final = {  # share of the stays in which somebody airs the room
    "wake_up": 0.30,
    "dress": 0.15,
    "shower": 0.45,
    "cook": 0.20,
    "clean": 0.30,
    "go_to_bed": 0.20,
    "work_home": 0.12,
    "exercise": 0.30,
}
OTHER_AIRING: Final = 0.02
COLD_C, WARM_C, HOT_C = 5.0, 18.0, 27.0  # outdoors
COLD_MIN, MILD_MIN, WARM_MIN = 6.0, 15.0, 150.0  # median time for which it is open [min]
SPREAD: Final = 0.5  # of its logarithm
RAIN_MM_H: Final = 0.5  # it is not opened in more rain than this
FORGOTTEN: Final = 0.08  # of those that ought to be shut before everybody leaves
MIN_STAY_S: Final = 120.0


def window_stimuli(household: Household) -> list[Stimuli]:
    """Openings and closings of the contacts that are free, one part each."""
    return [_window(household, entity) for entity in household.free("window")]


def _window(household: Household, entity: int) -> Stimuli:
    area = household.area_of(entity)
    rows = household.in_area[area] if area is not None else np.empty(0, dtype=np.int64)
    name = household.entity_id(entity)
    rows = rows[_opens(household, rows, name)]
    waits, lasts = household.draws(rows, "window delay", name), household.draws(rows, "window time", name)
    stay_us = household.end_us[rows] - household.start_us[rows]
    start_us = household.start_us[rows] + (0.5 * waits * stay_us).astype(np.int64)
    open_s = 60.0 * _median_min(household, start_us) * np.exp(SPREAD * 3.4 * (lasts - 0.5))
    end_us = start_us + (open_s * SECOND_US).astype(np.int64)
    end_us = _shut_on_leaving(household, start_us, end_us, household.draws(rows, "window forgotten", name))
    spans = Spans.union(start_us, end_us, rows)
    who = np.concatenate([household.resident[spans.first], household.resident[spans.last]])
    code = np.repeat([1, 0], len(spans))
    return Stimuli.of(np.concatenate([spans.start_us, spans.end_us]), entity, code, Origin.DEVICE, who)


def _opens(household: Household, rows: Rows, name: str) -> np.ndarray:
    """Whether somebody opens it in a stay: by activity, habit and weather, (row,)."""
    context, step = household.context, household.step(household.start_us[rows])
    habit = 2.0 * household.traits(rows, "airing", name)
    air_c = context.air_c[step]
    weather = np.interp(air_c, [-10.0, COLD_C, WARM_C, HOT_C, HOT_C + 5.0], [0.2, 0.7, 1.5, 1.5, 0.3])
    share = household.by_activity(AIRING, OTHER_AIRING)[rows] * habit * weather
    is_fit = household.is_awake[rows] & (household.seconds[rows] > MIN_STAY_S)
    is_fit &= context.rain_mm_h[step] < RAIN_MM_H
    return is_fit & (household.draws(rows, "window opens", name) < share)


def _median_min(household: Household, t_us: Times) -> Floats:
    """How long it stays open: longer the warmer it is, not in the heat of the day [min]."""
    air_c = household.context.air_c[household.step(t_us)]
    hour = t_us % DAY_US / (HOUR_S * SECOND_US)
    long = np.interp(air_c, [COLD_C, WARM_C, HOT_C], [MILD_MIN, WARM_MIN, WARM_MIN])
    minutes = np.where(air_c < COLD_C, COLD_MIN, long)
    return np.where((air_c > HOT_C) & (hour > 10.0) & (hour < 20.0), MILD_MIN, minutes)


def _shut_on_leaving(household: Household, start_us: Times, end_us: Times, draw: Floats) -> Times:
    """Ends before the last one leaves the home, unless it is forgotten."""
    present = household.present
    number = present.at(start_us)
    if not len(present):
        return end_us
    leaves_us = present.end_us[number] - 60 * SECOND_US
    is_early = (number != NO_SPAN) & (end_us > leaves_us) & (draw >= FORGOTTEN)
    return np.where(is_early, np.maximum(leaves_us, start_us + SECOND_US), end_us)
