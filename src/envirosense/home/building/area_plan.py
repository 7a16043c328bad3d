"""Floors and areas of one home, from its type."""

from collections.abc import Iterator
from typing import Final

from envirosense.core.rng import stream
from envirosense.home.building.naming import UniqueNames, slug
from envirosense.home.catalog import Catalog
from envirosense.home.catalog.models import AreaPlan, HomeType
from envirosense.home.model import Area, Floor

LEAST_WINDOW_SHARE: Final = 0.02  # of the floor area; a room with less has no window, assumed
KIDS_ROOM: Final = "kids_room"


def draw_floors(home_type: HomeType, catalog: Catalog) -> tuple[Floor, ...]:
    """Storeys in the order of the type."""
    plans = [catalog.floors[key] for key in home_type.floors]
    return tuple(Floor(slug(plan.name), plan.name, plan.level, plan.aliases) for plan in plans)


def draw_areas(home_type: HomeType, catalog: Catalog, seed: int) -> tuple[Area, ...]:
    """Rooms and places outside; those that only some homes have come last."""
    plans = (*home_type.areas, *_optional(home_type, catalog, seed))
    names = _names(plans, catalog, seed)
    ids = {plan.key: slug(names[plan.key]) for plan in plans}
    adjacent = _adjacent(plans)
    turn_deg = stream(seed, "home", "orientation").uniform(0.0, 360.0)
    aliases = _aliases(plans, names, catalog)
    found = []
    for plan in plans:
        kind = catalog.area_kinds[plan.kind]
        draw = stream(seed, "home", "area", plan.key)
        floor_m2 = draw.uniform(*kind.floor_m2)
        share = draw.uniform(*kind.window_share)
        facade = int(draw.integers(home_type.facades))
        step_deg = 180.0 if home_type.facades == 2 else 90.0  # two facades are the street's and the yard's
        found.append(
            Area(
                area_id=ids[plan.key],
                name=names[plan.key],
                kind=plan.kind,
                floor_id=slug(catalog.floors[plan.floor].name),
                adjacent=tuple(ids[key] for key in adjacent[plan.key]),
                floor_m2=round(floor_m2, 1),
                window_m2=round(floor_m2 * share, 1) if share >= LEAST_WINDOW_SHARE else 0.0,
                window_azimuth_deg=round((turn_deg + step_deg * facade) % 360.0, 1),
                is_outdoor=kind.is_outdoor,
                aliases=aliases.get(plan.key, ()),
                labels=("kids",) if plan.kind == KIDS_ROOM else (),
            )
        )
    return tuple(found)


def _optional(home_type: HomeType, catalog: Catalog, seed: int) -> Iterator[AreaPlan]:
    """Rooms that only some homes have, each on the floor of the room that it opens to."""
    draw = stream(seed, "home", "optional_areas")
    floor_of = {plan.key: plan.floor for plan in home_type.areas}
    kinds = draw.permutation(list(home_type.optional))[: catalog.homes.optional_at_most]
    for kind, chance in zip(kinds.tolist(), draw.random(kinds.size), strict=True):
        if chance < catalog.homes.optional_share:
            at = home_type.optional[kind]
            yield AreaPlan(key=f"optional_{kind}", kind=kind, floor=floor_of[at], opens_to=(at,))


def _names(plans: tuple[AreaPlan, ...], catalog: Catalog, seed: int) -> dict[str, str]:
    """Name of each area by its key: the usual one, or by chance another that the kind goes by."""
    unique, found = UniqueNames(), {}
    for plan in plans:
        names = catalog.area_kinds[plan.kind].names
        draw = stream(seed, "home", "area_name", plan.key)
        is_other = len(names) > 1 and draw.random() < catalog.homes.name_variation_share
        found[plan.key] = unique.take(names[draw.integers(1, len(names))] if is_other else names[0])
    return found


def _adjacent(plans: tuple[AreaPlan, ...]) -> dict[str, list[str]]:
    """Keys of the neighbours, the one that a room is entered from first."""
    found: dict[str, list[str]] = {plan.key: list(plan.opens_to) for plan in plans}
    for plan in plans:
        for key in plan.opens_to:
            found[key].append(plan.key)
    return found


def _aliases(
    plans: tuple[AreaPlan, ...], names: dict[str, str], catalog: Catalog
) -> dict[str, tuple[str, ...]]:
    """Two other names of each area at most, none that another area goes by."""
    taken = set(names.values())
    found = {}
    for plan in plans:
        free = [name for name in catalog.area_kinds[plan.kind].names if name not in taken][:2]
        found[plan.key] = tuple(name.lower() for name in free)
        taken.update(free)
    return found


def sleeping_areas(areas: tuple[Area, ...]) -> tuple[Area, ...]:
    """Rooms that people sleep in, the main one first: never empty while there is an area indoors."""
    order = ("bedroom", "studio_room", KIDS_ROOM, "guest_room")
    rooms = [area for kind in order for area in areas if area.kind == kind]
    return tuple(rooms or [area for area in areas if not area.is_outdoor][:1])
