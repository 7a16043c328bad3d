"""The climate of a home's rooms: what people, the sun, the weather and the heating make of it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.model import Home
from envirosense.home.people.lives import DAY_US, SECOND_US, Lives
from envirosense.home.sensing.activity_loads import load_table
from envirosense.home.sensing.room_plan import RoomPlan, room_plan
from envirosense.home.sensing.sky_stimuli import sun_stimuli, weather_stimuli
from envirosense.home.sensing.thermostats import Heating, heating, thermostat_stimuli
from envirosense.home.surroundings.context import STEP_S, Context
from envirosense.physics.rooms.daylight import daylight_lux, solar_gain_w, window_irradiance_w_m2
from envirosense.physics.rooms.rooms import mixing_ratio_g_kg, room_courses, settled_state
from envirosense.physics.rooms.rooms_kernels import Floats, Ints, RoomForcing

type Courses = npt.NDArray[np.float32]

DT_S: Final = 60.0
OUTSIDE_PPM: Final = 425.0  # of 2024 (from memory)
BASE_W_M2: Final = 1.5  # what is always plugged in, per floor (assumed)
KITCHEN_W: Final = 60.0  # refrigerator (assumed)
PLANTS_G_H: Final = 8.0  # water from plants, wet cloths and laundry in each room (assumed)
SHADE_FROM_C, SHADE_AT_C, SHADED = (
    18.0,
    26.0,
    0.45,
)  # people draw curtains before the sun on warm days (assumed)
WINDOW_PER_H: Final = 8.0  # air changes through an open window (from memory: 5-15, tilted 1-4)
COOLEST_C, START_HUMIDITY = 20.0, 0.45  # indoors before the warm-up (assumed)
WARM_UP_STEPS: Final = 1440  # the first day is lived through once before it counts


@dataclass(frozen=True, slots=True, eq=False)
class RoomSeries:
    """Truth of every area on steps of a minute, and what thermostats and the sky say.

    Attributes:
        step_s: Length of a step [s].
        air_c: (area, step) [degC].
        humidity_pct: Relative, (area, step) [%].
        co2_ppm: (area, step) [ppm].
        hvac_w: Heat that each thermostat's rooms are given, negative for cooling, (thermostat, step) [W].
        hvac_entity: Number of the thermostat, -1 for a heating that has none, (thermostat,).
        daylight_lux: Mean illuminance by the windows, or under the sky, on the context's steps,
            (area, quarter) [lx].
        stimuli: Changes of thermostats, sun and weather.
    """

    step_s: float
    air_c: Courses
    humidity_pct: Courses
    co2_ppm: Courses
    hvac_w: Courses
    hvac_entity: Ints
    daylight_lux: Courses
    stimuli: Stimuli


def room_climate(
    home: Home,
    lives: Lives,
    context: Context,
    n_days: int,
    seed: int,
    *,
    windows: Stimuli | None = None,
    reserved: frozenset[int] = frozenset(),
) -> RoomSeries:
    """Climate of all areas over the episode, a minute a step.

    Those of `windows` that move `window` contacts let fresh air in; without them all stay closed. No stimuli
    are made for thermostats in `reserved`: others move them.
    """
    plan = room_plan(home, seed)
    zones = heating(home, plan, lives, context, seed)
    irradiance = window_irradiance_w_m2(
        context.ghi_w_m2,
        context.sun_elevation_deg,
        context.sun_azimuth_deg,
        [area.window_azimuth_deg for area in home.areas],
    )
    n = round(n_days * DAY_US / SECOND_US / DT_S)
    forcing = _forcing(home, plan, zones, lives, context, irradiance, windows, n)
    start = settled_state(
        plan.network, max(COOLEST_C, context.air_c[:96].mean()), START_HUMIDITY, OUTSIDE_PPM
    )
    start = room_courses(plan.network, forcing, start, WARM_UP_STEPS).end
    courses = room_courses(plan.network, forcing, start, n)
    outside = _outside(context, n)

    def of_areas(rooms: Courses, open_air: Floats) -> Courses:
        whole = np.empty((len(home.areas), n), dtype=np.float32)
        whole[plan.areas] = rooms
        whole[plan.room_of < 0] = open_air
        return whole

    return RoomSeries(
        step_s=DT_S,
        air_c=of_areas(courses.air_c, outside[0]),
        humidity_pct=of_areas(courses.humidity_pct, outside[1]),
        co2_ppm=of_areas(courses.co2_ppm, np.full(n, OUTSIDE_PPM)),
        hvac_w=courses.hvac_w,
        hvac_entity=zones.entity[: courses.hvac_w.shape[0]],
        daylight_lux=_daylight(home, context, irradiance),
        stimuli=Stimuli.merged(
            thermostat_stimuli(home, zones, reserved, seed),
            sun_stimuli(home, context),
            weather_stimuli(home, context, seed),
        ),
    )


def _forcing(
    home: Home,
    plan: RoomPlan,
    zones: Heating,
    lives: Lives,
    context: Context,
    irradiance: Floats,
    windows: Stimuli | None,
    n: int,
) -> RoomForcing:
    table = np.vstack(
        [
            load_table(lives.activity_names),
            [0.0, 0.0, 0.0, WINDOW_PER_H],
            [0.0, PLANTS_G_H / 3600.0, 0.0, 0.0],
        ]
    )
    areas = [home.areas[number] for number in plan.areas]
    shade = np.interp(context.air_c, [SHADE_FROM_C, SHADE_AT_C], [1.0, SHADED])
    step, room, kind, by = _changes(home, plan, lives, windows, len(table) - 2, n)
    set_step, set_zone, set_heat_c, set_cool_c = _settings(zones)
    return RoomForcing(
        dt_s=DT_S,
        outer_steps=round(STEP_S / DT_S),
        outside_c=context.air_c,
        outside_g_kg=mixing_ratio_g_kg(context.air_c, context.humidity_pct / 100.0),
        outside_ppm=OUTSIDE_PPM,
        solar_w=shade[:, None] * solar_gain_w(irradiance[:, plan.areas], [area.window_m2 for area in areas]),
        base_w=np.array([BASE_W_M2 * one.floor_m2 + KITCHEN_W * (one.kind == "kitchen") for one in areas]),
        change_step=step,
        change_room=room,
        change_kind=kind,
        change_by=by,
        kind_w=table[:, 0].copy(),
        kind_g_s=table[:, 1].copy(),
        kind_l_s=table[:, 2].copy(),
        kind_per_h=table[:, 3].copy(),
        zone=zones.zone_of,
        most_heat_w=zones.most_heat_w,
        most_cool_w=zones.most_cool_w,
        set_step=set_step,
        set_zone=set_zone,
        set_heat_c=set_heat_c,
        set_cool_c=set_cool_c,
    )


def _changes(
    home: Home, plan: RoomPlan, lives: Lives, windows: Stimuli | None, window_kind: int, n: int
) -> tuple[Ints, Ints, Ints, Ints]:
    """Steps, rooms, kinds and numbers by which sources come and go."""
    n_rooms = plan.areas.size
    n_people = int(lives.stay_resident.max(initial=0)) + 1
    is_child = np.zeros(n_people, dtype=np.int64)
    for number, resident in enumerate(home.residents[:n_people]):
        is_child[number] = resident.kind == "child"
    stays = np.flatnonzero(lives.stay_area >= 0)
    stays = stays[plan.room_of[lives.stay_area[stays]] >= 0]
    kind = lives.activity[lives.stay_activity[stays]].astype(np.int64)
    kind = kind + len(lives.activity_names) * is_child[lives.stay_resident[stays]]
    room = plan.room_of[lives.stay_area[stays]]
    one = np.ones(stays.size, dtype=np.int64)
    parts = [
        (lives.stay_start_us[stays], room, kind, one),
        (lives.stay_end_us[stays], room, kind, -one),
        *_window_changes(home, plan, windows, window_kind),
        (
            np.zeros(n_rooms, dtype=np.int64),
            np.arange(n_rooms),
            np.full(n_rooms, window_kind + 1),
            np.ones(n_rooms, dtype=np.int64),
        ),
    ]
    times_us, rooms, kinds, by = (np.concatenate(column) for column in zip(*parts, strict=True))
    step = np.rint(times_us / (DT_S * SECOND_US)).astype(np.int64)
    order = np.argsort(step, kind="stable")
    order = order[step[order] < n]
    return step[order], rooms[order], kinds[order], by[order]


def _window_changes(
    home: Home, plan: RoomPlan, windows: Stimuli | None, kind: int
) -> list[tuple[Ints, Ints, Ints, Ints]]:
    """Times, rooms, kinds and numbers of windows that open and close, a part for each."""
    parts = []
    for entity in home.with_role("window") if windows is not None else ():
        area_id = home.entities[entity].area_id
        room = int(plan.room_of[home.area_index[area_id]]) if area_id else -1
        if windows is None or room < 0:
            continue
        rows = np.flatnonzero(windows.entity == entity)
        by = np.diff(windows.code[rows] == home.entities[entity].code("on"), prepend=False).astype(np.int64)
        by = np.where(windows.code[rows] == home.entities[entity].code("on"), by, -by)
        parts.append((windows.t_us[rows], np.full(rows.size, room), np.full(rows.size, kind), by))
    return parts


def _settings(zones: Heating) -> tuple[Ints, Ints, Floats, Floats]:
    """Steps, zones, set points to heat and to cool, in order of time."""
    moved = np.ones(zones.mode.shape, dtype=np.bool_)
    moved[:, 1:] = (np.diff(zones.mode, axis=1) != 0) | (np.diff(zones.set_c, axis=1) != 0.0)
    quarter, zone = np.nonzero(moved.T)
    mode, set_c = zones.mode[zone, quarter], zones.set_c[zone, quarter]
    heat_c, cool_c = np.where(mode == 1, set_c, np.nan), np.where(mode == -1, set_c, np.nan)
    return quarter * round(STEP_S / DT_S), zone, heat_c, cool_c


def _outside(context: Context, n: int) -> Floats:
    """Air [degC] and relative humidity [%] outside, (2, step)."""
    at = np.arange(n) * (DT_S / STEP_S)
    quarters = np.arange(context.n)
    return np.array([np.interp(at, quarters, one) for one in (context.air_c, context.humidity_pct)])


def _daylight(home: Home, context: Context, irradiance: Floats) -> Courses:
    """Illuminance by windows or under the open sky, (area, quarter) [lx]."""
    floor_m2, window_m2 = (
        np.array([getattr(area, name) for area in home.areas]) for name in ("floor_m2", "window_m2")
    )
    inside = daylight_lux(irradiance, window_m2, floor_m2).T
    is_open = np.array([area.is_outdoor for area in home.areas])
    return np.where(is_open[:, None], 110.0 * context.ghi_w_m2, inside).astype(np.float32)
