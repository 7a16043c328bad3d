"""Datasets of any twin: requests, plans, worker processes, progress."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envirosense.factory.async_streaming import astream_samples
    from envirosense.factory.batch_streaming import stream_batches
    from envirosense.factory.describe import base_rates, check_quality, describe_dataset
    from envirosense.factory.generator import (
        GenerationFailed,
        GenerationInterrupted,
        generate,
        make_plan,
        simulate,
    )
    from envirosense.factory.planning import Estimate, draw_specs, estimate, match_scenarios
    from envirosense.factory.progress import ProgressReporter, console_progress
    from envirosense.factory.request import GenerationRequest
    from envirosense.factory.resensing import WorldDiffers, resense
    from envirosense.factory.streaming import stream_samples
    from envirosense.factory.training_data import MLDataGenerator
    from envirosense.factory.twins import TWINS

_HOMES = {
    "async_streaming": ("astream_samples",),
    "batch_streaming": ("stream_batches",),
    "describe": ("base_rates", "check_quality", "describe_dataset"),
    "generator": ("GenerationFailed", "GenerationInterrupted", "generate", "make_plan", "simulate"),
    "planning": ("Estimate", "draw_specs", "estimate", "match_scenarios"),
    "progress": ("ProgressReporter", "console_progress"),
    "request": ("GenerationRequest",),
    "resensing": ("WorldDiffers", "resense"),
    "streaming": ("stream_samples",),
    "training_data": ("MLDataGenerator",),
    "twins": ("TWINS",),
}

__all__ = [
    "TWINS",
    "Estimate",
    "GenerationFailed",
    "GenerationInterrupted",
    "GenerationRequest",
    "MLDataGenerator",
    "ProgressReporter",
    "WorldDiffers",
    "astream_samples",
    "base_rates",
    "check_quality",
    "console_progress",
    "describe_dataset",
    "draw_specs",
    "estimate",
    "generate",
    "make_plan",
    "match_scenarios",
    "resense",
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
