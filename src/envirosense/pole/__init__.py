"""The pole twin: a utility pole with a Grid Guardian in a live 3-D world. Names load when used."""

from importlib import import_module
from typing import Any

from envirosense.pole.scenarios import SCENARIO_HOMES

_HOMES = {
    **SCENARIO_HOMES,
    "Environment3DState": "envirosense.pole.world",
    "EnvironmentOrchestrator": "envirosense.pole.world",
    "PoleTwin": "envirosense.pole.twin",
    "ScenarioState": "envirosense.pole.guardian",
    "Site": "envirosense.pole.site",
    "VirtualGridGuardian": "envirosense.pole.guardian",
    "create_mock_environment_state": "envirosense.pole.mock",
    "default_configuration": "envirosense.pole.outfit",
    "draw_site": "envirosense.pole.site",
    "generate": "envirosense.pole.api",
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
