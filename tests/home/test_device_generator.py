"""Devices alone: placed by the catalogue's rules, independent of one another."""

from collections import Counter
from dataclasses import replace

import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.home.building.area_plan import draw_areas, draw_floors
from envirosense.home.building.device_generator import Furnishing, SyntheticDeviceGenerator
from envirosense.home.building.device_making import DeviceMaker
from envirosense.home.catalog import default_catalog
from envirosense.home.model import Area, Floor, Resident

HOUSE = default_catalog().home_type("single_family_house")
FLOORS = draw_floors(HOUSE, default_catalog())
AREAS = draw_areas(HOUSE, default_catalog(), seed=3)
BEDROOM = next(area.area_id for area in AREAS if area.kind == "bedroom")
PEOPLE = (Resident("anna", "Anna", "adult", "remote", 7.0, 23.0, BEDROOM),)


def furnished(size: str = "medium", seed: int = 1, region: str | None = None) -> Furnishing:
    return SyntheticDeviceGenerator().furnish(AREAS, FLOORS, PEOPLE, size, seed, region)


def test_limits_of_a_room_and_of_the_home_hold() -> None:
    kinds = default_catalog().devices
    for seed in range(20):
        devices = furnished("large", seed).devices
        for name, n in Counter(one.device_type for one in devices).items():
            assert n <= kinds[name].home_at_most
        for (name, _), n in Counter((one.device_type, one.area_id) for one in devices).items():
            assert n <= kinds[name].area_at_most


def test_one_room_takes_a_hundred_devices() -> None:
    room = Area("studio", "Studio", "studio_room", "ground_floor", (), 30.0, window_m2=4.0)
    found = SyntheticDeviceGenerator().furnish(
        [room], [Floor("ground_floor", "Ground floor", 0)], (), "extra_large", seed=2
    )
    assert 60 <= len(found.devices) <= 100
    assert len({one.entity_id for one in found.entities}) == len(found.entities)


def test_catalogue_without_room_says_so() -> None:
    catalog = default_catalog()
    only = replace(catalog, devices={key: catalog.devices[key] for key in ("kettle", "oven")}, core=())
    with pytest.raises(ConfigError, match="room for 2; raise its limits"):
        SyntheticDeviceGenerator(only).furnish(AREAS, FLOORS, PEOPLE, "small", seed=1)


def test_no_area_is_an_error() -> None:
    with pytest.raises(ConfigError, match="give one area"):
        SyntheticDeviceGenerator().furnish([], FLOORS, PEOPLE, "small", seed=1)


def test_unknown_size_lists_the_known() -> None:
    with pytest.raises(UnknownNameError) as caught:
        furnished("gigantic")
    assert caught.value.known == ("extra_large", "large", "medium", "small")


def test_device_is_the_same_whatever_else_was_made() -> None:
    kitchen = next(area for area in AREAS if area.kind == "kitchen")
    alone = DeviceMaker(default_catalog(), AREAS, seed=9)
    after = DeviceMaker(default_catalog(), AREAS, seed=9)
    for name in ("motion_sensor", "oven", "smart_plug"):
        after.make(name, kitchen)
    assert alone.make("dishwasher", kitchen) == after.make("dishwasher", kitchen)


def test_second_device_of_a_name_is_numbered() -> None:
    maker = DeviceMaker(default_catalog(), AREAS, seed=9)
    (first, _), (second, entities) = (maker.make("smart_plug", AREAS[1]) for _ in range(2))
    assert (first.name, second.name) == (f"{AREAS[1].name} Smart Plug", f"{AREAS[1].name} Smart Plug 2")
    assert entities[0].entity_id.endswith("smart_plug_2_outlet")


def test_radio_devices_speak_through_a_hub_of_the_home() -> None:
    for seed in range(10):
        found = furnished("large", seed)
        hubs = {one.device_id for one in found.devices if default_catalog().devices[one.device_type].provides}
        products = {
            (name, product.maker, product.model): product.hub
            for name, kind in default_catalog().devices.items()
            for product in kind.products
        }
        for one in found.devices:
            speaks = products[one.device_type, one.manufacturer, one.model]
            assert (one.via_device_id in hubs) == (speaks is not None)


def test_doors_lie_between_neighbours() -> None:
    neighbours = {area.area_id: {*area.adjacent, "outside"} for area in AREAS}
    seen = 0
    for seed in range(10):
        for entity in furnished("extra_large", seed).entities:
            if entity.role in {"door", "window", "lock", "garage"}:
                here, there = entity.capabilities["between"]  # type: ignore[misc]
                assert here == entity.area_id
                assert there in neighbours[here]
                seen += 1
    assert seen > 50


def test_windows_and_blinds_only_where_there_is_a_window() -> None:
    windows = {area.area_id: area.window_m2 for area in AREAS}
    for seed in range(10):
        for entity in furnished("extra_large", seed).entities:
            if entity.role in {"window", "cover"}:
                assert windows[str(entity.area_id)] > 0.0


def test_appliance_says_what_it_is() -> None:
    entities = furnished("extra_large").entities
    plugs = [entity for entity in entities if entity.role == "appliance"]
    assert plugs
    assert all(entity.capabilities["appliance"] for entity in plugs)
    assert not any("appliance" in entity.capabilities for entity in entities if entity.role != "appliance")


def test_climate_decides_what_is_bought() -> None:
    def count(region: str, name: str) -> int:
        found = (furnished("large", seed, region).devices for seed in range(12))
        return sum(one.device_type == name for devices in found for one in devices)

    assert count("tropical", "radiator_valve") == 0
    assert count("arctic", "radiator_valve") > 5
    assert count("tropical", "air_conditioner") > 3 * count("arctic", "air_conditioner")


def test_numbers_report_in_their_unit_and_states_have_none() -> None:
    for entity in furnished("extra_large").entities:
        assert (entity.unit is None) == bool(entity.states)
        assert entity.is_numeric == (entity.domain == "sensor")


def test_groups_hold_the_lights_of_rooms_and_floors() -> None:
    found = furnished("extra_large")
    groups = {group.entity_id: group.members for group in found.groups}
    lights = tuple(one.entity_id for one in found.entities if one.role == "light")
    assert groups["light.all_lights"] == lights
    assert set(groups["light.ground_floor_lights"]) < set(lights)
    assert all(len(members) >= 2 for members in groups.values())


def test_model_without_a_sensor_has_no_entity_for_it() -> None:
    kinds = default_catalog().devices
    for seed in range(10):
        found = furnished("large", seed)
        roles = {
            one.device_id: {e.role for e in found.entities if e.device_id == one.device_id}
            for one in found.devices
        }
        for one in found.devices:
            lacks = {
                role
                for product in kinds[one.device_type].products
                if (product.maker, product.model) == (one.manufacturer, one.model)
                for role in product.lacks
            }
            assert not lacks & roles[one.device_id]


def test_a_motion_sensor_holds_as_long_as_its_model_does() -> None:
    kinds = default_catalog().devices
    for seed in range(10):
        made = furnished("large", seed)
        by_id = {one.device_id: one for one in made.devices}
        for one in made.entities:
            device = by_id[one.device_id or ""]
            holds = {each.model: each.hold_s for each in kinds[device.device_type].products}
            expected = holds[device.model] if one.role == "motion" else None
            assert one.capabilities.get("hold_s") == expected


def test_medium_homes_see_who_walks_and_what_is_opened() -> None:
    sensed = ("motion", "occupancy", "door", "window", "lid")
    counts = [sum(one.role in sensed for one in furnished("medium", seed).entities) for seed in range(30)]
    assert sum(counts) / len(counts) >= 9.0
