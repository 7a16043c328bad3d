"""The climate of a home's rooms: what people, the sun, the weather and the heating make of it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.model import Home
from envirosense.home.people.lives import DAY_US, SECOND_US, Lives
from envirosense.home.sensing.activity_loads import load_table
from envirosense.home.sensing.airing import WINDOW_PER_H, airing_stimuli, looks, room_habits
from envirosense.home.sensing.device_power import ALWAYS_ON, mean_share
from envirosense.home.sensing.room_plan import RoomPlan, room_plan
from envirosense.home.sensing.room_sources import room_changes
from envirosense.home.sensing.sky_stimuli import sun_stimuli, weather_stimuli
from envirosense.home.sensing.thermostats import Heating, heating, thermostat_stimuli
from envirosense.home.surroundings.context import STEP_S, Context
from envirosense.physics.rooms.airing_kernels import RoomHabits
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
        stimuli: Changes of thermostats, sun, weather and windows that are opened in rooms too warm.
        aired_contacts: Contacts of those windows: all that moves them is in `stimuli`.
    """

    step_s: float
    air_c: Courses
    humidity_pct: Courses
    co2_ppm: Courses
    hvac_w: Courses
    hvac_entity: Ints
    daylight_lux: Courses
    stimuli: Stimuli
    aired_contacts: frozenset[int] = frozenset()


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

    Those of `windows` that move `window` contacts let fresh air in, and so do windows that people open where
    it is too warm, with a contact or without. No stimuli are made for what is in `reserved`: others move it.
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
    found = looks(lives, n_days)
    habits = room_habits(home, plan, found, DT_S * SECOND_US, seed)
    forcing = _forcing(home, plan, zones, lives, context, irradiance, windows, habits, n)
    start = settled_state(
        plan.network, max(COOLEST_C, context.air_c[:96].mean()), START_HUMIDITY, OUTSIDE_PPM
    )
    start = room_courses(plan.network, forcing, start, WARM_UP_STEPS).end
    courses = room_courses(plan.network, forcing, start, n)
    outside = _outside(context, n)
    no_stimuli = Stimuli.of(np.empty(0), 0, 0, 0)
    aired, moved = airing_stimuli(home, plan, windows or no_stimuli, found, courses.aired, reserved, seed)

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
            aired,
        ),
        aired_contacts=moved,
    )


def _forcing(
    home: Home,
    plan: RoomPlan,
    zones: Heating,
    lives: Lives,
    context: Context,
    irradiance: Floats,
    windows: Stimuli | None,
    habits: RoomHabits,
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
    window_kind = len(table) - 2
    step, room, kind, by = room_changes(home, plan, lives, windows, window_kind, DT_S, n)
    set_step, set_zone, set_heat_c, set_cool_c = _settings(zones)
    return RoomForcing(
        dt_s=DT_S,
        outer_steps=round(STEP_S / DT_S),
        outside_c=context.air_c,
        outside_g_kg=mixing_ratio_g_kg(context.air_c, context.humidity_pct / 100.0),
        outside_ppm=OUTSIDE_PPM,
        solar_w=shade[:, None] * solar_gain_w(irradiance[:, plan.areas], [area.window_m2 for area in areas]),
        base_w=_base_w(home, plan),
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
        habits=habits,
    )


def _base_w(home: Home, plan: RoomPlan) -> Floats:
    """Heat that is always there: what is plugged in, refrigerator, freezers, (room,) [W]."""
    areas = [home.areas[number] for number in plan.areas]
    base_w = np.array([BASE_W_M2 * one.floor_m2 + KITCHEN_W * (one.kind == "kitchen") for one in areas])
    for number in home.with_role("appliance"):
        one = home.entities[number]
        appliance = str(one.capabilities.get("appliance", ""))
        if appliance in ALWAYS_ON and one.area_id and one.device_id:
            device = home.device_by_id[one.device_id]
            used_w = device.standby_w + mean_share(appliance) * (device.active_w - device.standby_w)
            base_w[plan.room_of[home.area_index[one.area_id]]] += used_w
    return base_w


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
