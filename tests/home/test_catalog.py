"""The catalogue's files, and what is said of broken ones."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.home.catalog import Catalog, default_catalog, load_catalog
from envirosense.home.catalog.checks import check_catalog
from envirosense.home.catalog.loader import FOLDER
from envirosense.home.catalog.models import CoreDevice, DeviceType, EntityPlan

AREAS = {  # homes.md 1.2
    "single_family_house": 10,
    "apartment": 5,
    "condo": 7,
    "townhouse": 8,
    "cottage": 6,
    "studio": 4,
    "multi_story": 14,
    "ranch_house": 10,
}
BINARY = {
    "motion",
    "occupancy",
    "door",
    "window",
    "smoke",
    "leak",
    "light",
    "switch",
    "appliance",
    "fan",
    "siren",
}


@pytest.fixture
def catalog() -> Catalog:
    return default_catalog()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(
        shutil.copytree(FOLDER, tmp_path / "catalog", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    )


def edited(folder: Path, name: str, old: str, new: str) -> Path:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return folder


def with_device(catalog: Catalog, key: str, **changes: object) -> Catalog:
    data = catalog.devices[key].model_dump() | changes
    return replace(catalog, devices=dict(catalog.devices) | {key: DeviceType.parse(data)})


def test_types_have_the_areas_of_the_plan(catalog: Catalog) -> None:
    assert {key: len(one.areas) for key, one in catalog.homes.types.items()} == AREAS


def test_at_least_forty_device_types_with_makers(catalog: Catalog) -> None:
    assert len(catalog.devices) >= 40
    assert len({product.maker for one in catalog.devices.values() for product in one.products}) >= 40


def test_every_category_but_infrastructure_has_several_types(catalog: Catalog) -> None:
    for category in ("security", "climate", "lighting", "appliances", "monitoring"):
        assert sum(one.category == category for one in catalog.devices.values()) >= 5


def test_states_of_two_state_roles_are_off_and_on(catalog: Catalog) -> None:
    assert all(catalog.roles[role].states == ("off", "on") for role in BINARY)


def test_energy_and_water_only_grow(catalog: Catalog) -> None:
    growing = {key for key, one in catalog.roles.items() if one.state_class == "total_increasing"}
    assert growing == {"energy", "water", "home_energy"}


def test_mains_device_draws_power_and_battery_device_does_not(catalog: Catalog) -> None:
    for one in catalog.devices.values():
        assert (one.active_w == 0.0) == one.is_battery_powered


def test_battery_entities_belong_to_battery_devices_or_vacuums(catalog: Catalog) -> None:
    for key, one in catalog.devices.items():
        roles = {entity.role for entity in one.entities}
        assert ("battery" in roles) == (one.is_battery_powered or key == "robot_vacuum")


def test_cameras_stay_out_of_private_rooms(catalog: Catalog) -> None:
    for one in catalog.devices.values():
        if any(entity.role == "camera" for entity in one.entities):
            assert not {"bathroom", "toilet", "bedroom", "kids_room", "storage", "pantry"} & one.areas.keys()


@pytest.mark.parametrize(
    ("ask", "name", "known"),
    [
        ("home_type", "castle", "cottage"),
        ("size", "huge", "medium"),
        ("region", "lunar", "arctic"),
        ("area_kind", "moat", "garden"),
    ],
)
def test_unknown_name_lists_the_known(catalog: Catalog, ask: str, name: str, known: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        getattr(catalog, ask)(name)
    assert known in caught.value.known


def test_folder_loads_as_the_package_does(folder: Path, catalog: Catalog) -> None:
    assert load_catalog(folder).devices == catalog.devices


def test_unknown_field_is_named_with_its_file(folder: Path) -> None:
    broken = edited(folder, "area_kinds.yaml", "is_outdoor: true", "is_outdor: true")
    with pytest.raises(ConfigError, match=r"area_kinds\.yaml.*garden\.is_outdor"):
        load_catalog(broken)


def test_value_out_of_range_is_named(folder: Path) -> None:
    broken = edited(folder, "home_types.yaml", "optional_share: 0.6", "optional_share: 60")
    with pytest.raises(ConfigError, match=r"home_types\.yaml\.optional_share=60"):
        load_catalog(broken)


def test_broken_yaml_names_the_line(folder: Path) -> None:
    broken = edited(folder, "home_types.yaml", "sizes: #", "sizes: [ #")
    with pytest.raises(ConfigError, match=r"home_types\.yaml='line \d+'"):
        load_catalog(broken)


def test_missing_file_is_named(folder: Path) -> None:
    (folder / "roles.yaml").unlink()
    with pytest.raises(ConfigError, match=r"roles\.yaml.*cannot be read"):
        load_catalog(folder)


def test_no_device_file_is_an_error(folder: Path) -> None:
    shutil.rmtree(folder / "devices")
    with pytest.raises(ConfigError, match="holds no device file"):
        load_catalog(folder)


def test_device_in_two_files_is_an_error(folder: Path) -> None:
    shutil.copy(folder / "devices" / "monitoring.yaml", folder / "devices" / "more.yaml")
    with pytest.raises(ConfigError, match="another file has a device of this name"):
        load_catalog(folder)


def test_room_range_upside_down_is_an_error(folder: Path) -> None:
    broken = edited(folder, "area_kinds.yaml", "[3.0, 8.0]", "[8.0, 3.0]")
    with pytest.raises(ConfigError, match="lower end first"):
        load_catalog(broken)


def test_shares_that_miss_the_whole_are_an_error(catalog: Catalog) -> None:
    regions = dict(catalog.regions)
    del regions["arctic"]
    with pytest.raises(ConfigError, match=r"regions\.yaml=90.*add up to 100"):
        check_catalog(replace(catalog, regions=regions))


def test_camera_in_a_bathroom_is_an_error(catalog: Catalog) -> None:
    broken = with_device(catalog, "indoor_camera", areas={"bathroom": 1.0})
    with pytest.raises(ConfigError, match="no cameras in private rooms"):
        check_catalog(broken)


def test_device_in_an_unknown_kind_of_area_is_an_error(catalog: Catalog) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'bedroom'"):
        check_catalog(with_device(catalog, "bedside_lamp", areas={"bedrom": 1.0}))


def test_two_entities_of_one_name_are_an_error(catalog: Catalog) -> None:
    twice = [EntityPlan(role="light").model_dump()] * 2
    with pytest.raises(ConfigError, match="two entities have one name"):
        check_catalog(
            with_device(catalog, "floor_lamp", entities=twice, products=catalog.devices["kettle"].products)
        )


def test_core_device_of_no_file_is_an_error(catalog: Catalog) -> None:
    with pytest.raises(UnknownNameError, match=r"core\.yaml:core\.0\.device"):
        check_catalog(replace(catalog, core=(CoreDevice(device="moat_alarm", areas=("garden",)),)))


def test_room_that_nothing_opens_to_is_an_error(catalog: Catalog) -> None:
    studio = catalog.homes.types["studio"]
    alone = studio.areas[3].model_copy(update={"opens_to": ()})
    types = dict(catalog.homes.types)
    types["studio"] = studio.model_copy(update={"areas": (*studio.areas[:3], alone)})
    with pytest.raises(ConfigError, match="bathroom cannot be reached"):
        check_catalog(replace(catalog, homes=catalog.homes.model_copy(update={"types": types})))


def test_two_rooms_of_one_key_are_an_error(catalog: Catalog) -> None:
    studio = catalog.homes.types["studio"]
    types = dict(catalog.homes.types)
    types["studio"] = studio.model_copy(update={"areas": (*studio.areas, studio.areas[3])})
    with pytest.raises(ConfigError, match="another area has this key"):
        check_catalog(replace(catalog, homes=catalog.homes.model_copy(update={"types": types})))


def test_type_without_an_area_indoors_is_an_error(catalog: Catalog) -> None:
    types = dict(catalog.homes.types)
    garden = catalog.homes.types["cottage"].areas[5].model_copy(update={"opens_to": ()})
    types["cottage"] = types["cottage"].model_copy(update={"areas": (garden,)})
    with pytest.raises(ConfigError, match="add an area indoors"):
        check_catalog(replace(catalog, homes=catalog.homes.model_copy(update={"types": types})))


def test_appliance_without_its_entity_is_an_error(catalog: Catalog) -> None:
    with pytest.raises(ConfigError, match="role appliance"):
        check_catalog(with_device(catalog, "floor_lamp", appliance="oven"))


def test_catalogue_without_a_household_for_one_is_an_error(catalog: Catalog) -> None:
    kinds = {"couple": catalog.households.kinds["couple"]}
    with pytest.raises(ConfigError, match="home for one person"):
        check_catalog(replace(catalog, households=catalog.households.model_copy(update={"kinds": kinds})))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"is_battery_powered": True, "active_w": 3.0}, "draws no power from the mains"),
        ({"active_w": 1.0, "standby_w": 2.0}, "standby_w must not exceed active_w"),
        ({"products": [{"maker": "A", "model": "B", "versions": ["1"], "hub": "zwave"}]}, "Z-Wave"),
    ],
)
def test_device_that_contradicts_itself_is_an_error(
    catalog: Catalog, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        with_device(catalog, "floor_lamp", **changes)


def test_role_needs_states_or_a_unit(folder: Path) -> None:
    broken = edited(
        folder, "roles.yaml", "lock: {domain: lock, states: [locked, unlocked],", "lock: {domain: lock,"
    )
    with pytest.raises(ConfigError, match=r"roles\.yaml\.lock.*states or a unit"):
        load_catalog(broken)
