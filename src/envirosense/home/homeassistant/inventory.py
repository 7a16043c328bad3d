"""A home as an inventory of the `synthetic-home` package, which test benches for assistants load."""

from typing import Final

from envirosense.home.engine.run import initial_codes
from envirosense.home.homeassistant.attributes import capabilities
from envirosense.home.model import Area, Device, Entity, Home

DOMAINS: Final = frozenset(  # those that the package's Home Assistant component has platforms for
    {
        "alarm_control_panel", "binary_sensor", "camera", "climate", "cover", "device_tracker", "fan",
        "light", "lock", "media_player", "sensor", "switch", "vacuum", "weather",
    }
)  # fmt: skip
_INPUTS: Final = {
    "on": "true",
    "off": "false",
}  # what a binary sensor is told, rather than what it then shows

type Item = dict[str, object]


def inventory(home: Home) -> Item:
    """Areas, devices and entities with the states in which an episode begins.

    People, the sun, automations, scripts and scenes are left out: an inventory has no place for them.
    """
    floors = {floor.floor_id: floor.name for floor in home.floors}
    codes = initial_codes(home)
    return {
        "language": home.language,
        "areas": [_area(area, floors) for area in home.areas],
        "devices": [_device(device) for device in home.devices],
        "entities": [
            _entity(home, entity, int(code))
            for entity, code in zip(home.entities, codes, strict=True)
            if entity.domain in DOMAINS
        ],
    }


def _area(area: Area, floors: dict[str, str]) -> Item:
    return {"name": area.name, "id": area.area_id, "floor": floors[area.floor_id]}


def _device(device: Device) -> Item:
    info = {"model": device.model, "manufacturer": device.manufacturer, "sw_version": device.sw_version}
    return {"name": device.name, "id": device.device_id, "area": device.area_id, "info": info}


def _entity(home: Home, entity: Entity, code: int) -> Item:
    device = home.device_by_id.get(entity.device_id or "")
    found: Item = {
        "name": entity.name,
        "id": entity.entity_id,
        "area": entity.area_id or (device.area_id if device else None),
        "device": entity.device_id,
    }
    if entity.states:
        state = entity.states[code]
        found["state"] = _INPUTS[state] if entity.domain == "binary_sensor" else state
    attributes = _attributes(entity)
    return found | ({"attributes": attributes} if attributes else {})


def _attributes(entity: Entity) -> Item:
    unit = {"native_unit_of_measurement": entity.unit, "device_class": entity.device_class}
    told = {name: value for name, value in unit.items() if value is not None}
    if entity.domain == "light":
        modes = capabilities(entity)["supported_color_modes"]
        told["color_mode"] = str(modes[0]) if isinstance(modes, (list, tuple)) else "onoff"
    return told | capabilities(entity)
