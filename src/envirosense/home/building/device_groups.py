"""Groups of a home: the lights of a room, of a floor and of all, and all blinds."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from envirosense.home.model import Area, Entity, Floor, Group

FEWEST: Final = 2  # entities that are worth a group


def draw_groups(
    areas: Sequence[Area], floors: Sequence[Floor], entities: Sequence[Entity]
) -> tuple[Group, ...]:
    """Every group with at least two members, rooms first; its id is none that an entity has."""
    taken = {entity.entity_id for entity in entities}
    found = (Group(name, members) for name, members in _members(areas, floors, entities))
    return tuple(one for one in found if len(one.members) >= FEWEST and one.entity_id not in taken)


def _members(
    areas: Sequence[Area], floors: Sequence[Floor], entities: Sequence[Entity]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    everywhere = [area.area_id for area in areas]
    for area in areas:
        yield f"light.{area.area_id}_lights", _ids(entities, "light", [area.area_id])
    for floor in floors if len(floors) > 1 else ():
        on_floor = [area.area_id for area in areas if area.floor_id == floor.floor_id]
        name = f"{floor.floor_id}_floor" if floor.floor_id in everywhere else floor.floor_id
        yield f"light.{name}_lights", _ids(entities, "light", on_floor)
    yield "light.all_lights", _ids(entities, "light", everywhere)
    yield "cover.all_covers", _ids(entities, "cover", everywhere)


def _ids(entities: Sequence[Entity], role: str, areas: Iterable[str]) -> tuple[str, ...]:
    places = frozenset(areas)
    return tuple(one.entity_id for one in entities if one.role == role and one.area_id in places)
