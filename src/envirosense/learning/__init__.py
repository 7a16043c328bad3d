"""Detectors and models of any twin: training, judging, deployment, retraining, asking for better data."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envirosense.learning.active.manager import ActiveLearningManager
    from envirosense.learning.deployment.deployment import ModelDeployment
    from envirosense.learning.deployment.registry import ModelRegistry
    from envirosense.learning.detectors import (
        Detector,
        ThresholdDetector,
        WindowDetector,
        alarm_score,
        shuffled_labels,
    )
    from envirosense.learning.evaluation import Entrant, evaluate_detectors
    from envirosense.learning.intervals import Estimate
    from envirosense.learning.judging.evaluator import ModelEvaluator
    from envirosense.learning.loop.engine import loop_config, run_loop
    from envirosense.learning.model_file import TrainedModel, load_model, save_model
    from envirosense.learning.models.bundle import ModelBundle, bundle_of, load_bundle
    from envirosense.learning.report import write_report
    from envirosense.learning.results import DetectorResult, EvaluationReport
    from envirosense.learning.retraining.manager import RetrainingManager
    from envirosense.learning.retraining.sufficiency import DataSufficiencyChecker
    from envirosense.learning.samples import Samples
    from envirosense.learning.summary_table import comparison_table
    from envirosense.learning.tasks import ModelTask
    from envirosense.learning.training import evaluate, train

_HOMES = {
    "active.manager": ("ActiveLearningManager",),
    "deployment.deployment": ("ModelDeployment",),
    "deployment.registry": ("ModelRegistry",),
    "detectors": ("Detector", "ThresholdDetector", "WindowDetector", "alarm_score", "shuffled_labels"),
    "evaluation": ("Entrant", "evaluate_detectors"),
    "intervals": ("Estimate",),
    "judging.evaluator": ("ModelEvaluator",),
    "loop.engine": ("loop_config", "run_loop"),
    "model_file": ("TrainedModel", "load_model", "save_model"),
    "models.bundle": ("ModelBundle", "bundle_of", "load_bundle"),
    "report": ("write_report",),
    "results": ("DetectorResult", "EvaluationReport"),
    "retraining.manager": ("RetrainingManager",),
    "retraining.sufficiency": ("DataSufficiencyChecker",),
    "samples": ("Samples",),
    "summary_table": ("comparison_table",),
    "tasks": ("ModelTask",),
    "training": ("evaluate", "train"),
}

__all__ = [
    "ActiveLearningManager",
    "DataSufficiencyChecker",
    "Detector",
    "DetectorResult",
    "Entrant",
    "Estimate",
    "EvaluationReport",
    "ModelBundle",
    "ModelDeployment",
    "ModelEvaluator",
    "ModelRegistry",
    "ModelTask",
    "RetrainingManager",
    "Samples",
    "ThresholdDetector",
    "TrainedModel",
    "WindowDetector",
    "alarm_score",
    "bundle_of",
    "comparison_table",
    "evaluate",
    "evaluate_detectors",
    "load_bundle",
    "load_model",
    "loop_config",
    "run_loop",
    "save_model",
    "shuffled_labels",
    "train",
    "write_report",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"envirosense.learning.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
