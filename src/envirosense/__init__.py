"""EnviroSense: physical twins that write labelled, checked, traceable sensor datasets.

Names load when used, so importing the package costs nothing.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "ActiveLearningManager": "envirosense.learning",
    "BaseScenario": "envirosense.scenarios",
    "BaseSensor": "envirosense.instruments",
    "CellulosePyrolysisScenario": "envirosense.pole",
    "DataGenerationManager": "envirosense.factory",
    "DataSufficiencyChecker": "envirosense.learning",
    "Dataset": "envirosense.datasets",
    "DiurnalCycleScenario": "envirosense.pole",
    "Environment3DState": "envirosense.pole",
    "EnvironmentOrchestrator": "envirosense.pole",
    "EquipmentOverheatScenario": "envirosense.pole",
    "HomeGenerator": "envirosense.home",
    "LineageTracker": "envirosense.factory",
    "MLDataGenerator": "envirosense.factory",
    "MLTrainingPipeline": "envirosense.factory",
    "ModelDeployment": "envirosense.learning",
    "ModelEvaluator": "envirosense.learning",
    "RetrainingManager": "envirosense.learning",
    "SensorConfig": "envirosense.instruments",
    "SensorConfiguration": "envirosense.instruments",
    "TimeSeriesGenerator": "envirosense.factory",
    "TrainingDataCollector": "envirosense.factory",
    "VirtualGridGuardian": "envirosense.pole",
    "create_mock_environment_state": "envirosense.pole",
    "evaluate": "envirosense.learning",
    "generate": "envirosense.pole",
    "train": "envirosense.learning",
}
__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    """Public name, imported from where it lives; `__version__` from the installed package."""
    if name == "__version__":
        from importlib.metadata import version

        return version("envirosense")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Public names."""
    return list(__all__)
