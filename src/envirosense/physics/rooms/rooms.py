"""A network of rooms from floor plans, and its climate over time.

Two nodes a room, air with furniture and the building's mass, joined as in the simple hourly method of
ISO 13790 (from memory); one well-mixed volume for vapour and for carbon dioxide; air goes through open doors
both ways. Left out: doors that close, stack effect, cold bridges, neighbours of a flat.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import STANDARD_PRESSURE_PA, ZERO_CELSIUS_K
from envirosense.physics.air.humidity import saturation_vapour_pressure_pa
from envirosense.physics.rooms.airing_kernels import Flags, RoomHabits
from envirosense.physics.rooms.rooms_kernels import (
    AIR_J_M3_K,
    MOLE_RATIO_G_KG,
    Courses,
    Floats,
    RoomForcing,
    RoomNetwork,
    RoomState,
    run_rooms,
)

ROOM_HEIGHT_M: Final = 2.5  # assumed
AIR_J_M2_K: Final = 1.0e4  # air and furniture per floor, ISO 52016-1 (from memory)
SURFACE_PER_FLOOR: Final = 4.5  # faces of a room, ISO 13790 (from memory)
SURFACE_W_M2_K: Final = 3.45  # from the air to those faces, ISO 13790 (from memory)
MASS_PER_FLOOR: Final = 2.5  # faces of medium mass, ISO 13790 (from memory)
MASS_W_M2_K: Final = 9.1  # from those faces into the mass, ISO 13790 (from memory)
MASS_J_M2_K: Final = 1.65e5  # per floor, class `medium`, ISO 13790 (from memory)
PARTITION_M2: Final = 8.0  # wall between two rooms that share a door (assumed)
PARTITION_W_M2_K: Final = 2.0  # light inner wall (assumed)
DOORWAY_M3_S: Final = 0.03  # either way through an open door, rooms a tenth of a degree apart (assumed)
_TABLE_C: Final = -60.0 + 0.1 * np.arange(1301)


@dataclass(frozen=True, slots=True, eq=False)
class RoomCourses:
    """Truth of rooms at the starts of the steps.

    Attributes:
        air_c: (room, step) [degC].
        humidity_pct: Relative, (room, step) [%].
        co2_ppm: (room, step) [ppm].
        hvac_w: Heat given to each zone, negative where it is cooled and dried, (zone, step) [W].
        aired: Windows that stand open for warmth after each look, (look, room).
        end: State after the last step.
    """

    air_c: Courses
    humidity_pct: Courses
    co2_ppm: Courses
    hvac_w: Courses
    aired: Flags
    end: RoomState


def room_network(
    floor_m2: npt.ArrayLike,
    window_m2: npt.ArrayLike,
    wall_m2: npt.ArrayLike,
    links: npt.ArrayLike,
    *,
    wall_w_m2_k: npt.ArrayLike,
    window_w_m2_k: npt.ArrayLike,
    air_changes_h: npt.ArrayLike,
    doorway_m3_s: npt.ArrayLike = DOORWAY_M3_S,
) -> RoomNetwork:
    """Network of rooms of such floors, windows, opaque outer faces and links.

    Args:
        floor_m2: (room,) [m2].
        window_m2: (room,) [m2].
        wall_m2: Opaque outer faces with the roof, (room,) [m2].
        links: Pairs of rooms that a doorway joins, (link, 2).
        wall_w_m2_k: Of the opaque faces, (room,) or one number [W/m2/K].
        window_w_m2_k: Of the windows, (room,) or one number [W/m2/K].
        air_changes_h: With outside, windows closed, (room,) or one number [1/h].
        doorway_m3_s: Air either way through the doorways, (link,) or one number [m3/s].
    """
    floor = np.asarray(floor_m2, dtype=np.float64)
    ends = np.asarray(links, dtype=np.int64).reshape(-1, 2)
    volume_m3 = ROOM_HEIGHT_M * floor
    per_floor = 1.0 / (1.0 / (SURFACE_PER_FLOOR * SURFACE_W_M2_K) + 1.0 / (MASS_PER_FLOOR * MASS_W_M2_K))
    return RoomNetwork(
        air_j_k=AIR_J_M2_K * floor,
        mass_j_k=MASS_J_M2_K * floor,
        air_mass_w_k=per_floor * floor,
        air_outside_w_k=np.multiply(window_w_m2_k, window_m2, dtype=np.float64),
        mass_outside_w_k=np.multiply(wall_w_m2_k, wall_m2, dtype=np.float64),
        volume_m3=volume_m3,
        leak_m3_s=np.asarray(air_changes_h, dtype=np.float64) / 3600.0 * volume_m3,
        link_a=np.ascontiguousarray(ends[:, 0]),
        link_b=np.ascontiguousarray(ends[:, 1]),
        link_w_k=np.full(len(ends), PARTITION_M2 * PARTITION_W_M2_K),
        link_m3_s=np.broadcast_to(doorway_m3_s, len(ends)).astype(np.float64),
    )


def mixing_ratio_g_kg(air_c: npt.ArrayLike, relative_humidity: npt.ArrayLike) -> Floats:
    """Water per dry air at standard pressure, shape of both [g/kg]; relative humidity 0..1."""
    air_k = np.asarray(air_c, dtype=np.float64) + ZERO_CELSIUS_K
    vapour_pa = saturation_vapour_pressure_pa(air_k) * np.asarray(relative_humidity, dtype=np.float64)
    return MOLE_RATIO_G_KG * vapour_pa / (STANDARD_PRESSURE_PA - vapour_pa)


def loss_w_k(network: RoomNetwork) -> Floats:
    """Steady loss to outside per degree, windows closed, (room,) [W/K]; air and mass at one temperature."""
    return network.air_outside_w_k + network.mass_outside_w_k + AIR_J_M3_K * network.leak_m3_s


def longest_step_s(network: RoomNetwork, most_per_h: float = 0.0) -> float:
    """Step beyond which explicit steps overshoot [s]; with so many more air changes in any room."""
    heat_w_k, air_m3_s = _exchanges(network, most_per_h)
    slowest = np.minimum(network.air_j_k / heat_w_k, network.volume_m3 / np.maximum(air_m3_s, 1e-12))
    return float(slowest.min())


def open_doors_m3_s(network: RoomNetwork, step_s: float, most_per_h: float) -> Floats:
    """Air either way through doors left open, (link,) [m3/s].

    Less where a room is so small, or has so many doors, that steps of `step_s` would overshoot.
    """
    heat_w_k, air_m3_s = _exchanges(network, most_per_h)
    spare_m3_s = np.minimum(
        network.volume_m3 / step_s - air_m3_s, (network.air_j_k / step_s - heat_w_k) / AIR_J_M3_K
    )
    ends = np.stack([network.link_a, network.link_b])
    n_doors = np.bincount(ends.ravel(), minlength=network.volume_m3.size)
    more_m3_s = np.maximum(spare_m3_s, 0.0) / np.maximum(n_doors, 1)
    return np.minimum(DOORWAY_M3_S, network.link_m3_s + more_m3_s[ends].min(axis=0))


def _exchanges(network: RoomNetwork, most_per_h: float) -> tuple[Floats, Floats]:
    """What leaves each room per degree [W/K] and as air [m3/s], (room,) each."""
    air_m3_s = network.leak_m3_s + most_per_h / 3600.0 * network.volume_m3
    heat_w_k = network.air_outside_w_k + network.air_mass_w_k + AIR_J_M3_K * air_m3_s
    for end in (network.link_a, network.link_b):
        np.add.at(heat_w_k, end, network.link_w_k + AIR_J_M3_K * network.link_m3_s)
        np.add.at(air_m3_s, end, network.link_m3_s)
    return heat_w_k, air_m3_s


def room_courses(network: RoomNetwork, forcing: RoomForcing, start: RoomState, n: int) -> RoomCourses:
    """Climate of all rooms over `n` steps from a state on.

    Raises:
        ValueError: if the step is too long for the smallest room.
    """
    habits = forcing.habits
    most_per_h = max(forcing.kind_per_h.max(initial=0.0), habits.aired_per_h.max(initial=0.0))
    open_doors = network._replace(link_m3_s=np.maximum(network.link_m3_s, habits.door_m3_s))
    if forcing.dt_s > longest_step_s(open_doors, float(most_per_h)):
        raise ValueError(f"a step of {forcing.dt_s:g} s is too long for the smallest room")
    n_zones = int(forcing.zone.max(initial=-1)) + 1
    moved = RoomState(*(part.copy() for part in start))
    courses, hvac_w, aired = run_rooms(network, forcing, moved, mixing_ratio_g_kg(_TABLE_C, 1.0), n, n_zones)
    return RoomCourses(courses[0], courses[1], courses[2], hvac_w, aired, moved)


def settled_state(network: RoomNetwork, air_c: float, relative_humidity: float, co2_ppm: float) -> RoomState:
    """All rooms, with their walls and furnishings, at one temperature and humidity."""
    rooms = np.ones_like(network.volume_m3)
    vapour_g_kg = float(mixing_ratio_g_kg(air_c, relative_humidity))
    return RoomState(air_c * rooms, air_c * rooms, vapour_g_kg * rooms, vapour_g_kg * rooms, co2_ppm * rooms)


def no_habits(network: RoomNetwork) -> RoomHabits:
    """Nobody looks: windows, curtains and doors stay as they are."""
    nobody, rooms = np.zeros(0, dtype=np.int64), np.zeros_like(network.volume_m3)
    return RoomHabits(nobody, nobody, rooms + np.inf, rooms, 1.0, np.zeros_like(network.link_m3_s))
