"""Home Assistant's registries as it stores them: floors, areas, labels, devices, entities, people."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from envirosense.home.homeassistant.attributes import capabilities
from envirosense.home.homeassistant.recorder_schema import SCHEMA_OF
from envirosense.home.model import Area, Device, Entity, Home

PLATFORM: Final = "envirosense"
_PLATFORMS: Final = MappingProxyType(  # of entities that no device brings; all others are our own
    {"automation": "automation", "script": "script", "scene": "homeassistant", "person": "person"}
)
_UNREGISTERED: Final = ("sun", "zone")  # Home Assistant makes them without a place in the registry
_OF_FILES: Final = ("automation", "script", "scene")
_NEW_IN_2025_4: Final = 50  # schema of the recorder from which on the files hold more

type Item = dict[str, object]


def registry_files(
    home: Home, entities: Sequence[Entity], start_utc: datetime, ha_version: str
) -> dict[str, Item]:
    """Content of the files in `.storage` by name, as a version of Home Assistant writes them.

    `entities` are those with a place in the registry, see `registered`.
    """
    is_new = SCHEMA_OF[ha_version] >= _NEW_IN_2025_4
    made = {"created_at": start_utc.isoformat(), "modified_at": start_utc.isoformat()}
    entry = entry_id(home)
    return {
        "core.config_entries": _file(
            "core.config_entries", 5 if is_new else 4, entries=[_entry(home, entry, made, is_new)]
        ),
        "core.floor_registry": _file("core.floor_registry", 2, floors=_floors(home, made)),
        "core.label_registry": _file("core.label_registry", 2, labels=_labels(home, made)),
        "core.area_registry": _file(
            "core.area_registry",
            8 if is_new else 7,
            areas=[_area(one, is_new) | made for one in home.areas],
        ),
        "core.device_registry": _file(
            "core.device_registry",
            9 if is_new else 8,
            devices=[_device(one, entry, is_new) | made for one in home.devices],
            deleted_devices=[],
        ),
        "core.entity_registry": _file(
            "core.entity_registry",
            16 if is_new else 15,
            entities=[_entity(home, one, entry, is_new) | made for one in entities],
            deleted_entities=[],
        ),
        "person": _file("person", 1, version=2, items=_people(home)),
    }


def registered(home: Home, configured: Collection[str]) -> tuple[Entity, ...]:
    """Entities that have a place in the registry.

    Args:
        home: The home.
        configured: Unique ids of the automations, scripts and scenes that it has files of; of others nothing
            is left but the name.
    """
    return tuple(
        one
        for one in home.entities
        if one.domain not in _UNREGISTERED and (one.domain not in _OF_FILES or unique_id(one) in configured)
    )


def unique_id(entity: Entity) -> str:
    """Id that never changes; of a script Home Assistant takes its key in `scripts.yaml`."""
    return entity.entity_id.partition(".")[2] if entity.domain == "script" else entity.unique_id


def entry_id(home: Home) -> str:
    """Id of the configuration entry that the home's devices belong to."""
    return _hex(home, "entry")


def _file(key: str, minor: int, *, version: int = 1, **data: object) -> Item:
    return {"version": version, "minor_version": minor, "key": key, "data": data}


def _hex(home: Home, *names: str) -> str:
    return hashlib.blake2b("\x1f".join((home.home_id, *names)).encode(), digest_size=16).hexdigest()


def _entry(home: Home, entry: str, made: Mapping[str, str], is_new: bool) -> Item:
    found: Item = {
        "data": {}, "disabled_by": None, "discovery_keys": {}, "domain": PLATFORM, "entry_id": entry,
        "minor_version": 1, "options": {}, "pref_disable_new_entities": False, "pref_disable_polling": False,
        "source": "import", "title": home.name, "unique_id": home.home_id, "version": 1, **made,
    }  # fmt: skip
    return found | ({"subentries": []} if is_new else {})


def _floors(home: Home, made: Mapping[str, str]) -> list[Item]:
    return [
        {"aliases": list(one.aliases), "floor_id": one.floor_id, "icon": None, "level": one.level,
         "name": one.name, **made}
        for one in home.floors
    ]  # fmt: skip


def _labels(home: Home, made: Mapping[str, str]) -> list[Item]:
    return [
        {"color": None, "description": None, "icon": None, "label_id": one.label_id, "name": one.name, **made}
        for one in home.labels
    ]


def _area(area: Area, is_new: bool) -> Item:
    found: Item = {
        "aliases": list(area.aliases), "floor_id": area.floor_id, "icon": None, "id": area.area_id,
        "labels": list(area.labels), "name": area.name, "picture": None,
    }  # fmt: skip
    return found | ({"humidity_entity_id": None, "temperature_entity_id": None} if is_new else {})


def _device(device: Device, entry: str, is_new: bool) -> Item:
    found: Item = {
        "area_id": device.area_id, "config_entries": [entry], "configuration_url": None, "connections": [],
        "disabled_by": None, "entry_type": None, "hw_version": None, "id": device.device_id,
        "identifiers": [[PLATFORM, device.device_id]], "labels": list(device.labels),
        "manufacturer": device.manufacturer, "model": device.model, "model_id": None, "name_by_user": None,
        "name": device.name, "primary_config_entry": entry, "serial_number": None,
        "sw_version": device.sw_version, "via_device_id": device.via_device_id,
    }  # fmt: skip
    return found | ({"config_entries_subentries": {entry: [None]}} if is_new else {})


def _entity(home: Home, entity: Entity, entry: str, is_new: bool) -> Item:
    platform = _PLATFORMS.get(entity.domain, PLATFORM)
    found: Item = {
        "aliases": list(entity.aliases), "area_id": _own_area(home, entity), "categories": {},
        "capabilities": capabilities(entity) or None,
        "config_entry_id": entry if platform == PLATFORM else None, "device_class": None,
        "device_id": entity.device_id, "disabled_by": None, "entity_category": entity.entity_category,
        "entity_id": entity.entity_id, "hidden_by": None, "icon": None, "id": _hex(home, entity.entity_id),
        "has_entity_name": False, "labels": list(entity.labels), "name": None, "options": {},
        "original_device_class": entity.device_class, "original_icon": None, "original_name": entity.name,
        "platform": platform, "supported_features": entity.supported_features, "translation_key": None,
        "unique_id": unique_id(entity), "previous_unique_id": None, "unit_of_measurement": entity.unit,
    }  # fmt: skip
    return found | ({"config_subentry_id": None} if is_new else {})


def _own_area(home: Home, entity: Entity) -> str | None:
    """Area of an entity where it is not that of its device."""
    device = home.device_by_id.get(entity.device_id or "")
    return None if device is not None and device.area_id == entity.area_id else entity.area_id


def _people(home: Home) -> list[Item]:
    return [
        {"id": one.unique_id, "name": one.name, "user_id": None,
         "device_trackers": [
             other.entity_id for other in home.entities
             if other.domain == "device_tracker"
             and other.capabilities.get("resident") == one.capabilities.get("resident")
         ]}
        for one in home.entities if one.domain == "person"
    ]  # fmt: skip
