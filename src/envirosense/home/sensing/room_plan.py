"""A home's rooms as a network of heat and air."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.home.model import Area, Home
from envirosense.physics.rooms.rooms import DOORWAY_M3_S, ROOM_HEIGHT_M, room_network
from envirosense.physics.rooms.rooms_kernels import RoomNetwork

type Ints = npt.NDArray[np.int64]

COLD_KINDS: Final = frozenset({"garage", "shed", "attic", "storage", "basement", "pantry", "workshop"})
OPEN_PLAN: Final = frozenset(  # kinds between which doors stand open
    {"entryway", "hallway", "stairs", "living_room", "dining_room", "kitchen", "studio_room"}
)
SHUT_M3_S: Final = 0.004  # either way past a door that is mostly shut (assumed)
WALL_W_M2_K: Final = {"arctic": 0.2, "tropical": 0.9}  # median of the region (assumed)
OTHER_WALL_W_M2_K: Final = 0.4  # between an old brick wall (1.5) and a new one (0.2); assumed
WALL_SIGMA: Final = 0.4  # of the logarithm, between homes (assumed)
AIR_CHANGES_H: Final = {"arctic": 0.25, "continental": 0.4, "tropical": 0.8}  # windows shut (assumed)
OTHER_AIR_CHANGES_H: Final = 0.5  # surveys of homes give 0.3 to 1 (from memory)
AIR_SIGMA: Final = 0.3  # of the logarithm, between homes (assumed)
DRAUGHT: Final = {"garage": 2.5, "shed": 3.0, "attic": 2.0, "basement": 0.3}  # times as many (assumed)
IN_THE_GROUND: Final = 0.15  # of the loss of a face above it (assumed)
FACADES, FACADES_WITHOUT_WINDOW = 1.5, 0.4  # outer walls of a room in lengths of its side (assumed)
ROOF_SHARE: Final = 0.5  # of the floor that counts as outer face on the highest and lowest floor (assumed)


@dataclass(frozen=True, slots=True, eq=False)
class RoomPlan:
    """Which rooms there are, and what joins them.

    Attributes:
        areas: Number of the area of each room, (room,).
        room_of: Room of each area, -1 for one outside, (area,).
        network: Of the rooms.
    """

    areas: Ints
    room_of: Ints
    network: RoomNetwork


def room_plan(home: Home, seed: int) -> RoomPlan:
    """Plan of a home; how well it is built is drawn."""
    inside = [number for number, area in enumerate(home.areas) if not area.is_outdoor]
    room_of = np.full(len(home.areas), -1)
    room_of[inside] = np.arange(len(inside))
    rooms = [home.areas[number] for number in inside]
    quality = stream(seed, "home", "rooms", "walls").standard_normal(3)
    wall = WALL_W_M2_K.get(home.region, OTHER_WALL_W_M2_K) * np.exp(WALL_SIGMA * quality[0])
    air_changes_h = AIR_CHANGES_H.get(home.region, OTHER_AIR_CHANGES_H)
    draught = np.array([DRAUGHT.get(area.kind, 1.0) for area in rooms])
    links = _links(home, room_of)
    is_open = np.array([area.kind in OPEN_PLAN for area in rooms])[links].all(axis=1)
    network = room_network(
        np.array([area.floor_m2 for area in rooms]),
        np.array([area.window_m2 for area in rooms]),
        np.array([_outer_m2(home, area) for area in rooms]),
        links,
        wall_w_m2_k=wall,
        window_w_m2_k=float(np.clip(1.6 + 0.5 * quality[1], 0.8, 3.0)),
        doorway_m3_s=np.where(is_open, DOORWAY_M3_S, SHUT_M3_S),
        air_changes_h=draught * air_changes_h * np.exp(AIR_SIGMA * quality[2]),
    )
    return RoomPlan(np.array(inside, dtype=np.int64), room_of, network)


def _links(home: Home, room_of: Ints) -> Ints:
    """Pairs of rooms with a doorway between them, each once, (link, 2)."""
    pairs = {
        tuple(sorted((int(room_of[number]), int(room_of[home.area_index[other]]))))
        for number, area in enumerate(home.areas)
        for other in area.adjacent
        if room_of[number] >= 0 and room_of[home.area_index[other]] >= 0
    }
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def _outer_m2(home: Home, area: Area) -> float:
    """Opaque faces of a room towards outside [m2]."""
    side_m = area.floor_m2**0.5
    facades = FACADES if area.window_m2 > 0.0 else FACADES_WITHOUT_WINDOW
    levels = [floor.level for floor in home.floors]
    level = next(floor.level for floor in home.floors if floor.floor_id == area.floor_id)
    faces = (level == max(levels)) + (level == min(levels))
    walls_m2: float = max(facades * side_m * ROOM_HEIGHT_M - area.window_m2, 1.0)
    outer_m2 = walls_m2 + faces * ROOF_SHARE * area.floor_m2
    return outer_m2 * (IN_THE_GROUND if level < 0 else 1.0)
