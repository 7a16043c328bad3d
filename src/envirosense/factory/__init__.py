"""Datasets of any twin: requests, plans, worker processes, progress."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envirosense.factory.amounts import Amounts, amounts_of
    from envirosense.factory.async_streaming import astream_samples
    from envirosense.factory.augmentation import (
        AUGMENTATIONS,
        Augmentation,
        NotApplicable,
        Recipe,
        read_recipe,
        replayed,
    )
    from envirosense.factory.augmented import augment, provenance
    from envirosense.factory.batch_streaming import stream_batches
    from envirosense.factory.collection.collector import TrainingDataCollector
    from envirosense.factory.dask_executor import dask_cluster
    from envirosense.factory.describe import base_rates, check_quality, describe_dataset
    from envirosense.factory.edge_cases import edge_case_table
    from envirosense.factory.generator import (
        GenerationFailed,
        GenerationInterrupted,
        generate,
        make_plan,
        simulate,
    )
    from envirosense.factory.lineage import LineageTracker
    from envirosense.factory.manager import DataGenerationManager, DatasetCache
    from envirosense.factory.monitoring import MonitoringConfig, RunHistory, RunMonitor
    from envirosense.factory.pipeline import MLTrainingPipeline
    from envirosense.factory.planning import Estimate, draw_specs, estimate, match_scenarios
    from envirosense.factory.progress import ProgressReporter, console_progress
    from envirosense.factory.request import GenerationRequest
    from envirosense.factory.resensing import WorldDiffers, resense
    from envirosense.factory.sequence_store import TemporalSequences
    from envirosense.factory.sequences import cut_sequences
    from envirosense.factory.streaming import stream_samples
    from envirosense.factory.time_series import SeriesSpec, TimeSeriesGenerator
    from envirosense.factory.training_data import MLDataGenerator
    from envirosense.factory.twins import TWINS
    from envirosense.factory.upkeep import repair, reshard
    from envirosense.factory.weak_spots import Extension, WeakSpot

_HOMES = {
    "amounts": ("Amounts", "amounts_of"),
    "async_streaming": ("astream_samples",),
    "augmentation": ("AUGMENTATIONS", "Augmentation", "NotApplicable", "Recipe", "read_recipe", "replayed"),
    "augmented": ("augment", "provenance"),
    "batch_streaming": ("stream_batches",),
    "collection.collector": ("TrainingDataCollector",),
    "dask_executor": ("dask_cluster",),
    "describe": ("base_rates", "check_quality", "describe_dataset"),
    "edge_cases": ("edge_case_table",),
    "generator": ("GenerationFailed", "GenerationInterrupted", "generate", "make_plan", "simulate"),
    "lineage": ("LineageTracker",),
    "manager": ("DataGenerationManager", "DatasetCache"),
    "monitoring": ("MonitoringConfig", "RunHistory", "RunMonitor"),
    "pipeline": ("MLTrainingPipeline",),
    "planning": ("Estimate", "draw_specs", "estimate", "match_scenarios"),
    "progress": ("ProgressReporter", "console_progress"),
    "request": ("GenerationRequest",),
    "resensing": ("WorldDiffers", "resense"),
    "sequence_store": ("TemporalSequences",),
    "sequences": ("cut_sequences",),
    "streaming": ("stream_samples",),
    "time_series": ("SeriesSpec", "TimeSeriesGenerator"),
    "training_data": ("MLDataGenerator",),
    "twins": ("TWINS",),
    "upkeep": ("repair", "reshard"),
    "weak_spots": ("Extension", "WeakSpot"),
}

__all__ = [
    "AUGMENTATIONS",
    "TWINS",
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
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"envirosense.factory.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
