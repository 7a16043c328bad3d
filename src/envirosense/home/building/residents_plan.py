"""The people of one home: who they are, where they sleep, when they get up."""

from typing import Final

import numpy as np

from envirosense.core.rng import stream
from envirosense.home.building.area_plan import KIDS_ROOM, sleeping_areas
from envirosense.home.building.naming import slug
from envirosense.home.catalog import Catalog
from envirosense.home.catalog.models import HouseholdKind, Households
from envirosense.home.model import Area, Resident

PER_CHILD_ROOM: Final = 2  # children at most, assumed
LATEST_H: Final = 23.9  # nobody's working day ends after midnight


def draw_residents(
    areas: tuple[Area, ...], n_at_most: int, catalog: Catalog, seed: int
) -> tuple[Resident, ...]:
    """People of one household that has room in the home: adults first, then seniors, then children."""
    main, *others = sleeping_areas(areas)
    kind = _kind(catalog.households, n_at_most, others, seed)
    senior_rooms = [area for area in others if area.kind != KIDS_ROOM][
        : 1 if kind.adults and kind.seniors else 0
    ]
    child_rooms = _child_rooms([area for area in others if area not in senior_rooms])
    grown = [("adult", main)] * kind.adults + [("senior", (*senior_rooms, main)[0])] * kind.seniors
    n_children = _n_children(kind, min(n_at_most - len(grown), PER_CHILD_ROOM * len(child_rooms)), seed)
    children = [("child", child_rooms[i % len(child_rooms)]) for i in range(n_children)]
    names = stream(seed, "home", "names").permutation(list(catalog.households.names)).tolist()
    people = [*grown, *children]
    return tuple(
        _resident(names[i], kind_of, room.area_id, catalog.households, seed, i)
        for i, (kind_of, room) in enumerate(people)
    )


def draw_pets(catalog: Catalog, seed: int) -> tuple[str, ...]:
    """Kinds of the pets, none in most homes."""
    pets = catalog.households.pets
    chances = {kind: stream(seed, "home", "pet", kind).random() for kind in pets}
    return tuple(kind for kind, share in pets.items() if 100.0 * chances[kind] < share)


def draw_has_guests(catalog: Catalog, seed: int) -> bool:
    """Whether guests come to stay now and then."""
    return bool(stream(seed, "home", "guests").random() < catalog.households.guests_share)


def _child_rooms(others: list[Area]) -> list[Area]:
    return sorted(others, key=lambda area: area.kind != KIDS_ROOM)


def _fits(kind: HouseholdKind, n_at_most: int, others: list[Area]) -> bool:
    """Whether the smallest household of the kind finds beds."""
    needs_senior_room = bool(kind.adults and kind.seniors)
    n_rooms = len(others) - needs_senior_room
    has_senior_room = not needs_senior_room or any(area.kind != KIDS_ROOM for area in others)
    n = kind.adults + kind.seniors + kind.children[0]
    return n <= n_at_most and has_senior_room and kind.children[0] <= PER_CHILD_ROOM * n_rooms


def _kind(households: Households, n_at_most: int, others: list[Area], seed: int) -> HouseholdKind:
    fitting = [kind for kind in households.kinds.values() if _fits(kind, n_at_most, others)]
    weights = np.array([kind.share for kind in fitting])
    return fitting[stream(seed, "home", "household").choice(len(fitting), p=weights / weights.sum())]


def _n_children(kind: HouseholdKind, n_at_most: int, seed: int) -> int:
    low, high = kind.children[0], min(kind.children[1], n_at_most)
    return int(stream(seed, "home", "children").integers(low, max(low, high) + 1))


def _resident(name: str, kind: str, bedroom: str, households: Households, seed: int, number: int) -> Resident:
    work = {"child": "school", "senior": "none"}.get(kind) or _work(households, seed, number)
    hours = households.hours["senior" if kind == "senior" else work]  # type: ignore[index]
    draw = stream(seed, "home", "hours", number)
    wake_h, sleep_h = draw.normal(*hours.wake_h), draw.normal(*hours.sleep_h)
    return Resident(
        resident_id=slug(name),
        name=name,
        kind=kind,
        work=work,
        wake_h=round(min(max(wake_h, 0.0), LATEST_H), 2),
        sleep_h=round(min(max(sleep_h, 0.0), LATEST_H), 2),
        bedroom=bedroom,
    )


def _work(households: Households, seed: int, number: int) -> str:
    weights = np.array(list(households.work.values()))
    draw = stream(seed, "home", "work", number)
    return str(draw.choice(list(households.work), p=weights / weights.sum()))
