"""Ways through a home."""

from dataclasses import replace

from envirosense.home.behaviour.ways import Ways
from envirosense.home.model import Home


def test_the_way_out_leads_through_the_hall_and_the_front_door(small_home: Home) -> None:
    ways, number = Ways.of(small_home), small_home.area_index
    outside = len(small_home.areas)
    assert ways.front == number["entryway"]
    assert ways.next_area[number["bedroom"], outside] == number["hallway"]
    assert ways.next_area[number["hallway"], outside] == number["entryway"]
    assert ways.next_area[number["entryway"], outside] == outside
    assert ways.next_area[outside, number["kitchen"]] == number["entryway"]


def test_neighbours_are_one_step_apart(small_home: Home) -> None:
    ways, number = Ways.of(small_home), small_home.area_index
    assert ways.next_area[number["living_room"], number["kitchen"]] == number["kitchen"]
    assert ways.next_area[number["bathroom"], number["kitchen"]] == number["hallway"]


def test_a_room_without_a_door_is_taken_for_a_neighbour(small_home: Home) -> None:
    cut = tuple(
        replace(
            area, adjacent=tuple(a for a in area.adjacent if a != "bedroom" and area.area_id != "bedroom")
        )
        for area in small_home.areas
    )
    ways, number = Ways.of(replace(small_home, areas=cut)), small_home.area_index
    assert ways.next_area[number["bedroom"], number["kitchen"]] == number["kitchen"]
