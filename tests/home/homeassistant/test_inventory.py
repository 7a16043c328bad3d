import json

import pytest
import yaml

from envirosense.home.homeassistant import inventory
from tests.home.homeassistant.ha_cases import by_home_assistant

READER = """
import json, pathlib, sys
from synthetic_home.inventory import load_inventory
found = load_inventory(pathlib.Path(sys.argv[1]))
print(json.dumps({
    "language": found.language, "areas": sorted(found.area_dict()), "devices": sorted(found.device_dict()),
    "entities": [one.id for one in found.entities], "floors": sorted(found.floors),
    "state": next(one.state for one in found.entities if one.id == "binary_sensor.hall_motion"),
    "model": found.device_dict()["oven"].info.model,
}))
"""


def test_everything_has_a_place_that_is_listed(small_home):
    made = inventory(small_home)
    areas = {one["id"] for one in made["areas"]}
    devices = {one["id"] for one in made["devices"]}
    assert {one["area"] for one in made["devices"]} <= areas
    assert {one["area"] for one in made["entities"]} <= areas | {None}
    assert {one["device"] for one in made["entities"]} <= devices | {None}
    assert made["areas"][0]["floor"] == "Ground floor"


def test_entities_say_how_they_begin(small_home):
    entities = {one["id"]: one for one in inventory(small_home)["entities"]}
    assert entities["lock.front_lock"]["state"] == "locked"
    assert entities["binary_sensor.hall_motion"]["state"] == "false"
    assert "state" not in entities["sensor.hall_motion_illuminance"]
    assert entities["sensor.tv_plug_energy"]["attributes"] == {
        "native_unit_of_measurement": "kWh",
        "device_class": "energy",
        "state_class": "total_increasing",
    }
    assert entities["light.hall_light"]["attributes"]["supported_color_modes"] == ["brightness"]


def test_what_an_inventory_cannot_hold_is_left_out(small_home):
    domains = {one["id"].partition(".")[0] for one in inventory(small_home)["entities"]}
    assert domains.isdisjoint({"person", "sun", "automation"})


@pytest.mark.slow
def test_the_package_loads_it(tmp_path, small_home):
    path = tmp_path / "inventory.yaml"
    made = inventory(small_home)
    path.write_text(yaml.safe_dump(made, sort_keys=False, allow_unicode=True))
    found = json.loads(by_home_assistant("2025.4.4", "-c", READER, path))
    assert found["entities"] == [one["id"] for one in made["entities"]]
    assert found["areas"] == sorted(one["id"] for one in made["areas"])
    assert found["devices"] == sorted(one["id"] for one in made["devices"])
    assert (found["language"], found["floors"], found["state"]) == ("en", ["Ground floor"], "false")
    assert found["model"] == small_home.device_by_id["oven"].model
