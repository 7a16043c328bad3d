"""The home twin: smart homes as Home Assistant knows them, and what happens in them for months.

Names load when used.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "GroundTruthGenerator": "envirosense.home.patterns.ground_truth",
    "Home": "envirosense.home.model",
    "HomeGenerator": "envirosense.home.generators",
    "HomeHistory": "envirosense.home.history",
    "HomeTwin": "envirosense.home.twin",
    "ObservedEvents": "envirosense.home.patterns.observed",
    "PatternExtractor": "envirosense.home.patterns.extractor",
    "SyntheticDeviceGenerator": "envirosense.home.building.device_generator",
    "SyntheticEventGenerator": "envirosense.home.generators",
    "SyntheticHomeGenerator": "envirosense.home.building.home_generator",
    "write_home_assistant": "envirosense.home.homeassistant",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Public name, imported from where it lives."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Public names."""
    return list(__all__)
