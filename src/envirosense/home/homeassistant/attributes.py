"""Attributes of entities' states: what Home Assistant sends with them, and which of them it records."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.behaviour.brightness import is_dimmable
from envirosense.home.log import EventLog
from envirosense.home.model import Entity, Home

type Ints = npt.NDArray[np.int64]

UNANSWERED: Final = -1  # variant of a state that is unavailable
_NO_BRIGHTNESS: Final = 256  # of a light that is on and says no more
_STEPS_PER_C: Final = 10  # set points are told to a tenth of a degree
_TOLD: Final = MappingProxyType(  # capabilities that Home Assistant knows, by domain
    {
        "climate": ("hvac_modes", "min_temp", "max_temp", "target_temp_step"),
        "light": ("supported_color_modes",),
    }
)
_NOT_RECORDED: Final = MappingProxyType(  # by the classes of Home Assistant 2025.1 and 2025.4
    {
        "light": frozenset({"supported_color_modes", "color_mode", "brightness"}),
        "climate": frozenset({"hvac_modes", "min_temp", "max_temp", "target_temp_step"}),
        "automation": frozenset({"id", "mode", "current", "last_triggered"}),
        "script": frozenset({"mode", "current", "last_triggered"}),
        "person": frozenset({"device_trackers"}),
    }
)
_WITHOUT_FEATURES: Final = ("sensor", "binary_sensor", "person", "sun", "device_tracker")


def variants(home: Home, log: EventLog) -> Ints:
    """Which of its entity's sets of attributes goes with each event, (event,).

    A light's brightness, a thermostat's set point in tenths of a degree, 0 for all others, `UNANSWERED` for
    an entity that does not answer.
    """
    domains = np.array([entity.domain for entity in home.entities])[log.entity]
    value = log.value.astype(np.float64)
    is_known = ~np.isnan(value)
    is_lit = (domains == "light") & (log.code == 1)
    is_climate = (domains == "climate") & is_known
    found = np.zeros(len(log), dtype=np.int64)
    found[is_lit] = np.where(is_known, value, _NO_BRIGHTNESS)[is_lit].astype(np.int64)
    found[is_climate] = np.rint(value[is_climate] * _STEPS_PER_C).astype(np.int64)
    return np.where(log.code < 0, UNANSWERED, found)


def attributes(home: Home, entity: Entity, variant: int) -> dict[str, object]:
    """Attributes of one state of an entity, in the order in which Home Assistant has them."""
    found = dict(capabilities(entity))
    if variant != UNANSWERED:
        found |= _state_attributes(home, entity, variant)
    if entity.unit is not None:
        found["unit_of_measurement"] = entity.unit
    if entity.device_class is not None:
        found["device_class"] = entity.device_class
    found["friendly_name"] = entity.name
    if entity.domain not in _WITHOUT_FEATURES and entity.states and not _is_of_core(entity):
        found["supported_features"] = entity.supported_features
    return found


def capabilities(entity: Entity) -> dict[str, object]:
    """What the registry and every state tell of an entity's abilities."""
    if entity.state_class is not None:
        return {"state_class": entity.state_class}
    told = {
        name: entity.capabilities[name]
        for name in _TOLD.get(entity.domain, ())
        if name in entity.capabilities
    }
    if entity.domain == "light" and not told:
        told["supported_color_modes"] = ["brightness" if is_dimmable(entity) else "onoff"]
    if entity.domain == "climate":
        told.setdefault("hvac_modes", list(entity.states))
    return told


def recorded(entity: Entity, found: Mapping[str, object]) -> bytes:
    """JSON of the attributes that the recorder keeps."""
    left_out = _NOT_RECORDED.get(entity.domain, frozenset())
    return json_bytes({name: value for name, value in found.items() if name not in left_out})


def json_bytes(value: object) -> bytes:
    """Compact JSON in UTF-8, as Home Assistant writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _state_attributes(home: Home, entity: Entity, variant: int) -> dict[str, object]:
    if entity.domain == "light":
        brightness = variant if 0 < variant < _NO_BRIGHTNESS else None
        modes = capabilities(entity)["supported_color_modes"]
        mode = modes[0] if isinstance(modes, (list, tuple)) and modes else "onoff"
        return {"color_mode": mode if variant else None} | (
            {} if mode == "onoff" else {"brightness": brightness}
        )
    if entity.domain == "climate":
        return {"temperature": variant / _STEPS_PER_C if variant else None}
    if entity.domain == "person":
        trackers = [
            one.entity_id
            for one in home.entities
            if one.domain == "device_tracker"
            and one.capabilities.get("resident") == entity.capabilities.get("resident")
        ]
        return {"editable": True, "id": entity.unique_id, "device_trackers": trackers}
    if entity.domain == "automation":
        return {"id": entity.unique_id, "mode": "single", "current": 0}
    return {}


def _is_of_core(entity: Entity) -> bool:
    return entity.domain in ("automation", "script", "scene")
