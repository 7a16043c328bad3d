"""The names a user imports: what the design fixes, importable from where it says, and nothing by accident."""

import importlib
from importlib.metadata import version

import pytest

import envirosense
from envirosense.scenarios import SCENARIOS

FIXED = {
    "envirosense": {
        "ActiveLearningManager",
        "BaseScenario",
        "BaseSensor",
        "CellulosePyrolysisScenario",
        "DataGenerationManager",
        "DataSufficiencyChecker",
        "Dataset",
        "DiurnalCycleScenario",
        "Environment3DState",
        "EnvironmentOrchestrator",
        "EquipmentOverheatScenario",
        "HomeGenerator",
        "LineageTracker",
        "MLDataGenerator",
        "MLTrainingPipeline",
        "ModelDeployment",
        "ModelEvaluator",
        "RetrainingManager",
        "SensorConfig",
        "SensorConfiguration",
        "TimeSeriesGenerator",
        "TrainingDataCollector",
        "VirtualGridGuardian",
        "__version__",
        "create_mock_environment_state",
        "evaluate",
        "generate",
        "train",
    },
    "envirosense.pole": {
        "Environment3DState",
        "EnvironmentOrchestrator",
        "PoleTwin",
        "ScenarioState",
        "Site",
        "VirtualGridGuardian",
        "create_mock_environment_state",
        "default_configuration",
        "draw_site",
        "generate",
    },
    "envirosense.home": {
        "GroundTruthGenerator",
        "Home",
        "HomeGenerator",
        "HomeHistory",
        "HomeTwin",
        "ObservedEvents",
        "PatternExtractor",
        "SyntheticDeviceGenerator",
        "SyntheticEventGenerator",
        "SyntheticHomeGenerator",
        "write_home_assistant",
    },
    "envirosense.factory": {
        "AUGMENTATIONS",
        "Amounts",
        "Augmentation",
        "DataGenerationManager",
        "DatasetCache",
        "Estimate",
        "Extension",
        "GenerationFailed",
        "GenerationInterrupted",
        "GenerationRequest",
        "LineageTracker",
        "MLDataGenerator",
        "MLTrainingPipeline",
        "MonitoringConfig",
        "NotApplicable",
        "ProgressReporter",
        "Recipe",
        "RunHistory",
        "RunMonitor",
        "SeriesSpec",
        "TWINS",
        "TemporalSequences",
        "TimeSeriesGenerator",
        "TrainingDataCollector",
        "WeakSpot",
        "WorldDiffers",
        "amounts_of",
        "astream_samples",
        "augment",
        "base_rates",
        "check_quality",
        "console_progress",
        "cut_sequences",
        "dask_cluster",
        "describe_dataset",
        "draw_specs",
        "edge_case_table",
        "estimate",
        "generate",
        "make_plan",
        "match_scenarios",
        "provenance",
        "read_recipe",
        "repair",
        "replayed",
        "resense",
        "reshard",
        "simulate",
        "stream_batches",
        "stream_samples",
    },
}
GUARDIAN_METHODS = (
    "sample_environment",
    "generate_training_sample",
    "get_ground_truth_data",
    "generate_dataset",
    "enable",
    "disable",
    "reconfigure",
)
NAMED = {
    "envirosense.instruments": {"Fault", "SENSORS", "SensorChange", "SensorConfiguration", "Status"},
}  # among others
OPEN_LISTS = (
    "envirosense.learning",
    "envirosense.datasets",
    "envirosense.instruments",
    "envirosense.scenarios",
)


OUR_SCENARIOS = {found.__name__ for _, found in SCENARIOS.items()}


@pytest.mark.parametrize("package", FIXED)
def test_public_names_are_the_ones_agreed(package: str) -> None:
    scenarios = OUR_SCENARIOS if package == "envirosense.pole" else set()
    assert set(importlib.import_module(package).__all__) == FIXED[package] | scenarios


def test_every_scenario_class_is_imported_from_the_pole() -> None:
    import envirosense.pole as pole

    assert all(getattr(pole, found.__name__) is found for _, found in SCENARIOS.items())


@pytest.mark.parametrize("package", NAMED)
def test_names_that_the_documents_use_are_public(package: str) -> None:
    assert NAMED[package] <= set(importlib.import_module(package).__all__)


@pytest.mark.parametrize("package", [*FIXED, *OPEN_LISTS])
def test_every_public_name_can_be_imported(package: str) -> None:
    module = importlib.import_module(package)
    assert len(module.__all__) == len(set(module.__all__))
    for name in module.__all__:
        assert getattr(module, name) is not None


@pytest.mark.parametrize("package", FIXED)
def test_a_name_that_does_not_exist_is_an_attribute_error(package: str) -> None:
    with pytest.raises(AttributeError, match="Nothing"):
        _ = importlib.import_module(package).Nothing


def test_the_version_is_the_installed_one() -> None:
    assert envirosense.__version__ == version("envirosense")
    assert set(dir(envirosense)) >= {"generate", "__version__"}


def test_the_guardian_has_its_named_methods() -> None:
    assert [
        name for name in GUARDIAN_METHODS if not callable(getattr(envirosense.VirtualGridGuardian, name))
    ] == []
