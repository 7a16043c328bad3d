"""Which area leads to which, and where the way out begins."""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.model import Home

GARAGE: Final = "garage"
FRONT_KINDS: Final = ("entryway", "hallway", "studio_room", "living_room", "kitchen")


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Shortest ways between areas; the number after the last area stands for outside.

    Attributes:
        next_area: Area that follows on the way from one to another, (area + 1, area + 1).
        front: Number of the area behind the front door.
    """

    next_area: npt.NDArray[np.int64]
    front: int

    @classmethod
    def of(cls, home: Home) -> "Ways":
        """Ways of a home; two areas without one are taken for neighbours."""
        front, outside = _front(home), len(home.areas)
        neighbours = [_neighbours(home, number) for number in range(outside)] + [[]]
        for door in dict.fromkeys([front, *_garages(home)]):
            _join(neighbours, door, outside)
        follow = np.tile(np.arange(outside + 1), (outside + 1, 1))
        for target in range(outside + 1):
            for here, following in _steps_to(target, neighbours).items():
                follow[here, target] = following
        return cls(follow, front)


def _front(home: Home) -> int:
    for kind in FRONT_KINDS:
        found = [n for n, area in enumerate(home.areas) if area.kind == kind and not area.is_outdoor]
        if found:
            return found[0]
    return 0


def _garages(home: Home) -> list[int]:
    """Areas with a door for the car."""
    return [number for number, area in enumerate(home.areas) if area.kind == GARAGE]


def _neighbours(home: Home, number: int) -> list[int]:
    own = home.areas[number]
    return [
        other
        for other, area in enumerate(home.areas)
        if area.area_id in own.adjacent or own.area_id in area.adjacent
    ]


def _join(neighbours: list[list[int]], one: int, other: int) -> None:
    neighbours[one].append(other)
    neighbours[other].append(one)


def _steps_to(target: int, neighbours: list[list[int]]) -> dict[int, int]:
    """Area that follows on the way to the target, by area."""
    following = {target: target}
    waiting = deque([target])
    while waiting:
        here = waiting.popleft()
        for other in neighbours[here]:
            if other not in following:
                following[other] = here
                waiting.append(other)
    return following
