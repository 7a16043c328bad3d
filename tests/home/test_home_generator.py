"""Homes: complete, consistent, as many devices as promised, the same for the same seed."""

import itertools
import math
import re
from collections import Counter

import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.factory.request import EpisodeRequest
from envirosense.home.building.home_generator import SyntheticHomeGenerator
from envirosense.home.building.mix import home_plan, region_counts, rounded_counts, size_counts, type_counts
from envirosense.home.building.naming import UniqueNames, hex_id, slug
from envirosense.home.catalog import default_catalog
from envirosense.home.model import Home
from envirosense.home.twin import HomeTwin

TYPES, SIZES = tuple(default_catalog().homes.types), tuple(default_catalog().homes.sizes)
REGIONS = tuple(default_catalog().regions)
SLUG = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


@pytest.fixture(scope="module")
def homes() -> list[Home]:
    """A home of every type and size, regions in turn."""
    draw = SyntheticHomeGenerator().draw
    kinds = itertools.product(TYPES, SIZES)
    return [
        draw(home_type, size, REGIONS[number % len(REGIONS)], seed=7, home_id=f"home-{number:04d}")
        for number, (home_type, size) in enumerate(kinds)
    ]


@pytest.fixture(scope="module")
def many() -> list[Home]:
    """A hundred and twenty small homes of the plan's mix."""
    draw = SyntheticHomeGenerator().draw
    plan = home_plan(120, seed=1)
    return [draw(one.home_type, "small", one.region, 1, f"home-{i:04d}") for i, one in enumerate(plan)]


def reached(home: Home) -> set[str]:
    neighbours = {area.area_id: area.adjacent for area in home.areas}
    found, todo = set(), [next(area.area_id for area in home.areas if area.kind == "entryway")]
    while todo:
        here = todo.pop()
        if here not in found:
            found.add(here)
            todo.extend(neighbours[here])
    return found


def test_number_of_devices_lies_in_the_size(homes: list[Home]) -> None:
    for home in homes:
        low, high = default_catalog().size(home.size).devices
        assert low <= len(home.devices) <= high


def test_ids_are_unique_and_valid(homes: list[Home]) -> None:
    for home in homes:
        ids = [entity.entity_id for entity in home.entities] + [group.entity_id for group in home.groups]
        assert len(set(ids)) == len(ids)
        assert all(SLUG.fullmatch(part) for one in ids for part in one.split("."))
        assert all(one.count(".") == 1 for one in ids)
        assert len({entity.unique_id for entity in home.entities}) == len(home.entities)
        assert all(re.fullmatch("[0-9a-f]{32}", device.device_id) for device in home.devices)
        assert len({device.device_id for device in home.devices}) == len(home.devices)
        assert len({area.area_id for area in home.areas}) == len(home.areas)


def test_ids_of_devices_differ_between_homes(homes: list[Home]) -> None:
    ids = [device.device_id for home in homes for device in home.devices]
    assert len(set(ids)) == len(ids)


def test_names_follow_area_device_detail(homes: list[Home]) -> None:
    for home in homes:
        areas = {area.area_id: area for area in home.areas}
        for entity in home.entities:
            if entity.device_id is not None:
                device = home.device_by_id[entity.device_id]
                assert entity.area_id == device.area_id
                assert device.name.startswith(areas[device.area_id].name)
                assert entity.name.startswith(device.name)
                assert entity.entity_id.partition(".")[2] == slug(entity.name)


def test_everything_referred_to_exists(homes: list[Home]) -> None:
    for home in homes:
        areas = home.area_index.keys() | {"outside"}
        labels = {label.label_id for label in home.labels}
        assert {area.floor_id for area in home.areas} <= {floor.floor_id for floor in home.floors}
        assert {person.bedroom for person in home.residents} <= areas
        assert {one.via_device_id for one in home.devices} - {None} <= home.device_by_id.keys()
        assert {member for group in home.groups for member in group.members} <= home.entity_index.keys()
        for one in (*home.entities, *home.devices, *home.areas):
            assert set(one.labels) <= labels
        for entity in home.entities:
            assert entity.device_id is None or entity.device_id in home.device_by_id
            assert set(entity.capabilities.get("between", ())) <= areas


def test_every_area_is_reached_from_the_entryway_both_ways(homes: list[Home]) -> None:
    for home in homes:
        assert reached(home) == home.area_index.keys()
        pairs = {(area.area_id, other) for area in home.areas for other in area.adjacent}
        assert pairs == {(b, a) for a, b in pairs}


def test_every_home_knows_sun_weather_grid_and_its_people(homes: list[Home]) -> None:
    for home in homes:
        assert {"sun.sun", "weather.home"} <= home.entity_index.keys()
        assert len(home.with_role("carbon_intensity")) == len(home.with_role("electricity_price")) == 1
        people = [home.entities[i].capabilities["resident"] for i in home.with_role("person")]
        phones = [home.entities[i].capabilities["resident"] for i in home.with_role("tracker")]
        assert people == phones == [one.resident_id for one in home.residents]
        price = home.entities[home.with_role("electricity_price")[0]]
        assert price.unit == f"{home.currency}/kWh"


def test_every_home_has_motion_light_heat_and_a_front_door(homes: list[Home]) -> None:
    for home in homes:
        doors = [home.entities[i].capabilities["between"] for i in home.with_role("door")]
        entryway = next(area.area_id for area in home.areas if area.kind == "entryway")
        assert [entryway, "outside"] in doors
        assert home.with_role("motion")
        assert home.with_role("light")
        assert home.with_role("climate")
        assert home.with_role("temperature")


def test_devices_stand_where_the_catalogue_puts_them(homes: list[Home]) -> None:
    for home in homes:
        kinds = {area.area_id: area.kind for area in home.areas}
        for device in home.devices:
            assert kinds[device.area_id] in default_catalog().devices[device.device_type].areas


def test_people_fit_the_home(homes: list[Home], many: list[Home]) -> None:
    for home in (*homes, *many):
        assert 1 <= len(home.residents) <= default_catalog().home_type(home.home_type).residents
        assert len({one.resident_id for one in home.residents}) == len(home.residents)
        assert any(one.kind != "child" for one in home.residents)
        assert (
            max(Counter(one.bedroom for one in home.residents if one.kind == "child").values(), default=0)
            <= 2
        )
        grown = {one.bedroom for one in home.residents if one.kind != "child"}
        assert not grown & {one.bedroom for one in home.residents if one.kind == "child"}


def test_children_go_to_school_and_seniors_do_not_work(many: list[Home]) -> None:
    works = {(one.kind, one.work) for home in many for one in home.residents}
    assert {work for kind, work in works if kind == "child"} == {"school"}
    assert {work for kind, work in works if kind == "senior"} == {"none"}
    assert {work for kind, work in works if kind == "adult"} == {"office", "remote", "night_shift", "none"}


def test_workers_of_the_night_get_up_in_the_afternoon(many: list[Home]) -> None:
    for one in (person for home in many for person in home.residents):
        assert (one.wake_h > 12.0) == (one.work == "night_shift")
        assert (one.sleep_h < 12.0) == (one.work == "night_shift")


def test_sixty_percent_of_the_chances_give_an_optional_area(many: list[Home]) -> None:
    extra = [len(home.areas) - len(default_catalog().home_type(home.home_type).areas) for home in many]
    assert set(extra) == {0, 1, 2}
    n = 2 * len(many)
    assert abs(sum(extra) / n - 0.6) < 5 * math.sqrt(0.6 * 0.4 / n)


def test_a_fifth_of_the_rooms_go_by_another_name(many: list[Home]) -> None:
    kinds = default_catalog().area_kinds
    rooms = [area for home in many for area in home.areas]
    other = sum(
        not area.name.startswith(kinds[area.kind].names[0]) or "Room Room" in area.name for area in rooms
    )
    # names that only add to the usual one ("Studio Room", "Laundry Room") count as usual here
    hidden = sum(
        area.name in names[1:] and area.name.startswith(names[0])
        for area in rooms
        for names in [kinds[area.kind].names]
    )
    n = len(rooms)
    assert abs((other + hidden) / n - 0.2) < 5 * math.sqrt(0.2 * 0.8 / n)


def test_half_the_homes_have_a_pet_and_a_third_has_guests(many: list[Home]) -> None:
    n = len(many)
    for kind in ("cat", "dog"):
        assert abs(sum(kind in home.pets for home in many) / n - 0.25) < 5 * math.sqrt(0.25 * 0.75 / n)
    assert abs(sum(home.has_guests for home in many) / n - 0.35) < 5 * math.sqrt(0.35 * 0.65 / n)


def test_small_homes_differ_in_what_they_have(many: list[Home]) -> None:
    outfits = Counter(tuple(sorted(device.device_type for device in home.devices)) for home in many)
    assert outfits.most_common(1)[0][1] <= 4
    assert len(outfits) > 0.9 * len(many)


def test_windows_face_the_facades(homes: list[Home]) -> None:
    for home in homes:
        n_facades = default_catalog().home_type(home.home_type).facades
        assert len({area.window_azimuth_deg for area in home.areas}) <= n_facades
        assert all(0.0 <= area.window_azimuth_deg < 360.0 for area in home.areas)
        assert all(area.window_m2 < 0.3 * area.floor_m2 for area in home.areas)
        assert not any(area.window_m2 for area in home.areas if area.is_outdoor)


def test_same_arguments_same_home() -> None:
    draw = SyntheticHomeGenerator().draw
    first = draw("condo", "medium", "temperate", 3)
    draw("studio", "small", "arctic", 4)
    assert draw("condo", "medium", "temperate", 3) == first


@pytest.mark.parametrize("change", [{"seed": 4}, {"home_id": "home-0001"}])
def test_another_seed_or_id_is_another_home(change: dict[str, object]) -> None:
    usual: dict[str, object] = {"home_type": "condo", "size": "medium", "region": "temperate", "seed": 3}
    draw = SyntheticHomeGenerator().draw
    first, second = draw(**usual), draw(**usual | change)  # type: ignore[arg-type]
    assert first.devices != second.devices
    assert first.latitude_deg != second.latitude_deg


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (("castle", "small", "arctic"), "home_type"),
        (("condo", "huge", "arctic"), "size"),
        (("condo", "small", "lunar"), "region"),
    ],
)
def test_unknown_kind_names_field_and_known(kind: tuple[str, str, str], field: str) -> None:
    with pytest.raises(UnknownNameError, match=f"^{field}=") as caught:
        SyntheticHomeGenerator().draw(*kind, seed=1)
    assert caught.value.known


def test_hundred_homes_have_the_shares_of_the_plan() -> None:
    assert list(type_counts(100).values()) == [30, 20, 15, 10, 10, 5, 5, 5]
    assert list(size_counts(100).values()) == [30, 40, 20, 10]


@pytest.mark.parametrize("n", [0, 1, 7, 50, 333])
def test_plan_has_exactly_the_counts(n: int) -> None:
    plan = home_plan(n, seed=5)
    for counts, found in (
        (type_counts(n), Counter(one.home_type for one in plan)),
        (size_counts(n), Counter(one.size for one in plan)),
        (region_counts(n), Counter(one.region for one in plan)),
    ):
        assert sum(counts.values()) == n
        assert {key: found[key] for key in counts} == counts


def test_rounding_is_off_by_less_than_one() -> None:
    shares = {"a": 30.0, "b": 20.0, "c": 15.0, "d": 35.0}
    for n in range(60):
        counts = rounded_counts(shares, n)
        assert sum(counts.values()) == n
        assert all(abs(counts[key] - n * share / 100.0) < 1.0 for key, share in shares.items())


def test_negative_number_of_homes_is_refused() -> None:
    with pytest.raises(ConfigError, match="n_homes=-1"):
        home_plan(-1, seed=1)


def test_plan_depends_on_the_seed_alone() -> None:
    plan = home_plan(50, seed=1)
    home_plan.cache_clear()
    assert home_plan(50, seed=1) == plan
    assert home_plan(50, seed=1) != home_plan(50, seed=2)


def test_a_plan_is_dealt_once_for_all_homes_of_a_set() -> None:
    home_plan.cache_clear()
    twin = HomeTwin()
    for index in range(6):
        twin.draw("home/standard", EpisodeRequest(3, index, 6, 86_400.0, 900.0, {}))
    assert home_plan.cache_info().misses == 1


def test_homes_with_many_rooms_tend_to_have_many_devices() -> None:
    plan = home_plan(400, seed=2)
    rank = {size: number for number, size in enumerate(SIZES)}
    studios = [rank[one.size] for one in plan if one.home_type == "studio"]
    houses = [rank[one.size] for one in plan if one.home_type == "multi_story"]
    assert sum(studios) / len(studios) + 0.8 < sum(houses) / len(houses)


def test_slug_is_ascii_lower_case() -> None:
    assert slug("Küche  2 (Nord)") == "kuche_2_nord"
    with pytest.raises(ValueError, match="no letter or digit"):
        slug("---")


def test_unique_names_are_numbered_from_two() -> None:
    names = UniqueNames()
    assert [names.take("Lamp"), names.take("Lamp"), names.take("Lamp", "_")] == ["Lamp", "Lamp 2", "Lamp_2"]


def test_hex_id_depends_on_every_name() -> None:
    assert len({hex_id(1, "a", "b"), hex_id(1, "ab"), hex_id(2, "a", "b"), hex_id(1, "a", "b")}) == 3
