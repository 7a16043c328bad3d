"""Words of Home Assistant's automations: services, times of the day, lengths of time."""

from collections.abc import Mapping
from math import isnan
from types import MappingProxyType
from typing import Final

from envirosense.home.model import Entity

type Step = dict[str, object]

_ON_OFF: Final = {"on": "turn_on", "off": "turn_off"}
SERVICES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "light": _ON_OFF,
        "switch": _ON_OFF,
        "fan": _ON_OFF,
        "siren": _ON_OFF,
        "media_player": {"off": "turn_off", "idle": "media_pause", "playing": "media_play"},
        "lock": {"locked": "lock", "unlocked": "unlock"},
        "cover": {"closed": "close_cover", "open": "open_cover"},
        "vacuum": {"cleaning": "start", "docked": "return_to_base"},
        "alarm_control_panel": {
            "disarmed": "alarm_disarm",
            "armed_home": "alarm_arm_home",
            "armed_away": "alarm_arm_away",
        },
        "script": {"on": "turn_on"},
        "scene": {"unknown": "turn_on"},
    }
)


def service(entity: Entity, state: str, value: float) -> tuple[str, dict[str, object]]:
    """Service that puts an entity into a state, and its data.

    Raises:
        ValueError: if no service does.
    """
    name = SERVICES.get(entity.domain, {}).get(state)
    if name is None:
        raise ValueError(f"no service puts {entity.entity_id} into the state {state!r}")
    has_brightness = entity.domain == "light" and state == "on" and not isnan(value)
    return f"{entity.domain}.{name}", {"brightness": round(value)} if has_brightness else {}


def clock(of_s: float) -> str:
    """`HH:MM:SS`, with a sign where it is negative."""
    seconds = round(abs(of_s))
    text = f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
    return f"-{text}" if of_s < 0 else text


def for_time(of_s: float) -> dict[str, int]:
    """A length of time in the largest unit that it is a whole number of."""
    seconds = round(of_s)
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds % size == 0:
            return {unit: seconds // size}
    return {"seconds": seconds}
