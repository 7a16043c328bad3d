"""Heating and cooling: zones, set points by the hour and by presence, and what thermostats tell of them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.log import Origin
from envirosense.home.model import Home
from envirosense.home.people.lives import AWAY, SECOND_US, Lives
from envirosense.home.sensing.room_plan import COLD_KINDS, RoomPlan
from envirosense.home.surroundings.context import STEP_S, Context
from envirosense.physics.rooms.rooms import loss_w_k
from envirosense.physics.rooms.rooms_kernels import Floats, Ints

type Bools = npt.NDArray[np.bool_]

HEAT_BELOW_C, COOL_ABOVE_C = 15.0, 22.0  # mean of the day outside (from memory: heating limit 12-17 degC)
HOLD_K: Final = 1.5  # further before the season is over (assumed)
DESIGN_K: Final = 36.0  # inside above the coldest day that heaters are sized for (assumed)
RESERVE: Final = 1.5  # by which heaters are larger (assumed)
COOL_W_M2: Final = 80.0  # of floor, size of coolers (from memory, 60-100)
COMFORT_C, COOL_COMFORT_C = 21.0, 24.5  # medians of homes (assumed)
KIND_K: Final = {"bedroom": -1.5, "guest_room": -2.0, "bathroom": 1.0, "kids_room": -0.5}  # (assumed)
EMPTY_STEPS: Final = 2  # quarters of an hour before an empty home counts as left (assumed)
DELAY_US: Final = 20 * SECOND_US  # in which a schedule is carried out (assumed)


@dataclass(frozen=True, slots=True, eq=False)
class Heating:
    """Zones and what they are set to, on steps of a quarter of an hour.

    Attributes:
        entity: Thermostat of each zone, -1 for one that Home Assistant does not know, (zone,).
        zone_of: Zone of each room, -1 for one that is not heated, (room,).
        most_heat_w, most_cool_w: What heater and cooler of a room can do, (room,) [W].
        mode: -1 cools, 0 is off, 1 heats, (zone, step).
        set_c: Set point of that mode, (zone, step) [degC].
    """

    entity: Ints
    zone_of: Ints
    most_heat_w: Floats
    most_cool_w: Floats
    mode: npt.NDArray[np.int8]
    set_c: Floats


def heating(home: Home, plan: RoomPlan, lives: Lives, context: Context, seed: int) -> Heating:
    """Zones of a home and their set points over the episode."""
    entity, zone_of = _zones(home, plan)
    cools = np.array([number >= 0 and "cool" in _modes(home, number) for number in entity])
    heats = np.array([number < 0 or "heat" in _modes(home, number) for number in entity])
    season = _season(context)
    is_left = _is_left(lives, context.n)
    mode = np.where(season == 1, heats[:, None], -(cools[:, None] & (season == -1)).astype(np.int8))
    set_c = np.array(
        [_set_points(home, int(number), mode[at], is_left, context, seed) for at, number in enumerate(entity)]
    )
    can_cool: Bools = np.append(cools, False)[zone_of]
    floor_m2 = np.array([home.areas[area].floor_m2 for area in plan.areas])
    return Heating(
        entity=entity,
        zone_of=zone_of,
        most_heat_w=np.maximum(RESERVE * DESIGN_K * loss_w_k(plan.network), 500.0),
        most_cool_w=np.where(can_cool, COOL_W_M2 * floor_m2, 0.0),
        mode=mode.astype(np.int8),
        set_c=set_c.reshape(mode.shape),
    )


def thermostat_stimuli(home: Home, it: Heating, reserved: frozenset[int], seed: int) -> Stimuli:
    """Changes of mode and set point of the thermostats that are free."""
    parts = [Stimuli.of(np.empty(0), 0, 0, 0)]
    for zone, entity in enumerate(it.entity):
        if entity < 0 or int(entity) in reserved:
            continue
        one = home.entities[entity]
        codes = np.array([one.code(name) for name in ("off", "heat", "cool")])
        moved = (np.diff(it.mode[zone]) != 0) | (np.diff(it.set_c[zone]) != 0.0)
        steps = np.append(0, np.flatnonzero(moved) + 1)
        draw = stream(seed, "home", "rooms", "thermostat delay", one.entity_id)
        draws = draw.random(it.mode[zone].shape)
        times_us = (STEP_S * SECOND_US * steps + DELAY_US * draws[steps]).astype(np.int64)
        value = np.where(it.mode[zone, steps] == 0, np.nan, it.set_c[zone, steps])
        parts.append(
            Stimuli.of(times_us, int(entity), codes[it.mode[zone, steps]], Origin.DEVICE, value=value)
        )
    return Stimuli.merged(*parts)


def _modes(home: Home, entity: int) -> tuple[str, ...]:
    one = home.entities[entity]
    given = one.capabilities.get("hvac_modes")
    return tuple(map(str, given)) if isinstance(given, list | tuple) else one.states


def _zones(home: Home, plan: RoomPlan) -> tuple[Ints, Ints]:
    """Thermostats, and the zone of each room: its own, that of the home, or a boiler's that tells nobody."""
    found = home.with_role("climate")
    whole = [at for at in found if home.entities[at].capabilities.get("controls", "home") == "home"]
    entity = [*found, *([] if whole else [-1])]
    rest = entity.index(whole[0]) if whole else len(entity) - 1
    zone_of = [-1 if home.areas[area].kind in COLD_KINDS else rest for area in plan.areas]
    for room, area in enumerate(plan.areas):
        own = [at for at in home.with_role("climate", home.areas[area].area_id) if at not in whole]
        if own:
            zone_of[room] = entity.index(max(own, key=lambda at: "cool" in _modes(home, at)))
    return np.array(entity, dtype=np.int64), np.array(zone_of, dtype=np.int64)


def _season(context: Context) -> Ints:
    """Season of each step: 1 to heat, -1 to cool, 0 for neither; told by yesterday, (step,)."""
    per_day = round(86_400.0 / STEP_S)
    daily_c = context.air_c.reshape(-1, per_day).mean(axis=1)
    seasons, season = [], 0
    for mean_c in np.concatenate([daily_c[:1], daily_c[:-1]]):
        if mean_c < HEAT_BELOW_C + HOLD_K * (season == 1):
            season = 1
        elif mean_c > COOL_ABOVE_C - HOLD_K * (season == -1):
            season = -1
        else:
            season = 0
        seasons.append(season)
    return np.repeat(np.array(seasons, dtype=np.int64), per_day)


def _is_left(lives: Lives, n: int) -> Bools:
    """Whether nobody was at home for a while, (step,)."""
    at_home = lives.stay_area != AWAY
    first = np.minimum(lives.stay_start_us[at_home] // int(STEP_S * SECOND_US), n)
    last = np.minimum(-(-lives.stay_end_us[at_home] // int(STEP_S * SECOND_US)), n)
    people = np.cumsum(np.bincount(first, minlength=n + 1) - np.bincount(last, minlength=n + 1))[:n]
    empty: Bools = people == 0
    for _ in range(EMPTY_STEPS):
        empty = empty & np.append(False, empty[:-1])
    return empty


def _set_points(
    home: Home, entity: int, mode: npt.NDArray[np.int8], is_left: Bools, context: Context, seed: int
) -> Floats:
    """Set point of one zone, (step,) [degC]; schedules follow those who live there."""
    name = home.entities[entity].entity_id if entity >= 0 else "boiler"
    draw = stream(seed, "home", "rooms", "set points", name).random(5)
    area = home.areas[home.area_index[home.entities[entity].area_id or home.areas[0].area_id]]
    kind_k = KIND_K.get(area.kind, 0.0) if entity >= 0 else 0.0
    wake_h = min((one.wake_h for one in home.residents if one.work != "night_shift"), default=7.0)
    sleep_h = max((one.sleep_h % 24.0 for one in home.residents if one.sleep_h > 12.0), default=22.5)
    is_late = (context.weekday >= 5) | context.is_holiday
    morning_h = np.round(4.0 * (wake_h - 0.5 + is_late * round(2.0 * draw[0]))) / 4.0
    evening_h = round(4.0 * (sleep_h + draw[1] - 0.5)) / 4.0
    asleep = (context.local_h < morning_h) | (context.local_h >= evening_h)
    lower_k = round(2.0 * 3.0 * draw[2]) / 2.0
    left_k = 0.0 if draw[3] < 0.4 else 3.0
    comfort_c = round(2.0 * (COMFORT_C + kind_k + 2.0 * (draw[4] - 0.5))) / 2.0
    set_c = comfort_c - np.where(is_left, max(left_k, 0.0), np.where(asleep, lower_k, 0.0))
    cool_c = round(2.0 * (COOL_COMFORT_C + 2.0 * (draw[4] - 0.5))) / 2.0 + np.where(is_left, left_k, 0.0)
    wanted_c: Floats = np.where(mode < 0, cool_c, set_c)
    return wanted_c
