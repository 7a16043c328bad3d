"""Where people do things, and the ways between the rooms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.home.model import Home
from envirosense.home.people.lives_table import activities

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]

OUTSIDE: Final = "outside"
OWN: Final = "own"
FALLBACK: Final = ("living_room", "studio_room", "kitchen")
DOORS: Final = ("entryway", "hallway", "studio_room", "living_room")  # where the front door is, in this order
PASSABLE: Final[Mapping[str, float]] = {  # how little one minds to pass through, by kind  # assumed
    "hallway": 1.0,
    "entryway": 1.0,
    "stairs": 1.0,
    "living_room": 1.3,
    "dining_room": 1.3,
    "kitchen": 1.5,
    "studio_room": 1.3,
    "patio": 2.0,
    "garden": 2.0,
}
PRIVATE: Final = 4.0  # of all other areas  # assumed
PACE_M_S: Final = 0.9  # walking at home  # assumed
DETOUR: Final = 1.3  # of the way through a room over the side of a square of its size  # assumed
STAIRS_S: Final = 8.0  # assumed
NEARNESS: Final = 0.2  # how fast the liking for a room falls with the way to it  # assumed
TASTE: Final = 0.7  # spread of the logarithm of a person's liking for a room  # assumed


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """From any area to any other; the last number is the world outside.

    Attributes:
        hops: Next area on the way, (from, to).
        cost: Length of the way, infinite where there is none, (from, to).
        pass_s: Time to cross an area, (area,) [s].
    """

    hops: Ints
    cost: Floats
    pass_s: Floats

    @property
    def nearness(self) -> Floats:
        """Factor of the liking for an area by how near it is, (from, to)."""
        return np.exp(-NEARNESS * np.where(np.isfinite(self.cost), self.cost, 99.0))


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Areas that each activity may take place in, and their weights, (activity, choice); `n` count."""

    areas: Ints
    weights: Floats
    n: Ints


def front_door(home: Home) -> int:
    """Number of the area that the front door leads to."""
    kinds = [area.kind for area in home.areas]
    return next((kinds.index(kind) for kind in DOORS if kind in kinds), 0)


def ways(home: Home, door: int) -> Ways:
    """Shortest ways that avoid private rooms; out of the home through the area `door` alone."""
    outside = len(home.areas)
    toll = np.array([PASSABLE.get(area.kind, PRIVATE) for area in home.areas] + [50.0])
    cost = np.full((outside + 1, outside + 1), np.inf)
    hops = np.tile(np.arange(outside + 1), (outside + 1, 1))
    for number, area in enumerate(home.areas):
        for neighbour in area.adjacent:
            there = home.area_index[neighbour]
            cost[number, there] = cost[there, number] = 1.0
    cost[door, outside] = cost[outside, door] = 1.0
    np.fill_diagonal(cost, 0.0)
    for middle in range(outside + 1):
        through = cost[:, middle, None] + cost[None, middle, :] + toll[middle]
        is_shorter = through < cost
        is_shorter[middle] = is_shorter[:, middle] = False
        cost = np.where(is_shorter, through, cost)
        hops = np.where(is_shorter, hops[:, middle, None], hops)
    crossing = [
        DETOUR * area.floor_m2**0.5 / PACE_M_S + (STAIRS_S if area.kind == "stairs" else 0.0)
        for area in home.areas
    ]
    return Ways(hops, cost, np.array([*crossing, 0.0]))


def choices(home: Home, resident_id: str, bedroom: str, found: Ways, seed: int) -> tuple[Choices, Choices]:
    """Areas of each activity, and those visited meanwhile, as one person likes them."""
    own, table = home.area_index[bedroom], activities()
    reach = np.isfinite(found.cost[own])
    likings = []
    for use in ("areas", "visits"):
        rng = stream(seed, "home", home.home_id, "lives", "taste", use, resident_id)
        taste = np.exp(TASTE * rng.standard_normal((len(table), len(home.areas) + 1)))
        rows = [_weights(home, getattr(one, use), own, reach) for one in table.values()]
        likings.append([row * tastes for row, tastes in zip(rows, taste, strict=True)])
    for row in likings[0]:
        if not row.any():
            row[_fallback(home, own)] = 1.0
    return _packed(likings[0]), _packed(likings[1])


def _weights(home: Home, kinds: Mapping[str, float], own: int, reach: npt.NDArray[np.bool_]) -> Floats:
    weights = np.zeros(len(home.areas) + 1)
    of_kind = np.array([area.kind for area in home.areas])
    for kind, weight in kinds.items():
        if kind == OUTSIDE:
            weights[-1] += weight
        elif kind == OWN:
            weights[own] += weight
        else:
            weights[:-1][of_kind == kind] += weight
    return np.where(reach, weights, 0.0)


def _fallback(home: Home, own: int) -> int:
    kinds = [area.kind for area in home.areas]
    return next((kinds.index(kind) for kind in FALLBACK if kind in kinds), own)


def _packed(rows: list[Floats]) -> Choices:
    places = [np.flatnonzero(row) for row in rows]
    width = max(1, *(place.size for place in places))
    areas, weights = np.zeros((len(rows), width), dtype=np.int64), np.zeros((len(rows), width))
    for number, (row, place) in enumerate(zip(rows, places, strict=True)):
        areas[number, : place.size], weights[number, : place.size] = place, row[place]
    return Choices(areas, weights, np.array([place.size for place in places]))
