"""Compiled balances of rooms that exchange heat, vapour and carbon dioxide."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from envirosense.core.units import DRY_AIR_CP_J_KG_K
from envirosense.physics.rooms.airing_kernels import Flags, RoomHabits, RoomOpenings, looked
from envirosense.physics.rooms.hvac_kernels import dried_g_s_of, hvac_heat_w

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]
type Courses = npt.NDArray[np.float32]

AIR_KG_M3: Final = 1.204  # dry air at 20 degC and standard pressure
AIR_J_M3_K: Final = AIR_KG_M3 * DRY_AIR_CP_J_KG_K
VAPORISATION_J_G: Final = 2454.0  # latent heat of water at 20 degC
SOLAR_TO_AIR: Final = 0.3  # of the gain through windows; the rest warms floors and walls (assumed)
BUFFER_AIRS: Final = 12.0  # moisture that furnishings hold for the same change, in airs of the room (assumed)
BUFFER_S: Final = 3600.0  # in which the air and the furnishings come together (assumed)
MOLE_RATIO_G_KG: Final = 621.98  # water to dry air


class RoomNetwork(NamedTuple):
    """Rooms and what joins them; see `rooms.room_network` for one from floor plans.

    Attributes:
        air_j_k: Air with furniture, (room,) [J/K].
        mass_j_k: Walls and floors, (room,) [J/K].
        air_mass_w_k: Between the two, (room,) [W/K].
        air_outside_w_k: Through windows, (room,) [W/K].
        mass_outside_w_k: Through walls and roof, (room,) [W/K].
        volume_m3: Air, (room,) [m3].
        leak_m3_s: Exchange with outside through gaps and vents, (room,) [m3/s].
        link_a, link_b: Rooms that a door or an opening joins, (link,).
        link_w_k: Conduction between them, (link,) [W/K].
        link_m3_s: Air that goes either way between them, (link,) [m3/s].
    """

    air_j_k: Floats
    mass_j_k: Floats
    air_mass_w_k: Floats
    air_outside_w_k: Floats
    mass_outside_w_k: Floats
    volume_m3: Floats
    leak_m3_s: Floats
    link_a: Ints
    link_b: Ints
    link_w_k: Floats
    link_m3_s: Floats


class RoomForcing(NamedTuple):
    """What works on rooms; sources come and go in whole numbers, so that none is left over.

    Attributes:
        dt_s: Length of a step [s].
        outer_steps: Steps per value of the outside series, between which it is interpolated.
        outside_c, outside_g_kg: Air and its mixing ratio, (outer,) [degC], [g/kg].
        outside_ppm: Carbon dioxide outside [ppm].
        solar_w: Sun through the windows, (outer, room) [W].
        base_w: Heat that is always there, (room,) [W].
        change_step, change_room, change_kind, change_by: When the number of sources of a kind in a room
            changes, and by how much, (change,) in order of time.
        kind_w, kind_g_s, kind_l_s, kind_per_h: Sensible heat, vapour, carbon dioxide and extra air changes
            with outside of one source of each kind, (kind,) [W], [g/s], [l/s], [1/h].
        zone: Zone of heating and cooling of each room, -1 for none, (room,).
        most_heat_w, most_cool_w: What a room's heater and cooler can do, (room,) [W].
        set_step, set_zone, set_heat_c, set_cool_c: When set points change and what they become, NaN for off,
            (setting,) in order of time [degC].
        habits: What people do about rooms that are too warm.
    """

    dt_s: float
    outer_steps: int
    outside_c: Floats
    outside_g_kg: Floats
    outside_ppm: float
    solar_w: Floats
    base_w: Floats
    change_step: Ints
    change_room: Ints
    change_kind: Ints
    change_by: Ints
    kind_w: Floats
    kind_g_s: Floats
    kind_l_s: Floats
    kind_per_h: Floats
    zone: Ints
    most_heat_w: Floats
    most_cool_w: Floats
    set_step: Ints
    set_zone: Ints
    set_heat_c: Floats
    set_cool_c: Floats
    habits: RoomHabits


class RoomState(NamedTuple):
    """What rooms carry from step to step, (room,) each."""

    air_c: Floats
    mass_c: Floats
    vapour_g_kg: Floats
    buffer_g_kg: Floats
    co2_ppm: Floats


@njit(cache=True, nogil=True, error_model="numpy")
def run_rooms(
    network: RoomNetwork,
    forcing: RoomForcing,
    state: RoomState,
    saturation_g_kg: Floats,
    n: int,
    n_zones: int,
) -> tuple[Courses, Courses, Flags]:
    """Air [degC], relative humidity [%] and CO2 [ppm] of the rooms, (3, room, step), heat of zones [W].

    The third are the windows that stand open for warmth after each look, (look, room).

    Values are those at the steps' starts; the heat of zones, (zone, step), is negative where they are cooled
    and counts what condensing water sets free. `state` is moved to the end. Explicit steps: what leaves one
    room enters the other to the last bit. Air that would be more than saturated leaves its water on cold
    faces. `saturation_g_kg` is the mixing ratio at saturation for each tenth of a degree from -60 degC on.
    """
    n_rooms = network.volume_m3.size
    courses = np.empty((3, n_rooms, n), dtype=np.float32)
    hvac_w = np.zeros((n_zones, n), dtype=np.float32)
    counts = np.zeros((n_rooms, forcing.kind_w.size), dtype=np.int64)
    gains = np.zeros((4, n_rooms))  # W, g/s, l/s, 1/h
    flows = np.zeros((3, n_rooms))  # what neighbours give: W, g/s, ppm m3/s
    set_c = np.full((2, n_zones), np.nan)  # to heat, to cool
    openings = RoomOpenings(np.zeros(n_rooms), np.ones(n_rooms), network.link_m3_s.copy())
    aired = np.zeros((forcing.habits.look_step.size, n_rooms), dtype=np.bool_)
    change, setting, look = 0, 0, 0
    change_step, set_step, look_step = forcing.change_step, forcing.set_step, forcing.habits.look_step
    for i in range(n):
        if change < change_step.size and change_step[change] <= i:
            change = _changed(forcing, change, i, counts, gains)
        if setting < set_step.size and set_step[setting] <= i:
            setting = _set(forcing, setting, i, set_c)
        if look < look_step.size and look_step[look] <= i:
            look = _looks(network, forcing, look, i, state, set_c, openings, aired)
        _exchanged(network, state, flows, openings.door_m3_s)
        _written(state, saturation_g_kg, courses, i)
        _stepped(network, forcing, state, gains, flows, set_c, openings, hvac_w, i)
    return courses, hvac_w, aired


@njit(cache=True, nogil=True, error_model="numpy")
def _looks(
    network: RoomNetwork,
    forcing: RoomForcing,
    look: int,
    step: int,
    state: RoomState,
    set_c: Floats,
    openings: RoomOpenings,
    aired: Flags,
) -> int:
    """First look after this step; what stands open after each is written into `aired`."""
    habits = forcing.habits
    while look < habits.look_step.size and habits.look_step[look] <= step:
        is_cooled = np.zeros(state.air_c.size, dtype=np.bool_)
        for room in range(state.air_c.size):
            zone = forcing.zone[room]
            is_cooled[room] = zone >= 0 and forcing.most_cool_w[room] > 0.0 and not np.isnan(set_c[1, zone])
        outside_c = forcing.outside_c[min(step // forcing.outer_steps, forcing.outside_c.size - 1)]
        doors = network.link_a, network.link_b, network.link_m3_s
        looked(habits, habits.look_kind[look], state.air_c, is_cooled, outside_c, doors, openings)
        aired[look] = openings.window_per_h > 0.0
        look += 1
    return look


@njit(cache=True, nogil=True, error_model="numpy")
def _written(state: RoomState, saturation_g_kg: Floats, courses: Courses, step: int) -> None:
    """Values of all rooms into the courses, after what is too much water has left the air."""
    for room in range(state.air_c.size):
        place = min(max((state.air_c[room] + 60.0) * 10.0, 0.0), saturation_g_kg.size - 1.001)
        below = int(place)
        ceiling_g_kg = saturation_g_kg[below]
        ceiling_g_kg += (place - below) * (saturation_g_kg[below + 1] - ceiling_g_kg)
        vapour_g_kg = min(state.vapour_g_kg[room], ceiling_g_kg)
        state.vapour_g_kg[room] = vapour_g_kg
        share = vapour_g_kg / (MOLE_RATIO_G_KG + vapour_g_kg)
        courses[0, room, step] = state.air_c[room]
        courses[1, room, step] = 100.0 * share * (MOLE_RATIO_G_KG + ceiling_g_kg) / ceiling_g_kg
        courses[2, room, step] = state.co2_ppm[room]


@njit(cache=True, nogil=True, error_model="numpy")
def _set(forcing: RoomForcing, setting: int, step: int, set_c: Floats) -> int:
    """First setting after this step; set points (2, zone) are brought up to date."""
    while setting < forcing.set_step.size and forcing.set_step[setting] <= step:
        set_c[0, forcing.set_zone[setting]] = forcing.set_heat_c[setting]
        set_c[1, forcing.set_zone[setting]] = forcing.set_cool_c[setting]
        setting += 1
    return setting


@njit(cache=True, nogil=True, error_model="numpy")
def _changed(forcing: RoomForcing, change: int, step: int, counts: Ints, gains: Floats) -> int:
    """First change after this step; counts and the gains of their rooms are brought up to date."""
    while change < forcing.change_step.size and forcing.change_step[change] <= step:
        room = forcing.change_room[change]
        counts[room, forcing.change_kind[change]] += forcing.change_by[change]
        gains[:, room] = 0.0
        for kind in range(forcing.kind_w.size):
            count = counts[room, kind]
            if count:
                gains[0, room] += count * forcing.kind_w[kind]
                gains[1, room] += count * forcing.kind_g_s[kind]
                gains[2, room] += count * forcing.kind_l_s[kind]
                gains[3, room] += count * forcing.kind_per_h[kind]
        change += 1
    return change


@njit(cache=True, nogil=True, error_model="numpy")
def _exchanged(network: RoomNetwork, state: RoomState, flows: Floats, door_m3_s: Floats) -> None:
    """What rooms give each other, into `flows` (3, room), by so much air either way, (link,)."""
    flows[:] = 0.0
    for link in range(network.link_a.size):
        a, b = network.link_a[link], network.link_b[link]
        air_m3_s = door_m3_s[link]
        heat_w = (network.link_w_k[link] + AIR_J_M3_K * air_m3_s) * (state.air_c[a] - state.air_c[b])
        vapour_g_s = AIR_KG_M3 * air_m3_s * (state.vapour_g_kg[a] - state.vapour_g_kg[b])
        carbon = air_m3_s * (state.co2_ppm[a] - state.co2_ppm[b])
        flows[0, a] -= heat_w
        flows[0, b] += heat_w
        flows[1, a] -= vapour_g_s
        flows[1, b] += vapour_g_s
        flows[2, a] -= carbon
        flows[2, b] += carbon


@njit(cache=True, nogil=True, error_model="numpy")
def _stepped(
    network: RoomNetwork,
    forcing: RoomForcing,
    state: RoomState,
    gains: Floats,
    flows: Floats,
    set_c: Floats,
    openings: RoomOpenings,
    hvac_w: Courses,
    step: int,
) -> None:
    """All rooms a step on; what their neighbours give is in `flows`."""
    last = forcing.outside_c.size - 1
    outer = min(step // forcing.outer_steps, last)
    later = min(outer + 1, last)
    part = (step - outer * forcing.outer_steps) / forcing.outer_steps
    outside_c = forcing.outside_c[outer] + part * (forcing.outside_c[later] - forcing.outside_c[outer])
    outside_g_kg = forcing.outside_g_kg[outer]
    outside_g_kg += part * (forcing.outside_g_kg[later] - outside_g_kg)
    dt_s = forcing.dt_s
    for room in range(state.air_c.size):
        solar_w = forcing.solar_w[outer, room]
        solar_w = openings.sun[room] * (solar_w + part * (forcing.solar_w[later, room] - solar_w))
        air_c, mass_c, vapour_g_kg = state.air_c[room], state.mass_c[room], state.vapour_g_kg[room]
        heat_w, zone = 0.0, forcing.zone[room]
        if zone >= 0:
            most_w = forcing.most_heat_w[room], forcing.most_cool_w[room]
            heat_w = hvac_heat_w(air_c, set_c[0, zone], set_c[1, zone], most_w[0], most_w[1])
        extra_per_h = max(gains[3, room], openings.window_per_h[room])  # one open window is enough
        fresh_m3_s = network.leak_m3_s[room] + extra_per_h / 3600.0 * network.volume_m3[room]
        to_mass_w = network.air_mass_w_k[room] * (air_c - mass_c)
        out_w = (network.air_outside_w_k[room] + AIR_J_M3_K * fresh_m3_s) * (air_c - outside_c)
        own_w = gains[0, room] + forcing.base_w[room] + SOLAR_TO_AIR * solar_w + heat_w
        state.air_c[room] += dt_s / network.air_j_k[room] * (own_w + flows[0, room] - to_mass_w - out_w)
        lost_w = network.mass_outside_w_k[room] * (mass_c - outside_c)
        warmed_w = to_mass_w + (1.0 - SOLAR_TO_AIR) * solar_w - lost_w
        state.mass_c[room] += dt_s / network.mass_j_k[room] * warmed_w
        air_kg = AIR_KG_M3 * network.volume_m3[room]
        stored_g_s = air_kg / BUFFER_S * (vapour_g_kg - state.buffer_g_kg[room])
        dried_g_s = dried_g_s_of(-heat_w, air_c, vapour_g_kg)
        dried_g_s = min(dried_g_s, 0.3 * air_kg * vapour_g_kg / dt_s)  # air has no more to give
        if zone >= 0:
            hvac_w[zone, step] += heat_w - VAPORISATION_J_G * dried_g_s
        gone_g_s = AIR_KG_M3 * fresh_m3_s * (vapour_g_kg - outside_g_kg) + stored_g_s + dried_g_s
        state.vapour_g_kg[room] += dt_s / air_kg * (gains[1, room] + flows[1, room] - gone_g_s)
        state.buffer_g_kg[room] += dt_s / (air_kg * BUFFER_AIRS) * stored_g_s
        renewed = fresh_m3_s * (state.co2_ppm[room] - forcing.outside_ppm)
        source = 1e3 * gains[2, room]  # litres of gas in cubic metres of air: ppm m3/s
        state.co2_ppm[room] += dt_s / network.volume_m3[room] * (source + flows[2, room] - renewed)
