"""What field calibrations found and corrected on one unit."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from envirosense.core.rng import stream
from envirosense.instruments.memory import SensorMemory
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.stages.contract import AnyStage, per_channel
from envirosense.instruments.stages.drift import Drift, DriftState, GainState, SharedGainDrift


def calibration_history(
    config: SensorConfig, stages: Iterable[AnyStage], memory: SensorMemory, seed: int, *names: str | int
) -> list[dict[str, Any]]:
    """One record per calibration: age, and by drift stage what had grown since the one before.

    The rate is that of the unit; what its random walk had gained is drawn by calibration, stage and unit.
    """
    records: list[dict[str, Any]] = [{"age_days": 0.0, "place": "factory", "corrected": {}}]
    before = 0.0
    for k, age_days in enumerate(config.calibrated_at_days):
        corrected = {
            stage.name: _grown(stage, memory.carries[stage.name], age_days - before, rng)
            for stage in stages
            if isinstance(stage, Drift | SharedGainDrift)
            for rng in [stream(seed, *names, config.sensor_id, stage.name, "calibration", k)]
        }
        records.append({"age_days": age_days, "place": "field", "corrected": corrected})
        before = age_days
    return records


def _grown(
    stage: Drift | SharedGainDrift, carry: DriftState | GainState, days: float, rng: np.random.Generator
) -> list[float]:
    n_channels = carry.per_day.size
    walk = per_channel(stage.walk_per_sqrt_day, n_channels) * math.sqrt(days)
    found = carry.per_day * days + walk * rng.standard_normal(n_channels)
    return [float(value) for value in found]
