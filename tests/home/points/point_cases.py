"""Records of every point of a home, and the points themselves where no entry point names them yet."""

from importlib import import_module
from typing import Any

from envirosense.factory.collection import COLLECTION_POINTS, CollectionPoint, RecordSource

NAMES = (
    "ask_ai",
    "device_intelligence",
    "pattern_detection",
    "suggestion_generation",
    "synergy_detection",
    "yaml_generation",
)
POINTS: dict[str, CollectionPoint] = {
    name: import_module(f"envirosense.home.points.{name}").POINT for name in NAMES
}
for name, point in POINTS.items():
    if f"home/{name}" not in COLLECTION_POINTS:
        COLLECTION_POINTS.register(f"home/{name}")(point)

SOURCE = RecordSource("home-1", "0123abcd", "nightly")
LAG = {"window_minutes": 5.0, "avg_time_delta_seconds": 3.2}
COUNTED = {"occurrences": 30, "total_events": 31, "confidence": 0.97}
TIME_OF_DAY: dict[str, Any] = {
    "pattern_type": "time_of_day", "device_id": "light.hall", "hour": 19, "minute": 3, **COUNTED,
    "metadata": {"avg_time_decimal": 19.05, "std_minutes": 6.0},
}  # fmt: skip
CO_OCCURRENCE: dict[str, Any] = {
    "pattern_type": "co_occurrence", "device_id": "binary_sensor.hall+light.hall",
    "device1": "binary_sensor.hall", "device2": "light.hall", **COUNTED, "metadata": LAG,
}  # fmt: skip
SEQUENCE: dict[str, Any] = {
    "pattern_type": "sequence", "device_id": "lock.door+light.hall+media_player.tv",
    "devices": ["lock.door", "light.hall", "media_player.tv"], **COUNTED, "metadata": LAG,
}  # fmt: skip
CONTEXTUAL: dict[str, Any] = {
    **CO_OCCURRENCE, "pattern_type": "contextual",
    "context": {"entity_id": "person.ann", "state": "home", "contrast": 1.8},
}  # fmt: skip
EXPECTED = {
    "pattern_id": "pattern_3", "pattern_type": "time_of_day", "description": "the hall light at seven",
    "devices": ["light.hall"], "action_devices": ["light.hall"], "frequency": 0.9, "confidence": 0.9,
}  # fmt: skip


def pattern(found: dict[str, Any] = TIME_OF_DAY, **fields: Any) -> dict[str, Any]:
    return {"pattern": found, "is_right": True, "expected": EXPECTED, "metrics": {"lift": 9.0}, **fields}


def synergy(trigger: str = "binary_sensor.hall", action: str = "light.hall", status: str | None = "used",
            confidence: float | None = 0.9) -> dict[str, Any]:  # fmt: skip
    return {
        "synergy": {
            "synergy_id": f"{trigger}>{action}", "devices": [trigger, action], "trigger_entity": trigger,
            "action_entity": action, "area": "hallway", "impact_score": 0.7, "confidence": 0.8,
            "validated_by_patterns": True,
        },
        "relationship": {"name": "motion_light", "benefit": 0.7, "is_same_area": True},
        "prediction": {"is_synergy": True, "confidence": confidence},
        "truth": {"status": status},
        "entities": [
            {"entity_id": one, "area_id": "hallway", "friendly_name": one.title()}
            for one in (trigger, action)
        ],
    }  # fmt: skip


SUGGESTION: dict[str, Any] = {
    "suggestion": {
        "title": "Hall light", "description_only": "Turn on the hall light at dusk", "category": "comfort",
        "confidence": 0.8, "quality": 0.9, "status": "deployed",
    },
    "prompt": "What would help in the hall?",
    "response": "Turn the hall light on at dusk.",
}  # fmt: skip
ASK_AI: dict[str, Any] = {
    "query_id": "q-1",
    "original_query": "make the hall brighter at night",
    "suggestions": [
        {"description": "dim the hall light", "confidence": 0.4},
        {"description": "turn on the hall light at dusk", "confidence": 0.9},
        {"description": "", "confidence": 0.99},
    ],
    "response": "I can do that.",
    "approval": "approved",
}
YAML_PAIR: dict[str, Any] = {
    "input": {"query": "hall light at dusk", "entities": ["light.hall"], "suggestion": ""},
    "output": "alias: Hall\n",
    "validation_result": {"is_valid": True, "errors": []},
    "ground_truth": None,
}
DEVICE: dict[str, Any] = {
    "device_id": "d-1", "name": 'Lamp "old"', "device_type": "lamp", "domains": ["light"],
    "capabilities": ["brightness", "color"], "n_entities": 2, "events_per_day": 11.5,
    "is_battery_powered": False,
}  # fmt: skip
GOOD: dict[str, dict[str, Any]] = {
    "ask_ai": ASK_AI,
    "device_intelligence": DEVICE,
    "pattern_detection": pattern(),
    "suggestion_generation": SUGGESTION,
    "synergy_detection": synergy(),
    "yaml_generation": YAML_PAIR,
}


def changed(record: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The same record with another value at a path."""
    head, _, rest = path.partition(".")
    return {**record, head: changed(record[head], rest, value) if rest else value}
