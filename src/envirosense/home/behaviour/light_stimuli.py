"""Lights by hand: on in a room too dark for what somebody does there, off when the last one leaves.

A room is as bright as daylight makes it: outdoor illuminance times a daylight factor that grows with the
window area. Everybody has his own idea of dark, uses some lights more than others, and forgets to switch off
now and then. Figures without a source are assumed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.behaviour.brightness import brightness_of, is_dimmable
from envirosense.home.behaviour.household import STEP_US, VISIT_S, Floats, Household, hand_or_app
from envirosense.home.behaviour.spans import Rows, Spans, Times
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.people.lives import SECOND_US

LM_PER_W: Final = 110.0  # luminous efficacy of daylight [lm/W]; from memory
DAYLIGHT_FACTOR: Final = 0.12  # per window area over floor area, 2 % for one sixth; assumed
NEED_LX: Final = {
    "cook": 150.0,
    "dishes": 120.0,
    "read": 150.0,
    "homework": 180.0,
    "work_home": 120.0,
    "computer": 60.0,
    "clean": 120.0,
    "dress": 90.0,
    "shower": 90.0,
    "play": 90.0,
    "eat": 80.0,
    "breakfast": 70.0,
    "relax": 40.0,
    "watch_tv": 25.0,
    "go_to_bed": 40.0,
    "night_toilet": 3.0,
}
OTHER_NEED_LX: Final = 60.0
NEED_SPREAD: Final = 2.5  # the most demanding needs this much more light than the middle one
REACTION_S: Final = 2.5  # to the switch, mean
TRANSIT_S: Final = 25.0  # a shorter stay is a walk through
TRANSIT_SHARE: Final = 0.15  # of the walks through in the dark, with light
VISIT_SHARE: Final = 0.6  # of the short stays in the dark, with light
NIGHT_SHARE: Final = 0.5  # of the walks at night, with light
NEXT_SWITCH_S: Final = 1.2  # from one light of a room to the next
ROUND_S: Final = 4.0  # from one light of the home to the next
GAP_US: Final = 300 * SECOND_US  # nobody switches off for less
FORGET_SHARE: Final = 0.16  # of the times the last one leaves, by the most forgetful; the others less
ROUND_SHARE: Final = 0.93  # of the lights left on, that are put out by the last one up or out
MAIN_USE, OTHER_USE = (0.75, 0.98), (0.05, 0.60)  # share of dark stays in which somebody uses a light
COSY: Final = (
    "watch_tv",
    "read",
    "relax",
    "guests_visit",
    "go_to_bed",
)  # by a lamp rather than the main light
COSY_MAIN: Final = 0.6  # how much less the main light is used then
PLAIN_OTHER: Final = 0.4  # and how much less a lamp is used at other times
LAMP_ROLES: Final = ("light", "switch")  # a plain switch is taken for that of a lamp
NO_LAMPS: Final = ("heater", "sprinkler", "humidifier", "pump")  # unless its device is called one of these


def light_stimuli(household: Household) -> list[Stimuli]:
    """Lights and switched lamps that are free, several parts each."""
    parts: list[Stimuli] = []
    everywhere = [_lamps(household, area.area_id) for area in household.home.areas]
    all_lamps = [lamp for lamps in everywhere for lamp in lamps]
    for area, lamps in enumerate(everywhere):
        if not household.in_area[area].size or household.reserved.issuperset(lamps):
            continue
        evening = _evening(household, area)
        for place, entity in enumerate(lamps):
            if entity not in household.reserved:
                parts += [_on(household, entity, place, evening), _left(household, entity, place, evening)]
                parts += _rounds(household, entity, all_lamps.index(entity) - len(all_lamps))
    return parts


def _lamps(household: Household, area_id: str) -> list[int]:
    """Lights of an area, the main one first, reserved ones among them; then the plugs of lamps."""
    switched = (entity for role in LAMP_ROLES for entity in household.home.with_role(role, area_id))
    return [entity for entity in switched if _is_lamp(household, entity)]


@dataclass(frozen=True, slots=True, eq=False)
class _Evening:
    """What all lights of one area share: who is there in the dark, and what he does first.

    Attributes:
        area: Its id.
        rows: Stays in which it is or becomes too dark, (row,).
        t_us: When a hand goes to the switches in each, (row,).
        use: Number between 0 and 1: whether and which lights are used, (row,).
        origin: By hand or through Home Assistant, (row,).
        spans: When somebody is there and up; the lights are left on for less than `GAP_US`.
    """

    area: str
    rows: Rows
    t_us: Times
    use: Floats
    origin: npt.NDArray[np.int8]
    spans: Spans


def _evening(household: Household, area: int) -> _Evening:
    name = household.home.areas[area].area_id
    rows, dark_us = _dark_stays(household, area)
    wait_s = -REACTION_S * np.log1p(-household.draws(rows, "switch delay", name))
    is_late = dark_us > household.start_us[rows]
    wait_s += np.where(is_late, household.draws(rows, "dusk delay", name) * STEP_US / SECOND_US, 0.0)
    t_us = dark_us + (wait_s * SECOND_US).astype(np.int64)
    use = household.draws(rows, "light used", name)
    origin = hand_or_app(household.draws(rows, "by app", name))
    spans = household.spans_of(household.is_awake & (household.area == area), GAP_US)
    return _Evening(name, rows, t_us, use, origin, spans)


def _is_lamp(household: Household, entity: int) -> bool:
    return not any(word in household.device_type(entity) for word in NO_LAMPS)


def indoor_lx(household: Household, area: int) -> Floats:
    """Daylight in an area, (step,) [lx]."""
    outdoor = LM_PER_W * household.context.ghi_w_m2
    place = household.home.areas[area]
    if place.is_outdoor:
        return outdoor
    return outdoor * min(DAYLIGHT_FACTOR * place.window_m2 / place.floor_m2, 0.05)


def _dark_stays(household: Household, area: int) -> tuple[Rows, Times]:
    """Waking stays in an area in which it is or becomes too dark, and when it is first."""
    rows = household.in_area[area]
    rows = rows[household.is_awake[rows] & (household.end_us[rows] > household.start_us[rows])]
    demanding = NEED_SPREAD ** (2.0 * household.traits(rows, "dark") - 1.0)
    need_lx = household.by_activity(NEED_LX, OTHER_NEED_LX)[rows]
    is_visit = household.seconds[rows] < VISIT_S
    need_lx = np.where(is_visit, np.minimum(need_lx, OTHER_NEED_LX), need_lx) * demanding
    first = household.step(household.start_us[rows])
    n_steps = household.step(household.end_us[rows] - 1) - first + 1
    of = np.repeat(np.arange(rows.size), n_steps)
    step = first[of] + np.arange(of.size) - np.repeat(np.cumsum(n_steps) - n_steps, n_steps)
    is_dark = indoor_lx(household, area)[step] < need_lx[of]
    found, place = np.unique(of[is_dark], return_index=True)
    dark_us = np.maximum(step[is_dark][place] * STEP_US, household.start_us[rows[found]])
    return rows[found], dark_us


def _on(household: Household, entity: int, place: int, evening: _Evening) -> Stimuli:
    """Switched on and dimmed, one light after the other."""
    it, name = household.home.entities[entity], household.entity_id(entity)
    t_us = evening.t_us + int(place * NEXT_SWITCH_S * SECOND_US)
    used = evening.use < _share(household, evening.rows, name, place if it.role == "light" else place + 1)
    used &= t_us < household.end_us[evening.rows]
    rows, t_us = evening.rows[used], t_us[used]
    value = brightness_of(household, rows, t_us, name) if is_dimmable(it) else np.full(rows.size, np.nan)
    return Stimuli.of(t_us, entity, 1, evening.origin[used], household.resident[rows], value)


def _share(household: Household, rows: Rows, name: str, rank: int) -> Floats:
    """Share of the dark stays in which somebody uses this light: by habit, activity, length, (row,)."""
    low, high = OTHER_USE if rank else MAIN_USE
    share = low + (high - low) * household.traits(rows, "light use", name)
    cosy, plain = (1.0, PLAIN_OTHER) if rank else (COSY_MAIN, 1.0)
    share = np.where(household.does(*COSY)[rows], cosy, plain) * share
    seconds = household.seconds[rows]
    share = (
        np.where(seconds < TRANSIT_S, TRANSIT_SHARE, np.where(seconds < VISIT_S, VISIT_SHARE, 1.0)) * share
    )
    return np.where(household.does("night_toilet")[rows], NIGHT_SHARE * share, share)


def _left(household: Household, entity: int, place: int, evening: _Evening) -> Stimuli:
    """Off when the last one leaves, unless he forgets."""
    last, name = evening.spans.last, evening.area
    forget = FORGET_SHARE * household.traits(last, "forgetful")
    kept = household.draws(last, "forgets", name) >= forget
    delay_s = 2.0 * household.draws(last, "off delay", name) + place * NEXT_SWITCH_S
    origin = hand_or_app(household.draws(last, "off by app", name))
    t_us = evening.spans.end_us + (delay_s * SECOND_US).astype(np.int64)
    return Stimuli.of(t_us[kept], entity, 0, origin[kept], household.resident[last[kept]])


def _rounds(household: Household, entity: int, place: int) -> list[Stimuli]:
    """What was left on is put out on a round by the last one to go to bed, and by the last one to leave."""
    parts, name = [], household.entity_id(entity)
    for kind, spans in (("bedtime", household.awake), ("leaving", household.present)):
        kept = household.draws(spans.last, kind, name) < ROUND_SHARE
        last = spans.last[kept]
        t_us = np.maximum(spans.end_us[kept] + int(place * ROUND_S * SECOND_US), spans.start_us[kept])
        origin = hand_or_app(household.draws(last, "round by app", kind))
        parts.append(Stimuli.of(t_us, entity, 0, origin, household.resident[last]))
    return parts
