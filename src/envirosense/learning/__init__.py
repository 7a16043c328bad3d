"""Detectors on windows of any twin: training, honest evaluation, model files, report page."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envirosense.learning.detectors import (
        Detector,
        ThresholdDetector,
        WindowDetector,
        alarm_score,
        shuffled_labels,
    )
    from envirosense.learning.evaluation import Entrant, evaluate_detectors
    from envirosense.learning.intervals import Estimate
    from envirosense.learning.model_file import TrainedModel, load_model, save_model
    from envirosense.learning.report import write_report
    from envirosense.learning.results import DetectorResult, EvaluationReport
    from envirosense.learning.summary_table import comparison_table
    from envirosense.learning.training import evaluate, train

_HOMES = {
    "detectors": ("Detector", "ThresholdDetector", "WindowDetector", "alarm_score", "shuffled_labels"),
    "evaluation": ("Entrant", "evaluate_detectors"),
    "intervals": ("Estimate",),
    "model_file": ("TrainedModel", "load_model", "save_model"),
    "report": ("write_report",),
    "results": ("DetectorResult", "EvaluationReport"),
    "summary_table": ("comparison_table",),
    "training": ("evaluate", "train"),
}

__all__ = [
    "Detector",
    "DetectorResult",
    "Entrant",
    "Estimate",
    "EvaluationReport",
    "ThresholdDetector",
    "TrainedModel",
    "WindowDetector",
    "alarm_score",
    "comparison_table",
    "evaluate",
    "evaluate_detectors",
    "load_model",
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
